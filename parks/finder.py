"""What somebody looks for: a search as it stands in an address, read and written.

Every state of the finder is a plain address. Unknown parameters are ignored, wrong ones are said
at their field and left out; nothing here asks the database.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from . import regions
from .models import Space
from .units import NumberError, Units, read_number

MOST_VALUES = 20  # of one facet
SORTS = ("fit", "newest", "area", "-area", "rent", "-rent", "checked")
SOON = {"now": 0, "3m": 92, "6m": 183}  # days from today

# name of the parameter: (facet, kind of unit)
NUMBERS = {
    "area_min": ("area", "area"),
    "area_max": ("area", "area"),
    "rent_min": ("rent", "rent"),
    "rent_max": ("rent", "rent"),
    "height_min": ("height", ""),
    "load_min": ("load", "load"),
    "power_min": ("power", ""),
    "crane_min": ("crane", ""),
}
CHOICES = {
    "use": Space.Use.values,
    "form": Space.Form.values,
    "district": tuple(regions.REGIONS),
}
SINGLE = {"fire": Space.FireClass.values, "eia": ("yes", "light"), "ground": ("yes",)}


@dataclass(frozen=True)
class Search:
    """The conditions, in the units they are stored in. Empty ones ask for nothing."""

    use: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    district: tuple[str, ...] = ()
    industry: tuple[int, ...] = ()
    park: tuple[str, ...] = ()
    area_min: Decimal | None = None  # ㎡
    area_max: Decimal | None = None
    rent_min: Decimal | None = None  # 元/㎡/天
    rent_max: Decimal | None = None
    height_min: Decimal | None = None  # m, storey height
    load_min: Decimal | None = None  # t/㎡
    power_min: Decimal | None = None  # kVA
    crane_min: Decimal | None = None  # t
    ground: str = ""
    fire: str = ""  # the class of the production: a space takes its own class and less dangerous
    eia: str = ""
    from_: str = ""  # now, 3m, 6m or a date
    units: Units = field(default_factory=Units)
    errors: Mapping[str, str] = field(default_factory=dict, compare=False)
    typed: Mapping[str, str] = field(default_factory=dict, compare=False)

    @classmethod
    def parse(cls, params: Any) -> "Search":
        """From a QueryDict or a dict. Never raises; what is wrong stands in ``errors``."""
        units = Units.parse(params)
        errors: dict[str, str] = {}
        typed: dict[str, str] = {}
        values: dict[str, Any] = {
            name: _several(params, name, allowed) for name, allowed in CHOICES.items()
        }
        for name, allowed in SINGLE.items():
            value = params.get(name, "")
            values[name] = value if value in allowed else ""
        values["industry"] = tuple(
            int(key) for key in _list(params, "industry") if key.isascii() and key.isdecimal()
            and len(key) < 10
        )  # fmt: skip
        values["park"] = tuple(slug for slug in _list(params, "park") if _is_slug(slug))
        for name, (_facet, kind) in NUMBERS.items():
            text = str(params.get(name, "")).replace("\x00", "").strip()
            if not text:
                continue
            typed[name] = text[:20]
            try:
                number = read_number(text)
            except NumberError as error:
                errors[name] = str(error)
                continue
            values[name] = units.stored(kind, number) if kind else number
        values["from_"], wrong = _read_from(params.get("from", ""), params.get("by", ""))
        if wrong:
            errors["by"] = wrong
            typed["by"] = str(params.get("by", "")).replace("\x00", "")[:20]
        for low, high in (("area_min", "area_max"), ("rent_min", "rent_max")):
            if None not in (values.get(low), values.get(high)) and values[low] > values[high]:
                errors[high] = _("上限比下限还小。")
                values.pop(high)
        return cls(**values, units=units, errors=errors, typed=typed)

    def pairs(self, units: Units | None = None, without: Iterable[str] = ()) -> list[tuple]:
        """``(name, value)`` of what is asked, in a fixed order, numbers in ``units``."""
        units = units or self.units
        made: list[tuple[str, str]] = []
        for name in ("use", "form", "district", "industry", "park"):
            made += [(name, str(value)) for value in sorted(getattr(self, name), key=str)]
        for name, (_facet, kind) in NUMBERS.items():
            value = getattr(self, name)
            if value is not None:
                made.append(
                    (name, units.typed(kind, value) if kind else Units().typed("area", value))
                )
        made += [(name, getattr(self, name)) for name in SINGLE if getattr(self, name)]
        if self.from_:
            made.append(("from" if self.from_ in SOON else "by", self.from_))
        left_out = set(without)
        return [pair for pair in made if pair[0] not in left_out]

    def query_string(self) -> str:
        """The canonical query: usual units, fixed order; '' where nothing is asked."""
        return urlencode(self.pairs(Units()))

    @property
    def facets(self) -> tuple[str, ...]:
        """The facets something is asked of, in a fixed order."""
        names = dict.fromkeys(_facet_of(name) for name, _value in self.pairs())
        return tuple(names)

    def available_by(self, today: date | None = None) -> date | None:
        """The day by which a space must be free, or None."""
        if not self.from_:
            return None
        today = today or timezone.localdate()
        days = SOON.get(self.from_)
        return parse_date(self.from_) if days is None else today + timedelta(days=days)

    def words(self) -> list[str]:
        """The conditions in words of the active language."""
        from . import finder_words

        return [words for _names, words in finder_words.conditions(self)]

    def spaces(self, now: Any = None) -> QuerySet[Space]:
        """Offered spaces that meet it; what is unknown stays in."""
        from . import finder_wants

        return finder_wants.fitting(self, now)


def _facet_of(name: str) -> str:
    if name == "by":
        return "from"
    return NUMBERS[name][0] if name in NUMBERS else name


def _list(params: Any, name: str) -> list[str]:
    many = getattr(params, "getlist", None)
    found = many(name) if many else params.get(name, [])
    found = [found] if isinstance(found, str) else found
    return list(dict.fromkeys(map(str, found)))[:MOST_VALUES]


def _several(params: Any, name: str, allowed: Iterable[str]) -> tuple[str, ...]:
    known = set(allowed)
    return tuple(value for value in _list(params, name) if value in known)


def _is_slug(text: str) -> bool:
    return (
        0 < len(text) <= 60 and text.isascii() and text.replace("-", "").replace("_", "").isalnum()
    )


def _read_from(token: object, day: object) -> tuple[str, str]:
    """(token or ISO date, error); a date that was typed counts before a token."""
    plain_day = str(day).replace("\x00", "").strip()
    if not plain_day:
        return (str(token), "") if token in SOON else ("", "")
    try:
        found = parse_date(plain_day)
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year <= 2199:
        return "", _("日期写成 2027-01-31 这样。")
    return found.isoformat(), ""
