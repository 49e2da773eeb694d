"""A complaint about the site's own content, and the clock it runs by."""

import secrets
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.desk_words import masked_name
from leads.office import CLOSES
from leads.references import ALPHABET
from parkcms.language import phones
from parkcms.ledger.models import Act
from parkcms.people.models import User

SATURDAY = 5
SOON = timedelta(hours=4)  # less than this left, and the clock is shown as a warning
MINUTES_A_DAY = 24 * 60


def new_reference() -> str:
    """Twelve characters in three groups, such as Q7K2-M9MD-X4TR: 59 random bits.

    It is all that opens the status page, so it is longer than an enquiry's.
    """
    drawn = "".join(secrets.choice(ALPHABET) for _place in range(12))
    return "-".join(drawn[start : start + 4] for start in (0, 4, 8))


class ComplaintQuerySet(models.QuerySet):
    def open(self) -> Self:
        """Those that are not closed."""
        return self.filter(closed_at=None)

    def unanswered(self) -> Self:
        """Those whose clock is running."""
        return self.filter(closed_at=None, answered_at=None)

    def open_by_due(self) -> Self:
        """What somebody still has to do, most urgent first; what only wants closing comes last."""
        return self.open().order_by(F("answered_at").asc(nulls_first=True), "due_at", "id")


class Complaint(models.Model):
    """One complaint: what is wrong with which page, who says so, and what became of it.

    Its page is text, so the page may go and the complaint stays. Name, contact and network go
    twelve months after it was closed (parkcms/complaint_retention.py).
    """

    class Kind(models.TextChoices):
        CORRECTION = "correction", _("内容有误，请更正")
        INFRINGEMENT = "infringement", _("侵犯我的权利")
        PRIVACY = "privacy", _("删除个人信息")
        UNLAWFUL = "unlawful", _("其他违法或不良信息")

    class State(models.TextChoices):
        NEW = "new", "未认领"
        TAKEN = "taken", "处理中"
        ANSWERED = "answered", "已答复"
        CLOSED = "closed", "已结案"

    class Outcome(models.TextChoices):
        CORRECTED = "corrected", _("已更正")
        TAKEN_DOWN = "taken_down", _("已下线")
        UNFOUNDED = "unfounded", _("经核实不成立")
        ANSWERED = "answered", _("已说明")

    # Working days until the close of business: corrections by our own promise; personal data by
    # PIPL, art. 50, in practice within 15 working days (GB/T 35273-2020, 8.7: 30 days at most).
    WORKING_DAYS = {Kind.CORRECTION: 3, Kind.PRIVACY: 15}
    # Round the clock: Civil Code, art. 1195 ("in time"), and Ecological Governance of Online
    # Content, art. 16 (complaints are to be handled in time).
    HOURS = 24

    # --- how it came ---
    reference = models.CharField(
        "编号", max_length=14, unique=True, default=new_reference, editable=False
    )
    received_at = models.DateTimeField("收到", default=timezone.now, editable=False)
    due_at = models.DateTimeField("答复期限", editable=False)
    language = models.CharField("语言", max_length=7, default="zh-hans", editable=False)
    network = models.CharField("来访网络", max_length=45, blank=True, editable=False)
    content_hash = models.CharField(max_length=64, blank=True, editable=False)
    is_suspect = models.BooleanField("像是机器填的", default=False, editable=False)

    # --- what is wrong ---
    kind = models.CharField("类型", max_length=12, choices=Kind.choices)
    about_path = models.CharField("页面", max_length=300, blank=True)
    about_title = models.CharField("页面标题", max_length=300, blank=True)
    text = models.TextField("问题", max_length=4000, blank=True)
    basis = models.TextField("权利和依据", max_length=1000, blank=True)

    # --- who says so ---
    name = models.CharField("姓名或单位", max_length=80, blank=True)
    contact = models.CharField("联系方式", max_length=254, blank=True)

    # --- what becomes of it ---
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.NEW)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="处理人",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    answer = models.TextField("答复", max_length=4000, blank=True)
    answered_at = models.DateTimeField("答复时间", null=True, editable=False)
    outcome = models.CharField("结果", max_length=10, choices=Outcome.choices, blank=True)
    note = models.TextField("结案说明", max_length=1000, blank=True)
    closed_at = models.DateTimeField("结案时间", null=True, editable=False)
    cleared_at = models.DateTimeField("个人信息已清除", null=True, editable=False)

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        verbose_name = "投诉与更正"
        verbose_name_plural = "投诉与更正"
        ordering = [F("closed_at").asc(nulls_first=True), "due_at", "id"]
        default_permissions = ("view", "change")
        permissions = [("reveal_complaint", "查看投诉人的联系方式")]
        indexes = [
            models.Index(
                fields=["due_at", "id"], name="parkcms_complaint_due", condition=Q(closed_at=None)
            ),
            models.Index(fields=["network", "received_at"], name="parkcms_complaint_network"),
            models.Index(
                fields=["content_hash", "received_at"],
                name="parkcms_complaint_same",
                condition=~Q(content_hash=""),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="parkcms_complaint_closed_with_outcome",
                condition=Q(state="closed", closed_at__isnull=False) & ~Q(outcome="")
                | ~Q(state="closed") & Q(closed_at=None, outcome="", note=""),
            ),
            models.CheckConstraint(
                name="parkcms_complaint_answered_with_words",
                condition=Q(answered_at=None, answer="")
                & ~Q(state="answered")
                & ~Q(outcome="answered")
                | Q(answered_at__isnull=False) & ~Q(answer="") & ~Q(state__in=["new", "taken"]),
            ),
            # Civil Code, art. 1195: a notice of infringement says who gives it.
            models.CheckConstraint(
                name="parkcms_complaint_infringement_signed",
                condition=~Q(kind="infringement")
                | Q(cleared_at__isnull=False)
                | ~Q(name="") & ~Q(contact=""),
            ),
            # What was cleared stays cleared.
            models.CheckConstraint(
                name="parkcms_complaint_cleared_is_empty",
                condition=Q(cleared_at=None) | Q(name="", contact="", network="", content_hash=""),
            ),
        ]

    def __str__(self) -> str:
        # Not the reference: this stands in Acts, which more people read than complaints.
        return f"投诉 {self.pk}"

    def save(self, *args: object, **kwargs: object) -> None:
        if self.due_at is None:
            self.due_at = due(self.kind, self.received_at)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("report_status", args=[self.reference])

    # --- verbs: each a conditional UPDATE, whose Act tells none of the words ---

    @transaction.atomic
    def claim(self, by: User) -> bool:
        """Becomes ``by``'s where it was nobody's; False when a colleague was faster."""
        rows = Complaint.objects.filter(pk=self.pk, state=self.State.NEW, taken_by=None)
        won = rows.update(taken_by=by, state=self.State.TAKEN)
        if won:
            self.taken_by, self.state = by, self.State.TAKEN
            Act.record(by, "claim", self, after={"taken_by": str(by)})
        return bool(won)

    @transaction.atomic
    def reply(self, by: User, words: str, *, over: datetime | None) -> bool:
        """Puts ``words`` on the status page and stops the clock.

        ``over`` is the time of the answer that ``by`` saw, None for none: False when there is
        another one by now, or the complaint is closed.
        """
        now = timezone.now()
        rows = Complaint.objects.filter(pk=self.pk, answered_at=over).open()
        if not rows.update(answer=words, answered_at=now, state=self.State.ANSWERED):
            return False
        self.answer, self.answered_at, self.state = words, now, self.State.ANSWERED
        if self.taken_by is None:
            Complaint.objects.filter(pk=self.pk, taken_by=None).update(taken_by=by)
            self.taken_by = by
        after = {"answer": f"{len(words)} 字", "late": now > self.due_at}
        Act.record(by, "answer", self, before={"answer": "有"} if over else {}, after=after)
        return True

    @transaction.atomic
    def close(self, by: User, outcome: str, note: str = "") -> bool:
        """Ends it; False when somebody did already, or nothing was answered where it must be."""
        now = timezone.now()
        rows = Complaint.objects.filter(pk=self.pk).open()
        if outcome == self.Outcome.ANSWERED:
            rows = rows.exclude(answer="")
        ended = {"outcome": outcome, "note": note, "closed_at": now, "state": self.State.CLOSED}
        if not rows.update(**ended):
            return False
        for name, value in ended.items():
            setattr(self, name, value)
        Act.record(by, "close", self, after={"outcome": outcome})
        return True

    # --- questions ---

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def is_late(self) -> bool:
        """Whether it is, or was, answered after its time; closing it answers it, too."""
        return (self.answered_at or self.closed_at or timezone.now()) > self.due_at

    @property
    def clock(self) -> tuple[str, str]:
        """(tone, words) of the time that is left or over: ``("bad", "已超 2 天")``."""
        if not self.is_open:
            return ("", "曾超期" if self.is_late else "按时办结")
        if self.answered_at:
            return ("warn", "已答复，待结案")
        left = self.due_at - timezone.now()
        if left < timedelta(0):
            return ("bad", f"已超 {_length(-left)}")
        return ("warn" if left < SOON else "calm", f"还剩 {_length(left)}")

    @property
    def masked_contact(self) -> str:
        """How the person is reached, for lists: 138****8000, w***@example.cn."""
        if "@" in self.contact:
            name, _at, host = self.contact.partition("@")
            return f"{name[:1]}***@{host}"
        try:
            return phones.parse(self.contact).masked if self.contact else ""
        except phones.PhoneError:
            return "（已遮住）"

    @property
    def masked_name(self) -> str:
        return masked_name(self.name)


def due(kind: str, received_at: datetime) -> datetime:
    """By when a complaint of this kind is to be answered; aware, in Asia/Shanghai.

    Hours run through nights and weekends. Working days are Monday to Friday, counted from the
    day after, and end with office hours (Civil Code, art. 201 and 203). Public holidays are not
    known here, so the status page says that they move the time.
    """
    received = timezone.localtime(received_at)
    days = Complaint.WORKING_DAYS.get(kind)
    if days is None:
        return received + timedelta(hours=Complaint.HOURS)
    last = received
    while days:
        last += timedelta(days=1)
        if last.weekday() < SATURDAY:
            days -= 1
    return last.replace(hour=CLOSES.hour, minute=CLOSES.minute, second=0, microsecond=0)


def _length(span: timedelta) -> str:
    """In the coarsest unit that says something: 20 分钟, 5 小时, 2 天; never 0."""
    minutes = max(1, int(span.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} 分钟"
    if minutes < 2 * MINUTES_A_DAY:
        return f"{minutes // 60} 小时"
    return f"{minutes // MINUTES_A_DAY} 天"
