"""Areas and budgets as people type them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.wishes import around, read_area, read_budget


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("1500", 1500, 1500),
        ("1500平", 1500, 1500),
        ("1,500 ㎡左右", 1500, 1500),
        ("１５００平方米", 1500, 1500),
        ("1000-1500平", 1000, 1500),
        ("1000—1500 m2", 1000, 1500),
        ("1500 m2 到 2000 m2", 1500, 2000),
        ("2000至1000㎡", 1000, 2000),
        ("2000㎡以上", 2000, None),
        ("不超过800平", None, 800),
        ("at least 2,000 sqm", 2000, None),
        ("1.5万平", 15000, 15000),
        ("1-1.5万平", 10000, 15000),
        ("5000到1万平", 5000, 10000),
        ("1.2公顷", 12000, 12000),
        ("10,000 sq ft", Decimal("929.03"), Decimal("929.03")),
        ("", None, None),
        ("一千平左右", None, None),
        ("越大越好", None, None),
        ("0", None, None),
        ("9" * 60, None, None),
    ],
)
def test_an_area_is_read(text, least, most):
    assert read_area(text) == (least, most)


@pytest.mark.parametrize(
    ("text", "least"), [("20", "13333.33"), ("20亩", "13333.33"), ("3000㎡", "3000")]
)
def test_land_without_a_unit_is_in_mu(text, least):
    assert read_area(text, is_land=True)[0] == Decimal(least)


@given(st.text(max_size=60), st.booleans())
def test_no_text_fails_and_the_ends_are_in_order(text, is_land):
    least, most = read_area(text, is_land=is_land)
    assert least is None or least > 0
    assert least is None or most is None or least <= most
    assert (budget := read_budget(text)) is None or 0 < budget <= 20


@given(st.integers(1, 99_999), st.integers(1, 99_999))
def test_a_range_is_its_two_ends(one, other):
    least, most = sorted((one, other))
    assert read_area(f"{one}-{other}平") == (least, most)


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("1元/㎡/天", 1),
        ("0.8-1.2 元/平/天", "1.2"),
        ("1.1", "1.1"),
        ("每月25元一平", "0.822"),
        ("30元/㎡/月", "0.986"),
        ("每月总价5万以内", None),
        ("25", None),
        ("面议", None),
        ("100元/㎡/天", None),
        ("", None),
    ],
)
def test_a_budget_is_read_in_yuan_a_square_metre_and_day(text, most):
    assert read_budget(text) == (None if most is None else Decimal(str(most)))


def test_a_single_number_is_taken_as_about_so_much():
    assert around(Decimal(1000), Decimal(1000)) == (900, 1200)
    assert around(Decimal(1000), Decimal(2000)) == (1000, 2000)
    assert around(None, Decimal(800)) == (None, 800)
