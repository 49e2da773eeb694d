"""What a park's page is made of: the rows, read in a fixed number of queries, in reading order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils.translation import get_language

from .figures import Series, series
from .models import Alias, Figure, Milestone, Park, ParkIndustry, Phase, Space
from .notes import Note, Notes

MAX_SPACES = 50  # shown on a park's own page; the list of spaces has the rest


def parks_with_names() -> QuerySet[Park]:
    """Published parks with cover, other names and industries joined: one query."""
    park = OuterRef("pk")
    aliases = Alias.objects.filter(park=park).exclude(kind=Alias.Kind.MISSPELT)
    industries = ParkIndustry.objects.filter(park=park).order_by("stance", "id")
    return (
        Park.objects.published()
        .select_related("cover", "contact__wechat_qr")
        .annotate(
            other_names=ArraySubquery(aliases.order_by("kind", "name").values("name")),
            industry_rows=ArraySubquery(
                industries.values(
                    row=JSONObject(stance="stance", zh="industry__name_zh", en="industry__name_en")
                )
            ),
        )
    )


def industry_names(park: Park, stance: str) -> list[dict[str, str]]:
    """``{"name", "lang"}`` of the park's industries of one stance (needs ``parks_with_names``)."""
    english = get_language() == "en"
    return [
        {
            "name": (english and row["en"]) or row["zh"],
            "lang": "zh-Hans" if english and not row["en"] else "",
        }
        for row in park.industry_rows
        if row["stance"] == stance
    ]


def figures_of(parks: Iterable[Park]) -> dict[int, list[Series]]:
    """The series of each park by its id: one query."""
    found = Figure.objects.filter(park__in=list(parks)).select_related("source", "phase", "park")
    by_park: dict[int, list[Figure]] = {}
    for figure in found:
        by_park.setdefault(figure.park_id, []).append(figure)
    return {pk: series(rows) for pk, rows in by_park.items()}


@dataclass(frozen=True)
class Told:
    """A statement as it stands on the page, with its note."""

    figure: Figure
    note: Note


@dataclass(frozen=True)
class Row:
    """One line of key figures: the newest statement, the older ones, and those that disagree."""

    series: Series
    newest: Told
    history: tuple[Told, ...]
    conflicts: tuple[tuple[Told, Told], ...]


@dataclass(frozen=True)
class Event:
    """A milestone with its note."""

    milestone: Milestone
    note: Note


@dataclass
class Profile:
    """Everything a park's page shows."""

    park: Park
    rows: list[Row]
    phases: list[tuple[Phase, list[Row], list[Event]]]
    events: list[Event]
    undated_events: list[Event]
    transport: list[tuple[object, Note | None]]
    amenities: list[tuple[object, Note | None]]
    spaces: list[Space]
    more_spaces: bool
    notes: Notes

    @property
    def has_industries(self) -> bool:
        return bool(self.park.industry_rows)


def read(park: Park) -> Profile:
    """Read the rows of ``park`` (from ``parks_with_names``): six queries at any size."""
    notes = Notes()
    all_series = figures_of([park]).get(park.pk, [])
    rows = {id(one): _row(one, notes) for one in all_series}
    own = [rows[id(one)] for one in all_series if isinstance(one.subject, Park)]
    events = _events(park, notes)
    phases = [
        (
            phase,
            [rows[id(one)] for one in all_series if one.subject == phase],
            [event for event in events if event.milestone.phase_id == phase.pk],
        )
        for phase in park.phases.order_by("ordinal")
    ]
    spaces = list(_spaces(park)[: MAX_SPACES + 1])
    return Profile(
        park=park,
        rows=own,
        phases=phases,
        events=[event for event in events if event.milestone.happened],
        undated_events=[event for event in events if not event.milestone.happened],
        transport=_with_notes(park.transport.select_related("source"), notes),
        amenities=_with_notes(park.amenities.select_related("source"), notes),
        spaces=spaces[:MAX_SPACES],
        more_spaces=len(spaces) > MAX_SPACES,
        notes=notes,
    )


def _row(one: Series, notes: Notes) -> Row:
    told = {f.pk: Told(f, notes.take(f.source, f.sentence)) for f in one.statements}
    return Row(
        one,
        told[one.newest.pk],
        tuple(told[f.pk] for f in one.history),
        tuple((told[a.pk], told[b.pk]) for a, b in one.conflicts),
    )


def _events(park: Park, notes: Notes) -> list[Event]:
    milestones = list(park.milestones.select_related("source", "phase"))
    return [
        Event(one, notes.take(one.source, one.sentence)) for one in sorted(milestones, key=_when)
    ]


def _when(milestone: Milestone) -> tuple:
    """In the order of time, oldest first; the undated last."""
    end = milestone.happened_end
    key = milestone.source.key if milestone.source_id else ""
    phase = milestone.phase.ordinal if milestone.phase_id else 0
    told = (milestone.kind, key, milestone.title_zh, phase, milestone.happened, milestone.state)
    return (end is None, end or date.max, *told, milestone.sentence)


def _with_notes(rows: QuerySet, notes: Notes) -> list[tuple[object, Note | None]]:
    return [(row, notes.take(row.source) if row.source_id else None) for row in rows]


def _spaces(park: Park) -> QuerySet[Space]:
    shown = Q(state__in=[Space.State.LETTABLE, Space.State.RESERVED])
    return (
        Space.objects.published()
        .filter(shown, park=park)
        .select_related("park")
        .order_by("state", "code", "id")
    )
