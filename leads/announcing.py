"""Telling the people a park names that an enquiry came: a link and a masked summary, no more."""

from datetime import datetime

from django.db.models import Q

from parkcms.outbox.models import Notice

from . import desk_words
from .models import Enquiry, Recipient
from .references import keyed


def announce(enquiry: Enquiry) -> int:
    """Queues a Notice of a new enquiry for each recipient; how many were new.

    In the transaction under way. The address in it leads to the desk, where looking at the number
    is an Act. A sample, one held as spam and one that was told of before make none.
    """
    return _tell(enquiry, "new", f"新需求 {enquiry.reference}", summary(enquiry))


def tell_of_change(enquiry: Enquiry, what: str, at: datetime) -> int:
    """The same when the investor corrected it (更正) or withdrew it (撤回)."""
    subject = f"需求 {enquiry.reference} 已由访客{what}"
    body = "请不要再联系。" if enquiry.withdrawn_at else summary(enquiry)
    return _tell(enquiry, f"{what}:{at:%Y%m%d%H%M%S%f}", subject, body)


def _tell(enquiry: Enquiry, occasion: str, subject: str, body: str) -> int:
    if enquiry.is_sample or enquiry.held:
        return 0
    told = 0
    for channel, address in _recipients(enquiry):
        mark = keyed("recipient", channel, address)[:16]
        notice = Notice.objects.post(
            key=f"enquiry:{enquiry.reference}:{occasion}:{mark}",
            channel=channel,
            address=address,
            subject=subject,
            body=body,
            link=f"/admin/leads/enquiry/{enquiry.pk}/change/",
            about_kind="leads.enquiry",
            about_id=str(enquiry.pk),
        )
        told += notice is not None
    return told


def _recipients(enquiry: Enquiry) -> set[tuple[str, str]]:
    """(channel, address) of those a park names, those named for all, and whoever owns it."""
    wanted = Q(park=None) | Q(park=enquiry.park_id) if enquiry.park_id else Q(park=None)
    found = set(Recipient.objects.filter(wanted, is_active=True).values_list("channel", "address"))
    if enquiry.owner_id and enquiry.owner.email:
        found.add((Recipient.Channel.MAIL.value, enquiry.owner.email))
    return found


def summary(enquiry: Enquiry) -> str:
    """What is looked for, in one line each, and the contact masked: nobody can be called by it."""
    lines = [
        ("需求", wish(enquiry)),
        ("关于", str(enquiry.space or enquiry.park or "")),
        ("联系", enquiry.masked_contact),
    ]
    return "\n".join(f"{label}：{text}" for label, text in lines if text)


def wish(enquiry: Enquiry) -> str:
    """租赁 · 生产、仓储 · 1,500–2,000 ㎡ · 嘉定区, from what was chosen and understood.

    Typed texts are left out: a text may hold a number.
    """
    parts = [
        enquiry.get_intent_display(),
        "、".join(map(str, enquiry.use_labels)),
        desk_words.area(enquiry),
        desk_words.districts(enquiry),
    ]
    return " · ".join(str(part) for part in parts if part)
