"""The facets of the finder as a page shows them: each option with how many spaces it would give.

The number behind an option is what the list would hold if that option were chosen, everything
asked of the other facets kept. What nobody stated is counted apart: it stays in the list, to be
confirmed.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from . import facets, regions
from .finder import SOON, Search
from .finder_query import AVAILABLE, IN_3_MONTHS, IN_6_MONTHS, NOW, WIDTH, Found
from .finder_words import EIA, FROM, LABELS, industry_label
from .models import Industry, Space

MOST_PARKS = 30
AREAS = ((None, 500), (500, 1000), (1000, 2000), (2000, 5000), (5000, 10000), (10000, None))
RENTS = (Decimal("0.8"), Decimal(1), Decimal("1.2"), Decimal("1.5"), Decimal(2))
HEIGHTS = (Decimal("4.5"), Decimal(6), Decimal(8), Decimal(9))
LOADS = (Decimal(1), Decimal("1.5"), Decimal(2), Decimal(3))
POWERS = (Decimal(200), Decimal(400), Decimal(800), Decimal(1000))
CRANES = (Decimal(3), Decimal(5), Decimal(10), Decimal(20))


@dataclass(frozen=True)
class Option:
    """One choice: the parameters that make it, what it would give, and whether it is made."""

    params: tuple[tuple[str, str], ...]
    label: str
    count: int
    is_chosen: bool

    @property
    def value(self) -> str:
        return self.params[0][1] if self.params else ""

    @property
    def lang(self) -> str:
        """Of a name that has no English one."""
        is_chinese = any("\u4e00" <= letter <= "\u9fff" for letter in self.label)
        return "zh-Hans" if is_chinese and get_language() == "en" else ""


@dataclass(frozen=True)
class Facet:
    """``kind`` is ``several`` (tick boxes), ``one`` (radio buttons) or ``range`` (two boxes beside
    links). ``unknown``: how many of the spaces counted say nothing about it."""

    name: str
    label: str
    kind: str
    options: list[Option]
    unknown: int = 0
    boxes: tuple[tuple[str, str, str, str], ...] = ()  # (parameter, label, typed, error)
    unit: str = ""

    @property
    def is_asked(self) -> bool:
        filled = any(typed for _name, _label, typed, _error in self.boxes)
        return filled or any(option.is_chosen for option in self.options)


def facets_of(found: Found) -> list[Facet]:
    """All facets, those asked about or most asked for first. One query, for industries' names."""
    made = {facet.name: facet for make in _MAKERS for facet in make(found)}
    return [made[name] for name in LABELS if name in made]


def _letters(found: Found, facet: str, place: int) -> Counter[str]:
    return Counter(found.of_facet(facet)[place::WIDTH])


def _several(found: Found) -> Iterator[Facet]:
    uses = _letters(found, "use", facets.USE)
    yield _ticks("use", Space.Use.choices, found.search.use, lambda n, _v: _with_bit(uses, n),
                 uses[facets.UNKNOWN])  # fmt: skip
    forms = _letters(found, "form", facets.FORM)
    yield _ticks(
        "form", Space.Form.choices, found.search.form,
        lambda _n, value: forms[chr(ord("a") + facets.FORMS.index(value))], forms[facets.UNKNOWN],
    )  # fmt: skip


def _with_bit(counts: Counter[str], bit: int) -> int:
    return sum(
        count
        for letter, count in counts.items()
        if letter != facets.UNKNOWN and (ord(letter) - facets.FIRST_USES) >> bit & 1
    )


def _ticks(
    name: str,
    choices: Any,
    chosen: Any,
    count: Callable[[int, Any], int],
    unknown: int = 0,
    kind: str = "several",
) -> Facet:
    options = [
        Option(((name, str(value)),), str(label), count(n, value), value in chosen)
        for n, (value, label) in enumerate(choices)
    ]
    return Facet(name, str(LABELS[name]), kind, options, unknown)


def _singles(found: Found) -> Iterator[Facet]:
    search = found.search
    fire = _letters(found, "fire", facets.FIRE)
    yield _ticks(
        "fire",
        [(one.value, _("%(kind)s生产") % {"kind": one.label}) for one in Space.FireClass],
        (search.fire,),
        lambda _n, value: sum(n for letter, n in fire.items() if "A" <= letter <= value),
        fire[facets.UNKNOWN], "one",
    )  # fmt: skip
    eia = _letters(found, "eia", facets.EIA)
    yield _ticks("eia", EIA.items(), (search.eia,),
                 lambda _n, value: eia["y"] + (eia["l"] if value == "light" else 0),
                 eia[facets.UNKNOWN], "one")  # fmt: skip
    ground = _letters(found, "ground", facets.GROUND)
    yield _ticks("ground", [("yes", _("只看首层和整栋"))], (search.ground,),
                 lambda _n, _v: ground["y"], ground[facets.UNKNOWN])  # fmt: skip
    free = _letters(found, "from", AVAILABLE)
    within = {"now": NOW, "3m": NOW + IN_3_MONTHS, "6m": NOW + IN_3_MONTHS + IN_6_MONTHS}
    facet = _ticks("from", FROM.items(), (search.from_,),
                   lambda _n, value: sum(free[one] for one in within[value]), 0, "one")  # fmt: skip
    typed = search.typed.get("by") or ("" if search.from_ in SOON else search.from_)
    box = ("by", _("最晚（如 2027-01-31）"), typed, search.errors.get("by", ""))
    yield replace(facet, boxes=(box,))


def _places(found: Found) -> Iterator[Facet]:
    """What is true of a whole park: counted by parks."""
    search = found.search
    by_park = found.by_park("district")
    districts: Counter[str] = Counter()
    for park in found.parks:
        districts[park.region_code] += by_park.get(park.pk, 0)
    there = [(code, regions.name(code)) for code in regions.REGIONS if code in districts]
    yield _ticks("district", there, search.district, lambda _n, code: districts[code])
    yield _industries(found)
    if len(found.parks) <= MOST_PARKS:
        own = found.by_park("park")
        names = [(park.slug, _name_of(park)) for park in found.parks]
        counts = {park.slug: own.get(park.pk, 0) for park in found.parks}
        yield _ticks("park", names, search.park, lambda _n, slug: counts[slug])


def _name_of(park: Any) -> str:
    return industry_label(park.name_zh, park.name_en)


def _industries(found: Found) -> Facet:
    by_park = found.by_park("industry")
    counts: Counter[int] = Counter()
    silent = 0
    for park in found.parks:
        for industry in park.wanted:
            counts[industry] += by_park.get(park.pk, 0)
        if not park.wanted and not park.excluded:
            silent += by_park.get(park.pk, 0)
    rows = Industry.objects.filter(pk__in=counts).values_list("pk", "name_zh", "name_en")
    names = [(pk, industry_label(zh, en)) for pk, zh, en in sorted(rows, key=lambda row: row[1])]
    return _ticks("industry", names, found.search.industry, lambda _n, pk: counts[pk], silent)


def _measures(found: Found) -> Iterator[Facet]:
    yield _areas(found)
    yield _from_edges(
        found, "rent", "rent_max", facets.RENT, facets.RENT_EDGES, RENTS, is_most=True
    )
    for name, place, edges, steps in (
        ("height", facets.HEIGHT, facets.HEIGHT_EDGES, HEIGHTS),
        ("load", facets.LOAD, facets.LOAD_EDGES, LOADS),
        ("power", facets.POWER, facets.POWER_EDGES, POWERS),
        ("crane", facets.CRANE, facets.CRANE_EDGES, CRANES),
    ):
        yield _from_edges(found, name, f"{name}_min", place, edges, steps)


def _from_edges(
    found: Found,
    name: str,
    param: str,
    place: int,
    edges: tuple,
    steps: tuple[Decimal, ...],
    *,
    is_most: bool = False,
) -> Facet:
    """Options "at least" (or "at most") at edges of the classes, where counts are exact."""
    letters = _letters(found, name, place)
    known = {one: n for one, n in letters.items() if one not in {facets.UNKNOWN, facets.NO_CRANE}}
    options = []
    for step in steps:
        edge = facets.class_of(step, edges)
        count = sum(n for one, n in known.items() if (one <= edge if is_most else one >= edge))
        typed = _typed(found.search, name, step)
        sign = "≤" if is_most else "≥"
        words = f"{sign} {typed} {_unit(found.search, name)}"
        chosen = getattr(found.search, param) == step
        options.append(Option(((param, typed),), words, count, chosen))
    lower = ("rent_min",) if name == "rent" else ()
    boxes = tuple(_box(found.search, one, name) for one in (*lower, param))
    return Facet(name, str(LABELS[name]), "range", options, letters[facets.UNKNOWN], boxes,
                 _unit(found.search, name))  # fmt: skip


def _areas(found: Found) -> Facet:
    text, search = found.of_facet("area"), found.search
    pairs = Counter(
        zip(text[facets.AREA_LOW :: WIDTH], text[facets.AREA_HIGH :: WIDTH], strict=True)
    )
    options = []
    for low, high in AREAS:
        least = facets.class_of(low, facets.AREA_EDGES) if low else ""
        most = facets.class_of(high, facets.AREA_EDGES) if high else "~"
        count = sum(n for (from_, to), n in pairs.items() if to >= least and from_ <= most)
        ends = (("area_min", low), ("area_max", high))
        params = tuple((n, search.units.typed("area", Decimal(v))) for n, v in ends if v)
        chosen = (search.area_min, search.area_max) == (low, high)
        options.append(Option(params, _area_words(params, search), count, chosen))
    boxes = tuple(_box(search, name, "area") for name in ("area_min", "area_max"))
    return Facet("area", str(LABELS["area"]), "range", options, 0, boxes, search.units.area_label)


def _area_words(params: tuple[tuple[str, str], ...], search: Search) -> str:
    unit = search.units.area_label
    if len(params) == 2:
        return f"{params[0][1]}–{params[1][1]} {unit}"
    name, value = params[0]
    return f"{'≥' if name == 'area_min' else '≤'} {value} {unit}"


def _box(search: Search, param: str, name: str) -> tuple[str, str, str, str]:
    stored = getattr(search, param)
    typed = search.typed.get(param) or ("" if stored is None else _typed(search, name, stored))
    label = _("从") if param.endswith("_min") else _("到")
    return param, str(label), typed, search.errors.get(param, "")


def _typed(search: Search, name: str, value: Decimal) -> str:
    kind = {"rent": "rent", "load": "load", "area": "area"}.get(name)
    return search.units.typed(kind, value) if kind else f"{value.normalize():f}"


def _unit(search: Search, name: str) -> str:
    units = search.units
    return {"rent": units.rent_label, "load": units.load_label, "height": "m", "power": "kVA",
            "crane": "t"}[name]  # fmt: skip


_MAKERS = (_several, _measures, _singles, _places)
