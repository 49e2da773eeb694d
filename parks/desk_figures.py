"""Figures and their sources at the desk, and two lists over all parks: what disagrees, what is old.

A conflict is no error to be removed: both statements stay. The list is there so that somebody looks
whether one was mistyped, or speaks of something else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_safe

from parkcms.ledger.admin import RecordingAdmin

from .figure_form import FigureForm
from .figures import is_old, series, shelf_end
from .keeping import KeptFilter, OfKeptParks
from .models import AdmissionTerm, Figure, Milestone, Park, Policy, Source

PER_PAGE = 50


@dataclass(frozen=True)
class Old:
    """The newest actual value of a series, and the last day it could be taken for the present."""

    figure: Figure
    until: date


def conflicts(figures: Iterable[Figure]) -> list[tuple[Figure, Figure]]:
    """Pairs of statements that disagree, park by park; ``figures`` with park, phase and source."""
    return [pair for found in _of_each_park(figures) for one in found for pair in one.conflicts]


def old(figures: Iterable[Figure], on: date) -> list[Old]:
    """The newest actual values that are past their shelf life on a day, park by park."""
    newest = [one.newest for found in _of_each_park(figures) for one in found]
    return [Old(figure, shelf_end(figure)) for figure in newest if is_old(figure, on)]


def told() -> QuerySet[Figure]:
    """Every figure with what the lists read of it, in one query, parks in their order."""
    return Figure.objects.select_related("park", "phase", "source").order_by("park__sort_key", "pk")


def _of_each_park(figures: Iterable[Figure]) -> list[list]:
    parks: dict[int, list[Figure]] = {}
    for figure in figures:
        parks.setdefault(figure.park_id, []).append(figure)
    return [series(rows) for rows in parks.values()]


class SourcedFilter(admin.SimpleListFilter):
    """What lost its source."""

    title = "来源"
    parameter_name = "sourced"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("no", "来源缺失")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Figure]) -> QuerySet[Figure]:
        return queryset.filter(source=None) if self.value() == "no" else queryset


@admin.register(Figure)
class FigureAdmin(OfKeptParks, RecordingAdmin):
    form = FigureForm
    list_display = (
        "park", "subject_name", "metric", "shown_value", "state", "as_of_shown", "source",
    )  # fmt: skip
    list_display_links = ("metric", "shown_value")
    list_filter = (
        KeptFilter, SourcedFilter, "park", "metric", "state",
        ("as_of", admin.EmptyFieldListFilter),
    )  # fmt: skip
    search_fields = ("park__name_zh", "sentence", "source__title", "source__publisher")
    autocomplete_fields = ("source",)
    ordering = ("park__sort_key", "metric", "-as_of_end")
    list_per_page = 50
    show_full_result_count = False
    fieldsets = (
        ("说的是什么", {"fields": (("park", "phase"), ("metric", "state"))}),
        ("数字", {"fields": (("qualifier", "value", "value_max", "unit"), "as_of")}),
        ("凭什么", {"fields": ("source", "sentence")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Figure]:
        """With what a figure's name reads, also where figures are looked up for a citation."""
        return super().get_queryset(request).select_related("park", "phase", "source")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("conflicts/", view(require_safe(self.conflicts_view)),
                 name="parks_figure_conflicts"),
            path("old/", view(require_safe(self.old_view)), name="parks_figure_old"),
            *super().get_urls(),
        ]  # fmt: skip

    def conflicts_view(self, request: HttpRequest) -> HttpResponse:
        """Both statements of each pair side by side."""
        return self._listed(request, "conflicts", "互相矛盾的数字", conflicts)

    def old_view(self, request: HttpRequest) -> HttpResponse:
        """The newest actual values nobody can take for the present ones any more."""
        today = timezone.localdate()
        return self._listed(request, "old", "过了保鲜期的数字", lambda rows: old(rows, today))

    def _listed(self, request: HttpRequest, name: str, title: str, find: Any) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        is_mine = request.GET.get("kept") == "mine"
        rows = told()
        if is_mine:
            rows = rows.filter(park__in=Park.objects.filter(managers=request.user))
        page = Paginator(find(rows), PER_PAGE).get_page(request.GET.get("p"))
        context = self.admin_site.each_context(request) | {
            "title": title, "opts": self.opts, "page": page, "is_mine": is_mine,
        }  # fmt: skip
        return render(request, f"admin/parks/figure/{name}.html", context)

    def save_model(self, request: HttpRequest, obj: Figure, form: Any, change: bool) -> None:
        if not change:
            obj.recorded_by = request.user
        super().save_model(request, obj, form, change)

    @admin.display(description="主体")
    def subject_name(self, figure: Figure) -> str:
        return figure.phase.name_zh if figure.phase_id else "整个园区"

    @admin.display(description="数字")
    def shown_value(self, figure: Figure) -> str:
        return str(figure.shown_in("zh-hans"))

    @admin.display(description="截至", ordering="as_of_end")
    def as_of_shown(self, figure: Figure) -> str:
        return figure.as_of.display("zh-hans")


def _uses(model: type) -> Coalesce:
    counted = model.objects.filter(source=OuterRef("pk")).order_by().values("source")
    counted = counted.annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


@admin.register(Source)
class SourceAdmin(RecordingAdmin):
    list_display = ("publisher", "title", "published", "figures_told", "milestones_told",
                    "policies_told", "url")  # fmt: skip
    list_display_links = ("publisher", "title")
    search_fields = ("publisher", "title", "url")
    autocomplete_fields = ("archive",)
    fields = ("publisher", "title", "url", "published", "archive", "note")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        return (
            super()
            .get_queryset(request)
            .annotate(in_figures=_uses(Figure), in_milestones=_uses(Milestone),
                      in_policies=_uses(Policy))
        )  # fmt: skip

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple:
        """Also tells what stays without a source: readers see 来源缺失 on it."""
        gone, counts, lacking, held = super().get_deleted_objects(objs, request)
        keys = [source.pk for source in objs]
        lost = [
            f"{number} {words}"
            for model, words in (
                (Figure, "个数字"),
                (Milestone, "件大事"),
                (AdmissionTerm, "条准入要求"),
            )
            if (number := model.objects.filter(source__in=keys).count())
        ]
        if lost:
            gone = [*gone, f"{'、'.join(lost)}会没有来源：仍在页面上，标为“来源缺失”。"]
        return gone, counts, lacking, held

    @admin.display(description="数字", ordering="in_figures")
    def figures_told(self, source: Source) -> int:
        return source.in_figures

    @admin.display(description="大事", ordering="in_milestones")
    def milestones_told(self, source: Source) -> int:
        return source.in_milestones

    @admin.display(description="政策", ordering="in_policies")
    def policies_told(self, source: Source) -> int:
        return source.in_policies
