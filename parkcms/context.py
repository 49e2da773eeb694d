"""What every page of the site knows, read only when a template asks."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from parkcms.language.address import in_language

from . import lastknown


def site(request: HttpRequest) -> dict:
    """``site``, ``origin``, ``footer_parks`` and the page's address in both languages.

    Nothing here depends on cookies, headers or who is asking: public pages are the same bytes
    for everyone.
    """
    path = request.path
    # Set by views that must answer while the database is away (leads/views.py).
    if getattr(request, "database_may_be_away", False):
        known = SimpleLazyObject(lastknown.read)
        site = SimpleLazyObject(lambda: known.site)
        parks = SimpleLazyObject(lambda: known.parks)
    else:
        site = SimpleLazyObject(lastknown.site)
        parks = SimpleLazyObject(lastknown.parks)
    return {
        "section": _section(in_language(path, "zh-hans")),
        "site": site,
        "footer_parks": parks,
        "origin": settings.PARKCMS_ORIGIN,
        "canonical": settings.PARKCMS_ORIGIN + path,
        "page_language": "en" if get_language() == "en" else "zh-Hans",
        "is_english": get_language() == "en",
        "zh_path": in_language(path, "zh-hans"),
        "en_path": in_language(path, "en"),
        "profile_is_local": settings.PROFILE == "local",
    }


def _section(path: str) -> str:
    """Which part of the main navigation a Chinese path belongs to."""
    if path == "/":
        return "home"
    first = path.split("/")[1]
    return first if first in {"parks", "spaces", "articles", "policies"} else ""
