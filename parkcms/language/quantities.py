"""Quantities: exact conversions between the units of the trade, and how they are written.

Factors are fractions, so that 351 mu are 234,000 m² and not 233,999.99. What has no end as a
decimal (1 mu in m²) is rounded to 28 significant digits by ``convert`` and, marked 约, to four by
``also``; ``display`` never rounds.
"""

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

DIGITS = 28
MAX_POWER = 40  # larger and smaller numbers are no quantities of this trade

Number = Decimal | int | float


class QuantityError(ValueError):
    """An unknown unit, two units that measure different things, or no number."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit; a value times ``factor`` is in the base unit of ``dimension``.

    ``label_en`` is the singular. ``joined`` units stand at the number without a space.
    """

    code: str
    dimension: str
    factor: Fraction
    label_zh: str
    label_en: str
    label_en_plural: str
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Qualifier:
    """What limits a number: 约 29 家, 29 家以上; ``follows`` says it stands after the Chinese."""

    code: str
    zh: str
    en: str
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A quantity as a reader sees it: ``qualifier``, ``number`` and ``unit``; str() joins them."""

    number: str
    unit: str
    qualifier: str = ""
    gap: str = " "
    language: str = "zh"
    follows: bool = False

    def __str__(self) -> str:
        quantity = f"{self.number}{self.gap}{self.unit}" if self.unit else self.number
        if not self.qualifier:
            return quantity
        if self.language == "en":
            return f"{self.qualifier} {quantity}"
        return f"{quantity}{self.qualifier}" if self.follows else f"{self.qualifier} {quantity}"


def _unit(code: str, dimension: str, factor: str, zh: str, en: str, plural: str = "") -> Unit:
    return Unit(code, dimension, Fraction(factor), zh, en, plural or en, joined=code == "percent")


_MEASURES = (
    # 1 mu is 1/15 ha; a square foot is 0.3048² m² by definition, an acre 43,560 of them.
    _unit("m2", "area", "1", "㎡", "m²"),
    _unit("mu", "area", "10000/15", "亩", "mu"),
    _unit("ha", "area", "10000", "公顷", "ha"),
    _unit("km2", "area", "1000000", "平方公里", "km²"),
    _unit("wan_m2", "area", "10000", "万㎡", "× 10,000 m²"),
    _unit("sqft", "area", "0.09290304", "平方英尺", "sq ft"),
    _unit("acre", "area", "4046.8564224", "英亩", "acre", "acres"),
    _unit("m", "length", "1", "米", "m"),
    _unit("km", "length", "1000", "公里", "km"),
    _unit("CNY", "money", "1", "元", "CNY"),
    # A month of rent is 365/12 days. Some landlords bill 30 or 30.42: that is billing_days of a
    # space, not a unit.
    _unit("CNY/m2/day", "rent", "1", "元/㎡/天", "CNY/m²/day"),
    _unit("CNY/m2/month", "rent", "12/365", "元/㎡/月", "CNY/m²/month"),
    _unit("CNY/m2/year", "rent", "1/365", "元/㎡/年", "CNY/m²/year"),
    # Standard gravity: a tonne presses with 9.80665 kN.
    _unit("t/m2", "load", "9.80665", "吨/㎡", "t/m²"),
    _unit("kN/m2", "load", "1", "kN/㎡", "kN/m²"),
    _unit("kVA", "power", "1", "kVA", "kVA"),
    _unit("MVA", "power", "1000", "MVA", "MVA"),
    _unit("percent", "share", "1/100", "%", "%"),
    _unit("ratio", "ratio", "1", "", ""),
)
# What is counted is a dimension of its own: 29 家 are never 29 个.
_COUNTERS = (
    ("家", "company", "companies"),
    ("个", "", ""),
    ("栋", "building", "buildings"),
    ("幢", "building", "buildings"),
    ("套", "unit", "units"),
    ("层", "storey", "storeys"),
    ("项", "", ""),
    ("名", "person", "people"),
    ("人", "person", "people"),
    ("台", "", ""),
    ("部", "", ""),
    ("辆", "vehicle", "vehicles"),
    ("年", "year", "years"),
    ("月", "month", "months"),
    ("天", "day", "days"),
)  # fmt: skip

UNITS = {unit.code: unit for unit in _MEASURES} | {
    code: _unit(code, code, "1", "个月" if code == "月" else code, one, many)
    for code, one, many in _COUNTERS
}

QUALIFIERS = (
    Qualifier("about", "约", "about"),
    Qualifier("nearly", "近", "nearly"),
    Qualifier("over", "超", "over"),
    Qualifier("over", "逾", "over"),
    Qualifier("over", "突破", "over"),
    Qualifier("at_least", "不低于", "at least"),
    Qualifier("at_least", "以上", "at least", follows=True),
    Qualifier("at_most", "不超过", "at most"),
    Qualifier("below", "以下", "below", follows=True),
    Qualifier("reaching", "达", ""),
)

_POWERS_ZH = ((10**12, "万亿"), (10**8, "亿"), (10**4, "万"))
_POWERS_EN = ((10**12, " trillion"), (10**9, " billion"), (10**6, " million"))

# Words of money are used only where they shorten the number.
_MONEY_PLACES = 3


def convert(value: Number, from_unit: str, to_unit: str) -> Decimal:
    """The same quantity in another unit, exact where it ends as a decimal."""
    source, target = _known(from_unit), _known(to_unit)
    if source.dimension != target.dimension:
        raise QuantityError(f"{source.label_zh}不能换算成{target.label_zh}。")
    return _decimal(_fraction(value) * source.factor / target.factor)


def to_base(value: Number, unit: str) -> Fraction:
    """The quantity in the base unit of its dimension: m², m, CNY, CNY/m²/day, kN/m², kVA.

    A percentage becomes a share of 1; what is counted stays as it is. Exact, for comparing:
    an 亩 is two thirds of a thousand m², which no decimal is.
    """
    return _fraction(value) * _known(unit).factor


def display(
    value: Number,
    unit: str,
    language: str,
    qualifier: str = "",
    value_max: Number | None = None,
) -> Shown:
    """The quantity for readers of ``language`` (zh… or en), every digit kept.

    Money is told in 万, 亿 and 万亿, or million, billion and trillion, where that is at most three
    decimals; 万㎡ become m² in English. ``qualifier`` is a code or a Chinese word of QUALIFIERS;
    with ``value_max`` it is a range.
    """
    known, tongue = _known(unit), _tongue(language)
    ends = [_finite(end) for end in (value, value_max) if end is not None]
    if tongue == "en" and unit == "wan_m2":
        known, ends = _known("m2"), [convert(end, "wan_m2", "m2") for end in ends]
    power, word = _money_word(ends, tongue) if unit == "CNY" else (1, "")
    number = "–".join(written(_decimal(_fraction(end) / power)) for end in ends)
    label = _label(known, tongue, ends)
    qualified, follows = _qualified(qualifier, tongue)
    if tongue == "zh":
        gap = "" if known.joined or word or known.label_zh.startswith("万") else " "
        return Shown(number, word + label, qualified, gap, tongue, follows)
    gap = "" if known.joined else " "
    return Shown(number + word, label, qualified, gap, tongue)


def also(value: Number, unit: str, language: str, *, land: bool = False) -> Shown | None:
    """The quantity in a second unit that helps the reader, or None.

    351 亩 are also 23.4 公顷. Floors are not measured in 亩: m² get it only with ``land``. What
    does not end within four significant digits (money a day or month: two decimals) is rounded
    and marked 约.
    """
    tongue = _tongue(language)
    other = _second_unit(_fraction(value), unit, tongue, land)
    if other is None or not value:
        return None
    exact = convert(value, unit, other)
    near = _rounded(exact, other)
    return display(near, other, language, "" if near == exact else "about")


def written(value: Decimal) -> str:
    """Digits in groups of three, no zeros at the end, no exponent: 90,544.22."""
    text = f"{value:,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _known(code: str) -> Unit:
    try:
        return UNITS[code]
    except KeyError:
        raise QuantityError(f"没有“{code}”这个单位。") from None


def _tongue(language: str) -> str:
    return "en" if language.startswith("en") else "zh"


def _finite(value: Number) -> Decimal:
    number = Decimal(str(value))
    if not number.is_finite() or not -MAX_POWER <= number.adjusted() <= MAX_POWER:
        raise QuantityError(f"“{value}”不是数。")
    return number


def _fraction(value: Number) -> Fraction:
    return Fraction(_finite(value))


def _decimal(value: Fraction) -> Decimal:
    """Exact when the fraction ends as a decimal, else to 28 significant digits."""
    rest = value.denominator
    places = 0
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest, power = rest // prime, power + 1
        places = max(places, power)
    if rest == 1:
        scaled = value.numerator * (10**places // value.denominator)
        return Decimal(scaled).scaleb(-places, Context(prec=max(DIGITS, len(str(scaled)))))
    return Context(prec=DIGITS).divide(Decimal(value.numerator), Decimal(value.denominator))


def _money_word(ends: list[Decimal], tongue: str) -> tuple[int, str]:
    for power, word in _POWERS_ZH if tongue == "zh" else _POWERS_EN:
        if all(abs(end) >= power and _places(end / power) <= _MONEY_PLACES for end in ends):
            return power, word
    return 1, ""


def _places(value: Decimal) -> int:
    return max(0, -value.normalize().as_tuple().exponent)


def _label(unit: Unit, tongue: str, ends: list[Decimal]) -> str:
    if tongue == "zh":
        return unit.label_zh
    return unit.label_en if ends == [1] else unit.label_en_plural


def _qualified(word: str, tongue: str) -> tuple[str, bool]:
    """The qualifier in the language, and whether it follows; an unknown one stays as it is."""
    for one in QUALIFIERS:
        if word in {one.code, one.zh}:
            return (one.zh, one.follows) if tongue == "zh" else (one.en, False)
    return word, False


def _second_unit(value: Fraction, unit: str, tongue: str, land: bool) -> str | None:
    """The unit a reader of the language would reckon in, where it is another."""
    if unit in {"m2", "wan_m2"}:
        area = value * _known(unit).factor
        if not land:
            return "sqft" if tongue == "en" else None
        if tongue == "en":
            return "ha" if area >= 1000 else "sqft"
        return "mu" if area >= _known("mu").factor else None
    if unit == "mu":
        return "km2" if value >= 15_000 else "ha" if value >= 1 else "m2"
    return {
        "zh": {"ha": "mu", "km2": "mu", "kN/m2": "t/m2"},
        "en": {"ha": "acre", "km2": "ha", "t/m2": "kN/m2"},
    }[tongue].get(unit) or {
        "sqft": "m2",
        "acre": "ha",
        "CNY/m2/day": "CNY/m2/month",
        "CNY/m2/month": "CNY/m2/day",
        "CNY/m2/year": "CNY/m2/day",
        "MVA": "kVA",
    }.get(unit)


def _rounded(value: Decimal, unit: str) -> Decimal:
    if UNITS[unit].dimension == "rent":
        return round(value, 2) or value
    return round(value, 3 - value.adjusted())
