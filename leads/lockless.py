"""What goes into the journal's folder without its lock: a stopped process may sit on that for long.

alone-*.log        one record, in a file of its own
alone-told-*.log   the same, after a repeat was told of it
done-<reference>   its record is in the database, or another stands for it
"""

import contextlib
import os
import time
from pathlib import Path

from .lines import line_of, parts_of, write_all
from .recent import WINDOW, Known
from .record import Record

DONE = "done-"
TOLD = "alone-told-"


def write_alone(folder: Path, record: Record) -> Path:
    """The record in a file of its own, on the disk; raises OSError and leaves nothing."""
    path = folder / f"alone-{time.time_ns()}-{os.getpid()}-{record.reference}.log"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        write_all(descriptor, line_of("A", record.reference, record.token, record.to_json()))
        os.fsync(descriptor)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    return path


def known_alone(folder: Path, content_hash: str) -> Known | None:
    """What is told of the same content in the last quarter of an hour, by one written alone.

    It gets another name by that, so that whoever wrote it can no longer take it back.
    """
    for path in sorted(folder.glob("alone-*.log")):
        with contextlib.suppress(FileNotFoundError, IndexError, ValueError, KeyError, TypeError):
            parts = parts_of(path.read_bytes().splitlines(keepends=True)[0])
            record = Record.from_json(parts[4]) if parts else None
            age = abs(time.time() - record.at.timestamp()) if record else WINDOW + 1
            if age <= WINDOW and record.content_hash == content_hash:
                if not path.name.startswith(TOLD):
                    path.rename(path.with_name(TOLD + path.name.removeprefix("alone-")))
                return Known(record.reference, record.token, record.at.timestamp())
    return None


def note_done(folder: Path, reference: str) -> None:
    """For whoever has the lock next: settle this one."""
    with contextlib.suppress(OSError):
        os.close(os.open(folder / f"{DONE}{reference}", os.O_WRONLY | os.O_CREAT, 0o600))


def noted_done(folder: Path) -> set[str]:
    """References somebody could not settle."""
    try:
        names = [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return set()
    return {name.removeprefix(DONE) for name in names if name.startswith(DONE)}
