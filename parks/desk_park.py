"""A park on one screen, in the order of thought."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.http import HttpRequest

from parkcms.ledger.guarded import GuardedInline, is_key
from parkcms.publication.admin import PublishingAdmin, PublishingForm, StateFilter

from . import regions
from .keeping import OfKeptParks
from .models import (
    Alias,
    Amenity,
    Park,
    ParkIndustry,
    Phase,
    TransportLink,
)


class AliasInline(GuardedInline):
    model = Alias
    extra = 0
    fields = ("name", "kind")


class ParkIndustryInline(GuardedInline):
    model = ParkIndustry
    extra = 0
    autocomplete_fields = ("industry",)


class TransportInline(GuardedInline):
    model = TransportLink
    extra = 0
    autocomplete_fields = ("source",)
    fields = ("kind", "name_zh", "name_en", "distance_km", "as_of", "source")


class AmenityInline(GuardedInline):
    model = Amenity
    extra = 0
    autocomplete_fields = ("source",)
    fields = ("name_zh", "name_en", "state", "as_of", "source")


class PhaseInline(GuardedInline):
    model = Phase
    extra = 0
    fields = ("ordinal", "name_zh", "name_en", "status", "developer")


class ParkForm(PublishingForm):
    class Meta:
        model = Park
        exclude = ()
        widgets = {
            "region_code": forms.Select(choices=regions.region_choices()),
            "origin_region": forms.Select(choices=[("", "—"), *regions.region_choices()]),
            "host_region": forms.Select(choices=[("", "—"), *regions.region_choices()]),
        }


class Lookups(AutocompleteSelectMultiple):
    """Draws a form that is sent back also where some values were no keys."""

    def optgroups(self, name: str, value: list, attrs: dict | None = None) -> list:
        return super().optgroups(name, [key for key in value if is_key(key)], attrs)


@admin.register(Park)
class ParkAdmin(OfKeptParks, PublishingAdmin):
    form = ParkForm
    list_display = ("name_zh", "name_en", "state", "level", "updated_at")
    list_filter = (StateFilter, "level")
    search_fields = ("name_zh", "name_en", "aliases__name")
    autocomplete_fields = ("cover", "pictures", "contact")
    filter_horizontal = ("managers",)
    inlines = (AliasInline, ParkIndustryInline, PhaseInline, TransportInline, AmenityInline)
    fieldsets = (
        ("名称", {"fields": (("name_zh", "name_en"), "slug", "level")}),
        ("简介", {"fields": ("intro_zh", "intro_en", "cover", "pictures")}),
        (
            "位置",
            {
                "fields": (
                    "region_code",
                    ("town_zh", "town_en"),
                    ("address_zh", "address_en"),
                    ("latitude", "longitude"),
                )
            },
        ),
        ("产权", {"fields": ("title_type", ("tenure_zh", "tenure_en"))}),
        ("飞地", {"classes": ("collapse",), "fields": (("origin_region", "host_region"),)}),
        ("招商服务", {"fields": ("contact", "managers")}),
        ("发布", {"fields": (("publish_at", "expire_at"),)}),
    )
    # What only someone who keeps every park may change.
    reserved = ("slug", "managers", "contact")

    def get_readonly_fields(self, request: HttpRequest, obj: Park | None = None) -> tuple:
        readonly = super().get_readonly_fields(request, obj)
        if request.user.has_perm("parks.keep_every_park"):
            return readonly
        return (*readonly, *self.reserved)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "pictures":
            kwargs.setdefault("widget", Lookups(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)
