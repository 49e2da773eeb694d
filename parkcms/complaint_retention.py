"""How long what people write into a complaint is kept: a table that this code obeys.

RULES and NOT_PERSONAL name every column of Complaint; a system check (`parkcms.E011`) fails on
one that neither names, as leads.E001 does for enquiries. `run` goes through the rules once a day
(parkcms/jobs.py) and with `manage.py retain`; /report/ and docs/retention.md tell people.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core import checks
from django.db import Error
from django.db.models import QuerySet
from django.utils import timezone

from leads.desk_words import hide
from leads.retention import Rule, Then, Work
from parkcms.ledger.models import Act

from .models import Complaint

log = logging.getLogger("parkcms.complaint_retention")

PERSON = ("name", "contact", "network", "content_hash")
WORDS = ("text", "basis", "note")


def _fingerprints(edge: datetime) -> Iterable[Work]:
    rows = Complaint.objects.filter(received_at__lte=edge).exclude(content_hash="")
    yield rows, lambda batch: batch.update(content_hash="")


def _persons(edge: datetime) -> Iterable[Work]:
    yield Complaint.objects.filter(closed_at__lte=edge, cleared_at=None), _clear


def _words(edge: datetime) -> Iterable[Work]:
    empty = dict.fromkeys(WORDS, "")
    rows = Complaint.objects.filter(closed_at__lte=edge).exclude(**empty)
    yield rows, lambda batch: batch.update(**empty)


def _clear(rows: QuerySet[Complaint]) -> int:
    """Takes out who complained; what they wrote stays, without its numbers and their name."""
    now = timezone.now()
    for row in rows:
        struck = {name: _without_person(getattr(row, name), row.name) for name in WORDS}
        gone = dict.fromkeys(PERSON, "")
        Complaint.objects.filter(pk=row.pk).update(**gone, **struck, cleared_at=now)
        Act.record(None, "erase", row, reason="结案后保存期满", after={"字段": list(PERSON)})
    return len(rows)


def _without_person(text: str, name: str) -> str:
    return hide(text.replace(name, "（已遮住）") if len(name) > 1 else text)


def _of(*names: str) -> tuple[str, ...]:
    return tuple(f"{Complaint._meta.label}.{name}" for name in names)


RULES: tuple[Rule, ...] = (
    Rule(
        "complaint_fingerprint", "投诉内容的指纹，从它读不出内容", _of("content_hash"), 1,
        "提交时", Then.EMPTIED,
        "同样的内容短时间内提交两次，只算一份。",
        "第六条、第十九条：限于实现目的的最小范围和最短时间。",
        due=_fingerprints,
    ),
    Rule(
        "complaint_person", "投诉人的姓名、联系方式和来访网络", _of(*PERSON), 365, "结案时",
        Then.EMPTIED,
        "核实、答复，以及结案后再有疑问时联系。",
        "第十九条、第四十七条：保存期限届满，处理者应当主动删除。",
        due=_persons,
    ),
    Rule(
        "complaint_words", "投诉里写的问题和依据、同事的结案说明", _of(*WORDS), 1095, "结案时",
        Then.EMPTIED,
        "诉讼时效内能说明为什么这样处理（《民法典》第一百八十八条）。",
        "第十三条、第五十六条：处理情况记录至少保存三年。",
        due=_words,
    ),
)  # fmt: skip

# Columns that say nothing of a person, each with the reason.
NOT_PERSONAL: dict[str, str] = {
    name: reason
    for reason, names in (
        ("随机或顺序编的号", _of("id", "reference")),
        (
            "时间、类型、语言和进展：不说是谁",
            _of("received_at", "due_at", "language", "is_suspect", "kind", "state", "answered_at",
                "outcome", "closed_at", "cleared_at"),
        ),
        ("本站自己的页面", _of("about_path", "about_title")),
        ("本站的答复，写时就不许有个人信息", _of("answer")),
        ("处理的工作人员，履行职务的记录", _of("taken_by")),
    )
    for name in names
}  # fmt: skip


@checks.register
def every_field_is_covered(**kwargs: object) -> list[checks.CheckMessage]:
    """E011 for a column of Complaint that the table does not name, E012 for no column's name."""
    there = set(_of(*(field.name for field in Complaint._meta.concrete_fields)))
    listed = {name for rule in RULES for name in rule.fields} | set(NOT_PERSONAL)
    hint = "写进 parkcms/complaint_retention.py 的 RULES，或在 NOT_PERSONAL 里写明理由。"
    return [
        *(
            checks.Error(f"没有写明 {name} 保存多久。", hint=hint, id="parkcms.E011")
            for name in sorted(there - listed)
        ),
        *(
            checks.Error(f"保存期限表里的 {name} 不存在了。", id="parkcms.E012")
            for name in sorted(listed - there)
        ),
    ]


def run(now: datetime | None = None) -> dict[str, Any]:
    """Goes through the table once: ``{"cleared": {rule: rows}, "failed": [rules]}``.

    A rule that fails keeps no other from its turn. Twice at the same time is once: a row is
    cleared under its lock.
    """
    now = now or timezone.now()
    report: dict[str, Any] = {"cleared": {}, "failed": []}
    for rule in RULES:
        try:
            report["cleared"][rule.name] = rule.clear(now)
        except Error as error:
            # Its name alone: what the database says may quote the row.
            log.error("the rule %s failed: %s", rule.name, type(error).__name__)
            report["failed"].append(rule.name)
    return report
