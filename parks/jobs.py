"""The room's work in the background: mails of searches once a day, asking managers once a week."""

from datetime import UTC, datetime

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from . import reconfirming, watching

BATCH = 200  # watches of one job
_RETRY = RetryStrategy(max_attempts=4, wait=60)


# The worker reads its clock in UTC: 09:00 in Shanghai.
@app.periodic(cron="0 1 * * *", periodic_id="watches")
@app.task(name="parks.tell_watchers", queueing_lock="parks.tell_watchers")
def tell_watchers(timestamp: int) -> None:
    """Begins the day's mails, in jobs of some watches each. ``timestamp``: seconds since 1970."""
    tell_some_watchers.defer(after=0, began=timestamp)


@app.task(name="parks.tell_some_watchers", lock="parks.watches", retry=_RETRY)
def tell_some_watchers(after: int, began: int) -> None:
    """The watches behind the key ``after``, then the job that goes on.

    Each is told in a transaction of its own; a job that was cut short begins again and finds
    those it told already told.
    """
    now = datetime.fromtimestamp(began, UTC)
    keys = list(watching.to_tell(now).filter(pk__gt=after).values_list("pk", flat=True)[:BATCH])
    for key in keys:
        watching.tell(key, now)
    if len(keys) == BATCH:
        tell_some_watchers.defer(after=keys[-1], began=began)
    else:
        ask_some_again.defer(after=0, began=began)


@app.task(name="parks.ask_some_again", lock="parks.watches", retry=_RETRY)
def ask_some_again(after: int, began: int) -> None:
    """Asks those whose year is over, once each."""
    now = datetime.fromtimestamp(began, UTC)
    keys = list(
        watching.to_ask_again(now).filter(pk__gt=after).values_list("pk", flat=True)[:BATCH]
    )
    for key in keys:
        watching.ask_again(key, now)
    if len(keys) == BATCH:
        ask_some_again.defer(after=keys[-1], began=began)


# 09:00 of Monday in Shanghai.
@app.periodic(cron="0 1 * * 1", periodic_id="reconfirming")
@app.task(name="parks.ask_managers", queueing_lock="parks.ask_managers", retry=_RETRY)
def ask_managers(timestamp: int) -> None:
    """Asks those who keep parks whether what is to let still stands; a second run asks nobody
    twice. ``timestamp``: seconds since 1970."""
    reconfirming.ask_all(datetime.fromtimestamp(timestamp, UTC))
