"""/report/: a complaint about a page of ours, how it is taken in, and what became of it.

The reference is the only key to the status page, which says nothing of who complained.
"""

import logging
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import DatabaseError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from leads import bounded
from leads.forms import TOO_LONG, Paragraphs, PlainText, Silent
from leads.references import ALPHABET, keyed
from parkcms.language import phones
from parkcms.ledger.models import Act
from parkcms.visitors.address import client_address, network_of
from parkcms.visitors.posts import same_site_post

from . import reported
from .models import Complaint

log = logging.getLogger("parkcms.reporting")

# The shape of a reference, in either case: people type it from a note.
_LETTERS = ALPHABET + ALPHABET.lower()
REFERENCE = rf"[{_LETTERS}]{{4}}(?:-[{_LETTERS}]{{4}}){{2}}"
LARGEST = 128 * 1024  # bytes of a whole submission; the longest honest one has some 50,000
SAME = timedelta(minutes=10)  # in which the same content is the same complaint
MINUTE = timedelta(minutes=1)
MOST_A_MINUTE = 10  # complaints of one network; an office has one address for all
LOCK = (20_211_101, 1195)  # advisory: one complaint after another, so that none is kept twice


class TooMany(Exception):  # noqa: N818 - it says what is so
    """One network sent more than MOST_A_MINUTE."""


class ReportForm(forms.Form):
    """What somebody says is wrong with a page. Reading it asks no database."""

    required_css_class = "required"
    use_required_attribute = False

    kind = forms.ChoiceField(
        label=lazy("您要"),
        choices=Complaint.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": lazy("请选一种。"),
            "invalid_choice": lazy("请从列出的几种里选一种。"),
        },
    )
    about = PlainText(
        label=lazy("哪一页"),
        max_length=2000,  # of what was copied; the path that is kept is shorter
        required=False,
        help_text=lazy("复制浏览器地址栏里的网址，如 /articles/3661/。"),
    )
    text = Paragraphs(
        label=lazy("哪里不对"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=lazy("写明是哪一句、哪张图、哪个数字，应该是什么，有什么依据。"),
        error_messages=TOO_LONG | {"required": lazy("请写明哪里不对，一两句话就行。")},
    )
    basis = Paragraphs(
        label=lazy("什么权利、有什么证据"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=lazy("侵权通知要写：如“我是这张照片的作者，首发于某年某月某处”。"),
    )
    name = PlainText(
        label=lazy("姓名或单位"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    contact = PlainText(
        label=lazy("电话或邮箱"),
        max_length=254,
        required=False,
        help_text=lazy("如 138 0013 8000 或 name@example.cn，只用来核实和答复。"),
    )
    website = Silent()

    def clean_about(self) -> str:
        typed = self.cleaned_data["about"]
        path = reported.own_path(typed) if typed else ""
        if typed and not path:
            words = _("这不是本站网页的地址。请复制浏览器地址栏里的网址，如 /articles/3661/。")
            raise ValidationError(words, code="not_ours")
        return path

    def clean_contact(self) -> str:
        """A mail address as it is, a number as it is dialled."""
        typed = self.cleaned_data["contact"]
        if not typed:
            return ""
        if "@" in typed:
            try:
                validate_email(typed)
            except ValidationError:
                words = _("邮箱写得不完整，应像 name@example.cn。")
                raise ValidationError(words, code="mail") from None
            return typed
        try:
            return phones.parse(typed).display
        except phones.PhoneError as error:
            words = str(error) if get_language() != "en" else _("看不懂这个电话或邮箱。")
            raise ValidationError(words, code=f"phone_{error.code}") from None

    def clean(self) -> dict[str, Any]:
        """What a kind needs to be acted on (Civil Code, art. 1195, for infringements)."""
        cleaned = super().clean() or self.cleaned_data
        for name, words in self._needed(cleaned.get("kind", "")).items():
            if name not in self.errors and not cleaned.get(name):
                self.add_error(name, ValidationError(words, code="needed"))
        return cleaned

    def _needed(self, kind: str) -> dict[str, str]:
        page = {"about": _("请写明是哪一页，我们才找得到，如 /articles/3661/。")}
        if kind == Complaint.Kind.CORRECTION:
            return page
        if kind != Complaint.Kind.INFRINGEMENT:
            return {}
        return page | {
            "basis": _("侵权通知要有初步证据：请写明是什么权利、凭什么是您的。"),
            "name": _("侵权通知要有真实身份：请写姓名或单位。"),
            "contact": _("侵权通知要有联系方式：请写电话或邮箱，如 138 0013 8000。"),
        }

    def content(self) -> dict[str, Any]:
        """The cleaned fields under the names of a Complaint's columns."""
        data = self.cleaned_data
        texts = {name: data[name] for name in ("kind", "text", "basis", "name", "contact")}
        return texts | {
            "about_path": data["about"],
            "is_suspect": bool((data.get("website") or "").strip()),
        }


# --- taking in ----------------------------------------------------------------------------------


def take_in(content: dict[str, Any], *, network: str, language: str) -> str:
    """Keeps a complaint once and answers its reference; a repeat gets the one of the first.

    Raises TooMany, and DatabaseAway or DatabaseError where it could not be kept.
    """
    return bounded.call(lambda: _keep(content, network, language))


@transaction.atomic
def _keep(content: dict[str, Any], network: str, language: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", LOCK)
    now = timezone.now()
    said = (str(content[name]) for name in sorted(content) if name != "is_suspect")
    same = keyed("complaint", *said)
    known = Complaint.objects.filter(content_hash=same, received_at__gt=now - SAME)
    if reference := known.values_list("reference", flat=True).first():
        return reference
    sent = Complaint.objects.filter(network=network, received_at__gt=now - MINUTE)
    if network and sent.count() >= MOST_A_MINUTE:
        raise TooMany
    row = Complaint.objects.create(
        **content,
        about_title=reported.title(content["about_path"]),
        content_hash=same,
        network=network,
        language=language,
        received_at=now,
    )
    Act.record(None, "receive", row, after={"kind": row.kind})
    return row.reference


# --- pages --------------------------------------------------------------------------------------


@same_site_post
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """The form; ``?about=/articles/3661/`` says which page it is about.

    A POST is answered with 303 to its status page, 422 with the form and its errors, 429 above
    the limit of a network, 503 when it could not be kept: what was typed is on the page.
    """
    request.database_may_be_away = True
    if request.method == "POST":
        return _submit(request)
    about = reported.own_path(request.GET.get("about", "")[: reported.MOST])
    return _form_page(request, ReportForm(initial={"about": about}))


def _submit(request: HttpRequest) -> HttpResponse:
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST:
            return _form_page(request, ReportForm(), 413)
        form = ReportForm(request.POST)
    except (ValueError, UnreadablePostError, MultiPartParserError):
        return _form_page(request, ReportForm(), 400)
    if not form.is_valid():
        return _form_page(request, form, 422)
    network = network_of(client_address(request))
    try:
        reference = take_in(form.content(), network=network, language=get_language() or "zh-hans")
    except TooMany:
        return _later(_form_page(request, form, 429))
    except (bounded.DatabaseAway, DatabaseError) as error:
        log.error("a complaint could not be kept: %s", type(error).__name__)
        return _later(_form_page(request, form, 503))
    answer = HttpResponseRedirect(reverse("report_status", args=[reference]), status=303)
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _later(answer: HttpResponse) -> HttpResponse:
    answer["Retry-After"] = "60"
    return answer


def _form_page(request: HttpRequest, form: ReportForm, status: int = 200) -> HttpResponse:
    about = reported.own_path(str(form["about"].value() or "")[: reported.MOST])
    context = {
        "form": form,
        "status": status,
        "about": about,
        "about_title": _title(about),
        "most_a_minute": MOST_A_MINUTE,
    }
    answer = render(request, "site/report.html", context, status=status)
    if request.method == "POST":
        answer["Cache-Control"] = "no-store"
    return answer


def _title(path: str) -> str:
    if not path:
        return ""
    try:
        return bounded.call(lambda: reported.title(path))
    except (bounded.DatabaseAway, DatabaseError):
        return ""


@require_safe
def status(request: HttpRequest, reference: str) -> HttpResponse:
    """What was received, by when it is answered, the answer; 404 for an unknown reference, 503
    when nobody can tell."""
    request.database_may_be_away = True
    rows = Complaint.objects.filter(reference=reference.upper())
    try:
        # Nothing of who complained is read, so nothing of it can be shown.
        shown = ("reference", "kind", "about_path", "about_title", "received_at", "due_at",
                 "state", "outcome", "answer", "answered_at", "closed_at")  # fmt: skip
        found, is_away = bounded.call(rows.only(*shown).first), False
    except (bounded.DatabaseAway, DatabaseError):
        found, is_away = None, True
    if found is None and not is_away:
        raise Http404("no such complaint")
    context = {"complaint": found, "steps": _steps(found) if found else []}
    answer = render(request, "site/report_status.html", context, status=503 if is_away else 200)
    if is_away:
        answer["Retry-After"] = "30"
    return _private(answer)


def _steps(complaint: Complaint) -> list[tuple[str, Any, bool]]:
    """(what, when, whether it has come so far) of the way a complaint goes."""
    is_taken = complaint.state != Complaint.State.NEW
    return [
        (_("已收到"), complaint.received_at, True),
        (_("编辑正在核实"), None, is_taken),
        (_("已答复"), complaint.answered_at, bool(complaint.answered_at)),
        (_("已办结"), complaint.closed_at, bool(complaint.closed_at)),
    ]


@require_safe
def with_slash(request: HttpRequest, reference: str) -> HttpResponse:
    """To the address as it is written; remembered by nobody, as the page itself."""
    return _private(HttpResponseRedirect(reverse("report_status", args=[reference])))


def _private(answer: HttpResponse) -> HttpResponse:
    """Stored and indexed nowhere, and its address goes to no other page."""
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
