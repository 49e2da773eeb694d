"""Two contents of an article side by side: texts by passages, fields in a table, pictures."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from parkcms.library.models import Picture

from . import comparing, illustrating
from . import content as contents
from .content import Content, Difference

STATES = {"added": "新加", "removed": "去掉", "same": "没变"}


@dataclass(frozen=True)
class Shown:
    """One field in which two contents differ, in rows or pieces as the page shows it."""

    difference: Difference

    @property
    def name(self) -> str:
        return self.difference.name

    @property
    def label(self) -> str:
        return self.difference.label

    @property
    def before(self) -> str:
        return self.difference.before

    @property
    def after(self) -> str:
        return self.difference.after

    @property
    def is_text(self) -> bool:
        """Whether it stands passage by passage rather than in a row of a table."""
        return self.difference.is_text and not self.is_form_only

    @property
    def is_form_only(self) -> bool:
        """The words are the same: headings, bold or pictures differ."""
        return self.before == self.after

    @cached_property
    def rows(self) -> list[comparing.Row | comparing.Fold]:
        return comparing.folded(comparing.rows(self.before, self.after))

    @cached_property
    def pieces(self) -> tuple[comparing.Piece, ...]:
        return comparing.words(self.before, self.after)

    @property
    def left(self) -> list[comparing.Piece]:
        return [piece for piece in self.pieces if piece.kind != comparing.ADDED]

    @property
    def right(self) -> list[comparing.Piece]:
        return [piece for piece in self.pieces if piece.kind != comparing.REMOVED]


@dataclass(frozen=True)
class Comparison:
    """What differs between two contents, ready for a page."""

    fields: list[Shown]
    pictures: list[tuple[str, Picture]] = field(default_factory=list)  # (word of STATES, picture)

    @property
    def texts(self) -> list[Shown]:
        return [one for one in self.fields if one.is_text]

    @property
    def others(self) -> list[Shown]:
        return [one for one in self.fields if not one.is_text]

    @property
    def labels(self) -> str:
        return "、".join(one.label for one in self.fields)

    def __bool__(self) -> bool:
        return bool(self.fields)


def between(before: Content, after: Content) -> Comparison:
    """Everything in which they differ, and the pictures of both (a fixed number of queries)."""
    return Comparison(_shown(contents.differences(before, after)), _pictures(before, after))


def of(found: Iterable[Difference]) -> Comparison:
    """Of differences that are known already; without pictures."""
    return Comparison(_shown(found))


def _shown(found: Iterable[Difference]) -> list[Shown]:
    return [Shown(one) for one in found]


def _pictures(before: Content, after: Content) -> list[tuple[str, Picture]]:
    """Nothing where both show the same."""
    old, new = (
        {picture.pk: picture for picture in illustrating.pictures_of(side)}
        for side in (before, after)
    )
    if old.keys() == new.keys():
        return []
    both = old | new
    return [(STATES[_state(pk, old, new)], both[pk]) for pk in sorted(both)]


def _state(pk: int, old: dict, new: dict) -> str:
    if pk not in old:
        return "added"
    return "same" if pk in new else "removed"
