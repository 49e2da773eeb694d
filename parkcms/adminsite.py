"""The desk: the stock admin with our rules, and a first screen that says what wants doing today."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.i18n import JavaScriptCatalog

SHOWN = 8


@dataclass(frozen=True)
class Task:
    """One list of the first screen: what wants doing, its rows, and where the rest is."""

    title: str
    why: str
    rows: list[tuple[str, str, str]]  # (address, name, detail)
    more_url: str
    more: bool


class Desk(admin.AdminSite):
    site_header = "园区招商工作台"
    site_title = "工作台"
    index_title = "今天要办"
    index_template = "admin/today.html"
    enable_nav_sidebar = True

    def admin_view(self, view: Callable, cacheable: bool = False) -> Callable:
        wrapped = super().admin_view(view, cacheable)
        return csp_replace(settings.ADMIN_CSP)(wrapped)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **super().each_context(request),
            "profile_is_local": settings.PROFILE == "local",
            "site_url": "/",
        }

    def i18n_javascript(
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        """All scripts' words, the editor's too (locale/zh_Hans/LC_MESSAGES/djangojs.po)."""
        return JavaScriptCatalog.as_view()(request)

    def index(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        tasks = [task for task in tasks_for(request) if task is not None]
        return super().index(request, {"tasks": tasks, **(extra_context or {})})


def tasks_for(request: HttpRequest) -> list[Task | None]:
    """What wants doing by this person, most of it one indexed query each."""
    return [_drafts(request), _lost_citations(request), _undated(request), _unconfirmed(request)]


def _drafts(request: HttpRequest) -> Task | None:
    from articles.models import Article

    if not request.user.has_perm("articles.change_article"):
        return None
    drafts = Article.objects.drafts().owned_by(request.user).order_by("-updated_at")
    return _task(
        "我的草稿",
        "写完后交给编辑发布。",
        drafts.only("title", "updated_at"),
        "articles_article",
        "?live=draft",
        lambda row: f"{row.updated_at:%m-%d} 改过",
    )


def _lost_citations(request: HttpRequest) -> Task | None:
    from articles.models import Article

    if not request.user.has_perm("articles.edit_every_article"):
        return None
    lost = Article.objects.filter(citations__is_lost=True).distinct().order_by("-id")
    return _task(
        "引文找不到了",
        "正文改过，引用的原话不在了：请改引文或删掉引用。",
        lost.only("title"),
        "articles_article",
        "?citations__is_lost__exact=1",
        lambda row: "",
    )


def _undated(request: HttpRequest) -> Task | None:
    from parks.models import Figure, Park

    if not request.user.has_perm("parks.change_figure"):
        return None
    kept = Park.objects.kept_by(request.user)
    rows = Figure.objects.filter(as_of="", park__in=kept).select_related("park", "phase")
    return _task(
        "没有日期的数字",
        "找到来源说的是什么时候，补上“截至”。",
        rows.order_by("-id"),
        "parks_figure",
        "?as_of__isempty=1" + _mine(request),
        lambda row: row.park.name_zh,
    )


def _unconfirmed(request: HttpRequest) -> Task | None:
    from parks.models import Park, Space

    if not request.user.has_perm("parks.change_space"):
        return None
    kept = Park.objects.kept_by(request.user)
    rows = Space.objects.filter(
        Q(state=Space.State.LETTABLE), checked_at=None, park__in=kept
    ).select_related("park")
    return _task(
        "没有确认过的空间",
        "核对还在不在租、数据对不对，再点“确认”。",
        rows.order_by("-id"),
        "parks_space",
        "?state__exact=lettable&checked_at__isempty=1" + _mine(request),
        lambda row: f"{row.area_gross_m2:,.0f} ㎡",
    )


def _mine(request: HttpRequest) -> str:
    """Narrows a list of parks' rows to what this person keeps."""
    return "" if request.user.has_perm("parks.keep_every_park") else "&kept=mine"


def _task(
    title: str, why: str, rows: QuerySet, model: str, query: str, detail: Callable[[Any], str]
) -> Task:
    found = list(rows[: SHOWN + 1])
    shown = [
        (reverse(f"admin:{model}_change", args=[row.pk]), str(row), detail(row))
        for row in found[:SHOWN]
    ]
    more_url = reverse(f"admin:{model}_changelist") + query
    return Task(title, why, shown, more_url, len(found) > SHOWN)
