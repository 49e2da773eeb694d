"""The room's work in the background, by the clock."""

import logging

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from . import autosaving, presence

log = logging.getLogger("articles.jobs")


# The worker reads its clock in UTC: 03:10 in Shanghai is 19:10 the day before.
@app.periodic(cron="10 19 * * *", periodic_id="unsaved")
@app.task(
    name="articles.forget_unsaved",
    queueing_lock="articles.forget_unsaved",
    retry=RetryStrategy(max_attempts=4, wait=15 * 60),
)
def forget_unsaved(timestamp: int) -> None:
    """Each night: what was typed and left for thirty days, and signs of people who are gone."""
    log.info("forgot %s unsaved texts, %s signs", autosaving.forget_old(), presence.forget_old())
