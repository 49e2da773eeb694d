"""A public page waits for one query no longer than a reader would, and not at all while it is known
that the database does not answer.

A server that is stopped lets a client wait for ever, so without this a handful of page requests
would hold every thread, and enquiries, which need no database, would find none.
"""

import contextlib
import itertools
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse

from leads import bounded

from . import errors

SECONDS = 2.0
# The desk, and what asks no database of its own accord or brings its own deadline.
NEVER_ASKED = (
    "/admin/", "/health/", "/robots.txt", "/enquiries/", "/en/enquiries/", "/report/", "/en/report/"
)  # fmt: skip
LOOK_EVERY = 0.25

_waiting: dict[int, tuple[float, int]] = {}  # a number for each query: until when, its socket
_numbers = itertools.count()
_guard = threading.Lock()
_watcher: threading.Thread | None = None


class DatabaseDeadline:
    """Middleware for all but the desk, where an export or an import may take its time."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path.startswith(NEVER_ASKED) or not settings.ENQUIRY_OWN_CONNECTION:
            return self.get_response(request)
        if connection.connection is None and bounded.breaker().is_resting():
            return errors.database_away(request)  # connecting can't be given up half way
        with connection.execute_wrapper(_in_time):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """A failure to connect, which no query of ours was there to see."""
        if isinstance(error, OperationalError) and connection.connection is None:
            bounded.breaker().failed()


def _in_time(execute: Callable, sql: str, params: Any, many: bool, context: dict) -> Any:
    breaker = bounded.breaker()
    if not breaker.may_ask():
        raise OperationalError("the database did not answer a moment ago")
    number = next(_numbers)
    own = context["connection"].connection
    if own is not None:
        _have_watcher()
        _waiting[number] = (time.monotonic() + SECONDS, own.fileno())
    try:
        outcome = execute(sql, params, many, context)
    except OperationalError:
        breaker.failed()
        raise
    finally:
        _waiting.pop(number, None)
    breaker.succeeded()
    return outcome


def _have_watcher() -> None:
    """One thread a process, made when it is first needed: none comes through a fork."""
    global _watcher
    if _watcher is not None:
        return
    with _guard:
        if _watcher is None:
            _watcher = threading.Thread(target=_watch, name="deadline", daemon=True)
            _watcher.start()


def _watch() -> None:
    while True:
        time.sleep(LOOK_EVERY)
        now = time.monotonic()
        for number, (until, descriptor) in list(_waiting.items()):
            if now > until and _waiting.pop(number, None):
                with contextlib.suppress(OSError):
                    bounded.shut(descriptor)


def _after_fork() -> None:
    global _watcher, _guard
    _watcher, _guard = None, threading.Lock()
    _waiting.clear()


os.register_at_fork(after_in_child=_after_fork)
