"""The outbox's work in the background. Jobs carry ids only and may run twice."""

import contextlib
import logging

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from . import channels
from .models import Notice

logger = logging.getLogger(__name__)
AT_ONCE = 200  # of what is due in one minute


@app.task(
    name="outbox.send",
    queue="outbox",
    pass_context=True,
    # Of the database, not of the channel: Notice counts the channel's failures itself.
    retry=RetryStrategy(max_attempts=4, wait=3),
)
def send(context: JobContext, notice_id: int) -> None:
    """One try of one notice, outside any transaction: a slow channel holds no lock."""
    notice = Notice.objects.filter(pk=notice_id).first()
    if notice is None or not notice.claim(by=context.job.id):
        return
    try:
        channels.deliver(
            channel=notice.channel,
            address=notice.address,
            subject=notice.subject,
            body=notice.body,
            link=notice.link,
            unsubscribe=notice.unsubscribe,
        )
    except channels.Undeliverable as error:
        notice.failed(error.code, is_final=error.is_final)
    except Exception as error:
        # A fault of ours, which must not be tried for ever either. Its name alone: what an
        # exception says may quote addresses or contents.
        logger.error("notice %s: %s", notice.pk, type(error).__name__)
        notice.failed(type(error).__name__)
    else:
        notice.sent()


@app.periodic(cron="* * * * *")
@app.task(name="outbox.send_due", queue="outbox", queueing_lock="outbox.send_due")
def send_due(timestamp: int) -> None:
    """Every minute: what failed before and is due again, and what a dead worker left."""
    Notice.objects.bury()
    for notice in Notice.objects.due().only("pk", "channel")[:AT_ONCE]:
        with contextlib.suppress(AlreadyEnqueued):
            notice.defer(is_only_one=True)
