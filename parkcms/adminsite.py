"""The desk: the stock admin with our rules, and a first screen that says what wants doing today."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.contrib.contenttypes.views import shortcut
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.views.i18n import JavaScriptCatalog

from parkcms.people import desk_second_factor

SHOWN = 8


@dataclass(frozen=True)
class Task:
    """One list of the first screen: what wants doing, its rows, and where the rest is."""

    title: str
    why: str
    rows: list[tuple[str, str, str]]  # (address, name, detail)
    more_url: str
    more: bool
    tone: str = ""  # "alarm" is the one a person must not pass over


class Desk(admin.AdminSite):
    site_header = "园区招商工作台"
    site_title = "工作台"
    index_title = "今天要办"
    index_template = "admin/today.html"
    enable_nav_sidebar = True

    def admin_view(self, view: Callable, cacheable: bool = False) -> Callable:
        wrapped = super().admin_view(view, cacheable)
        wrapped = desk_second_factor.guarded(wrapped, self.has_permission)
        return csp_replace(settings.ADMIN_CSP)(wrapped)

    def get_urls(self) -> list[URLPattern]:
        on_site = self.admin_view(self.on_site)
        own = path("r/<int:content_type_id>/<int:object_id>/", on_site, name="view_on_site")
        return [own, *desk_second_factor.urls(self.admin_view), *super().get_urls()]

    def on_site(self, request: HttpRequest, content_type_id: int, object_id: int) -> HttpResponse:
        """A row's page on the site; not of a model whose admin says there is none for the desk.

        Django's own answers with the address of any row to anybody who may log in.
        """
        kind = ContentType.objects.filter(pk=content_type_id).first()
        known = self._registry.get(kind.model_class()) if kind else None
        if known is None or known.view_on_site is False:
            raise Http404("no page of it on the site")
        return shortcut(request, content_type_id, object_id)

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
    return [
        _alarms(request),
        _waiting(request),
        _due(request),
        _held(request),
        _drafts(request),
        _lost_citations(request),
        _undated(request),
        _unconfirmed(request),
        _undelivered(request),
    ]


def _alarms(request: HttpRequest) -> Task | None:
    """Only where there is one; asks the journal itself, too: what can't be written may be that."""
    from leads import journal
    from leads.models import Alarm

    if not request.user.has_perm("leads.view_alarm"):
        return None
    task = _task(
        "警报",
        "需求的保存出了问题：看过、处理好，再点“已处理”。",
        Alarm.objects.raised(),
        "leads_alarm",
        "?cleared_at__isempty=1",
        lambda row: f"{timezone.localtime(row.last_at):%m-%d %H:%M}，{row.count} 次",
        name=lambda row: row.detail or str(row),
    )
    if trouble := journal.trouble():
        task = replace(task, rows=[(task.more_url, trouble, "现在"), *task.rows])
    return replace(task, tone="alarm") if task.rows else None


def _waiting(request: HttpRequest) -> Task | None:
    from leads.models import Enquiry

    if not request.user.has_perm("leads.change_enquiry"):
        return None
    rows = Enquiry.objects.seen_by(request.user).waiting().order_by("submitted_at", "id")
    return _enquiries(
        "新需求",
        "最早的在前：先认领，再联系。",
        rows,
        "?status=new&o=1",
        lambda row, words: words.ago(row.submitted_at),
    )


def _due(request: HttpRequest) -> Task | None:
    from leads.models import Enquiry

    if not request.user.has_perm("leads.change_enquiry"):
        return None
    rows = Enquiry.objects.open().filter(next_step_on__lte=timezone.localdate())
    sees_all = request.user.has_perm("leads.see_every_enquiry")
    mine = rows if sees_all else rows.filter(owner=request.user)
    return _enquiries(
        "下一步到期",
        "今天和更早的：做完了就定下一个日期。",
        mine.order_by("next_step_on", "id"),
        "?due=now&o=6" + ("" if sees_all else "&whose=me"),
        lambda row, words: f"{row.next_step_on:%m-%d} {words.hide(row.next_step)}",
    )


def _held(request: HttpRequest) -> Task | None:
    from leads.models import Enquiry

    is_lead = request.user.has_perm("leads.see_every_enquiry")
    if not (is_lead and request.user.has_perm("leads.change_enquiry")):
        return None
    rows = Enquiry.objects.open().filter(held=True).order_by("-submitted_at", "-id")
    return _enquiries(
        "疑似垃圾",
        "还没有通知任何人：看一眼，不是就放行。",
        rows,
        "?status=held",
        lambda row, words: words.ago(row.submitted_at),
    )


def _enquiries(
    title: str, why: str, rows: QuerySet, query: str, detail: Callable[[Any, Any], str]
) -> Task:
    """A list of enquiries under who asks and what for, numbers masked."""
    from leads import desk_words as words

    return _task(
        title,
        why,
        rows,
        "leads_enquiry",
        query,
        lambda row: detail(row, words),
        name=lambda row: f"{words.who(row)} · {words.wish(row) or row.masked_contact}",
    )


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


def _undelivered(request: HttpRequest) -> Task | None:
    from parkcms.outbox.models import Notice

    if not request.user.has_perm("outbox.requeue_notice"):
        return None
    rows = Notice.objects.dead()
    return _task(
        "通知没有送达",
        "试过几次都没成：改好原因后重新发送，或不再发送。",
        rows.only("channel", "subject", "last_error"),
        "outbox_notice",
        "?state__exact=dead",
        lambda row: row.why,
    )


def _mine(request: HttpRequest) -> str:
    """Narrows a list of parks' rows to what this person keeps."""
    return "" if request.user.has_perm("parks.keep_every_park") else "&kept=mine"


def _task(
    title: str,
    why: str,
    rows: QuerySet,
    model: str,
    query: str,
    detail: Callable[[Any], str],
    name: Callable[[Any], str] = str,
) -> Task:
    found = list(rows[: SHOWN + 1])
    shown = [
        (reverse(f"admin:{model}_change", args=[row.pk]), name(row), detail(row))
        for row in found[:SHOWN]
    ]
    more_url = reverse(f"admin:{model}_changelist") + query
    return Task(title, why, shown, more_url, len(found) > SHOWN)
