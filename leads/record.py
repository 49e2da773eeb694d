"""One enquiry as it is written down before anything else happens to it."""

import json
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Self

from django.utils import timezone

from .references import keyed, new_reference, new_token


@dataclass(frozen=True, slots=True)
class Record:
    """What the journal keeps: who is told what (reference, token), when, and the content.

    ``content`` holds the cleaned fields of the form as plain values; ``content_hash`` is the same
    for the same content, whoever typed it how. ``burst`` counts the other new enquiries of the
    same network in the last quarter of an hour.
    """

    reference: str
    token: str
    at: datetime
    content_hash: str
    network: str
    language: str
    burst: int = 0
    content: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def make(
        cls,
        content: dict[str, Any],
        *,
        same: str,
        network: str,
        language: str,
        at: datetime | None = None,
    ) -> Self:
        """A new record, of now if not said otherwise; ``same`` is the normalised content."""
        return cls(
            reference=new_reference(),
            token=new_token(),
            at=at or timezone.now(),
            content_hash=keyed("content", same),
            network=network,
            language=language,
            content=content,
        )

    def to_json(self) -> str:
        """On one line, whatever the texts hold."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(values | {"at": self.at.isoformat()}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ValueError, KeyError or TypeError for what is no record."""
        values = json.loads(text)
        known = {one.name: values[one.name] for one in fields(cls) if one.name in values}
        return cls(**known | {"at": datetime.fromisoformat(values["at"])})
