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
}
MAX_CHARACTERS = 200_000
MAX_PASSES = 10

_RULES = allowlist_from_extensions(expand_extensions(EXTENSIONS))
_OLD_NAMES = re.compile(r"<(/?)(b|i)(?=[\s/>])", re.I)
_NEW_NAMES = {"b": "strong", "i": "em"}
_EMPTY_PARAGRAPH = re.compile(r"<p>(?:\s|&nbsp;|\u00a0|\u3000|<br>)*</p>")
_INDENT = re.compile(r"(<(?:p|li|td|th|h[2-4])>)(?:\s|&nbsp;|\u00a0|\u3000)+")
_NO_SOURCE = re.compile(r'<img(?![^>]* src=")[^>]*>')  # within a value, " and > are escaped
_BLOCK_END = re.compile(r"</(?:p|h[2-4]|li|tr|blockquote|figcaption|figure|table)>|<br>|<hr>")
_ELEMENT = re.compile(r"<[^>]*>")
_OWN_PICTURE = re.compile(rf"{re.escape(settings.MEDIA_URL)}(?!.*\.\.)[\w/.-]+", re.ASCII)


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    """Pictures come from our own library: a foreign one would make the browser ask another host."""
    if tag == "img" and name == "src" and not _OWN_PICTURE.fullmatch(value):
        return None
    if tag == "figure" and name == "class":
        return None
    return value


_cleaner = nh3.Cleaner(
    **{**_RULES, "url_schemes": {"http", "https", "mailto", "tel"}, "link_rel": None},
    attribute_filter=_keep_attribute,
)


def clean(text: str) -> str:
    """``text`` with nothing in it but what the allow-list names; idempotent.

    Scripts, styles, handlers, foreign pictures, indents by spaces and empty paragraphs go.
    """
    text = text.replace("\x00", "")
    text = _OLD_NAMES.sub(lambda found: f"<{found[1]}{_NEW_NAMES[found[2].lower()]}", text)
    # A browser may read what was written for misnested elements in another way again, and where
    # an empty paragraph went an indent comes up: so until nothing changes, mostly the second time.
    for _ in range(MAX_PASSES):
        before, text = text, _once(text)
        if text == before:
            break
    return text


def _once(text: str) -> str:
    text = _NO_SOURCE.sub("", _cleaner.clean(text))
    text = _INDENT.sub(r"\1", text)
    return _EMPTY_PARAGRAPH.sub("", text).strip()


def plain(text: str) -> str:
    """The words of cleaned HTML, a line for each block."""
    lines = _ELEMENT.sub("", _BLOCK_END.sub("\n", text)).split("\n")
    return "\n".join(line.strip() for line in map(html.unescape, lines) if line.strip())
