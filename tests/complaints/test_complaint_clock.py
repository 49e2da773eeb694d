"""By when a complaint is answered, and how the desk words what is left of that."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from factories import a_complaint
from hypothesis import given
from hypothesis import strategies as st

from parkcms.complaint import due
from parkcms.models import Complaint

SHANGHAI = ZoneInfo("Asia/Shanghai")
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(SHANGHAI))  # noqa: DTZ001


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("kind", "received", "by"),
    [
        # 25 November 2026 is a Wednesday.
        ("correction", "2026-11-25 10:00", "2026-11-30 18:00"),
        ("correction", "2026-11-23 23:59", "2026-11-26 18:00"),
        ("correction", "2026-11-27 09:00", "2026-12-02 18:00"),
        ("correction", "2026-11-28 09:00", "2026-12-02 18:00"),
        ("correction", "2026-11-29 23:00", "2026-12-02 18:00"),
        ("privacy", "2026-11-25 10:00", "2026-12-16 18:00"),
        ("privacy", "2026-11-28 10:00", "2026-12-18 18:00"),
        ("unlawful", "2026-11-27 18:30", "2026-11-28 18:30"),
        ("infringement", "2026-11-28 00:00", "2026-11-29 00:00"),
    ],
)
def test_weekends_count_for_hours_and_not_for_working_days(kind, received, by):
    assert due(kind, at(received)) == at(by)


def test_the_day_is_the_one_in_shanghai():
    # 17:00 on Friday in London is Saturday in Shanghai.
    received = datetime(2026, 11, 27, 17, tzinfo=ZoneInfo("Europe/London"))
    assert due("correction", received) == at("2026-12-02 18:00")


@given(MOMENTS)
def test_three_working_days_lie_between_receipt_and_due(received):
    by = due("correction", received)
    assert (by.weekday() < 5, by.hour, by.minute) == (True, 18, 0)
    days = [received.date() + timedelta(days=n) for n in range(1, 20)]
    working = [day for day in days if day.weekday() < 5]
    assert by.date() == working[2]


@given(MOMENTS, st.sampled_from(["unlawful", "infringement"]))
def test_a_day_is_a_day(received, kind):
    assert due(kind, received) - received == timedelta(hours=24)


@pytest.mark.parametrize(
    ("left", "tone", "words"),
    [
        (timedelta(days=3, hours=5), "calm", "还剩 3 天"),
        (timedelta(hours=47, minutes=59), "calm", "还剩 47 小时"),
        (timedelta(hours=5, minutes=59), "calm", "还剩 5 小时"),
        (timedelta(hours=3, minutes=59), "warn", "还剩 3 小时"),
        (timedelta(minutes=20), "warn", "还剩 20 分钟"),
        (timedelta(seconds=3), "warn", "还剩 1 分钟"),
        (timedelta(0), "warn", "还剩 1 分钟"),
        (-timedelta(seconds=3), "bad", "已超 1 分钟"),
        (-timedelta(hours=1), "bad", "已超 1 小时"),
        (-timedelta(days=2, hours=3), "bad", "已超 2 天"),
    ],
)
def test_the_clock_in_words(clock, left, tone, words):
    row = Complaint(due_at=timezone.now() + left)
    assert row.clock == (tone, words)
    assert row.is_late == (left < timedelta(0))


def test_the_clock_stops_at_the_answer(clock):
    now = timezone.now()
    late = Complaint(due_at=now - timedelta(days=2), answered_at=now - timedelta(days=1))
    timely = Complaint(due_at=now - timedelta(days=2), answered_at=now - timedelta(days=3))
    assert (late.clock, timely.clock) == (("warn", "已答复，待结案"), ("warn", "已答复，待结案"))
    assert (late.is_late, timely.is_late) == (True, False)
    late.closed_at = timely.closed_at = now
    assert (late.clock, timely.clock) == (("", "曾超期"), ("", "按时办结"))


# --- what wants doing -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_is_due_first_comes_first_and_what_only_wants_closing_last(clock):
    now = timezone.now()
    slow, quick = a_complaint(kind="privacy"), a_complaint(kind="unlawful")
    answered = a_complaint(answer="改好了。", answered_at=now, state="answered")
    a_complaint(closed_at=now, outcome="unfounded", state="closed")
    late = a_complaint(received_at=now - timedelta(days=9))
    assert list(Complaint.objects.open_by_due()) == [late, quick, slow, answered]
    assert set(Complaint.objects.unanswered()) == {late, quick, slow}


# --- what the database holds ----------------------------------------------------------------------

NOW = datetime(2026, 11, 25, tzinfo=ZoneInfo("UTC"))
IMPOSSIBLE = {
    "closed_with_outcome": [
        {"state": "closed", "outcome": "corrected"},
        {"state": "closed", "closed_at": NOW},
        {"closed_at": NOW, "outcome": "corrected"},
        {"note": "还没有结案"},
    ],
    "answered_with_words": [
        {"state": "answered"},
        {"answer": "没有时间的答复"},
        {"state": "closed", "closed_at": NOW, "outcome": "answered"},
    ],
    "infringement_signed": [
        {"kind": "infringement", "name": ""},
        {"kind": "infringement", "contact": ""},
    ],
    "cleared_is_empty": [{"cleared_at": NOW}],
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "fields"), [(name, one) for name, many in IMPOSSIBLE.items() for one in many]
)
def test_the_database_refuses_what_cannot_be(name, fields):
    with pytest.raises(IntegrityError, match=f"parkcms_complaint_{name}"), transaction.atomic():
        a_complaint(**fields)


@pytest.mark.django_db
def test_references_are_three_groups_that_nobody_confuses():
    drawn = {a_complaint().reference for _ in range(50)}
    assert len(drawn) == 50
    assert all(len(one) == 14 and one[4] == one[9] == "-" for one in drawn)
    assert not set("".join(drawn)) & set("01ILOU")
