from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from parkcms.publication import pages

from . import cover as covers
from . import profile
from .figures import key_figures
from .models import Park, ParkIndustry, Space


@require_safe
def park_list(request: HttpRequest) -> HttpResponse:
    """Published parks by name, 24 a page; ``?after=<slug>`` goes on behind that park."""
    parks = profile.parks_with_names()
    if "after" in request.GET:
        last = get_object_or_404(Park.objects.published(), slug=_slug(request.GET["after"]))
        behind = Q(sort_key__gt=last.sort_key) | Q(sort_key=last.sort_key, id__gt=last.pk)
        parks = parks.filter(behind)
    page = pages.page(parks, 24, key=lambda park: park.slug)
    return render(
        request,
        "parks/list.html",
        {
            "cards": cards(page.rows),
            "next_key": page.next_key,
            "is_first": "after" not in request.GET,
        },
    )


def cards(parks: list[Park]) -> list[dict]:
    """What a card shows of each park: key figures, leading industries, spaces. Two queries."""
    figures = profile.figures_of(parks)
    counts = dict(
        Space.objects.offered()
        .filter(park__in=parks)
        .order_by()
        .values_list("park")
        .annotate(Count("pk"))
    )
    return [
        {
            "park": park,
            "figures": key_figures(figures.get(park.pk, []), 3),
            "industries": profile.industry_names(park, ParkIndustry.Stance.LEADING),
            "spaces": counts.get(park.pk, 0),
        }
        for park in parks
    ]


@require_safe
def space_list(request: HttpRequest) -> HttpResponse:
    """Lettable spaces from the newest; ``?before=`` goes on behind a place."""
    key = pages.parse_key(request.GET.get("before"))
    spaces = Space.objects.offered().select_related("park").order_by("-publish_at", "-id")
    if key:
        at, pk = key
        spaces = spaces.filter(publish_at__lte=at).filter(Q(publish_at__lt=at) | Q(id__lt=pk))
    page = pages.page(spaces)
    return render(request, "parks/spaces.html", {"page": page, "is_first": key is None})


@require_safe
@cache_control(public=True, max_age=86_400)
def cover(request: HttpRequest, slug: str, dark: bool = False) -> HttpResponse:
    """The drawn cover of a park: always the same picture for the same park."""
    row = get_object_or_404(Park.objects.published().only("slug", "name_zh"), slug=slug)
    drawing = covers.draw(row.slug, dark=dark, title=f"{row.name_zh}（示意图）")
    return HttpResponse(drawing, content_type="image/svg+xml; charset=utf-8")


def _slug(text: str) -> str:
    if not text.isascii() or len(text) > 60:
        raise Http404("no such park")
    return text
