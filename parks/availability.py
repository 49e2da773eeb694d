"""Availability decays: what a person confirmed on a day is sure for a month and gone in three.

A space nobody ever confirmed is 待确认 from the first day; its three months begin when it was made.
"""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

FRESH = timedelta(days=30)
OFFERED = timedelta(days=90)

CONFIRMED, TO_CONFIRM, GONE = "confirmed", "to_confirm", "gone"
LABELS = {CONFIRMED: _("已确认"), TO_CONFIRM: _("待确认"), GONE: _("久未确认")}


def offered_at(now: datetime | None = None, prefix: str = "") -> Q:
    """The condition that a space is still offered: confirmed, or else made, within 90 days."""
    since = (now or timezone.now()) - OFFERED
    never = Q(**{f"{prefix}checked_at": None, f"{prefix}created_at__gt": since})
    return Q(**{f"{prefix}checked_at__gt": since}) | never


def standing(checked_at: datetime | None, created_at: datetime, now: datetime | None = None) -> str:
    """The mirror for one row: CONFIRMED, TO_CONFIRM or GONE."""
    age = (now or timezone.now()) - (checked_at or created_at)
    if age >= OFFERED:
        return GONE
    return CONFIRMED if checked_at and age < FRESH else TO_CONFIRM
