"""Emptying a submission: the one way to, for the visitor's button, the desk and retention.

Personal Information Protection Law, art. 47: what is to be erased is erased for good. The row
stays as a number without a person, and the database keeps it empty (a check of Enquiry's).
"""

import logging
import re
from typing import Any

from django.db import transaction
from django.utils import timezone

from parkcms.ledger.models import Act
from parkcms.outbox.models import Notice
from parkcms.people.models import User

from . import journal
from .models import Activity, Enquiry

log = logging.getLogger("leads.erasing")

ABOUT = "leads.enquiry"  # about_kind of the notices of an enquiry
# What erasing leaves in a submission: all a person typed or that leads to one is gone. Typed
# lines such as the budget are among it, since people write numbers into any line; so are kind
# and id of the page, which are taken as they come (title and path are ours and stay).
EMPTIED: dict[str, Any] = {
    **dict.fromkeys(("contact_name", "company", "credit_code", "phone_raw", "phone_e164",
                     "phone_extension", "email", "wechat", "message", "area_text", "budget_text",
                     "tax_text", "network", "content_hash", "next_step", "about_kind", "about_id",
                     "origin_kind", "origin_id", "consent_version"), ""),
    "next_step_on": None,
}  # fmt: skip


def erase(enquiry: Enquiry, *, by: User | None = None, why: str = "") -> bool:
    """Empties a submission for good, and everything that was noted about it; the one way to.

    Activities and notices go, and after the commit its lines in the journal. False when it was
    erased already. The Act names fields; numbers, mail addresses and the submission's own names
    are taken out of `why`, since an Act can't be mended.
    """
    with transaction.atomic():
        row = Enquiry.objects.select_for_update().filter(pk=enquiry.pk, erased_at=None).first()
        if row is None:
            return False
        now = timezone.now()
        Enquiry.objects.filter(pk=row.pk, erased_at=None).update(erased_at=now, **EMPTIED)
        Activity.objects.filter(enquiry=row).delete()
        Notice.objects.filter(about_kind=ABOUT, about_id=str(row.pk)).delete()
        reason = _without_person(why, row)
        Act.record(by, "erase", row, reason=reason, after={"字段": list(EMPTIED)})
        transaction.on_commit(lambda: have_forgotten(row.reference))
    for name, value in {**EMPTIED, "erased_at": now}.items():
        setattr(enquiry, name, value)
    return True


_NUMBER = re.compile(r"\+?\d(?:[\s.()（）-]{0,3}\d){5,}")
_MAIL = re.compile(r"[^\s@，。；：]+@[^\s@，。；：]+")


def _without_person(text: str, row: Enquiry) -> str:
    """The text with … for any number of six digits and more, mail address and name of the row."""
    own = {row.contact_name, row.company, row.credit_code, row.wechat, row.email, row.phone_raw}
    for value in sorted(own, key=len, reverse=True):
        if len(value) > 1:
            text = text.replace(value, "…")
    return _NUMBER.sub("…", _MAIL.sub("…", text))


def have_forgotten(reference: str) -> bool:
    """Takes a reference out of this host's journal; whether one can be sure of it.

    The row is committed by now: trouble with a file must not look as if it were not erased. What
    stays behind is tried again by the next run.
    """
    try:
        is_gone = journal.forget(reference)
    except OSError as error:
        log.error("the journal could not forget %s: errno %s", reference, error.errno)
        return False
    if not is_gone:
        log.warning("the journal was busy and could not forget %s", reference)
    return is_gone
