"""The receipt of an enquiry: what was received, what comes next, what fits; and second thoughts.

Its address is the only key to it: unguessable, told to nobody, stored nowhere, indexed by nobody.
"""

import contextlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from parkcms.ledger.models import Act
from parkcms.visitors.posts import same_site_post

from . import announcing, bounded, filing, journal, matching, office, retention, shown
from .forms import EnquiryForm
from .models import Enquiry
from .record import Record


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt's page shows. Without `enquiry` it is still only in the journal."""

    reference: str
    submitted_at: datetime
    answer_by: datetime
    rows: list[tuple[str, str]]
    enquiry: Enquiry | None = None
    matches: matching.Matches | None = None


@require_safe
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    """200 for a kept enquiry, filed or not; 404 for an unknown token; 503 when nobody can tell."""
    found, is_away = _read(token)
    if found is None and not is_away:
        raise Http404("no such receipt")
    status = 503 if found is None else 200
    return _page(request, "leads/receipt.html", {"receipt": found, "token": token}, status)


def _read(token: str) -> tuple[Receipt | None, bool]:
    """The receipt, from the table or else from the journal, and whether the database is away."""
    try:
        found = bounded.call(lambda: _from_table(token))
        if found is None and (record := _in_journal(token)):
            return _from_journal(record), False
        # Once more: it may have been filed between the two looks.
        return found or bounded.call(lambda: _from_table(token)), False
    except (bounded.DatabaseAway, DatabaseError):
        record = _in_journal(token)
        return (_from_journal(record) if record else None), True


def _in_journal(token: str) -> Record | None:
    try:
        return journal.find(token)
    except OSError:
        return None


def _from_table(token: str) -> Receipt | None:
    row = Enquiry.objects.select_related("owner", "park", "space__park").filter(token=token).first()
    if row is None:
        return None
    is_gone = row.erased_at or row.withdrawn_at
    return Receipt(
        reference=row.reference,
        submitted_at=row.submitted_at,
        answer_by=office.answer_by(row.submitted_at),
        rows=shown.rows(row),
        enquiry=row,
        matches=None if is_gone else matching.matches_for(row),
    )


def _from_journal(record: Record) -> Receipt:
    return Receipt(
        reference=record.reference,
        submitted_at=record.at,
        answer_by=office.answer_by(record.at),
        rows=shown.rows(filing.unresolved(record)),
    )


@require_safe
def with_slash(request: HttpRequest, token: str) -> HttpResponse:
    """To the address as it is written; remembered by nobody, as the receipt itself."""
    response = HttpResponseRedirect(_address(token))
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


# --- changing one's mind ------------------------------------------------------------------------


@same_site_post
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, token: str) -> HttpResponse:
    """The form with what was submitted; its POST changes this submission and nothing else."""
    enquiry = _mine(token)
    if enquiry is None:
        return _not_yet(request, token)
    if not enquiry.is_open:
        return HttpResponseRedirect(_address(token), status=303)
    if request.method != "POST":
        form = _without_consent(EnquiryForm(initial=shown.typed(enquiry)))
    else:
        form = _without_consent(EnquiryForm(request.POST))
        if form.is_valid():
            try:
                bounded.call(lambda: _have_corrected(enquiry.pk, form.content()))
            except (bounded.DatabaseAway, DatabaseError):
                return _correction(request, form, token, 503)
            return HttpResponseRedirect(_address(token), status=303)
    return _correction(request, form, token, 422 if form.errors else 200)


def _correction(request: HttpRequest, form: EnquiryForm, token: str, status: int) -> HttpResponse:
    context = {"form": form, "token": token, "status": status, "has_more": True}
    return _page(request, "leads/correct.html", context, status)


def _without_consent(form: EnquiryForm) -> EnquiryForm:
    """It was given with the submission and is withdrawn on a page of its own."""
    form.fields["consent"].required = False
    return form


@transaction.atomic
def _have_corrected(pk: int, content: dict[str, Any]) -> None:
    """Writes what changed; the Act names the fields and none of what they say."""
    row = Enquiry.objects.select_for_update().get(pk=pk)
    if not row.is_open:
        return
    changed = shown.apply(row, content)
    if changed:
        row.corrected_at = timezone.now()
        row.save(update_fields=[*changed, "corrected_at"])
        Act.record(None, "correct", row, reason="访客在回执页更正", after={"字段": changed})
        announcing.tell_of_change(row, "更正", row.corrected_at)


@same_site_post
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, token: str) -> HttpResponse:
    return _confirmed(request, token, "withdraw", _have_withdrawn)


@transaction.atomic
def _have_withdrawn(enquiry: Enquiry) -> None:
    if enquiry.withdraw():
        announcing.tell_of_change(enquiry, "撤回", enquiry.withdrawn_at)
        transaction.on_commit(lambda: _renounce(enquiry.reference))


def _renounce(reference: str) -> None:
    with contextlib.suppress(OSError):
        journal.renounce(reference)


@same_site_post
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, token: str) -> HttpResponse:
    return _confirmed(
        request, token, "erase", lambda row: retention.erase(row, why="访客在回执页删除")
    )


def _confirmed(request: HttpRequest, token: str, what: str, act: Any) -> HttpResponse:
    """A page with one button; only its POST acts, and acting twice is acting once."""
    enquiry = _mine(token)
    if enquiry is None:
        return _not_yet(request, token)
    if request.method != "POST":
        return _page(request, "leads/confirm.html", {"what": what, "token": token,
                                                     "enquiry": enquiry})  # fmt: skip
    try:
        bounded.call(lambda: act(enquiry))
    except (bounded.DatabaseAway, DatabaseError):
        return _not_yet(request, token)
    return HttpResponseRedirect(_address(token), status=303)


def _mine(token: str) -> Enquiry | None:
    """The row of the token; None while it can't be had. Raises Http404 for an unknown one."""
    try:
        row = bounded.call(lambda: Enquiry.objects.filter(token=token).first())
    except (bounded.DatabaseAway, DatabaseError):
        return None
    if row is None and not _in_journal(token):
        raise Http404("no such receipt")
    return row


def _not_yet(request: HttpRequest, token: str) -> HttpResponse:
    """Nothing was changed. That it is kept is said only where it is known to be."""
    is_kept = _in_journal(token) is not None
    response = _page(request, "leads/not_yet.html", {"token": token, "is_kept": is_kept}, 503)
    response["Retry-After"] = "30"
    return response


def _address(token: str) -> str:
    return reverse("leads:receipt", args=[token])


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Stored and indexed nowhere, and its address goes to no other page.

    A page with a form must say of itself where it posts from, or the browser sends "null"; it
    still says so to nobody but us.
    """
    request.database_may_be_away = True
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    has_form = template != "leads/receipt.html"
    response["Referrer-Policy"] = "same-origin" if has_form else "no-referrer"
    return response
