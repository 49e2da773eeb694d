"""The segments of the journal: files of lines, one of which is written to.

All of it is for whoever holds the journal's lock, but `paths`. A path is never given to another
file, so a view of a segment stays right as long as the path is there.
"""

import contextlib
import logging
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from . import lockless
from .lines import Segment, line_of, parts_of, records_of, write_all

log = logging.getLogger("leads.journal")

LARGE = 256 * 1024  # bytes after which a segment gets no more records


class Segments:
    """One process's view of the segments of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._segments: dict[Path, Segment] = {}
        self._current: Segment | None = None
        self._descriptor: int | None = None

    def append(self, line: bytes) -> int:
        """Writes a record's line, and opens a descriptor by which to bring it to the disk.

        Of its own for each: a failed fsync is told once to each opened file. Opened before
        anything is written, so that a lack of descriptors leaves nothing behind.
        """
        writing = self._writable_segment()
        syncing = os.open(self._current.path, os.O_WRONLY)
        try:
            self._write(writing, line)
        except OSError:
            os.close(syncing)
            raise
        return syncing

    def settle(self, reference: str) -> bool:
        segment = self.of(reference)
        if segment is None:
            return False
        descriptor = os.open(segment.path, os.O_WRONLY | os.O_APPEND)
        try:
            self._write(descriptor, line_of("S", reference, "-", ""), segment)
        finally:
            os.close(descriptor)
        is_done = segment.read_to >= LARGE or segment.path.name.startswith("alone-")
        if is_done and not segment.open:
            self.delete(segment)
        return True

    def strange(self) -> int:
        """How many lines hold no record this program understands: of another version."""
        return sum(len(one.open) - len(list(records_of(one))) for one in self.all())

    def heed_notes(self, was_told: Callable[[str], bool]) -> None:
        """Settles what others could not; replay looks after what a repeat was told of."""
        for reference in lockless.noted_done(self.folder):
            if not was_told(reference):
                self.settle(reference)
            (self.folder / f"{lockless.DONE}{reference}").unlink(missing_ok=True)

    def paths(self) -> list[Path]:
        if not self.folder.exists():
            return []
        return sorted(path for path in self.folder.iterdir() if path.suffix == ".log")

    def all(self) -> list[Segment]:
        paths = self.paths()
        for gone in self._segments.keys() - set(paths):
            del self._segments[gone]
        return [segment for path in paths if (segment := self._caught_up(path))]

    def of(self, reference: str) -> Segment | None:
        """Where the record stands: mostly the segment that is written to."""
        current = self._current and self._caught_up(self._current.path)
        if current and reference in current.open:
            return current
        return next((one for one in self.all() if reference in one.open), None)

    def _caught_up(self, path: Path) -> Segment | None:
        """The segment with all whole lines of it read; None when it is gone."""
        try:
            now = path.stat()
        except FileNotFoundError:
            self._segments.pop(path, None)
            return None
        segment = self._segments.get(path)
        if segment is None or now.st_size < segment.read_to:
            segment = self._segments[path] = Segment(path)
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
            newest = [path for path in self.paths() if path.name.startswith("segment-")][-1:]
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
        path = self._new_name()
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        self.sync_folder()
        segment = self._segments[path] = Segment(path)
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

    def rewrite(self, segment: Segment, data: bytes) -> None:
        """In a file of another name, so that nobody takes it for what they have read already."""
        if data:
            fresh = segment.path.with_suffix(".new")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                write_all(descriptor, data)
                os.fsync(descriptor)
            except OSError:
                fresh.unlink(missing_ok=True)
                raise
            finally:
                os.close(descriptor)
            fresh.replace(self._new_name())
        self.delete(segment)
        self.sync_folder()

    def _new_name(self) -> Path:
        """One no file ever had, whatever the clock says."""
        return self.folder / f"segment-{time.time_ns():020d}-{secrets.token_hex(4)}.log"

    def delete(self, segment: Segment) -> None:
        segment.path.unlink(missing_ok=True)
        self._forget_segment(segment)

    def _forget_segment(self, segment: Segment) -> None:
        self._segments.pop(segment.path, None)
        if self._current is segment:
            self._close_current()

    def sync_folder(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
