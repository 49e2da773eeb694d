"""An article in the form that pastes cleanly into the editor of a WeChat public account (公众号).

That editor keeps the styles written on elements and throws away classes, style sheets and links to
other sites. So everything that should be seen stands on its element, and a link is its address in
words. Pictures are named in full: WeChat fetches and keeps them itself, from JPEG forms.
"""

from copy import copy
from dataclasses import dataclass
from html import escape
from urllib.parse import urljoin

from django.conf import settings
from lxml import etree, html

from parkcms.library.models import Picture

from . import content as contents
from . import markup, picturing
from .content import Content
from .models import Article

MOST_TITLE = 64  # characters the public account takes
MOST_SUMMARY = 120
_BRAND = "#0b5d52"
_HEADING = f"font-weight:bold;color:{_BRAND};line-height:1.5;"
_STYLES = {
    "p": "margin:0 0 1.1em;",
    "h2": f"margin:1.8em 0 .9em;padding-left:10px;border-left:4px solid {_BRAND};"
    f"font-size:19px;{_HEADING}",
    "h3": f"margin:1.6em 0 .8em;font-size:17px;{_HEADING}",
    "h4": f"margin:1.4em 0 .7em;font-size:16px;{_HEADING}",
    "ul": "margin:0 0 1.1em;padding-left:1.6em;list-style-type:disc;",
    "ol": "margin:0 0 1.1em;padding-left:1.6em;list-style-type:decimal;",
    "li": "margin:0 0 .4em;",
    "blockquote": f"margin:0 0 1.1em;padding:10px 14px;border-left:4px solid {_BRAND};"
    "background-color:#f3f1ea;color:#4a5a66;",
    "table": "width:100%;margin:0 0 1.1em;border-collapse:collapse;font-size:14px;",
    "td": "padding:6px 8px;border:1px solid #c9c3b4;vertical-align:top;",
    "th": "padding:6px 8px;border:1px solid #c9c3b4;background-color:#e5f0ec;font-weight:bold;",
    "hr": "margin:1.6em 0;border:0;border-top:1px solid #c9c3b4;",
    "strong": "font-weight:bold;",
    "em": f"font-style:normal;color:{_BRAND};",  # Chinese has no slanted type
}
_WHOLE = "font-size:16px;line-height:1.8;letter-spacing:.5px;color:#222222;text-align:justify;"
_FIGURE = "margin:1.4em 0;text-align:center;"
_IMAGE = "display:block;max-width:100%;height:auto;margin:0 auto;"
_CAPTION = "margin:.5em 0 0;font-size:13px;line-height:1.6;color:#5c6a74;text-align:center;"
_SOURCE = (
    "margin:2em 0 0;padding-top:1em;border-top:1px solid #c9c3b4;font-size:13px;color:#5c6a74;"
)
_TIGHT = "margin:0;"


@dataclass(frozen=True)
class Copied:
    """What goes into the three fields of the public account, and what to know before."""

    title: str
    summary: str
    html: str
    remarks: tuple[str, ...] = ()


def copied(article: Article, content: Content, *, origin: str | None = None) -> Copied:
    """``content`` of ``article`` for the public account; its address only where readers see it.

    ``origin`` stands before our own addresses, PARKCMS_ORIGIN where it is None. One query.
    """
    origin = settings.PARKCMS_ORIGIN if origin is None else origin
    row = copy(article)
    contents.put_on(row, content)
    cleaned = markup.clean(row.body or "")
    body, flagged = picturing.without_flags(cleaned), picturing.flags(cleaned)
    remarks = [f"{picturing.said_of(flagged)}，这里也没有。"] if flagged else []
    if len(row.title) > MOST_TITLE:
        remarks.append(f"标题超过 {MOST_TITLE} 字，已截到 {MOST_TITLE} 字。")
    if "<img" in body and not settings.PARKCMS_ORIGIN.startswith("https://"):
        remarks.append("本站地址不是 https，公众号取不到图：图片要在公众号里另外上传。")
    root = html.fragment_fromstring(body, create_parent="section")
    summary = _summary(row, root)
    _draw(root, origin)
    _style(root)
    for line in _source_lines(row, article.is_published()):
        root.append(line)
    written = etree.tostring(root, encoding="unicode", method="html")
    return Copied(row.title[:MOST_TITLE], summary, written, tuple(remarks))


def _summary(row: Article, root: etree._Element) -> str:
    """The article's own, else how its text begins."""
    said = row.summary_zh or " ".join(line.text_content() for line in root.iterchildren("p"))
    text = " ".join(said.split())
    return text if len(text) <= MOST_SUMMARY else text[: MOST_SUMMARY - 1] + "…"


def _draw(root: etree._Element, origin: str) -> None:
    """Figures as sections with the picture, its caption, 效果图 and credit."""
    known = Picture.objects.shown_in(etree.tostring(root, encoding="unicode", method="html"))
    for image in list(root.iter("img")):
        figure = image.getparent()
        is_figure = figure.tag == "figure"
        picture = known.get(image.get("src", ""))
        if picture is None:
            (figure if is_figure else image).drop_tree()
            continue
        alt = image.get("alt") or picture.alt_zh
        shown = {"src": urljoin(f"{origin}/", picture.url("wide", "jpg")), "alt": alt}
        drawn = html.fragment_fromstring(f'<section style="{_FIGURE}"></section>')
        etree.SubElement(drawn, "img", shown | {"style": _IMAGE})
        caption = figure.find("figcaption") if is_figure else None
        _caption(drawn, "" if caption is None else caption.text_content().strip(), picture)
        place = figure if is_figure else image
        drawn.tail = place.tail
        place.getparent().replace(place, drawn)


def _caption(drawn: etree._Element, caption: str, picture: Picture) -> None:
    marks = ["效果图" if picture.is_rendering else "", picture.credit]
    said = [caption, *(mark for mark in marks if mark and mark not in caption)]
    if text := "　".join(filter(None, said)):
        etree.SubElement(drawn, "p", {"style": _CAPTION}).text = text


def _style(root: etree._Element) -> None:
    root.set("style", _WHOLE)
    for link in list(root.iter("a")):
        _say_address(link)
    for element in root.iter(*_STYLES):
        if element.get("style"):
            continue
        kept = {name: element.get(name) for name in ("colspan", "rowspan", "start")}
        element.attrib.clear()
        for name, value in kept.items():
            if value:
                element.set(name, value)
        is_inside = element.tag == "p" and element.getparent().tag in {"li", "td", "th"}
        element.set("style", _TIGHT if is_inside else _STYLES[element.tag])


def _say_address(link: etree._Element) -> None:
    """The link's words, and its address in words where they don't say it already."""
    href = link.get("href") or ""
    address = urljoin(f"{settings.PARKCMS_ORIGIN}/", href) if href.startswith("/") else href
    address = address.removeprefix("mailto:").removeprefix("tel:")
    said = link.text_content()
    plain = "".join(char for char in said if char.isalnum())
    if address and "".join(char for char in address if char.isalnum()) not in plain:
        last = link[-1] if len(link) else None
        if last is None:
            link.text = f"{link.text or ''}（{address}）"
        else:
            last.tail = f"{last.tail or ''}（{address}）"
    link.drop_tag()


def _source_lines(row: Article, is_public: bool) -> list[etree._Element]:
    lines = [
        ("来源", row.publisher),
        ("作者", row.writer or row.byline),
        ("原标题", row.original_title),
        ("更正", row.correction),
        ("原文", f"{settings.PARKCMS_ORIGIN}{row.get_absolute_url()}" if is_public else ""),
    ]
    said = [f"{label}：{escape(value)}" for label, value in lines if value]
    if not said:
        return []
    return [html.fragment_fromstring(f'<section style="{_SOURCE}">{"<br>".join(said)}</section>')]
