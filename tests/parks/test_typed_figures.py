"""A number as people type it: value, unit, qualifier and range, or a sentence that says why not."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parks.typed import Typed, TypedError, read


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("9.5亿元", Typed(Decimal("950000000.0"), None, "CNY")),
        ("约351亩", Typed(Decimal(351), None, "mu", "about")),
        ("９．２万平方米", Typed(Decimal("92000.0"), None, "m2")),
        ("2.15 km²", Typed(Decimal("2.15"), None, "km2")),
        ("58,190.23㎡", Typed(Decimal("58190.23"), None, "m2")),
        ("29家", Typed(Decimal(29), None, "家")),
        ("79.5%", Typed(Decimal("79.5"), None, "percent")),
        ("50家以上", Typed(Decimal(50), None, "家", "at_least")),
        ("2-3万㎡", Typed(Decimal(20000), Decimal(30000), "m2")),
        ("2万至3万㎡", Typed(Decimal(20000), Decimal(30000), "m2")),
        ("44.63亿", Typed(Decimal("4463000000.00"))),
        ("1627", Typed(Decimal(1627))),
    ],
)
def test_what_people_type_is_read(text, typed):
    assert read(text) == typed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "约",
        "亩",
        "3亩地",
        "1,23",
        "-5",
        "1e9",
        "nan",
        "inf",
        "9.2.1",
        "13号线",
        "2022-06",
        "9" * 80,
    ],
)
def test_what_is_no_number_is_refused_with_an_example(text):
    with pytest.raises(TypedError, match=r"亿元|数量级"):
        read(text)


@given(st.text(max_size=40))
def test_no_text_ends_in_another_error(text):
    try:
        typed = read(text)
    except TypedError:
        return
    assert typed.value >= 0


@given(
    st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False, allow_infinity=False),
    st.sampled_from([("", ""), ("亩", "mu"), ("㎡", "m2"), ("家", "家"), ("元", "CNY")]),
)
def test_a_plain_number_is_read_back_exactly(number, unit):
    label, code = unit
    assert read(f"{number:f}{label}") == Typed(number, None, code)
