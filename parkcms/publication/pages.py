"""Lists that go by key: a page starts after a row, so a deep one costs what the first does."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404

_KEY = re.compile(r"(\d{13,17})-(\d{1,18})", re.ASCII)
PAGE_SIZE = 20


@dataclass(frozen=True)
class Page:
    """One page of a list, and the key after which the next one starts ('' at the end)."""

    rows: Sequence[Any]
    next_key: str = ""


def parse_key(text: str | None) -> tuple[datetime, int] | None:
    """``(publish_at, id)`` from ``<microseconds since 1970>-<id>``; None for a missing key.

    Raises Http404 for anything else: such an address was never handed out.
    """
    if text is None:
        return None
    found = _KEY.fullmatch(text)
    if not found:
        raise Http404("no such place in the list")
    seconds, micro = divmod(int(found[1]), 1_000_000)
    try:
        at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micro)
    except (OverflowError, OSError, ValueError) as error:
        raise Http404("no such place in the list") from error
    return at, int(found[2])


def make_key(at: datetime, pk: int) -> str:
    """The mirror of ``parse_key``."""
    delta = at - datetime(1970, 1, 1, tzinfo=UTC)
    micro = (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
    return f"{micro}-{pk}"


def page(rows: QuerySet, size: int = PAGE_SIZE, key: Callable[[Any], str] | None = None) -> Page:
    """The first ``size`` of ``rows`` and the key of the last, if more follow. One query."""
    found = list(rows[: size + 1])
    if len(found) <= size:
        return Page(found)
    last = found[size - 1]
    return Page(found[:size], key(last) if key else make_key(last.publish_at, last.pk))
