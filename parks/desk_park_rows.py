"""The tables within a park's form: each statement in one row with its source and sentence."""

from typing import Any

from django import forms
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from parkcms.ledger.guarded import GuardedInline, Lookup, NamedRows

from .figure_form import FigureForm
from .figures import series
from .models import (
    AdmissionTerm,
    Alias,
    Amenity,
    Figure,
    Milestone,
    ParkIndustry,
    Phase,
    TransportLink,
)

SHOWN = 60  # figures; of more, the newest of each series


class KnownLookup(Lookup):
    """Knows the name of what is chosen already: a table of fifty rows asks nothing."""

    known: dict[str, str] = {}

    def optgroups(self, name: str, value: list, attrs: dict | None = None) -> list:
        if not value or not all(str(key) in self.known for key in value):
            return super().optgroups(name, value, attrs)
        empty = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        options = [self.create_option(name, key, self.known[str(key)], True, 1) for key in value]
        return [(None, [*empty, *options], 0)]


class StatementRows(NamedRows):
    """Rows with a source, and some with a phase of this park: choices are read once."""

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        for name in {"source", "industry"} & set(form.fields):
            key = getattr(form.instance, f"{name}_id")
            widget = form.fields[name].widget
            inner = getattr(widget, "widget", widget)
            inner.known = {str(key): str(getattr(form.instance, name))} if key else {}
        if "phase" in form.fields:
            form.fields["phase"].queryset = Phase.objects.filter(park=self.instance.pk)
            form.fields["phase"].choices = self._phase_choices()

    def _phase_choices(self) -> list[tuple[Any, str]]:
        """Kept at the park, which all tables of the form share."""
        park = self.instance
        if not hasattr(park, "_phase_choices"):
            rows = Phase.objects.filter(park=park.pk) if park.pk else []
            park._phase_choices = [("", "整个园区"), *((row.pk, row.name_zh) for row in rows)]
        return park._phase_choices


class FigureRows(StatementRows):
    """At most SHOWN to look at: then the newest of each series, the rest in the list of figures.
    What is sent back may name any figure of the park."""

    def get_queryset(self) -> QuerySet[Figure]:
        if not hasattr(self, "_queryset"):
            rows = super().get_queryset().select_related("source", "phase", "park")
            self._queryset = rows if self.is_bound else self._few(rows)
        return self._queryset

    def _few(self, rows: QuerySet[Figure]) -> QuerySet[Figure]:
        found = list(rows)
        if len(found) > SHOWN:
            newest = {one.newest.pk for one in series(found)}
            found = [row for row in found if row.pk in newest][:SHOWN]
        rows._result_cache = found  # a formset wants a queryset; this one is read already
        return rows


class StatementInline(GuardedInline):
    """An inline whose rows say from where and as of when."""

    formset = StatementRows
    known_fields = ("source",)
    autocomplete_fields = known_fields
    formfield_overrides = {
        **GuardedInline.formfield_overrides,
        models.TextField: {"widget": forms.Textarea(attrs={"rows": 2, "cols": 32})},
    }

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.known_fields:
            kwargs["widget"] = KnownLookup(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related(*self.known_fields)


class AliasInline(GuardedInline):
    model = Alias
    extra = 0
    fields = ("name", "kind")


class ParkIndustryInline(StatementInline):
    model = ParkIndustry
    extra = 0
    known_fields = autocomplete_fields = ("industry",)


class PhaseInline(GuardedInline):
    model = Phase
    extra = 0
    fields = ("ordinal", "name_zh", "name_en", "status", "developer")


class FigureInline(StatementInline):
    model = Figure
    form = FigureForm
    formset = FigureRows
    extra = 1
    ordering = ("metric", "state", "-as_of_end", "id")
    fields = (
        "metric", "phase", "state", "qualifier", "value", "value_max", "unit", "as_of", "source",
        "sentence",
    )  # fmt: skip


class MilestoneInline(StatementInline):
    model = Milestone
    extra = 0
    fields = (
        "kind", "phase", "title_zh", "title_en", "happened", "state", "source", "sentence",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("phase")


class AdmissionInline(StatementInline):
    model = AdmissionTerm
    extra = 0
    fields = (
        "kind", "required", "value", "text_zh", "text_en", "as_of", "source", "sentence",
    )  # fmt: skip


class TransportInline(StatementInline):
    model = TransportLink
    extra = 0
    fields = (
        "kind", "name_zh", "name_en", "distance_km", "latitude", "longitude", "as_of", "source",
    )  # fmt: skip


class AmenityInline(StatementInline):
    model = Amenity
    extra = 0
    fields = ("name_zh", "name_en", "state", "as_of", "source")
