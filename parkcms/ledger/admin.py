"""The desk's way of keeping the ledger: every change made in a form becomes an Act."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models.fields.files import FieldFile
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from . import story
from .guarded import GuardedAdmin
from .models import Act


class RecordingAdmin(GuardedAdmin):
    """A ModelAdmin whose changes are Acts, written in the transaction of the change."""

    save_on_top = True
    # What an Act tells of these fields is that they changed, not their whole text.
    long_fields: tuple[str, ...] = ("body", "body_zh", "body_en", "intro_zh", "intro_en")
    hidden_fields: tuple[str, ...] = ("password",)

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        stood = type(obj)._default_manager.get(pk=obj.pk) if change else None
        request._act = (form, self._values(stood, form) if stood else {})
        super().save_model(request, obj, form, change)

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> None:
        form, _ = request._act
        Act.record(request.user, "add", obj, after=self._told(self._values(obj, form)))

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> None:
        form, before = request._act
        after = self._values(obj, form)
        changed = [name for name in after if before.get(name) != after[name]]
        before, after = (self._told({n: side[n] for n in changed}) for side in (before, after))
        after |= {"其他": parts} if (parts := _parts(message)) else {}
        if after:
            Act.record(request.user, "change", obj, before=before, after=after)

    def log_deletions(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        for obj in queryset:
            Act.record(request.user, "delete", obj, before=self._told(_said(obj)))

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
        key = request.GET.get("before")
        acts, next_key = story.page(obj, key)
        links = partial(self.story_links, request, obj, acts)
        context = {
            **self.admin_site.each_context(request),
            "title": f"经过：{obj}",
            "acts": acts,
            # Called by the template: some rooms tell their acts in words of their own.
            "told": lambda: story.told(self.model, acts, self.story_label, links()),
            "next_key": next_key,
            "is_later": key is not None,
            "object": obj,
            "opts": self.opts,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/story.html", context)

    def story_label(self, name: str) -> str:
        """What an act's field is called in the story."""
        return story.label_of(self.model, name)

    def story_links(
        self, request: HttpRequest, obj: models.Model, acts: Sequence[Act]
    ) -> dict[int, tuple[str, str]]:
        """``{act: (words, address)}`` of what came of acts and has a page, or at least a name."""
        return {}

    def _values(self, obj: models.Model, form: Any) -> dict[str, Any]:
        """What the row says now in the fields the form changed; related rows by their names."""
        columns = {field.name: field for field in obj._meta.concrete_fields}
        lists = {field.name for field in obj._meta.many_to_many}
        values = {}
        for name in form.changed_data:
            if name in columns:
                values[name] = columns[name].value_from_object(obj)
            elif name in lists:
                values[name] = sorted(map(str, getattr(obj, name).all()))
        return values

    def _told(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values as an Act may tell them."""
        told = dict(values)
        for name, value in values.items():
            if name in self.hidden_fields:
                told[name] = "（不记录）"
            elif name in self.long_fields:
                told[name] = f"{len(value or '')} 字"
            elif isinstance(value, FieldFile):
                told[name] = value.name
        return told


def _said(obj: models.Model) -> dict[str, Any]:
    """Everything a row says: its own columns that are not empty."""
    columns = [f for f in obj._meta.concrete_fields if not f.generated and not f.primary_key]
    values = {field.name: field.value_from_object(obj) for field in columns}
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


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
class ActAdmin(GuardedAdmin):
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
