"""Two texts beside each other: which passages stayed, which came and which went.

Pure functions on plain text. Paragraphs (lines) are aligned first, then sentences within what
differs, then words: Latin and numbers by word, everything else by character. No automatic junk of
difflib's, which takes the commonest characters of a Chinese text for noise; what it would cost is
counted beforehand instead, and what would cost too much is shown as replaced as a whole.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

SAME, ADDED, REMOVED = "same", "added", "removed"
# Steps of difflib's inner loop that one comparison may take: about a second.
BUDGET = 3_000_000
MOST_PAIRED = 2_000  # paragraphs of one side times those of the other that are paired by likeness
ALIKE = 0.3  # share of two paragraphs' words below which they are no versions of each other
CONTEXT = 2  # unchanged paragraphs shown before and after a changed one

_SENTENCE = re.compile(r"[^。！？；.!?;\n]*(?:[。！？；.!?;\n]+|$)")
_TOKEN = re.compile(r"[A-Za-z0-9]+(?:[.,'’_/-][A-Za-z0-9]+)*|[ \t\r\n\u3000]+|.", re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """A stretch of text that stayed (SAME), came (ADDED) or went (REMOVED)."""

    kind: str
    text: str


@dataclass(frozen=True)
class Row:
    """A paragraph before and after, in pieces. None on the side where it is not; the pieces of the
    left are SAME and REMOVED, those of the right SAME and ADDED."""

    before: tuple[Piece, ...] | None
    after: tuple[Piece, ...] | None

    @property
    def is_same(self) -> bool:
        return self.before is not None and self.before == self.after


@dataclass(frozen=True)
class Fold:
    """Unchanged paragraphs between changed ones, to be folded away."""

    rows: tuple[Row, ...]

    is_fold = True


class _Purse:
    """What is left of BUDGET for one comparison."""

    def __init__(self) -> None:
        self.left = BUDGET

    def pays(self, before: Sequence[str], after: Sequence[str]) -> bool:
        """Whether comparing them is affordable; takes the cost."""
        ours, theirs = Counter(before), Counter(after)
        # Every pair of equal units is looked at once, and again in the halves around a match.
        cost = 4 * sum(count * theirs[unit] for unit, count in ours.items()) + len(after)
        if cost > self.left:
            return False
        self.left -= cost
        return True


def tokens(text: str) -> list[str]:
    """The text in words, numbers and single characters; joined they are the text."""
    return _TOKEN.findall(text)


def words(before: str, after: str) -> tuple[Piece, ...]:
    """The differences of two texts: SAME and REMOVED joined are ``before``, SAME and ADDED
    ``after``; no two neighbours are of one kind."""
    return _merged(_sentences(before, after, _Purse()))


def rows(before: str, after: str) -> list[Row]:
    """The paragraphs (lines) of two texts, aligned; changed ones in pieces."""
    purse = _Purse()
    ours, theirs = before.split("\n"), after.split("\n")
    if not before:
        ours = []
    if not after:
        theirs = []
    found: list[Row] = []
    for kind, left, right in _steps(ours, theirs, purse):
        if kind == SAME:
            found += [Row(*((Piece(SAME, line),),) * 2) for line in left]
        else:
            found += _aligned(left, right, purse)
    return found


def folded(found: Iterable[Row]) -> list[Row | Fold]:
    """The rows with long unchanged stretches folded, but for CONTEXT around each change."""
    shown: list[Row | Fold] = []
    run: list[Row] = []
    for row in found:
        if row.is_same:
            run.append(row)
            continue
        shown += _fold(run, head=bool(shown), tail=True)
        shown.append(row)
        run = []
    return shown + _fold(run, head=bool(shown), tail=False)


def _fold(run: list[Row], *, head: bool, tail: bool) -> list[Row | Fold]:
    """``head`` and ``tail``: whether a change stands before the run, and after it."""
    start = CONTEXT if head else 0
    end = len(run) - (CONTEXT if tail else 0)
    if end - start < 2:  # a line that says "one paragraph" is as long as the paragraph
        return list(run)
    return [*run[:start], Fold(tuple(run[start:end])), *run[end:]]


def _steps(
    before: Sequence[str], after: Sequence[str], purse: _Purse
) -> Iterable[tuple[str, Sequence[str], Sequence[str]]]:
    """(SAME, units, units) and (REMOVED, units that went, units that came), in order."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    if start:
        yield SAME, before[:start], after[:start]
    left, right = before[start : len(before) - end], after[start : len(after) - end]
    if left or right:
        yield from _middle(left, right, purse)
    if end:
        yield SAME, before[len(before) - end :], after[len(after) - end :]


def _middle(
    left: Sequence[str], right: Sequence[str], purse: _Purse
) -> Iterable[tuple[str, Sequence[str], Sequence[str]]]:
    if not (left and right and purse.pays(left, right)):
        yield REMOVED, left, right
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        yield (SAME if tag == "equal" else REMOVED), left[i1:i2], right[j1:j2]


def _sentences(before: str, after: str, purse: _Purse) -> Iterable[Piece]:
    ours, theirs = ([one for one in _SENTENCE.findall(text) if one] for text in (before, after))
    for kind, left, right in _steps(ours, theirs, purse):
        if kind == SAME:
            yield Piece(SAME, "".join(left))
        else:
            yield from _tokens("".join(left), "".join(right), purse)


def _tokens(before: str, after: str, purse: _Purse) -> list[Piece]:
    whole = [Piece(REMOVED, before), Piece(ADDED, after)]
    if not (before and after):
        return whole
    found, kept = [], 0
    for kind, left, right in _steps(tokens(before), tokens(after), purse):
        if kind == SAME:
            kept += 2 * len("".join(left))
            found.append(Piece(SAME, "".join(left)))
        else:
            found += [Piece(REMOVED, "".join(left)), Piece(ADDED, "".join(right))]
    # Single characters in common are no common text: two sentences read better than confetti.
    return found if kept >= ALIKE * (len(before) + len(after)) else whole


def _merged(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Neighbours of one kind as one, without empty ones; what went stands before what came."""
    merged: list[Piece] = []
    waiting = {REMOVED: "", ADDED: ""}

    def settle() -> None:
        merged.extend(Piece(kind, text) for kind, text in waiting.items() if text)
        waiting.update({REMOVED: "", ADDED: ""})

    for piece in pieces:
        if piece.kind != SAME:
            waiting[piece.kind] += piece.text
        elif piece.text:
            settle()
            if merged and merged[-1].kind == SAME:
                merged[-1] = Piece(SAME, merged[-1].text + piece.text)
            else:
                merged.append(piece)
    settle()
    return tuple(merged)


def _aligned(left: Sequence[str], right: Sequence[str], purse: _Purse) -> list[Row]:
    """Replaced paragraphs: those that are versions of each other in one row, the rest alone."""
    found: list[Row] = []
    i = j = 0
    for p, q in [*_pairs(left, right), (len(left), len(right))]:
        found += [Row((Piece(REMOVED, line),), None) for line in left[i:p]]
        found += [Row(None, (Piece(ADDED, line),)) for line in right[j:q]]
        if p < len(left):
            found.append(_row(_merged(_sentences(left[p], right[q], purse))))
        i, j = p + 1, q + 1
    return found


def _row(pieces: tuple[Piece, ...]) -> Row:
    return Row(
        tuple(piece for piece in pieces if piece.kind != ADDED),
        tuple(piece for piece in pieces if piece.kind != REMOVED),
    )


def _pairs(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """Which paragraphs belong together, in order: the choice in which most words stay (an alignment
    by dynamic programming). Of too many, one after the other; of one and one, both."""
    if len(left) == len(right) == 1:
        return [(0, 0)]
    if len(left) * len(right) > MOST_PAIRED:
        return list(zip(range(len(left)), range(len(right)), strict=False))
    ours, theirs = ([Counter(tokens(line)) for line in side] for side in (left, right))
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in reversed(range(len(left))):
        for j in reversed(range(len(right))):
            together = _likeness(ours[i], theirs[j])
            best[i][j] = max(
                best[i + 1][j], best[i][j + 1], together and together + best[i + 1][j + 1]
            )
    found, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            found.append((i, j))
            i, j = i + 1, j + 1
    return found


def _likeness(ours: Counter, theirs: Counter) -> float:
    """Share of common words, 0 where it is below ALIKE."""
    total = ours.total() + theirs.total()
    share = 2 * (ours & theirs).total() / total if total else 0.0
    return share if share >= ALIKE else 0.0
