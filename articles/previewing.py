"""The page of an article as it would be: for the desk beside the form, and for people without an
account under a signed address. Both are the page's own render function; nothing is stored."""

from copy import copy
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from parkcms.language import pinyin
from parkcms.language.address import CHINESE, ENGLISH, in_language
from parks.models import Figure

from . import content as contents
from . import drafting, markup, preview_links
from .content import Content
from .models import Article, Citation, PreviewLink, Tag
from .views import Beside, render_article, shown_parks

# Where publishing puts the park of a cited figure that the text does not name (models/article.py).
_POSITION_OF_CITED = 100
_NO_TEXT = {"publish_at", "expire_at"}
_SECRET = {
    "Cache-Control": "no-store, private",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True)
class Banner:
    """What stands above a previewed page: how far it is from what readers see."""

    words: str
    is_framed: bool = False  # links must leave the pane: no other page of ours stands in a frame
    live_path: str = ""  # of the page that is public already


def shown(article: Article, content: Content) -> tuple[Article, Beside]:
    """The article as its page would show it if ``content`` were published now, and what stands
    beside it. Stores nothing; up to nine queries.

    What ``content`` points at and is gone is left out; no content makes it raise.
    """
    row = copy(article)
    before = contents.own(article)
    contents.put_on(row, content)
    row.body = markup.clean(row.body or "")
    row.publish_at = row.publish_at or article.publish_at
    after = contents.own(row)
    if any(before[name] != after[name] for name in after if name not in _NO_TEXT):
        row.updated_at = timezone.now()  # as publishing it would
    row.title = row.title or _("（还没有标题）")
    row.tag_rows = _tag_rows(content.get("tags") or [])
    rows = _citations(row, content.get("citations") or [])
    ids = _park_ids(content.get("parks") or [], rows)
    parks = shown_parks().in_bulk(ids)
    around = Beside([parks[pk] for pk in ids if pk in parks], rows)
    row.cover_park = [park.slug for park in around.parks[:1]]
    return row, around


def page(
    request: HttpRequest, article: Article, content: Content, banner: Banner, **extra: object
) -> HttpResponse:
    """The whole page with a banner, for nobody to keep or to find."""
    row, around = shown(article, content)
    path = in_language(article.get_absolute_url(), get_language() or CHINESE)
    own = {
        "preview": banner,
        # The address under which it is read may be a secret; the page names its own.
        "canonical": settings.PARKCMS_ORIGIN + path,
        "section": "articles",
        "zh_path": in_language(path, CHINESE),
        "en_path": in_language(path, ENGLISH),
    }
    response = render_article(request, row, around, **(own | extra))
    for name, value in _SECRET.items():
        response[name] = value
    return response


@require_safe
def outside(request: HttpRequest, signed: str) -> HttpResponse:
    """What was saved last of an article, for whoever was given the address; 410 once it is over.

    Raises Http404 for an address nobody was given, and in English for a text without an English
    side.
    """
    link = preview_links.find(signed)
    if link is None:
        raise Http404("no such preview")
    now = timezone.now()
    if link.article.taken_down_at or not link.is_open(now):
        return _closed(request, link)
    content = drafting.working(link.article)
    if get_language() == ENGLISH and not content.get("summary_en"):
        raise Http404("no English side")
    own_path = request.path
    paths = {
        "zh_path": in_language(own_path, CHINESE),
        "en_path": in_language(own_path, ENGLISH),
    }
    return page(request, link.article, content, _banner(link, now), **paths)


def _banner(link: PreviewLink, now: datetime) -> Banner:
    article = link.article
    until = {"day": f"{preview_links.last_day(link):%Y-%m-%d}"}
    if article.is_published(now) and not article.has_draft:
        words = _("预览，内容已经发布；这个地址有效至 %(day)s。") % until
        return Banner(words, live_path=article.get_absolute_url())
    return Banner(_("预览，未发布，请勿转发；有效至 %(day)s。") % until)


def _closed(request: HttpRequest, link: PreviewLink) -> HttpResponse:
    if link.article.taken_down_at:
        heading, advice = _("这篇文章已经下线"), _("它已经由编辑撤下，预览也不再提供。")
    elif link.revoked_at:
        heading, advice = _("这个预览已经收回"), _("要接着看，请向给您地址的人再要一个。")
    else:
        heading, advice = _("这个预览已经过期"), _("要接着看，请向给您地址的人再要一个。")
    language = get_language() or CHINESE
    context = {
        "status": 410,
        "heading": heading,
        "advice": advice,
        "language": "en" if language == ENGLISH else "zh-Hans",
        "home": in_language("/", language),
    }
    response = render(request, "error.html", context, status=410)
    for name, value in _SECRET.items():
        response[name] = value
    return response


def _tag_rows(names: list[str]) -> list[dict]:
    """As ``lists.tags_of`` gives them. A tag that does not exist yet has the address it will get
    and the number 0."""
    wanted = {name.lower(): name for name in names}
    rows = Tag.objects.annotate(folded=Lower("name")).filter(folded__in=wanted).order_by("name")
    found = [
        {"id": row.pk, "name_zh": row.name, "name_en": row.name_en, "slug": row.slug}
        for row in rows
    ]
    known = {row["name_zh"].lower() for row in found}
    new = [
        {"id": 0, "name_zh": name, "name_en": "", "slug": pinyin.slug(name) or "tag"}
        for folded, name in wanted.items()
        if folded not in known
    ]
    return sorted(found + new, key=lambda row: row["name_zh"])


def _citations(row: Article, wanted: list[dict]) -> list[Citation]:
    """In the order in which they would be stored: known ones keep their key, and so their anchor;
    new ones come after them under a passing one."""
    known = dict(row.citations.values_list("figure_id", "pk"))
    new = sorted(one["figure"] for one in wanted if one["figure"] not in known)
    keys = known | {figure: -place for place, figure in enumerate(new, 1)}
    rows = [
        Citation(
            pk=keys[one["figure"]],
            article=row,
            figure_id=one["figure"],
            quote=one["quote"],
            occurrence=one["occurrence"],
        )
        for one in wanted
    ]
    return sorted(rows, key=lambda one: (one.pk < 0, abs(one.pk)))


def _park_ids(wanted: list, rows: list[Citation]) -> list[int]:
    """Parks in the order of the page, those of cited figures among them."""
    named = [(position, park) for park, position in wanted]
    if rows:
        parks = dict(
            Figure.objects.filter(pk__in=[one.figure_id for one in rows]).values_list(
                "pk", "park_id"
            )
        )
        cited = [parks[one.figure_id] for one in rows if one.figure_id in parks]
        named += [(_POSITION_OF_CITED, park) for park in cited]
    ordered = sorted(named, key=lambda pair: pair[0])
    return list(dict.fromkeys(park for _position, park in ordered))
