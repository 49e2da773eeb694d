"""By when somebody answers: working time counted in office hours.

Monday to Friday, Asia/Shanghai. Public holidays and make-up days are not known here, so the
receipt says that holidays move the time.
"""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

OPENS, CLOSES = time(9), time(18)


def answer_by(at: datetime) -> datetime:
    """The end of ENQUIRY_ANSWER_HOURS working hours from `at`, in local time."""
    left = timedelta(hours=settings.ENQUIRY_ANSWER_HOURS)
    now = _next_open(timezone.localtime(at))
    while True:
        closes = now.replace(hour=CLOSES.hour, minute=CLOSES.minute, second=0, microsecond=0)
        if now + left <= closes:
            return now + left
        left -= closes - now
        now = _next_open(closes)


def _next_open(now: datetime) -> datetime:
    """`now` within office hours, else the next time the office opens."""
    opens = now.replace(hour=OPENS.hour, minute=OPENS.minute, second=0, microsecond=0)
    closes = now.replace(hour=CLOSES.hour, minute=CLOSES.minute, second=0, microsecond=0)
    if now.weekday() < 5 and now < closes:
        return max(now, opens)
    following = opens + timedelta(days=1)
    while following.weekday() >= 5:
        following += timedelta(days=1)
    return following
