"""Policies at the desk: what was issued, how long it holds, whom for, and when it was checked."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from parkcms.ledger.guarded import GuardedInline
from parkcms.ledger.models import Act
from parkcms.publication.admin import PublishingAdmin, PublishingForm, StateFilter

from . import regions
from .models import Benefit, Policy
from .policy_pages import with_status


class StatusFilter(admin.SimpleListFilter):
    """By what holds today."""

    title = "效力"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [*Policy.Status.choices, ("soon", "30 天内到期")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Policy]) -> QuerySet[Policy]:
        today = timezone.localdate()
        if self.value() == "soon":
            return queryset.ending(today)
        if self.value() not in Policy.Status.values:
            return queryset
        return with_status(queryset, today).filter(state=self.value())


class BenefitInline(GuardedInline):
    model = Benefit
    extra = 0
    fields = (
        "kind", "amount_zh", "amount_en", "cap_cny", "condition_zh", "condition_en", "sentence",
    )  # fmt: skip
    formfield_overrides = {
        **GuardedInline.formfield_overrides,
        models.TextField: {"widget": forms.Textarea(attrs={"rows": 2, "cols": 28})},
    }


class PolicyForm(PublishingForm):
    subjects = forms.MultipleChoiceField(
        label="适用于",
        choices=Policy.Subject.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Policy
        exclude = ()
        widgets = {
            "region_code": forms.Select(choices=[("", "—"), *regions.region_choices()]),
        }

    def clean_parks(self) -> Any:
        """A park shows only what holds: nothing that has ended is newly tied to one."""
        chosen = self.cleaned_data["parks"]
        held = set(self.instance.parks.values_list("pk", flat=True)) if self.instance.pk else set()
        if {park.pk for park in chosen} - held:
            self._new_parks = True
        return chosen

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if getattr(self, "_new_parks", False) and self._has_ended(cleaned):
            ended = ValidationError(
                "这份政策已过期或废止，不能当作现行政策挂到园区上。", code="policy_not_in_force"
            )
            self.add_error("parks", ended)
        self._look_at_dates(cleaned)
        after = cleaned.get("replaced_by")
        if after and self.instance.pk and after.pk == self.instance.pk:
            self.add_error("replaced_by", ValidationError("不能代替自己。", code="itself"))
        return cleaned

    def _look_at_dates(self, cleaned: dict[str, Any]) -> None:
        """The constraint reads columns the database computes, which a form does not have yet."""
        begins, ends = cleaned.get("valid_from"), cleaned.get("valid_to")
        if begins and ends and ends.end < begins.start:
            wrong = ValidationError("有效期至不会早于施行日期。", code="ends_before_it_begins")
            self.add_error("valid_to", wrong)

    def _has_ended(self, cleaned: dict[str, Any]) -> bool:
        today = timezone.localdate()
        until, repealed = cleaned.get("valid_to"), cleaned.get("repealed_on")
        return bool((until and until.end < today) or (repealed and repealed <= today))


@admin.register(Policy)
class PolicyAdmin(PublishingAdmin):
    form = PolicyForm
    list_display = (
        "title_zh", "document_number", "issuer_zh", "status_shown", "valid_from", "valid_to",
        "checked", "state",
    )  # fmt: skip
    list_filter = (StateFilter, StatusFilter, "level", "parks")
    list_select_related = ("checked_by",)
    search_fields = ("title_zh", "title_en", "document_number", "issuer_zh")
    autocomplete_fields = ("source", "industries", "parks", "replaced_by")
    inlines = (BenefitInline,)
    actions = (*PublishingAdmin.actions, "check_selected")
    readonly_fields = ("status_shown", "checked")
    long_fields = (*PublishingAdmin.long_fields, "summary_zh", "summary_en")
    fieldsets = (
        (
            "是什么",
            {"fields": ("title_zh", "title_en", ("level", "region_code"), "document_number")},
        ),
        ("谁发的，在哪里", {"fields": (("issuer_zh", "issuer_en"), "source")}),
        (
            "管到什么时候",
            {
                "fields": (
                    "status_shown",
                    ("valid_from", "valid_to", "open_ended"),
                    ("apply_from", "apply_to"),
                    ("repealed_on", "replaced_by"),
                    "checked",
                )
            },
        ),
        (
            "给谁",
            {"fields": ("subjects", "industries", "parks", "summary_zh", "summary_en")},
        ),
        ("发布", {"fields": (("publish_at", "expire_at"),)}),
    )

    class Media:
        css = {"all": ("css/policies-desk.css",)}

    @admin.action(description="核对所选：今天看过文件，属实", permissions=["change"])
    def check_selected(self, request: HttpRequest, queryset: QuerySet[Policy]) -> None:
        with transaction.atomic():
            for policy in queryset:
                policy.checked_at, policy.checked_by = timezone.now(), request.user
                policy.save(update_fields=["checked_at", "checked_by", "updated_at"])
                Act.record(request.user, "confirm", policy, after={"checked_at": policy.checked_at})
        self.message_user(request, f"已核对 {len(queryset)} 份政策。", messages.SUCCESS)

    @admin.display(description="效力")
    def status_shown(self, policy: Policy) -> str:
        return policy.status.label if policy.pk else "—"

    @admin.display(description="核对")
    def checked(self, policy: Policy) -> str:
        if not policy.checked_at:
            return "从未核对"
        return f"{timezone.localtime(policy.checked_at):%Y-%m-%d} {policy.checked_by or ''}".strip()
