"""Where the library's files lie: named by content, written whole or not at all, and taken away
when no row names them.

A name is made of the first 32 hex digits of the sha256 of the upload, so two rows never share a
file unless they share the upload. Who writes a row's files and who takes files away ask for the
same lock first: a file goes only where no row came in the meantime.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, models, transaction
from procrastinate.contrib.django import app

DIGITS = 32  # of the sha256, in a name: two for the folder, thirty for the file
LATER_SECONDS = 15 * 60
# Taken alone by whoever needs every file to stay, shared by those who take some away.
_ALL_FILES = 0x70_6C_69_62


def path_of(folder: str, sha256: str, ending: str) -> str:
    """The name of a file within the media folder, like ``pictures/ab/cd…-card.jpg``."""
    return f"{folder}/{sha256[:2]}/{sha256[2:DIGITS]}{ending}"


def put(name: str, data: bytes) -> None:
    """Writes a file that is whole or not there; a file of that name has that content already."""
    target = Path(default_storage.path(name))
    if target.is_file():
        return
    mode = settings.FILE_UPLOAD_PERMISSIONS
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(prefix=".part-", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode)
        Path(part).replace(target)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def hold(sha256: str) -> None:
    """Keeps every other transaction from taking in or away these files, until this one ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_ALL_FILES, _number(sha256)])


@contextmanager
def standing_still() -> Iterator[None]:
    """Meanwhile no file is taken away: a backup copies rows first and then their files."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_ALL_FILES])
    try:
        yield
    finally:
        with suppress(Exception), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_ALL_FILES])


def forget_after_commit(model: type[models.Model], sha256: str) -> None:
    """Has the files of an upload taken away once the transaction at hand stands."""
    transaction.on_commit(lambda: forget(model, sha256), robust=True)


def forget(model: type[models.Model], sha256: str) -> bool:
    """Takes the files of an upload away unless a row of ``model`` names them.

    False where that has to wait for a backup; a job does it then. ``model.folder`` is where the
    files lie.
    """
    with transaction.atomic():
        if not _may_take_away():
            task = app.configure_task("library.forget", schedule_in={"seconds": LATER_SECONDS})
            task.defer(kind=model._meta.model_name, sha256=sha256)
            return False
        hold(sha256)
        if not model.objects.filter(sha256__startswith=sha256[:DIGITS]).exists():
            stem = Path(default_storage.path(path_of(model.folder, sha256, "")))
            for path in stem.parent.glob(f"{stem.name}[-.]*"):
                path.unlink(missing_ok=True)
    return True


def _may_take_away() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [_ALL_FILES])
        return cursor.fetchone()[0]


def _number(sha256: str) -> int:
    """Four bytes of it as Postgres's signed integer."""
    return int.from_bytes(bytes.fromhex(sha256[:8]), "big", signed=True)
