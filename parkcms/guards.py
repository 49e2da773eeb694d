"""Middleware that keeps from the pages what none can answer and none should see."""

from collections.abc import Callable
from urllib.parse import unquote_plus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from . import errors

Handler = Callable[[HttpRequest], HttpResponse]
MAX_QUERY = 4_096  # characters; the longest address the site makes itself has some 300


class RefuseMalformed:
    """A NUL byte or an endless query string is nobody's question: 400 with a clear page.

    Postgres takes no NUL in a text, so one that got through would end as an error of ours.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if len(query) > MAX_QUERY or "\x00" in request.path_info or "\x00" in unquote_plus(query):
            return errors.bad_request(request)
        return self.get_response(request)


class NoCookies:
    """Public pages never see a cookie, so none can hang on one, whatever a visitor sends.

    Without this the session and CSRF middleware answer a malformed cookie with Set-Cookie and
    Vary. Only the desk has cookies (settings: their path).
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/admin/"):
            request.META.pop("HTTP_COOKIE", None)
        return self.get_response(request)


class DatabaseAway:
    """Says so honestly, with 503, when the database does not answer."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, OperationalError | InterfaceError):
            return errors.database_away(request)
        return None
