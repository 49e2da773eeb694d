"""The write-ahead journal: an enquiry is on the disk before anything else is tried with it.

`append` writes and fsyncs; whoever files the record in the database says so by `settle`; what
was not settled is replayed (leads/replay.py). Nothing here asks the database.

VAR/journal (0700, files 0600) holds
    lock           one lock for all processes of the host; under it everything is written
    segment-*.log  lines of records; a segment is deleted once all its records are settled
    alone-*.log    a record written without the lock, because a stopped process sat on it
    done-*         a note to settle one, left for the same reason (leads/lockless.py)
    recent         which contents came in the last quarter of an hour (leads/recent.py)
    unreadable     lines that a broken disk left; a person must look at them

A line is `A reference token crc json` (a record) or `S reference - crc` (it is settled), the
checksum over all that stands beside it. A line without its end is what a crash left of a record
nobody was told about: it is cut off.
"""

import contextlib
import logging
import os
import shutil
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings

from . import lockless
from .hostlock import HostLock
from .lines import find_in, line_of, records_of, write_all
from .recent import WINDOW, Known, Recent
from .record import Record
from .references import keyed
from .segments import Segments

log = logging.getLogger("leads.journal")

PATIENCE = 5.0  # seconds that forgetting and copying wait for the lock
MINUTE = 60.0
LATE = 600.0  # seconds after which an unsettled record is something to tell a person


class Unwritable(OSError):  # noqa: N818 - it says what is so
    """The journal can't keep a record: the disk is full, broken or not ours."""


class TooMany(Exception):  # noqa: N818 - it says what is so
    """One network sent more new contents in a minute than ENQUIRY_HARD_LIMIT."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an append: what the sender is to be told."""

    reference: str
    token: str
    is_repeat: bool
    record: Record
    alone: Path | None = None  # where it was written without the lock


class Journal:
    """The journal of one folder, as one process sees it. Safe for threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.recent = Recent(folder / "recent")
        self.lock = HostLock(folder / "lock")
        self.segments = Segments(folder)

    # --- writing ---

    def append(self, record: Record, *, limit: int = 0) -> Kept:
        """Has the record on the disk when it returns; a repeat gets what the first one got.

        `limit`: new contents a minute and network, 0 for any number. Raises Unwritable, TooMany.
        """
        try:
            self._have_folder()
            with self.lock.held() as held:
                if not held:
                    return self._append_without_lock(record)
                self.recent.refresh()
                if known := self.recent.find(record.content_hash):
                    kept = Kept(known.reference, known.token, True, record)
                    path = self._tell_again(known)
                    descriptor = os.open(path, os.O_WRONLY) if path else None
                else:
                    kept, descriptor = self._append_new(record, limit)
            if descriptor is not None:
                self._have_on_disk(descriptor, kept)
        except OSError as error:
            raise Unwritable(error.errno, f"journal: {error.strerror}") from error
        return kept

    def _tell_again(self, known: Known) -> Path | None:
        """The file that must be on the disk before a repeat is told the known reference."""
        segment = self.segments.of(known.reference)
        if segment is None:
            return None  # it is filed
        self.recent.tell(known.reference)
        return segment.path

    def _append_new(self, record: Record, limit: int) -> tuple[Kept, int]:
        """The new record, and a descriptor by which it is to be brought to the disk."""
        network = keyed("network", record.network) if record.network else ""
        if limit and self.recent.count(network, MINUTE) >= limit:
            raise TooMany
        if self.recent.is_large:
            self.recent.tidy()
        record = replace(record, burst=self.recent.count(network, WINDOW))
        line = line_of("A", record.reference, record.token, record.to_json())
        syncing = self.segments.append(line)
        known = Known(record.reference, record.token, record.at.timestamp())
        self.recent.add(record.content_hash, known, network)
        return Kept(record.reference, record.token, False, record), syncing

    def _have_on_disk(self, descriptor: int, kept: Kept) -> None:
        """Outside the lock, so that many wait for the disk together."""
        try:
            os.fsync(descriptor)
        except OSError:
            if not kept.is_repeat:
                with contextlib.suppress(OSError):
                    self._take_back(kept.reference)
            raise
        finally:
            os.close(descriptor)

    def _take_back(self, reference: str) -> None:
        """Unless somebody was told of it meanwhile, it was never kept."""
        with self.lock.held() as held:
            if held:
                self.recent.refresh()
                if not self.recent.was_told(reference):
                    self.segments.settle(reference)
                    self.recent.drop(reference)

    def _append_without_lock(self, record: Record) -> Kept:
        """A repeat is told apart as far as reading goes; anything else has a file of its own."""
        recent = Recent(self.folder / "recent")
        recent.refresh()
        known = recent.find(record.content_hash)
        recent.close()
        known = known or lockless.known_alone(self.folder, record.content_hash)
        if known:
            self._sync_segments()
            return Kept(known.reference, known.token, True, record)
        return self._append_alone(record)

    def _sync_segments(self) -> None:
        """What a repeat is told of is on the disk, whoever wrote it."""
        for path in self.segments.paths():
            with contextlib.suppress(FileNotFoundError):
                descriptor = os.open(path, os.O_WRONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def _append_alone(self, record: Record) -> Kept:
        path = lockless.write_alone(self.folder, record)
        self.segments.sync_folder()
        log.warning("the journal's lock was not to be had; a record was written without it")
        return Kept(record.reference, record.token, False, record, path)

    def settle(self, reference: str, *, alone: Path | None = None) -> bool:
        """The record is in the database. Deletes the segment when it was the last one.

        False where only a note could be left, for whoever has the lock next.
        """
        if alone is not None:
            alone.unlink(missing_ok=True)
            return True
        with self.lock.held() as held:
            if held:
                return self.segments.settle(reference)
        lockless.note_done(self.folder, reference)
        return False

    def fold(self, record: Record, known: Known, *, alone: Path | None = None) -> None:
        """The same content was filed before, by another host or without this journal's knowledge.

        From now on repeats get that reference. If one was told this record's meanwhile, it stays
        here, and replaying gives it a row of its own.
        """
        if alone is not None:
            alone.unlink(missing_ok=True)
        with self.lock.held() as held:
            if held:
                self.recent.refresh()
                if not self.recent.was_told(record.reference):
                    self.segments.settle(record.reference)
                self.recent.add(record.content_hash, known)
        if not held and alone is None:
            lockless.note_done(self.folder, record.reference)

    def renounce(self, reference: str) -> None:
        """Its content, sent again, is a new enquiry: the sender withdrew this one."""
        if not self.folder.exists():
            return
        with self.lock.held(PATIENCE) as held:
            if held:
                self.recent.refresh()
                self.recent.drop(reference)

    def forget(self, reference: str) -> bool:
        """Removes every trace of a reference; whether one is certainly gone."""
        if not self.folder.exists():
            return True
        with self.lock.held(PATIENCE) as held:
            if not held:
                return False
            for segment in self.segments.all():
                lines = segment.path.read_bytes().splitlines(keepends=True)
                kept = [line for line in lines if line.split(b" ")[1:2] != [reference.encode()]]
                if len(kept) != len(lines):
                    self.segments.rewrite(segment, b"".join(kept))
            self.recent.tidy(without=reference)
            self._forget_unreadable(reference)
            return True

    def _forget_unreadable(self, reference: str) -> None:
        """What can still be made out as its line goes as well."""
        path = self.folder / "unreadable"
        with contextlib.suppress(FileNotFoundError):
            lines = path.read_bytes().splitlines(keepends=True)
            kept = [line for line in lines if reference.encode() not in line]
            if not kept:
                path.unlink()
            elif len(kept) != len(lines):
                fresh = path.with_suffix(".new")
                fresh.touch(mode=0o600)
                fresh.write_bytes(b"".join(kept))
                fresh.replace(path)

    def sweep(self) -> None:
        """Deletes what is settled, whatever its size, and forgets contents out of the window."""
        if not self.folder.exists():
            return
        with self.lock.held() as held:
            if held:
                self.recent.refresh()
                self.segments.heed_notes(self.recent.was_told)
                for segment in self.segments.all():
                    if not segment.open:
                        self.segments.delete(segment)
                self.recent.tidy()
                for left in self.folder.glob("*.new"):  # of a crash, or a full disk
                    left.unlink(missing_ok=True)

    # --- reading ---

    def unsettled(self, *, older_than: float = 0.0) -> list[Record]:
        """Records nobody filed yet, oldest first; `older_than` in seconds leaves out young ones."""
        if not self.folder.exists():
            return []
        with self.lock.held() as held:
            if held:
                self.recent.refresh()
                self.segments.heed_notes(self.recent.was_told)
            # Without the lock too: a stopped process may sit on it, and whole lines stay whole.
            view = self if held else Journal(self.folder)
            found = [record for one in view.segments.all() for record in records_of(one)]
        done = lockless.noted_done(self.folder)
        now = time.time()
        return sorted(
            # By a clock that was set back a record may lie ahead; it is not young for that.
            (
                record
                for record in found
                if record.reference not in done
                and not abs(now - record.at.timestamp()) < older_than
            ),
            key=lambda record: record.at,
        )

    def find(self, token: str) -> Record | None:
        """The unsettled record with this token."""
        for path in self.segments.paths():
            with contextlib.suppress(FileNotFoundError):
                if record := find_in(path.read_bytes(), token):
                    return record
        return None

    def copy_to(self, folder: Path) -> None:
        """A consistent copy of all that is unsettled, for a backup."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.folder.exists():
            return
        with self.lock.held(PATIENCE):
            for path in [
                *self.segments.paths(),
                self.folder / "recent",
                self.folder / "unreadable",
            ]:
                with contextlib.suppress(FileNotFoundError):
                    shutil.copy2(path, folder / path.name)

    def trouble(self) -> str:
        """'' or a sentence a person should read: can't write, can't read, or not filed for long."""
        try:
            self._have_folder()
            probe = self.folder / f"probe-{os.getpid()}-{threading.get_ident()}"
            descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                write_all(descriptor, b"x" * 4096)
            finally:
                os.close(descriptor)
                probe.unlink(missing_ok=True)
        except OSError as error:
            return f"需求日志现在写不进去（{error.strerror}），需求只靠数据库保存。"
        if (self.folder / "unreadable").exists():
            return "需求日志里有读不出的行，存在 journal/unreadable，请人工查看。"
        late = len(self.unsettled(older_than=LATE))
        if late:
            return f"有 {late} 份需求超过 10 分钟没有入库，还在需求日志里。"
        with self.lock.held() as held:
            strange = self.segments.strange() if held else 0
        return f"需求日志里有 {strange} 份需求这个版本的程序读不懂。" if strange else ""

    def _have_folder(self) -> None:
        if not self.folder.is_dir():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)


# --- the journal of this site -------------------------------------------------------------------

_journals: dict[Path, Journal] = {}
_guard = threading.Lock()


def _after_fork() -> None:
    """A lock that came through a fork would be shared with the parent, and exclude nobody."""
    global _guard
    _guard = threading.Lock()
    _journals.clear()


os.register_at_fork(after_in_child=_after_fork)


def current() -> Journal:
    """The journal of the data folder, one for each process."""
    folder = Path(settings.JOURNAL_DIR)
    with _guard:
        if folder not in _journals:
            _journals[folder] = Journal(folder)
        return _journals[folder]


def append(record: Record, *, limit: int = 0) -> Kept:
    return current().append(record, limit=limit)


def settle(reference: str, *, alone: Path | None = None) -> bool:
    return current().settle(reference, alone=alone)


def fold(record: Record, known: Known, *, alone: Path | None = None) -> None:
    current().fold(record, known, alone=alone)


def renounce(reference: str) -> None:
    current().renounce(reference)


def forget(reference: str) -> bool:
    return current().forget(reference)


def sweep() -> None:
    current().sweep()


def unsettled(*, older_than: float = 0.0) -> list[Record]:
    return current().unsettled(older_than=older_than)


def find(token: str) -> Record | None:
    return current().find(token)


def copy_to(folder: Path) -> None:
    current().copy_to(folder)


def trouble() -> str:
    return current().trouble()
