"""The desk's way of keeping the ledger: every change made in a form becomes an Act."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models.fields.files import FieldFile
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from .models import Act


class RecordingAdmin(admin.ModelAdmin):
    """A ModelAdmin whose changes are Acts, written in the transaction of the change."""

    save_on_top = True
    # What an Act tells of these fields is that they changed, not their whole text.
    long_fields: tuple[str, ...] = ("body", "body_zh", "body_en", "intro_zh", "intro_en")
    hidden_fields: tuple[str, ...] = ("password",)

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        before = self._values(type(obj)._default_manager.get(pk=obj.pk), form) if change else {}
        super().save_model(request, obj, form, change)
        request._act_values = (before, self._values(obj, form))

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> None:
        Act.record(request.user, "add", obj, after=getattr(request, "_act_values", ({}, {}))[1])

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> None:
        before, after = getattr(request, "_act_values", ({}, {}))
        changed = [name for name in after if before.get(name) != after.get(name)]
        told = {name: after[name] for name in changed}
        told |= {"其他": parts} if (parts := _parts(message)) else {}
        if told:
            Act.record(
                request.user, "change", obj, before={n: before.get(n) for n in changed}, after=told
            )

    def log_deletions(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        for obj in queryset:
            Act.record(request.user, "delete", obj)

    @transaction.atomic
    def changelist_view(
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        """Atomic, so that a bulk action and its Acts stand or fall together."""
        return super().changelist_view(request, extra_context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, object_id)
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": f"经过：{obj}",
            "acts": Act.objects.about(obj)[:200],
            "object": obj,
            "opts": self.opts,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/story.html", context)

    def _values(self, obj: models.Model, form: Any) -> dict[str, Any]:
        values = {}
        for name in form.changed_data:
            field = _column(obj, name)
            if field is None:
                continue
            if name in self.hidden_fields:
                values[name] = "（不记录）"
                continue
            value = field.value_from_object(obj)
            if name in self.long_fields:
                value = f"{len(value or '')} 字"
            values[name] = value.name if isinstance(value, FieldFile) else value
        return values


def _column(obj: models.Model, name: str) -> models.Field | None:
    """The model's own column of that name; a form may have fields that are none."""
    return next((field for field in obj._meta.concrete_fields if field.name == name), None)


def _parts(message: Any) -> list[str]:
    """Names of the inline rows a form changed, from Django's own change message."""
    told = []
    for entry in message if isinstance(message, list) else ():
        for verb, label in (("added", "新增"), ("changed", "修改"), ("deleted", "删除")):
            part = entry.get(verb)
            if part and part.get("name"):
                told.append(f"{label}{part['name']} {part.get('object', '')}".strip()[:120])
    return told


@admin.register(Act)
class ActAdmin(admin.ModelAdmin):
    """Read-only: the database refuses to change an Act anyway."""

    list_display = ("at", "actor_name", "verb_label", "object_label", "reason")
    list_filter = ("verb", "object_kind")
    search_fields = ("actor_name", "object_label")
    show_full_result_count = False
    list_display_links = ("object_label",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Act | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Act | None = None) -> bool:
        return False
