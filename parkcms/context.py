"""What every page of the site knows, read only when a template asks."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from parkcms.language.address import in_language
from parks.models import Park

from .models import SiteProfile

FOOTER_PARKS = 8


def site(request: HttpRequest) -> dict:
    """``site``, ``origin``, ``footer_parks`` and the page's address in both languages.

    Nothing here depends on cookies, headers or who is asking: public pages are the same bytes
    for everyone.
    """
    path = request.path
    return {
        "section": _section(in_language(path, "zh-hans")),
        "site": SimpleLazyObject(SiteProfile.current),
        "footer_parks": SimpleLazyObject(
            lambda: list(Park.objects.published().only("name_zh", "name_en", "slug")[:FOOTER_PARKS])
        ),
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
    return first if first in {"parks", "spaces", "articles"} else ""
