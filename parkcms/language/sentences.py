"""Sentences of Chinese text, and openings cut where a sentence ends."""

import re

from .widths import HAN

_CLOSING = "”’」』】）》〉)\"'"
# A half-width ? or ! ends a sentence only where something follows that can't be an address.
_END = rf"(?:[。！？]|[?!](?=[\s{_CLOSING}?!。！？]|[{HAN}]|$))"
_SENTENCE = re.compile(rf"(?:(?!{_END})[^\n])*(?:(?:{_END})+[{_CLOSING}]*|\n|$)")
_CLAUSE = re.compile(r"[，；、：,;]")


def sentences(text: str) -> list[str]:
    """The sentences of ``text`` in order, each with its end mark and closing quotes.

    A line break ends a sentence too. Spaces around are dropped, nothing else.
    """
    return [one.strip() for one in _SENTENCE.findall(text) if one.strip()]


def excerpt(text: str, limit: int = 120) -> str:
    """The opening of ``text`` in at most ``limit`` characters, on one line.

    It ends with the last sentence that ends in the second half of the limit (60 to 120); where
    none does, after a clause or a word, with ``…``.
    """
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    ends = [found.end() for found in _SENTENCE.finditer(line) if found.end() < len(line)]
    fitting = [end for end in ends if limit / 2 <= end <= limit]
    if fitting:
        return line[: fitting[-1]].strip()
    room = line[: max(limit - 1, 0)]
    clauses = [found.start() for found in _CLAUSE.finditer(room) if found.start() >= limit / 2]
    return (room[: clauses[-1]] if clauses else _whole_words(line, len(room))).rstrip() + "…"


def _whole_words(line: str, end: int) -> str:
    """The first ``end`` characters without a Latin word or number cut in two, if one is whole."""
    head = line[:end]
    if re.match(r"[A-Za-z0-9][A-Za-z0-9]", line[end - 1 : end + 1]):
        return re.sub(r"[A-Za-z0-9]+$", "", head) or head
    return head
