"""Finding quotes in a text and marking them, so that a sentence leads to the figure it supports."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from lxml import etree, html

from parkcms.language.widths import fold, fold_with_map

# A quote does not run from one of these into the next.
BLOCKS = {"p", "h2", "h3", "h4", "li", "td", "th", "blockquote", "figcaption", "div", "br", "hr"}


@dataclass(frozen=True)
class Mark:
    """What to mark: the words, which of their occurrences, and where the mark leads."""

    quote: str
    occurrence: int
    href: str
    anchor: str
    label: str = ""


@dataclass
class _Slot:
    """A run of text in the tree: the text or the tail of one element."""

    element: etree._Element
    is_tail: bool
    start: int
    text: str


@dataclass(frozen=True)
class _Span:
    start: int
    end: int
    mark: Mark


def find(text: str, quote: str, occurrence: int = 1) -> tuple[int, int] | None:
    """(start, end) of the given occurrence of ``quote`` in ``text``, width-folded; or None."""
    return _find(*fold_with_map(text), quote, occurrence)


def _find(folded: str, places: list[int], quote: str, occurrence: int) -> tuple[int, int] | None:
    wanted = fold(quote).strip()
    if not wanted or occurrence < 1:
        return None
    at = -1
    for _ in range(occurrence):
        at = folded.find(wanted, at + 1)
        if at < 0:
            return None
    last = at + len(wanted) - 1
    return places[at], places[last] + 1


def text_of(body: str) -> str:
    """The words of cleaned HTML as ``mark`` reads them, a line break between blocks."""
    return _slots(html.fragment_fromstring(body, create_parent="div"))[1]


def mark(body: str, marks: Iterable[Mark]) -> str:
    """Cleaned HTML with each found quote inside ``<a class="cite" id=… href=…>``.

    A quote that is not found leaves no mark. Where two overlap, the one named first is marked.
    A passage that is already a link keeps its own link, and only gets the id.
    """
    wanted = list(marks)
    if not wanted:
        return body
    root = html.fragment_fromstring(body, create_parent="div")
    slots, text = _slots(root)
    spans = _spans(text, wanted)
    done: set[str] = set()
    for slot in slots:
        pieces = [span for span in spans if _overlaps(span, slot)]
        link = _link_around(slot)
        if pieces and link is None:
            _mark_slot(slot, pieces, done)
        elif pieces:
            _name(link, pieces[0].mark, done)
    return _inner(root)


def _slots(root: etree._Element) -> tuple[list[_Slot], str]:
    """Every run of text with its place, and the whole text with a line break between blocks."""
    slots: list[_Slot] = []
    parts: list[str] = []
    length = 0

    def take(text: str | None, element: etree._Element, is_tail: bool) -> None:
        nonlocal length
        if text:
            slots.append(_Slot(element, is_tail, length, text))
            parts.append(text)
            length += len(text)

    def walk(element: etree._Element) -> None:
        nonlocal length
        take(element.text, element, False)
        for child in element:
            if child.tag in BLOCKS:
                parts.append("\n")
                length += 1
            walk(child)
            take(child.tail, child, True)

    walk(root)
    return slots, "".join(parts)


def _spans(text: str, marks: list[Mark]) -> list[_Span]:
    spans: list[_Span] = []
    folded = fold_with_map(text)
    for one in marks:
        found = _find(*folded, one.quote, one.occurrence)
        if found and all(found[1] <= s.start or found[0] >= s.end for s in spans):
            spans.append(_Span(*found, one))
    return sorted(spans, key=lambda span: span.start)


def _overlaps(span: _Span, slot: _Slot) -> bool:
    return span.start < slot.start + len(slot.text) and span.end > slot.start


def _link_around(slot: _Slot) -> etree._Element | None:
    element = slot.element.getparent() if slot.is_tail else slot.element
    while element is not None and element.tag != "a":
        element = element.getparent()
    return element


def _mark_slot(slot: _Slot, spans: list[_Span], done: set[str]) -> None:
    """Split one run of text around its spans and put a link around each."""
    parent = slot.element.getparent() if slot.is_tail else slot.element
    at = parent.index(slot.element) + 1 if slot.is_tail else 0
    first = max(spans[0].start - slot.start, 0)
    if slot.is_tail:
        slot.element.tail = slot.text[:first]
    else:
        slot.element.text = slot.text[:first]
    for number, span in enumerate(spans):
        start, end = max(span.start - slot.start, 0), min(span.end - slot.start, len(slot.text))
        following = spans[number + 1].start - slot.start if number + 1 < len(spans) else None
        link = _link(span.mark, slot.text[start:end], done)
        link.tail = slot.text[end:following]
        parent.insert(at + number, link)


def _link(one: Mark, text: str, done: set[str]) -> etree._Element:
    link = etree.Element("a", {"class": "cite", "href": one.href})
    _name(link, one, done)
    if one.label:
        link.set("title", one.label)
    link.text = text
    return link


def _name(link: etree._Element, one: Mark, done: set[str]) -> None:
    """The first piece of a passage is where links to it come out."""
    if one.anchor not in done and not link.get("id"):
        link.set("id", one.anchor)
        done.add(one.anchor)


def _inner(root: etree._Element) -> str:
    start = escape(root.text, quote=False) if root.text else ""
    return start + "".join(html.tostring(child, encoding="unicode") for child in root)
