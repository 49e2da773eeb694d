"""Areas and budgets as people type them, read into square metres and 元/㎡/天.

What is not understood stays as it was typed and is left alone: no enquiry is refused for it.
"""

import re
import unicodedata
from decimal import Decimal

from parkcms.language.quantities import QuantityError, convert

MOST_M2 = Decimal(100_000_000)
_NUMBER = r"(\d+(?:\.\d+)?)\s*(万)?"
_UNITS = {
    "mu": r"亩|mu\b",
    "ha": r"公顷|ha\b|hectares?\b",
    "km2": r"平方公里|平方千米|km2\b|km²",
    "sqft": r"平方英尺|sq\.?\s*ft\.?|sqft|square\s+feet",
    "acre": r"英亩|acres?\b",
    "m2": r"平方米|平米|平方|平|㎡|m2\b|m²|sqm\b|sq\.?\s*m\b|square\s+met(?:er|re)s?",
}
_UNIT = re.compile("|".join(f"(?P<{code}>{words})" for code, words in _UNITS.items()), re.I)
_RANGE = re.compile(rf"{_NUMBER}\s*[^\d.万]*?\s*(?:-|–|—|~|至|到|to)\s*{_NUMBER}", re.I)
_ONE = re.compile(_NUMBER)
_AT_LEAST = re.compile(r"以上|起|不低于|不少于|至少|大于|超过|at least|from|over|≥|>=", re.I)
_AT_MOST = re.compile(r"以内|以下|不超过|不大于|最多|小于|at most|up to|under|≤|<=", re.I)
_PER_DAY = re.compile(r"(?:/|每)?\s*(?:天|日)|(?:per|a|/)\s*day", re.I)
_PER_MONTH = re.compile(r"(?:/|每)?\s*(?:月|个月)|(?:per|a|/)\s*month", re.I)
_PER_M2 = re.compile(r"平|㎡|m2|m²|sqm|square met", re.I)
# A single number is what somebody would like, not a limit: a tenth less and a fifth more will do.
LESS, MORE = Decimal("0.9"), Decimal("1.2")


def read_area(text: str, *, is_land: bool = False) -> tuple[Decimal | None, Decimal | None]:
    """(least, most) in ㎡ of a typed area; (None, None) where it is not understood.

    Without a unit it is ㎡, or 亩 where land is looked for. A single number is itself the least
    and the most; “以上” leaves the most open and “以内” the least.
    """
    typed = _plain(text)
    unit = _unit(typed) or ("mu" if is_land else "m2")
    numbers = _without_exponents(typed)
    if found := _RANGE.search(numbers):
        low, high = sorted((_low_end(*found.groups()), _value(found[3], found[4])))
    elif found := _ONE.search(numbers):
        low = high = _value(found[1], found[2])
    else:
        return None, None
    try:
        ends = [round(convert(end, unit, "m2"), 2) for end in (low, high)]
    except (QuantityError, ArithmeticError):
        return None, None
    if not all(0 < end <= MOST_M2 for end in ends):
        return None, None
    if low == high and _AT_MOST.search(typed):
        return None, ends[1]
    if low == high and _AT_LEAST.search(typed):
        return ends[0], None
    return ends[0], ends[1]


def _low_end(low: str, low_word: str | None, high: str, high_word: str | None) -> Decimal:
    """1–1.5万 begins at ten thousand, 5000–1万 does not begin at fifty million."""
    shared = _value(low, high_word)
    return shared if not low_word and shared <= _value(high, high_word) else _value(low, low_word)


def read_budget(text: str) -> Decimal | None:
    """The most somebody would pay, in 元/㎡/天; None for a total, or what is not understood.

    The trade speaks of 元/㎡/天 in Shanghai and of 元/㎡/月 elsewhere; a bare number up to 8 can
    only be the first. A month has 365/12 days.
    """
    typed = _plain(text)
    numbers = [_value(*found.groups()) for found in _ONE.finditer(_without_exponents(typed))]
    if not numbers:
        return None
    most = max(numbers)
    is_per_month, is_per_m2 = _PER_MONTH.search(typed), _PER_M2.search(typed)
    try:
        if is_per_month:
            most = convert(most, "CNY/m2/month", "CNY/m2/day")
        most = round(most, 3)
    except (QuantityError, ArithmeticError):
        return None
    is_rate = is_per_m2 if is_per_month else _PER_DAY.search(typed) or is_per_m2 or most <= 8
    return most if is_rate and 0 < most <= 20 else None


def around(low: Decimal | None, high: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    """The areas that will do for a wish: a single number is taken as about so much."""
    if low is not None and low == high:
        return low * LESS, high * MORE
    return low, high


def _plain(text: str) -> str:
    return re.sub(r"(?<=\d),(?=\d{3})", "", unicodedata.normalize("NFKC", text))


def _without_exponents(text: str) -> str:
    """The 2 of m2 is no number."""
    return re.sub(r"(?<=m)[2²]", "", text, flags=re.I)


def _unit(text: str) -> str:
    found = _UNIT.search(text)
    return found.lastgroup or "" if found else ""


def _value(digits: str, ten_thousand: str | None) -> Decimal:
    return Decimal(digits) * (10_000 if ten_thousand else 1)
