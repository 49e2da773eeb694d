"""Up to four spaces side by side, the best known value of a row marked."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from . import facts
from .facts import Fact
from .models import Space
from .units import Units, address, switches

MOST = 4
_LOOKED_AT = 20  # names in an address; more are not even looked up
_LONGEST = 130


@dataclass(frozen=True, slots=True)
class Cell:
    fact: Fact
    is_best: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One fact of every space. ``is_same``: all say the same, or nobody knows."""

    key: str
    label: str
    cells: list[Cell]

    @property
    def is_same(self) -> bool:
        return len({cell.fact.text for cell in self.cells}) == 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks to compare, and what has to be said about it."""

    spaces: list[Space]
    remarks: list[str]


def best(row: Iterable[Fact]) -> set[int]:
    """The places of the best values of a row.

    Empty where better can't be decided: no rule, fewer than two known values, or all of them
    equal. Unknown values take no part; equal best ones are all marked.
    """
    row = list(row)
    known = [(fact.rank, place) for place, fact in enumerate(row) if fact.rank is not None]
    ranks = {rank for rank, _place in known}
    if not row or not row[0].better or len(known) < 2 or len(ranks) < 2:
        return set()
    top = max(ranks) if row[0].better == facts.HIGHER else min(ranks)
    return {place for rank, place in known if rank == top}


# A rent with tax and one without can't be ranked: what they are asked for differs.
_BASIS = {"rent": ("tax", "service"), "total": ("tax", "service")}


def table(
    spaces: list[Space], units: Units, different: bool = False
) -> list[tuple[str, list[Row]]]:
    """(group, rows) in the order of ``facts``; with ``different`` without rows that agree."""
    columns = [facts.facts(space, units) for space in spaces]
    unlike = _unlike(columns)
    made = []
    for groups in zip(*columns, strict=True):
        rows = [
            _row(cells, unlike) for cells in zip(*(group.facts for group in groups), strict=True)
        ]
        rows = [row for row in rows if not (different and row.is_same)]
        if rows:
            made.append((groups[0].label, rows))
    return made


def asked(names: list[str]) -> Asked:
    """The public spaces behind ``<park>/<space>`` names, in their order: one query."""
    once = list(dict.fromkeys(names[:_LOOKED_AT]))
    remarks = []
    if len(once) < len(names[:_LOOKED_AT]):
        remarks.append(_("同一个空间只列一次。"))
    found = _found(once)
    known = [found[name] for name in once if name in found]
    if len(known) < len(once):
        remarks.append(_("有的空间没有找到，可能已经下线。"))
    if len(known) > MOST:
        remarks.append(_("一次最多比较四个空间，这里列出前四个。"))
    return Asked(known[:MOST], remarks)


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """``?space=park/space`` up to four times; ``only=different``; the units of ``Units``."""
    units = Units.parse(request.GET)
    wanted = asked(request.GET.getlist("space"))
    different = request.GET.get("only") == "different" and len(wanted.spaces) > 1
    path = reverse("parks:compare")
    pairs = [("space", name_of(space)) for space in wanted.spaces]
    only = [("only", "different")] if different else []
    finder = reverse("parks:spaces")
    return render(
        request,
        "parks/compare.html",
        {
            "remarks": wanted.remarks,
            "columns": [
                {"space": space, "without": address(path, _others(pairs, at) + only, units)}
                for at, space in enumerate(wanted.spaces)
            ],
            "groups": table(wanted.spaces, units, different),
            "different": different,
            "all_url": address(path, pairs, units),
            "different_url": address(path, [*pairs, ("only", "different")], units),
            "can_add": len(pairs) < MOST,
            "finder_url": f"{finder}?{urlencode(units.query())}" if units.query() else finder,
            "switches": switches(units, path, pairs + only),
        },
    )


def name_of(space: Space) -> str:
    """How a space is named in addresses: ``<park>/<space>``."""
    return f"{space.park.slug}/{space.slug}"


def _others(pairs: list[tuple[str, str]], at: int) -> list[tuple[str, str]]:
    return pairs[:at] + pairs[at + 1 :]


def _unlike(columns: list[list[facts.Group]]) -> set[str]:
    """Keys of rows whose values are not told on the same basis."""
    texts: dict[str, set[str]] = {}
    for column in columns:
        for fact in (fact for group in column for fact in group.facts):
            texts.setdefault(fact.key, set()).add(fact.text)
    return {
        key for key, basis in _BASIS.items() if any(len(texts.get(one, ())) > 1 for one in basis)
    }


def _row(cells: tuple[Fact, ...], unlike: set[str]) -> Row:
    top = set() if cells[0].key in unlike else best(cells)
    marked = [Cell(fact, place in top) for place, fact in enumerate(cells)]
    return Row(cells[0].key, cells[0].label, marked)


def _found(names: list[str]) -> dict[str, Space]:
    condition = Q()
    for name in names:
        park, slash, slug = name.partition("/")
        if slash and name.isascii() and "\x00" not in name and len(name) <= _LONGEST:
            condition |= Q(park__slug=park, slug=slug)
    if not condition:
        return {}
    spaces = Space.objects.published().filter(condition).select_related("park", "phase")
    return {name_of(space): space for space in spaces}
