"""Quantities convert exactly and keep every digit when they are shown."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from parkcms.language.quantities import (
    QUALIFIERS,
    UNITS,
    QuantityError,
    also,
    convert,
    display,
    to_base,
    written,
)

VALUES = st.decimals(Decimal("-1e16"), Decimal("1e16"), places=4)
CODES = st.sampled_from(sorted(UNITS))


@pytest.mark.parametrize(
    ("value", "unit", "other", "expected"),
    [
        ("351", "mu", "m2", "234000"),
        ("87", "mu", "m2", "58000"),
        ("1", "ha", "mu", "15"),
        ("1", "km2", "mu", "1500"),
        ("1", "wan_m2", "mu", "15"),
        ("9.2", "wan_m2", "m2", "92000"),
        ("1", "sqft", "m2", "0.09290304"),
        ("1", "acre", "m2", "4046.8564224"),
        ("0.80", "CNY/m2/day", "CNY/m2/year", "292"),
        ("292", "CNY/m2/year", "CNY/m2/day", "0.8"),
        ("1", "t/m2", "kN/m2", "9.80665"),
        ("1", "MVA", "kVA", "1000"),
        ("2.5", "km", "m", "2500"),
        ("90544.22", "m2", "m2", "90544.22"),
    ],
)
def test_conversions_that_end_are_exact(value, unit, other, expected):
    assert convert(Decimal(value), unit, other) == Decimal(expected)


@pytest.mark.parametrize(
    ("value", "unit", "other", "expected"),
    [
        ("1", "mu", "m2", "666.6667"),
        ("1", "m2", "sqft", "10.7639"),
        ("1", "acre", "mu", "6.0703"),
        ("0.80", "CNY/m2/day", "CNY/m2/month", "24.3333"),
    ],
)
def test_other_conversions_are_as_the_tables_say(value, unit, other, expected):
    assert round(convert(Decimal(value), unit, other), 4) == Decimal(expected)


def test_the_usual_floor_load_of_five_kilonewton_is_half_a_tonne():
    assert round(convert(Decimal("0.5"), "t/m2", "kN/m2")) == 5


@given(VALUES, CODES, CODES)
def test_there_and_back_is_the_same_quantity(value, unit, other):
    assume(UNITS[unit].dimension == UNITS[other].dimension)
    back = convert(convert(value, unit, other), other, unit)
    assert abs(back - value) <= abs(value) * Decimal("1e-26")


@given(VALUES, CODES)
def test_the_base_is_what_the_factor_says(value, unit):
    assert to_base(value, unit) == Fraction(value) * UNITS[unit].factor


def test_companies_are_no_pieces_and_areas_no_lengths():
    for unit, other in (("家", "个"), ("m2", "m"), ("t/m2", "MVA")):
        with pytest.raises(QuantityError):
            convert(1, unit, other)


@pytest.mark.parametrize(
    "value", [Decimal("NaN"), Decimal("Infinity"), float("inf"), Decimal("1e41"), Decimal("1e-41")]
)
def test_what_is_no_quantity_is_refused(value):
    with pytest.raises(QuantityError):
        display(value, "m2", "zh")


def test_an_unknown_unit_is_refused_by_name():
    with pytest.raises(QuantityError, match="斤"):
        display(1, "斤", "zh")


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        ("92000", "m2", "92,000 ㎡", "92,000 m²"),
        ("90544.22", "m2", "90,544.22 ㎡", "90,544.22 m²"),
        ("58190.2300", "m2", "58,190.23 ㎡", "58,190.23 m²"),
        ("9.2", "wan_m2", "9.2万㎡", "92,000 m²"),
        ("351", "mu", "351 亩", "351 mu"),
        ("2.15", "km2", "2.15 平方公里", "2.15 km²"),
        ("950000000", "CNY", "9.5亿元", "950 million CNY"),
        ("4463000000", "CNY", "44.63亿元", "4.463 billion CNY"),
        ("162700000000", "CNY", "1,627亿元", "162.7 billion CNY"),
        ("1200000000000", "CNY", "1.2万亿元", "1.2 trillion CNY"),
        ("15000", "CNY", "1.5万元", "15,000 CNY"),
        ("12345", "CNY", "12,345 元", "12,345 CNY"),
        ("123456789", "CNY", "123,456,789 元", "123,456,789 CNY"),
        ("0", "CNY", "0 元", "0 CNY"),
        ("79.50", "percent", "79.5%", "79.5%"),
        ("29", "家", "29 家", "29 companies"),
        ("1", "家", "1 家", "1 company"),
        ("23", "个", "23 个", "23"),
        ("50", "年", "50 年", "50 years"),
        ("0.80", "CNY/m2/day", "0.8 元/㎡/天", "0.8 CNY/m²/day"),
        ("3", "t/m2", "3 吨/㎡", "3 t/m²"),
        ("1E+5", "m2", "100,000 ㎡", "100,000 m²"),
        ("-0.00", "m", "0 米", "0 m"),
    ],
)
def test_a_quantity_is_written_for_each_language(value, unit, zh, en):
    assert (
        str(display(Decimal(value), unit, "zh-hans")),
        str(display(Decimal(value), unit, "en")),
    ) == (zh, en)


def test_number_and_unit_can_be_set_apart():
    shown = display(950_000_000, "CNY", "zh")
    assert (shown.number, shown.unit) == ("9.5", "亿元")
    shown = display(950_000_000, "CNY", "en")
    assert (shown.number, shown.unit) == ("950 million", "CNY")


@pytest.mark.parametrize(
    ("qualifier", "zh", "en"),
    [
        ("", "30 家", "30 companies"),
        ("约", "约 30 家", "about 30 companies"),
        ("about", "约 30 家", "about 30 companies"),
        ("超", "超 30 家", "over 30 companies"),
        ("逾", "逾 30 家", "over 30 companies"),
        ("近", "近 30 家", "nearly 30 companies"),
        ("at_least", "不低于 30 家", "at least 30 companies"),
        ("以上", "30 家以上", "at least 30 companies"),
        ("达", "达 30 家", "30 companies"),
    ],
)
def test_a_qualifier_stands_where_its_language_puts_it(qualifier, zh, en):
    shown = [str(display(30, "家", language, qualifier)) for language in ("zh", "en")]
    assert shown == [zh, en]


def test_every_qualifier_is_found_by_its_chinese_word():
    for one in QUALIFIERS:
        assert one.zh in str(display(30, "家", "zh", one.zh))


@pytest.mark.parametrize(
    ("low", "high", "unit", "zh", "en"),
    [
        ("800", "1200", "m2", "800–1,200 ㎡", "800–1,200 m²"),
        ("2", "3", "t/m2", "2–3 吨/㎡", "2–3 t/m²"),
        ("500000000", "950000000", "CNY", "5–9.5亿元", "500–950 million CNY"),
        ("500000", "950000000", "CNY", "50–95,000万元", "500,000–950,000,000 CNY"),
    ],
)
def test_both_ends_of_a_range_are_in_one_unit(low, high, unit, zh, en):
    shown = [
        str(display(Decimal(low), unit, language, "", Decimal(high))) for language in ("zh", "en")
    ]
    assert shown == [zh, en]


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        ("351", "mu", "23.4 公顷", "23.4 ha"),
        ("0.5", "mu", "约 333.3 ㎡", "about 333.3 m²"),
        ("2.15", "km2", "3,225 亩", "215 ha"),
        ("10", "ha", "150 亩", "about 24.71 acres"),
        ("92000", "m2", None, "about 990,300 sq ft"),
        ("0.80", "CNY/m2/day", "约 24.33 元/㎡/月", "about 24.33 CNY/m²/month"),
        ("2", "MVA", "2,000 kVA", "2,000 kVA"),
        ("3", "t/m2", None, "about 29.42 kN/m²"),
        ("950000000", "CNY", None, None),
        ("29", "家", None, None),
        ("79.5", "percent", None, None),
        ("0", "mu", None, None),
    ],
)
def test_a_second_unit_is_given_where_it_helps(value, unit, zh, en):
    told = [also(Decimal(value), unit, language) for language in ("zh", "en")]
    assert [one and str(one) for one in told] == [zh, en]


def test_only_land_is_told_in_mu():
    assert also(92_000, "m2", "zh") is None
    assert str(also(92_000, "m2", "zh", land=True)) == "138 亩"
    assert str(also(92_000, "m2", "en", land=True)) == "9.2 ha"


def told(shown):
    """The value a shown quantity says, back from its words."""
    words = {"万亿": 10**12, "亿": 10**8, "万": 10**4}
    words |= {" trillion": 10**12, " billion": 10**9, " million": 10**6}
    text = shown.number + shown.unit if shown.language == "zh" else shown.number
    power = next((words[word] for word in words if word in text), 1)
    digits = "".join(char for char in shown.number if char in "-0123456789.")
    return Decimal(digits) * power


@given(VALUES, st.sampled_from(["CNY", "m2", "wan_m2", "mu", "percent", "家"]))
def test_no_digit_is_lost_in_either_language(value, unit):
    assert told(display(value, unit, "en")) == (value * 10_000 if unit == "wan_m2" else value)
    power = 10_000 if unit == "wan_m2" else 1
    assert told(display(value, unit, "zh")) == value * power


@given(VALUES, CODES, st.sampled_from(["zh", "en"]))
def test_a_second_unit_is_marked_when_it_is_rounded(value, unit, language):
    second = also(value, unit, language)
    if second is None:
        return
    (other,) = {
        one.code
        for one in UNITS.values()
        if one.dimension == UNITS[unit].dimension
        and second.unit in {one.label_zh, one.label_en, one.label_en_plural}
    }
    exact = convert(value, unit, other)
    assert bool(second.qualifier) == (told(second) != exact)
    rounding = Decimal("0.005") if UNITS[unit].dimension == "rent" else Decimal(0)
    assert abs(told(second) - exact) <= max(abs(exact) * Decimal("0.0005"), rounding)


@given(VALUES)
def test_numbers_are_plain_digits_in_groups_of_three(value):
    text = written(value)
    whole, _, decimals = text.lstrip("-").partition(".")
    groups = whole.split(",")
    assert all(len(group) == 3 for group in groups[1:])
    assert 1 <= len(groups[0]) <= 3
    assert not decimals.endswith("0")
    assert Decimal(text.replace(",", "")) == value
