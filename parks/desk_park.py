"""A park on one screen, in the order of thought: what it is called, where it lies, what is known
about it and from whom, what can be let, who answers for it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from parkcms.ledger.guarded import Lookups
from parkcms.publication.admin import PublishingAdmin, PublishingForm, StateFilter

from . import datums, desk_board, park_steps, regions
from .desk_park_rows import (
    AdmissionInline,
    AliasInline,
    AmenityInline,
    FigureInline,
    MilestoneInline,
    ParkIndustryInline,
    PhaseInline,
    TransportInline,
)
from .keeping import OfKeptParks
from .models import Park, Policy

# What stands in which order: (place in the page, heading, fieldsets by name and inlines by model).
SECTIONS = (
    ("names", "名称", ("名称", "alias")),
    ("place", "位置", ("位置",)),
    ("words", "简介与图", ("简介与图",)),
    ("phases", "分期", ("phase",)),
    ("figures", "指标", ("figure",)),
    ("events", "大事", ("milestone",)),
    ("admission", "产业与准入", ("parkindustry", "admissionterm")),
    ("transport", "交通与配套", ("transportlink", "amenity")),
    ("policies", "政策", ("政策",)),
    ("service", "招商服务", ("招商服务",)),
    ("publish", "发布", ("发布",)),
)


class ParkForm(PublishingForm):
    coordinates = forms.CharField(
        label="粘贴坐标",
        required=False,
        max_length=80,
        help_text="从地图复制的两个数，如“31.2975, 121.1642”；保存时换算成 WGS-84 填到下面。",
    )
    datum = forms.ChoiceField(label="坐标来自", choices=datums.DATUMS, required=False)
    policies = forms.ModelMultipleChoiceField(
        label="政策",
        queryset=Policy.objects.all(),
        required=False,
        help_text="只挂现行的或将要施行的；过期的自动不再显示。",
    )
    seen_at = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Park
        exclude = ()
        widgets = {
            "region_code": forms.Select(choices=regions.region_choices()),
            "origin_region": forms.Select(choices=[("", "—"), *regions.region_choices()]),
            "host_region": forms.Select(choices=[("", "—"), *regions.region_choices()]),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial.setdefault("seen_at", self.instance.updated_at.isoformat())
            self.initial.setdefault("policies", self.instance.policies.all())

    def clean_policies(self) -> Any:
        chosen = self.cleaned_data["policies"]
        held = set(self.instance.policies.values_list("pk", flat=True)) if self.instance.pk else ()
        usable = {Policy.Status.IN_FORCE, Policy.Status.COMING}
        dead = [one for one in chosen if one.pk not in held and one.status not in usable]
        if dead:
            told = "、".join(f"“{one.title_zh}”{one.status.label}" for one in dead)
            raise ValidationError(f"{told}，不能当作现行政策挂上。", code="policy_not_in_force")
        return chosen

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._take_coordinates(cleaned)
        self._look_for_others()
        return cleaned

    def _take_coordinates(self, cleaned: dict[str, Any]) -> None:
        pasted = cleaned.get("coordinates")
        if not pasted:
            return
        try:
            cleaned["latitude"], cleaned["longitude"] = datums.read(
                pasted, cleaned.get("datum") or datums.WGS84
            )
        except datums.PlaceError as error:
            self.add_error("coordinates", ValidationError(str(error), code="no_place"))

    def _look_for_others(self) -> None:
        """Stops once where somebody else has saved the park since this form was opened."""
        seen, now = self.cleaned_data.get("seen_at"), self._stands_at()
        if not seen or not now or seen == now.isoformat():
            return
        # The form that is sent back has seen it: the next press saves.
        self.data = self.data.copy()
        self.data[self.add_prefix("seen_at")] = now.isoformat()
        at = f"{timezone.localtime(now):%m-%d %H:%M:%S}"
        message = (
            f"打开这一页以后，别人在 {at} 保存过这个园区（见“经过”）。"
            "核对一下，再按一次保存，就以您这里写的为准。"
        )
        self.add_error(None, ValidationError(message, code="changed_since"))

    def _stands_at(self) -> Any:
        if not self.instance.pk:
            return None
        rows = Park.objects.filter(pk=self.instance.pk)
        return rows.values_list("updated_at", flat=True).first()


@admin.register(Park)
class ParkAdmin(OfKeptParks, PublishingAdmin):
    form = ParkForm
    change_form_template = "admin/parks/park/change_form.html"
    list_display = ("name_zh", "name_en", "state", "level", "spaces_shown", "updated_at")
    list_filter = (StateFilter, "level")
    search_fields = ("name_zh", "name_en", "aliases__name")
    autocomplete_fields = ("cover", "pictures", "site_plan", "contact", "level_source")
    filter_horizontal = ("managers",)
    inlines = (
        AliasInline, PhaseInline, FigureInline, MilestoneInline, ParkIndustryInline,
        AdmissionInline, TransportInline, AmenityInline,
    )  # fmt: skip
    fieldsets = (
        (
            "名称",
            {
                "fields": (
                    ("name_zh", "name_en"), "slug", ("level", "level_source"),
                    ("operator", "developer"), "seen_at",
                )
            },
        ),
        (
            "位置",
            {
                "fields": (
                    "region_code",
                    ("town_zh", "town_en"),
                    ("address_zh", "address_en"),
                    ("boundary_zh", "boundary_en"),
                    ("coordinates", "datum"),
                    ("latitude", "longitude"),
                    ("origin_region", "host_region"),
                )
            },
        ),
        (
            "简介与图",
            {
                "fields": (
                    "intro_zh", "intro_en", ("title_type", "tenure_zh", "tenure_en"),
                    "cover", "pictures", "site_plan",
                )
            },
        ),
        ("政策", {"fields": ("policies",)}),
        ("招商服务", {"fields": ("contact", "managers")}),
        ("发布", {"fields": (("publish_at", "expire_at"),)}),
    )  # fmt: skip
    # What only someone who keeps every park may change.
    reserved = ("slug", "managers", "contact")

    class Media:
        css = {"all": ("css/park-desk.css",)}
        js = ("js/park-units.js",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(space_count=Count("spaces", distinct=True))

    def get_readonly_fields(self, request: HttpRequest, obj: Park | None = None) -> tuple:
        readonly = super().get_readonly_fields(request, obj)
        if request.user.has_perm("parks.keep_every_park"):
            return readonly
        return (*readonly, *self.reserved)

    def get_fieldsets(self, request: HttpRequest, obj: Park | None = None) -> Any:
        """Without what only a form has where the park can only be looked at."""
        sets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return sets
        own = {"coordinates", "datum", "seen_at", "policies"}
        return [(name, {**rest, "fields": _without(rest["fields"], own)}) for name, rest in sets]

    def get_form(
        self, request: HttpRequest, obj: Park | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change, **kwargs)
        if "policies" in form.base_fields:
            through = Policy.parks.through._meta.get_field("policy")
            widget = Lookups(through, self.admin_site)
            form.base_fields["policies"].widget = widget
            widget.choices = form.base_fields["policies"].choices
        return form

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "policies" in form.cleaned_data:
            form.instance.policies.set(form.cleaned_data["policies"])

    def render_change_form(
        self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["sections"] = _sections(context)
        park = context.get("original")
        if park is not None:
            context["board"] = desk_board.board(park)
            context["steps"] = park_steps.steps(park, context["board"])
        return super().render_change_form(request, context, *args, **kwargs)

    def _values(self, obj: Any, form: Any) -> dict[str, Any]:
        """Policies hang on the other side, so the ledger would not see them."""
        values = super()._values(obj, form)
        if "policies" in form.changed_data and obj.pk:
            values["policies"] = sorted(map(str, obj.policies.all()))
        return values

    @admin.display(description="空间", ordering="space_count")
    def spaces_shown(self, park: Park) -> int:
        return park.space_count


def _sections(context: dict) -> list[dict]:
    """``{"anchor", "title", "fieldsets", "formsets", "has_errors"}`` in the order of SECTIONS."""
    fieldsets = {fieldset.name: fieldset for fieldset in context["adminform"]}
    formsets = {one.opts.model._meta.model_name: one for one in context["inline_admin_formsets"]}
    made = []
    for anchor, title, names in SECTIONS:
        own = [fieldsets[name] for name in names if name in fieldsets]
        tables = [formsets[name] for name in names if name in formsets]
        wrong = any(line.errors() for fieldset in own for line in fieldset) or any(
            one.formset.total_error_count() for one in tables
        )
        if own or tables:
            made.append(
                {"anchor": anchor, "title": title, "fieldsets": own, "formsets": tables,
                 "has_errors": wrong}
            )  # fmt: skip
    return made


def _without(fields: Any, names: set[str]) -> tuple:
    kept = []
    for field in fields:
        if isinstance(field, tuple | list):
            rest = tuple(name for name in field if name not in names)
            kept += [rest] if rest else []
        elif field not in names:
            kept.append(field)
    return tuple(kept)
