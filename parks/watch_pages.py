"""Asking for a mail of a search, and the page its mails lead to: confirm, or end it.

Looking changes nothing: mail programs open every link before people do.
"""

import re

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from parkcms.language.widths import fold
from parkcms.visitors.address import client_address, network_of
from parkcms.visitors.posts import same_site_post

from . import watching
from .finder import Search
from .models import Watch

TOKEN = r"[A-Za-z0-9_-]{32}"  # noqa: S105 - the shape of one
LARGEST = 16 * 1024  # bytes of a whole form
LONGEST_QUERY = 1000  # as Watch keeps it


class WatchForm(forms.Form):
    """An address and the search it wants mails of; ``website`` is filled in by machines only."""

    use_required_attribute = False

    email = forms.CharField(
        label=lazy("邮箱"),
        max_length=1000,
        help_text=lazy("只用来发这个条件的新空间，随时可退订。"),
    )
    query = forms.CharField(required=False, max_length=4000)
    website = forms.CharField(required=False, max_length=4000)

    def clean_email(self) -> str:
        """In one spelling: half-width, lower case, so that one mailbox asks once."""
        typed = fold(self.cleaned_data["email"]).strip().lower()
        if not typed.isascii():  # a letter nobody sees would make another mailbox of it
            raise forms.ValidationError(lazy("邮箱只写字母、数字和符号。"), code="invalid")
        return forms.EmailField(max_length=254).clean(typed)


@same_site_post
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The form for the search of the address; POST sends the mail to confirm from.

    303 to the same page whoever the address belongs to; 422 with the form and its errors, 413
    and 400 for what is no form, 429 above the limit of a network.
    """
    if request.method != "POST":
        search = Search.parse(request.GET)
        return _form_page(request, WatchForm(initial={"query": search.query_string()}), search)
    if not watching.is_on():
        return _form_page(request, WatchForm(), Search(), 503)
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST:
            return _form_page(request, WatchForm(), Search(), 413)
        form = WatchForm(request.POST)
    except (ValueError, UnreadablePostError, MultiPartParserError):
        return _form_page(request, WatchForm(), Search(), 400)
    search = Search.parse(QueryDict(request.POST.get("query", "")[:4000].replace("\x00", "")))
    if not form.is_valid():
        return _form_page(request, form, search, 422)
    if len(search.query_string()) > LONGEST_QUERY:
        form.add_error(None, lazy("条件太多了，请少选几项再订阅。"))
        return _form_page(request, form, search, 422)
    if not form.cleaned_data["website"].strip():
        try:
            watching.ask(
                form.cleaned_data["email"],
                search,
                language=get_language() or "zh-hans",
                network=network_of(client_address(request)),
            )
        except watching.TooMany:
            answer = _form_page(request, form, search, 429)
            answer["Retry-After"] = "60"
            return answer
    answer = HttpResponseRedirect(reverse("parks:watch_sent"), status=303)
    answer["Cache-Control"] = "no-store"
    return answer


def _form_page(
    request: HttpRequest, form: WatchForm, search: Search, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "words": search.words(),
        "watch_query": search.query_string(),
        "status": status,
        "state": "ask",
        "watch_is_on": watching.is_on(),
    }
    answer = render(request, "parks/watch.html", context, status=status)
    answer["X-Robots-Tag"] = "noindex"
    if request.method == "POST":
        answer["Cache-Control"] = "no-store"
    return answer


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """What comes next; the same for every address."""
    answer = render(request, "parks/watch.html", {"state": "sent"})
    answer["X-Robots-Tag"] = "noindex"
    return answer


@same_site_post
@require_http_methods(["GET", "HEAD", "POST"])
def watch(request: HttpRequest, token: str) -> HttpResponse:
    """The search in words and its two buttons; 404 for a token nobody was sent.

    POST ``action=confirm`` begins it (303 back), ``action=end`` deletes it. A mail program's own
    button posts ``List-Unsubscribe=One-Click`` (RFC 8058) and is not led elsewhere.
    """
    row = Watch.objects.filter(token=token).first() if re.fullmatch(TOKEN, str(token)) else None
    if row is None:
        raise Http404("no such watch")
    if request.method == "POST":
        return _private(_act(request, row))
    search = watching.search_of(row)
    state = "confirmed" if row.is_confirmed() else "over" if row.confirmed_at else "waiting"
    context = {"state": state, "words": search.words(), "watch_query": search.query_string(),
               "watch": row}  # fmt: skip
    return _private(render(request, "parks/watch.html", context))


def _act(request: HttpRequest, row: Watch) -> HttpResponse:
    try:
        given = request.POST
    except (UnreadablePostError, MultiPartParserError):
        given = QueryDict()
    if given.get("List-Unsubscribe") == "One-Click" or given.get("action") == "end":
        query = row.query
        watching.end(row)
        return render(request, "parks/watch.html", {"state": "ended", "watch_query": query})
    if given.get("action") == "confirm":
        watching.confirm(row)
    return HttpResponseRedirect(reverse("parks:watch", args=[row.token]), status=303)


def _private(answer: HttpResponse) -> HttpResponse:
    """Stored and indexed nowhere, and its address goes to no other page."""
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
