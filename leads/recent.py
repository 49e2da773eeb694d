"""The contents of the last quarter of an hour, known to every process of this host.

A file of lines beside the journal's segments, read and written only under the journal's lock:
keyed hashes with the reference and token they got, and a keyed hash of the network. It tells a
repeat from a new enquiry, and counts how many new ones a network sent. There is nothing in it
that anybody without the secret could read a person from.
"""

import contextlib
import os
import time
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

WINDOW = 15 * 60.0  # seconds in which the same content is the same enquiry
LARGE = 256 * 1024  # bytes after which what is out of the window is thrown away, at the least


@dataclass(frozen=True, slots=True)
class Known:
    """A content that was taken in: what its sender was told, and when (seconds since 1970)."""

    reference: str
    token: str
    at: float


class Recent:
    """One process's view of the file. Without the journal's lock it may only be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None
        self._forget_all()

    def _forget_all(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file: int | None = None
        self._read_to, self._large = 0, LARGE
        self._known: dict[str, Known] = {}
        self._sent: dict[str, list[float]] = defaultdict(list)  # in order of time
        self._told: set[str] = set()

    def close(self) -> None:
        """Lets go of the file."""
        self._forget_all()

    def refresh(self) -> None:
        """Takes in what other processes wrote since."""
        try:
            now = self.path.stat()
        except FileNotFoundError:
            self._forget_all()
            return
        # As long as the file that was read is held open, no new one can get its inode.
        if self._file is None or os.fstat(self._file).st_ino != now.st_ino:
            self._forget_all()
            self._file = os.open(self.path, os.O_RDONLY)
            now = os.fstat(self._file)
            # Twice what was left of it: in a rush all may be within the window, and throwing
            # nothing away at every enquiry would cost each as much as all before it.
            self._large = max(LARGE, 2 * now.st_size)
        if now.st_size == self._read_to:
            return
        data = os.pread(self._file, now.st_size - self._read_to, self._read_to)
        whole = data[: data.rfind(b"\n") + 1]
        self._read_to += len(whole)
        for line in whole.decode(errors="replace").splitlines():
            self._take(line)

    def _take(self, line: str) -> None:
        parts = line.split(" ")
        with contextlib.suppress(ValueError):
            if len(parts) == 2 and parts[0] == "+":
                self._told.add(parts[1])
            elif len(parts) == 2 and parts[0] == "-":
                self._known = {
                    content: one
                    for content, one in self._known.items()
                    if one.reference != parts[1]
                }
            elif len(parts) == 5:
                content, reference, token, at, network = parts
                self._known[content] = Known(reference, token, float(at))
                if network != "-":
                    insort(self._sent[network], float(at))

    def find(self, content_hash: str) -> Known | None:
        known = self._known.get(content_hash)
        return known if known and abs(time.time() - known.at) <= WINDOW else None

    def count(self, network: str, seconds: float) -> int:
        """How many new contents the network (a keyed hash) sent in the last ``seconds``."""
        now = time.time()
        times = self._sent.get(network, [])
        del times[: bisect_left(times, now - WINDOW)]
        # What lies ahead was written by a clock that has been set back since.
        return bisect_right(times, now + 1) - bisect_right(times, now - seconds)

    def add(self, content_hash: str, known: Known, network: str = "") -> None:
        """Writes it down for all. A full disk keeps it from the others, not from this process."""
        line = f"{content_hash} {known.reference} {known.token} {known.at:.3f} {network or '-'}"
        self._write(line)
        self._take(line)

    def tell(self, reference: str) -> None:
        """Somebody is told of it before it is filed: it must not be folded into another."""
        if reference not in self._told:
            self._write(f"+ {reference}")
            self._take(f"+ {reference}")

    def was_told(self, reference: str) -> bool:
        return reference in self._told

    def drop(self, reference: str) -> None:
        """Its sender was not told after all."""
        self._write(f"- {reference}")
        self._take(f"- {reference}")

    def _write(self, line: str) -> None:
        with contextlib.suppress(OSError):
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                # A line that a crash left unfinished would swallow this one.
                if os.fstat(descriptor).st_size > self._read_to:
                    os.ftruncate(descriptor, self._read_to)
                data = (line + "\n").encode()
                if os.write(descriptor, data) == len(data):
                    self._read_to += len(data)
                if self._file is None:
                    self._file = os.open(self.path, os.O_RDONLY)
            finally:
                os.close(descriptor)

    def tidy(self, *, without: str = "") -> None:
        """Throws away what is out of the window, and all about the reference ``without``."""
        edge = time.time() - WINDOW
        kept, references = [], set()
        with contextlib.suppress(FileNotFoundError):
            for line in self.path.read_text(errors="replace").splitlines():
                parts = line.split(" ")
                with contextlib.suppress(ValueError):
                    if len(parts) == 5 and float(parts[3]) >= edge and parts[1] != without:
                        kept.append(line)
                        references.add(parts[1])
                    elif parts[0] == "+" and parts[-1] in references:
                        kept.append(line)
        self._forget_all()
        if not kept:
            self.path.unlink(missing_ok=True)
            return
        fresh = self.path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write("\n".join(kept) + "\n")
            fresh.replace(self.path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        self.refresh()

    @property
    def is_large(self) -> bool:
        return self._read_to > self._large
