"""The list of parks with its conditions: all parks are read and judged here, a page is shown.

What decides a condition and is not stated keeps a park in, counted apart: unknown is not no. What
is asked of spaces (use and area) must be met by one and the same space on offer.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q
from django.db.models.functions import Substr
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from . import facets, finder_words, profile, regions
from .finder import Search
from .finder_counts import AREAS, Facet, Option
from .finder_wants import ParkFacts, public_parks, wants
from .finder_words import LABELS, industry_label
from .models import Industry, Park, Space
from .units import address
from .views import cards

PAGE = 24
PLAIN_LEVELS = {Park.Level.DISTRICT, Park.Level.TOWN, Park.Level.PRIVATE}
# Thin pages: a search engine gains nothing from every combination.
MOST_INDEXED = 2


@dataclass(frozen=True)
class ParkSearch:
    """What is asked of a park: the part of a search of spaces that makes sense here, its level
    (official, with its document), and whether it has anything to let."""

    of_spaces: Search
    level: tuple[str, ...] = ()
    has_spaces: bool = False

    @classmethod
    def parse(cls, params: Any) -> "ParkSearch":
        """From a QueryDict. Never raises; what is not known is ignored."""
        given = {name: params.getlist(name) for name in ("use", "district", "industry")}
        given |= {name: params.get(name, "") for name in ("area_min", "area_max", "area_unit")}
        asked = set(params.getlist("level"))
        return cls(
            Search.parse(given),
            tuple(level for level in Park.Level.values if level in asked),
            params.get("spaces") == "yes",
        )

    def pairs(self, without: set[str] | frozenset[str] = frozenset()) -> list[tuple[str, str]]:
        """The parameters in a fixed order."""
        made = self.of_spaces.pairs(without=without)
        made += [("level", level) for level in self.level if "level" not in without]
        if self.has_spaces and "spaces" not in without:
            made.append(("spaces", "yes"))
        return made


@dataclass(frozen=True)
class Offer:
    """What a park has to let: of all, of what fits use and area, the sets of uses (facets.py) in
    the area that is asked, and how many in each of AREAS of the use that is asked."""

    spaces: int = 0
    fitting: int = 0
    uses: frozenset[str] = frozenset()
    areas: tuple[int, ...] = (0,) * len(AREAS)


@dataclass
class Found:
    """All public parks in the order of their names, with what decides about each."""

    search: ParkSearch
    parks: list[ParkFacts]
    levels: dict[int, str] = field(default_factory=dict)  # '' where nothing is proven
    offers: dict[int, Offer] = field(default_factory=dict)

    def those(self, but: str = "") -> list[ParkFacts]:
        """The parks that no condition puts out, not counting that of facet ``but``."""
        return [park for park in self.parks if self._is_in(park, but)]

    def offer(self, park: ParkFacts) -> Offer:
        return self.offers.get(park.pk, Offer())

    def _is_in(self, park: ParkFacts, but: str) -> bool:
        search, of_spaces = self.search, self.search.of_spaces
        level, asked = self.levels.get(park.pk, ""), set(of_spaces.industry)
        judged = {
            "district": not of_spaces.district or park.region_code in of_spaces.district,
            "industry": not asked or bool(asked & park.wanted) or is_silent(park),
            "level": not search.level or not level or level in search.level,
            "spaces": not search.has_spaces or self.offer(park).spaces > 0,
            "fit": but in {"use", "area"} or self._fits(park),
        }
        return all(met for name, met in judged.items() if name != but)

    def _fits(self, park: ParkFacts) -> bool:
        asked = {"use", "area"} & set(self.search.of_spaces.facets)
        return not asked or self.offer(park).fitting > 0


def is_silent(park: ParkFacts) -> bool:
    """Whether nobody has said what industries the park is for."""
    return not park.wanted and not park.excluded


def find(search: ParkSearch, now: datetime | None = None) -> Found:
    """Four queries at any size."""
    now = now or timezone.now()
    levels = Park.objects.published(now).order_by().exclude(level="")
    return Found(
        search,
        public_parks(now),
        {
            pk: level
            for pk, level, document in levels.values_list("pk", "level", "level_source_id")
            if document or level in PLAIN_LEVELS
        },
        _offers(search.of_spaces, now),
    )


def _offers(search: Search, now: datetime) -> dict[int, Offer]:
    use, area = _condition(search, "use", now), _condition(search, "area", now)
    steps = [
        _condition(Search(area_min=low and Decimal(low), area_max=high and Decimal(high)), "area",
                   now)
        for low, high in AREAS
    ]  # fmt: skip
    rows = (
        Space.objects.offered(now)
        .order_by()
        .values("park_id")
        .annotate(
            count=Count("pk"),
            fitting=Count("pk", filter=use & area),
            letters=ArrayAgg(Substr("facets", facets.USE + 1, 1), filter=area, distinct=True),
            **{f"step{n}": Count("pk", filter=use & step) for n, step in enumerate(steps)},
        )
    )
    return {
        row["park_id"]: Offer(
            row["count"],
            row["fitting"],
            frozenset(row["letters"] or ()),
            tuple(row[f"step{n}"] for n in range(len(steps))),
        )
        for row in rows
    }


def _condition(search: Search, facet: str, now: datetime) -> Q:
    want = wants(search, [], timezone.localdate(now)).get(facet) if facet in search.facets else None
    return want.meets | want.unknown if want else Q(pk__isnull=False)


def facets_of(found: Found) -> list[Facet]:
    """Each option with how many parks it would give. One query, for the industries' names."""
    return [*_places(found), _industries(found), _levels(found), *_spaces(found)]


def _places(found: Found) -> Iterator[Facet]:
    districts = Counter(park.region_code for park in found.those("district"))
    known = {park.region_code for park in found.parks}
    chosen = found.search.of_spaces.district
    options = [
        Option((("district", code),), regions.name(code), districts[code], code in chosen)
        for code in regions.REGIONS
        if code in known or code in chosen
    ]
    yield Facet("district", str(LABELS["district"]), "several", options)


def _industries(found: Found) -> Facet:
    those, chosen = found.those("industry"), found.search.of_spaces.industry
    counts = Counter(industry for park in those for industry in park.wanted)
    known = {industry for park in found.parks for industry in park.wanted}
    rows = Industry.objects.filter(pk__in=known).order_by("name_zh")
    options = [
        Option((("industry", str(row.pk)),), industry_label(row.name_zh, row.name_en),
               counts[row.pk], row.pk in chosen)
        for row in rows
    ]  # fmt: skip
    silent = sum(map(is_silent, those))
    return Facet("industry", _("主导或鼓励的产业"), "several", options, silent)


def _levels(found: Found) -> Facet:
    counts = Counter(found.levels.get(park.pk, "") for park in found.those("level"))
    options = [
        Option((("level", value),), str(label), counts[value], value in found.search.level)
        for value, label in Park.Level.choices
    ]
    return Facet("level", _("级别"), "several", options, counts[""])


def _spaces(found: Found) -> Iterator[Facet]:
    search, of_spaces = found.search, found.search.of_spaces
    having = sum(found.offer(park).spaces > 0 for park in found.those("spaces"))
    option = Option((("spaces", "yes"),), _("有可租空间"), having, search.has_spaces)
    yield Facet("spaces", _("可租"), "several", [option])
    offered = [found.offer(park).uses for park in found.those("use")]
    options = [
        Option((("use", value),), str(label), sum(_has_use(one, bit) for one in offered),
               value in of_spaces.use)
        for bit, (value, label) in enumerate(Space.Use.choices)
    ]  # fmt: skip
    silent = sum(one == {facets.UNKNOWN} for one in offered)
    yield Facet("use", _("空间的用途"), "several", options, silent)
    yield _areas(found)


def _has_use(letters: frozenset[str], bit: int) -> bool:
    known = letters - {facets.UNKNOWN}
    return any((ord(letter) - facets.FIRST_USES) >> bit & 1 for letter in known)


def _areas(found: Found) -> Facet:
    search = found.search.of_spaces
    offered = [found.offer(park).areas for park in found.those("area")]
    options = []
    for n, (low, high) in enumerate(AREAS):
        ends = (("area_min", low), ("area_max", high))
        params = tuple(
            (name, search.units.typed("area", Decimal(end))) for name, end in ends if end
        )
        words = "–".join(value for _name, value in params)
        sign = "" if low and high else "≥ " if low else "≤ "
        options.append(
            Option(params, f"{sign}{words} {search.units.area_label}",
                   sum(one[n] > 0 for one in offered),
                   (search.area_min, search.area_max) == (low, high))
        )  # fmt: skip
    boxes = tuple(_box(search, *one) for one in (("area_min", _("从")), ("area_max", _("到"))))
    unit = search.units.area_label
    return Facet("area", _("空间的面积"), "range", options, 0, boxes, unit)


def _box(search: Search, name: str, label: str) -> tuple[str, str, str, str]:
    stored = getattr(search, name)
    shown = "" if stored is None else search.units.typed("area", stored)
    return name, label, search.typed.get(name) or shown, search.errors.get(name, "")


@require_safe
def parks(request: HttpRequest) -> HttpResponse:
    """Published parks by name, 24 a page; ``?after=<slug>`` goes on behind that park."""
    search = ParkSearch.parse(request.GET)
    found, path = find(search), reverse("parks:list")
    those = found.those()
    after = request.GET.get("after")
    behind = those if after is None else _behind(found, those, after)
    keys = [park.pk for park in behind[:PAGE]]
    rows = {park.pk: park for park in profile.parks_with_names().filter(pk__in=keys)}
    pairs, units = search.pairs(), search.of_spaces.units
    more = len(behind) > PAGE
    return render(
        request,
        "parks/list.html",
        {
            "cards": cards([rows[pk] for pk in keys if pk in rows]),
            "total": len(those),
            "facets": [_linked(facet, search, path) for facet in facets_of(found)],
            "chips": _chips(search, path),
            "errors": search.of_spaces.errors,
            "hidden": list(units.query().items()),
            "clear_url": address(path, [], units) if pairs else "",
            "first_url": address(path, pairs, units) if after is not None else "",
            "next_url": address(path, [*pairs, ("after", behind[PAGE - 1].slug)], units)
            if more
            else "",
            "canonical_query": urlencode(pairs),
            "is_thin": len({name for name, _value in pairs}) > MOST_INDEXED,
        },
    )


def _behind(found: Found, those: list[ParkFacts], slug: str) -> list[ParkFacts]:
    """What follows a park, which need not be among ``those``. Raises Http404 for no park."""
    places = {park.slug: n for n, park in enumerate(found.parks)}
    if slug not in places:
        raise Http404("no such park")
    return [park for park in those if places[park.slug] > places[slug]]


def _linked(facet: Facet, search: ParkSearch, path: str) -> dict:
    names = {name for name, _label, _typed, _error in facet.boxes} | {facet.name}
    rest, units = search.pairs(without=names), search.of_spaces.units
    links = [
        (option, address(path, [*rest, *option.params], units) if facet.boxes else "")
        for option in facet.options
    ]
    return {"facet": facet, "links": links}


def _chips(search: ParkSearch, path: str) -> list[tuple[str, str]]:
    """(words, address without it) of each condition."""
    made = list(finder_words.conditions(search.of_spaces))
    if search.level:
        labels = [str(Park.Level(level).label) for level in search.level]
        made.append((("level",), " ".join((_("级别"), _("、").join(labels)))))
    if search.has_spaces:
        made.append((("spaces",), _("有可租空间")))
    units = search.of_spaces.units
    return [(words, address(path, search.pairs(set(names)), units)) for names, words in made]
