"""Asking those who keep a park, by mail, whether what it has to let still stands.

The mail carries an address that is signed: it lets that manager confirm spaces of that park for
14 days, and nothing else. Whoever has the address has what the mailbox has; logs mask it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core import signing
from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone

from parkcms.language.quantities import written
from parkcms.outbox.models import Notice
from parkcms.people.models import User

from .models import Park, Space
from .space_wants import AHEAD, to_confirm

SALT = "parks.reconfirming"
VALID = timedelta(days=14)
# What the signer writes: base 64, two colons between the parts.
SIGNED = r"[A-Za-z0-9_:-]{20,200}"
MOST = 200  # spaces on one page, the longest unconfirmed first
IN_MAIL = 10
LONGEST_FIRST = F("checked_at").asc(nulls_first=True)


class Expired(Exception):  # noqa: N818 - it says what is so
    """The address is older than 14 days."""


class Forged(Exception):  # noqa: N818 - it says what is so
    """The address was not signed by this site for this purpose."""


class NotTheirs(Exception):  # noqa: N818 - it says what is so
    """The person has left, or keeps this park no longer."""


@dataclass(frozen=True)
class Asked:
    """Whom an address asks about which park."""

    park: Park
    manager: User


def token_for(park: Park, manager: User) -> str:
    """The signed part of the address, valid for 14 days from now."""
    return signing.dumps(
        [park.pk, manager.pk, timezone.localdate().isoformat()], salt=SALT, compress=False
    )


def read(token: str) -> Asked:
    """Whom and what the token is about. Raises Forged, Expired or NotTheirs."""
    try:
        park_id, manager_id, _issued = signing.loads(token, salt=SALT, max_age=VALID)
    except signing.SignatureExpired as error:
        raise Expired from error
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise Forged from error
    park = Park.objects.filter(pk=park_id).first()
    manager = User.objects.filter(pk=manager_id, is_active=True, is_staff=True).first()
    if park is None or manager is None or not _keeps(manager, park):
        raise NotTheirs
    return Asked(park, manager)


def _keeps(manager: User, park: Park) -> bool:
    return manager.has_perm("parks.change_space") and park.can_be_kept_by(manager)


def asked_about(park: Park) -> QuerySet[Space]:
    """What the page lists: the park's public spaces to let, the longest unconfirmed first."""
    return (
        Space.objects.published()
        .lettable()
        .filter(park=park)
        .select_related("park", "checked_by")
        .order_by(LONGEST_FIRST, "code", "id")
    )


@transaction.atomic
def confirm(asked: Asked, keys: Iterable[int]) -> int:
    """Confirms these spaces in the manager's name; how many are confirmed as of today.

    Only what is still to let in that park counts; what was confirmed today already is left as it
    is, so that pressing twice leaves one Act.
    """
    rows = asked_about(asked.park).filter(pk__in=keys).order_by("pk")
    today, done = timezone.localdate(), 0
    for space in rows.select_for_update(of=("self",))[:MOST]:
        done += 1
        if not (space.checked_at and timezone.localdate(space.checked_at) == today):
            space.confirm(asked.manager)
    return done


def ask_all(now: datetime | None = None) -> int:
    """Puts a mail for each manager and park with something to confirm into the outbox.

    Those that pass their 30 days within the week are asked about already. How many were new: one
    a week, however often this runs.
    """
    now = now or timezone.now()
    due = Space.objects.published(now).lettable().filter(to_confirm(now, AHEAD))
    parks = Park.objects.filter(pk__in=due.values("park")).order_by("pk")
    told = 0
    for park in parks.prefetch_related("managers"):
        people = [one for one in park.managers.all() if one.email and one.is_active]
        people = [one for one in people if _keeps(one, park)]
        rows = _longest_first(due.filter(park=park)) if people else []
        for manager in people:
            told += _ask(park, manager, rows, timezone.localdate(now)) is not None
    return told


def _longest_first(spaces: QuerySet[Space]) -> list[Space]:
    return list(spaces.order_by(LONGEST_FIRST, "code", "id"))


def _ask(park: Park, manager: User, spaces: list[Space], today: date) -> Notice | None:
    year, week, _day = today.isocalendar()
    lines = [f"{park.name_zh}有 {len(spaces)} 处空间要重新确认：", ""]
    lines += [_line(space) for space in spaces[:IN_MAIL]]
    if len(spaces) > IN_MAIL:
        lines.append(f"……共 {len(spaces)} 处，其余见页面。")
    lines += ["", "打开下面的页面，去掉不属实的勾，点一下就确认完。链接 14 天内有效，请勿转发。"]
    return Notice.objects.post(
        key=f"reconfirm:{park.pk}:{manager.pk}:{year}-{week:02}",
        channel=Notice.Channel.MAIL,
        address=manager.email,
        subject=f"请确认：{park.name_zh}的 {len(spaces)} 处空间",
        body="\n".join(lines),
        link=reverse("parks:confirm", args=[token_for(park, manager)]),
        about_kind="parks.park",
        about_id=str(park.pk),
    )


def _line(space: Space) -> str:
    if space.checked_at:
        last = f"上次确认 {timezone.localtime(space.checked_at):%Y-%m-%d}"
    else:
        last = "从未确认"
    return f"· {space.code}，{written(space.area_gross_m2)} ㎡，{last}"
