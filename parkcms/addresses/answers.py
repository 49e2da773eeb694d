"""What the site says to a reader at one of its own addresses, found out without a network.

The view is called as a reader's request would call it, in the language of the address. Middleware
takes no part: it concerns the desk, the connection or the visitor, and of those there is none.
"""

from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus, urlsplit

from django.conf import settings
from django.core.handlers.exception import response_for_exception
from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpResponseBase
from django.test import RequestFactory
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.translation import override

from parkcms.language.address import CHINESE, in_language, language_of

from .models import Redirect

# What is not a reader's page has no answer here.
_NOT_FOR_READERS = ("/admin", "/health")


@dataclass(frozen=True)
class Answer:
    """A status, and for 301, 302, 303, 307 and 308 where it leads."""

    status: int
    location: str = ""

    @property
    def is_page(self) -> bool:
        return self.status == 200

    @property
    def is_broken(self) -> bool:
        return self.status >= 400

    @property
    def has_moved(self) -> bool:
        """Moved for good."""
        return self.status in {301, 308}


def at(path: str, query: str = "") -> Answer:
    """What a reader gets at the decoded ``path``. Raises the database's errors when it is away."""
    if path.startswith(_NOT_FOR_READERS):
        return Answer(403)
    if "\x00" in path or "\x00" in unquote_plus(query):
        return Answer(400)
    with override(language_of(path)):
        match = _resolved(path)
        if match is None:
            if not path.endswith("/") and _resolved(path + "/"):
                return Answer(301, path + "/")
            return _elsewhere(path)
        response = _response(match, path, query)
        if response.status_code == 404:
            return _elsewhere(path)
        return Answer(response.status_code, response.headers.get("Location", ""))


def _resolved(path: str) -> ResolverMatch | None:
    try:
        return resolve(path)
    except Resolver404:
        return None


def _response(match: ResolverMatch, path: str, query: str) -> HttpResponseBase:
    host = urlsplit(settings.PARKCMS_ORIGIN).netloc
    request = RequestFactory(headers={"host": host}).head("/", QUERY_STRING=query)
    request.path = request.path_info = path
    request.resolver_match = match
    try:
        # A statement that fails must not spoil the transaction of who asks.
        with transaction.atomic():
            response = match.func(request, *match.args, **match.kwargs)
            if hasattr(response, "render") and not response.is_rendered:
                response.render()
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        response = response_for_exception(request, error)
    # Not response.close(): that ends the request around this one and its database connection.
    if file := getattr(response, "file_to_stream", None):
        file.close()
    return response


def _elsewhere(path: str) -> Answer:
    target = Redirect.objects.target_of(in_language(path, CHINESE))
    return Answer(301, in_language(target, language_of(path))) if target else Answer(404)


def final(path: str, steps: int = 3) -> tuple[str, Answer]:
    """The path a reader ends at, through at most ``steps`` moves, and the answer there."""
    answer = at(path)
    while steps and answer.location.startswith("/") and not answer.location.startswith("//"):
        steps, path = steps - 1, unquote(urlsplit(answer.location).path)
        answer = at(path)
    return path, answer
