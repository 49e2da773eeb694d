"""The form that takes an enquiry, and the look-up of one by reference and contact."""

from typing import Any

from django import forms
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from parkcms.visitors.address import client_address, network_of
from parkcms.visitors.posts import same_site_post

from . import bounded, intake, journal, lookup, origins
from .forms import EnquiryForm, PlainText

LARGEST = 256 * 1024  # bytes of a whole submission; the longest honest one has some 20,000
MOST_IN_ADDRESS = 200  # characters of a value that an address fills in


@same_site_post
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form; ``?park=``, ``?space=park/space``, ``?article=`` say what it is about.

    A POST is answered with 303 to its receipt, 422 with the form and its errors, 429 above the
    hard limit, 503 when it could be kept nowhere. Before the journal has it nothing here asks
    the database.
    """
    request.database_may_be_away = True
    if request.method == "POST":
        return _submit(request)
    return form_page(request, EnquiryForm(initial=_initial(request)))


def _submit(request: HttpRequest) -> HttpResponse:
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST:
            return form_page(request, EnquiryForm(), 413)
        form = EnquiryForm(request.POST)
    except (ValueError, UnreadablePostError, MultiPartParserError):
        return form_page(request, EnquiryForm(), 400)
    if not form.is_valid():
        return form_page(request, form, 422)
    network = network_of(client_address(request))
    try:
        received = intake.receive(form, network=network, language=get_language() or "zh-hans")
    except journal.TooMany:
        response = form_page(request, form, 429)
        response["Retry-After"] = "60"
        return response
    except intake.NotKept:
        response = form_page(request, form, 503)
        response["Retry-After"] = "60"
        return response
    response = HttpResponseRedirect(reverse("leads:receipt", args=[received.token]), status=303)
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


def form_page(request: HttpRequest, form: EnquiryForm, status: int = 200) -> HttpResponse:
    """The form as it stands, with what was typed; what it is about is named where it is known."""
    about = _about(form)
    context = {
        "form": form,
        "about": about,
        "status": status,
        "has_more": any(name in form.errors or form[name].value() for name in MORE),
    }
    response = render(request, "leads/form.html", context, status=status)
    if request.method == "POST":
        response["Cache-Control"] = "no-store"
    return response


# Fields that are folded away until somebody wants to say more.
MORE = ("budget_text", "districts", "move_in", "tax_text")


def _about(form: EnquiryForm) -> origins.About | None:
    kind, pk = (str(form[name].value() or "") for name in ("about_kind", "about_id"))
    if not kind or len(pk) > MOST_IN_ADDRESS:
        return None
    try:
        return bounded.call(lambda: origins.find_about(kind, pk))
    except (bounded.DatabaseAway, DatabaseError, ValueError):
        return None


def _initial(request: HttpRequest) -> dict[str, Any]:
    """What the address fills in; anything it does not know is left out."""
    given = {name: request.GET.get(name, "")[:MOST_IN_ADDRESS] for name in
             ("park", "space", "article", "intent", "area")}  # fmt: skip
    initial: dict[str, Any] = {"origin_kind": "page", "origin_id": "form"}
    for kind in ("article", "park", "space"):
        if given[kind]:
            initial |= {"origin_kind": kind, "origin_id": given[kind]}
    for kind in ("park", "space"):
        if given[kind]:
            initial |= {"about_kind": kind, "about_id": given[kind]}
    if given["intent"] in dict(EnquiryForm.base_fields["intent"].choices):
        initial["intent"] = given["intent"]
    if given["area"]:
        initial["area_text"] = given["area"][:60]
    return initial


class FindForm(forms.Form):
    """Reference and contact of an enquiry, as somebody wrote them down."""

    use_required_attribute = False

    reference = PlainText(label=lazy("编号"), max_length=40, help_text=lazy("如 Q7K2M-9M4DX。"))
    contact = PlainText(
        label=lazy("提交时填的电话"),
        max_length=254,
        help_text=lazy("没有填电话的，写当时填的微信号或邮箱。"),
    )


@same_site_post
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """To the receipt of a reference and its contact; one answer for whatever does not fit."""
    request.database_may_be_away = True
    if request.method != "POST":
        return _find_page(request, FindForm())
    form = FindForm(request.POST)
    if not form.is_valid():
        return _find_page(request, form, 422)
    network = network_of(client_address(request))
    reference, contact = form.cleaned_data["reference"], form.cleaned_data["contact"]
    try:
        found = bounded.call(lambda: lookup.look_up(reference, contact, network))
    except lookup.TooManyTries:
        form.add_error(None, _("查询次数太多了。一小时后再试，或拨打热线。"))
        return _find_page(request, form, 429)
    except (bounded.DatabaseAway, DatabaseError):
        form.add_error(None, _("现在查不到：资料库暂时连不上。您的需求没有丢，请过几分钟再试。"))
        return _find_page(request, form, 503)
    if not found:
        form.add_error(None, _("没有找到。请核对编号和联系方式；刚提交的，几分钟后再查。"))
        return _find_page(request, form, 404)
    return HttpResponseRedirect(reverse("leads:receipt", args=[found]), status=303)


def _find_page(request: HttpRequest, form: FindForm, status: int = 200) -> HttpResponse:
    response = render(request, "leads/find.html", {"form": form}, status=status)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
