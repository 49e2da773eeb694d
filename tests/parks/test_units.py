"""The units of an address: what is shown, what was typed, and where the switch leads."""

from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from parks.units import NumberError, Units, read_number, switches

amounts = st.decimals("0.01", "99999", places=2)
choices = st.builds(
    Units,
    st.sampled_from(["m2", "mu", "sqft"]),
    st.sampled_from(["day", "month"]),
    st.sampled_from(["t", "kN"]),
)


@pytest.mark.parametrize(
    ("unit", "shown"),
    [("m2", ("1,000", "㎡")), ("mu", ("1.5", "亩")), ("sqft", ("约 10,764", "平方英尺"))],
)
def test_only_what_is_rounded_is_called_about(unit, shown):
    assert Units(area_unit=unit).area(1000) == shown


def test_rent_a_month_is_365_twelfths_of_a_day_and_a_tonne_presses_with_standard_gravity():
    units = Units(rent_unit="month", load_unit="kN")
    assert units.rent(Decimal("1.2")) == ("36.5", "元/㎡/月")
    assert units.load(Decimal(2)) == ("约 19.61", "kN/㎡")


def test_in_english_the_units_and_the_word_about_are_english():
    with translation.override("en"):
        assert Units(area_unit="sqft").area(1000) == ("about 10,764", "sq ft")


@given(choices, st.sampled_from(["area", "rent", "load"]), amounts)
def test_what_is_typed_anew_in_another_unit_means_the_same(units, kind, stored):
    again = units.stored(kind, Decimal(units.typed(kind, stored)))
    assert abs(again - stored) <= stored * Decimal("0.00001")


@given(choices)
def test_units_survive_their_own_query(units):
    assert Units.parse(units.query()) == units


def test_what_is_no_unit_is_the_usual_one():
    assert Units.parse({"area_unit": "acre", "rent_unit": "", "load_unit": "月"}) == Units()


@pytest.mark.parametrize("text", ["NaN", "-1", "1e99", "一千", "", "Infinity"])
def test_what_is_no_number_is_refused_in_words(text):
    with pytest.raises(NumberError, match=r"。$"):
        read_number(text)


def test_the_switch_keeps_the_other_parameters_and_marks_the_present_unit():
    area, _rent, _load = switches(Units(area_unit="mu"), "/x/", [("space", "a/b")])
    assert [(one["url"], one["is_current"]) for one in area["choices"]] == [
        ("/x/?space=a%2Fb", False),
        ("/x/?space=a%2Fb&area_unit=mu", True),
        ("/x/?space=a%2Fb&area_unit=sqft", False),
    ]
