"""A partial date is read as people type it, and says no more than its text does."""

import datetime as dt
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkcms.language.dates import PartialDate, PartialDateError, parse

DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31))
PARTIAL_DATES = st.one_of(
    st.just(""),
    DAYS.map(lambda day: f"{day:%Y}"),
    DAYS.map(lambda day: f"{day:%Y}-H{1 if day.month < 7 else 2}"),
    DAYS.map(lambda day: f"{day:%Y-%m}"),
    DAYS.map(lambda day: f"{day:%Y-%m-%d}"),
).map(PartialDate)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("2021", "2021"),
        ("2021年", "2021"),
        ("2021年上半年", "2021-H1"),
        ("2021 年 下半年", "2021-H2"),
        ("2021h1", "2021-H1"),
        ("2021-h2", "2021-H2"),
        ("2021年H1", "2021-H1"),
        ("2024年6月", "2024-06"),
        ("２０２４年０６月", "2024-06"),
        ("2024-6", "2024-06"),
        ("2024.06", "2024-06"),
        ("2019.12.16", "2019-12-16"),
        ("2019/12/16", "2019-12-16"),
        ("2019-6-1", "2019-06-01"),
        ("2019年12月16日", "2019-12-16"),
        ("2019年12月16号", "2019-12-16"),
        ("2019–12–16", "2019-12-16"),
        ("20191216", "2019-12-16"),
        ("2020-02-29", "2020-02-29"),
        ("2000-02-29", "2000-02-29"),
        ("", ""),
        (" \u3000 ", ""),
        ("日期未载", ""),
    ],
)
def test_what_editors_type_is_stored_in_one_form(typed, stored):
    assert str(parse(typed)) == stored


@pytest.mark.parametrize("stamp", ["09-21", "9月21日", "9.21", "9/21", "6月", "上半年", "H1"])
def test_a_stamp_without_a_year_is_refused_and_told_why(stamp):
    with pytest.raises(PartialDateError, match="没有年份"):
        parse(stamp)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("2021-02-30", "2021年2月没有30日"),
        ("2021-02-29", "2021年2月没有29日"),
        ("2100-02-29", "2100年2月没有29日"),
        ("2021-13", "没有第 13 个月"),
        ("2021-00", "没有第 0 个月"),
        ("2021-06-00", "没有0日"),
        ("20211301", "没有第 13 个月"),
        ("1899", "1900 到 2199"),
        ("2200-01-01", "1900 到 2199"),
        ("21年6月", "看不懂"),
        ("2021/", "看不懂"),
        ("2021-H3", "看不懂"),
        ("2021-06-01T00:00", "看不懂"),
        ("٢٠٢١", "看不懂"),
        ("20\x0021", "看不懂"),
    ],
)
def test_impossible_dates_are_refused_with_a_reason(typed, told):
    with pytest.raises(ValueError, match=told):
        parse(typed)


@pytest.mark.parametrize("text", ["2021年", "2021-6", "2021-h1", " 2021", "2021\n", "2021-06-31"])
def test_only_the_stored_form_makes_a_partial_date(text):
    with pytest.raises(PartialDateError):
        PartialDate(text)


@pytest.mark.parametrize(
    ("text", "precision", "start", "end", "zh", "en", "iso"),
    [
        ("", "", None, None, "日期未载", "undated", None),
        ("2021", "year", "2021-01-01", "2021-12-31", "2021年", "2021", "2021"),
        ("2021-H1", "half", "2021-01-01", "2021-06-30", "2021年上半年", "first half of 2021", None),
        (
            "2021-H2",
            "half",
            "2021-07-01",
            "2021-12-31",
            "2021年下半年",
            "second half of 2021",
            None,
        ),
        ("2024-02", "month", "2024-02-01", "2024-02-29", "2024年2月", "February 2024", "2024-02"),
        ("2024-12", "month", "2024-12-01", "2024-12-31", "2024年12月", "December 2024", "2024-12"),
        (
            "2019-12-16",
            "day",
            "2019-12-16",
            "2019-12-16",
            "2019年12月16日",
            "16 December 2019",
            "2019-12-16",
        ),
    ],
)
def test_a_partial_date_tells_its_days_and_shows_itself(text, precision, start, end, zh, en, iso):
    date = PartialDate(text)
    days = [day and day.isoformat() for day in (date.start, date.end)]
    assert [date.precision, *days, date.iso] == [precision, start, end, iso]
    assert (date.display("zh-hans"), date.display("zh"), date.display("en")) == (zh, zh, en)


@given(PARTIAL_DATES)
def test_what_is_shown_in_chinese_reads_back_as_the_same_date(date):
    assert parse(date.display("zh")) == date
    assert parse(str(date)) == date


@given(PARTIAL_DATES)
def test_the_days_of_a_date_lie_within_the_days_of_its_month_half_and_year(date):
    if date.precision == "":
        assert (date.start, date.end) == (None, None)
        return
    assert date.start <= date.end
    year = PartialDate(date[:4])
    half = PartialDate(f"{date[:4]}-H{1 if date.start.month < 7 else 2}")
    assert year.start <= date.start
    assert date.end <= year.end
    if date.precision in {"month", "day"}:
        assert half.start <= date.start <= date.end <= half.end
    lengths = {"year": {365, 366}, "half": {181, 182, 184}, "month": {28, 29, 30, 31}, "day": {1}}
    assert (date.end - date.start).days + 1 in lengths[date.precision]


@given(st.text())
def test_any_text_is_a_partial_date_or_a_partial_date_error(text):
    try:
        date = parse(text)
    except PartialDateError as error:
        told = str(error)
    else:
        told = date.display("zh")
        assert PartialDate(str(date)) == date
    assert told


def test_a_partial_date_survives_pickling():
    date = pickle.loads(pickle.dumps(PartialDate("2021-H1")))  # noqa: S301 (our own bytes)
    assert (type(date), date.end) == (PartialDate, dt.date(2021, 6, 30))
