"""RSS feeds: the newest spaces of a search, and what is new in one park."""

import re
from datetime import UTC, datetime, time

from django.conf import settings
from django.db.models import DateTimeField, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from parkcms.language.quantities import written

from . import watching
from .finder import Search
from .models import Milestone, Park, Space, SpaceRecord
from .models.figure import State

LENGTH = 30
# Pasted texts bring them along, and XML 1.0 has no way to write them.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@require_safe
def spaces(request: HttpRequest) -> HttpResponse:
    """The newest spaces that fit the search; what it does not know, or is wrong, is left out."""
    search = Search.parse(request.GET)
    query = search.query_string()
    tail = f"?{query}" if query else ""
    words = _list(search.words())
    feed = _feed(
        _("可租空间：%(words)s") % {"words": words} if words else _("可租空间"),
        reverse("parks:spaces") + tail,
        request.path + tail,
    )
    for space in _newest(search.spaces()):
        _add_space(feed, space)
    return _answer(feed)


@require_safe
def park(request: HttpRequest, slug: str) -> HttpResponse:
    """Spaces of a park and what happened to it, newest first; 404 for an unknown park."""
    row = get_object_or_404(Park.objects.published(), slug=slug)
    feed = _feed(str(row.name), row.get_absolute_url(), request.path)
    entries = [(space.moment, _add_space, space) for space in
               _newest(Space.objects.offered().filter(park=row))]  # fmt: skip
    happened = Milestone.objects.filter(park=row, state=State.ACTUAL).exclude(happened="")
    for milestone in happened.select_related("source").order_by("-happened_start", "-id")[:LENGTH]:
        day = datetime.combine(milestone.happened_start, time(), timezone.get_default_timezone())
        entries.append((day, _add_milestone, milestone))
    entries.sort(key=lambda entry: (entry[0], entry[2].pk), reverse=True)
    for _moment, add, entry in entries[:LENGTH]:
        if add is _add_milestone:
            entry.park = row
        add(feed, entry)
    return _answer(feed)


def _newest(rows: QuerySet[Space]) -> QuerySet[Space]:
    """With ``moment``: when the space went online, or its state or price changed last."""
    changed = SpaceRecord.objects.filter(space=OuterRef("pk")).order_by("-at").values("at")[:1]
    last = Coalesce(Subquery(changed, output_field=DateTimeField()), F("publish_at"))
    return (
        rows.annotate(moment=Greatest("publish_at", last))
        .select_related("park")
        .order_by("-moment", "-pk")[:LENGTH]
    )


def _feed(title: str, link: str, own: str) -> Rss201rev2Feed:
    origin = settings.PARKCMS_ORIGIN
    return Rss201rev2Feed(
        title=_in_xml(title),
        link=origin + link,
        description=_in_xml(title),
        language="en" if get_language() == "en" else "zh-cn",
        feed_url=origin + own,
    )


def _add_space(feed: Rss201rev2Feed, space: Space) -> None:
    """An entry of its own for every change of state or price: readers see it as new."""
    address = settings.PARKCMS_ORIGIN + space.get_absolute_url()
    told = [
        f"{written(space.area_gross_m2)} ㎡",
        watching.rent(space),
        str(space.get_form_display()),
        *map(str, space.use_labels),
    ]
    if space.is_sample:
        told.append(_("示例"))
    feed.add_item(
        title=_in_xml(f"{space.park.name} {space.code}"),
        link=address,
        description=_in_xml(" · ".join(filter(None, told))),
        pubdate=space.moment,
        unique_id=f"{address}#{space.moment.astimezone(UTC):%Y%m%dT%H%M%S}",
        unique_id_is_permalink=False,
    )


def _add_milestone(feed: Rss201rev2Feed, row: Milestone) -> None:
    """Dated as its source says; the entry's own date is the first day of that."""
    address = settings.PARKCMS_ORIGIN + row.park.get_absolute_url()
    told = [row.happened.display()]
    if row.source:
        told.append(row.source.publisher)
    feed.add_item(
        title=_in_xml(f"{row.park.name} · {row.title}"),
        link=address,
        description=_in_xml(" · ".join(filter(None, told))),
        pubdate=datetime.combine(row.happened_start, time(), timezone.get_default_timezone()),
        unique_id=f"{address}#milestone-{row.pk}",
        unique_id_is_permalink=False,
    )


def _answer(feed: Rss201rev2Feed) -> HttpResponse:
    return HttpResponse(
        feed.writeString("utf-8"), content_type="application/rss+xml; charset=utf-8"
    )


def _list(words: list[str]) -> str:
    return (", " if get_language() == "en" else "，").join(words)


def _in_xml(text: str) -> str:
    return _NOT_IN_XML.sub(" ", text)
