"""Who keeps which park at the desk: everyone sees all parks, and changes those they keep."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from .models import Park, Phase


class OfKeptParks:
    """Rows of a park: seen by everyone at the desk, changed by who keeps that park."""

    park_field = "park"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._keeps(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._keeps(request, obj)

    def may_publish(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().may_publish(request, obj) and self._keeps(request, obj)

    def _keeps(self, request: HttpRequest, obj: Any) -> bool:
        if obj is None:
            return True
        park = obj if isinstance(obj, Park) else obj.park
        # A form asks this of each of its tables: once a request is enough.
        told = request.__dict__.setdefault("_keeps_park", {})
        if park.pk not in told:
            told[park.pk] = park.can_be_kept_by(request.user)
        return told[park.pk]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "park":
            kwargs["queryset"] = Park.objects.kept_by(request.user)
        if db_field.name == "phase":
            kept = Park.objects.kept_by(request.user)
            kwargs["queryset"] = Phase.objects.filter(park__in=kept).select_related("park")
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "phase" and field is not None:
            field.label_from_instance = lambda phase: f"{phase.park.name_zh} · {phase.name_zh}"
        return field


class KeptFilter(admin.SimpleListFilter):
    """Mine first: the parks this person keeps."""

    title = "园区"
    parameter_name = "kept"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("mine", "我负责的")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() != "mine":
            return queryset
        return queryset.filter(park__managers=request.user)
