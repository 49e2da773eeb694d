"""Filing what the journal still holds: after the database was away, after a crash, after a restore.

Safe while enquiries come in and while another replay runs: the reference makes each row once.
"""

import contextlib
import logging
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError, OperationalError

from . import bounded, filing, journal
from .models import Alarm

log = logging.getLogger("leads.replay")

# An enquiry whose answer is under way is filed by its own request within two seconds.
YOUNG = 5.0
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many records were filed, and how many are left for another time."""

    filed: int
    left: int


def run(*, older_than: float = YOUNG) -> Outcome:
    """Files unsettled records, oldest first, until one fails because the database is away."""
    waiting = journal.unsettled(older_than=older_than)
    filed = 0
    for record in waiting:
        if filed >= AT_ONCE:
            break
        try:
            bounded.call(lambda record=record: filing.file(record, was_told=True))
        except bounded.DatabaseAway:
            break
        except DatabaseError as error:
            # One record the database refuses must not keep the others from being filed.
            log.error("%s can't be filed: %s", record.reference, type(error).__name__)
            _sound(record.reference, error)
            continue
        with contextlib.suppress(OSError):
            journal.settle(record.reference)
        filed += 1
    if filed:
        log.warning("%s enquiries were filed from the journal", filed)
    return Outcome(filed, len(waiting) - filed)


def _sound(reference: str, error: DatabaseError) -> None:
    detail = f"需求 {reference} 存不进数据库（{type(error).__name__}），还在需求日志里。"
    with contextlib.suppress(bounded.DatabaseAway, OperationalError, InterfaceError):
        bounded.call(lambda: Alarm.objects.sound(Alarm.Kind.UNFILED, detail))
