"""The small lists of a park's page in one query: phases, milestones, transport, amenities, terms.

Postgres gives each list as JSON beside the park's row; here they become rows of their models
again. Documents are read once for the whole page, not joined to every statement.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef
from django.db.models.functions import Cast, JSONObject

from parkcms.language.dates import PartialDate, PartialDateField

from .models import AdmissionTerm, Amenity, Milestone, Park, Phase, Source, TransportLink

# What is told in no order of its own stands in an order that loading can't change.
_LISTS = {
    "phases": (Phase, ("ordinal",)),
    "milestones": (Milestone, ("happened_end", "kind", "title_zh", "id")),
    "transport": (TransportLink, ("kind", "distance_km", "name_zh", "id")),
    "amenities": (Amenity, ("state", "name_zh", "id")),
    "admission": (AdmissionTerm, ("kind", "text_zh", "id")),
}


@dataclass
class ParkRows:
    """Lists of one park; sources are not set before ``give_sources``."""

    phases: list[Phase]
    milestones: list[Milestone]
    transport: list[TransportLink]
    amenities: list[Amenity]
    admission: list[AdmissionTerm]

    @property
    def sourced(self) -> list[Any]:
        return [*self.milestones, *self.transport, *self.amenities, *self.admission]


def read(park: Park) -> ParkRows:
    """One query. Rows know their park, milestones their phase."""
    # Not by their own names, which the park has relations under.
    lists = {f"{name}_rows": _rows_as_json(*one) for name, one in _LISTS.items()}
    found = Park.objects.filter(pk=park.pk).order_by().values(**lists).get()
    made = ParkRows(
        **{
            name: [_made(model, row, park) for row in found[f"{name}_rows"]]
            for name, (model, _order) in _LISTS.items()
        }
    )
    phases = {phase.pk: phase for phase in made.phases}
    for milestone in made.milestones:
        milestone.phase = phases.get(milestone.phase_id)
    return made


def give_sources(rows: Iterable[Any], more: Iterable[int | None] = ()) -> dict[int, Source]:
    """Set ``row.source`` of all rows by one query; returns the documents by id, with ``more``."""
    rows = list(rows)
    wanted = {row.source_id for row in rows} | set(more)
    wanted.discard(None)
    found = Source.objects.filter(pk__in=wanted).order_by().select_related("archive")
    sources = {source.pk: source for source in found} if wanted else {}
    for row in rows:
        row.source = sources.get(row.source_id)
    return sources


def _rows_as_json(model: type[models.Model], order: tuple[str, ...]) -> ArraySubquery:
    fields = {
        # A JSON number is read as a float: decimals go as text.
        field.attname: Cast(field.attname, models.TextField())
        if isinstance(field, models.DecimalField)
        else field.attname
        for field in _fields(model)
    }
    rows = model.objects.filter(park=OuterRef("pk")).order_by(*order)
    return ArraySubquery(rows.values(row=JSONObject(**fields)))


def _made(model: type[models.Model], row: dict, park: Park) -> Any:
    for field in _fields(model):
        if isinstance(field, models.DecimalField) and row[field.attname] is not None:
            row[field.attname] = Decimal(row[field.attname])
    made = model(**row)
    made.park = park
    for field in _fields(model):
        if isinstance(field, PartialDateField):
            told = PartialDate(row[field.attname])
            setattr(made, f"{field.attname}_start", told.start)
            setattr(made, f"{field.attname}_end", told.end)
    made._state.adding, made._state.db = False, park._state.db
    return made


def _fields(model: type[models.Model]) -> list[models.Field]:
    return [field for field in model._meta.concrete_fields if not field.generated]
