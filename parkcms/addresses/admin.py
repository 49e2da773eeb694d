"""The desk's side of addresses: what visitors missed, which links are broken, what leads where."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString, mark_safe

from parkcms.language.address import CHINESE, in_language
from parkcms.ledger.admin import RecordingAdmin
from parkcms.ledger.guarded import is_key
from parkcms.ledger.models import Act

from .forms import RedirectForm, TargetForm
from .models import BrokenLink, Missing, Redirect


class StateFilter(admin.SimpleListFilter):
    """What nobody has dealt with, unless something else is asked for."""

    title = "状态"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("ignored", "已忽略"), ("all", "全部")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": "待处理"}, *others]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        if self.value() == "all":
            return queryset
        if self.value() == "ignored":
            return queryset.filter(ignored_at__isnull=False)
        # Not listed() itself: the order is the list's to choose.
        return queryset.filter(pk__in=queryset.model.objects.listed().order_by().values("pk"))


class IgnoringAdmin(RecordingAdmin):
    """Rows the machine finds and a person deals with: one page each, and 忽略 for one or many."""

    actions = ("ignore_selected",)
    list_filter = (StateFilter,)
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    save_on_top = False
    page_template = ""

    class Media:
        css = {"all": ("css/addresses.css",)}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        shown = tuple(super().get_list_display(request))
        if self.has_change_permission(request):
            return shown
        return tuple(name for name in shown if name != "buttons")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        """The button in a row is of the form around the list, which it sends."""
        if request.method == "POST" and "_ignore" in request.POST:
            key = request.POST["_ignore"]
            if not is_key(key):
                raise SuspiciousOperation("no row has such a key")
            rows = self.get_queryset(request).filter(pk=key)
            self._ignore(request, rows)
            return HttpResponseRedirect(request.get_full_path())
        context = {"title": self.opts.verbose_name_plural, **(extra_context or {})}
        return super().changelist_view(request, context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict | None = None,
    ) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        if request.method != "POST":
            return self.page(request, obj)
        if not self.has_change_permission(request, obj):
            raise PermissionDenied
        if "_ignore" in request.POST:
            self._ignore(request, self.get_queryset(request).filter(pk=obj.pk))
            return self._to_list()
        return self.sent(request, obj)

    def page(self, request: HttpRequest, obj: Any, **context: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": self.opts.verbose_name,
            "opts": self.opts,
            "original": obj,
            "media": self.media,
            "may_change": self.has_change_permission(request, obj),
            **context,
        }
        return TemplateResponse(request, self.page_template, context)

    def sent(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """The form of the page, sent by another button than 忽略: there is none."""
        return HttpResponseRedirect(request.path)

    @admin.action(description="忽略所选", permissions=["change"])
    def ignore_selected(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self._ignore(request, queryset)

    @admin.display(description="处理")
    def buttons(self, row: Any) -> SafeString:
        if row.ignored_at:
            return mark_safe('<span class="quiet">已忽略</span>')
        label = f"忽略 {row}"
        return format_html(
            '<span class="row-buttons">{}'
            '<button type="submit" name="_ignore" value="{}" aria-label="{}">忽略</button></span>',
            self.first_button(row),
            row.pk,
            label,
        )

    def first_button(self, row: Any) -> SafeString | str:
        """What stands before 忽略 in a row."""
        return ""

    def _ignore(self, request: HttpRequest, rows: models.QuerySet) -> None:
        if not self.has_change_permission(request):
            raise PermissionDenied
        if done := sum(row.ignore(request.user) for row in rows):
            self.message_user(request, f"已忽略 {done} 条，以后不再列出。", messages.SUCCESS)
        else:
            self.message_user(request, "没有可忽略的：可能同事刚处理过。", messages.WARNING)

    def _to_list(self) -> HttpResponse:
        return HttpResponseRedirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        )


@admin.register(Missing)
class MissingAdmin(IgnoringAdmin):
    """Most met first; one click leads to the field that says where the path leads from now on."""

    list_display = ("path_shown", "count", "buttons", "last_shown", "came_from_shown")
    search_fields = ("path",)
    page_template = "admin/addresses/missing/page.html"

    @admin.display(description="地址", ordering="path")
    def path_shown(self, row: Missing) -> SafeString:
        return format_html('<span class="address">{}</span>', row.path)

    @admin.display(description="最近一次", ordering="last_at")
    def last_shown(self, row: Missing) -> str:
        return f"{timezone.localtime(row.last_at):%m-%d %H:%M}"

    @admin.display(description="从哪里来", empty_value="—")
    def came_from_shown(self, row: Missing) -> SafeString | str:
        return format_html('<span class="address">{}</span>', row.came_from or "—")

    def first_button(self, row: Missing) -> SafeString:
        page = reverse("admin:addresses_missing_change", args=[row.pk])
        return format_html('<a href="{}" aria-label="{} 改到…">改到…</a>', page, row.path)

    def page(self, request: HttpRequest, obj: Missing, **context: Any) -> HttpResponse:
        old = in_language(obj.path, CHINESE)
        near = import_string(settings.ADDRESS_NEAREST)(old)
        form = TargetForm(old_path=old, initial={"new_path": near})
        context = {"title": "改到别的页面", "near": near, "form": form} | context
        return super().page(request, obj, **context)

    def sent(self, request: HttpRequest, obj: Missing) -> HttpResponse:
        form = TargetForm(request.POST, old_path=in_language(obj.path, CHINESE))
        if not form.is_valid():
            return self.page(request, obj, form=form)
        row = obj.lead_to(form.cleaned_data["new_path"], request.user)
        told = "{} 从现在起跳到 <a href='{}'>{}</a>"
        self.message_user(
            request, format_html(told, row.old_path, row.new_path, row.new_path), messages.SUCCESS
        )
        return self._to_list()


@admin.register(BrokenLink)
class BrokenLinkAdmin(IgnoringAdmin):
    """Read-only: a link is mended in its text, and gone from here after the next check."""

    list_display = ("link", "why_shown", "buttons", "owner_shown", "first_shown")
    list_filter = (StateFilter, "is_foreign")
    search_fields = ("url", "owner_label")
    page_template = "admin/addresses/brokenlink/page.html"

    @admin.display(description="链接", ordering="url")
    def link(self, row: BrokenLink) -> SafeString:
        return format_html(
            '{} <span class="address quiet">{}</span>', row.text or "（没有文字）", row.url
        )

    @admin.display(description="在哪里", ordering="owner_label")
    def owner_shown(self, row: BrokenLink) -> SafeString:
        return format_html('<a class="address" href="{}">{}</a>', row.desk_path, row.owner_label)

    @admin.display(description="发现", ordering="first_at")
    def first_shown(self, row: BrokenLink) -> str:
        return f"{timezone.localtime(row.first_at):%m-%d %H:%M}"

    @admin.display(description="怎么了", ordering="why")
    def why_shown(self, row: BrokenLink) -> SafeString:
        moved = format_html(' <span class="address quiet">→ {}</span>', row.moved_to)
        return format_html("{}{}", row.reason, moved if row.moved_to else "")


@admin.register(Redirect)
class RedirectAdmin(RecordingAdmin):
    """Added and deleted, never changed: who wants another target deletes the row and adds one."""

    form = RedirectForm
    list_display = ("old_shown", "new_shown", "is_prefix", "made_by_name", "made_at", "why")
    list_filter = ("is_prefix",)
    search_fields = ("old_path", "new_path", "why")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    fields = ("old_path", "new_path", "is_prefix", "why")
    readonly_fields = ("made_by_name", "made_at")

    class Media:
        css = {"all": ("css/addresses.css",)}

    @admin.display(description="旧地址", ordering="old_path")
    def old_shown(self, row: Redirect) -> SafeString:
        below = "…" if row.is_prefix else ""
        return format_html('<span class="address">{}{}</span>', row.old_path, below)

    @admin.display(description="新地址", ordering="new_path")
    def new_shown(self, row: Redirect) -> SafeString:
        return format_html('<span class="address">{}</span>', row.new_path)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        context = {"title": self.opts.verbose_name_plural, **(extra_context or {})}
        return super().changelist_view(request, context)

    def has_change_permission(self, request: HttpRequest, obj: Redirect | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Redirect | None = None) -> tuple[str, ...]:
        return (*self.fields, *self.readonly_fields) if obj else self.fields

    def save_model(self, request: HttpRequest, obj: Redirect, form: Any, change: bool) -> None:
        request._act = (form, {})
        row = Redirect.objects.moved(
            obj.old_path, obj.new_path, request.user, is_prefix=obj.is_prefix, why=obj.why
        )
        obj.pk, obj._state.adding = row.pk, False
        Missing.objects.filter(path=obj.old_path).delete()

    def log_addition(self, request: HttpRequest, obj: Redirect, message: Any) -> None:
        told = {"old": obj.old_path, "new": obj.new_path, "连同下级": obj.is_prefix}
        Act.record(request.user, "redirect", obj, reason=obj.why, after=told)
