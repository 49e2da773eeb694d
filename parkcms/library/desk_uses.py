"""Where a row of the library is used, at the desk: shown on its form, and why it can't go."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from .uses import Use, uses_of


class InUse(Exception):  # noqa: N818 - it says what is so
    """Somebody began to use what was about to be deleted."""


class UnusedFilter(admin.SimpleListFilter):
    """What nothing on the site shows: it can go, or has been forgotten."""

    title = "用处"
    parameter_name = "unused"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("1", "没用过")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.unused() if self.value() == "1" else queryset


class UsesAdmin(admin.ModelAdmin):
    """Shows where rows are used, each person only what they may see, and refuses to delete them."""

    def render_change_form(
        self, request: HttpRequest, context: dict, *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj:
            seen, unseen = self._seen(request, uses_of([obj])[obj.pk])
            context |= {"uses": seen, "uses_unseen": unseen}
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def get_deleted_objects(
        self, objs: Iterable[models.Model], request: HttpRequest
    ) -> tuple[list, dict, set, list]:
        rows = list(objs)
        deleted, counts, lacking, protected = super().get_deleted_objects(rows, request)
        used = uses_of(rows)
        told = [self._why_kept(request, row, used[row.pk]) for row in rows if used[row.pk]]
        if not told:
            return deleted, counts, lacking, protected
        # Django's own list names rows this person may not see, and asks for the right to delete
        # them first.
        return deleted, counts, set(), told

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        self._hold_unused([obj.pk])
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self._hold_unused(list(queryset.values_list("pk", flat=True)))
        super().delete_queryset(request, queryset)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except InUse:
            return self._say_in_use(request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        try:
            return super().changelist_view(request, extra_context)
        except InUse:
            return self._say_in_use(request)

    def _hold_unused(self, keys: list[int]) -> None:
        """Locks the rows, so that none comes into use until they are gone. Raises InUse."""
        rows = list(self.model.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
        if any(uses_of(rows).values()):
            raise InUse

    def _say_in_use(self, request: HttpRequest) -> HttpResponse:
        self.message_user(request, "刚刚有人用上了，没有删除。", messages.ERROR)
        opts = self.opts
        return HttpResponseRedirect(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"))

    def _why_kept(self, request: HttpRequest, row: models.Model, uses: list[Use]) -> SafeString:
        """A row and where it is used, as the delete pages list it."""
        seen, unseen = self._seen(request, uses)
        places = [
            format_html('<a href="{}">{}</a>', use.url, use.label) if use.url else use.label
            for use in seen
        ]
        if unseen:
            places.append(f"您看不到的 {unseen} 处")
        parts = "、".join(["{}"] * len(places))
        return format_html("{}：用在" + parts, str(row), *places)

    def _seen(self, request: HttpRequest, uses: list[Use]) -> tuple[list[Use], int]:
        """The uses this person may see at the desk, and how many others there are."""
        seen = set()
        for model in {use.model for use in uses}:
            desk = self.admin_site._registry.get(model)
            if desk and desk.has_view_or_change_permission(request):
                keys = [use.pk for use in uses if use.model is model]
                rows = desk.get_queryset(request).filter(pk__in=keys)
                seen |= {(model, pk) for pk in rows.values_list("pk", flat=True)}
        shown = [use for use in uses if (use.model, use.pk) in seen]
        return shown, len(uses) - len(shown)
