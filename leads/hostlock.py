"""One lock for all processes and threads of a host, waited for no longer than one is willing."""

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

SECONDS = 1.0  # a process that is stopped while it holds the lock must not stop the others
STUCK = 2.0  # seconds for which nobody waits again for a lock that was not to be had
SHORTEST, LONGEST = 0.0005, 0.005  # seconds between two looks


class HostLock:
    """A lock file (flock), which the kernel drops with the process, however it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = threading.Lock()  # flock does not tell threads apart
        self._descriptor: int | None = None
        self._stuck_until = 0.0

    @contextlib.contextmanager
    def held(self, seconds: float = SECONDS) -> Iterator[bool]:
        """Yields whether the lock is held, after waiting at most ``seconds`` for it.

        Raises OSError when the file can't be opened.
        """
        if time.monotonic() < self._stuck_until:
            seconds = 0.0
        deadline = time.monotonic() + seconds
        if not self._turn.acquire(timeout=seconds):
            yield False
            return
        try:
            held = self._take(deadline)
            try:
                yield held
            finally:
                if held:
                    fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        finally:
            self._turn.release()

    def _take(self, deadline: float) -> bool:
        self._have_open()
        pause = SHORTEST
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    self._stuck_until = time.monotonic() + STUCK
                    return False
                time.sleep(pause)
                pause = min(pause * 1.5, LONGEST)
            else:
                return True

    def _have_open(self) -> None:
        """The file that stands there now: a folder may have been removed and made anew."""
        if self._descriptor is not None:
            with contextlib.suppress(FileNotFoundError):
                if self.path.stat().st_ino == os.fstat(self._descriptor).st_ino:
                    return
            os.close(self._descriptor)
            self._descriptor = None
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
