from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from parkcms.ledger.admin import RecordingAdmin
from parkcms.ledger.guarded import is_key
from parkcms.library.admin import PictureAdmin
from parkcms.library.models import Picture

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


@admin.register(Industry)
class IndustryAdmin(RecordingAdmin):
    list_display = ("name_zh", "name_en")
    search_fields = ("name_zh", "name_en")


@admin.register(ContactCard)
class ContactCardAdmin(RecordingAdmin):
    list_display = ("name", "organisation", "phone", "is_sample")
    search_fields = ("name", "organisation")
    autocomplete_fields = ("wechat_qr",)


from . import (  # noqa: E402 - they need what stands above
    desk_park,  # noqa: F401 - the desk of parks
    desk_policies,  # noqa: F401 - policies
    desk_spaces,  # noqa: F401 - the desk of spaces
    desk_tables,  # noqa: F401 - tables of spaces, in and out
    desk_watches,  # noqa: F401 - who wants mails of which search
)
