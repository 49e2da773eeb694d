"""Addresses under which a person without an account reads what is not published yet.

An address is the row's number and the time it was made, signed: it can't be guessed, stands in no
table and in no act, and is dead as soon as its row is revoked or its day is over.
"""

from datetime import UTC, date, datetime, time, timedelta

from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from parkcms.ledger.models import Act
from parkcms.people.models import User

from .models import Article, PreviewLink

USUAL_DAYS, MOST_DAYS = 7, 90
_SALT = "articles.preview_links"
_START = datetime(2020, 1, 1, tzinfo=UTC)
_LONGEST = 60  # characters of an address's signed part


@transaction.atomic
def make(article: Article, by: User, until: date, given_to: str = "") -> PreviewLink:
    """A link that is open to the end of the day ``until``, in the site's own time zone.

    Raises ValueError for a day that is over or more than MOST_DAYS away.
    """
    today = timezone.localdate()
    if not today <= until <= today + timedelta(days=MOST_DAYS):
        raise ValueError(f"not within {MOST_DAYS} days: {until}")
    end = datetime.combine(until + timedelta(days=1), time(), timezone.get_default_timezone())
    row = PreviewLink.objects.create(article=article, made_by=by, expires_at=end, given_to=given_to)
    Act.record(by, "preview", article, after=_said(row))
    return row


@transaction.atomic
def revoke(link: PreviewLink, by: User) -> bool:
    """Close a link before its day; whether it was open."""
    row = PreviewLink.objects.select_for_update().get(pk=link.pk)
    if not row.is_open():
        return False
    row.revoked_at = timezone.now()
    row.save(update_fields=["revoked_at"])
    Act.record(by, "revoke", link.article, before=_said(row))
    return True


def path_of(link: PreviewLink) -> str:
    """The path of the page in the active language. A secret: never logged, never in an Act."""
    return reverse("articles:preview", args=[_signer().sign(_named(link.pk, link.made_at))])


def find(signed: str) -> PreviewLink | None:
    """The link of an address, open or not; None where nobody was handed that address."""
    if len(signed) > _LONGEST:
        return None
    try:
        number, _, moment = _signer().unsign(signed).partition("-")
    except signing.BadSignature:
        return None
    pk, made_at = signing.b62_decode(number), _START + _micro(signing.b62_decode(moment))
    rows = PreviewLink.objects.select_related("article__draft", "article__category")
    return rows.filter(pk=pk, made_at=made_at).first()


def last_day(link: PreviewLink) -> date:
    """The last day on which the link is open."""
    return timezone.localtime(link.expires_at - timedelta(microseconds=1)).date()


def _signer() -> signing.Signer:
    # A dot ends no address where chats turn words into links, a colon may.
    return signing.Signer(salt=_SALT, sep=".")


def _named(pk: int, made_at: datetime) -> str:
    moment = (made_at - _START) // timedelta(microseconds=1)
    return f"{signing.b62_encode(pk)}-{signing.b62_encode(moment)}"


def _micro(number: int) -> timedelta:
    return timedelta(microseconds=number)


def _said(row: PreviewLink) -> dict[str, str]:
    told = {"给谁看": row.given_to, "有效至": f"{last_day(row):%Y-%m-%d}"}
    return {name: text for name, text in told.items() if text}
