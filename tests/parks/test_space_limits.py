"""What a space can't be: said at the form's field, and refused by the database too."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from factories import a_park, a_phase, a_space
from hypothesis import given, settings
from hypothesis import strategies as st

from parks.models import Space
from parks.models.space import validate_cranes
from parks.templatetags.spaces import machines

pytestmark = pytest.mark.django_db

# field: (lowest, highest, smallest step); what must be said beside it
BOUNDS = {
    "floor": (-3, 60, 1),
    "area_gross_m2": ("20", "500000", "0.01"),
    "storey_height_m": ("2.5", "25", "0.01"),
    "clear_height_m": ("2", "25", "0.01"),
    "eaves_height_m": ("2", "40", "0.01"),
    "floor_load_t_m2": ("0.1", "20", "0.01"),
    "span_m": ("3", "60", "0.01"),
    "docks": (0, 200, 1),
    "power_kva": (0, 50_000, 1),
    "rent_cny_m2_day": ("0.1", "20", "0.001"),
    "service_fee_cny_m2_month": ("0", "60", "0.01"),
    "rent_free_days": (0, 720, 1),
    "deposit_months": (0, 12, 1),
    "prepay_months": (1, 12, 1),
    "min_term_months": (1, 240, 1),
    "billing_days": ("28", "31", "0.01"),
    "sale_price_cny_m2": ("100", "1000000", "0.01"),
}
NAMES = {"area_gross_m2": "parks_space_area_bounds"}
PRICED = {"rent_cny_m2_day", "sale_price_cny_m2"}
ENDS = [(field, end) for field in BOUNDS for end in ("low", "high")]


def a_draft(**fields):
    """An unsaved space of a saved park."""
    fields = {"code": "甲-1", "slug": "jia-1", "area_gross_m2": 1000} | fields
    return Space(park=fields.pop("park", None) or a_park(), **fields)


def refused(space):
    """``{field: [codes]}`` of what the form would say."""
    try:
        space.full_clean()
    except ValidationError as error:
        return {name: [one.code for one in found] for name, found in error.error_dict.items()}
    return {}


def refuses(constraint, space):
    """Whether the database refuses the row for that constraint, past every form."""
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        space.save()


def bound(field, end):
    low, high, step = (Decimal(value) for value in BOUNDS[field])
    inside = low if end == "low" else high
    outside = low - step if end == "low" else high + step
    is_whole = Decimal(step) == 1
    return (int(inside), int(outside)) if is_whole else (inside, outside)


def with_price(field):
    return {"valid_until": date(2030, 1, 1)} if field in PRICED else {}


@pytest.mark.parametrize(("field", "end"), ENDS)
def test_the_last_value_within_a_bound_is_taken(field, end):
    inside, _ = bound(field, end)
    space = a_draft(**{field: inside}, **with_price(field))
    assert refused(space) == {}
    space.save()
    space.refresh_from_db()
    assert getattr(space, field) == inside


@pytest.mark.parametrize(("field", "end"), ENDS)
def test_the_first_value_outside_a_bound_is_refused_at_its_field_and_by_the_database(field, end):
    _, outside = bound(field, end)
    space = a_draft(**{field: outside}, **with_price(field))
    said = refused(space)
    assert said[field] == ["min_value" if end == "low" else "max_value"]
    refuses(NAMES.get(field, f"parks_space_{field}_bounds"), space)


@pytest.mark.parametrize("field", ["area_net_m2", "min_divisible_m2"])
@pytest.mark.parametrize("area", ["0.99", "0", "-1"])
def test_a_part_of_less_than_a_square_metre_is_refused_at_its_field(field, area):
    assert refused(a_draft(**{field: Decimal(area)})) == {field: ["min_value"]}


def test_every_number_of_a_space_has_a_bound_that_is_tested():
    kinds = (models.DecimalField, models.IntegerField)
    own = {"id", "created_at"}
    numbers = {f.name for f in Space._meta.concrete_fields if isinstance(f, kinds)} - own
    assert numbers == set(BOUNDS) | {"area_net_m2", "min_divisible_m2"}


CROSS = [
    ("parks_space_net_within_gross", {"area_net_m2": Decimal("1000.01")}, {"area_net_m2": 1000}),
    (
        "parks_space_divisible_within_gross",
        {"min_divisible_m2": Decimal("1000.01")},
        {"min_divisible_m2": 1000},
    ),
    (
        "parks_space_clear_below_storey",
        {"storey_height_m": 6, "clear_height_m": 6},
        {"storey_height_m": 6, "clear_height_m": Decimal("5.99")},
    ),
    (
        "parks_space_price_has_validity",
        {"rent_cny_m2_day": 1},
        {"rent_cny_m2_day": 1, "valid_until": date(2027, 1, 1)},
    ),
    (
        "parks_space_price_has_validity",
        {"sale_price_cny_m2": 9000},
        {"sale_price_cny_m2": 9000, "valid_until": date(2027, 1, 1)},
    ),
    ("parks_space_whole_has_no_floor", {"is_whole_building": True, "floor": 1},
     {"is_whole_building": True, "floor": None}),
]  # fmt: skip


@pytest.mark.parametrize(("constraint", "wrong", "right"), CROSS)
def test_what_can_not_stand_together_is_refused_by_form_and_database(constraint, wrong, right):
    space = a_draft(**wrong)
    message = next(c for c in Space._meta.constraints if c.name == constraint)
    with pytest.raises(ValidationError) as caught:
        space.full_clean()
    assert caught.value.messages == [message.get_violation_error_message()]
    assert message.violation_error_message != message.default_violation_error_message
    refuses(constraint, space)
    good = a_draft(**right)
    assert refused(good) == {}
    good.save()


@pytest.mark.parametrize("known", ["storey_height_m", "clear_height_m"])
def test_a_height_alone_is_compared_with_nothing(known):
    space = a_draft(**{known: 5})
    assert refused(space) == {}
    space.save()


def test_a_quotation_may_end_without_a_price():
    assert refused(a_draft(valid_until=date(2027, 1, 1))) == {}


FACTS = [f.name for f in Space._meta.concrete_fields if isinstance(f, models.BooleanField)]
FLAGS = {"is_whole_building", "is_sample"}


@pytest.mark.parametrize("field", sorted(set(FACTS) - FLAGS))
def test_a_fact_is_unknown_until_someone_says_yes_or_no(field):
    park = a_park()
    spaces = [a_draft(park=park, code=f"{n}", slug=f"s{n}") for n in range(3)]
    setattr(spaces[1], field, True)
    setattr(spaces[2], field, False)
    for space in spaces:
        assert refused(space) == {}
        space.save()
    found = Space.objects.order_by("code").values_list(field, flat=True)
    assert list(found) == [None, True, False]


def test_every_fact_is_three_valued():
    assert len(FACTS) - len(FLAGS) >= 14
    for field in Space._meta.concrete_fields:
        if field.name in set(FACTS) - FLAGS:
            assert (field.null, field.has_default()) == (True, False), field.name


def test_an_unknown_fact_is_shown_as_to_be_confirmed_and_never_as_no(client):
    space = a_space()
    page = client.get(space.get_absolute_url()).content.decode()
    assert page.count("待确认") > 25
    assert ">否<" not in page
    Space.objects.filter(pk=space.pk).update(gas=False)
    assert ">否<" in client.get(space.get_absolute_url()).content.decode()


def test_a_code_stands_once_in_a_park_but_again_in_another():
    park = a_park()
    a_space(park, code="3号楼-201", slug="3-201")
    again = a_draft(park=park, code="3号楼-201", slug="other")
    with pytest.raises(ValidationError, match="这个园区已有同一编号的空间。"):
        again.full_clean()
    refuses("parks_space_code_in_park", again)
    elsewhere = a_draft(code="3号楼-201", slug="3-201")
    assert refused(elsewhere) == {}
    elsewhere.save()


def test_an_address_stands_once_in_a_park_and_what_it_collides_with_is_said_at_the_park():
    """A form never shows the address, so a space that moves in must be told there."""
    park = a_park()
    a_space(park, code="3号楼-201", slug="")
    moving = a_space(a_park(), code="3号楼 201", slug="")
    assert moving.slug == "3-hao-lou-201"
    moving.park = park
    assert refused(moving) == {"park": ["slug_taken"]}
    refuses("parks_space_slug_in_park", moving)


def test_a_phase_of_another_park_is_refused_at_its_field():
    park = a_park()
    assert refused(a_draft(park=park, phase=a_phase(a_park()))) == {"phase": ["foreign_phase"]}
    assert refused(a_draft(park=park, phase=a_phase(park))) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [("form", "castle"), ("state", "sold"), ("fire_class", "F"), ("eia", "maybe"),
     ("uses", ["production", "casino"]), ("title_type", "x"), ("land_zone", "199"),
     ("air_conditioning", "yes"), ("fit_out", "gold")],
)  # fmt: skip
def test_a_word_that_is_no_choice_is_refused_at_its_field(field, value):
    assert list(refused(a_draft(**{field: value}))) == [field]


GOOD_LIFTS = [[], [{"t": 3, "count": 2}], [{"t": 0.5, "count": 1}, {"t": 5, "count": 50}]]
GOOD_CRANES = [
    [],
    [{"t": 5, "count": 1}],
    [{"t": 5, "count": 1, "hook_m": None}],
    [{"t": 32, "count": 2, "hook_m": 7.5}],
]
BAD = [
    "3t×2", 3, True, {"t": 3, "count": 2}, [None], [[]], ["3t"], [3], [{}],
    [{"t": 3}], [{"count": 2}], [{"t": "3", "count": 2}], [{"t": 3, "count": "2"}],
    [{"t": None, "count": 2}], [{"t": True, "count": 2}], [{"t": 3, "count": True}],
    [{"t": 0, "count": 2}], [{"t": -3, "count": 2}], [{"t": 3, "count": 0}],
    [{"t": 3, "count": 2.5}], [{"t": 3, "count": 51}], [{"t": 501, "count": 1}],
    [{"t": float("nan"), "count": 1}], [{"t": float("inf"), "count": 1}],
    [{"t": 3, "count": 10**400}], [{"t": [3], "count": 2}], [{"t": {"x": 1}, "count": 2}],
    [{"t": 3, "count": 2, "note": "x"}], [{"t": 3, "count": 2}] * 21,
    [{"t": 3, "count": 2}, None],
]  # fmt: skip


@pytest.mark.parametrize("rows", GOOD_LIFTS)
def test_lifts_are_tonnes_and_how_many(rows):
    space = a_draft(lifts=rows)
    assert refused(space) == {}
    space.save()
    space.refresh_from_db()
    assert space.lifts == rows


@pytest.mark.parametrize("rows", GOOD_CRANES)
def test_cranes_may_tell_the_height_of_the_hook(rows):
    assert refused(a_draft(cranes=rows)) == {}


@pytest.mark.parametrize("field", ["lifts", "cranes"])
@pytest.mark.parametrize("rows", BAD, ids=lambda rows: repr(rows)[:40])
def test_any_other_shape_of_machines_is_refused_at_its_field(field, rows):
    assert refused(a_draft(**{field: rows})) == {field: ["machines"]}


@pytest.mark.parametrize("hook", [0.5, 41, "7", True, [], float("nan")])
def test_a_hook_hangs_at_a_height_in_metres(hook):
    assert refused(a_draft(cranes=[{"t": 5, "count": 1, "hook_m": hook}])) == {
        "cranes": ["machines"]
    }


def test_a_lift_has_no_hook():
    assert refused(a_draft(lifts=[{"t": 5, "count": 1, "hook_m": 7}])) == {"lifts": ["machines"]}


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda parts: (
        st.lists(parts, max_size=3)
        | st.dictionaries(st.sampled_from(["t", "count", "hook_m", "x"]), parts, max_size=4)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.lists(json, max_size=3))
def test_whatever_passes_as_machines_can_be_shown(rows):
    with suppress(ValidationError):
        validate_cranes(rows)
        assert str(machines(rows))


def test_no_machines_known_is_not_no_machines(client):
    space = a_space()
    assert (space.lifts, space.cranes) == ([], [])
    with pytest.raises(IntegrityError, match="not-null"), transaction.atomic():
        Space.objects.filter(pk=space.pk).update(lifts=None)
    assert "待确认" in str(machines(space.lifts))
