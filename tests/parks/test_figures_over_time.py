"""A metric over time: drawn true to scale, old values called old, plans beside what is there."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
import time_machine
from factories import a_figure, a_milestone, a_park, a_phase, a_source
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import every, one, parse, words

from parkcms.language.dates import PartialDate
from parks import charts, figures
from parks.axes import TimeAxis, ValueAxis
from parks.models import Amenity, Figure

DATES = ["2018", "2019-H2", "2019-12-31", "2020-02-29", "2020-06", "2024-H1", "2026-12-31", ""]


def figure(pk, value, as_of, state="actual", value_max=None, unit="m2"):
    """An unsaved figure with its days computed, as the database would."""
    row = Figure(pk=pk, metric="land_area", unit=unit, state=state, value=Decimal(value),
                 value_max=value_max, as_of=as_of)  # fmt: skip
    row.as_of_start, row.as_of_end = PartialDate(as_of).start, PartialDate(as_of).end
    return row


values = st.decimals(0, "999999999999", places=4)
drawn = st.lists(
    st.tuples(values, st.sampled_from(DATES), st.sampled_from(["actual", "planned"]),
              st.none() | st.just(Decimal(1)), st.sampled_from(["m2", "mu", "km2"])),
    max_size=12,
)  # fmt: skip


@settings(deadline=None)
@given(drawn)
def test_every_dated_statement_is_drawn_inside_in_the_order_of_time(told):
    rows = [
        figure(n, value, as_of, state, value + more if more else None, unit)
        for n, (value, as_of, state, more, unit) in enumerate(told)
    ]
    dated = [row for row in rows if row.as_of]
    chart = charts.lay_out(rows)
    if len(dated) < 2:
        assert chart is None
        return
    assert {point.figure.pk for point in chart.points} == {row.pk for row in dated}
    assert [p.x for p in chart.points] == sorted(p.x for p in chart.points)
    for point in chart.points:
        assert chart.time.left <= point.left <= point.x <= charts.RIGHT
        assert charts.TOP <= point.y <= charts.BOTTOM
        assert point.top is None or charts.TOP <= point.top <= point.y
    for planned in (True, False):
        line = chart.line(planned)
        assert all(one.x < other.x for one, other in pairwise(line))
        assert {p.is_planned for p in line} <= {planned}


@settings(deadline=None)
@given(values)
def test_the_value_axis_starts_at_zero_and_reaches_the_value_in_at_most_three_steps(value):
    axis = ValueAxis.up_to(value, charts.BOTTOM, charts.TOP)
    assert axis.ticks[0] == 0
    assert axis.ticks[-1] >= value
    assert 2 <= len(axis.ticks) <= 4
    assert {b - a for a, b in pairwise(axis.ticks)} == {axis.ticks[1]}
    assert axis.y(0) == charts.BOTTOM
    assert axis.y(axis.ticks[-1]) == charts.TOP


@given(st.lists(st.dates(date(1900, 1, 1), date(2199, 12, 31)), min_size=1, max_size=5))
def test_time_is_true_to_scale_and_no_more_than_six_years_are_written(days):
    axis = TimeAxis.over(days, 0, 1000)
    for day in days:
        assert 0 <= axis.x(day) < axis.after(day) + 0.1 <= 1000.1
        whole = (date(axis.last, 12, 31) - date(axis.first, 1, 1)).days + 1
        gone = (day - date(axis.first, 1, 1)).days
        assert abs(axis.x(day) - 1000 * gone / whole) <= 0.051
    assert 1 <= len(axis.years()) <= 6
    assert axis.years()[0] == min(days).year


def test_values_in_several_units_stand_on_one_axis():
    chart = charts.lay_out([figure(1, "1", "2019", unit="km2"), figure(2, "1000000", "2020")])
    assert chart.points[0].y == chart.points[1].y


@pytest.mark.django_db
def test_two_dated_statements_are_drawn_with_marks_and_told_in_a_table(client):
    park = a_park()
    a_figure(park, value=21, as_of="2019-12")
    a_figure(park, value=30, as_of="2024-06")
    a_figure(park, value=40, as_of="2025", state="planned")
    page = parse(client.get(park.get_absolute_url()))
    assert len(every(page, ".figure")) == 1
    assert [dot.get("class") for dot in every(page, "svg.chart circle")] == [
        "chart-dot", "chart-dot", "chart-dot is-planned",
    ]  # fmt: skip
    assert [line.get("class") for line in every(page, "svg.chart polyline")] == ["chart-line"]
    notes = {note.get("id") for note in every(page, ".notes > li")}
    marks = [mark.get("href").lstrip("#") for mark in every(page, "svg.chart a")]
    assert len(marks) == 3
    assert set(marks) == notes
    assert [words(row) for row in every(page, ".figure-history tbody tr")] == [
        "截至2024年6月30 家1", "截至2019年12月21 家2", "截至2025年40 家3 计划",
    ]  # fmt: skip
    assert every(page, "svg[style]") == every(page, "[style]") == []


@pytest.mark.django_db
def test_one_statement_or_undated_ones_are_not_drawn(client):
    park = a_park()
    a_figure(park, value=30)
    a_figure(park, metric="rd_centres", unit="个", value=23, as_of="")
    a_figure(park, metric="rd_centres", unit="个", value=24, as_of="")
    page = parse(client.get(park.get_absolute_url()))
    assert len(every(page, ".figure")) == 2
    assert every(page, "svg.chart") == []
    assert words(one(page, ".figure-history summary")) == "全部 2 条说法"


@pytest.mark.django_db
def test_a_plan_stands_beside_the_actual_value_and_is_no_conflict(client):
    park = a_park()
    a_figure(park, metric="gfa", unit="m2", value=90544, as_of="2024-06")
    a_figure(park, metric="gfa", unit="m2", value=50000, as_of="2024-05", state="planned")
    page = parse(client.get(park.get_absolute_url()))
    assert words(one(page, ".figure-value")) == "90,544 ㎡1"
    assert words(one(page, ".figure-plan")) == "计划 50,000 ㎡2 截至2024年5月"
    assert every(page, ".figure-conflict") == []


@pytest.mark.django_db
def test_many_conflicts_are_told_three_in_words_and_all_in_the_table(client):
    park = a_park()
    for value in (10, 20, 30, 40):
        a_figure(park, value=value, as_of="2024-06")
    page = parse(client.get(park.get_absolute_url()))
    assert len(every(page, ".figure-conflict p")) == 4
    assert words(every(page, ".figure-conflict p")[-1]) == "另有 3 处说法不一，见下表。"
    assert len(every(page, ".figure-history .differs")) == 4


@pytest.mark.parametrize(
    ("as_of", "last"),
    [
        ("2021-H1", date(2022, 12, 30)),
        ("2020-08-31", date(2022, 2, 28)),
        ("2199", date(2201, 6, 30)),
    ],
)
def test_a_value_is_good_for_the_months_of_its_shelf_life_and_not_a_day_longer(as_of, last):
    row = figure(1, 29, as_of)
    row.metric = "tenants"
    assert figures.shelf_end(row) == last
    assert not figures.is_old(row, last)
    assert figures.is_old(row, last + timedelta(days=1))


def test_an_area_a_plan_and_an_undated_value_do_not_grow_old():
    area, plan, undated = figure(1, 29, "1990"), figure(2, 29, "1990", "planned"), figure(3, 29, "")
    plan.metric = undated.metric = "tenants"
    assert [figures.is_old(row, date(2199, 1, 1)) for row in (area, plan, undated)] == [False] * 3


@pytest.mark.django_db
@time_machine.travel("2026-06-01 12:00:00+08:00", tick=False)
def test_a_plan_for_a_time_that_is_over_is_said_to_be_unmet(client):
    told = a_source(published="2021-06")
    park = a_park()
    plan = {"state": "planned", "source": told}
    a_figure(park, value=60, as_of="2025", **plan)
    a_figure(park, metric="gfa", unit="m2", value=60, as_of="2025", **plan)
    a_figure(park, metric="gfa", unit="m2", value=50, as_of="2025-03")
    a_figure(park, metric="buildings", unit="栋", value=9, as_of="2021", **plan)
    a_figure(park, metric="employees", unit="人", value=9, as_of="2026", **plan)
    page = parse(client.get(park.get_absolute_url()))
    late = [
        words(one(row, "dt")) for row in every(page, ".figure") if every(row, ".figure-overdue")
    ]
    assert late == ["入驻企业 计划"]


@pytest.mark.django_db
@time_machine.travel("2026-06-01 12:00:00+08:00", tick=False)
def test_a_planned_date_that_is_over_is_said_where_nobody_tells_that_it_happened(client):
    park = a_park()
    first, second = a_phase(park, 1), a_phase(park, 2)
    for phase, kind, happened, state in (
        (first, "completed", "2024-06", "planned"), (first, "completed", "2024-09", "actual"),
        (second, "completed", "2025-06", "planned"), (second, "delivered", "2026-06", "planned"),
    ):  # fmt: skip
        a_milestone(park, phase=phase, kind=kind, title_zh=f"{phase}{kind}", happened=happened,
                    state=state)  # fmt: skip
    page = parse(client.get(park.get_absolute_url()))
    late = [words(one(row, ".event-what")) for row in every(page, ".events li")
            if every(row, ".event-late")]  # fmt: skip
    assert [text[:11] for text in late] == ["2期completed"]
    assert len(every(page, "svg.time-line circle")) == 4


@pytest.mark.django_db
def test_a_figure_whose_source_was_deleted_stays_and_says_so(client):
    park, source = a_park(), a_source()
    a_figure(park, value=30, source=source, sentence="入驻企业30家。")
    source.delete()
    page = parse(client.get(park.get_absolute_url()))
    assert words(one(page, ".figure-value")) == "30 家1"
    assert words(one(page, ".notes li")) == "来源缺失入驻企业30家。"


@pytest.mark.django_db
def test_an_official_level_is_shown_with_its_document_only(client):
    park = a_park(level="national")
    place = lambda: words(one(parse(client.get(park.get_absolute_url())), ".park-place"))  # noqa: E731
    assert "国家级" not in place()
    park.level_source = a_source()
    park.save()
    assert place() == "上海市嘉定区 · 国家级1"
    park.level, park.level_source = "town", None
    park.save()
    assert place() == "上海市嘉定区 · 镇级"


@pytest.mark.django_db
def test_what_is_only_planned_is_called_so(client):
    park = a_park()
    Amenity.objects.create(park=park, name_zh="超市", state="planned")
    assert words(one(parse(client.get(park.get_absolute_url())), ".amenities li")) == "超市 规划"


@pytest.mark.django_db
def test_the_three_nearest_parks_are_told_with_the_straight_line(client):
    park = a_park(latitude="31.30", longitude="121.20")
    for name, latitude in (
        ("远园", "33.30"),
        ("近园", "31.31"),
        ("中园", "31.40"),
        ("次园", "31.45"),
    ):
        a_park(name_zh=name, latitude=latitude, longitude="121.20")
    a_park(name_zh="无处园")
    a_park(name_zh="未发布园", latitude="31.30", longitude="121.20", publish_at=None)
    page = parse(client.get(park.get_absolute_url()))
    assert [words(row) for row in every(page, ".nearby li")] == [
        "近园 上海市嘉定区 直线 1.1 km", "中园 上海市嘉定区 直线 11.1 km",
        "次园 上海市嘉定区 直线 16.7 km",
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_park_without_a_place_names_those_of_its_district(client):
    park = a_park()
    a_park(name_zh="同区园")
    a_park(name_zh="外区园", region_code="310115")
    page = parse(client.get(park.get_absolute_url()))
    assert [words(row) for row in every(page, ".nearby li")] == ["同区园 上海市嘉定区"]


@pytest.mark.django_db
def test_the_contents_lead_to_every_section(client):
    park = a_park()
    a_figure(park)
    page = parse(client.get(park.get_absolute_url()))
    assert [link.get("href") for link in every(page, ".contents a")] == [
        f"#{heading.get('id')}" for heading in every(page, ".page-body h2")
    ]
