"""The page a mail leads to: spaces of a park, ticked, and one button that confirms them today."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from parkcms.visitors.posts import same_site_post

from . import reconfirming
from .models import Space

MOST_DIGITS = 18  # of a key of the database


@same_site_post
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Looking changes nothing; the button confirms what is ticked, in the manager's name."""
    try:
        asked = reconfirming.read(token)
    except reconfirming.Forged as error:
        raise Http404("no such address to confirm by") from error
    except reconfirming.Expired:
        return _private(render(request, "parks/confirm.html", {"problem": "expired"}, status=410))
    except reconfirming.NotTheirs:
        return _private(render(request, "parks/confirm.html", {"problem": "left"}, status=403))
    if request.method == "POST":
        done = reconfirming.confirm(asked, _keys(request))
        here = reverse("parks:confirm", args=[token])
        return _private(HttpResponseRedirect(f"{here}?done={done}", status=303))
    spaces = list(reconfirming.asked_about(asked.park)[: reconfirming.MOST])
    context = {"asked": asked, "spaces": spaces, "done": _done(request), "desk": _desk(asked)}
    return _private(render(request, "parks/confirm.html", context))


def _keys(request: HttpRequest) -> list[int]:
    """The ticked keys; anything that is none is passed over."""
    given = request.POST.getlist("space")[: reconfirming.MOST]
    return [int(key) for key in given if _is_number(key)]


def _done(request: HttpRequest) -> int | None:
    told = request.GET.get("done", "")
    return min(int(told), reconfirming.MOST) if _is_number(told) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS


def _desk(asked: reconfirming.Asked) -> str:
    state = Space.State.LETTABLE.value
    return f"/admin/parks/space/?park__id__exact={asked.park.pk}&state__exact={state}"


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response
