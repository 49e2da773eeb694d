"""Source notes of a page: every distinct (document, sentence) gets one number and one place."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.functional import cached_property

from .models import Source


@dataclass(frozen=True)
class Note:
    """One numbered note: the document and the exact sentence, '' where it was not kept."""

    number: int
    source: Source | None
    sentence: str

    @cached_property
    def anchor(self) -> str:
        return note_anchor(self.source, self.sentence)


def note_anchor(source: Source | None, sentence: str) -> str:
    """The note's place on a park's page: made of what it says, so other pages can link to it."""
    told = f"{source.key if source else ''}|{sentence}"
    return f"source-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


@dataclass
class Notes:
    """Collects notes in the order a page first needs them."""

    _notes: dict[tuple[str, str], Note] = field(default_factory=dict)

    def take(self, source: Source | None, sentence: str = "") -> Note:
        told = (source.key if source else "", sentence)
        if told not in self._notes:
            self._notes[told] = Note(len(self._notes) + 1, source, sentence)
        return self._notes[told]

    def __iter__(self) -> Iterator[Note]:
        return iter(self._notes.values())

    def __len__(self) -> int:
        return len(self._notes)
