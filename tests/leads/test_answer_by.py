"""By when somebody answers: counted in office hours of Shanghai, Monday to Friday, 9 to 18."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from leads.office import answer_by

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("submitted", "answered"),
    [
        ("2026-11-25 10:00", "2026-11-25 14:00"),  # a Wednesday
        ("2026-11-25 16:30", "2026-11-26 11:30"),
        ("2026-11-25 07:00", "2026-11-25 13:00"),
        ("2026-11-25 18:00", "2026-11-26 13:00"),
        ("2026-11-27 17:00", "2026-11-30 12:00"),  # Friday to Monday
        ("2026-11-28 12:00", "2026-11-30 13:00"),  # Saturday
        ("2026-11-29 23:59", "2026-11-30 13:00"),
        ("2026-12-31 17:59", "2027-01-01 12:59"),
    ],
)
def test_four_working_hours(settings, submitted, answered):
    settings.ENQUIRY_ANSWER_HOURS = 4
    assert answer_by(at(submitted)) == at(answered)


@given(st.integers(0, 2 * 365 * 24 * 60), st.integers(1, 30))
def test_it_is_always_a_working_hour_and_never_sooner_than_the_clock(minutes, hours):
    with override_settings(ENQUIRY_ANSWER_HOURS=hours):
        submitted = at("2026-01-01 00:00") + timedelta(minutes=minutes)
        answered = answer_by(submitted)
    assert answered.weekday() < 5
    assert 9 <= answered.hour + answered.minute / 60 <= 18
    assert (answered - submitted).total_seconds() >= hours * 3600 - 60
