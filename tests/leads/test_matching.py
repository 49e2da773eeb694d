"""Which spaces fit: a first filter by hard facts. What nobody stated never counts against a space,
and never for it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from factories import LONG_AGO, a_park, a_space
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.matching import MEETS, MISSES, SHOWN, UNKNOWN, matches_for
from leads.models import Enquiry
from parks.models import Space

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 25)


@pytest.fixture(autouse=True)
def now(time_machine_now):
    """2026-11-25, 10 o'clock in Shanghai."""


def wanted(**fields):
    fields = {"intent": "rent", "submitted_at": LONG_AGO.replace(year=2026, month=11, day=25)} | {
        name: Decimal(value) if isinstance(value, int) and "_m2" in name else value
        for name, value in fields.items()
    }
    return Enquiry(**fields)


def codes(enquiry):
    return [match.space.code for match in matches_for(enquiry).fitting]


def reasons(enquiry):
    (match,) = matches_for(enquiry).fitting
    return [(reason.state, reason.text) for reason in match.reasons]


def test_a_space_with_nothing_stated_stays_in_with_everything_to_confirm():
    a_space(code="空白", area_gross_m2=1000)
    wish = wanted(uses=["production"], budget_cny_m2_day=Decimal(1), area_min_m2=1000,
                  area_max_m2=1000, intent="register")  # fmt: skip
    assert reasons(wish) == [
        (MEETS, "建筑面积 1,000 ㎡（需要 1,000 ㎡）"),
        (UNKNOWN, "可作用途待确认"),
        (MEETS, "现在可租"),
        (UNKNOWN, "可租状态待确认"),
        (UNKNOWN, "租金待确认"),
        (UNKNOWN, "能否注册公司待确认"),
    ]


@pytest.mark.parametrize(
    ("fields", "wish", "why"),
    [
        ({"uses": ["office"]}, {"uses": ["production"]}, "用途不合"),
        ({"can_register": False}, {"intent": "register"}, "不能注册公司"),
        ({"available_from": date(2027, 6, 1)}, {"move_in": "now"}, "可租得太晚"),
        ({}, {"districts": ["310115"]}, "不在所选区域"),
        (
            {"rent_cny_m2_day": Decimal("1.2"), "valid_until": date(2027, 1, 1)},
            {"budget_cny_m2_day": Decimal(1)},
            "租金超出预算",
        ),
    ],
)
def test_a_hard_fact_excludes_and_is_named(fields, wish, why):
    a_space(area_gross_m2=1000, **fields)
    found = matches_for(wanted(**wish))
    assert (found.fitting, found.left_out) == ([], [(why, 1)])


@pytest.mark.parametrize(
    ("area", "divisible", "fits"),
    [(899, None, False), (900, None, True), (1000, None, True), (1200, None, True),
     (1201, None, False), (5000, 800, True), (5000, 1300, False)],
)  # fmt: skip
def test_the_area_may_be_a_tenth_smaller_a_fifth_larger_or_divisible(area, divisible, fits):
    a_space(code="x", area_gross_m2=area, min_divisible_m2=divisible)
    assert (codes(wanted(area_min_m2=1000, area_max_m2=1000)) == ["x"]) is fits


def test_a_rent_a_little_over_is_said_and_an_expired_one_is_not_a_price():
    a_space(code="x", rent_cny_m2_day=Decimal("1.05"), valid_until=TODAY)
    assert (MISSES, "租金 1.05 元/㎡/天，略高于预算 1") in reasons(
        wanted(budget_cny_m2_day=Decimal(1))
    )
    Space.objects.update(valid_until=TODAY - timedelta(days=1))
    assert (UNKNOWN, "租金待确认") in reasons(wanted(budget_cny_m2_day=Decimal(1)))


def test_what_is_not_to_let_or_not_public_never_appears():
    a_space(state="let")
    a_space(state="reserved")
    a_space(publish_at=None)
    a_space(a_park(publish_at=None))
    assert matches_for(wanted()).fitting == []


def test_buying_is_not_renting():
    a_space(code="rent")
    a_space(code="sale", sale_price_cny_m2=8000, valid_until=date(2027, 1, 1))
    assert codes(wanted(intent="buy")) == ["sale"]


def test_the_space_that_was_asked_about_comes_first():
    spaces = [a_space(code=str(n), area_gross_m2=1000 + n) for n in range(9)]
    wish = wanted(area_min_m2=1000, area_max_m2=1000)
    wish.space = spaces[8]
    assert codes(wish)[0] == "8"
    assert len(codes(wish)) == SHOWN


def test_land_and_partnerships_are_for_people():
    a_space()
    assert matches_for(wanted(intent="land")).looked_at == 0
    assert matches_for(wanted(intent="partner")).looked_at == 0


# --- beside an oracle -----------------------------------------------------------------------------

area = st.integers(100, 3000)
space_facts = st.fixed_dictionaries(
    {
        "area_gross_m2": area,
        "min_divisible_m2": st.none() | st.integers(50, 100),
        "uses": st.lists(st.sampled_from(["production", "rnd", "office"]), max_size=2, unique=True),
        "rent_cny_m2_day": st.none() | st.sampled_from([Decimal("0.8"), Decimal(1), Decimal(2)]),
        "available_from": st.none() | st.dates(date(2026, 6, 1), date(2028, 6, 1)),
        "can_register": st.none() | st.booleans(),
        "state": st.sampled_from(["lettable", "lettable", "let"]),
    }
)
wishes = st.fixed_dictionaries(
    {
        "intent": st.sampled_from(["rent", "register"]),
        "area": st.none() | st.tuples(area, area),
        "uses": st.lists(st.sampled_from(["production", "rnd", "office"]), max_size=2, unique=True),
        "budget_cny_m2_day": st.none() | st.sampled_from([Decimal("0.9"), Decimal(1)]),
        "move_in": st.sampled_from(["", "now", "3m", "12m"]),
    }
)


def excluded(space, wish, least, most):
    """The rules written down once more, one by one."""
    days = {"now": 30, "3m": 92, "12m": 366}.get(wish["move_in"])
    rent = space["rent_cny_m2_day"]
    yield space["state"] != "lettable"
    if least is not None:
        top = least * Decimal("1.2") if least == most else most
        yield space["area_gross_m2"] < least * Decimal("0.9")
        yield space["area_gross_m2"] > top and not (
            space["min_divisible_m2"] and space["min_divisible_m2"] <= top
        )
    yield bool(wish["uses"] and space["uses"] and not set(wish["uses"]) & set(space["uses"]))
    if days and space["available_from"] and space["available_from"] > TODAY:
        yield space["available_from"] > TODAY + timedelta(days=days + 60)
    if wish["budget_cny_m2_day"] and rent:
        yield rent > wish["budget_cny_m2_day"] * Decimal("1.1")
    if wish["intent"] == "register":
        yield space["can_register"] is False


@given(st.lists(space_facts, max_size=6), wishes)
@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_it_is_what_the_rules_say_one_by_one(spaces, wish):
    Space.objects.all().delete()
    least, most = sorted(wish["area"]) if wish["area"] else (None, None)
    for number, facts in enumerate(spaces):
        valid = {"valid_until": date(2027, 1, 1)} if facts["rent_cny_m2_day"] else {}
        a_space(code=str(number), **facts, **valid)
    fields = {name: value for name, value in wish.items() if name != "area"}
    enquiry = wanted(area_min_m2=least, area_max_m2=most, **fields)

    found = matches_for(enquiry)
    expected = {
        str(number)
        for number, facts in enumerate(spaces)
        if not any(excluded(facts, wish, least, most))
    }
    assert {match.space.code for match in found.fitting} == expected
    for match in found.fitting:
        stated = {"用途": match.space.uses, "租金": match.space.shown_rent,
                  "注册": match.space.can_register}  # fmt: skip
        for word, value in stated.items():
            if value in (None, []):
                said = [reason.state for reason in match.reasons if word in reason.text]
                assert set(said) <= {UNKNOWN}
