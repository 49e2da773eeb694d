"""Home and the owner's pages."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from articles import lists
from parks.figures import Series
from parks.models import Figure, Park, Space
from parks.profile import parks_with_names
from parks.views import cards

from . import legacy
from .models import OwnersText

HOME_PARKS = 6
HOME_ARTICLES = 6
COUNTED = 1_000  # the strip counts no further, so that its cost does not grow with the tables


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The front page; ``/?id=<id>`` is an article's address at the old site."""
    old_id = request.GET.get("id", "")
    if old_id.isascii() and old_id.isdigit() and len(old_id) <= 20:
        return legacy.post(request, old_id)
    park_cards = cards(list(parks_with_names()[:HOME_PARKS]))
    articles = list(lists.listed()[:HOME_ARTICLES])
    return render(
        request,
        "site/home.html",
        {
            "cards": park_cards,
            "lead": articles[0] if articles else None,
            "articles": articles[1:],
            "strip": _strip(),
            "highlight": _highlight(park_cards),
            "hero_park": park_cards[0]["park"] if park_cards else None,
        },
    )


def _strip() -> dict[str, tuple[int, bool]]:
    """Numbers of the site itself, each with whether counting stopped at the limit."""
    counted = {
        "parks": Park.objects.published(),
        "figures": Figure.objects.filter(source__isnull=False, park__in=Park.objects.published()),
        "spaces": Space.objects.offered(),
    }
    found = {
        name: rows.order_by().values("pk")[: COUNTED + 1].count() for name, rows in counted.items()
    }
    return {name: (min(number, COUNTED), number > COUNTED) for name, number in found.items()}


def _highlight(park_cards: list[dict]) -> Series | None:
    """The most recent dated statement of tenants among the parks shown."""
    tenants = [
        one
        for card in park_cards
        for one in card["figures"]
        if one.metric.code == "tenants" and not one.is_planned and one.newest.as_of
    ]
    return max(tenants, key=lambda one: one.newest.as_of_end, default=None)


@require_safe
def owners_text(request: HttpRequest, key: str, number: int | None = None) -> HttpResponse:
    """A page of the owner's in its version in force, or in the version asked for."""
    live = OwnersText.objects.published().filter(key=key)
    versions = list(live.order_by("-number").defer("body_zh", "body_en")[:20])
    text = live.filter(number=number) if number else OwnersText.objects.current(key)
    row = text.first()
    if row is None:
        raise Http404("no such text")
    return render(
        request,
        f"site/{'contact' if key == 'contact' else 'owners_text'}.html",
        {"text": row, "versions": versions, "is_current": row.number == versions[0].number},
    )
