"""From a valid form to a receipt: journal first, then the database, and an honest answer.

append (on disk) → file (one transaction, two seconds at most) → settle
append fails     → file all the same, with an alarm
file fails       → the journal has it; replay files it later (leads/replay.py)
both fail        → NotKept: nothing is called received
"""

import contextlib
import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError

from . import bounded, filing, journal
from .forms import EnquiryForm
from .recent import Known
from .record import Record

log = logging.getLogger("leads.intake")


class NotKept(Exception):  # noqa: N818 - it says what is so
    """Neither the journal nor the database could keep the enquiry."""


@dataclass(frozen=True, slots=True)
class Received:
    """What the sender is told. `is_filed`: whether the row exists already."""

    reference: str
    token: str
    is_filed: bool


def receive(form: EnquiryForm, *, network: str, language: str) -> Received:
    """Keeps the content of a valid form. Raises NotKept and journal.TooMany."""
    record = Record.make(form.content(), same=form.same(), network=network, language=language)
    try:
        kept = journal.append(record, limit=settings.ENQUIRY_HARD_LIMIT)
    except journal.Unwritable as error:
        log.error("an enquiry could not be journalled: errno %s", error.errno)
        return _without_journal(record, error)
    if kept.is_repeat:
        return Received(kept.reference, kept.token, True)
    return _with_journal(kept)


def _with_journal(kept: journal.Kept) -> Received:
    record = kept.record
    try:
        filed = bounded.call(lambda: filing.file(record, was_told=False))
    except bounded.DatabaseAway:
        return Received(record.reference, record.token, False)
    except DatabaseError as error:
        # No fault of the sender's: it is in the journal, and replaying will say what is wrong.
        log.error("an enquiry could not be filed: %s", type(error).__name__)
        return Received(record.reference, record.token, False)
    with contextlib.suppress(OSError):  # replay finds the row and settles it
        if filed.reference == record.reference:
            journal.settle(record.reference, alone=kept.alone)
        else:
            known = Known(filed.reference, filed.token, record.at.timestamp())
            journal.fold(record, known, alone=kept.alone)
    return Received(filed.reference, filed.token, True)


def _without_journal(record: Record, error: OSError) -> Received:
    alarm = f"错误 {error.errno}：需求没有写进日志，只存进了数据库。"
    try:
        filed = bounded.call(lambda: filing.file(record, was_told=False, alarm=alarm))
    except (bounded.DatabaseAway, DatabaseError) as failure:
        log.error("an enquiry could be kept nowhere: %s", type(failure).__name__)
        raise NotKept from failure
    return Received(filed.reference, filed.token, True)
