"""What editors narrow the list of complaints by. It opens on what is not closed."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from .models import Complaint


class _Filter(admin.SimpleListFilter):
    template = "admin/leads/enquiry/filter.html"


class StateFilter(_Filter):
    """Open ones at first; all of them once somebody searches."""

    title = "状态"
    parameter_name = "state"

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.default = "all" if request.GET.get(SEARCH_VAR) else "open"
        super().__init__(request, *args)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "未结案"), *Complaint.State.choices, ("all", "全部")]

    def value(self) -> str:
        chosen = super().value()
        return chosen if chosen in dict(self.lookup_choices) else self.default

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        for value, label in self.lookup_choices:
            new = {} if value == self.default else {self.parameter_name: value}
            yield {
                "selected": self.value() == value,
                # What it opens on has the shortest address.
                "query_string": changelist.get_query_string(new, remove=[self.parameter_name]),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Complaint]) -> QuerySet[Complaint]:
        chosen = self.value()
        if chosen == "open":
            return queryset.open()
        return queryset if chosen == "all" else queryset.filter(state=chosen)


class KindFilter(_Filter):
    title = "类型"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in Complaint.Kind.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Complaint]) -> QuerySet[Complaint]:
        chosen = self.value()
        return queryset.filter(kind=chosen) if chosen in Complaint.Kind.values else queryset


class ClockFilter(_Filter):
    title = "期限"
    parameter_name = "clock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("late", "已超期"), ("day", "24 小时内到期")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Complaint]) -> QuerySet[Complaint]:
        now = timezone.now()
        if self.value() == "late":
            return queryset.unanswered().filter(due_at__lt=now)
        if self.value() == "day":
            day = (now, now + timedelta(days=1))
            return queryset.unanswered().filter(due_at__range=day)
        return queryset


class TakerFilter(_Filter):
    title = "处理人"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "我的"), ("none", "没有人")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Complaint]) -> QuerySet[Complaint]:
        if self.value() == "me":
            return queryset.filter(taken_by=request.user)
        return queryset.filter(taken_by=None) if self.value() == "none" else queryset
