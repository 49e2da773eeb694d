"""The database step of an enquiry: one transaction that makes its row and queues its notices.

Used for an answer under way and for replaying the journal alike; the reference makes it happen
once, however often it is tried.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from . import announcing, origins, spam
from .models import Alarm, Enquiry
from .recent import WINDOW
from .record import Record

# Of a record's content, the names that are columns of an Enquiry.
COLUMNS = (
    "intent", "uses", "area_text", "area_min_m2", "area_max_m2", "budget_text",
    "budget_cny_m2_day", "districts", "move_in", "tax_text", "message", "company", "credit_code",
    "contact_name", "phone_raw", "phone_e164", "phone_extension", "email", "wechat",
    "about_kind", "about_id", "origin_kind", "origin_id", "consent_version", "consent_operator",
)  # fmt: skip

MEASURES = ("area_min_m2", "area_max_m2", "budget_cny_m2_day")  # texts in a record


@dataclass(frozen=True, slots=True)
class Filed:
    """The row that stands for a record: its own, or the one that had the content first."""

    reference: str
    token: str


@transaction.atomic
def file(record: Record, *, was_told: bool, alarm: str = "", is_sample: bool = False) -> Filed:
    """Has the record in the table, exactly once.

    The same content within a quarter of an hour is one row: the sender is told of the first. If
    somebody may have been told this very reference (`was_told`, as when the journal is replayed),
    it gets a row of its own all the same, marked with the other's reference. `alarm`: what went
    wrong before, kept in the same transaction. A sample is announced to nobody.
    """
    _one_at_a_time(record.content_hash)
    if alarm:
        Alarm.objects.sound(Alarm.Kind.JOURNAL, alarm)
    there = _there_already(record)
    if own := next((one for one in there if one.reference == record.reference), None):
        return own
    first = there[0] if there else None
    if first and not was_told:
        return first
    enquiry = _row(record)
    enquiry.duplicate_of = first.reference if first else ""
    enquiry.is_sample = is_sample
    enquiry.save(force_insert=True)
    if not enquiry.held:
        announcing.announce(enquiry)
    return Filed(enquiry.reference, enquiry.token)


def _one_at_a_time(content_hash: str) -> None:
    """Others with the same content wait until this transaction ends, on every host."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s::bigint)", [int(content_hash[:15], 16)])


def _there_already(record: Record) -> list[Filed]:
    """The record's own row and the unmarked ones of the same content, oldest first."""
    near = timedelta(seconds=WINDOW)
    same = Q(
        submitted_at__range=(record.at - near, record.at + near),
        content_hash=record.content_hash,
        duplicate_of="",
    )
    rows = Enquiry.objects.filter(Q(reference=record.reference) | same)
    told = rows.order_by("submitted_at", "id").values_list("reference", "token")
    return [Filed(*one) for one in told]


def _row(record: Record) -> Enquiry:
    enquiry = unresolved(record)
    enquiry.signals = spam.signals_of(record)
    enquiry.held = spam.is_held(enquiry.signals)
    resolve(enquiry)
    return enquiry


def unresolved(record: Record) -> Enquiry:
    """The row as far as the record alone tells; asks nobody."""
    content = record.content
    values: dict[str, Any] = {name: content[name] for name in COLUMNS if name in content}
    for name in MEASURES:
        values[name] = Decimal(values[name]) if values.get(name) is not None else None
    return Enquiry(
        reference=record.reference,
        token=record.token,
        submitted_at=record.at,
        content_hash=record.content_hash,
        network=record.network,
        language=record.language,
        **values,
    )


def resolve(enquiry: Enquiry) -> None:
    """Looks up the park, space, page and privacy text it names; marks what is not known."""
    about = origins.find_about(enquiry.about_kind, enquiry.about_id)
    enquiry.park, enquiry.space = (about.park, about.space) if about else (None, None)
    enquiry.about_known = about is not None or not (enquiry.about_kind or enquiry.about_id)
    origin = _origin(enquiry, about)
    title, path = origin or ("", "")
    enquiry.origin_title, enquiry.origin_path = title[:200], path[:300]
    enquiry.origin_known = origin is not None or not (enquiry.origin_kind or enquiry.origin_id)
    enquiry.consent_known = origins.is_known_consent(enquiry.consent_version)


def _origin(enquiry: Enquiry, about: origins.About | None) -> tuple[str, str] | None:
    """(title, address) of the page it was sent from, mostly the one it is about."""
    if about and (enquiry.origin_kind, enquiry.origin_id) == (enquiry.about_kind, enquiry.about_id):
        return about.title, about.address
    return origins.find_origin(enquiry.origin_kind, enquiry.origin_id)
