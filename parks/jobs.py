"""The room's work in the background, by the clock."""

import logging

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from . import reconfirming

log = logging.getLogger("parks.jobs")


# The worker reads its clock in UTC: Monday 09:00 in Shanghai.
@app.periodic(cron="0 1 * * 1", periodic_id="reconfirm")
@app.task(
    name="parks.ask_to_confirm",
    queueing_lock="parks.ask_to_confirm",
    retry=RetryStrategy(max_attempts=4, wait=15 * 60),
)
def ask_to_confirm(timestamp: int) -> None:
    """Each week: a mail to those who keep parks with spaces to confirm; again is harmless."""
    log.info("asked to confirm spaces: %s mails", reconfirming.ask_all())
