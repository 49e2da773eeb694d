"""The one guard in front of every public form (architecture: public forms carry no token)."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

View = Callable[..., HttpResponse]


def same_site_post(view: View) -> View:
    """Takes a POST from this site's own pages, and from programs that say nothing of a page.

    Browsers say where a form comes from by ``Sec-Fetch-Site`` and ``Origin``; a page of another
    site can forge neither. There is no cookie here that a forged post could ride on, so a token
    would guard nothing and cost the form its being the same for everyone. Refuses with 403.
    """

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.method == "POST" and not _is_of_this_site(request):
            raise PermissionDenied("posted from another site")
        return view(request, *args, **kwargs)

    guarded.takes_posts_of_this_site = True
    return guarded


def _is_of_this_site(request: HttpRequest) -> bool:
    said = request.headers.get("Sec-Fetch-Site", "")
    if said == "cross-site":
        return False
    origin = request.headers.get("Origin")
    if origin is None or said == "same-origin":  # from a page without referrer it is "null"
        return True
    try:
        given = urlsplit(origin)
        host = given.netloc.lower()
    except ValueError:
        return False
    own = urlsplit(settings.PARKCMS_ORIGIN)
    if (given.scheme, host) == (own.scheme, own.netloc.lower()):
        return True
    # The same site under a second name it answers to, such as localhost beside 127.0.0.1.
    return given.scheme in {"http", "https"} and host == request.get_host().lower()
