"""What a figure and a milestone can't say, by form and by database."""

from decimal import Decimal
from itertools import product

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from factories import a_figure, a_milestone, a_park, a_phase, a_source
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parkcms.language.dates import PartialDate
from parks.metrics import METRICS, UNIT_CHOICES
from parks.models import Figure, Milestone
from parks.models.figure import State

pytestmark = pytest.mark.django_db


def a_statement(**fields):
    """An unsaved figure; saved park and source."""
    fields = {"metric": "tenants", "value": Decimal(30), "unit": "家", "as_of": "2024-06"} | fields
    for name, make in (("park", a_park), ("source", a_source)):
        if name not in fields:
            fields[name] = make()
    return Figure(**fields)


def refused(row):
    try:
        row.full_clean()
    except ValidationError as error:
        return {name: [one.code for one in found] for name, found in error.error_dict.items()}
    return {}


def words_of(row, constraint):
    """What the form says when that constraint of the database would refuse the row."""
    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    (wanted,) = (c for c in row._meta.constraints if c.name == constraint)
    assert wanted.get_violation_error_message() in caught.value.messages
    return caught.value.messages


def refuses(row, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        row.save()


@pytest.mark.parametrize(("metric", "unit"), product(METRICS, [code for code, _ in UNIT_CHOICES]))
def test_a_metric_takes_its_own_units_and_no_others(metric, unit):
    said = refused(a_statement(metric=metric, unit=unit, value=Decimal(1)))
    assert said == ({} if unit in METRICS[metric].units else {"unit": ["unit_of_metric"]})


def test_an_unknown_metric_is_refused_at_its_field():
    assert list(refused(a_statement(metric="smell"))) == ["metric"]


@pytest.mark.parametrize("value", ["-0.0001", "-1"])
def test_a_number_is_not_negative(value):
    row = a_statement(value=Decimal(value))
    assert words_of(row, "parks_figure_not_negative") == ["数值不能是负数。"]
    refuses(row, "parks_figure_not_negative")


@pytest.mark.parametrize("value", ["0", "79.5", "100"])
def test_an_occupancy_of_up_to_a_hundred_per_cent_is_taken(value):
    row = a_statement(metric="occupancy", unit="percent", value=Decimal(value))
    assert refused(row) == {}
    row.save()


def test_an_occupancy_over_a_hundred_per_cent_is_refused_at_its_field_and_by_the_database():
    row = a_statement(metric="occupancy", unit="percent", value=Decimal("100.0001"))
    assert refused(row) == {"value": ["over_hundred"]}
    refuses(row, "parks_figure_percent_of_hundred")


def test_the_upper_end_of_an_occupancy_is_within_a_hundred_per_cent_too():
    row = a_statement(metric="occupancy", unit="percent", value=Decimal(90), value_max=Decimal(101))
    assert refused(row) == {"value_max": ["over_hundred"]}


def test_more_than_a_hundred_of_anything_else_is_fine():
    assert refused(a_statement(value=Decimal(101))) == {}


def test_a_number_that_is_none_is_refused_at_its_field():
    for metric, unit in (("tenants", "家"), ("occupancy", "percent")):
        assert refused(a_statement(metric=metric, unit=unit, value="很多")) == {
            "value": ["invalid"]
        }


@pytest.mark.parametrize(("value_max", "is_taken"), [(29, False), (30, False), ("30.0001", True)])
def test_a_range_goes_up(value_max, is_taken):
    row = a_statement(value=Decimal(30), value_max=Decimal(value_max))
    if is_taken:
        assert refused(row) == {}
        row.save()
    else:
        words_of(row, "parks_figure_range_goes_up")
        refuses(row, "parks_figure_range_goes_up")


@pytest.mark.parametrize("date", ["2024-13", "2023-02-29", "2024-H3", "24-06", "1899", "今天"])
def test_an_impossible_date_is_refused_at_its_field_and_by_the_database(date):
    row = a_statement(as_of=date)
    assert refused(row) == {"as_of": ["partial_date"]}
    with pytest.raises(IntegrityError, match="as_of"), transaction.atomic():
        Figure.objects.bulk_create([row])


@pytest.mark.parametrize(
    ("date", "start", "end"),
    [("", None, None), ("2021", "2021-01-01", "2021-12-31"),
     ("2021-H1", "2021-01-01", "2021-06-30"), ("2021-H2", "2021-07-01", "2021-12-31"),
     ("2024-02", "2024-02-01", "2024-02-29"),
     ("2019-12-16", "2019-12-16", "2019-12-16")],
)  # fmt: skip
def test_the_database_computes_the_days_a_date_may_mean(date, start, end):
    park = a_park()
    figure, milestone = a_figure(park, as_of=date), a_milestone(park, happened=date)
    source = a_source(published=date)
    for row, name in ((figure, "as_of"), (milestone, "happened"), (source, "published")):
        row.refresh_from_db()
        assert isinstance(getattr(row, name), PartialDate)
        days = [getattr(row, f"{name}_{edge}") for edge in ("start", "end")]
        assert [day and day.isoformat() for day in days] == [start, end]
        type(row).objects.filter(pk=row.pk).update(**{name: "2022-03"})
        row.refresh_from_db()
        assert getattr(row, f"{name}_end").isoformat() == "2022-03-31"


def test_a_typed_date_is_stored_in_its_one_form():
    row = a_statement(as_of="2021年上半年")
    assert refused(row) == {}
    row.save()
    assert Figure.objects.get().as_of == "2021-H1"


def test_the_same_document_states_a_number_once():
    """Also where it is of the whole park: no phase is the same as no phase."""
    park, source = a_park(), a_source()
    for phase in (None, a_phase(park)):
        told = {"park": park, "phase": phase, "source": source, "sentence": "目前入驻企业29家"}
        a_statement(**told).save()
        again = a_statement(**told, value=Decimal(31), qualifier="about")
        assert words_of(again, "parks_figure_is_stated_once") == ["同一来源的这条数字已经记过。"]
        refuses(again, "parks_figure_is_stated_once")


@pytest.mark.parametrize(
    "other",
    [{"metric": "rd_centres", "unit": "个"}, {"state": State.PLANNED}, {"as_of": "2024"},
     {"as_of": ""}, {"sentence": "另一句"}, {"source": None}],
    ids=lambda other: "-".join(other),
)  # fmt: skip
def test_what_differs_in_one_thing_is_another_statement(other):
    same = {"park": a_park(), "source": a_source(), "sentence": "一句"}
    a_statement(**same).save()
    another = a_statement(**(same | other))
    if other != {"source": None}:  # a form wants a source; only a deleted one leaves none
        assert refused(another) == {}
    another.save()
    assert Figure.objects.count() == 2


def test_another_document_or_subject_is_another_statement():
    park, source = a_park(), a_source()
    a_statement(park=park, source=source).save()
    for other in ({"park": a_park(), "source": source}, {"park": park, "source": a_source()},
                  {"park": park, "source": source, "phase": a_phase(park)}):  # fmt: skip
        row = a_statement(**other)
        assert refused(row) == {}
        row.save()


def test_a_phase_of_another_park_is_refused_at_its_field():
    park, phase = a_park(), a_phase(a_park())
    assert refused(a_statement(park=park, phase=phase)) == {"phase": ["foreign_phase"]}
    milestone = Milestone(park=park, phase=phase, kind="opened", title_zh="开园", source=a_source())
    assert refused(milestone) == {"phase": ["foreign_phase"]}


def test_a_milestone_is_told_once_by_one_document():
    park, source = a_park(), a_source()
    told = {
        "park": park,
        "kind": "opened",
        "title_zh": "开园",
        "happened": "2019",
        "source": source,
    }
    Milestone.objects.create(**told)
    with pytest.raises(ValidationError):
        Milestone(**told | {"title_zh": "正式开园"}).full_clean()
    refuses(Milestone(**told | {"title_zh": "正式开园"}), "parks_milestone_is_told_once")
    Milestone.objects.create(**told | {"happened": "2020"})


ORDER = ["started", "topped_out", "completed", "delivered"]
DATES = ["", "2023", "2023-H1", "2023-H2", "2023-06", "2023-07-15", "2024", "2022-12"]
told = st.tuples(st.sampled_from([*ORDER, "opened", "other"]), st.sampled_from(DATES),
                 st.sampled_from(["actual", "planned"]))  # fmt: skip


def is_out_of_order(one, other):
    """Whether no day of one and no day of the other could keep the order of building."""
    (kind, date, state), (kind2, date2, state2) = one, other
    if state != state2 or not date or not date2 or kind not in ORDER or kind2 not in ORDER:
        return False
    place = ORDER.index(kind) - ORDER.index(kind2)
    date, date2 = PartialDate(date), PartialDate(date2)
    return (place > 0 and date.end < date2.start) or (place < 0 and date2.end < date.start)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(told, max_size=3), told)
def test_a_phase_is_started_topped_out_completed_and_delivered_in_this_order(db, known, new):
    with transaction.atomic():
        phase = a_phase(a_park())
        for kind, date, state in known:
            a_milestone(phase.park, phase=phase, kind=kind, happened=date, state=state)
        kind, date, state = new
        row = Milestone(
            park=phase.park, phase=phase, kind=kind, happened=date, state=state, title_zh="事",
            source=a_source(),
        )  # fmt: skip
        wrong = any(is_out_of_order(new, other) for other in known)
        assert refused(row) == ({"happened": ["order_of_building"]} if wrong else {})
        transaction.set_rollback(True)


def test_the_order_is_of_one_phase_only():
    park = a_park()
    first, second = a_phase(park, 1), a_phase(park, 2)
    a_milestone(park, phase=second, kind="delivered", happened="2019")
    late = {"park": park, "kind": "started", "happened": "2024", "title_zh": "开工"}
    assert refused(Milestone(**late, phase=first, source=a_source())) == {}
    assert refused(Milestone(**late, phase=None, source=a_source())) == {}
    assert refused(Milestone(**late, phase=second, source=a_source())) == {
        "happened": ["order_of_building"]
    }


def test_a_milestone_is_not_compared_with_itself():
    phase = a_phase(a_park())
    row = a_milestone(phase.park, phase=phase, kind="completed", happened="2024-06")
    row.kind, row.happened = "started", "2025"
    assert refused(row) == {}
