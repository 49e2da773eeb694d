"""Telling the people a park names that an enquiry came: a link and a masked summary, no more."""

from django.db.models import Q

from parkcms.outbox.models import Notice
from parks.regions import name as region_name

from .models import Enquiry, Recipient
from .references import keyed


def announce(enquiry: Enquiry) -> int:
    """Queues a Notice for each recipient, in the transaction under way; how many were new.

    The address in it leads to the desk, where looking at the number is an Act. A sample and an
    enquiry that was told of before make none.
    """
    if enquiry.is_sample:
        return 0
    wanted = Q(park=None) | Q(park=enquiry.park_id) if enquiry.park_id else Q(park=None)
    told = 0
    recipients = Recipient.objects.filter(wanted, is_active=True).order_by()
    for channel, address in set(recipients.values_list("channel", "address")):
        notice = Notice.objects.post(
            key=f"enquiry:{enquiry.reference}:{keyed('recipient', channel, address)[:16]}",
            channel=channel,
            address=address,
            subject=f"新需求 {enquiry.reference}",
            body=summary(enquiry),
            link=f"/admin/leads/enquiry/{enquiry.pk}/change/",
            about_kind="leads.enquiry",
            about_id=str(enquiry.pk),
        )
        told += notice is not None
    return told


def summary(enquiry: Enquiry) -> str:
    """What is looked for, in one line each, and the contact masked: nobody can be called by it."""
    lines = [
        ("需求", wish(enquiry)),
        ("关于", str(enquiry.space or enquiry.park or "")),
        ("联系", enquiry.masked_contact),
    ]
    return "\n".join(f"{label}：{text}" for label, text in lines if text)


def wish(enquiry: Enquiry) -> str:
    """租赁 · 生产、仓储 · 1500-2000㎡ · 嘉定区, from the fields that were filled in by choice.

    Typed texts are left out except the area as it was understood: a text may hold a number.
    """
    parts = [enquiry.get_intent_display(), "、".join(str(one) for one in enquiry.use_labels)]
    parts.append(area(enquiry))
    parts.append("、".join(name for code in enquiry.districts if (name := region_name(code))))
    return " · ".join(part for part in map(str, parts) if part)


def area(enquiry: Enquiry) -> str:
    """1,500–2,000 ㎡, or '' where none was understood."""
    low, high = enquiry.area_min_m2, enquiry.area_max_m2
    ends = list(dict.fromkeys(f"{end:,.0f}" for end in (low, high) if end is not None))
    return f"{'–'.join(ends)} ㎡" if ends else ""
