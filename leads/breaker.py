"""Whether to ask the database at all: after a failure nobody does for a while, then one tries.

Shared by everything in a process that must answer while the database is away: a hung server holds
up one request at a time and not all of them.
"""

import threading
import time

REST = 2.0  # seconds without a question after a failure
PROBE = 10.0  # seconds after which a try that never reported is taken for failed


class Breaker:
    """Closed while all is well; open after a failure; then half open: one may try."""

    def __init__(self, rest: float = REST) -> None:
        self.rest = rest
        self._guard = threading.Lock()
        self._is_suspect = False
        self._open_until = 0.0

    def may_ask(self) -> bool:
        """Whether this caller may ask; in doubt only one at a time may, and must report."""
        if not self._is_suspect:
            return True
        with self._guard:
            now = time.monotonic()
            if self._is_suspect and now < self._open_until:
                return False
            if self._is_suspect:
                self._open_until = now + PROBE  # the others wait for what this one finds
            return True

    def is_resting(self) -> bool:
        """Whether nobody should ask now. Looking uses up no try."""
        return self._is_suspect and time.monotonic() < self._open_until

    def failed(self) -> bool:
        """The database did not answer; whether that is news."""
        with self._guard:
            is_news = not self._is_suspect
            self._is_suspect = True
            self._open_until = time.monotonic() + self.rest
            return is_news

    def succeeded(self) -> None:
        """It answered. Free of cost while nobody doubted it."""
        if self._is_suspect:
            with self._guard:
                self._is_suspect = False
