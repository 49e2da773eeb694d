"""Landing parks and their rows from plain data. A second landing of the same data changes nothing.

Rows that are there are left as they are: people at the desk may have changed them since.
Everything passes the models' own validation; the first wrong row stops the whole landing.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models, transaction

from parkcms.addresses.models import Redirect

from .models import (
    AdmissionTerm,
    Alias,
    Amenity,
    Figure,
    Industry,
    Milestone,
    Park,
    ParkIndustry,
    Phase,
    Source,
    Space,
    TransportLink,
)

Data = Mapping[str, Any]
_PARTS = ("aliases", "industries", "transport", "amenities", "phases")
_PARTS += ("admission", "figures", "milestones")


def land_sources(sources: Mapping[str, Data]) -> dict[str, Source]:
    """Sources by the short name the data uses for them; known documents are found by their key."""
    return {name: _source(data) for name, data in sources.items()}


def _source(data: Data) -> Source:
    row = Source(**data)  # reads a date as people write it
    key = Source.make_key(row.url, row.title, row.published)
    known = Source.objects.filter(key=key).first()
    return known or _new(Source, data)


@transaction.atomic
def land_park(
    data: Data, sources: Mapping[str, Source], publish_at: datetime | None = None
) -> Park:
    """Make the park of ``data`` unless it is known, then each of its rows unless known.

    Known by its slug, or by its name: a park whose address was changed here is the same park.

    Raises ValidationError, naming the field, for data the models refuse, and KeyError for a
    source that was not landed.
    """
    own = {name: value for name, value in data.items() if name not in _PARTS}
    if "level_source" in own:
        own["level_source"] = sources[own["level_source"]]
    park = _known_park(slug=own["slug"]) or _known_park(name_zh=own["name_zh"])
    park = park or _new(Park, {**own, "publish_at": publish_at})
    for row in data.get("aliases", ()):
        _once(Alias, {**row, "park": park}, name=row["name"])
    for row in data.get("industries", ()):
        _industry(park, row)
    for row in data.get("phases", ()):
        _once(Phase, {**row, "park": park}, park=park, ordinal=row["ordinal"])
    for row in data.get("transport", ()):
        _once(TransportLink, _sourced(row, park, sources), park=park, name_zh=row["name_zh"])
    for row in data.get("amenities", ()):
        _once(Amenity, _sourced(row, park, sources), park=park, name_zh=row["name_zh"])
    for row in data.get("admission", ()):
        known = {"kind": row["kind"], "text_zh": row.get("text_zh", "")}
        _once(AdmissionTerm, _sourced(row, park, sources), park=park, **known)
    _statements(park, data, sources)
    return park


def _known_park(**named: str) -> Park | None:
    return Park.objects.filter(**named).first()


def _statements(park: Park, data: Data, sources: Mapping[str, Source]) -> None:
    phases = {phase.ordinal: phase for phase in park.phases.all()}
    for row in data.get("figures", ()):
        row = _phased(_sourced(row, park, sources), phases)
        names = ("park", "phase", "metric", "source")
        known = {name: row.get(name) for name in names}
        known |= {"state": row.get("state", "actual"), "as_of": row.get("as_of", "")}
        _once(Figure, row, **known, sentence=row.get("sentence", ""))
    for row in data.get("milestones", ()):
        row = _phased(_sourced(row, park, sources), phases)
        known = {name: row.get(name) for name in ("park", "phase", "kind", "source")}
        known |= {"state": row.get("state", "actual"), "happened": row.get("happened", "")}
        _once(Milestone, row, **known)


@transaction.atomic
def land_spaces(rows: Iterable[Data], publish_at: datetime | None = None, **marks: Any) -> None:
    """Spaces by park slug and code; ``marks`` are set on every new one (``is_sample=True``).

    A park whose address was changed here is found by the redirect that its old one left.
    """
    for row in rows:
        park = _park_at(row["park"])
        if Space.objects.filter(park=park, code=row["code"]).exists():
            continue
        phases = {phase.ordinal: phase for phase in park.phases.all()}
        _new(Space, {**_phased({**row, "park": park}, phases), "publish_at": publish_at, **marks})


def _park_at(slug: str) -> Park:
    park = _known_park(slug=slug)
    if park is None:
        place = Redirect.objects.target_of(f"/parks/{slug}/") or ""
        park = Park.objects.get(slug=place.strip("/").rpartition("/")[2] or slug)
    return park


def _industry(park: Park, row: Data) -> None:
    industry = Industry.objects.filter(name_zh=row["name_zh"]).first() or _new(
        Industry, {"name_zh": row["name_zh"], "name_en": row.get("name_en", "")}
    )
    _once(
        ParkIndustry,
        {"park": park, "industry": industry, "stance": row["stance"]},
        park=park,
        industry=industry,
    )


def _sourced(row: Data, park: Park, sources: Mapping[str, Source]) -> dict[str, Any]:
    source = {"source": sources[row["source"]]} if "source" in row else {}
    return {**row, **source, "park": park}


def _phased(row: Data, phases: Mapping[int, Phase]) -> dict[str, Any]:
    return {**row, "phase": phases[row["phase"]]} if "phase" in row else dict(row)


def _once(model: type[models.Model], data: Data, **known: Any) -> None:
    nulls = {f"{name}__isnull": True for name, value in known.items() if value is None}
    values = {name: value for name, value in known.items() if value is not None}
    if not model.objects.filter(**values, **nulls).exists():
        _new(model, data)


def _new(model: type[models.Model], data: Data) -> Any:
    row = model(**data)
    row.full_clean(exclude=_left_blank(row))
    row.save()
    return row


def _left_blank(row: models.Model) -> list[str]:
    """Address names the models make themselves when saved."""
    return ["slug"] if hasattr(row, "slug") and not row.slug else []
