"""The state of every space of a park at a glance: buildings side by side, floors on top of each
other. One query whatever the number."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from parkcms.language.quantities import written

from . import availability
from .models import Park, Space

MOST = 600
SOON = 14  # days before a quotation ends


@dataclass(frozen=True)
class Cell:
    """One space: what it is, whether it can be let, and what about it wants doing."""

    pk: int
    code: str
    area_m2: Decimal
    state: str
    state_label: str
    publication: str
    standing: str
    days: int | None  # since somebody confirmed it; None: nobody ever did
    price: str  # "", "expired" or "soon"

    @property
    def area(self) -> str:
        return written(self.area_m2)

    @property
    def wants(self) -> list[str]:
        """What a manager would do about it, in words."""
        told = []
        if self.state == Space.State.LETTABLE and self.standing != availability.CONFIRMED:
            told.append(f"{self.days} 天没确认" if self.days is not None else "从未确认")
        if self.price:
            told.append("报价过期" if self.price == "expired" else "报价快到期")
        if self.publication != "在线":
            told.append(self.publication)
        return told


@dataclass(frozen=True)
class Floor:
    label: str
    cells: list[Cell]


@dataclass(frozen=True)
class Building:
    name: str
    floors: list[Floor]


@dataclass(frozen=True)
class Board:
    """Buildings by name; ``counts`` of states by their words; ``more`` where MOST was passed."""

    buildings: list[Building]
    counts: list[tuple[str, str, int]]  # (state, word, how many)
    to_confirm: int
    more: bool


def board(park: Park, now: datetime | None = None) -> Board:
    """Read the board of one park."""
    now = now or timezone.now()
    rows = list(
        Space.objects.filter(park=park)
        .only(
            "code", "building", "floor", "is_whole_building", "area_gross_m2", "state",
            "checked_at", "created_at", "valid_until", "rent_cny_m2_day", "publish_at",
            "expire_at", "taken_down_at",
        )
        .order_by("building", "-is_whole_building", "-floor", "code", "id")[: MOST + 1]
    )  # fmt: skip
    grid: dict[str, dict[str, list[Cell]]] = defaultdict(lambda: defaultdict(list))
    counts: dict[str, int] = defaultdict(int)
    for row in rows[:MOST]:
        grid[row.building or "未写楼栋"][_floor(row)].append(_cell(row, now))
        counts[row.state] += 1
    buildings = [
        Building(name, [Floor(label, cells) for label, cells in floors.items()])
        for name, floors in grid.items()
    ]
    cells = [cell for one in buildings for floor in one.floors for cell in floor.cells]
    return Board(
        buildings,
        [(state, label, counts[state]) for state, label in Space.State.choices if counts[state]],
        sum(
            cell.state == Space.State.LETTABLE and cell.standing != availability.CONFIRMED
            for cell in cells
        ),
        len(rows) > MOST,
    )


def _floor(row: Space) -> str:
    if row.is_whole_building:
        return "整栋"
    return "未写楼层" if row.floor is None else f"{row.floor} 层"


def _cell(row: Space, now: datetime) -> Cell:
    days = (now - row.checked_at).days if row.checked_at else None
    return Cell(
        row.pk,
        row.code,
        row.area_gross_m2,
        row.state,
        row.get_state_display(),
        row.publication_state,
        availability.standing(row.checked_at, row.created_at, now),
        days,
        _price(row, timezone.localdate(now)),
    )


def _price(row: Space, today: date) -> str:
    if row.rent_cny_m2_day is None or row.valid_until is None:
        return ""
    left = (row.valid_until - today).days
    return "expired" if left < 0 else "soon" if left <= SOON else ""
