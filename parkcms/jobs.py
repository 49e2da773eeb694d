"""Background work that belongs to no room: keeping the table of jobs short, and complaints no
longer than they are needed; going through the links of all texts."""

import logging
import time
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from articles.models import Article
from parkcms.addresses.models import BrokenLink

from . import complaint_retention, links

log = logging.getLogger("parkcms.jobs")

DONE_HOURS = 24
FAILED_HOURS = 30 * 24  # long enough to be asked about; arguments are ids only


@app.periodic(cron="17 * * * *")
@app.task(name="site.forget_jobs", queueing_lock="site.forget_jobs", pass_context=True)
async def forget_jobs(context: JobContext, timestamp: int) -> None:
    """Every hour: finished jobs of more than a day ago, failed ones of more than a month ago."""
    manager = context.app.job_manager
    await manager.delete_old_jobs(DONE_HOURS)
    await manager.delete_old_jobs(
        FAILED_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )


class NotAllCleared(Exception):  # noqa: N818 - it says what is so
    """Some rules of the retention of complaints failed."""


# The worker reads its clock in UTC: 03:40 in Shanghai, when enquiries are done (leads/jobs.py).
@app.periodic(cron="40 19 * * *", periodic_id="complaint_retention")
@app.task(
    name="site.retain_complaints",
    queueing_lock="site.retain_complaints",
    retry=RetryStrategy(max_attempts=4, wait=15 * 60),
)
def retain_complaints(timestamp: int) -> None:
    """Clears what is due; raises NotAllCleared where a rule failed, so that it is tried again."""
    report = complaint_retention.run()
    log.info("retention of complaints cleared %s", report["cleared"])
    if report["failed"]:
        raise NotAllCleared(", ".join(report["failed"]))


# --- links --------------------------------------------------------------------------------------

LINK_SECONDS = 60.0  # of one job; then the next goes on where it stopped
FRESH = timedelta(minutes=20)  # twice the time between two looks, so that none falls between


@app.periodic(cron="40 19 * * *", periodic_id="links")
@app.task(name="site.check_links", queueing_lock="site.check_links")
def check_links(timestamp: int) -> None:
    """Each night, 03:40 in Shanghai: goes through all links, in jobs of a minute each."""
    check_some_links.defer(kind=next(iter(links.KINDS)), after=0, began=timestamp)


@app.task(
    name="site.check_some_links",
    lock="site.links",
    retry=RetryStrategy(max_attempts=4, wait=60),
)
def check_some_links(kind: str, after: int, began: int) -> None:
    """Some texts of a kind from the key ``after`` on, then the job that goes on; the last one
    drops what belongs to texts that are no longer there. ``began``: seconds since 1970."""
    round_, until = links.Round(), time.monotonic() + LINK_SECONDS
    for text in links.texts(kind, after):
        round_.check(text)
        if time.monotonic() >= until:
            check_some_links.defer(kind=kind, after=text.owner.pk, began=began)
            return
    later = list(links.KINDS)[list(links.KINDS).index(kind) + 1 :]
    if later:
        check_some_links.defer(kind=later[0], after=0, began=began)
    else:
        BrokenLink.objects.left_over(datetime.fromtimestamp(began, UTC)).delete()


@app.periodic(cron="*/10 * * * *", periodic_id="fresh_links")
@app.task(name="site.check_fresh_links", queueing_lock="site.check_fresh_links")
def check_fresh_links(timestamp: int) -> None:
    """Own links of what was published a moment ago; other sites wait for the night."""
    now = timezone.now()
    fresh = Article.objects.published(now).filter(publish_at__gt=now - FRESH)
    round_ = links.Round(foreign=False)
    for article in fresh.order_by("-publish_at", "-pk")[: links.BATCH]:
        round_.check(links.text_of("article", article))
