"""What an agent does about an enquiry beyond the verbs of the row itself.

Reasons are chosen, not typed: they go into Acts, and those are kept longer than anybody's data.
"""

from django.db import transaction
from django.utils import timezone

from parkcms.ledger.models import Act
from parkcms.people.models import User

from .models import Activity, Enquiry

WHY_REVEAL = {
    "contact": "联系客户",
    "callback": "客户来电，核对是谁",
    "duplicate": "核对是否重复",
    "request": "处理投诉或访客的请求",
}
# Once somebody asked not to be contacted, looking at the number needs one of these.
WHY_REVEAL_WITHDRAWN = {name: WHY_REVEAL[name] for name in ("request", "duplicate")}
WHY_INVALID = {
    "advert": "推销广告",
    "unreachable": "空号或打不通",
    "repeated": "重复提交",
    "unrelated": "与招商无关",
    "test": "测试",
}


# Who asked for it is kept; what they said is not.
WHY_ERASE = {
    "asked": "本人要求删除",
    "withdrawn": "本人撤回同意",
    "mistaken": "误收的个人信息",
}


def may_reveal(user: User, enquiry: Enquiry) -> bool:
    """Whether this person may see the number, as a rule one of their own enquiries'."""
    if enquiry.erased_at or not user.has_perm("leads.reveal_enquiry"):
        return False
    if user.has_perm("leads.see_every_enquiry"):
        return True
    return enquiry.owner_id == user.pk and enquiry.withdrawn_at is None


def reasons_to_reveal(enquiry: Enquiry) -> dict[str, str]:
    return WHY_REVEAL_WITHDRAWN if enquiry.withdrawn_at else WHY_REVEAL


def reveal(enquiry: Enquiry, by: User, why: str) -> Act:
    """Writes down who looked and why; ``why`` is a key of `reasons_to_reveal`. Raises KeyError."""
    return Act.record(by, "reveal", enquiry, reason=reasons_to_reveal(enquiry)[why])


@transaction.atomic
def set_invalid(enquiry: Enquiry, by: User, why: str) -> bool:
    """Closes it as nothing to follow up; False when it was that already, or changed meanwhile.

    ``why`` is a key of WHY_INVALID. Raises KeyError.
    """
    reason, before = WHY_INVALID[why], enquiry.status
    if before == Enquiry.Status.INVALID:
        return False
    rows = Enquiry.objects.filter(pk=enquiry.pk, status=before)
    if not rows.update(status=Enquiry.Status.INVALID):
        return False
    enquiry.status = Enquiry.Status.INVALID
    Act.record(
        by, "invalid", enquiry, reason=reason,
        before={"status": before}, after={"status": enquiry.status},
    )  # fmt: skip
    return True


def keep_note(enquiry: Enquiry, by: User, kind: str, text: str) -> Activity:
    """Writes a note. One that tells of a contact moves a new enquiry on and dates the contact.

    Call it inside the transaction that locked the row.
    """
    note = Activity.objects.create(enquiry=enquiry, kind=kind, text=text, author=by)
    if kind in Activity.CONTACT:
        now = timezone.now()
        enquiry.first_contact_at = enquiry.first_contact_at or now
        enquiry.last_contact_at = now
        changed = ["first_contact_at", "last_contact_at"]
        if enquiry.status == Enquiry.Status.NEW:
            enquiry.status = Enquiry.Status.CONTACTED
            changed.append("status")
        enquiry.save(update_fields=changed)
    return note


def record_handling(by: User, stood: Enquiry, now: Enquiry, note: Activity | None) -> None:
    """The Act of a saved form: values of status, owner and day; of texts only that they changed.

    Nothing is written when nothing changed.
    """
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    if stood.status != now.status:
        before["status"], after["status"] = stood.status, now.status
    if stood.owner_id != now.owner_id:
        before["owner"], after["owner"] = str(stood.owner or ""), str(now.owner or "")
    if stood.next_step_on != now.next_step_on:
        before["next_step_on"], after["next_step_on"] = stood.next_step_on, now.next_step_on
    if stood.next_step != now.next_step:
        after["next_step"] = "已改" if now.next_step else "已清空"
    verb = "assign" if list(after) == ["owner"] else "change"
    if note:
        verb = verb if after else "note"
        after["跟进"] = note.get_kind_display()
    if after:
        Act.record(by, verb, now, before=before, after=after)


def record_export(
    by: User, references: list[str], *, contacts: bool, narrowed: dict[str, str]
) -> Act:
    """One Act for a whole file. It names the enquiries: after a leak, that is what is asked for
    (Personal Information Protection Law, art. 57)."""
    return Act.objects.create(
        actor_id=by.pk,
        actor_name=str(by)[:150],
        verb="export",
        object_kind=Enquiry._meta.label_lower,
        object_id="",
        object_label=f"{len(references)} 份需求",
        after={
            "count": len(references),
            "contacts": contacts,
            "filter": narrowed,
            "references": references,
        },
    )
