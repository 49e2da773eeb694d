"""The versions of an article at the desk: listed, compared two and two, and brought back.

Restoring makes a draft, after a page that shows what will come back; what readers see stays.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from parkcms.ledger.guarded import is_key

from . import compared, drafting
from . import content as contents
from .content import Content
from .desk_acts import OUTDATED, article_for, back, version_of
from .models import Article, Revision

PAGE_SIZE = 50
MOST_NUMBER = 2_147_483_647
MOST_LABELS = 4  # of what a version changed, named in the list
LIVE, DRAFT = "live", "draft"


def routes(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    def page(route: str, view: Callable, name: str, methods: Callable = require_safe) -> URLPattern:
        def opened(request: HttpRequest, pk: int, **more: int) -> HttpResponse:
            return view(model_admin, request, article_for(model_admin, request, pk), **more)

        guarded = model_admin.admin_site.admin_view(methods(opened))
        return path(route, guarded, name=f"articles_article_{name}")

    both = require_http_methods(["GET", "HEAD", "POST"])
    return [
        page("<int:pk>/revisions/", _list, "revisions"),
        page("<int:pk>/compare/", _compare, "compare"),
        page("<int:pk>/revisions/<int:number>/restore/", _restore, "restore", both),
    ]


# --- the list -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Listed:
    """A version as the list shows it."""

    revision: Revision
    when: str
    changes: str
    length: int  # characters of the text without its markup
    is_live: bool
    is_draft: bool


def _list(model_admin: admin.ModelAdmin, request: HttpRequest, article: Article) -> HttpResponse:
    rows = article.revisions.all()
    before = request.GET.get("before", "")
    if is_key(before) and int(before) <= MOST_NUMBER:
        rows = rows.filter(number__lt=int(before))
    # One more than is shown: what the last one changed is seen against the one before it.
    found = list(rows[: PAGE_SIZE + 1])
    shown, earlier = found[:PAGE_SIZE], found[1:]
    live = _live_number(article)
    context = {
        "title": f"版本：{article}",
        "rows": [
            _listed(row, earlier[at] if at < len(earlier) else None, article, live)
            for at, row in enumerate(shown)
        ],
        "next": shown[-1].number if len(found) > PAGE_SIZE else None,
        "newest": shown[0].number if shown and not before else None,
    }
    return _page(model_admin, request, article, "revisions", context)


def _live_number(article: Article) -> int | None:
    """The number of the version readers see, or would if the article were not taken down or over.
    What was on the site before the desk touched it is its first version."""
    if article.publish_at is None:
        return None
    kinds = (Revision.Kind.PUBLISHED, Revision.Kind.BASE)
    return article.revisions.filter(kind__in=kinds).values_list("number", flat=True).first()


def _listed(row: Revision, earlier: Revision | None, article: Article, live: int | None) -> Listed:
    return Listed(
        row,
        when=_span(row.started_at, row.saved_at),
        changes=_changes(earlier.content, row.content) if earlier else "",
        length=len(contents.said({"body": row.content.get("body")}, "body")),
        is_live=row.number == live,
        is_draft=row.pk == article.draft_id,
    )


def _changes(before: Content, after: Content) -> str:
    labels = [contents.label_of(name) for name in contents.changed(before, after)]
    more = f"等 {len(labels)} 栏" if len(labels) > MOST_LABELS else ""
    return "、".join(labels[:MOST_LABELS]) + more


def _span(start: datetime, end: datetime) -> str:
    """ "11-24 10:32", or from when to when it was written, to the minute."""
    first, last = timezone.localtime(start), timezone.localtime(end)
    begun = f"{first:%Y-%m-%d %H:%M}"
    if f"{last:%Y-%m-%d %H:%M}" == begun:
        return begun
    return f"{begun}–{last:%H:%M}" if first.date() == last.date() else f"{begun}–{last:%m-%d %H:%M}"


# --- two of them --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """One of the two that are compared."""

    name: str
    detail: str
    content: Content


def _compare(model_admin: admin.ModelAdmin, request: HttpRequest, article: Article) -> HttpResponse:
    """``a`` against ``b``, each a number, ``live`` (what readers see) or ``draft`` (what was saved
    last). Without them: the live text against the draft. 404 with a sentence for what is not."""
    asked = request.GET.get("a", LIVE), request.GET.get("b", DRAFT)
    left, right = (_side(article, name) for name in asked)
    context: dict = {"title": f"比较：{article}", "left": left, "right": right}
    if left is None or right is None:
        context["problem"] = "没有这一版，或者还没有发布过：请在版本里选两版来比。"
        return _page(model_admin, request, article, "compare", context, status=404)
    context["comparison"] = compared.between(left.content, right.content)
    return _page(model_admin, request, article, "compare", context)


def _side(article: Article, asked: str) -> Side | None:
    if asked == LIVE:
        if article.publish_at is None:
            return None
        name = "线上的" if article.is_published() else "发布过的"
        return Side(name, article.publication_state, contents.of(article))
    if asked == DRAFT:
        return Side("最后保存的", "草稿" if article.has_draft else "", drafting.working(article))
    row = _revision(article, int(asked)) if is_key(asked) else None
    if row is None:
        return None
    by = f"{row.by_name}，" if row.by_name else ""
    detail = f"{row.get_kind_display()}，{by}{_span(row.started_at, row.saved_at)}"
    return Side(f"第 {row.number} 版", detail, row.content)


def _revision(article: Article, number: int) -> Revision | None:
    return article.revisions.filter(number=number).first() if number <= MOST_NUMBER else None


# --- bringing one back --------------------------------------------------------------------------


def _restore(
    model_admin: admin.ModelAdmin, request: HttpRequest, article: Article, number: int
) -> HttpResponse:
    """First what will come back, then, sent with the version that was looked at, the draft."""
    revision = _revision(article, number)
    if revision is None:
        raise Http404("no such version")
    if request.method == "POST":
        return _restored(request, article, revision)
    now = drafting.working(article)
    context = {
        "title": f"恢复第 {number} 版：{article}",
        "revision": revision,
        "when": _span(revision.started_at, revision.saved_at),
        "comparison": compared.between(now, drafting.as_restored(now, revision)),
    }
    return _page(model_admin, request, article, "restore", context)


def _restored(request: HttpRequest, article: Article, revision: Revision) -> HttpResponse:
    try:
        made = drafting.restore(article, revision, request.user, version=version_of(request))
    except drafting.Outdated:
        messages.error(request, OUTDATED)
        return HttpResponseRedirect(
            reverse("admin:articles_article_restore", args=[article.pk, revision.number])
        )
    said = f"第 {revision.number} 版已恢复成草稿（第 {made.number} 版）。"
    if article.publish_at is not None:
        said += "读者看到的没有变：要换上去，点“发布改动”。"
    return back(request, article, said)


def _page(
    model_admin: admin.ModelAdmin,
    request: HttpRequest,
    article: Article,
    name: str,
    context: dict,
    status: int = 200,
) -> HttpResponse:
    shared = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": article,
        "state": article.publication_state,
    }
    template = f"admin/articles/article/{name}.html"
    return TemplateResponse(request, template, shared | context, status=status)
