"""What parks, figures, policies and spaces want on the first screen: keepers see their own."""

from collections.abc import Callable
from dataclasses import replace

from django.db.models import F, Q
from django.db.models.expressions import OrderBy
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from parks import desk_figures, space_wants
from parks.models import Figure, Park, Policy, Space

from .task_lists import SHOWN, Task
from .task_lists import task_of as _task


def undated(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("parks.change_figure"):
        return None
    return _listed(
        request,
        "没有日期的数字",
        "找到来源说的是什么时候，补上“截至”。",
        [figure for figure in _kept_figures(request) if not figure.as_of],
        "?as_of__isempty=1",
    )


def conflicts(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("parks.change_figure"):
        return None
    pairs = desk_figures.conflicts(_kept_figures(request))
    return _figures(
        request,
        "互相矛盾的数字",
        "时间相近、数值不同的两条：看是不是录错了；都对就都留着。",
        [(one, f"另一条说 {other.shown_in('zh-hans')}") for one, other in pairs],
        "conflicts",
    )


def old_figures(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("parks.change_figure"):
        return None
    found = desk_figures.old(_kept_figures(request), timezone.localdate())
    found.sort(key=lambda row: row.until)
    return _figures(
        request,
        "过了保鲜期的数字",
        "最新的一条也旧了：找到新的说法，另记一条。",
        [(row.figure, f"保鲜到 {row.until:%Y-%m-%d}") for row in found],
        "old",
    )


def without_source(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("parks.change_figure"):
        return None
    return _listed(
        request,
        "来源缺失的数字",
        "页面上标着“来源缺失”：找到出处补上。",
        [figure for figure in _kept_figures(request) if figure.source_id is None],
        "?sourced=no",
    )


def ending_policies(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("parks.change_policy"):
        return None
    rows = Policy.objects.ending(timezone.localdate()).order_by("valid_to_end", "id")
    task = _task(
        "30 天内到期的政策",
        "问清有没有延续或替代的文件；到期的不再当作现行政策展示。",
        rows,
        "parks_policy",
        "?status=soon",
        lambda row: f"有效至 {row.valid_to_end:%Y-%m-%d}",
    )
    return replace(task, tone="clock")


def _kept_figures(request: HttpRequest) -> list[Figure]:
    """Read once for all lists of figures."""
    if not hasattr(request, "_kept_figures"):
        kept = Park.objects.kept_by(request.user)
        request._kept_figures = list(desk_figures.told().filter(park__in=kept))
    return request._kept_figures


def _listed(request: HttpRequest, title: str, why: str, found: list[Figure], query: str) -> Task:
    """The newest of them; the rest stands in the list of figures under ``query``."""
    found.sort(key=lambda figure: -figure.pk)
    rows = [
        (reverse("admin:parks_figure_change", args=[row.pk]), str(row), row.park.name_zh)
        for row in found[:SHOWN]
    ]
    more_url = reverse("admin:parks_figure_changelist") + query + _mine(request)
    return Task(title, why, rows, more_url, len(found) > SHOWN)


def _figures(
    request: HttpRequest, title: str, why: str, found: list[tuple[Figure, str]], page: str
) -> Task:
    rows = [
        (reverse("admin:parks_figure_change", args=[figure.pk]), str(figure), detail)
        for figure, detail in found[:SHOWN]
    ]
    query = _mine(request).replace("&", "?")
    more_url = reverse(f"admin:parks_figure_{page}") + query
    return Task(title, why, rows, more_url, len(found) > SHOWN)


def to_confirm(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("parks.change_space"):
        return None
    return _spaces(
        request,
        "要重新确认的空间",
        "30 天没人确认：核对还在不在租、数据对不对，再点“确认”；满 90 天就不再展示。",
        space_wants.to_confirm(),
        "confirm",
        F("checked_at").asc(nulls_first=True),
        lambda row: (
            f"上次确认 {timezone.localtime(row.checked_at):%Y-%m-%d}"
            if row.checked_at
            else "从未确认"
        ),
    )


def prices(request: HttpRequest) -> Task | None:
    if not request.user.has_perm("parks.change_space"):
        return None
    return _spaces(
        request,
        "报价已过期或将过期的空间",
        "过期的价格不再给访客看：向园区问过，改价格或“报价有效至”。",
        space_wants.price_to_renew(),
        "price",
        F("valid_until").asc(),
        lambda row: f"报价有效至 {row.valid_until:%Y-%m-%d}",
    )


def _spaces(
    request: HttpRequest,
    title: str,
    why: str,
    condition: Q,
    wants: str,
    order: OrderBy,
    detail: Callable[[Space], str],
) -> Task:
    """Spaces of the parks this person keeps; the rest stands in the list under ``wants``."""
    kept = Park.objects.kept_by(request.user)
    rows = Space.objects.filter(condition, park__in=kept).select_related("park")
    query = f"?wants={wants}" + _mine(request)
    return _task(title, why, rows.order_by(order, "-id"), "parks_space", query, detail)


def _mine(request: HttpRequest) -> str:
    """Narrows a list of parks' rows to what this person keeps."""
    return "" if request.user.has_perm("parks.keep_every_park") else "&kept=mine"
