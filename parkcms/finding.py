"""Ctrl-K: one line to get anywhere at the desk, and where the editor's link picker asks.

``GET /admin/find/?q=`` is a page; with ``format=json`` the same as data. Without words it shows
where this person worked last. At most eight statements, whatever there is.
"""

from itertools import groupby

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from parkcms.language.widths import fold
from parkcms.ledger.models import Act

from . import findable
from .findable import Found, Wanted

TOLD = ("kind", "label", "title", "detail", "url", "public_url")
LONGEST = 60
MOST_TERMS = 5
MOST_SHOWN = 40
MOST_OF_A_KIND = 12
LOOKED_BACK = 400  # Acts of everybody among which this person's last ones are looked for
MOST_RECENT = 12
PARTIAL = "文章太多，只找了最近的；加几个字，或用编号找。"
# What an Act names its row by, and the kind here.
KINDS = {
    "articles.article": "article",
    "parks.park": "park",
    "parks.space": "space",
    "articles.category": "category",
    "articles.tag": "tag",
    "parkcms.ownerstext": "text",
    "library.picture": "picture",
}


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """What answers to ``q``, best first; its own words are folded, and cut at LONGEST."""
    text = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:LONGEST]
    results, is_partial = found(request, text) if text else (recent(request), False)
    note = PARTIAL if is_partial else ""
    if request.GET.get("format") == "json":
        rows = [{name: getattr(one, name) for name in TOLD} for one in results]
        return JsonResponse({"results": rows, "note": note})
    groups = [(label, list(rows)) for label, rows in groupby(results, key=lambda one: one.label)]
    context = {
        **admin.site.each_context(request),
        "title": "查找",
        "query": text,
        "groups": groups,
        "note": note,
        "longest": LONGEST,
    }
    return TemplateResponse(request, "admin/find.html", context)


def found(request: HttpRequest, text: str) -> tuple[list[Found], bool]:
    """Everything this person may see that answers to ``text``, a kind after another, the kind with
    the best answer first; and whether articles were looked through in part only."""
    folded = fold(text).lower()
    number = int(folded) if folded.isascii() and folded.isdecimal() and len(folded) < 16 else None
    wanted = Wanted(tuple(folded.split()[:MOST_TERMS]), number)
    articles, is_partial = findable.articles(request, wanted)
    results = [
        *findable.referenced(request, text),
        *findable.pages(request, wanted),
        *findable.names(request, wanted),
        *articles,
        *findable.pictures(request, wanted),
    ]
    return _in_order(results), is_partial


def recent(request: HttpRequest) -> list[Found]:
    """Where this person did something last, the newest first."""
    newest = Act.objects.order_by("-at", "-id").values("pk")[:LOOKED_BACK]
    acts = Act.objects.filter(
        pk__in=newest, actor_id=request.user.pk, object_kind__in=KINDS
    ).order_by("-at", "-id")
    pairs = acts.values_list("object_kind", "object_id")
    seen = list(dict.fromkeys((KINDS[kind], int(pk)) for kind, pk in pairs))[:MOST_RECENT]
    keys: dict[str, tuple[int, ...]] = {}
    for kind, pk in seen:
        keys[kind] = (*keys.get(kind, ()), pk)
    wanted = Wanted(keys=keys)
    results = [
        *(findable.names(request, wanted) if set(keys) - {"article", "picture"} else ()),
        *(findable.articles(request, wanted)[0] if "article" in keys else ()),
        *(findable.pictures(request, wanted) if "picture" in keys else ()),
    ]
    place = {pair: number for number, pair in enumerate(seen)}
    results.sort(key=lambda one: place.get((one.kind, one.key), MOST_RECENT))
    pages = [one for one in findable.pages(request, Wanted()) if one.label == "工作台"]
    return [*results, *pages][:MOST_SHOWN]


def _in_order(results: list[Found]) -> list[Found]:
    kinds: dict[str, list[Found]] = {}
    for one in sorted(results, key=lambda one: one.rank):
        kinds.setdefault(one.label, []).append(one)
    return [one for rows in kinds.values() for one in rows[:MOST_OF_A_KIND]][:MOST_SHOWN]
