"""One list of the desk's first screen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

SHOWN = 8


@dataclass(frozen=True)
class Task:
    """One list of the first screen: what wants doing, its rows, and where the rest is."""

    title: str
    why: str
    rows: list[tuple[str, str, str]]  # (address, name, detail)
    more_url: str
    more: bool
    tone: str = ""  # "alarm" must not be passed over; "clock" has a time by which it is to be done


def task_of(
    title: str,
    why: str,
    rows: QuerySet,
    model: str,
    query: str,
    detail: Callable[[Any], str],
    name: Callable[[Any], str] = str,
) -> Task:
    """The first of ``rows``, and the desk's list of ``model`` under ``query`` for the rest."""
    found = list(rows[: SHOWN + 1])
    shown = [
        (reverse(f"admin:{model}_change", args=[row.pk]), name(row), detail(row))
        for row in found[:SHOWN]
    ]
    more_url = reverse(f"admin:{model}_changelist") + query
    return Task(title, why, shown, more_url, len(found) > SHOWN)
