"""Finding one's own enquiry again by its reference and the contact that was left."""

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from parkcms.language import phones

from .models import Enquiry, LookUpTry
from .references import keyed, read_reference

TRIES, WITHIN = 5, timedelta(hours=1)


class TooManyTries(Exception):  # noqa: N818 - it says what is so
    """Five tries an hour from one network, or about one reference, are enough."""


def look_up(reference: str, contact: str, network: str) -> str:
    """The token of the receipt, or '' for a wrong contact and an unknown reference alike.

    Every try counts, whatever comes of it. Raises TooManyTries.
    """
    written = read_reference(reference)
    count_try([keyed("look up from", network or "?"), keyed("look up of", written or reference)])
    if not written:
        return ""
    enquiry = Enquiry.objects.filter(reference=written, erased_at=None).first()
    return enquiry.token if enquiry and _is_theirs(enquiry, contact) else ""


@transaction.atomic
def count_try(keys: list[str]) -> None:
    """One more try for each key; raises TooManyTries when any has had its five."""
    now = timezone.now()
    with connection.cursor() as cursor:
        for key in sorted(keys):
            cursor.execute("SELECT pg_advisory_xact_lock(%s::bigint)", [int(key[:15], 16)])
    for key in keys:
        if LookUpTry.objects.filter(key=key, at__gt=now - WITHIN).count() >= TRIES:
            raise TooManyTries
    LookUpTry.objects.bulk_create(LookUpTry(key=key, at=now) for key in keys)


def _is_theirs(enquiry: Enquiry, contact: str) -> bool:
    typed = contact.strip().lower()
    if typed and typed in (enquiry.email.lower(), enquiry.wechat.lower()):
        return True
    try:
        return bool(enquiry.phone_e164) and phones.parse(contact).e164 == enquiry.phone_e164
    except phones.PhoneError:
        return False
