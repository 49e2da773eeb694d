"""What a person typed and has not saved: kept apart from every revision, and seen by nobody else.

Each page with a form draws a key. What it posts overwrites what it posted before; what another page
of the same person keeps about the same article stands beside it, so that opening a form and typing
never wipes out what was left unsaved an hour ago. There is one row for each person and article;
the texts of its other pages wait in it under EARLIER.
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from parkcms.people.models import User

from .as_typed import Posted
from .models import Article, Autosave

EARLIER = "_earlier"
MOST_SLOTS = 5  # pages of one person about one article
MOST_CHARACTERS = 3_000_000  # of all of them
MOST_NEW = 20  # forms of new articles of one person
KEPT_FOR = timedelta(days=30)

_KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True)
class Slot:
    """What one page kept: ``version`` is the article's when it was opened there."""

    key: str
    at: datetime
    version: int
    form: Posted


def draw_key() -> str:
    return secrets.token_hex(16)


def as_key(text: str | None) -> str:
    """The key as a page posts it; '' for anything else."""
    return text if text and _KEY.fullmatch(text) else ""


@transaction.atomic
def keep(
    person: User, article: Article | None, key: str, form: Posted, *, version: int = 0
) -> datetime:
    """Keeps what a page says now; the time it was kept. No Act: nothing has been done yet."""
    slot = Slot(key, timezone.now(), version, form)
    if article is None:
        _keep_new(person, slot)
        return slot.at
    row, is_new = Autosave.objects.select_for_update().get_or_create(
        person=person, article=article, defaults=_columns([slot])
    )
    if not is_new:
        _put(row, [slot, *(one for one in _of(row) if one.key != key)])
    return slot.at


def slots(person: User, article: Article) -> list[Slot]:
    """What this person's pages keep about the article, newest first. One query."""
    row = Autosave.objects.filter(person=person, article=article).first()
    return _of(row) if row else []


def new_ones(person: User) -> list[Slot]:
    """What this person's forms of new articles keep, newest first. One query."""
    rows = Autosave.objects.filter(person=person, article=None).order_by("-at", "-pk")
    return [slot for row in rows[:MOST_NEW] for slot in _of(row)]


@transaction.atomic
def drop(person: User, article: Article | None, key: str = "") -> None:
    """Forgets what the page with this key kept; without one, all this person's pages about the
    article."""
    if article is None:
        Autosave.objects.filter(person=person, article=None, key=key).delete()
        return
    row = Autosave.objects.select_for_update().filter(person=person, article=article).first()
    if row is None:
        return
    left = [one for one in _of(row) if one.key != key] if key else []
    if left:
        _put(row, left)
    else:
        row.delete()


def forget_old(now: datetime | None = None) -> int:
    """Deletes what nobody came back to for KEPT_FOR; how many rows."""
    return Autosave.objects.filter(at__lt=(now or timezone.now()) - KEPT_FOR).delete()[0]


def _keep_new(person: User, slot: Slot) -> None:
    Autosave.objects.update_or_create(
        person=person, article=None, key=slot.key, defaults=_columns([slot])
    )
    rows = Autosave.objects.filter(person=person, article=None).order_by("-at", "-pk")
    surplus = rows.values_list("pk", flat=True)[MOST_NEW:]
    Autosave.objects.filter(pk__in=list(surplus)).delete()


def _of(row: Autosave) -> list[Slot]:
    newest = {name: values for name, values in row.form.items() if not name.startswith("_")}
    earlier = [
        Slot(one["key"], parse_datetime(one["at"]), one["version"], one["form"])
        for one in row.form.get(EARLIER, [])
    ]
    return [Slot(row.key, row.at, row.version, newest), *earlier]


def _put(row: Autosave, found: list[Slot]) -> None:
    for name, value in _columns(found).items():
        setattr(row, name, value)
    row.save()


def _columns(found: list[Slot]) -> dict:
    newest, earlier = found[0], _within_bounds(found)[1:]
    form: dict = dict(newest.form)
    if earlier:
        form[EARLIER] = [
            {"key": one.key, "at": one.at.isoformat(), "version": one.version, "form": one.form}
            for one in earlier
        ]
    return {"key": newest.key, "at": newest.at, "version": newest.version, "form": form}


def _within_bounds(found: Iterable[Slot]) -> list[Slot]:
    """The newest always; older ones while there is room."""
    kept, room = [], MOST_CHARACTERS
    for slot in list(found)[:MOST_SLOTS]:
        room -= sum(len(value) for values in slot.form.values() for value in values)
        if kept and room < 0:
            break
        kept.append(slot)
    return kept
