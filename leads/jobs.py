"""The room's work in the background, by the clock."""

import logging

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from . import retention

log = logging.getLogger("leads.jobs")


class NotAllCleared(Exception):  # noqa: N818 - it says what is so
    """Some rules of retention failed; the report of the run names them."""


# The worker reads its clock in UTC: 03:20 in Shanghai is 19:20 the day before.
@app.periodic(cron="20 19 * * *", periodic_id="retention")
@app.task(
    name="leads.retain",
    queueing_lock="leads.retain",
    retry=RetryStrategy(max_attempts=4, wait=15 * 60),
)
def retain(timestamp: int) -> None:
    """Clears what is due; raises NotAllCleared where a rule failed, so that it is tried again."""
    report = retention.run()
    retention.vacuum()
    log.info("retention cleared %s", report["cleared"])
    if report["failed"]:
        raise NotAllCleared(", ".join(report["failed"]))
