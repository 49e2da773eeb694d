"""The finder's page: what is asked, what fits, and what each further choice would give."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from . import availability, facts, finder_counts, finder_query, finder_words, schematic, watching
from .comparing import name_of
from .finder import SORTS, Search
from .finder_query import Found
from .models import Park, Space
from .units import CODES, Units, address, plain, switches

SORT_WORDS = {
    "fit": lazy("最确定的在前"),
    "newest": lazy("新上线"),
    "checked": lazy("刚确认"),
    "area": lazy("面积小到大"),
    "-area": lazy("面积大到小"),
    "rent": lazy("租金低到高"),
    "-rent": lazy("租金高到低"),
}
# What a card says where nothing else was asked, and which facts a facet asks about.
ALWAYS = ("area", "storey", "load", "power", "fire")
FACTS = {
    "use": ("uses",), "form": ("form",), "area": ("area", "divisible"), "height": ("storey",),
    "load": ("load",), "power": ("power",), "crane": ("cranes",), "ground": ("floor",),
    "fire": ("fire",), "eia": ("eia",),
}  # fmt: skip
# What a card reads of a space and its park.
READ = (
    "code", "slug", "form", "uses", "floor", "is_whole_building", "area_gross_m2",
    "min_divisible_m2", "storey_height_m", "floor_load_t_m2", "power_kva", "cranes", "has_crane",
    "fire_class", "eia", "rent_cny_m2_day", "rent_negotiable", "rent_incl_tax",
    "rent_incl_service", "valid_until", "billing_days", "available_from", "state", "checked_at",
    "created_at", "is_sample", "park__slug", "park__name_zh", "park__name_en",
    "park__region_code", "park__cover",
)  # fmt: skip
# Thin pages: a search engine gains nothing from every combination.
MOST_INDEXED = 2


@dataclass(frozen=True)
class Card:
    """One result: the space, the facts to show (``(label, text, asked)``), and its price."""

    space: Space
    url: str
    park_url: str
    name: str
    facts: list[tuple[str, str, bool]]
    form: str
    rent: tuple[str, str] | None
    terms: list[str]  # what stands under the price
    confirmed: str


@dataclass(frozen=True)
class Dropped:
    """One condition without which there would be more: how many, and where."""

    words: str
    count: int
    url: str


@require_safe
def finder(request: HttpRequest) -> HttpResponse:
    """Eight queries at any size; see finder_query for the pass over the spaces."""
    search = Search.parse(request.GET)
    sort = request.GET.get("sort", "fit")
    sort = sort if sort in SORTS else "fit"
    after = request.GET.get("after", "")
    found = finder_query.run(search, sort, after)
    is_map = request.GET.get("view") == "map"
    pairs, path = search.pairs(), reverse("parks:spaces")
    kept = pairs + ([("sort", sort)] if sort != "fit" else [])
    return render(
        request,
        "parks/finder.html",
        {
            "search": search,
            "found": found,
            "facets": _facets(found, path, sort),
            "cards": cards(found),
            "chips": _chips(search, path, sort),
            "dropped": _dropped(found, path) if not found.total else [],
            "sorts": [
                (words, _sorted(path, pairs, name, search.units), name == sort)
                for name, words in SORT_WORDS.items()
            ],
            "sort": sort,
            "hidden": [*search.units.query().items(), *([("sort", sort)] if sort != "fit" else [])],
            "switches": _switches(search, path, sort),
            "next_url": address(path, [*kept, ("after", found.next_key)], search.units)
            if found.next_key
            else "",
            "first_url": address(path, kept, search.units) if after else "",
            "clear_url": address(path, [], search.units) if pairs else "",
            "watch_query": search.query_string(),
            "watch_is_on": watching.is_on(),
            "feed_path": _feed(search),
            "views": _views(path, kept, search.units, is_map=is_map),
            "drawing": _drawing(found, path, kept, search.units) if is_map else None,
            "is_map": is_map,
            "is_thin": len(search.facets) > MOST_INDEXED,
            "enquiry_query": _enquiry(search),
        },
    )


def cards(found: Found) -> list[Card]:
    """The page's spaces in their order: one query."""
    rows = (
        Space.objects.filter(pk__in=found.keys).select_related("park__cover").only(*READ).in_bulk()
    )
    return [_card(rows[pk], found.search) for pk in found.keys if pk in rows]


def _card(space: Space, search: Search) -> Card:
    asked = {key for facet in search.facets for key in FACTS.get(facet, ())}
    keys = [*(key for key in facts.SINGLE if key in asked), *(k for k in ALWAYS if k not in asked)]
    return Card(
        space,
        space.get_absolute_url(),
        space.park.get_absolute_url(),
        name_of(space),
        [
            (fact.label, fact.text, fact.key in asked)
            for fact in facts.some(space, search.units, keys)
        ],
        facts.label_of(space, "form"),
        None if space.shown_rent is None else search.units.rent(space.shown_rent),
        _terms(space),
        _confirmed(space),
    )


def _terms(space: Space) -> list[str]:
    """Under a rent: what it comes to a month, what it holds, until when it is quoted."""
    total = space.monthly_total_cny
    if total is None:
        return []
    return [
        _("约 %(total)s 元/月") % {"total": f"{total:,}"},
        " · ".join(facts.price_terms(space)),
        _("报价有效至 %(date)s") % {"date": space.valid_until.isoformat()},
    ]


def _confirmed(space: Space) -> str:
    """Where it was confirmed lately; what is to be confirmed is said with the availability."""
    if space.standing != availability.CONFIRMED:
        return ""
    on = timezone.localtime(space.checked_at)
    return _("确认于 %(date)s") % {"date": f"{on:%Y-%m-%d}"}


def _facets(found: Found, path: str, sort: str) -> list[dict]:
    """The facets with an address for each option of a measure (ticks go by the form)."""
    search = found.search
    made = []
    for facet in finder_counts.facets_of(found):
        is_form = facet.kind != "range"
        names = {name for name, _label, _typed, _error in facet.boxes} | {facet.name}
        rest = search.pairs(without=names)
        links = [
            (option, "" if is_form else _sorted(path, [*rest, *option.params], sort, search.units))
            for option in facet.options
        ]
        made.append({"facet": facet, "links": links})
    return made


def _chips(search: Search, path: str, sort: str) -> list[tuple[str, str]]:
    """(words, address without it) of each condition."""
    return [
        (words, _sorted(path, search.pairs(without=names), sort, search.units))
        for names, words in finder_words.conditions(search)
    ]


def _dropped(found: Found, path: str) -> list[Dropped]:
    """Each condition that alone keeps spaces out: known from the same pass."""
    search = found.search
    made = [
        Dropped(words, count, address(path, search.pairs(without=names), search.units))
        for facet, (names, words) in zip(
            search.facets, finder_words.conditions(search), strict=True
        )
        if (count := found.failing(facet))
    ]
    return sorted(made, key=lambda one: -one.count)


def _switches(search: Search, path: str, sort: str) -> list[dict]:
    """Links to the same search told in other units: typed numbers are converted."""
    made = switches(search.units, path, [])
    for switch, (name, codes) in zip(made, CODES.items(), strict=True):
        for choice, code in zip(switch["choices"], codes, strict=True):
            units = search.units.with_(name, code)
            choice["url"] = _sorted(path, search.pairs(units), sort, units)
    return made


def _sorted(path: str, pairs: list, sort: str, units: Units) -> str:
    return address(path, [*pairs, *([("sort", sort)] if sort != "fit" else [])], units)


def _feed(search: Search) -> str:
    query = search.query_string()
    return reverse("parks:spaces_feed") + (f"?{query}" if query else "")


def _views(path: str, kept: list, units: Units, *, is_map: bool) -> list[tuple[str, str, bool]]:
    """(words, address, current): the list, and the drawing beside the same list."""
    return [
        (_("列表"), address(path, kept, units), not is_map),
        (_("示意图"), address(path, [*kept, ("view", "map")], units), is_map),
    ]


def _drawing(found: Found, path: str, kept: list, units: Units) -> Any:
    """Where the parks of what was found lie: one query. A mark leads to that park's spaces."""
    counts = {
        park: len(text) // finder_query.WIDTH for park, text in found.texts.get("", {}).items()
    }
    rows = Park.objects.filter(pk__in=counts).only(
        "slug", "name_zh", "name_en", "latitude", "longitude", "region_code"
    )
    rest = [pair for pair in kept if pair[0] != "park"]
    here = address(path, rest, units)
    return schematic.of_parks([(park, counts[park.pk]) for park in rows], here)


def _enquiry(search: Search) -> str:
    """What the enquiry form is filled in with: it reads areas as people type them."""
    ends = (search.area_min, search.area_max)
    area = "-".join(plain(end) for end in ends if end is not None)
    return urlencode({"area": area}) if area else ""
