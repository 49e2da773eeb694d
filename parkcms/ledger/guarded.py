"""What stands in front of every form and list of the desk: nothing anyone can send ends in an
error of ours. Django's own admin trusts that addresses and hidden inputs are those it wrote."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import FieldDoesNotExist, SuspiciousOperation, ValidationError
from django.db import DataError, models
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse

YEARS = range(1990, 2200)
MOST_ROWS = 200  # of an inline table
# The comparisons our own filters write into an address. Django would take any other too, and
# leave it to the database to fail at it.
LOOKUPS = {"exact", "in", "isnull", "isempty", "gt", "gte", "lt", "lte"}


class Moment(forms.SplitDateTimeField):
    """A time within YEARS. Postgres takes the year 0, and no list could read it back."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The label stands before both boxes and belongs to neither.
        for part, word in zip(getattr(self.widget, "widgets", ()), ("日期", "时间"), strict=False):
            part.attrs["aria-label"] = f"{self.label}：{word}" if self.label else word

    def compress(self, data_list: list) -> datetime | None:
        day = data_list[0] if data_list else None
        if isinstance(day, date) and day.year not in YEARS:
            raise ValidationError(
                f"年份要在 {YEARS[0]} 到 {YEARS[-1]} 之间，不能是 {day.year}。", code="year"
            )
        return super().compress(data_list)


class Lookup(AutocompleteSelect):
    """Draws a form that is sent back also where the value was no key."""

    def optgroups(self, name: str, value: list, attrs: dict | None = None) -> list:
        return super().optgroups(name, [key for key in value if is_key(key)], attrs)


class Lookups(AutocompleteSelectMultiple):
    """The same for several: what is no key is left out of what is drawn."""

    def optgroups(self, name: str, value: list, attrs: dict | None = None) -> list:
        return super().optgroups(name, [key for key in value if is_key(key)], attrs)


class Guarded:
    """For a ModelAdmin or an inline: fields that take junk and say so."""

    formfield_overrides = {
        models.DateTimeField: {"form_class": Moment},
        models.URLField: {"assume_scheme": "https"},
    }

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", Lookup(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", Lookups(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class NamedRows(BaseInlineFormSet):
    """Rows drawn as a table: each field has the name of its column."""

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        for field in form.fields.values():
            if field.label:
                inner = getattr(field.widget, "widget", field.widget)  # beside its links
                inner.attrs.setdefault("aria-label", str(field.label))


class GuardedInline(Guarded, admin.TabularInline):
    """A table of rows within a form; of a form that claims more, no more are drawn."""

    formset = NamedRows
    max_num = MOST_ROWS

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> type:
        return super().get_formset(request, obj, **{"absolute_max": MOST_ROWS, **kwargs})


class GuardedAdmin(Guarded, admin.ModelAdmin):
    """A ModelAdmin that answers 400 to addresses and ticks nobody was handed."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return _is_plain(self.model, lookup) and super().lookup_allowed(lookup, value, request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        try:
            return super().changelist_view(request, extra_context)
        except DataError as error:
            if request.method != "GET":
                raise
            raise SuspiciousOperation("a value no column can hold") from error

    def response_action(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse:
        ticked = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not all(map(is_key, ticked)):
            raise SuspiciousOperation("no row has such a key")
        return super().response_action(request, queryset)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What an address fills in before the person does; what can't be read is left out."""
        initial = super().get_changeform_initial_data(request)
        read = {name: _read(self.model, name, value) for name, value in initial.items()}
        return {name: value for name, value in read.items() if value is not None}


def is_key(value: object) -> bool:
    """Whether a row may have that key, as a form sends it."""
    text = str(value)
    return text.isascii() and text.isdecimal() and len(text) < 19


def _is_plain(model: type[models.Model], lookup: str) -> bool:
    """Whether the path over fields ends at one of them or in one of LOOKUPS."""
    for place, name in enumerate(lookup.split("__")):
        try:
            model = model._meta.get_field(name).related_model or model
        except FieldDoesNotExist:
            return place == 0 or name in LOOKUPS
    return True


def _read(model: type[models.Model], name: str, value: Any) -> Any:
    """The value as the model's field reads it, or None."""
    try:
        field = model._meta.get_field(name)
        if field.many_to_one or field.one_to_one:
            return int(value) if is_key(value) else None
        if isinstance(field, models.ManyToManyField):
            return [key for key in value if is_key(key)]
        return field.to_python(value) if field.concrete else value
    except (FieldDoesNotExist, ValidationError, ValueError, TypeError):
        return None
