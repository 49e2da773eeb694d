"""Which statement is the newest, and which disagree: by what they say, never by when they came."""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import pytest
from desk_forms import words
from django.db import transaction
from django.template.loader import render_to_string
from django.test import Client
from factories import a_figure, a_milestone, a_park, a_phase, a_source
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from parkcms.language.dates import PartialDate
from parks import figures, profile
from parks.models import Figure, Source

STEPS = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SQUARE_METRES = {"m2": 1, "mu": Fraction(2000, 3), "ha": 10_000, "km2": 1_000_000}

# Several of these end on the same day, so that the other rules must decide.
DATES = ["", "2023", "2023-H2", "2023-12", "2023-12-31", "2024-06", "2024-06-30", "2024-H1", "2021"]
PAPERS = ["", "2022", "2024-06-13", "2024-06"]


@dataclass(frozen=True)
class Statement:
    """What a document says, before it is a row."""

    metric: str
    unit: str
    state: str
    phase: int
    as_of: str
    value: Decimal
    value_max: Decimal | None
    qualifier: str
    paper: int | None
    sentence: str

    @property
    def identity(self):
        """What may stand once only."""
        return self.metric, self.state, self.phase, self.as_of, self.paper, self.sentence


any_paper = st.sampled_from(range(len(PAPERS)))
any_measure = st.sampled_from([("land_area", u) for u in SQUARE_METRES] + [("tenants", "家")])
any_end = st.fixed_dictionaries(
    {
        "qualifier": st.sampled_from(["", "about", "over"]),
        "value_max": st.none() | st.just(Decimal(40)),
        "sentence": st.sampled_from(["", "甲句", "乙句"]),
    }
)


def statements(papers=any_paper):
    """Statements of any kind."""
    return st.builds(
        lambda measure, end, **rest: Statement(*measure, **rest, **end),
        any_measure,
        any_end,
        state=st.sampled_from(["actual", "planned"]),
        phase=st.sampled_from([0, 0, 1, 2]),
        as_of=st.sampled_from(DATES),
        value=st.sampled_from([Decimal(n) for n in (0, 1, 15, 29, 30)]),
        paper=papers,
    )


def twins(papers=any_paper):
    """Statements of one number that end on one day, so that little is left to tell them apart."""
    return st.builds(
        lambda end, as_of, value, paper: Statement(
            "tenants", "家", "actual", 0, as_of, value, paper=paper, **end
        ),
        any_end,
        st.sampled_from(["2024-06", "2024-06-30", "2024-H1"]),
        st.sampled_from([Decimal(29), Decimal(30)]),
        papers,
    )


def in_two_orders(data, kind, size, key=lambda statement: statement.identity):
    told = data.draw(st.lists(kind, min_size=2, max_size=size, unique_by=key))
    return told, data.draw(st.permutations(told))


def load(told, slug="the-park"):
    """The park with the statements written in the given order."""
    park = a_park(slug=slug, name_zh="某园", name_en="Some Park")
    phases = {0: None, **{n: a_phase(park, n) for n in (1, 2)}}
    papers = [a_source(title=f"报道 {n}", published=date) for n, date in enumerate(PAPERS)]
    for one in told:
        a_figure(
            park, metric=one.metric, unit=one.unit, state=one.state, phase=phases[one.phase],
            as_of=one.as_of, value=one.value, value_max=one.value_max, qualifier=one.qualifier,
            source=None if one.paper is None else papers[one.paper], sentence=one.sentence,
        )  # fmt: skip
    return park


def described(series):
    """A series without any id."""
    subject = getattr(series.subject, "ordinal", 0)
    told = [
        (f.value, f.value_max, f.unit, f.qualifier, f.as_of, f.source and f.source.key, f.sentence)
        for f in series.statements
    ]
    return subject, series.metric.code, series.state, told


def read(park):
    """Everything the park's page makes of its figures: series, marks and lines."""
    found = figures.series(
        Figure.objects.filter(park=park).select_related("source", "phase", "park")
    )
    page = profile.read(profile.parks_with_names().get(pk=park.pk))
    parts = [page.blocks, *(part.blocks for part in page.phase_blocks)]
    lines = [render_to_string("parks/_rows.html", {"blocks": part}) for part in parts]
    return [described(one) for one in found], lines, [note.anchor for note in page.notes]


def undone(work):
    """What ``work`` gives; the database stays as it was."""
    with transaction.atomic():
        result = work()
        transaction.set_rollback(True)
    return result


@pytest.mark.django_db
@STEPS
@given(st.data())
def test_statements_loaded_in_any_order_give_the_same_series_marks_and_lines(data):
    kind = data.draw(st.sampled_from([statements(), twins(), twins(st.just(0))]))
    told, other = in_two_orders(data, kind, 7)
    assert undone(lambda: read(load(told))) == undone(lambda: read(load(other)))


@pytest.mark.django_db
@STEPS
@given(st.data())
def test_the_same_holds_where_the_sources_are_gone(data):
    gone = st.none()
    kind = data.draw(st.sampled_from([statements(gone), twins(gone)]))
    told, other = in_two_orders(data, kind, 6, key=lambda statement: statement)
    assert undone(lambda: read(load(told))) == undone(lambda: read(load(other)))


@pytest.mark.django_db
@settings(STEPS, max_examples=6)
@given(st.data())
def test_statements_loaded_in_any_order_give_the_same_page_byte_for_byte(data):
    told, other = in_two_orders(data, statements() | twins(), 12)

    def page(order):
        return Client().get(load(order).get_absolute_url()).content

    first = undone(lambda: page(told))
    assert "关键数字".encode() in first or "分期".encode() in first
    assert first == undone(lambda: page(other))


def is_newer(one, other):
    """The rule in words of its own: (more than, not less than) for each step in turn."""
    steps = [
        lambda f: PartialDate(f.as_of).end,
        lambda f: f.source and PartialDate(f.source.published).end,
        lambda f: f.source.key if f.source else "",
        lambda f: Fraction(f.value) * SQUARE_METRES.get(f.unit, 1),
    ]
    for step in steps:
        mine, theirs = step(one), step(other)
        if mine == theirs:
            continue
        if mine is None or theirs is None:
            return theirs is None
        return mine > theirs
    return False


@pytest.mark.django_db
@STEPS
@given(st.lists(statements() | twins(), min_size=1, max_size=8, unique_by=lambda s: s.identity))
def test_the_newest_is_the_one_no_other_is_newer_than(told):
    def check():
        rows = list(
            Figure.objects.filter(park=load(told)).select_related("source", "phase", "park")
        )
        for one in figures.series(rows):
            group = [
                row for row in rows
                if (row.phase_id, row.metric, row.state)
                == (one.newest.phase_id, one.metric.code, one.state)
            ]  # fmt: skip
            assert set(one.statements) == set(group)
            assert not any(is_newer(row, one.newest) for row in group)
            assert one.history == one.statements[1:]
            for position, row in enumerate(one.statements):
                assert not any(is_newer(later, row) for later in one.statements[position + 1 :])

    undone(check)


@pytest.mark.django_db
def test_an_undated_statement_never_passes_for_the_newest():
    park = a_park()
    a_figure(park, value=1, as_of="1990")
    a_figure(park, value=2, as_of="", source=a_source(published="2030"))
    (one,) = figures.series(Figure.objects.all())
    assert [int(figure.value) for figure in one.statements] == [1, 2]


@pytest.mark.django_db
def test_a_metric_that_is_no_longer_known_is_left_out():
    park = a_park()
    a_figure(park)
    Figure.objects.update(metric="smell")
    assert figures.series(Figure.objects.all()) == []


def figure(value, as_of, unit="m2"):
    """An unsaved figure with its days computed, as the database would."""
    one = Figure(metric="land_area", unit=unit, value=Decimal(value), as_of=as_of)
    one.as_of_start, one.as_of_end = PartialDate(as_of).start, PartialDate(as_of).end
    return one


def disagree(one, other):
    """At most twelve months (a leap year's) apart, and more than one part in a hundred."""
    if not one.as_of or not other.as_of:
        return False
    near = abs(PartialDate(one.as_of).end - PartialDate(other.as_of).end) <= timedelta(days=366)
    areas = sorted(Fraction(f.value) * SQUARE_METRES[f.unit] for f in (one, other))
    return near and 100 * (areas[1] - areas[0]) > areas[1]


amounts = st.decimals(0, 1000, places=2, allow_nan=False) | st.sampled_from(
    [Decimal(n) for n in ("0", "100", "99", "98.99", "0.57", "0.5643", "234000", "351")]
)
loose = st.builds(
    figure, amounts, st.sampled_from([*DATES, "2022-06-30", "2023-06-29", "2023-07-01"]),
    st.sampled_from(list(SQUARE_METRES)),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(loose, min_size=2, max_size=7))
@example([figure("0.57", "2024-06"), figure("0.5643", "2024-06")])  # exactly one in a hundred
@example([figure("2.15", "2023-12", "km2"), figure("2.16", "2023-12", "km2")])
@example([figure("351", "2024", "mu"), figure("234000", "2024", "m2")])
@example([figure("1", "2023-06-29"), figure("2", "2024-06-30")])  # 367 days
@example([figure("1", "2023-06-30"), figure("2", "2024-06-30")])  # 366 days
@example([figure("1", "2021"), figure("1.5", "2022"), figure("2", "2023")])
def test_the_conflicts_are_all_pairs_near_in_time_that_differ_by_more_than_a_hundredth(rows):
    one = figures.Series(None, None, "actual", tuple(rows))
    found = {frozenset((id(a), id(b))) for a, b in one.conflicts}
    assert len(found) == len(one.conflicts)
    assert found == {frozenset((id(a), id(b))) for a, b in combinations(rows, 2) if disagree(a, b)}


@given(loose, loose)
def test_a_conflict_has_no_first_and_second(one, other):
    assume(one is not other)
    pair, turned = (figures.Series(None, None, "", rows) for rows in ((one, other), (other, one)))
    assert bool(pair.conflicts) == bool(turned.conflicts)


@pytest.mark.django_db
def test_a_conflict_is_shown_with_both_numbers_and_a_mark_to_each_source(client):
    park = a_park()
    a_figure(park, metric="planned_area", unit="km2", value="2.15", as_of="2019-12")
    a_figure(park, metric="planned_area", unit="km2", value="2.19", as_of="2020-11")
    a_figure(park, metric="tenants", value=29, as_of="2019-12")
    page = words(client.get(park.get_absolute_url()))
    assert page.count("来源说法不一") == 1
    told = page[page.index("来源说法不一") :]
    assert re.match(r"来源说法不一：\s?2\.19 平方公里2\s?与\s?2\.15 平方公里3", told), told[:80]


@pytest.mark.django_db
def test_the_page_shows_the_newest_and_the_table_all_from_the_newest_on(client):
    park = a_park()
    for value, as_of in ((21, "2019-12"), (30, "2024-06"), (29, "2021-H1")):
        a_figure(park, value=value, as_of=as_of)
    page = words(client.get(park.get_absolute_url()))
    head, table = page.split("全部 3 条说法")
    assert "入驻企业 30 家" in head.replace("\n", " ")
    places = [table.index(text) for text in ("30 家", "29 家", "21 家")]
    assert places == sorted(places)


def a_series(metric, state="actual", subject=None, **fields):
    return figures.Series(
        subject, figures.METRICS[metric], state, (figure(fields.get("value", 1), "2024"),)
    )


@pytest.mark.django_db
def test_a_card_shows_one_figure_of_a_metric_actual_before_planned_and_park_before_phase():
    park = a_park()
    phase = a_phase(park)
    rows = [
        a_series("gfa", "planned", park), a_series("gfa", "actual", phase),
        a_series("tenants", "actual", phase), a_series("tenants", "actual", park),
        a_series("employees", "actual", park), a_series("investment", "planned", park),
    ]  # fmt: skip
    chosen = figures.key_figures(rows, 4)
    assert [(one.metric.code, one.state, one.subject) for one in chosen] == [
        ("tenants", "actual", park),
        ("gfa", "actual", phase),
        ("investment", "planned", park),
    ]
    assert [one.metric.code for one in figures.key_figures(rows, 1)] == ["tenants"]


@pytest.mark.django_db
@STEPS
@given(st.data())
def test_what_happened_stands_in_the_order_of_time_however_it_was_loaded(data):
    day = st.sampled_from(["", "2019", "2019-12", "2019-12-31", "2021-H1", "2021-06-30", "2018-07"])
    event = st.tuples(
        st.sampled_from(["signed", "opened"]), day, st.sampled_from(["actual", "planned"]),
        st.sampled_from([0, 1, 2]), st.sampled_from(range(len(PAPERS))),
    )  # fmt: skip
    told = data.draw(st.lists(event, min_size=2, max_size=6, unique=True))
    other = data.draw(st.permutations(told))

    def events_of(order):
        park = load([])
        phases = {phase.ordinal: phase for phase in park.phases.all()}
        papers = list(Source.objects.order_by("key"))
        for kind, happened, state, phase, paper in order:
            a_milestone(
                park, kind=kind, happened=happened, state=state, phase=phases.get(phase),
                source=papers[paper],
            )  # fmt: skip
        page = profile.read(profile.parks_with_names().get(pk=park.pk))
        return [
            (one.milestone.kind, one.milestone.happened, one.milestone.state, one.note.anchor,
             one.milestone.phase and one.milestone.phase.ordinal)
            for one in (*page.events, *page.undated_events)
        ]  # fmt: skip

    first = undone(lambda: events_of(told))
    assert first == undone(lambda: events_of(other))
    ends = [PartialDate(happened).end for _kind, happened, *_rest in first if happened]
    assert ends == sorted(ends)
    assert [one[1] for one in first[len(ends) :]] == [""] * (len(told) - len(ends))
