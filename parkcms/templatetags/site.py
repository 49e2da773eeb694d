"""What apps' templates use from the roof: breadcrumbs, QR codes, structured data, share links."""

import json
import re
from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from articles import lists
from articles.models import Article, Citation, Mention
from parkcms import qr as codes
from parkcms import structured
from parkcms.language.sentences import excerpt
from parkcms.language.widths import HAN
from parks.models import Park, Space

register = template.Library()

_HAN = re.compile(f"[{HAN}]")
# In a script element these would end it or start a comment; JSON reads the escapes the same.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.filter
def marked(text: str) -> str | SafeString:
    """A text of the site's own, in a span that says so where it is Chinese on an English page."""
    language = _language_of(str(text))
    return format_html('<span lang="{}">{}</span>', language, text) if language else text


@register.filter
def opening(text: str, limit: int) -> str:
    """The beginning of a summary, whole sentences where they fit."""
    return excerpt(text, limit)


@register.filter
def with_wide_tables(body: str) -> SafeString:
    """Cleaned HTML in which a table wider than the page scrolls by itself, by keyboard too."""
    label = escape(_("表格，可左右滚动"))
    opening_tag = f'<div class="scroll" role="region" aria-label="{label}" tabindex="0"><table'
    wrapped = body.replace("<table", opening_tag).replace("</table>", "</table></div>")
    return mark_safe(wrapped)  # noqa: S308  (the body was cleaned when it was saved)


@register.simple_tag
def qr(text: str, label: str) -> SafeString:
    return codes.svg(text, label)


@register.filter
def absolute(path: str) -> str:
    return structured.absolute(str(path))


@register.inclusion_tag("site/_breadcrumb.html", takes_context=True)
def breadcrumb(context: dict, *steps: Any) -> dict:
    """``{% breadcrumb name path name path … %}``; home comes first by itself. A preview gives
    search engines no data."""
    trail = [(_("首页"), reverse("home"))]
    trail += [(str(name), str(path)) for name, path in zip(steps[::2], steps[1::2], strict=True)]
    rows = [(name, path, _language_of(name)) for name, path in trail]
    data = "" if context.get("preview") else data_block(structured.breadcrumb(trail))
    return {"trail": rows, "data": data}


def _language_of(name: str) -> str:
    """``lang`` of a name where it is not the page's: a Chinese one standing in on an English."""
    return "zh-Hans" if get_language() == "en" and _HAN.search(name) else ""


@register.simple_tag(takes_context=True)
def article_data(context: dict, article: Article, parks: list[dict]) -> SafeString:
    site = context["site"]
    data = structured.article(article, site, [card["park"] for card in parks])
    return mark_safe(  # noqa: S308  (both are escaped by data_block)
        data_block(data) + data_block(structured.baidu(article))
    )


@register.simple_tag
def park_data(park: Park) -> SafeString:
    return data_block(structured.park(park))


@register.simple_tag
def space_data(space: Space) -> SafeString:
    return data_block(structured.space(space))


@register.simple_tag(takes_context=True)
def organisation_data(context: dict) -> SafeString:
    return data_block(structured.organisation(context["site"]))


def data_block(data: dict) -> SafeString:
    """A script element of type JSON-LD: data, not code, so the policy lets it stand."""
    text = json.dumps(data, ensure_ascii=False).translate(_ESCAPES)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(text))  # noqa: S308


@register.simple_tag
def share_links(title: str, path: str, summary: str = "") -> list[tuple[str, str]]:
    """(name, address) of the places a page can be shared to by a plain link."""
    url = settings.PARKCMS_ORIGIN + path
    return [
        (
            _("微博"),
            f"https://service.weibo.com/share/share.php?{urlencode({'url': url, 'title': title})}",
        ),
        (
            "QQ",
            "https://connect.qq.com/widget/shareqq/index.html?"
            + urlencode({"url": url, "title": title, "summary": summary}),
        ),
        (
            _("QQ 空间"),
            "https://sns.qzone.qq.com/cgi-bin/qzshare/cgi_qzshare_onekey?"
            + urlencode({"url": url, "title": title, "summary": summary}),
        ),
    ]


@register.simple_tag
def read_here(notes: Any) -> dict[str, dict[str, str]]:
    """For source notes whose sentence stands in an article of ours: ``{anchor: {url, title}}``.

    One query: the citations of figures that rest on the same sentence of the same document.
    """
    wanted = {note.anchor: note for note in notes if note.sentence and note.source}
    if not wanted:
        return {}
    rows = (
        Citation.objects.filter(
            # By document alone: hundreds of sentences as parameters cost more than they narrow.
            figure__source__in={note.source.pk for note in wanted.values()},
            is_lost=False,
            article__in=Article.objects.published(),
        )
        .select_related("article", "figure")
        .defer("article__body")
        .order_by("-id")
    )
    by_statement = {(row.figure.source_id, row.figure.sentence): row for row in rows}
    return {
        anchor: {"url": f"{_article_path(row)}#{row.anchor}", "title": row.article.title}
        for anchor, note in wanted.items()
        if (row := by_statement.get((note.source.pk, note.sentence)))
    }


def _article_path(row: Citation) -> str:
    """In English only where the article has an English page."""
    path = row.article.get_absolute_url()
    if path.startswith("/en/") and not row.article.has_english:
        return path.removeprefix("/en")
    return path


@register.simple_tag
def mentions_of(park: Park, limit: int = 6) -> list[Article]:
    """The newest articles that speak of a park: two index walks."""
    newest = (
        Mention.objects.filter(park=park, publish_at__lte=timezone.now())
        .order_by("-publish_at", "-article")
        .values("article")[: limit * 3]
    )
    return list(lists.listed().filter(pk__in=newest)[:limit])


@register.filter
def lookup(mapping: dict, key: str) -> Any:
    return mapping.get(key)
