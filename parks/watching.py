"""A mail for a search: asked for on a page, confirmed from a mail, told once a day, ended at once.

Whether an address has asked before is never said on a page: the mail alone tells its owner.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from parkcms.language.quantities import written
from parkcms.outbox import channels
from parkcms.outbox.models import Notice

from .finder import Search
from .models import Space, SpaceRecord, Watch
from .models.watch import LASTS

ABOUT = "parks.watch"
LINES = 10  # spaces named in one mail
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MOST_A_MINUTE = 6  # from one network
MOST_OF_AN_ADDRESS = 20  # searches
MOST_NEW_A_DAY = 5  # of one address, so that nobody's mailbox is filled by a stranger


class TooMany(Exception):  # noqa: N818 - it says what is so
    """One network asked too often within a minute."""


def is_on() -> bool:
    """Whether mails go out at all: a form that promises one is shown only then."""
    return channels.is_on(Notice.Channel.MAIL)


def search_of(watch: Watch) -> Search:
    return Search.parse(QueryDict(watch.query))


# --- asking and ending --------------------------------------------------------------------------


@transaction.atomic
def ask(email: str, search: Search, *, language: str, network: str = "") -> None:
    """Sends the address a mail to confirm the search from, at most one a day for each search.

    Above the limits of an address nothing is sent, and nothing says so. Raises TooMany.
    """
    now = timezone.now()
    lately = Watch.objects.filter(network=network, created_at__gt=now - MINUTE)
    if network and lately.count() >= MOST_A_MINUTE:
        raise TooMany
    watch = _watch(email, search.query_string(), language, network, now)
    if watch is None:
        return
    with override(watch.language):
        if watch.is_confirmed(now):
            subject, lead = _("您已经订阅了这个条件"), _("您已经订阅了下面的条件，有新空间就发信。")
            end = _("查看或退订：")
        else:
            subject, lead = _("请确认空间订阅"), _("有人用这个邮箱订阅了下面的条件。")
            end = _("不是您订阅的，不用理会：七天后自动删除。要收到新空间，打开这个网址确认：")
        _post(watch, f"confirm:{timezone.localdate(now)}", subject, [lead, "", *_said(watch)], end)


def _watch(email: str, query: str, language: str, network: str, now: datetime) -> Watch | None:
    """The row of the address and the search, made where there is none; None above the limits."""
    known = Watch.objects.filter(email=email, query=query).first()
    if known:
        return known
    own = Watch.objects.filter(email=email)
    if own.count() >= MOST_OF_AN_ADDRESS:
        return None
    if own.filter(created_at__gt=now - DAY).count() >= MOST_NEW_A_DAY:
        return None
    try:
        with transaction.atomic():
            return Watch.objects.create(
                email=email, query=query, language=language, network=network, created_at=now
            )
    except IntegrityError:  # the same form, sent twice at the same moment
        return Watch.objects.get(email=email, query=query)


def confirm(watch: Watch) -> bool:
    """Begins a year of mails; False where somebody confirmed it already."""
    now = timezone.now()
    waiting = Q(confirmed_at=None) | Q(confirmed_at__lte=now - LASTS)
    return Watch.objects.filter(waiting, pk=watch.pk).update(confirmed_at=now) == 1


@transaction.atomic
def end(watch: Watch) -> None:
    """Deletes it and every mail about it, sent or not."""
    Notice.objects.filter(about_kind=ABOUT, about_id=str(watch.pk)).delete()
    Watch.objects.filter(pk=watch.pk).delete()


# --- telling ------------------------------------------------------------------------------------


def to_tell(now: datetime) -> QuerySet[Watch]:
    """Confirmed within a year, in the order of their keys."""
    return Watch.objects.filter(confirmed_at__gt=now - LASTS).order_by("pk")


def to_ask_again(now: datetime) -> QuerySet[Watch]:
    """Those whose year is over; retention deletes them a month later."""
    return Watch.objects.filter(confirmed_at__lte=now - LASTS).order_by("pk")


def news(watch: Watch, now: datetime) -> QuerySet[Space]:
    """Spaces that fit now and came, were free again or cheaper since the last mail; newest first.

    What changed and changed back in between is no news.
    """
    since = max(filter(None, (watch.confirmed_at, watch.told_at)))
    stood = SpaceRecord.objects.filter(space=OuterRef("pk"), at__lte=since).order_by("-at", "-id")
    today = timezone.localdate(now)
    came = Q(publish_at__gt=since) | Q(park__publish_at__gt=since)
    freed = Q(stood_state__isnull=False) & ~Q(stood_state=Space.State.LETTABLE)
    cheaper = Q(rent_cny_m2_day__lt=F("stood_rent")) & (
        Q(valid_until=None) | Q(valid_until__gte=today)
    )
    return (
        search_of(watch)
        .spaces(now)
        .annotate(
            stood_state=Subquery(stood.values("state")[:1]),
            stood_rent=Subquery(stood.values("rent_cny_m2_day")[:1]),
        )
        .filter(came | freed | cheaper)
        .select_related("park")
        .order_by("-publish_at", "-pk")
    )


@transaction.atomic
def tell(key: int, now: datetime) -> bool:
    """One mail of what is new, at most one a day; False where there is none to send.

    The row is locked, and one that is locked elsewhere is being told: mail and ``told_at`` stand
    or fall together. Five queries whatever the number of spaces.
    """
    watch = to_tell(now).select_for_update(skip_locked=True).filter(pk=key).first()
    if watch is None or (watch.told_at and _is_same_day(watch.told_at, now)):
        return False
    found = news(watch, now)
    rows = list(found[: LINES + 1])
    if not rows:
        return False
    number = len(rows) if len(rows) <= LINES else found.count()
    with override(watch.language):
        lines = [line for row in rows[:LINES] for line in _line(row)]
        if number > LINES:
            more = ngettext("还有 %(n)d 处：", "还有 %(n)d 处：", number - LINES)
            lines += ["", more % {"n": number - LINES}, _absolute(_finder(watch))]
        subject = ngettext("%(n)d 处新空间", "%(n)d 处新空间", number) % {"n": number}
        told = _post(
            watch,
            str(timezone.localdate(now)),
            subject,
            [*_said(watch), "", *lines],
            _("查看条件或退订："),
        )
    Watch.objects.filter(pk=watch.pk).update(told_at=now)
    return told


@transaction.atomic
def ask_again(key: int, now: datetime) -> bool:
    """One mail when the year is over: without a new confirmation nothing more is sent."""
    watch = to_ask_again(now).select_for_update(skip_locked=True).filter(pk=key).first()
    if watch is None:
        return False
    with override(watch.language):
        lead = _("您订阅下面的条件满一年了，已经停止发信。")
        ending = _("要继续，打开这个网址再确认一次；不确认，三十天后删除：")
        occasion = f"again:{timezone.localdate(watch.confirmed_at)}"
        return _post(watch, occasion, _("要继续收到新空间吗"), [lead, "", *_said(watch)], ending)


def _is_same_day(one: datetime, other: datetime) -> bool:
    return timezone.localdate(one) == timezone.localdate(other)


# --- words --------------------------------------------------------------------------------------


def _post(watch: Watch, occasion: str, subject: str, lines: list[str], ending: str) -> bool:
    """Queues one mail in the active language; False where it was queued before."""
    own = reverse("parks:watch", args=[watch.token])
    notice = Notice.objects.post(
        key=f"watch:{watch.pk}:{occasion}",
        channel=Notice.Channel.MAIL,
        address=watch.email,
        subject=subject,
        body="\n".join([*lines, "", ending]),
        link=own,
        unsubscribe=own,
        about_kind=ABOUT,
        about_id=str(watch.pk),
    )
    return notice is not None


def _said(watch: Watch) -> list[str]:
    """The search in words, one condition a line."""
    words = search_of(watch).words() or [_("所有可租空间")]
    return [f"· {line}" for line in words]


def _line(space: Space) -> list[str]:
    head = f"{space.park.name} {space.code} · {written(space.area_gross_m2)} ㎡ · {rent(space)}"
    return ["", head, _absolute(space.get_absolute_url())]


def rent(space: Space) -> str:
    """The rent with the day until which it is quoted, in the active language."""
    if space.shown_rent is None:
        return _("报价已过期") if space.quotation_expired else _("租金待确认")
    told = _("%(rent)s 元/㎡/天") % {"rent": written(space.shown_rent)}
    if space.valid_until:
        told += _("（报价有效至 %(day)s）") % {"day": space.valid_until.isoformat()}
    return told


def _finder(watch: Watch) -> str:
    address = reverse("parks:spaces")
    return f"{address}?{watch.query}" if watch.query else address


def _absolute(path: str) -> str:
    return settings.PARKCMS_ORIGIN + path
