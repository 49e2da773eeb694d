"""Half and full width: one form for finding, full-width punctuation for reading."""

import re
import unicodedata
from collections.abc import Iterator

HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
# Marks that are Chinese by themselves say, as Han does, that the text around is Chinese.
_CHINESE = re.compile(rf"[{HAN}\u3001\u3002\u3008-\u3011\u3014-\u301b]")
_BRACKETS = "()（）"
_QUOTES = "“”‘’"
_MARKS = ",;:?!，；：？！"
_SPACES = " \t\u00a0\u3000"
_WIDE = str.maketrans(",;:?!", "，；：？！")

# What punctuation rules must not touch: code in backticks, and addresses. An address ends where
# a mark is followed by something that can't be part of it; Han belongs to it after a delimiter.
_PROTECTED = re.compile(
    r"`[^`\n]*`"
    r"|(?:[A-Za-z][A-Za-z0-9+.-]{0,20}://|www\.)"
    rf"(?:(?![,;!():?]{{1,8}}(?:[^!-~]|$))[!-~]|[:?](?=[{HAN}])|(?<=[/=_:#?&%{HAN}-])[{HAN}])*"
)

# Each of these is a starter that never joins what stands before it.
_SIMPLE = re.compile(r"[\x00-\x7f\u3000-\u3029\u4e00-\u9fff\uff01-\uff5e]")
_INDENT = re.compile(r"^[ \t\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]+", re.MULTILINE)


def fold(text: str) -> str:
    """The form in which texts are compared: NFKC, so （ is (, ㎡ is m2, １ is 1."""
    return unicodedata.normalize("NFKC", text)


def fold_with_map(text: str) -> tuple[str, list[int]]:
    """``fold(text)`` and, for each of its characters, the index in ``text`` it comes from.

    What becomes several characters (㎡) gives the same index several times; what joins with marks
    after it (e + accent) gives the index of the first.
    """
    if unicodedata.is_normalized("NFKC", text):
        return text, list(range(len(text)))
    parts: list[str] = []
    places: list[int] = []
    for start, chunk in _chunks(text):
        folded = fold(chunk)
        parts.append(folded)
        places += [start] * len(folded)
    return "".join(parts), places


def _chunks(text: str) -> list[tuple[int, str]]:
    """Pieces that fold by themselves exactly as they fold within ``text``."""
    found: list[tuple[int, str]] = []
    start = 0
    for index in range(1, len(text)):
        char = text[index]
        if _SIMPLE.match(char) or _stands_apart(text, start, index):
            found.append((start, text[start:index]))
            start = index
    return [*found, (start, text[start:])]


def _stands_apart(text: str, start: int, index: int) -> bool:
    if unicodedata.combining(unicodedata.normalize("NFKD", text[index])[:1]):
        return False
    before, char = text[start:index], text[index]
    return fold(before + char) == fold(before) + fold(char)


def full_width_punctuation(text: str) -> str:
    """Give ``, ; : ? ! ( )`` their full width where they stand in Chinese.

    A mark is in Chinese when a neighbour is Han (quotes, brackets and other marks are looked
    through); before a space both neighbours must be. Brackets change as pairs, when something
    directly inside or outside is Han. Numbers (1,000), ratios (3:1), times (10:30), addresses and
    code in backticks stay, and so does every full stop. Doing it twice changes nothing more.
    """
    kept = _protected(text)
    chars = list(text)
    for index in _marks_in_chinese(text):
        if index not in kept:
            chars[index] = chars[index].translate(_WIDE)
    for pair in _pairs_in_chinese(text, kept):
        for index, bracket in zip(pair, "（）", strict=True):
            chars[index] = bracket
    return "".join(chars)


def strip_indents(text: str) -> str:
    """Each line without the spaces (U+3000, no-break and others) that stood for an indent."""
    return _INDENT.sub("", text)


def _protected(text: str) -> set[int]:
    return {index for found in _PROTECTED.finditer(text) for index in range(*found.span())}


def _nearest(text: str, through: str) -> tuple[list[int], list[int]]:
    """For each index the nearest to the left and to the right whose character is not ``through``.

    -1 and ``len(text)`` stand for the edges.
    """
    left, right = [-1] * len(text), [len(text)] * len(text)
    for index in range(1, len(text)):
        left[index] = left[index - 1] if text[index - 1] in through else index - 1
    for index in range(len(text) - 2, -1, -1):
        right[index] = right[index + 1] if text[index + 1] in through else index + 1
    return left, right


def _is_chinese(text: str, index: int) -> bool:
    return 0 <= index < len(text) and bool(_CHINESE.match(text[index]))


def _marks_in_chinese(text: str) -> Iterator[int]:
    left, right = _nearest(text, _MARKS + _BRACKETS + _QUOTES)
    _, past_spaces = _nearest(text, _MARKS + _BRACKETS + _QUOTES + _SPACES)
    for index, char in enumerate(text):
        if char not in ",;:?!":
            continue
        before, after = _is_chinese(text, left[index]), right[index]
        if after < len(text) and text[after] in _SPACES:
            word = past_spaces[after]
            ends_line = word == len(text) or text[word] in "\r\n"
            in_chinese = before and (ends_line or _is_chinese(text, word))
        else:
            in_chinese = before or _is_chinese(text, after)
        if in_chinese:
            yield index


def _pairs_in_chinese(text: str, kept: set[int]) -> Iterator[tuple[int, int]]:
    left, right = _nearest(text, _BRACKETS + _QUOTES)
    for pair in _pairs(text, kept):
        beside = [place[index] for index in pair for place in (left, right)]
        is_half_done = text[pair[0]] == "（" or text[pair[1]] == "）"
        if is_half_done or any(_is_chinese(text, index) for index in beside):
            yield pair


def _pairs(text: str, kept: set[int]) -> Iterator[tuple[int, int]]:
    """Brackets that belong together, on one line; either side may be of either width."""
    waiting: list[int] = []
    for index, char in enumerate(text):
        if char == "\n":
            waiting.clear()
        elif char in "(（" and index not in kept:
            waiting.append(index)
        elif char in ")）" and index not in kept and waiting:
            yield waiting.pop(), index
