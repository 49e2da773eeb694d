"""After a 404: where the page is today, or a note for the editors that somebody missed it.

Pages that exist never come here, so for them the database is not asked. Notes are counted in the
process and written by a thread of their own: no visitor waits for them, and with the database
away they are dropped.
"""

import logging
import os
import threading
from collections.abc import Callable
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import Error, OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils import timezone

from leads.bounded import Bounded, DatabaseAway, breaker
from parkcms.addresses import strays
from parkcms.addresses.models import Missing, Redirect
from parkcms.addresses.models.missing import Met
from parkcms.language.address import CHINESE, in_language, language_of

from .deadline import NEVER_ASKED

log = logging.getLogger(__name__)

MOST_PATHS = 200  # of one process between two writings; what a flood has more of is not counted
# What our own pages put behind a "?": kept on the way to a new address, and never a reason to
# think that a page is gone.
QUERIES = ("as_of", "before", "after", "q", "park", "space")
# What names a row in an address of ours: only rows move, and only they can be missed.
_NAMES_A_ROW = {"slug", "space", "pk", "legacy_id"}
_IN_PATH = "/~:@!$&'()*+,;=-._"


class Strayed:
    """Middleware around all that answers; right inside the language of the address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 404 or request.method not in {"GET", "HEAD"}:
            return response
        match = request.resolver_match
        # Of a page that is always there only the query string can have been wrong.
        is_fixed = match is not None and _NAMES_A_ROW.isdisjoint(match.kwargs)
        if is_fixed or request.path_info.startswith(NEVER_ASKED):
            return response
        if target := _target(request):
            return HttpResponsePermanentRedirect(target)
        if request.method == "GET" and not any(name in request.GET for name in QUERIES):
            note(
                request.path_info,
                request.headers.get("User-Agent", ""),
                request.headers.get("Referer", ""),
            )
        return response


def _target(request: HttpRequest) -> str | None:
    """Where the page is today, ready for a Location; None also while the database is away."""
    path = request.path_info
    try:
        target = Redirect.objects.target_of(in_language(path, CHINESE))
    except Error as error:
        if isinstance(error, OperationalError) and connection.connection is None:
            breaker().failed()  # the next in line need not wait for it as well
        return None
    if target is None:
        return None
    known = [(name, text) for name in QUERIES for text in request.GET.getlist(name)]
    address = quote(in_language(target, language_of(path)), safe=_IN_PATH)
    return f"{address}?{urlencode(known)}" if known else address


# --- notes --------------------------------------------------------------------------------------

_met: dict[str, Met] = {}
_guard = threading.Lock()
_timer: threading.Timer | None = None


def note(path: str, user_agent: str, referrer: str) -> bool:
    """Counts a visit to nothing; False where it is none of an editor's business.

    Takes some microseconds. The first note sets a clock, at whose end ``write()`` runs.
    """
    if strays.is_robot(user_agent) or not strays.is_worth_noting(path):
        return False
    from_path, from_host = strays.came_from(referrer)
    now = timezone.now()
    with _guard:
        if path not in _met and len(_met) >= MOST_PATHS:
            return False
        one = _met.setdefault(path, Met(path, 0, now, now))
        one.count, one.last_at = one.count + 1, now
        if from_path or from_host:
            one.from_path, one.from_host = from_path, from_host
        _set_clock()
    return True


def write() -> int:
    """Writes what was counted since the last time, on a connection that is closed afterwards.

    How many paths. With the database away, or in no hurry to answer, they are dropped: 0.
    """
    with _guard:
        met = list(_met.values())
        _met.clear()
    if not met:
        return 0
    if not settings.ENQUIRY_OWN_CONNECTION:  # tests whose rows no other connection can see
        Missing.objects.tally(met)
        return len(met)
    # Not the one of enquiries: what goes wrong here must not make them wait.
    own = Bounded()
    try:
        own.call(lambda: Missing.objects.tally(met))
    except (DatabaseAway, Error) as error:
        log.warning("%s notes on missing pages were dropped: %s", len(met), type(error).__name__)
        return 0
    finally:
        own.close()
    return len(met)


def _set_clock() -> None:
    """With the guard taken. One thread at a time, gone when it has written."""
    global _timer
    if _timer is None and settings.MISSING_SECONDS:
        _timer = threading.Timer(settings.MISSING_SECONDS, _strike)
        _timer.name, _timer.daemon = "missing", True
        _timer.start()


def _strike() -> None:
    global _timer
    try:
        write()
    finally:
        with _guard:
            _timer = None
            if _met:
                _set_clock()


def _after_fork() -> None:
    """No thread comes through a fork, and what was counted is written by the parent."""
    global _timer, _guard
    _timer, _guard = None, threading.Lock()
    _met.clear()


os.register_at_fork(after_in_child=_after_fork)
