"""The write-ahead journal: an enquiry is on the disk before anything else is tried with it.

`append` writes and fsyncs; whoever files the record in the database says so by `settle`; what
was not settled is replayed (leads/replay.py). Nothing here asks the database.

VAR/journal (0700, files 0600) holds
    lock           one lock for all processes of the host; under it everything is written
    segment-*.log  lines of records; a segment is deleted once all its records are settled
    alone-*.log    a record written without the lock, because a stopped process sat on it
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

from .hostlock import HostLock
from .lines import Segment, find_in, line_of, parts_of, records_of, write_all
from .recent import WINDOW, Known, Recent
from .record import Record
from .references import keyed

log = logging.getLogger("leads.journal")

LARGE = 256 * 1024  # bytes after which a segment gets no more records
PATIENCE = 5.0  # seconds that forgetting and copying wait for the lock
MINUTE = 60.0
LATE = 600.0  # seconds after which an unsettled record is something to tell a person
JUST_WRITTEN = 5.0  # seconds in which a record's fsync may still be under way


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


class Journal:
    """The journal of one folder, as one process sees it. Safe for threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.recent = Recent(folder / "recent")
        self.lock = HostLock(folder / "lock")
        self._segments: dict[Path, Segment] = {}
        self._current: Segment | None = None
        self._descriptor: int | None = None

    # --- writing ---

    def append(self, record: Record, *, limit: int = 0) -> Kept:
        """Has the record on the disk when it returns; a repeat gets what the first one got.

        `limit`: new contents a minute and network, 0 for any number. Raises Unwritable, TooMany.
        """
        try:
            self._have_folder()
            with self.lock.held() as held:
                if not held:
                    return self._append_alone(record)
                self.recent.refresh()
                if known := self.recent.find(record.content_hash):
                    kept = Kept(known.reference, known.token, True, record)
                    path = self._tell_again(known)
                else:
                    kept = self._append_new(record, limit)
                    path = self._current.path
                # Of its own for each: a failed fsync is told once to each opened file.
                descriptor = os.open(path, os.O_WRONLY) if path else None
            if descriptor is not None:
                self._have_on_disk(descriptor, kept)
        except OSError as error:
            raise Unwritable(error.errno, f"journal: {error.strerror}") from error
        return kept

    def _tell_again(self, known: Known) -> Path | None:
        """The file that must be on the disk before a repeat is told the known reference."""
        segment = self._segment_of(known.reference)
        if segment is None:
            return None  # it is filed
        self.recent.tell(known.reference)
        return segment.path if time.time() - known.at <= JUST_WRITTEN else None

    def _append_new(self, record: Record, limit: int) -> Kept:
        network = keyed("network", record.network) if record.network else ""
        if limit and self.recent.count(network, MINUTE) >= limit:
            raise TooMany
        if self.recent.is_large:
            self.recent.tidy()
        record = replace(record, burst=self.recent.count(network, WINDOW))
        descriptor = self._writable_segment()
        self._write(descriptor, line_of("A", record.reference, record.token, record.to_json()))
        known = Known(record.reference, record.token, record.at.timestamp())
        self.recent.add(record.content_hash, known, network)
        return Kept(record.reference, record.token, False, record)

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
                    self._settle(reference)
                    self.recent.drop(reference)

    def _append_alone(self, record: Record) -> Kept:
        path = self.folder / f"alone-{time.time_ns()}-{os.getpid()}-{record.reference}.log"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            data = line_of("A", record.reference, record.token, record.to_json())
            write_all(descriptor, data)
            os.fsync(descriptor)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)
        self._sync_folder()
        log.warning("the journal's lock was not to be had; a record was written without it")
        return Kept(record.reference, record.token, False, record)

    def settle(self, reference: str) -> bool:
        """The record is in the database. Deletes the segment when it was the last one."""
        with self.lock.held() as held:
            return held and self._settle(reference)  # else replay finds the row and settles it

    def _settle(self, reference: str) -> bool:
        segment = self._segment_of(reference)
        if segment is None:
            return False
        descriptor = os.open(segment.path, os.O_WRONLY | os.O_APPEND)
        try:
            self._write(descriptor, line_of("S", reference, "-", ""), segment)
        finally:
            os.close(descriptor)
        is_done = segment.read_to >= LARGE or segment.path.name.startswith("alone-")
        if is_done and not segment.open:
            self._delete(segment)
        return True

    def fold(self, record: Record, known: Known) -> None:
        """The same content was filed before, by another host or without this journal's knowledge.

        From now on repeats get that reference. If one was told this record's meanwhile, it stays
        here, and replaying gives it a row of its own.
        """
        with self.lock.held() as held:
            if held:
                self.recent.refresh()
                if not self.recent.was_told(record.reference):
                    self._settle(record.reference)
                self.recent.add(record.content_hash, known)

    def forget(self, reference: str) -> bool:
        """Removes every trace of a reference; whether one is certainly gone."""
        if not self.folder.exists():
            return True
        with self.lock.held(PATIENCE) as held:
            if not held:
                return False
            for segment in self._all_segments():
                lines = segment.path.read_bytes().splitlines(keepends=True)
                kept = [line for line in lines if line.split(b" ")[1:2] != [reference.encode()]]
                if len(kept) != len(lines):
                    self._rewrite(segment, b"".join(kept))
            self.recent.tidy(without=reference)
            return True

    def sweep(self) -> None:
        """Deletes what is settled, whatever its size, and forgets contents out of the window."""
        if not self.folder.exists():
            return
        with self.lock.held() as held:
            if held:
                for segment in self._all_segments():
                    if not segment.open:
                        self._delete(segment)
                self.recent.tidy()

    # --- reading ---

    def unsettled(self, *, older_than: float = 0.0) -> list[Record]:
        """Records nobody filed yet, oldest first; `older_than` in seconds leaves out young ones."""
        if not self.folder.exists():
            return []
        with self.lock.held() as held:
            # Without the lock too: a stopped process may sit on it, and whole lines stay whole.
            view = self if held else Journal(self.folder)
            found = [record for one in view._all_segments() for record in records_of(one)]
        edge = time.time() - older_than
        return sorted((r for r in found if r.at.timestamp() <= edge), key=lambda r: r.at)

    def find(self, token: str) -> Record | None:
        """The unsettled record with this token."""
        for path in self._paths():
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
            for path in [*self._paths(), self.folder / "recent", self.folder / "unreadable"]:
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
        return f"有 {late} 份需求超过 10 分钟没有入库，还在需求日志里。" if late else ""

    # --- segments; all under the lock ---

    def _paths(self) -> list[Path]:
        if not self.folder.exists():
            return []
        return sorted(path for path in self.folder.iterdir() if path.suffix == ".log")

    def _all_segments(self) -> list[Segment]:
        paths = self._paths()
        for gone in self._segments.keys() - set(paths):
            del self._segments[gone]
        return [segment for path in paths if (segment := self._caught_up(path))]

    def _segment_of(self, reference: str) -> Segment | None:
        """Where the record stands: mostly the segment that is written to."""
        current = self._current and self._caught_up(self._current.path)
        if current and reference in current.open:
            return current
        return next((one for one in self._all_segments() if reference in one.open), None)

    def _caught_up(self, path: Path) -> Segment | None:
        """The segment with all whole lines of it read; None when it is gone."""
        try:
            now = path.stat()
        except FileNotFoundError:
            self._segments.pop(path, None)
            return None
        segment = self._segments.get(path)
        if segment is None or segment.inode != now.st_ino or now.st_size < segment.read_to:
            segment = self._segments[path] = Segment(path, now.st_ino)
        if now.st_size > segment.read_to:
            with path.open("rb") as file:
                file.seek(segment.read_to)
                data = file.read()
            for line in data[: data.rfind(b"\n") + 1].splitlines(keepends=True):
                self._take(segment, line)
        return segment

    def _take(self, segment: Segment, line: bytes) -> None:
        start = segment.read_to
        segment.read_to += len(line)
        parts = parts_of(line)
        if parts is None:
            self._put_aside(line)
        elif parts[0] == "A":
            segment.open[parts[1]] = (start, len(line))
        else:
            segment.open.pop(parts[1], None)

    def _put_aside(self, line: bytes) -> None:
        """A line no checksum fits: kept for a person, once."""
        path = self.folder / "unreadable"
        known = path.read_bytes() if path.exists() else b""
        if line in known:
            return
        log.error("the journal has a line that can't be read; it is put aside")
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                write_all(descriptor, line)
            finally:
                os.close(descriptor)

    def _writable_segment(self) -> int:
        """A descriptor of the segment that is written to; `_current` is its view, caught up."""
        segment = self._current and self._caught_up(self._current.path)
        if segment is None or segment.read_to >= LARGE:
            newest = [path for path in self._paths() if path.name.startswith("segment-")][-1:]
            segment = self._caught_up(newest[0]) if newest else None
            if segment is None or segment.read_to >= LARGE:
                segment = self._new_segment()
        if self._current is not segment or self._descriptor is None:
            self._close_current()
            self._descriptor = os.open(segment.path, os.O_WRONLY | os.O_APPEND)
            self._current = segment
        return self._descriptor

    def _close_current(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor, self._current = None, None

    def _new_segment(self) -> Segment:
        path = self.folder / f"segment-{time.time_ns():020d}-{os.getpid()}.log"
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        self._sync_folder()
        segment = self._segments[path] = Segment(path, path.stat().st_ino)
        return segment

    def _write(self, descriptor: int, line: bytes, segment: Segment | None = None) -> None:
        """Appends one line to a segment that is caught up; all of it or nothing."""
        segment = segment or self._current
        if os.fstat(descriptor).st_size != segment.read_to:
            os.ftruncate(descriptor, segment.read_to)  # the torn end of a crash
        try:
            write_all(descriptor, line)
        except OSError:
            os.ftruncate(descriptor, segment.read_to)
            raise
        self._take(segment, line)

    def _rewrite(self, segment: Segment, data: bytes) -> None:
        if not data:
            self._delete(segment)
            return
        fresh = segment.path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        fresh.replace(segment.path)
        self._sync_folder()
        self._forget_segment(segment)

    def _delete(self, segment: Segment) -> None:
        segment.path.unlink(missing_ok=True)
        self._forget_segment(segment)

    def _forget_segment(self, segment: Segment) -> None:
        self._segments.pop(segment.path, None)
        if self._current is segment:
            self._close_current()

    # --- folder and lock ---

    def _have_folder(self) -> None:
        if not self.folder.is_dir():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _sync_folder(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


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


def settle(reference: str) -> bool:
    return current().settle(reference)


def fold(record: Record, known: Known) -> None:
    current().fold(record, known)


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
