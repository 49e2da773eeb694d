from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from . import cover as covers
from . import profile
from .figures import key_figures
from .models import Park, ParkIndustry, Space


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
@cache_control(public=True, max_age=86_400)
def cover(request: HttpRequest, slug: str, dark: bool = False) -> HttpResponse:
    """The drawn cover of a park: always the same picture for the same park."""
    row = get_object_or_404(Park.objects.published().only("slug", "name_zh"), slug=slug)
    drawing = covers.draw(row.slug, dark=dark, title=f"{row.name_zh}（示意图）")
    return HttpResponse(drawing, content_type="image/svg+xml; charset=utf-8")
