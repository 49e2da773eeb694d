from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from parkcms.ledger.admin import RecordingAdmin
from parkcms.ledger.guarded import GuardedInline, is_key
from parkcms.library.admin import PictureAdmin
from parkcms.library.models import Picture
from parkcms.publication.admin import PublishingAdmin, PublishingForm, StateFilter

from .forms import MachinesField
from .keeping import KeptFilter, OfKeptParks
from .models import (
    ContactCard,
    Figure,
    Industry,
    Milestone,
    Park,
    Source,
    Space,
    SpacePicture,
)


def of_parks(parks: QuerySet[Park]) -> Q:
    """The library's pictures of these parks and of their spaces."""
    pictured = Park.pictures.through.objects.filter(park__in=parks)
    spaces = Space.objects.filter(park__in=parks)
    return (
        Q(pk__in=pictured.values("picture"))
        | Q(pk__in=parks.filter(cover__isnull=False).values("cover"))
        | Q(pk__in=spaces.filter(floor_plan__isnull=False).values("floor_plan"))
        | Q(pk__in=SpacePicture.objects.filter(space__in=spaces).values("picture"))
    )


class OfParkFilter(admin.SimpleListFilter):
    """The pictures of one park and of its spaces."""

    title = "园区"
    parameter_name = "park"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in Park.objects.values_list("pk", "name_zh")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not is_key(self.value()):
            return queryset
        return queryset.filter(of_parks(Park.objects.filter(pk=self.value())))


admin.site.unregister(Picture)


@admin.register(Picture)
class PictureOfParksAdmin(PictureAdmin):
    """The library's own, found by park too; the library itself knows of no park."""

    list_filter = (*PictureAdmin.list_filter, OfParkFilter)
    search_help_text = "按文件名、替代文字、图注、署名、标签、园区（别名也行）找。"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        found, _ = super().get_search_results(request, queryset, search_term)
        words = search_term.strip()
        if not words:
            return found, False
        named = Q(name_zh__icontains=words) | Q(name_en__icontains=words)
        parks = Park.objects.filter(named | Q(aliases__name__icontains=words)).order_by()
        return queryset.filter(Q(pk__in=found.values("pk")) | of_parks(parks)), False


@admin.register(Figure)
class FigureAdmin(OfKeptParks, RecordingAdmin):
    list_display = (
        "park",
        "subject_name",
        "metric",
        "shown_value",
        "state",
        "as_of_shown",
        "source",
    )
    list_display_links = ("metric", "shown_value")
    list_filter = (KeptFilter, "park", "metric", "state", ("as_of", admin.EmptyFieldListFilter))
    search_fields = ("park__name_zh", "sentence", "source__title", "source__publisher")
    autocomplete_fields = ("source",)
    ordering = ("park__sort_key", "metric", "-as_of_end")
    list_per_page = 50
    show_full_result_count = False
    fieldsets = (
        ("说的是什么", {"fields": (("park", "phase"), ("metric", "state"))}),
        ("数字", {"fields": (("qualifier", "value", "value_max", "unit"), "as_of")}),
        ("凭什么", {"fields": ("source", "sentence")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Figure]:
        """With what a figure's name reads, also where figures are looked up for a citation."""
        return super().get_queryset(request).select_related("park", "phase", "source")

    def save_model(self, request: HttpRequest, obj: Figure, form: Any, change: bool) -> None:
        if not change:
            obj.recorded_by = request.user
        super().save_model(request, obj, form, change)

    @admin.display(description="主体")
    def subject_name(self, figure: Figure) -> str:
        return figure.phase.name_zh if figure.phase_id else "整个园区"

    @admin.display(description="数字")
    def shown_value(self, figure: Figure) -> str:
        return str(figure.shown_in("zh-hans"))

    @admin.display(description="截至", ordering="as_of_end")
    def as_of_shown(self, figure: Figure) -> str:
        return figure.as_of.display("zh-hans")


@admin.register(Milestone)
class MilestoneAdmin(OfKeptParks, RecordingAdmin):
    list_display = ("park", "title_zh", "kind", "happened", "state", "source")
    list_display_links = ("title_zh",)
    list_filter = (KeptFilter, "park", "kind", "state")
    search_fields = ("title_zh", "park__name_zh")
    list_select_related = ("park", "source")
    autocomplete_fields = ("source",)
    fieldsets = (
        ("什么事", {"fields": (("park", "phase"), "kind", ("title_zh", "title_en"))}),
        ("什么时候", {"fields": (("happened", "state"),)}),
        ("凭什么", {"fields": ("source", "sentence")}),
    )


@admin.register(Source)
class SourceAdmin(RecordingAdmin):
    list_display = ("publisher", "title", "published", "url")
    list_display_links = ("publisher", "title")
    search_fields = ("publisher", "title", "url")
    fields = ("publisher", "title", "url", "published", "note")
    show_full_result_count = False


class SpacePictureInline(GuardedInline):
    model = SpacePicture
    extra = 0
    autocomplete_fields = ("picture",)


class SpaceForm(PublishingForm):
    lifts = MachinesField(label="货梯")
    cranes = MachinesField(label="行车", hooks=True)
    uses = forms.MultipleChoiceField(
        label="可作用途",
        choices=Space.Use.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Space
        exclude = ()


@admin.register(Space)
class SpaceAdmin(OfKeptParks, PublishingAdmin):
    form = SpaceForm
    list_display = (
        "code",
        "park",
        "availability",
        "area_gross_m2",
        "rent",
        "checked",
        "state_shown",
    )
    list_filter = (
        StateFilter,
        KeptFilter,
        "park",
        "state",
        ("checked_at", admin.EmptyFieldListFilter),
        "form",
        "is_sample",
    )
    search_fields = ("code", "building", "park__name_zh")
    list_select_related = ("park", "checked_by")
    autocomplete_fields = ("floor_plan", "source")
    inlines = (SpacePictureInline,)
    actions = (*PublishingAdmin.actions, "confirm_selected")
    readonly_fields = ("checked", "slug")
    fieldsets = (
        (
            "哪里",
            {"fields": (("park", "phase"), "code", ("building", "floor", "is_whole_building"))},
        ),
        ("做什么用", {"fields": ("form", "uses")}),
        ("多大", {"fields": (("area_gross_m2", "area_net_m2", "min_divisible_m2"),)}),
        (
            "结构",
            {
                "fields": (
                    ("storey_height_m", "clear_height_m", "eaves_height_m"),
                    ("floor_load_t_m2", "column_grid", "span_m"),
                    ("lifts", "cranes", "docks"),
                )
            },
        ),
        (
            "水电气",
            {
                "fields": (
                    ("power_kva", "power_expandable", "dual_feed"),
                    ("gas", "steam", "process_water"),
                    ("air_conditioning", "cleanroom", "fit_out"),
                )
            },
        ),
        (
            "消防与环保",
            {
                "fields": (
                    ("fire_class", "sprinkler", "eia"),
                    ("sewage", "exhaust", "hazardous_goods"),
                )
            },
        ),
        ("产权与注册", {"fields": (("title_type", "land_zone", "land_term_end"), "can_register")}),
        (
            "价格",
            {
                "fields": (
                    ("rent_cny_m2_day", "valid_until", "rent_negotiable"),
                    ("rent_incl_tax", "rent_incl_service", "service_fee_cny_m2_month"),
                    ("deposit_months", "prepay_months", "rent_free_days"),
                    ("escalation", "min_term_months", "sale_price_cny_m2"),
                )
            },
        ),
        ("能不能租", {"fields": (("state", "available_from"), "source", "checked", "is_sample")}),
        ("补充与图", {"classes": ("collapse",), "fields": (("note_zh", "note_en"), "floor_plan")}),
        ("发布", {"fields": (("publish_at", "expire_at"),)}),
    )

    @admin.action(description="确认所选：今天核对过，属实", permissions=["change"])
    def confirm_selected(self, request: HttpRequest, queryset: QuerySet[Space]) -> None:
        kept = [space for space in queryset if space.park.can_be_kept_by(request.user)]
        for space in kept:
            space.confirm(request.user)
        self.message_user(request, f"已确认 {len(kept)} 处空间。")

    @admin.display(description="确认")
    def checked(self, space: Space) -> str:
        if not space.checked_at:
            return "从未确认"
        on = timezone.localtime(space.checked_at).date()
        return f"{on:%Y-%m-%d} {space.checked_by or ''}".strip()

    @admin.display(description="状态", ordering="state")
    def availability(self, space: Space) -> str:
        return space.get_state_display()

    @admin.display(description="发布", ordering="publish_at")
    def state_shown(self, space: Space) -> str:
        return self.state(space)

    @admin.display(description="租金", ordering="rent_cny_m2_day")
    def rent(self, space: Space) -> str:
        return f"{space.rent_cny_m2_day:g} 元/㎡/天" if space.rent_cny_m2_day else "—"


@admin.register(Industry)
class IndustryAdmin(RecordingAdmin):
    list_display = ("name_zh", "name_en")
    search_fields = ("name_zh", "name_en")


@admin.register(ContactCard)
class ContactCardAdmin(RecordingAdmin):
    list_display = ("name", "organisation", "phone", "is_sample")
    search_fields = ("name", "organisation")
    autocomplete_fields = ("wechat_qr",)


from . import desk_park  # noqa: E402, F401 - the desk of parks
