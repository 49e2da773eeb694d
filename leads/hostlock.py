"""One lock for all processes and threads of a host, waited for no longer than one is willing."""

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

SECONDS = 1.0  # a process that is stopped while it holds the lock must not stop the others
SHORTEST, LONGEST = 0.0005, 0.005  # seconds between two looks


class HostLock:
    """A lock file (flock), which the kernel drops with the process, however it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = threading.Lock()  # flock does not tell threads apart
        self._descriptor: int | None = None

    @contextlib.contextmanager
    def held(self, seconds: float = SECONDS) -> Iterator[bool]:
        """Yields whether the lock is held, after waiting at most ``seconds`` for it.

        Raises OSError when the file can't be opened.
        """
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
