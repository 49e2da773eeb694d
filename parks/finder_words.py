"""The conditions of a search in words, and what its facets are called."""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from parkcms.language.dates import PartialDate

from . import regions
from .finder import Search
from .models import Industry, Park, Space
from .units import plain

LABELS: dict[str, Promise] = {
    "use": lazy("用途"),
    "area": lazy("建筑面积"),
    "rent": lazy("租金"),
    "district": lazy("区域"),
    "form": lazy("形态"),
    "height": lazy("层高"),
    "load": lazy("楼面荷载"),
    "power": lazy("配电"),
    "crane": lazy("行车"),
    "ground": lazy("首层"),
    "fire": lazy("火灾危险性"),
    "eia": lazy("环评"),
    "industry": lazy("产业"),
    "from": lazy("可入驻"),
    "park": lazy("园区"),
}
FROM = {"now": lazy("现在"), "3m": lazy("三个月内"), "6m": lazy("半年内")}
EIA = {"yes": lazy("可办环评"), "light": lazy("登记表即可")}

Condition = tuple[tuple[str, ...], str]


def conditions(search: Search) -> list[Condition]:
    """``(names of the parameters, words)`` of each condition; asks for names of industries and
    parks only where some are asked for."""
    made: list[Condition] = []
    for facet in search.facets:
        names, words = _WORDS[facet](search)
        made.append((names, words))
    return made


def several(facet: str, values: list[str]) -> str:
    return label(facet, _("、").join(values))


def label(facet: str, words: str) -> str:
    """``层高 ≥ 8 m``."""
    return f"{LABELS[facet]} {words}"


def industry_label(name_zh: str, name_en: str) -> str:
    return (name_en or name_zh) if get_language() == "en" else name_zh


def day(iso: str) -> str:
    return PartialDate(iso).display()


def _choices(facet: str, labels: Callable[[Search], list[str]]) -> Callable[[Search], Condition]:
    return lambda search: ((facet,), several(facet, labels(search)))


def _least(name: str, facet: str, unit: str) -> Callable[[Search], Condition]:
    return lambda search: ((name,), label(facet, f"≥ {plain(getattr(search, name))} {unit}"))


def _area(search: Search) -> Condition:
    units, ends = search.units, (search.area_min, search.area_max)
    low, high = (None if end is None else units.typed("area", end) for end in ends)
    return ("area_min", "area_max"), label("area", _range(low, high, units.area_label))


def _rent(search: Search) -> Condition:
    units, ends = search.units, (search.rent_min, search.rent_max)
    low, high = (None if end is None else units.typed("rent", end) for end in ends)
    return ("rent_min", "rent_max"), label("rent", _range(low, high, units.rent_label))


def _range(low: str | None, high: str | None, unit: str) -> str:
    if high is None:
        return f"≥ {low} {unit}"
    return f"≤ {high} {unit}" if low is None else f"{low}–{high} {unit}"


def _load(search: Search) -> Condition:
    units = search.units
    least = units.typed("load", search.load_min)
    return ("load_min",), label("load", f"≥ {least} {units.load_label}")


def _crane(search: Search) -> Condition:
    return ("crane_min",), label("crane", f"≥ {plain(search.crane_min)} t")


def _fire(search: Search) -> Condition:
    kind = Space.FireClass(search.fire).label
    return ("fire",), label("fire", _("可用于%(kind)s生产") % {"kind": kind})


def _from(search: Search) -> Condition:
    return ("from", "by"), label("from", str(FROM.get(search.from_) or _by(search.from_)))


def _by(iso: str) -> str:
    return _("%(date)s以前") % {"date": day(iso)}


def _industries(search: Search) -> list[str]:
    rows = Industry.objects.filter(pk__in=search.industry).order_by("name_zh")
    return [industry_label(row.name_zh, row.name_en) for row in rows] or ["?"]


def _parks(search: Search) -> list[str]:
    return [row.name for row in Park.objects.published().filter(slug__in=search.park)] or ["?"]


_WORDS: dict[str, Callable[[Search], Condition]] = {
    "use": _choices("use", lambda s: [str(Space.Use(one).label) for one in s.use]),
    "form": _choices("form", lambda s: [str(Space.Form(one).label) for one in s.form]),
    "district": _choices("district", lambda s: [regions.name(one) for one in s.district]),
    "industry": _choices("industry", _industries),
    "park": _choices("park", _parks),
    "area": _area,
    "rent": _rent,
    "height": _least("height_min", "height", "m"),
    "load": _load,
    "power": _least("power_min", "power", "kVA"),
    "crane": _crane,
    "ground": lambda search: (("ground",), str(_("要首层"))),
    "fire": _fire,
    "eia": lambda search: (("eia",), label("eia", str(EIA[search.eia]))),
    "from": _from,
}
