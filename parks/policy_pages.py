"""Policies: the list by what holds today, and one policy with its document and what it grants."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.db.models import Case, Q, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from parkcms.language.quantities import display

from .models import Park, Policy
from .notes import Notes

PAGE = 30
FILTERS = {
    "status": Policy.Status.choices,
    "level": Policy.Level.choices,
    "subject": Policy.Subject.choices,
}
IN_ORDER = ("in_force", "coming", "unknown", "expired", "repealed")
LABELS = {"status": lazy("效力"), "level": lazy("级别"), "subject": lazy("适用于")}


@dataclass(frozen=True)
class Choice:
    label: str
    url: str
    count: int
    is_chosen: bool


def with_status(rows: QuerySet[Policy], on: date) -> QuerySet[Policy]:
    """``state`` of each row on a day: the same rules as ``Policy.status_on``, in the database."""
    status = Policy.Status
    return rows.annotate(
        state=Case(
            When(repealed_on__lte=on, then=Value(status.REPEALED)),
            When(valid_to_end__lt=on, then=Value(status.EXPIRED)),
            When(valid_from_start__gt=on, then=Value(status.COMING)),
            When(Q(valid_from="") | Q(valid_to="", open_ended=False), then=Value(status.UNKNOWN)),
            default=Value(status.IN_FORCE),
        )
    )


@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    """Public policies, those in force first, then the newest; ``?status= &level= &subject=``,
    ``?after=<id>`` goes on behind that policy. Three queries."""
    today = timezone.localdate()
    asked = {name: request.GET.get(name, "") for name in FILTERS}
    asked = {name: value for name, value in asked.items() if value in dict(FILTERS[name])}
    public = with_status(Policy.objects.published(), today)
    # A few hundred at most: short columns of each say the order, and what every filter would give.
    facts = list(public.order_by().values_list("pk", "state", "level", "subjects"))
    facts.sort(key=lambda fact: (IN_ORDER.index(fact[1]), -fact[0]))
    after = request.GET.get("after")
    behind = facts if after is None else _behind(facts, after)
    keys = [fact[0] for fact in behind if _meets(fact, asked)][: PAGE + 1]
    rows = Policy.objects.defer("summary_zh", "summary_en").in_bulk(keys[:PAGE])
    last = keys[PAGE - 1] if len(keys) > PAGE else None
    path = reverse("parks:policies")
    return render(
        request,
        "parks/policies.html",
        {
            "policies": [rows[key] for key in keys[:PAGE] if key in rows],
            "filters": _filters(facts, asked, path),
            "asked": asked,
            "total": sum(_meets(fact, asked) for fact in facts),
            "next_url": _address(path, {**asked, "after": str(last)}) if last else "",
            "first_url": _address(path, asked) if after is not None else "",
            "clear_url": path if asked else "",
        },
    )


@require_safe
def policy(request: HttpRequest, pk: int) -> HttpResponse:
    """One policy, also an expired one: it says so at the top."""
    row = get_object_or_404(
        Policy.objects.published().select_related("source__archive", "replaced_by"), pk=pk
    )
    now = timezone.now()
    after = row.replaced_by
    notes = Notes()
    return render(
        request,
        "parks/policy.html",
        {
            "policy": row,
            "status": row.status,
            "note": notes.take(row.source),
            "benefits": [
                (one, notes.take(row.source, one.sentence) if one.sentence else None, _cap(one))
                for one in row.benefits.all()
            ],
            "notes": notes,
            "industries": row.industries.all(),
            "parks": Park.objects.published(now).filter(policies=row),
            "replaced_by": after if after and after.is_published(now) else None,
            "replaces": Policy.objects.published(now).filter(replaced_by=row),
            "window": window(row, timezone.localdate(now)),
        },
    )


def window(row: Policy, today: date) -> str:
    """``coming``, ``open`` or ``closed``; '' where the document names no time to apply."""
    if row.apply_from is None and row.apply_to is None:
        return ""
    if row.apply_to and row.apply_to < today:
        return "closed"
    return "coming" if row.apply_from and row.apply_from > today else "open"


def _cap(benefit: object) -> str:
    cap = benefit.cap_cny
    return "" if cap is None else str(display(cap, "CNY", get_language() or "zh-hans"))


Fact = tuple[int, str, str, list[str]]


def _meets(fact: Fact, asked: dict[str, str]) -> bool:
    _pk, state, level, subjects = fact
    said = {"status": [state], "level": [level], "subject": subjects}
    return all(value in said[name] for name, value in asked.items())


def _filters(
    facts: Iterable[Fact], asked: dict[str, str], path: str
) -> list[tuple[str, list[Choice]]]:
    """(label, choices): each with what the list would hold, everything else kept."""
    facts = list(facts)
    made = []
    for name, choices in FILTERS.items():
        rest = {key: value for key, value in asked.items() if key != name}
        counts: Counter[str] = Counter()
        for fact in facts:
            if _meets(fact, rest):
                counts.update({"status": [fact[1]], "level": [fact[2]], "subject": fact[3]}[name])
        options = [
            Choice(
                str(label),
                _address(path, rest if asked.get(name) == value else {**rest, name: value}),
                counts[value],
                asked.get(name) == value,
            )
            for value, label in choices
            if counts[value] or asked.get(name) == value
        ]
        made.append((str(LABELS[name]), options))
    return made


def _address(path: str, params: dict[str, str]) -> str:
    return f"{path}?{urlencode(params)}" if params else path


def _behind(facts: list[Fact], key: str) -> list[Fact]:
    """What follows a policy. Raises Http404 for a key that was never handed out."""
    places = {str(fact[0]): place for place, fact in enumerate(facts)}
    if key not in places:
        raise Http404(_("没有这一页。"))
    return facts[places[key] + 1 :]
