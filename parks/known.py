"""What was known by a day: ``?as_of=`` of a park's page.

A statement was known by the end of a day if its document was published by then; where the
document has no date, or is gone, if the time the statement itself speaks of was over. When it was
entered here plays no part. What has neither date can't be placed in time and is left out.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from parkcms.language.dates import PartialDate

from .models import Source

# A year, a month or a day; half years are for what a text tells, not for what a reader asks.
_ASKED = re.compile(r"\d{4}(-\d\d){0,2}", re.ASCII)


class AsOfError(ValueError):
    """Not a year, a month or a day that there is."""


def asked(text: str) -> PartialDate:
    """``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``; its ``end`` is the day meant. Else AsOfError."""
    if not _ASKED.fullmatch(text):
        raise AsOfError(text[:20])
    try:
        return PartialDate(text)
    except ValueError as error:
        raise AsOfError(text) from error


def known_by(source: Source | None, told: PartialDate | str, on: date) -> bool | None:
    """Whether a statement was known by the end of a day; None where no date tells."""
    published = source.published.end if source else None
    day = published or PartialDate(told).end
    return None if day is None else day <= on


@dataclass
class Sieve:
    """Lets through what was known by ``on`` (all, without a day) and counts what it holds back."""

    on: date | None = None
    later: int = field(default=0, init=False)
    undated: int = field(default=0, init=False)

    def lets(self, source: Source | None, told: PartialDate | str) -> bool:
        if self.on is None:
            return True
        known = known_by(source, told, self.on)
        self.undated += known is None
        self.later += known is False
        return bool(known)

    def rows(self, rows: list, told: str = "as_of") -> list[Any]:
        """The rows let through; ``told`` names the partial date they speak of."""
        return [row for row in rows if self.lets(row.source, getattr(row, told))]
