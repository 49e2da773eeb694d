"""The lines of a pasted text: from runs of characters with their marks to clean HTML.

Kept in step with static/js/editor-lines.js.
"""

import re
from html import escape
from itertools import groupby
from typing import NamedTuple

BREAK = "\v"
_SPACES = re.compile("[ \t\r\n\f\u00a0\u200b\ufeff]+")
_GAP = re.compile("[ \n]+")
_EDGE = re.compile("(?:^|\v)[ \n\u3000]+|[ \n\u3000]+(?=$|\v)")
_PARAGRAPH = re.compile("[^\v]+(?:\v[^\v]+)*")
# Beside one of these a line break of the source was never meant as a space.
_WIDE = re.compile("[\u2014-\u2026\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
# A bullet typed as a character or left over of one: Wingdings' own in the private area, its "l".
_BULLET = re.compile(
    "^(?:[•‣▪\uf000-\uf0ff][ \u3000]*|·[ \u3000]+|l [ \u3000]*(?=[\u4e00-\u9fff]))"
)
_NUMBER = re.compile(
    r"^(?:[（(]?(?:(\d{1,3})|[a-zA-Z]|[ivxIVX]{1,5}|[一二三四五六七八九十百]{1,4})[)）.．、]|[①-⑳])"
)


class Marks(NamedTuple):
    """What stands around a run of characters, from the outside in."""

    href: str = ""
    strong: bool = False
    em: bool = False
    raised: str = ""  # "sub" or "sup"

    def elements(self) -> list[str]:
        found = [f'a href="{escape(self.href)}"'] if self.href else []
        found += ["strong"] if self.strong else []
        found += ["em"] if self.em else []
        return found + ([self.raised] if self.raised else [])


class Item(NamedTuple):
    """A paragraph that is an item of a list as Word writes them: one after another."""

    level: int
    is_ordered: bool
    start: int
    said: str


class Flow:
    """Blocks one after another. ``is_plain``: no headings, as within cells and items."""

    def __init__(self, *, is_plain: bool = False) -> None:
        self.kind = "p"
        self.is_plain = is_plain
        self._blocks: list[str | Item] = []
        self._runs: list[tuple[str, Marks]] = []
        self._item: Item | None = None

    def say(self, text: str | None, marks: Marks) -> None:
        if text:
            self._runs.append((_SPACES.sub(_folded, text), self._of_line(marks)))

    def say_break(self, marks: Marks) -> None:
        self._runs.append((BREAK, self._of_line(marks)))

    def _of_line(self, marks: Marks) -> Marks:
        """A heading is heavy as it is."""
        return marks if self.kind == "p" else marks._replace(strong=False, em=False)

    def begin_line(self, kind: str) -> str:
        """Ends the line at hand and begins one; the kind of line that goes on after it."""
        self.end_line()
        before, self.kind = self.kind, "p" if self.is_plain else kind
        return before

    def is_item(self, level: int, marker: str) -> None:
        """Says of the line just begun that it is an item, after what stood before it."""
        found = _NUMBER.match(marker)
        start = int(found[1]) if found and found[1] else 1
        self._item = Item(level, bool(found), start, "")

    def end_line(self) -> None:
        runs, self._runs = self._runs, []
        item, self._item = self._item, None
        chars, marks = _settled(runs)
        text = "".join(chars)
        for found in _PARAGRAPH.finditer(text):
            start, end = found.span()
            mine = item
            bullet = _BULLET.match(text[start:end]) if self.kind == "p" else None
            if bullet and mine is None:
                mine = Item(1, False, 1, "")
            if bullet:
                start += bullet.end()
            said = _written(chars[start:end], marks[start:end])
            if said and mine:
                self._blocks.append(mine._replace(said=f"<p>{said}</p>"))
            elif said:
                self._blocks.append(f"<{self.kind}>{said}</{self.kind}>")

    def add(self, block: str) -> None:
        self._blocks.append(block)

    def add_list(self, name: str, items: list[str], start: int = 1) -> None:
        if items:
            self._blocks.append(_list(name, items, start))

    def as_one_line(self) -> str:
        """Everything said so far as inline HTML."""
        runs, self._runs = self._runs, []
        chars, marks = _settled(runs)
        return _written(chars, marks)

    def closed(self) -> str:
        """All blocks; items one after another have become lists."""
        self.end_line()
        parts = []
        for are_items, found in groupby(self._blocks, key=lambda block: isinstance(block, Item)):
            group = list(found)
            parts += _lists(group) if are_items else group  # type: ignore[arg-type]
        return "".join(parts)


def _folded(found: re.Match) -> str:
    if not found[0].strip("\u200b\ufeff"):
        return ""
    return "\n" if "\n" in found[0] or "\r" in found[0] else " "


def _settled(runs: list[tuple[str, Marks]]) -> tuple[list[str], list[Marks]]:
    """The characters with their marks, without spaces that say nothing."""
    text = "".join(said for said, _ in runs)
    marks = [mark for said, mark in runs for _ in said]
    chars = list(text)
    for found in _GAP.finditer(text):
        before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
        is_of_source = "\n" in found[0] and (_WIDE.match(before) or _WIDE.match(after))
        chars[found.start() : found.end()] = [""] * (found.end() - found.start())
        chars[found.start()] = "" if is_of_source else " "
    for found in _EDGE.finditer(text):
        for place in range(*found.span()):
            chars[place] = BREAK if text[place] == BREAK else ""
    kept = [place for place, char in enumerate(chars) if char]
    return [chars[place] for place in kept], [marks[place] for place in kept]


def _written(chars: list[str], marks: list[Marks]) -> str:
    """Inline HTML. What stays open over the border of two runs is written once."""
    out: list[str] = []
    opened: list[str] = []
    for char, mark in zip(chars, marks, strict=True):
        wanted = mark.elements()
        shared = 0
        while shared < min(len(opened), len(wanted)) and opened[shared] == wanted[shared]:
            shared += 1
        out += [f"</{name.split()[0]}>" for name in reversed(opened[shared:])]
        out += [f"<{name}>" for name in wanted[shared:]]
        opened = wanted
        out.append("<br>" if char == BREAK else escape(char, quote=False))
    out += [f"</{name.split()[0]}>" for name in reversed(opened)]
    return "".join(out)


def _list(name: str, items: list[str], start: int) -> str:
    begin = f' start="{start}"' if name == "ol" and start > 1 else ""
    return f"<{name}{begin}>" + "".join(f"<li>{said}</li>" for said in items) + f"</{name}>"


def _lists(items: list[Item]) -> list[str]:
    """Lists of items by their level; another list begins where numbers follow bullets."""
    made: list[str] = []
    while items:
        first, said = items[0], []
        while items and (
            items[0].level > first.level
            or (items[0].level == first.level and items[0].is_ordered == first.is_ordered)
        ):
            if said and items[0].level > first.level:
                deeper = []
                while items and items[0].level > first.level:
                    deeper.append(items.pop(0))
                said[-1] += "".join(_lists(deeper))
            else:
                said.append(items.pop(0).said)
        made.append(_list("ol" if first.is_ordered else "ul", said, first.start))
    return made
