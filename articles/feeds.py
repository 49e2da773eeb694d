"""RSS feeds of the newest articles, whole site or one category."""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from . import lists
from .models import Article, Category

LENGTH = 20
# Pasted texts bring them along, and XML 1.0 has no way to write them.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@require_safe
def newest(request: HttpRequest) -> HttpResponse:
    return _feed(_("招商资讯"), reverse("articles:list"), request.path, lists.listed())


@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponse:
    shelf = get_object_or_404(Category.objects.published(), slug=slug)
    rows = lists.listed().filter(category=shelf)
    return _feed(shelf.name, shelf.get_absolute_url(), request.path, rows)


def _feed(title: str, link: str, own: str, rows: "lists.QuerySet[Article]") -> HttpResponse:
    """Titles and summaries with absolute links; no body, for most bodies are not ours to give."""
    origin = settings.PARKCMS_ORIGIN
    feed = Rss201rev2Feed(
        title=_in_xml(title),
        link=origin + link,
        description=_in_xml(title),
        language="en" if get_language() == "en" else "zh-cn",
        feed_url=origin + own,
    )
    for row in rows[:LENGTH]:
        address = origin + row.get_absolute_url()
        feed.add_item(
            title=_in_xml(row.shown_title),
            link=address,
            description=_in_xml(row.summary),
            pubdate=row.publish_at,
            unique_id=address,
            categories=[_in_xml(row.category.name)],
            author_name=_in_xml(row.publisher),
        )
    return HttpResponse(
        feed.writeString("utf-8"), content_type="application/rss+xml; charset=utf-8"
    )


def _in_xml(text: str) -> str:
    return _NOT_IN_XML.sub(" ", text)
