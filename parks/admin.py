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
    Industry,
    Milestone,
    Park,
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
    desk_figures,  # noqa: F401 - figures and their sources
    desk_park,  # noqa: F401 - the desk of parks
    desk_policies,  # noqa: F401 - policies
    desk_spaces,  # noqa: F401 - the desk of spaces
    desk_tables,  # noqa: F401 - tables of spaces, in and out
    desk_watches,  # noqa: F401 - who wants mails of which search
)
