"""The desk's side of publishing: the buttons 发布 and 下线, the bulk actions, the state column."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from parkcms.ledger.admin import RecordingAdmin

from .models import Publishable, live_at

PUBLISH_FIELDS = ("publish_at", "expire_at")


class StateFilter(admin.SimpleListFilter):
    title = "状态"
    parameter_name = "live"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("live", "在线"), ("draft", "草稿"), ("due", "定时"), ("off", "已下线或到期")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        now = timezone.now()
        chosen = {
            "live": live_at(now),
            "draft": models.Q(publish_at=None),
            "due": models.Q(publish_at__gt=now, taken_down_at=None),
            "off": models.Q(taken_down_at__isnull=False) | models.Q(expire_at__lte=now),
        }
        return queryset.filter(chosen[self.value()]) if self.value() in chosen else queryset


class PublishingForm(forms.ModelForm):
    """Checks a row as it will stand once published, when the button pressed was 发布."""

    @property
    def is_publishing(self) -> bool:
        return "_publish" in self.data and getattr(self, "may_publish", False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.is_publishing:
            at = cleaned.get("publish_at") or self.instance.publish_at or timezone.now()
            cleaned["publish_at"] = at
            self.instance.publish_at = at
        return cleaned

    def will_be_published(self) -> bool:
        """Whether the row carries a time of publication after this save."""
        if "publish_at" in self.fields or self.is_publishing:
            return bool(self.cleaned_data.get("publish_at"))
        return self.instance.publish_at is not None


class PublishingAdmin(RecordingAdmin):
    """A RecordingAdmin for a Publishable row."""

    form = PublishingForm
    change_form_template = "admin/publishing_form.html"
    actions = ("publish_selected", "take_down_selected")
    show_full_result_count = False

    def may_publish(self, request: HttpRequest, obj: Publishable | None = None) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.publish_{self.opts.model_name}")

    def get_form(
        self,
        request: HttpRequest,
        obj: Publishable | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change, **kwargs)
        form.may_publish = self.may_publish(request, obj)
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Publishable | None = None) -> tuple:
        readonly = tuple(super().get_readonly_fields(request, obj))
        return readonly if self.may_publish(request, obj) else (*readonly, *PUBLISH_FIELDS)

    def save_model(self, request: HttpRequest, obj: Publishable, form: Any, change: bool) -> None:
        before = {"publish_at": form.initial.get("publish_at"), "taken_down_at": obj.taken_down_at}
        super().save_model(request, obj, form, change)
        if getattr(form, "is_publishing", False):
            obj.publish(request.user, before=before)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: Any = None
    ) -> HttpResponse:
        return self._after_publish(request, obj) or super().response_add(
            request, obj, post_url_continue
        )

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if "_take_down" in request.POST and self.may_publish(request, obj):
            reason = request.POST.get("take_down_reason", "").replace("\x00", "")[:500]
            obj.take_down(request.user, reason)
            self.message_user(request, f"“{obj}”已下线，地址和内容都还在。", messages.SUCCESS)
            return HttpResponseRedirect(request.path)
        return self._after_publish(request, obj) or super().response_change(request, obj)

    def _after_publish(self, request: HttpRequest, obj: Publishable) -> HttpResponse | None:
        if "_publish" not in request.POST or not self.may_publish(request, obj):
            return None
        text = "“{}”已发布：<a href='{}'>打开页面</a>"
        self.message_user(request, format_html(text, obj, self.public_url(obj)), messages.SUCCESS)
        url = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(url, args=[obj.pk]))

    def public_url(self, obj: Publishable) -> str:
        return obj.get_absolute_url()

    def render_change_form(
        self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj = kwargs.get("obj") or (args[3] if len(args) > 3 else None)
        context["may_publish"] = self.may_publish(request, obj)
        context["publication"] = obj.publication_state if obj and obj.pk else "草稿"
        context["public_url"] = self.public_url(obj) if obj and obj.is_published() else ""
        return super().render_change_form(request, context, *args, **kwargs)

    def get_actions(self, request: HttpRequest) -> dict:
        actions = super().get_actions(request)
        if not self.may_publish(request):
            actions.pop("publish_selected", None)
            actions.pop("take_down_selected", None)
        return actions

    @admin.action(description="发布所选")
    def publish_selected(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        done = 0
        for row in self._allowed(request, queryset):
            try:
                with transaction.atomic():
                    row.publish(request.user)
            except (IntegrityError, ValidationError) as error:
                self.message_user(request, f"“{row}”没有发布：{why(row, error)}", messages.ERROR)
            else:
                done += 1
        if done:
            self.message_user(request, f"已发布 {done} 条。", messages.SUCCESS)

    @admin.action(description="下线所选")
    def take_down_selected(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        rows = list(self._allowed(request, queryset))
        for row in rows:
            row.take_down(request.user)
        if rows:
            self.message_user(request, f"已下线 {len(rows)} 条。", messages.SUCCESS)

    def _allowed(self, request: HttpRequest, queryset: models.QuerySet) -> Iterator[Publishable]:
        """The rows this person may publish and take down; the others are named."""
        for row in queryset:
            if self.may_publish(request, row):
                yield row
            else:
                self.message_user(request, f"“{row}”不归您发布和下线。", messages.ERROR)

    @admin.display(description="状态", ordering="publish_at")
    def state(self, obj: Publishable) -> SafeString:
        state = obj.publication_state
        return format_html('<span class="state" data-state="{}">{}</span>', state, state)


def why(row: models.Model, error: IntegrityError | ValidationError) -> str:
    """The words of what stopped a row, for the person who pressed the button."""
    if isinstance(error, ValidationError):
        return "".join(error.messages)
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    for constraint in row._meta.constraints:
        if constraint.name == name:
            return str(constraint.get_violation_error_message())
    return "资料还不完整。"
