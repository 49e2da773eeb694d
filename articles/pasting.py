"""What Word, WPS, Excel, WeChat and web pages put on a clipboard, said in our own few elements.

The programs write how a text looks; this reads what is meant: a bold style is ``strong``, a
paragraph with a Wingdings mark is a list item, a line break in the source of a Chinese sentence is
nothing. ``tidy`` says nothing about safety: what it returns goes through ``markup.clean``.

The editor does the same before it takes a paste in (static/js/editor-tidy.js and editor-lines.js);
tests/articles/pasted holds both to the same results.
"""

import re
from collections.abc import Iterator
from html import escape
from urllib.parse import urlsplit

import nh3
from lxml import etree, html

from . import markup
from .pasted_lines import Flow, Marks

# Flags in the place of pictures that could not come along; no text is published with one.
FOREIGN_PICTURE = "【外部图片未收录："
LOCAL_PICTURE = "【图片没有带过来：请另存后拖进来】"

_NOT_SHOWN = {
    "script", "style", "xml", "title", "head", "iframe", "object", "embed", "svg", "math", "map",
    "template", "noscript", "select", "textarea", "video", "audio", "canvas",
}  # fmt: skip
_CONTAINERS = {
    "div", "section", "article", "main", "header", "footer", "nav", "aside", "center", "address",
    "dl", "details", "form", "fieldset", "figure", "li", "tr", "td", "th", "tbody", "thead",
    "tfoot", "table", "ul", "ol",
}  # fmt: skip
_HEADINGS = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}
_LINES = {"p", "pre", "dt", "dd", "summary", "caption", "figcaption", *_HEADINGS}
_INLINE = {
    "span", "font", "a", "b", "strong", "i", "em", "sub", "sup", "br", "img", "hr", "del",
    "blockquote", "u", "s", "strike", "ins", "mark", "code", "small", "big", "label",
}  # fmt: skip
_ATTRIBUTES = {"style", "class", "hidden", "href", "src", "data-src", "alt", "width", "height",
               "colspan", "rowspan", "start", "datetime", "lang", "title"}  # fmt: skip
_reader = nh3.Cleaner(
    tags=_CONTAINERS | _LINES | _INLINE,
    attributes={"*": _ATTRIBUTES},
    clean_content_tags=_NOT_SHOWN,
    url_schemes={"http", "https", "mailto", "tel", "data", "file"},
    link_rel=None,
)

_FOREIGN = re.compile(
    r"""<[^<>]{0,4000}\s(?:style|data-src)\s*=|class=["']?(?:Mso|xl\d)|<!--"""
    r"""|<img(?![^<>]*\ssrc="/media/)"""
    r"|<(?:o:p|section|span|div|font|center|h1|h5|h6)[\s>/]",
    re.I,
)
_LEVEL = re.compile(r"mso-list:\s*(?!none|ignore|skip)\S+\s+level(\d)", re.I)
_MARKER = re.compile(r"mso-list:\s*ignore", re.I)
_HIDDEN = re.compile(r"display:\s*none|mso-hide:\s*all|mso-element:\s*comment", re.I)
_COMMENT = re.compile(r"\bMso(?:CommentReference|CommentText)\b|\bmsocom", re.I)
_WEIGHT = re.compile(r"(?:^|;)\s*font-weight:\s*(\w+)", re.I)
_ITALIC = re.compile(r"(?:^|;)\s*font-style:\s*(italic|oblique|normal)", re.I)
_RAISED = re.compile(r"(?:^|;)\s*vertical-align:\s*(super|sub)\b", re.I)
_SYMBOLS = re.compile(r"font-family:[^;]*(?:wingdings|symbol)", re.I)
_OUTLINE = re.compile(r"\bMsoHeading([1-9])|mso-outline-level:\s*([1-9])", re.I)
_TINY = re.compile(r"(?:^|;)\s*(?:width|height):\s*[0-2](?:\.\d+)?(?:px|pt)?\s*(?:;|$)", re.I)
_LINK = re.compile(r"(?:https?|mailto|tel):|/(?![/\\])", re.I)
_OWN = "/media/"
_ROWS = re.compile(r"\s*<(?:col|colgroup|tbody|thead|tr|td|th)\b", re.I)
MOST_SPAN = 50


def is_foreign(text: str) -> bool:
    """Whether HTML was written by another program than our editor, or by hand for another site."""
    return bool(_FOREIGN.search(text))


def tidy(text: str) -> str:
    """HTML of any origin in paragraphs, headings 2–4, lists, tables, quotations and figures.

    Pictures keep their ``data:`` and library addresses; for all others a flag stands in their
    place: a paragraph that begins with FOREIGN_PICTURE and links to the picture.
    """
    fragment = markup.shallow(_between_marks(markup.without_controls(text)))
    read = markup.without_controls(_reader.clean(fragment))
    root = html.fragment_fromstring(read, create_parent="div")
    flow = Flow()
    _walk(root, flow, Marks())
    return flow.closed()


def _between_marks(text: str) -> str:
    """The clipboard of Windows says where the copied part begins and ends."""
    start, end = text.find("<!--StartFragment-->"), text.rfind("<!--EndFragment-->")
    copied = text[start + 20 : end] if 0 <= start < end else text
    return f"<table>{copied}</table>" if _ROWS.match(copied) else copied  # Excel's marks


def _walk(element: etree._Element, flow: Flow, marks: Marks) -> None:
    flow.say(element.text, marks)
    for child in element:
        if not _is_left_out(child):
            _take(child, flow, marks)
        flow.say(child.tail, marks)


def _is_left_out(element: etree._Element) -> bool:
    style = _style(element)
    kind = element.get("class") or ""
    return bool(
        element.get("hidden") is not None
        or _HIDDEN.search(style)
        or _COMMENT.search(kind)
        or (element.tag == "del" and element.get("datetime"))
        or (element.get("href") or "").startswith(("#footnote-ref", "#endnote-ref", "#_msocom"))
    )


def _take(element: etree._Element, flow: Flow, marks: Marks) -> None:
    tag = element.tag
    special = _SPECIAL.get(tag)
    if special is not None and special(element, flow, marks):
        return
    if tag in _LINES or _OUTLINE.search(_said_of(element)):
        _line(element, flow, marks)
    elif tag in _CONTAINERS:
        flow.end_line()
        _walk(element, flow, _marked(element, marks))
        flow.end_line()
    elif _SYMBOLS.search(_style(element)) and len((element.text or "").strip()) == 1:
        flow.say("•", marks)
        for child in element:
            _take(child, flow, marks)
            flow.say(child.tail, marks)
    else:
        _walk(element, flow, _marked(element, marks))


# --- paragraphs and headings --------------------------------------------------------------------


def _line(element: etree._Element, flow: Flow, marks: Marks) -> None:
    heading = _heading(element)
    level = _LEVEL.search(_style(element))
    marker = _cut_marker(element) if level else ""
    before = flow.begin_line(heading or "p")
    if level and heading:
        flow.say(marker, marks)
    elif level:
        flow.is_item(int(level[1]), marker)
    _walk(element, flow, _marked(element, marks))
    flow.end_line()
    flow.kind = before


def _heading(element: etree._Element) -> str:
    if found := _OUTLINE.search(_said_of(element)):
        return _HEADINGS.get(f"h{found[1] or found[2]}", "h4")
    if element.tag == "p" and "MsoTitle" in (element.get("class") or ""):
        return "h2"
    return _HEADINGS.get(element.tag, "")


def _cut_marker(element: etree._Element) -> str:
    """The number or bullet that Word wrote before a list paragraph; it goes out of the text."""
    for part in element.iter():
        if _MARKER.search(_style(part)):
            said = part.text_content()
            part.drop_tree()
            return said.replace("\u00a0", " ").strip()
    return ""


# --- lists, quotations, tables ------------------------------------------------------------------


def _list(element: etree._Element, flow: Flow, marks: Marks) -> bool:
    flow.end_line()
    items: list[str] = []
    for child in element:
        inner = Flow(is_plain=True)
        _take(child, inner, marks) if child.tag in {"ul", "ol"} else _walk(child, inner, marks)
        said = inner.closed()
        if said and child.tag in {"ul", "ol"} and items:
            items[-1] += said  # some programs put a list beside the item it belongs to
        elif said and not _is_left_out(child):
            items.append(said)
    start = element.get("start") or ""
    flow.add_list(element.tag, items, int(start) if start.isdecimal() and len(start) < 6 else 1)
    return True


def _quotation(element: etree._Element, flow: Flow, marks: Marks) -> bool:
    flow.end_line()
    inner = Flow()
    _walk(element, inner, marks)
    if said := inner.closed():
        flow.add(f"<blockquote>{said}</blockquote>")
    return True


def _table(element: etree._Element, flow: Flow, marks: Marks) -> bool:
    """False where it is no table of data: within another one, or a frame around one cell."""
    rows = [row for row in _rows(element) if not _is_left_out(row)]
    cells = [[cell for cell in row if cell.tag in {"td", "th"}] for row in rows]
    if sum(map(len, cells)) < 2 or flow.is_plain:
        return False
    flow.end_line()
    for caption in element.iterchildren("caption"):
        _line(caption, flow, marks)
    written = ["".join(_cell(cell, marks) for cell in row) for row in cells if row]
    flow.add("<table><tbody>" + "".join(f"<tr>{row}</tr>" for row in written) + "</tbody></table>")
    return True


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    for child in table:
        if child.tag == "tr":
            yield child
        elif child.tag in {"tbody", "thead", "tfoot"}:
            yield from child.iterchildren("tr")


def _cell(cell: etree._Element, marks: Marks) -> str:
    inner = Flow(is_plain=True)
    _walk(cell, inner, _marked(cell, marks))
    is_head = cell.tag == "th" or cell.getparent().getparent().tag == "thead"
    name = "th" if is_head else "td"
    spans = "".join(f' {side}="{n}"' for side in ("colspan", "rowspan") if (n := _span(cell, side)))
    return f"<{name}{spans}>{inner.closed()}</{name}>"


def _span(cell: etree._Element, side: str) -> int:
    given = cell.get(side) or ""
    number = int(given) if given.isdecimal() and len(given) < 6 else 1
    return min(number, MOST_SPAN) if number > 1 else 0


# --- pictures -----------------------------------------------------------------------------------


def _figure(element: etree._Element, flow: Flow, marks: Marks) -> bool:
    images = list(element.iter("img"))
    if len(images) != 1:
        return False
    inner = Flow()
    for caption in element.iter("figcaption"):
        _walk(caption, inner, Marks())
    caption = inner.as_one_line()
    _picture(images[0], flow, marks, caption)
    return True


def _image(element: etree._Element, flow: Flow, marks: Marks) -> bool:
    _picture(element, flow, marks, "")
    return True


def _picture(image: etree._Element, flow: Flow, marks: Marks, caption: str) -> None:
    src = (image.get("data-src") or image.get("src") or "").strip()
    src = f"https:{src}" if src.startswith("//") else src
    sides = {image.get("width"), image.get("height")}
    if not src or sides & {"0", "1", "2"} or _TINY.search(_style(image)):
        return  # a spacer, or what counts visitors
    if src.startswith(("data:", _OWN)):
        alt = escape(" ".join((image.get("alt") or "").split()))
        flow.end_line()
        shown = f'<img src="{escape(src)}" alt="{alt}"><figcaption>{caption}</figcaption>'
        flow.add(f"<figure>{shown}</figure>")
        return
    before = flow.begin_line("p")
    if host := _host(src):
        flow.say(f"{FOREIGN_PICTURE}{host}】", Marks(href=src))
    else:
        flow.say(LOCAL_PICTURE, Marks())
    flow.end_line()
    flow.kind = before
    if caption:
        flow.add(f"<p>{caption}</p>")


def _host(src: str) -> str:
    try:
        parts = urlsplit(src)
        return (parts.hostname or "") if parts.scheme in {"http", "https"} else ""
    except ValueError:
        return ""


def _rule(element: etree._Element, flow: Flow, marks: Marks) -> bool:
    flow.end_line()
    flow.add("<hr>")
    return True


def _break(element: etree._Element, flow: Flow, marks: Marks) -> bool:
    flow.say_break(marks)
    return True


_SPECIAL = {
    "ul": _list, "ol": _list, "blockquote": _quotation, "table": _table, "figure": _figure,
    "img": _image, "hr": _rule, "br": _break,
}  # fmt: skip


# --- what a style says --------------------------------------------------------------------------


def _marked(element: etree._Element, marks: Marks) -> Marks:
    tag, style = element.tag, _style(element)
    said: dict[str, object] = {}
    if tag in {"b", "strong"}:
        said["strong"] = True
    if tag in {"i", "em"}:
        said["em"] = True
    if tag in {"sub", "sup"}:
        said["raised"] = tag
    if found := _WEIGHT.search(style):
        said["strong"] = _is_bold(found[1].lower())
    if found := _ITALIC.search(style):
        said["em"] = found[1].lower() != "normal"
    if tag == "span" and (found := _RAISED.search(style)):
        said["raised"] = {"super": "sup", "sub": "sub"}[found[1].lower()]
    href = (element.get("href") or "").strip() if tag == "a" else ""
    if _LINK.match(href):
        said["href"] = href
    return marks._replace(**said) if said else marks


def _is_bold(weight: str) -> bool:
    return weight in {"bold", "bolder"} or (weight.isdecimal() and 600 <= int(weight) <= 1000)


def _style(element: etree._Element) -> str:
    return element.get("style") or ""


def _said_of(element: etree._Element) -> str:
    """Class and style of what may be a line; '' of what stands within one."""
    is_block = element.tag in _LINES or element.tag == "div"
    return f"{element.get('class') or ''} {_style(element)}" if is_block else ""
