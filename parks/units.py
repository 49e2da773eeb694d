"""The units a visitor reads spaces in: part of the address, so that it works without script and a
shared link says the same to everyone.

``area_unit`` m2, mu or sqft; ``rent_unit`` day or month; ``load_unit`` t or kN. Numbers typed into
a form are in the chosen units.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from parkcms.language import quantities
from parkcms.language.widths import fold

AREA = {"m2": "m2", "mu": "mu", "sqft": "sqft"}
RENT = {"day": "CNY/m2/day", "month": "CNY/m2/month"}
LOAD = {"t": "t/m2", "kN": "kN/m2"}
_KINDS = {"area": (AREA, "m2"), "rent": (RENT, "CNY/m2/day"), "load": (LOAD, "t/m2")}
CODES = {"area_unit": tuple(AREA), "rent_unit": tuple(RENT), "load_unit": tuple(LOAD)}
DEFAULTS = {"area_unit": "m2", "rent_unit": "day", "load_unit": "t"}
# How many digits a converted number keeps: enough to tell spaces apart, no false precision.
_DIGITS = 4
LARGEST = Decimal(10) ** 9


class NumberError(ValueError):
    """What was typed is no number that can be used; the message is for readers."""


@dataclass(frozen=True, slots=True)
class Units:
    """The chosen units. Measures go in as they are stored: ㎡, 元/㎡/天, t/㎡."""

    area_unit: str = "m2"
    rent_unit: str = "day"
    load_unit: str = "t"

    @classmethod
    def parse(cls, params: Mapping[str, str]) -> "Units":
        """From a query string; what is no unit counts as the usual one."""
        known = {"area_unit": AREA, "rent_unit": RENT, "load_unit": LOAD}
        chosen = {name: params.get(name, "") for name in known}
        return cls(**{n: v for n, v in chosen.items() if v in known[n]})

    def query(self) -> dict[str, str]:
        """The parameters that are not the usual ones."""
        values = {name: getattr(self, name) for name in DEFAULTS}
        return {name: value for name, value in values.items() if value != DEFAULTS[name]}

    def with_(self, name: str, value: str) -> "Units":
        return replace(self, **{name: value})

    # --- for readers: (number, unit) ---

    def area(self, m2: Decimal | int) -> tuple[str, str]:
        return self._shown(m2, "m2", AREA[self.area_unit])

    def rent(self, per_day: Decimal) -> tuple[str, str]:
        return self._shown(per_day, "CNY/m2/day", RENT[self.rent_unit], places=2)

    def load(self, tonnes: Decimal) -> tuple[str, str]:
        return self._shown(tonnes, "t/m2", LOAD[self.load_unit])

    @property
    def area_label(self) -> str:
        return _label(AREA[self.area_unit])

    @property
    def rent_label(self) -> str:
        return _label(RENT[self.rent_unit])

    @property
    def load_label(self) -> str:
        return _label(LOAD[self.load_unit])

    # --- from readers ---

    def stored(self, kind: str, number: Decimal) -> Decimal:
        """A number typed in the chosen unit of ``area``, ``rent`` or ``load``, as it is stored."""
        chosen, base = self._units(kind)
        return number if chosen == base else quantities.convert(number, chosen, base)

    def typed(self, kind: str, stored: Decimal) -> str:
        """The mirror of ``stored``, as it would be typed; what is converted has six digits."""
        chosen, base = self._units(kind)
        if chosen == base:
            return plain(stored)
        return plain(_significant(quantities.convert(stored, base, chosen), 6))

    def _units(self, kind: str) -> tuple[str, str]:
        table, base = _KINDS[kind]
        return table[getattr(self, f"{kind}_unit")], base

    def _shown(
        self, value: Decimal | int, base: str, unit: str, places: int | None = None
    ) -> tuple:
        number = Decimal(value)
        if unit != base:
            exact = quantities.convert(number, base, unit)
            number = round(exact, places) if places else _significant(exact)
            if number != exact:
                return " ".join((_("约"), quantities.written(number))), _label(unit)
        return quantities.written(number), _label(unit)


def read_number(text: str) -> Decimal:
    """A number not below zero, as people type it in a box. Raises NumberError."""
    plain_text = fold(text).strip().replace(",", "").replace(" ", "")
    try:
        number = Decimal(plain_text)
    except InvalidOperation:
        raise NumberError(_("“%(text)s”不是数字。") % {"text": text.strip()[:20]}) from None
    if not number.is_finite() or number < 0:
        raise NumberError(_("要写零或更大的数。"))
    if number >= LARGEST:
        raise NumberError(_("这个数太大了。"))
    return number


def plain(number: Decimal) -> str:
    """A number without exponent, group marks or zeros at the end: for an address or a box."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def switches(units: Units, path: str, kept: list[tuple[str, str]]) -> list[dict]:
    """The links of the switch: ``{"label", "choices": [{"label", "url", "is_current"}]}``.

    ``kept`` are the other parameters; a caller whose parameters are numbers in units converts
    them itself (see ``finder.Search.pairs``).
    """
    tables = (("area_unit", AREA, _("面积")), ("rent_unit", RENT, _("租金")),
              ("load_unit", LOAD, _("荷载")))  # fmt: skip
    return [
        {
            "label": label,
            "choices": [
                {
                    "label": _label(unit),
                    "url": address(path, kept, units.with_(name, code)),
                    "is_current": getattr(units, name) == code,
                }
                for code, unit in table.items()
            ],
        }
        for name, table, label in tables
    ]


def address(path: str, pairs: list[tuple[str, str]], units: Units) -> str:
    query = urlencode([*pairs, *units.query().items()])
    return f"{path}?{query}" if query else path


def _label(unit: str) -> str:
    known = quantities.UNITS[unit]
    return known.label_en if get_language() == "en" else known.label_zh


def _significant(number: Decimal, digits: int = _DIGITS) -> Decimal:
    if not number:
        return Decimal(0)
    places = max(0, digits - 1 - number.adjusted())
    return round(number, places)
