"""What goes out to the people at the desk, one row for one message to one address."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import connections, models, transaction
from django.db.models import F, Q
from django.utils import timezone
from procrastinate.contrib.django import app

from parkcms.ledger.models import Act
from parkcms.people.models import User

from . import channels

# After the first try, the second, …; after one more than these a notice is dead.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360))
MOST_TRIES = len(WAITS) + 1
# Longer than any channel takes: whoever holds a claim this old has died.
CLAIM = timedelta(minutes=2)


class NoticeQuerySet(models.QuerySet):
    def due(self, now: datetime | None = None) -> Self:
        """What wants sending at ``now``, also what a dead worker has claimed; the oldest first."""
        return self.filter(_due_at(now or timezone.now())).order_by("next_try_at", "id")

    def dead(self) -> Self:
        """The dead-letter list: what no further try is made for, until a person decides."""
        return self.filter(state=Notice.State.DEAD).order_by("-id")

    def post(
        self,
        *,
        key: str,
        channel: str,
        address: str,
        subject: str,
        body: str,
        link: str = "",
        about_kind: str = "",
        about_id: str = "",
        unsubscribe: str = "",
    ) -> "Notice | None":
        """Puts a notice into the outbox; None where one with this ``key`` is in it already.

        Row and job are written by the connection the calling thread has, in its transaction:
        there is no notice of what was rolled back. Nothing is sent here, so no channel can delay
        an answer. ``body`` is a summary that is masked already: it is sent as it stands.
        A channel that is not switched on gets a row that is never sent.
        """
        notice = self.model(
            key=key,
            channel=channel,
            address=address,
            subject=subject[:200],
            body=body,
            link=link,
            about_kind=about_kind,
            about_id=str(about_id),
            unsubscribe=unsubscribe,
            state=Notice.State.QUEUED if channels.is_on(channel) else Notice.State.OFF,
        )
        with transaction.atomic(using=self.db):
            notice.pk = self._insert_once(notice)
            if notice.pk is None:
                return None
            notice._state.adding, notice._state.db = False, self.db
            if notice.state == Notice.State.QUEUED:
                notice.defer()
        return notice

    def bury(self) -> int:
        """Ends what kills each worker that tries it: claims run out, and no try left. How many."""
        return self.filter(
            state=Notice.State.SENDING,
            tries__gte=MOST_TRIES,
            claimed_at__lt=timezone.now() - CLAIM,
        ).update(state=Notice.State.DEAD, claimed_at=None, claimed_by=None, last_error="lost")

    def _insert_once(self, notice: "Notice") -> int | None:
        """The key of the new row. ON CONFLICT waits for whoever writes the same at this moment,
        and unlike a refused INSERT leaves the caller's transaction whole."""
        connection = connections[self.db]
        fields = [field for field in notice._meta.concrete_fields if not field.primary_key]
        values = [
            field.get_db_prep_save(field.pre_save(notice, add=True), connection) for field in fields
        ]
        columns = ", ".join(f'"{field.column}"' for field in fields)
        places = ", ".join(["%s"] * len(fields))
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO "{notice._meta.db_table}" ({columns}) VALUES ({places})'  # noqa: S608
                ' ON CONFLICT ("key") DO NOTHING RETURNING id',
                values,
            )
            row = cursor.fetchone()
        return row[0] if row else None


class Notice(models.Model):
    """One message to one address by one channel, and how far it has come.

    Kept after it was sent, so that "was I told?" has an answer. Bodies are masked summaries with
    a link; the phone of an enquiry is never in one.
    """

    class Channel(models.TextChoices):
        MAIL = "mail", "邮件"
        WECOM = "wecom", "企业微信"
        CONSOLE = "console", "控制台"

    class State(models.TextChoices):
        QUEUED = "queued", "待发送"
        SENDING = "sending", "正在发送"
        SENT = "sent", "已发送"
        DEAD = "dead", "没有送达"
        GIVEN_UP = "given_up", "不再发送"
        OFF = "off", "通道未开"

    key = models.CharField(
        "去重键",
        max_length=200,
        unique=True,
        help_text="同一个键只发一次，如 enquiry:17:mail。",
    )
    channel = models.CharField("通道", max_length=10, choices=Channel.choices)
    address = models.CharField("收件地址", max_length=254, blank=True)
    subject = models.CharField("标题", max_length=200)
    body = models.TextField("内容", blank=True)
    link = models.CharField("链接", max_length=500, blank=True)
    # Of a mail to somebody who asked for it: where a POST ends the mails (RFC 8058).
    unsubscribe = models.CharField("退订地址", max_length=500, blank=True)
    about_kind = models.CharField("关于", max_length=80, blank=True)
    about_id = models.CharField("关于的编号", max_length=64, blank=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.QUEUED)
    tries = models.PositiveSmallIntegerField("试过几次", default=0)
    next_try_at = models.DateTimeField("下次发送", default=timezone.now)
    claimed_at = models.DateTimeField("开始发送", null=True, blank=True)
    claimed_by = models.BigIntegerField("后台任务编号", null=True, blank=True)
    sent_at = models.DateTimeField("送达时间", null=True, blank=True)
    last_error = models.CharField("上次为什么没送达", max_length=120, blank=True)
    created_at = models.DateTimeField("写入时间", default=timezone.now)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = "通知"
        verbose_name_plural = "通知"
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [("requeue_notice", "重新发送或放弃通知")]
        constraints = [
            models.CheckConstraint(name="outbox_notice_has_a_key", condition=~Q(key="")),
            models.CheckConstraint(
                name="outbox_notice_channel",
                condition=Q(channel__in=["mail", "wecom", "console"]),
            ),
            models.CheckConstraint(
                name="outbox_notice_state",
                condition=Q(state__in=["queued", "sending", "sent", "dead", "given_up", "off"]),
            ),
            models.CheckConstraint(
                name="outbox_notice_claimed_while_sending",
                condition=Q(state="sending", claimed_at__isnull=False)
                | (~Q(state="sending") & Q(claimed_at=None, claimed_by=None)),
            ),
            models.CheckConstraint(
                name="outbox_notice_sent_at_a_time",
                condition=Q(state="sent", sent_at__isnull=False)
                | (~Q(state="sent") & Q(sent_at=None)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at", "id"],
                name="outbox_notice_due",
                condition=Q(state__in=["queued", "sending"]),
            ),
            models.Index(fields=["-id"], name="outbox_notice_dead", condition=Q(state="dead")),
            models.Index(fields=["about_kind", "about_id"], name="outbox_notice_about"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}：{self.subject}"

    def claim(self, by: int | None = None) -> bool:
        """Takes the notice for one try; False where another has it or nothing is to be sent.

        ``by`` is the number of the job that tries: when the worker of a job has died, the same
        job is run again and may take over its own claim at once.
        """
        now = timezone.now()
        free = _due_at(now) if by is None else _due_at(now) | _claimed_by(by)
        took = self._change(
            free & Q(tries__lt=MOST_TRIES),
            state=self.State.SENDING,
            claimed_at=now,
            claimed_by=by,
            tries=F("tries") + 1,
        )
        if took:
            self.refresh_from_db()
        return took

    def sent(self) -> bool:
        """Notes that the try this object claimed has arrived."""
        return self._end_claim(state=self.State.SENT, sent_at=timezone.now(), last_error="")

    def failed(self, error: str, *, is_final: bool = False) -> bool:
        """Notes why the try did not arrive (a code, no contents): later again, or the last one."""
        state, next_try_at = self.State.DEAD, self.next_try_at
        if not is_final and self.tries < MOST_TRIES:
            state, next_try_at = self.State.QUEUED, timezone.now() + WAITS[self.tries - 1]
        return self._end_claim(state=state, next_try_at=next_try_at, last_error=error[:120])

    @transaction.atomic
    def requeue(self, by: User) -> bool:
        """Sends a dead notice again, with all its tries; False where it is not dead any more."""
        before = {"state": self.state, "last_error": self.last_error}
        done = self._change(
            Q(state__in=[self.State.DEAD, self.State.GIVEN_UP]),
            state=self.State.QUEUED,
            tries=0,
            next_try_at=timezone.now(),
        )
        if done:
            self.refresh_from_db()
            Act.record(by, "requeue", self, before=before, after={"state": self.state})
            self.defer()
        return done

    @transaction.atomic
    def give_up(self, by: User) -> bool:
        """Takes a dead notice off the list without sending it; False where it is not dead."""
        before = {"state": self.state, "last_error": self.last_error}
        done = self._change(Q(state=self.State.DEAD), state=self.State.GIVEN_UP)
        if done:
            self.refresh_from_db()
            Act.record(by, "give_up", self, before=before, after={"state": self.state})
        return done

    def defer(self, *, is_only_one: bool = False) -> None:
        """Has a worker send it, once the transaction at hand stands.

        A channel whose server hangs holds one worker at most: its jobs go one after another.
        ``is_only_one`` raises ``AlreadyEnqueued`` where such a job waits already.
        """
        app.configure_task(
            "outbox.send",
            queue="outbox",
            lock=f"outbox-{self.channel}",
            queueing_lock=f"outbox-{self.pk}" if is_only_one else None,
        ).defer(notice_id=self.pk)

    @property
    def masked_address(self) -> str:
        return channels.masked(self.channel, self.address)

    @property
    def why(self) -> str:
        """The last failure in the words of the desk."""
        return channels.in_words(self.last_error)

    def _end_claim(self, **values: Any) -> bool:
        """False where the claim ran out and somebody else has taken over."""
        mine = Q(state=self.State.SENDING, claimed_at=self.claimed_at, claimed_by=self.claimed_by)
        done = self._change(mine, claimed_at=None, claimed_by=None, **values)
        if done:
            self.refresh_from_db()
        return done

    def _change(self, condition: Q, **values: Any) -> bool:
        return type(self).objects.filter(condition, pk=self.pk).update(**values) == 1


def _due_at(now: datetime) -> Q:
    return Q(state=Notice.State.QUEUED, next_try_at__lte=now) | Q(
        state=Notice.State.SENDING, claimed_at__lt=now - CLAIM
    )


def _claimed_by(job: int) -> Q:
    return Q(state=Notice.State.SENDING, claimed_by=job)
