"""What a park's page is made of: the rows, read in a fixed number of queries, in reading order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast, JSONObject
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from parkcms.language.quantities import Shown
from parkcms.library.models import Picture

from . import park_rows, telling
from .availability import offered_at
from .charts import draw_line
from .figure_blocks import Block, blocks
from .figures import Series, series
from .known import Sieve
from .models import (
    AdmissionTerm,
    Alias,
    Benefit,
    Figure,
    Milestone,
    Park,
    ParkIndustry,
    Phase,
    Policy,
    Space,
)
from .models.figure import State
from .nearby import Nearby, nearest
from .notes import Note, Notes
from .park_rows import give_sources

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
    """A statement as it stands on the page, with its note; its words are made once."""

    figure: Figure
    note: Note
    language: str

    @cached_property
    def shown(self) -> Shown:
        return telling.shown(self.figure, self.language)

    @cached_property
    def value(self) -> SafeString:
        return telling.value(self.shown)

    @cached_property
    def mark(self) -> SafeString:
        return telling.mark(self.note, self.language)

    @cached_property
    def when(self) -> SafeString:
        return telling.when(self.figure.as_of, self.language)


@dataclass(frozen=True)
class Row:
    """One line of key figures: the newest statement, the older ones, and those that disagree."""

    series: Series
    newest: Told
    history: tuple[Told, ...]
    conflicts: tuple[tuple[Told, Told], ...]


@dataclass(frozen=True)
class Event:
    """A milestone with its note; overdue: planned for a time that is over, and not told since."""

    milestone: Milestone
    note: Note
    is_overdue: bool = False

    @property
    def is_planned(self) -> bool:
        return self.milestone.state == State.PLANNED

    @property
    def mark(self) -> SafeString:
        return telling.mark(self.note, get_language() or "")


@dataclass(frozen=True)
class PhaseBlocks:
    """A phase with its figures by metric and its own dates."""

    phase: Phase
    blocks: list[Block]
    events: list[Event]


@dataclass
class Profile:
    """Everything a park's page shows; with ``as_of`` only what was known by the end of it."""

    park: Park
    on: date
    rows: list[Row]
    phases: list[tuple[Phase, list[Row], list[Event]]]
    events: list[Event]
    undated_events: list[Event]
    transport: list[tuple[object, Note | None]]
    amenities: list[tuple[object, Note | None]]
    admission: list[tuple[AdmissionTerm, Note | None]]
    policies: list[tuple[Policy, Note | None]]
    level_note: Note | None
    spaces: list[Space]
    more_spaces: bool
    pictures: list[Picture]
    site_plan: Picture | None
    nearby: list[Nearby]
    notes: Notes
    sieve: Sieve

    @property
    def has_industries(self) -> bool:
        return bool(self.park.industry_rows)

    @property
    def level(self) -> str:
        """The park's level, '' where it is an official title without its document."""
        told = self.level_note or self.park.level in _PLAIN_LEVELS
        return self.park.get_level_display() if told else ""

    @cached_property
    def blocks(self) -> list[Block]:
        return blocks(self.rows, self.on)

    @cached_property
    def phase_blocks(self) -> list[PhaseBlocks]:
        return [
            PhaseBlocks(phase, blocks(rows, self.on), events) for phase, rows, events in self.phases
        ]

    @property
    def time_line(self) -> SafeString:
        """The dated milestones drawn on one true axis; the list says the same in words."""
        return draw_line(
            [(e.milestone.happened.start, e.milestone.happened.end, e.is_planned)
             for e in self.events]
        )  # fmt: skip


# These are no titles somebody confers: anybody can see whose park it is.
_PLAIN_LEVELS = {Park.Level.DISTRICT, Park.Level.TOWN, Park.Level.PRIVATE}


def read(park: Park, as_of: date | None = None) -> Profile:
    """Read the rows of ``park`` (from ``parks_with_names``): seven queries at any size.

    With ``as_of`` the spaces on offer are left out: nobody has kept what was on offer when.
    """
    on, sieve, notes = as_of or timezone.localdate(), Sieve(as_of), Notes()
    lists = park_rows.read(park)
    figures = _figures(park, lists.phases)
    policies = _policies(park, on)
    sources = give_sources([*figures, *lists.sourced, *policies], [park.level_source_id])
    level_source = sources.get(park.level_source_id)
    told_level = level_source and sieve.lets(level_source, "")
    level_note = notes.take(level_source) if told_level else None
    all_series = series(sieve.rows(figures))
    rows = [(one.subject, _row(one, notes)) for one in all_series]
    events = _events(sieve.rows(lists.milestones, "happened"), on, notes)
    spaces = [] if as_of else list(_spaces(park)[: MAX_SPACES + 1])
    pictures = _pictures(park)
    return Profile(
        park=park,
        on=on,
        rows=[row for subject, row in rows if isinstance(subject, Park)],
        phases=[
            (
                phase,
                [row for subject, row in rows if subject is phase],
                [event for event in events if event.milestone.phase_id == phase.pk],
            )
            for phase in lists.phases
        ],
        events=[event for event in events if event.milestone.happened],
        undated_events=[event for event in events if not event.milestone.happened],
        transport=_with_notes(sieve.rows(lists.transport), notes),
        amenities=_with_notes(sieve.rows(lists.amenities), notes),
        admission=_with_notes(sieve.rows(lists.admission), notes),
        policies=_with_notes(policies, notes),
        level_note=level_note,
        spaces=spaces[:MAX_SPACES],
        more_spaces=len(spaces) > MAX_SPACES,
        pictures=[one for one in pictures if one.pk not in {park.site_plan_id, park.cover_id}],
        site_plan=next((one for one in pictures if one.pk == park.site_plan_id), None),
        nearby=nearest(park),
        notes=notes,
        sieve=sieve,
    )


def _figures(park: Park, phases: list[Phase]) -> list[Figure]:
    """All statements about the park, each knowing park and phase but not yet its document."""
    by_id = {phase.pk: phase for phase in phases}
    found = list(Figure.objects.filter(park=park).order_by())
    for figure in found:
        figure.park, figure.phase = park, by_id.get(figure.phase_id)
    return found


def _policies(park: Park, on: date) -> list[Policy]:
    """Those in force on a day, ``granted`` what each of them grants: one query."""
    benefits = Benefit.objects.filter(policy=OuterRef("pk")).order_by("kind", "id")
    row = JSONObject(
        kind="kind", amount_zh="amount_zh", amount_en="amount_en", condition_zh="condition_zh",
        condition_en="condition_en", cap_cny=Cast("cap_cny", TextField()),
    )  # fmt: skip
    found = list(
        Policy.objects.published()
        .in_force(on)
        .filter(parks=park)
        .annotate(benefit_rows=ArraySubquery(benefits.values(row=row)))
        .order_by("-valid_from_start", "title_zh", "id")
    )
    for policy in found:
        policy.granted = [Benefit(**row) for row in policy.benefit_rows]
    return found


def _pictures(park: Park) -> list[Picture]:
    """Photographs and the site plan."""
    wanted = Q(pk__in=park.pictures.through.objects.filter(park=park).values("picture"))
    return list(Picture.objects.filter(wanted | Q(pk=park.site_plan_id)).order_by("id"))


def _row(one: Series, notes: Notes) -> Row:
    language = get_language() or ""
    told = {f.pk: Told(f, notes.take(f.source, f.sentence), language) for f in one.statements}
    return Row(
        one,
        told[one.newest.pk],
        tuple(told[f.pk] for f in one.history),
        tuple((told[a.pk], told[b.pk]) for a, b in one.conflicts),
    )


def _events(milestones: list[Milestone], on: date, notes: Notes) -> list[Event]:
    happened = {(one.phase_id, one.kind) for one in milestones if one.state == State.ACTUAL}

    def is_overdue(one: Milestone) -> bool:
        late = one.state == State.PLANNED and one.happened and one.happened.end < on
        # "Other" is no kind of which one happening could stand for another.
        known = one.kind != Milestone.Kind.OTHER and (one.phase_id, one.kind) in happened
        return bool(late and not known)

    return [
        Event(one, notes.take(one.source, one.sentence), is_overdue(one))
        for one in sorted(milestones, key=_when)
    ]


def _when(milestone: Milestone) -> tuple:
    """In the order of time, oldest first; the undated last."""
    end = milestone.happened_end
    key = milestone.source.key if milestone.source_id else ""
    phase = milestone.phase.ordinal if milestone.phase_id else 0
    told = (milestone.kind, key, milestone.title_zh, phase, milestone.happened, milestone.state)
    return (end is None, end or date.max, *told, milestone.sentence)


def _with_notes(rows: list, notes: Notes) -> list[tuple[object, Note | None]]:
    return [
        (row, notes.take(row.source, getattr(row, "sentence", "")) if row.source_id else None)
        for row in rows
    ]


def _spaces(park: Park) -> QuerySet[Space]:
    """On offer, or reserved and as recently confirmed."""
    shown = Q(state__in=[Space.State.LETTABLE, Space.State.RESERVED])
    return (
        Space.objects.published()
        .filter(shown, offered_at(), park=park)
        .select_related("park")
        .order_by("state", "code", "id")
    )
