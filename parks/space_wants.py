"""What about a space wants doing, as conditions: for the desk's list, its first screen, the mail.

Only spaces to let are asked about: what is let or withdrawn is no offer that could grow old.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from . import availability
from .models import Space

ENDS_SOON = timedelta(days=14)  # of a quotation
AHEAD = timedelta(days=7)  # the mail comes weekly


def _to_let() -> Q:
    return Q(state=Space.State.LETTABLE)


def to_confirm(now: datetime | None = None, ahead: timedelta = timedelta()) -> Q:
    """To let and not confirmed within 30 days, or within 30 days less ``ahead``."""
    since = (now or timezone.now()) - availability.FRESH + ahead
    return _to_let() & (Q(checked_at=None) | Q(checked_at__lte=since))


def gone(now: datetime | None = None) -> Q:
    """To let, but not confirmed for so long that nobody is offered it."""
    return _to_let() & ~availability.offered_at(now)


def _priced() -> Q:
    priced = Q(rent_cny_m2_day__isnull=False) | Q(sale_price_cny_m2__isnull=False)
    return _to_let() & priced


def price_expired(today: date | None = None) -> Q:
    """To let at a price that is no longer valid."""
    return _priced() & Q(valid_until__lt=today or timezone.localdate())


def price_ends(today: date | None = None) -> Q:
    """To let at a price that ends today or within 14 days."""
    today = today or timezone.localdate()
    return _priced() & Q(valid_until__gte=today, valid_until__lte=today + ENDS_SOON)


def price_to_renew() -> Q:
    """Expired, or ends within 14 days."""
    return price_expired() | price_ends()


# {code in the address: (words, condition)}
WANTS: dict[str, tuple[str, Callable[[], Q]]] = {
    "confirm": ("要确认的", to_confirm),
    "gone": ("久未确认的（已不展示）", gone),
    "price": ("报价过期或将过期的", price_to_renew),
    "expired": ("报价过期的", price_expired),
}
