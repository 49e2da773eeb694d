"""What an agent narrows the list by. The list opens on what somebody still has to do."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from .desk_form import handlers
from .models import Enquiry

TEMPLATE = "admin/leads/enquiry/filter.html"


class StatusFilter(admin.SimpleListFilter):
    """Open ones at first; all of them once somebody searches, closed ones included."""

    title = "状态"
    parameter_name = "status"
    template = TEMPLATE

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.default = "all" if request.GET.get(SEARCH_VAR) else "open"
        super().__init__(request, *args)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("open", "未了结"),
            *Enquiry.Status.choices,
            ("held", "疑似垃圾"),
            ("withdrawn", "已撤回"),
            ("all", "全部"),
        ]

    def value(self) -> str:
        chosen = super().value()
        return chosen if chosen in dict(self.lookup_choices) else self.default

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        for value, label in self.lookup_choices:
            # What it opens on has the shortest address.
            is_default = value == self.default
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string(remove=[self.parameter_name])
                if is_default
                else changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Enquiry]) -> QuerySet[Enquiry]:
        chosen = self.value()
        if chosen == "all":
            return queryset
        if chosen == "open":
            return queryset.open().filter(held=False)
        if chosen == "held":
            return queryset.open().filter(held=True)
        if chosen == "withdrawn":
            return queryset.filter(withdrawn_at__isnull=False)
        if chosen in Enquiry.OPEN:
            return queryset.open().filter(status=chosen, held=False)
        return queryset.filter(status=chosen)


class OwnerFilter(admin.SimpleListFilter):
    """Mine, nobody's; a colleague's for those who see them."""

    title = "负责人"
    parameter_name = "whose"
    template = TEMPLATE

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        choices = [("me", "我的"), ("none", "未分配")]
        if request.user.has_perm("leads.see_every_enquiry"):
            choices += [(str(one.pk), str(one)) for one in handlers()]
        return choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Enquiry]) -> QuerySet[Enquiry]:
        chosen = self.value()
        if chosen == "me":
            return queryset.filter(owner=request.user)
        if chosen == "none":
            return queryset.filter(owner=None)
        if chosen in dict(self.lookup_choices):
            return queryset.filter(owner_id=int(chosen))
        return queryset


class DueFilter(admin.SimpleListFilter):
    """By the day of the next step, Asia/Shanghai."""

    title = "下一步"
    parameter_name = "due"
    template = TEMPLATE

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", "今天到期和已过期"), ("week", "七天内"), ("unset", "没有定日期")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Enquiry]) -> QuerySet[Enquiry]:
        today = timezone.localdate()
        chosen = self.value()
        if chosen == "now":
            return queryset.open().filter(next_step_on__lte=today)
        if chosen == "week":
            return queryset.open().filter(next_step_on__lte=today + timedelta(days=7))
        if chosen == "unset":
            return queryset.open().filter(next_step_on=None)
        return queryset


class SentFilter(admin.DateFieldListFilter):
    template = TEMPLATE


class ParkFilter(admin.RelatedOnlyFieldListFilter):
    """The parks that somebody this person may see asks about."""

    template = TEMPLATE
