"""Database work that nobody waits for longer than they can: two seconds, then without it.

A server that is stopped enforces no statement_timeout, and a connection to it may hang for ever,
so the deadline is the client's. The work runs in a thread with a connection of its own. When the
time is up its socket is closed under it, the thread ends by the error, and neither is used again.
After a failure nobody tries for two seconds, so that threads waiting for a hung server stay few.
"""

import contextlib
import copy
import logging
import os
import queue
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connections
from django.db.utils import load_backend
from django.utils.translation import get_language, override

from .breaker import Breaker

log = logging.getLogger("leads.bounded")

SECONDS = 2.0
MOST_THREADS = 16
T = TypeVar("T")
Task = tuple[Callable[[], object], Future]


class DatabaseAway(Exception):  # noqa: N818 - it says what is so
    """The database did not answer in time, or at all."""


class Bounded:
    """Threads with connections of their own, made as they are needed, after any fork."""

    def __init__(self, seconds: float = SECONDS, breaker: Breaker | None = None) -> None:
        self.seconds, self.breaker = seconds, breaker or Breaker()
        self._idle: list[_Worker] = []
        self._guard = threading.Lock()
        self._threads = 0

    def call(self, work: Callable[[], T], seconds: float | None = None) -> T:
        """What ``work()`` returns, run on a connection of its own.

        Raises DatabaseAway when the database is away, hung or was so a moment ago; other errors
        of the work are raised as they are. Whether the work was done after all is then unknown.
        """
        if not self.breaker.may_ask():
            raise DatabaseAway("resting after a failure")
        worker = self._take()
        future: Future[T] = Future()
        worker.tasks.put((work, future))
        try:
            outcome = future.result(self.seconds if seconds is None else seconds)
        except TimeoutError:
            self._fail()
            worker.abandon()
            raise DatabaseAway("no answer in time") from None
        except (OperationalError, InterfaceError) as error:
            self._fail()
            raise DatabaseAway(type(error).__name__) from error
        except BaseException:
            self.breaker.succeeded()  # it answered, if only with an error
            raise
        self.breaker.succeeded()
        return outcome

    def _fail(self) -> None:
        if self.breaker.failed():
            log.warning("the database does not answer; going on without it")

    def _take(self) -> "_Worker":
        with self._guard:
            while self._idle:
                worker = self._idle.pop()
                if not worker.is_abandoned:
                    return worker
            if self._threads >= MOST_THREADS:
                raise DatabaseAway("too many are waiting for it")
            self._threads += 1
        worker = _Worker(self)
        worker.thread.start()
        return worker

    def close(self) -> None:
        """Ends the threads that have nothing to do, and their connections with them."""
        with self._guard:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.tasks.put(None)
        for worker in idle:
            worker.thread.join(self.seconds)

    def give_back(self, worker: "_Worker") -> None:
        with self._guard:
            self._idle.append(worker)

    def ended(self) -> None:
        with self._guard:
            self._threads -= 1


class _Worker:
    """One thread and its connection."""

    def __init__(self, owner: Bounded) -> None:
        self.owner = owner
        self.tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self.run, name="bounded", daemon=True)
        self.is_abandoned = False
        self._socket: int | None = None
        self._guard = threading.Lock()

    def run(self) -> None:
        connection = connections["default"] = _own_connection()
        try:
            while task := self.tasks.get():
                self._do(*task, connection)
        finally:
            with self._guard:
                self._socket = None
            with contextlib.suppress(Exception):
                connection.close()
            self.owner.ended()

    def _do(self, work: Callable[[], object], future: Future, connection: object) -> None:
        try:
            outcome, error = self._try_twice(work, connection), None
        except BaseException as raised:
            outcome, error = None, raised
            if isinstance(raised, OperationalError | InterfaceError):
                self._close(connection)
        with self._guard:
            if not self.is_abandoned:
                self.owner.give_back(self)
        if error is None:
            future.set_result(outcome)
        else:
            future.set_exception(error)

    def _try_twice(self, work: Callable[[], object], connection: object) -> object:
        """A connection that was open before may have died with a server that is back by now."""
        was_open = connection.connection is not None
        try:
            return self._try(work, connection)
        except (OperationalError, InterfaceError):
            if not was_open or self.is_abandoned:
                raise
            self._close(connection)
            return self._try(work, connection)

    def _try(self, work: Callable[[], object], connection: object) -> object:
        connection.ensure_connection()
        with self._guard:
            if self.is_abandoned:  # while it connected: whoever asked has answered by now
                raise OperationalError("nobody waits for this any more")
            self._socket = connection.connection.fileno()
        return work()

    def _close(self, connection: object) -> None:
        with self._guard:
            self._socket = None
        with contextlib.suppress(Exception):
            connection.close()

    def abandon(self) -> None:
        """Closes the socket under whatever waits for it. A thread that is still connecting ends
        by connect_timeout."""
        with self._guard:
            self.is_abandoned = True
            self.tasks.put(None)
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    shut(self._socket)


def shut(descriptor: int) -> None:
    """Ends both directions of a socket known by its descriptor; who waits for it wakes up."""
    door = socket.socket(fileno=os.dup(descriptor))
    try:
        door.shutdown(socket.SHUT_RDWR)
    finally:
        door.close()


def _own_connection() -> object:
    """Like the site's connection, but it gives up sooner, and its errors carry no values.

    Parameters go to the server apart from the statement (server_side_binding), so that no log of
    the server's can hold what a visitor wrote.
    """
    own = copy.deepcopy(connections.settings["default"])
    own |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": False, "WAITS_FOR_START": False}
    own["OPTIONS"] = own.get("OPTIONS", {}) | {
        "connect_timeout": int(SECONDS),
        "server_side_binding": True,
        "application_name": "parkcms enquiries",
    }
    return load_backend(own["ENGINE"]).DatabaseWrapper(own, "default")


# --- the one of this process --------------------------------------------------------------------

_bounded = Bounded()


def _after_fork() -> None:
    """No thread and no connection comes through a fork."""
    global _bounded
    _bounded = Bounded()


os.register_at_fork(after_in_child=_after_fork)


def call(work: Callable[[], T], seconds: float | None = None) -> T:
    """``work()`` within two seconds, else DatabaseAway. In one thread where settings say so.

    Words it makes are in the caller's language, which a thread does not inherit.
    """
    if not settings.ENQUIRY_OWN_CONNECTION:  # tests whose rows no other connection can see
        try:
            return work()
        except (OperationalError, InterfaceError) as error:
            raise DatabaseAway(type(error).__name__) from error
    language = get_language()

    def in_language() -> T:
        with override(language):
            return work()

    return _bounded.call(in_language, seconds)


def breaker() -> Breaker:
    """Whether this process asks the database at the moment; pages go by it too."""
    return _bounded.breaker
