"""How long each personal field is kept: one table that people read and this code obeys.

RULES and NOT_PERSONAL name every column of the rooms leads and outbox; a system check
(`leads.E001`) fails on one that neither names, so a new field can't be forgotten. `run` goes
through the rules once a day (leads/jobs.py); /enquiries/kept/ and docs/retention.md show the
table to people (leads/kept.py).

Personal Information Protection Law: art. 17 (tell how long), 19 (no longer than needed), 47
(erase without being asked), 56 and 69 (what proves that it was done is kept).
"""

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core import checks
from django.db import Error, connection, models, transaction
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from parkcms.ledger.models import Act
from parkcms.outbox.models import Notice
from parks.models import Watch

from . import journal
from .erasing import ABOUT, EMPTIED, erase, have_forgotten
from .models import Activity, Alarm, Enquiry, LookUpTry, Recipient, RetentionRun

__all__ = ["NOT_PERSONAL", "RULES", "Rule", "Then", "erase", "run"]

log = logging.getLogger("leads.retention")

BATCH = 500  # rows of one transaction
COVERED = ("leads", "outbox")  # app labels whose every column must be named here
# Advisory lock of a run; two numbers, so that it meets none of the hashes the filing locks by.
LOCK = (20_211_101, 47)
AGAIN = timedelta(days=2)  # how long after erasing a run has the journal forget once more


class Then(models.TextChoices):
    """What becomes of a field when its time is over."""

    EMPTIED = "emptied", _("清空")
    DELETED = "deleted", _("整条删除")
    KEPT = "kept", _("保留")


# Rows whose time is over, and what is done with a batch of them: it says how many it did.
Work = tuple[QuerySet, Callable[[QuerySet], int]]


@dataclass(frozen=True, slots=True)
class Rule:
    """How long some fields are kept, and why; `keep` in days, None where no time is set.

    `fields` are written app.Model.field. `due` finds the rows counted from `since` up to a
    given edge; a rule without rows clears `files` instead, or nothing.
    """

    name: str
    group: str | Promise
    fields: tuple[str, ...]
    keep: int | None
    since: str | Promise
    then: Then
    why: str | Promise
    law: str | Promise
    due: Callable[[datetime], Iterable[Work]] = lambda edge: ()
    files: Callable[[datetime], int] = lambda edge: 0

    def clear(self, now: datetime) -> int:
        """Clears what is due at `now`; how many rows and files. Any batch may be the last one."""
        if self.keep is None:
            return 0
        edge = now - timedelta(days=self.keep)
        return sum(_in_batches(rows, act) for rows, act in self.due(edge)) + self.files(edge)


# --- what is done with rows ---------------------------------------------------------------------


def _in_batches(rows: QuerySet, act: Callable[[QuerySet], int]) -> int:
    """Applies `act` to all rows, BATCH a transaction; those another transaction holds wait for
    the next run. A row is locked as due, so what makes it not due any more has come before."""
    total = 0
    while True:
        with transaction.atomic():
            locked = rows.order_by("pk").select_for_update(skip_locked=True, of=("self",))
            keys = list(locked.values_list("pk", flat=True)[:BATCH])
            done = act(rows.model._base_manager.filter(pk__in=keys)) if keys else 0
        total += done
        if len(keys) < BATCH or not done:
            return total


def _deleted(rows: QuerySet) -> int:
    return rows.delete()[1].get(rows.model._meta.label, 0)


def _emptied(**values: Any) -> Callable[[QuerySet], int]:
    return lambda rows: rows.update(**values)


def _erased(why: str) -> Callable[[QuerySet], int]:
    return lambda rows: sum(erase(row, why=why) for row in rows)


# --- what is due --------------------------------------------------------------------------------


def _real() -> QuerySet:
    """Submissions with something in them; samples are nobody's and stay."""
    return Enquiry.objects.filter(is_sample=False, erased_at=None)


def _networks(edge: datetime) -> Iterable[Work]:
    rows = Enquiry.objects.filter(is_sample=False, submitted_at__lte=edge).exclude(network="")
    yield rows, _emptied(network="")


def _fingerprints(edge: datetime) -> Iterable[Work]:
    rows = Enquiry.objects.filter(is_sample=False, submitted_at__lte=edge)
    yield rows.exclude(content_hash=""), _emptied(content_hash="")


def _unreached(edge: datetime) -> Iterable[Work]:
    never = _real().filter(first_contact_at=None, last_contact_at=None)
    yield never.filter(submitted_at__lte=edge), _erased("提交后一直没有联系上，保存期满")


def _reached(edge: datetime) -> Iterable[Work]:
    reached = _real().alias(latest=Coalesce("last_contact_at", "first_contact_at"))
    yield reached.filter(latest__lte=edge), _erased("最近一次联系之后，保存期满")


def _withdrawn(edge: datetime) -> Iterable[Work]:
    yield _real().filter(withdrawn_at__lte=edge), _erased("访客撤回之后，保存期满")


def _left_behind(_edge: datetime) -> Iterable[Work]:
    """What came to an erased submission afterwards, such as a note from a page left open."""
    erased = Enquiry.objects.filter(erased_at__isnull=False)
    yield erased.exclude(**EMPTIED), _emptied(**EMPTIED)
    yield Activity.objects.filter(enquiry__erased_at__isnull=False), _deleted
    keys = erased.annotate(key=Cast("pk", TextField())).values("key")
    yield Notice.objects.filter(about_kind=ABOUT, about_id__in=keys), _deleted


def _log_ins(edge: datetime) -> Iterable[Work]:
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        yield model.objects.filter(attempt_time__lte=edge), _deleted


def _rows(queryset: Callable[[], QuerySet], column: str) -> Callable[[datetime], Iterable[Work]]:
    """Whole rows, counted from a column of theirs."""
    return lambda edge: [(queryset().filter(**{f"{column}__lte": edge}), _deleted)]


def _alarms(edge: datetime) -> Iterable[Work]:
    yield Alarm.objects.filter(last_at__lte=edge).exclude(detail=""), _emptied(detail="")


def _watches(*, confirmed: bool) -> Callable[[datetime], Iterable[Work]]:
    """Of those confirmed by their owner, or of those nobody ever confirmed."""
    column = "confirmed_at" if confirmed else "created_at"
    rows = Watch.objects.filter(confirmed_at__isnull=not confirmed)
    return lambda edge: [(rows.filter(**{f"{column}__lte": edge}), _deleted)]


def _watch_networks(edge: datetime) -> Iterable[Work]:
    rows = Watch.objects.filter(created_at__lte=edge).exclude(network="")
    yield rows, _emptied(network="")


def _journal(_edge: datetime) -> int:
    """Has the journal drop what is filed, and forget anew what was erased while it was busy."""
    before = len(_files())
    since = timezone.now() - AGAIN
    lately = Enquiry.objects.filter(erased_at__gte=since).values_list("reference", flat=True)
    for reference in lately:
        have_forgotten(reference)
    journal.sweep()
    return max(0, before - len(_files()))


def _files() -> list[Path]:
    folder = Path(settings.JOURNAL_DIR)
    return [path for path in folder.glob("*.log") if path.is_file()] if folder.exists() else []


def _unreadable(edge: datetime) -> int:
    """Deletes the lines a broken disk left, once nobody can be expected to mend them."""
    path = Path(settings.JOURNAL_DIR) / "unreadable"
    try:
        if path.stat().st_mtime > edge.timestamp():
            return 0
        path.unlink()
    except FileNotFoundError:
        return 0
    return 1


# --- the table ----------------------------------------------------------------------------------


def _of(model: type[models.Model], *names: str) -> tuple[str, ...]:
    """app.Model.field of the names, or of all columns but the key."""
    columns = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    return tuple(f"{model._meta.label}.{name}" for name in names or columns)


_SUBMISSION = (*_of(Enquiry, *EMPTIED), *_of(Activity))
_CONTACT = _("您填写的姓名、公司、联系方式和需求，以及我们的跟进记录")
_WATCH = _("您订阅空间的邮箱和条件")

RULES: tuple[Rule, ...] = (
    Rule(
        "asked", _CONTACT, _SUBMISSION, 0, _("您在回执页要求删除时"), Then.EMPTIED,
        _("您要求删除，我们就没有理由再留。"),
        _("第四十七条：应当删除而没有删除的，个人有权请求删除。"),
        due=_left_behind,
    ),
    Rule(
        "withdrawn", _CONTACT, _SUBMISSION, 30, _("您撤回同意时"), Then.EMPTIED,
        _("撤回后不再联系您；留一个月只为答复您就此提出的问题，想马上删除可以在回执页办。"),
        _("第十五条、第四十七条：同意可以撤回；撤回的，处理者应当主动删除。"),
        due=_withdrawn,
    ),
    Rule(
        "unreached", _CONTACT, _SUBMISSION, 180, _("提交时，一直没有联系上您的"), Then.EMPTIED,
        _("用来为您找空间和联系您；半年联系不上，目的就无法实现了。"),
        _("第十九条、第四十七条：目的无法实现的，处理者应当主动删除。"),
        due=_unreached,
    ),
    Rule(
        "reached", _CONTACT, _SUBMISSION, 365, _("最近一次与您联系时"), Then.EMPTIED,
        _("用来为您找空间和联系您；选址常常要比较一年。"),
        _("第十九条：保存期限为实现目的所必要的最短时间。"),
        due=_reached,
    ),
    Rule(
        "network", _("提交时的网络地址"), _of(Enquiry, "network"), 30, _("提交时"), Then.EMPTIED,
        _("用来认出同一网络成批提交的垃圾信息。"),
        _("第十九条：保存期限为实现目的所必要的最短时间。"),
        due=_networks,
    ),
    Rule(
        "fingerprint", _("提交内容的指纹，从它读不出内容"), _of(Enquiry, "content_hash"), 1,
        _("提交时"), Then.EMPTIED,
        _("同样的内容短时间内提交两次，只算一份。"),
        _("第六条、第十九条：限于实现目的的最小范围和最短时间。"),
        due=_fingerprints,
    ),
    Rule(
        "journal", _("写进资料库之前，先存在磁盘上的那一份"), (), 1, _("写进资料库时"),
        Then.DELETED,
        _("资料库出故障时，您的需求也不会丢；写进资料库的，每天清理一次。"),
        _("第十九条、第五十一条：防止个人信息丢失，不多留一份。"),
        files=_journal,
    ),
    Rule(
        "unreadable", _("磁盘出错后读不出的那一份"), (), 180, _("出错时"), Then.DELETED,
        _("人工修复，找回没有收到的需求。"),
        _("第十九条、第五十一条：防止个人信息丢失，不多留一份。"),
        files=_unreadable,
    ),
    Rule(
        "watch_unconfirmed", _WATCH, _of(Watch), 7, _("订阅时，一直没有确认的"), Then.DELETED,
        _("等邮箱的主人确认；不确认，就当没有订过。"),
        _("第十三条、第十九条：没有同意就不处理。"),
        due=_watches(confirmed=False),
    ),
    Rule(
        "watch", _WATCH, _of(Watch), 395, _("最近一次确认时"), Then.DELETED,
        _("有符合的新空间就给您发信；满一年问您是否继续，三十天没有确认就删除。您退订时立即"
          "删除。"),
        _("第十五条、第四十七条：同意可以撤回；撤回的，处理者应当主动删除。"),
        due=_watches(confirmed=True),
    ),
    Rule(
        "watch_network", _("订阅时的网络地址"), _of(Watch, "network"), 1, _("订阅时"),
        Then.EMPTIED,
        _("挡住成批订阅的程序；只看最近一分钟。"),
        _("第十九条：保存期限为实现目的所必要的最短时间。"),
        due=_watch_networks,
    ),
    Rule(
        "notices", _("发出的通知：收件地址，和遮去号码的摘要"), _of(Notice), 30,
        _("通知写成时"), Then.DELETED,
        _("让负责的人知道有新需求、让订阅的人知道有新空间，没有送达的可以重发。"),
        _("第十九条：保存期限为实现目的所必要的最短时间。"),
        due=_rows(Notice.objects.all, "created_at"),
    ),
    Rule(
        "look_ups", _("查询回执的次数：网络地址和编号的指纹"), _of(LookUpTry), 1, _("查询时"),
        Then.DELETED,
        _("挡住逐个猜编号的人；只看最近一小时。"),
        _("第十九条、第五十一条：防止未经授权的访问。"),
        due=_rows(LookUpTry.objects.all, "at"),
    ),
    Rule(
        "log_ins", _("后台登录的尝试：输入的用户名、网络地址、浏览器"),
        (*_of(AccessAttempt), *_of(AccessFailureLog), *_of(AccessLog)), 30, _("尝试时"),
        Then.DELETED,
        _("挡住猜密码的人，事后查明是谁登录过。"),
        _("第十九条、第五十一条：防止未经授权的访问。"),
        due=_log_ins,
    ),
    Rule(
        "sessions", _("工作人员登录后的会话"), _of(Session), 0, _("会话过期时"), Then.DELETED,
        _("让工作人员不必每一页都登录；访客没有会话。"),
        _("第十九条：保存期限为实现目的所必要的最短时间。"),
        due=_rows(Session.objects.all, "expire_date"),
    ),
    Rule(
        "desk_log", _("后台框架自带的操作日志"), _of(LogEntry), 30, _("操作时"), Then.DELETED,
        _("不用它，操作记在台账里；万一有内容也不久留。"),
        _("第六条：限于实现目的的最小范围。"),
        due=_rows(LogEntry.objects.all, "action_time"),
    ),
    Rule(
        "alarms", _("警报的说明文字"), _of(Alarm, "detail"), 90, _("警报最近一次响起时"),
        Then.EMPTIED,
        _("让值班的人知道哪里出了故障；里面不该有个人信息，仍不久留。"),
        _("第六条：限于实现目的的最小范围。"),
        due=_alarms,
    ),
    Rule(
        "recipients", _("接收通知的工作人员：邮箱或群机器人、称呼"),
        _of(Recipient, "address", "label"), None, _("在名单里时"), Then.DELETED,
        _("要通知谁，由主管在后台增减；从名单里去掉就删除。"),
        _("第十三条：人力资源管理所必需。"),
    ),
    Rule(
        "runs", _("到期清理的报告：各清理了多少，没有内容"), _of(RetentionRun), 1095, _("清理时"),
        Then.DELETED,
        _("证明我们按这张表做了。"),
        _("第五十六条：处理情况记录至少保存三年。"),
        due=_rows(RetentionRun.objects.all, "at"),
    ),
    Rule(
        "acts", _("台账：哪位工作人员何时看过、改过、导出过哪个编号"), _of(Act), None,
        _("操作时"), Then.KEPT,
        _("查明谁看过您的信息；只记编号、字段名和工作人员，不记您的姓名、号码和内容，个人信息"
          "删除后，编号不再指向任何人。"),
        _("第五十一条、第六十九条：处理者要能证明自己没有过错。"),
    ),
)  # fmt: skip

# Columns that say nothing of a person once the rules have run, each with the reason.
NOT_PERSONAL: dict[str, str] = {
    name: reason
    for reason, names in (
        (
            "随机或顺序编的号",
            (
                *_of(Enquiry, "id", "reference", "token", "duplicate_of"),
                *(f"{model._meta.label}.id" for model in
                  (Activity, Alarm, LookUpTry, Notice, Recipient, RetentionRun)),
            ),
        ),
        (
            "时间、语言和进展：不说是谁",
            _of(Enquiry, "submitted_at", "filed_at", "language", "status", "first_contact_at",
                "last_contact_at", "signals", "held", "corrected_at", "withdrawn_at", "erased_at",
                "is_sample"),
        ),
        (
            "勾选的和换算出的需求：离开联系方式就认不出是谁，留作统计",
            _of(Enquiry, "intent", "uses", "area_min_m2", "area_max_m2", "budget_cny_m2_day",
                "districts", "move_in"),
        ),
        (
            "本站自己的园区、空间和页面",
            (*_of(Enquiry, "park", "space", "about_known", "origin_title", "origin_path",
                  "origin_known"), *_of(Recipient, "park")),
        ),
        ("有没有同意过，不说是谁", _of(Enquiry, "consent_known", "consent_operator")),
        ("负责的工作人员，履行职务的记录", _of(Enquiry, "owner")),
        (
            "运行的状态和次数",
            (*_of(Alarm, "kind", "first_at", "last_at", "count", "cleared_at"),
             *_of(Recipient, "channel", "is_active")),
        ),
    )
    for name in names
}  # fmt: skip


@checks.register
def every_field_is_covered(**kwargs: object) -> list[checks.CheckMessage]:
    """E001 for a column that the table does not name, E002 for a name that is no column."""
    there = {
        f"{model._meta.label}.{field.name}"
        for config in apps.get_app_configs()
        if config.label in COVERED
        for model in config.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
    }
    listed = {name for rule in RULES for name in rule.fields} | set(NOT_PERSONAL)
    gone = {name for name in listed - there if name.partition(".")[0] in COVERED}
    return [
        *(
            checks.Error(
                f"没有写明 {name} 保存多久。",
                hint="写进 leads/retention.py 的 RULES，或在 NOT_PERSONAL 里写明理由。",
                id="leads.E001",
            )
            for name in sorted(there - listed)
        ),
        *(
            checks.Error(f"保存期限表里的 {name} 不存在了。", id="leads.E002")
            for name in sorted(gone)
        ),
    ]


# --- running ------------------------------------------------------------------------------------


def run(now: datetime | None = None) -> dict[str, Any]:
    """Goes through the table once and leaves a RetentionRun with the counts by rule.

    A rule that fails is named under `failed` and keeps no other from its turn; a second run at
    the same time does nothing and says so by `skipped`. Raises DatabaseError where the report
    itself can't be written.
    """
    now = now or timezone.now()
    report: dict[str, Any] = {"cleared": {}, "failed": [], "skipped": False, "seconds": 0.0}
    with _alone() as is_alone:
        if not is_alone:
            return report | {"skipped": True}
        began = time.monotonic()
        for rule in RULES:
            try:
                report["cleared"][rule.name] = rule.clear(now)
            except (Error, OSError) as error:
                # Its name alone: what the database says may quote the row.
                log.error("the rule %s failed: %s", rule.name, type(error).__name__)
                report["failed"].append(rule.name)
        report["seconds"] = round(time.monotonic() - began, 1)
        RetentionRun.objects.create(at=now, report=report)
    return report


def vacuum() -> None:
    """Has Postgres take what was emptied out of its files, where no transaction is under way."""
    if connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute("VACUUM leads_enquiry, leads_activity, leads_lookuptry, outbox_notice")


@contextlib.contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other run is under way anywhere; the lock goes with the connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", LOCK)
        is_alone = cursor.fetchone()[0]
    try:
        yield is_alone
    finally:
        if is_alone:
            with contextlib.suppress(Error), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", LOCK)
