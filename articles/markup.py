"""The one allow-list for text written as HTML: what the editor offers and the server keeps.

Every way in goes through ``clean``: the form, the model's ``save`` and the loading of content.
"""

import html
import re

import nh3
from django.conf import settings
from django_prose_editor.config import allowlist_from_extensions, expand_extensions

EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "Subscript": True,
    "Superscript": True,
    "Heading": {"levels": [2, 3, 4]},
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "Blockquote": True,
    "HardBreak": True,
    "HorizontalRule": True,
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto", "tel"]},
    "Figure": True,
    "Caption": True,
    "Image": True,
    "Table": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
    "HTML": True,
    # Our own (static/js/editor-*.js), with the addresses of the desk they ask.
    "CleanPaste": {
        "uploadUrl": "/admin/library/picture/upload/",
        "fetchUrl": "/admin/articles/article/fetch-picture/",
    },
    "LibraryPicture": {"picturesUrl": "/admin/articles/article/pictures/"},
    "SiteLink": {"findUrl": "/admin/find/"},
}
MAX_CHARACTERS = 200_000
MAX_PASSES = 10
# Elements within elements; real texts stay far below. Readers of HTML take quadratic time for what
# nests without end, and some give up at 256 and lose the words.
MOST_DEPTH = 50

_RULES = allowlist_from_extensions(expand_extensions(EXTENSIONS))
_OLD_NAMES = re.compile(r"<(/?)(b|i)(?=[\s/>])", re.I)
_NEW_NAMES = {"b": "strong", "i": "em"}
_EMPTY_PARAGRAPH = re.compile(
    r"<(p|h[2-4]|figcaption|figure|blockquote)>(?:\s|&nbsp;|\u00a0|\u3000|<br>)*</\1>"
)
_INDENT = re.compile(r"(<(?:p|li|td|th|h[2-4])>)(?:\s|&nbsp;|\u00a0|\u3000)+")
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*+)")
_LONGEST_TAG = 4_000
# Those that hold nothing, and those that the next of their kind ends.
_NOT_NESTING = {"br", "img", "hr", "input", "meta", "link", "col", "wbr", "p", "li", "tr", "td",
                "th", "tbody", "thead", "tfoot", "dt", "dd", "option"}  # fmt: skip
# Only within a drawing does "/>" end an element.
_DRAWN = {"svg", "g", "defs", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon",
          "use", "stop", "animate"}  # fmt: skip
# XML, by which texts are read again, has no such characters.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_NO_SOURCE = re.compile(r'<img(?![^>]* src=")[^>]*>')  # within a value, " and > are escaped
_BLOCK_END = re.compile(r"</(?:p|h[2-4]|li|tr|blockquote|figcaption|figure|table)>|<br>|<hr>")
_ELEMENT = re.compile(r"<[^>]*>")
_FOREIGN_LINK = re.compile(r"(?:https?://[^/\\]|mailto:|tel:)", re.I)
_PAGES = "articles|parks|spaces|search|report|about|contact|privacy|reprint|enquiries"
_OWN_PAGE = re.compile(
    rf"/(?:en/?)?|(?:/en)?/(?:{_PAGES})(?:/[^\s\\]*)?|{re.escape(settings.MEDIA_URL)}documents/[\w/.-]+"
)
_OWN_PICTURE = re.compile(rf"{re.escape(settings.MEDIA_URL)}(?!.*\.\.)[\w/.-]+", re.ASCII)


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    """Pictures come from our own library: a foreign one would make the browser ask another host."""
    if tag == "img" and name == "src" and not _OWN_PICTURE.fullmatch(value):
        return None
    if tag == "a" and name == "href" and not _is_followed(value):
        return None
    if tag == "figure" and name == "class":
        return None
    return value


def _is_followed(href: str) -> bool:
    """A link names another site in full, or a page of ours readers may open."""
    return bool(_FOREIGN_LINK.match(href) or is_own_page(href))


def is_own_page(href: str) -> bool:
    """Whether it is a path of this site that may stand in a text, such as ``/articles/12/``."""
    return bool(_OWN_PAGE.fullmatch(href)) and "/.." not in href


_cleaner = nh3.Cleaner(
    **{**_RULES, "url_schemes": {"http", "https", "mailto", "tel"}, "link_rel": None},
    attribute_filter=_keep_attribute,
)


def clean(text: str) -> str:
    """``text`` with nothing in it but what the allow-list names; idempotent.

    Scripts, styles, handlers, foreign pictures, indents by spaces and empty paragraphs go.
    """
    text = shallow(without_controls(text))
    text = _OLD_NAMES.sub(lambda found: f"<{found[1]}{_NEW_NAMES[found[2].lower()]}", text)
    # A browser may read what was written for misnested elements in another way again, and where
    # an empty paragraph went an indent comes up: so until nothing changes, mostly the second time.
    for _ in range(MAX_PASSES):
        before, text = text, _once(text)
        if text == before:
            break
    return text


def _once(text: str) -> str:
    # Once more: a reference such as &#8; is a character by now.
    text = _NO_SOURCE.sub("", without_controls(_cleaner.clean(text)))
    text = _INDENT.sub(r"\1", text)
    return _EMPTY_PARAGRAPH.sub("", text).strip()


def without_controls(text: str) -> str:
    """``text`` without the characters that no reader sees and XML refuses."""
    return _CONTROLS.sub("", text)


def shallow(text: str) -> str:
    """``text`` without the tags that stand deeper than MOST_DEPTH; every word stays."""
    kept, done, depth, is_drawing = [], 0, 0, False
    for found in _TAG.finditer(text):
        name = found[2].lower()
        is_drawing = name == "svg" or (is_drawing and name in _DRAWN)
        if name in _NOT_NESTING:
            continue
        end = text.find(">", found.end(), found.end() + _LONGEST_TAG) + 1
        if is_drawing and text[end - 2 : end] == "/>":
            continue
        depth = max(depth - 1, 0) if found[1] else depth + 1
        is_deep = depth >= MOST_DEPTH if found[1] else depth > MOST_DEPTH
        if is_deep and found.start() >= done:
            kept.append(text[done : found.start()])
            done = end or found.end()
    return "".join([*kept, text[done:]])


def plain(text: str) -> str:
    """The words of cleaned HTML, a line for each block."""
    lines = _ELEMENT.sub("", _BLOCK_END.sub("\n", text)).split("\n")
    return "\n".join(line.strip() for line in map(html.unescape, lines) if line.strip())
