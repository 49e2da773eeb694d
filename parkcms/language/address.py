"""The language of an address: ``/en/…`` is English, everything else Chinese, the desk included.

Nothing else decides: no header and no cookie is read, so one address is the same page for all.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import override

CHINESE, ENGLISH = "zh-hans", "en"

# Browsers read a backslash as a slash and drop control characters, so all of these may stand
# where two slashes would: at the start of another host's name.
_START = r"[/\\\x00-\x20]*"
_PREFIX = re.compile(rf"(?:{_START}en(?=[/\\?#]|$))*{_START}")


def language_of(path: str) -> str:
    """``en`` for ``/en`` and below, else ``zh-hans``."""
    return ENGLISH if path == "/en" or path.startswith("/en/") else CHINESE


def in_language(path: str, language: str) -> str:
    """The same address in ``language`` (``en`` or ``zh-hans``); a query string stays.

    The desk has one language: ``/admin/`` comes back as it is. The result starts with exactly one
    slash, so a link to it stays on this site.
    """
    rest = "/" + path[_PREFIX.match(path).end() :]
    if language != ENGLISH or rest == "/admin" or rest.startswith("/admin/"):
        return rest
    return "/en" + rest


class AddressLanguage:
    """Middleware: answers each request in the language of its address.

    Afterwards the thread has the language it had before, after an exception too. A streamed body
    is made later and must name its language itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_of(request.path_info)
        with override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.setdefault("Content-Language", language)
        return response
