"""Pinyin for addresses and for order."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate, count

from .widths import HAN, fold

MAX_SLUG = 60
_RUNS = re.compile(rf"[{HAN}]+|[a-z0-9]+")

# Readings the dictionary of pypinyin has not: names and words of the trade with a character that
# is read in two ways.
PHRASES = {
    "长三角": "chang san jiao",
    "长宁": "chang ning",
    "长阳": "chang yang",
    "六合": "lu he",
    "朝阳": "chao yang",
    "校准": "jiao zhun",
    "给排水": "ji pai shui",
}


def slug(text: str, fallback: str = "item") -> str:
    """A name for an address: ``[a-z0-9-]``, at most 60 characters, cut at a hyphen.

    Han is read as pinyin, Latin kept in lower case, everything else parts words; ``fallback``
    when nothing is left.
    """
    words = re.findall(r"[a-z0-9]+", " ".join(_syllables(text)).lower())
    return _cut("-".join(words), MAX_SLUG) or fallback


def unique_slug(text: str, taken: Callable[[str], bool], fallback: str = "item") -> str:
    """``slug``, or with -2, -3 … the first that is not ``taken``; at most 60 characters too."""
    name = slug(text, fallback)
    if not taken(name):
        return name
    for number in count(2):
        tail = f"-{number}"
        candidate = _cut(name, MAX_SLUG - len(tail)) + tail
        if not taken(candidate):
            return candidate
    raise AssertionError("counting does not end")


def sort_key(text: str) -> str:
    """A key that puts names in the order of their pinyin, as text.

    Syllables carry their tone, numbers are padded so that 2号 stands before 10号, and the name
    itself comes last, so that two names never share a key.
    """
    syllables = " ".join(_syllables(text, with_tone=True)).lower()
    padded = re.sub(r"(?<![0-9a-z])[0-9]+", lambda found: found[0].zfill(8), syllables)
    return f"{' '.join(padded.split())} {text}".strip()


@dataclass(frozen=True)
class Keys:
    """What a person may type for a name: itself, its pinyin, the first letters of that.

    ``starts`` are the places in ``pinyin`` at which a syllable, a word or a number begins.
    """

    folded: str
    pinyin: str
    initials: str
    starts: frozenset[int]


@lru_cache(maxsize=20_000)
def keys(text: str) -> Keys:
    """临港U谷2号楼 → ``lingangugu2haolou``, ``lgug2hl``: Latin and numbers stay whole in both."""
    folded = fold(text).lower()
    parts: list[tuple[str, str]] = []
    for run in _RUNS.findall(folded):
        if run.isascii():
            parts.append((run, run))
        else:
            parts += [(one, one[:1]) for one in _syllables(run)]
    ends = list(accumulate(len(whole) for whole, _first in parts))
    starts = frozenset([0, *ends[:-1]])
    whole, first = ("".join(side) for side in zip(*parts, strict=True)) if parts else ("", "")
    return Keys(folded, whole, first, starts)


def _syllables(text: str, with_tone: bool = False) -> list[str]:
    lazy_pinyin, plain, toned = _reader()
    folded = unicodedata.normalize("NFKC", text)
    read = lazy_pinyin(folded, style=toned if with_tone else plain)
    # Accents go, so that a Latin name keeps its letters: café is cafe.
    return [
        "".join(c for c in unicodedata.normalize("NFKD", part) if not unicodedata.combining(c))
        for part in read
    ]


@cache
def _reader() -> tuple:
    """pypinyin with our phrases; its import takes 0.2 s, so it waits until it is needed."""
    from pypinyin import Style, lazy_pinyin, load_phrases_dict, pinyin

    def marked(reading: str, phrase: str) -> list[list[str]]:
        return [
            [next(r for r in pinyin(char, heteronym=True)[0] if _plain(r) == syllable)]
            for char, syllable in zip(phrase, reading.split(), strict=True)
        ]

    load_phrases_dict({phrase: marked(reading, phrase) for phrase, reading in PHRASES.items()})
    return lazy_pinyin, Style.NORMAL, Style.TONE3


def _plain(syllable: str) -> str:
    return unicodedata.normalize("NFKD", syllable).encode("ascii", "ignore").decode()


def _cut(name: str, limit: int) -> str:
    if len(name) <= limit:
        return name
    head = name[: limit + 1].rpartition("-")[0]
    return head or name[:limit]
