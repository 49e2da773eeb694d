"""Nothing typed is lost when a session ends, or when a log-in in another tab turns the token: what
was posted comes back on a page that posts it again. And the token for scripts that renew it."""

import re
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict, UnreadablePostError
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from . import second_factor

# Nothing is written there that anybody would miss, but passwords and codes.
NEVER_KEPT = {
    "admin:login",
    "admin:logout",
    "admin:second_factor",
    "admin:second_factor_check",
    "admin:token",
}
STEPS = {
    "login": "admin:login",
    "check": "admin:second_factor_check",
    "set_up": "admin:second_factor",
}
_SECRET = re.compile(r"password", re.IGNORECASE)
_LONG = 40  # characters; shorter texts are quicker written again than found and copied
_NO_STORE = {"Cache-Control": "no-store"}


def kept(request: HttpRequest) -> HttpResponse | None:
    """What answers a POST to the desk that can't be let through: 403 with all it brought in hidden
    fields. A script (``X-Requested-With``) gets JSON: 401 with the address of the log-in, or 403
    with that of a fresh token. None where nothing is to be kept, so that it goes as ever.

    The caller has made sure that a page of this site sent it: what is posted is shown. Raises, as
    reading the form does, SuspiciousOperation for one over the limits of size.
    """
    if request.method != "POST" or not request.path_info.startswith("/admin/"):
        return None
    if request.resolver_match is None or request.resolver_match.view_name in NEVER_KEPT:
        return None
    step = _step_to_the_desk(request)
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return _told_to_a_script(step)
    try:
        posted, files = request.POST, request.FILES
    except UnreadablePostError:
        return None
    page = render_to_string("admin/continue.html", _context(request, step, posted, files))
    return HttpResponse(page, status=403, headers=_NO_STORE)


def is_of_this_site(request: HttpRequest) -> bool:
    """Whether the browser says that a page of this site sent the form. Without its word: no."""
    said, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if said is not None and said != "same-origin":
        return False
    if origin is None or (origin == "null" and said):
        return said is not None
    own = {f"{request.scheme}://{request.get_host()}".lower(), settings.PARKCMS_ORIGIN.lower()}
    return origin.lower() in own


@never_cache
@require_safe
def token(request: HttpRequest) -> JsonResponse:
    """``{"token": …, "user": name}`` for a script that renews its form's token after a log-in in
    another tab; 401 with the address of the log-in for who is not let in."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return JsonResponse({"error": "asked by another page"}, status=403)
    if _step_to_the_desk(request):
        return _told_to_a_script("login")
    return JsonResponse({"token": get_token(request), "user": str(request.user)})


def step_page(step: str, back_to: str) -> str:
    """Address of the page of that step ("login", "check", "set_up"); it leads on to ``back_to``."""
    return f"{reverse(STEPS[step])}?{urlencode({'next': back_to}, safe='/')}"


def _step_to_the_desk(request: HttpRequest) -> str:
    """What is missing: "login", "check", "set_up", or "" for nothing."""
    try:
        if not admin.site.has_permission(request):
            return "login"
        return second_factor.wanted(request.user)
    except (OperationalError, InterfaceError):
        return "login"  # the database is away, which is no reason to lose a text


def _told_to_a_script(step: str) -> JsonResponse:
    if step:
        answer = JsonResponse({"login": reverse("admin:login")}, status=401)
    else:
        answer = JsonResponse({"token": reverse("admin:token")}, status=403)
    add_never_cache_headers(answer)
    return answer


def _context(request: HttpRequest, step: str, posted: QueryDict, files: QueryDict) -> dict:
    pairs = [(name, value) for name in posted for value in posted.getlist(name)]
    fields = [pair for pair in pairs if not _is_left_out(pair[0])]
    return {
        "address": request.get_full_path(),
        "token": get_token(request),
        "token_address": reverse("admin:token"),
        "step": step,
        "door": step and step_page(step, reverse("admin:index")),
        "fields": fields,
        "texts": [(name, value) for name, value in fields if len(value) > _LONG],
        "has_passwords": any(_is_secret(name) and value for name, value in pairs),
        "files": [one.name for name in files for one in files.getlist(name)],
    }


def _is_left_out(name: str) -> bool:
    return name == "csrfmiddlewaretoken" or _is_secret(name)


def _is_secret(name: str) -> bool:
    return bool(_SECRET.search(name)) and name not in {
        "usable_password", "set-password", "unset-password"
    }  # fmt: skip
