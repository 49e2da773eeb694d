"""One metric of a park or a phase as a page shows it: the newest value, the plan beside it,
what disagrees, how old it is, and the history as a chart and as a table."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from django.utils.functional import Promise, cached_property
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from parkcms.language import quantities

from . import charts
from .figures import is_old, is_overdue
from .metrics import Metric

if TYPE_CHECKING:
    from .profile import Row, Told

MAX_PAIRS = 3  # told in words; the table marks them all


@dataclass(frozen=True)
class Part:
    """The newest statement of one state, ready to be put on the page."""

    row: "Row"
    on: date

    @property
    def anchor(self) -> str:
        return self.row.newest.figure.anchor

    @property
    def is_planned(self) -> bool:
        return self.row.series.is_planned

    @property
    def value(self) -> SafeString:
        return self.row.newest.value

    @property
    def also(self) -> object:
        return self.row.newest.figure.also

    @property
    def mark(self) -> SafeString:
        return self.row.newest.mark

    @property
    def when(self) -> SafeString:
        return self.row.newest.when

    @property
    def sentence(self) -> str:
        return self.row.newest.figure.sentence

    @cached_property
    def age(self) -> str:
        """What to say of a value past its shelf life; '' otherwise."""
        figure = self.row.newest.figure
        if not is_old(figure, self.on):
            return ""
        told = {"date": figure.as_of.display(), "n": self.row.series.metric.shelf_months}
        return _("%(date)s的说法，已过 %(n)s 个月") % told


@dataclass(frozen=True)
class Block:
    """One metric of one subject, in both states."""

    metric: Metric
    parts: tuple[Part, ...]
    on: date

    @property
    def label(self) -> Promise:
        return self.metric.label

    @property
    def lead(self) -> Part:
        """The actual value where there is one, else the plan."""
        return self.parts[0]

    @property
    def beside(self) -> Part | None:
        """The plan beside the actual value."""
        return self.parts[1] if len(self.parts) > 1 else None

    @cached_property
    def told(self) -> list["Told"]:
        """All statements, actual before planned, newest first."""
        return [told for part in self.parts for told in (part.row.newest, *part.row.history)]

    @property
    def is_overdue(self) -> bool:
        plan, actual = self.parts[-1], self.parts[0]
        if not plan.is_planned:
            return False
        known = () if actual is plan else actual.row.series.statements
        return is_overdue(plan.row.newest.figure, known, self.on)

    @cached_property
    def conflicts(self) -> list[tuple["Told", "Told"]]:
        return [pair for part in self.parts for pair in part.row.conflicts]

    @property
    def pairs(self) -> list[SafeString]:
        """The newest disagreements in words."""
        return [
            mark_safe(  # noqa: S308  (told escapes)
                " ".join((_side(one), _("与"), _side(other)))
            )
            for one, other in self.conflicts[:MAX_PAIRS]
        ]

    @property
    def more_pairs(self) -> int:
        return max(0, len(self.conflicts) - MAX_PAIRS)

    @cached_property
    def layout(self) -> charts.Chart | None:
        """Where the dated statements stand in the drawing; None for fewer than two."""
        disputed = [told.figure for pair in self.conflicts for told in pair]
        return charts.lay_out([told.figure for told in reversed(self.told)], disputed)

    @cached_property
    def chart(self) -> SafeString:
        """The drawing, '' for fewer than two dated statements."""
        if self.layout is None:
            return mark_safe("")
        title = _("%(metric)s：各个时候的说法") % {"metric": self.metric.label}
        told = {one.figure.pk: one for one in self.told}
        return charts.draw(self.layout, title, told)

    @property
    def chart_unit(self) -> str:
        """The unit of the drawing's numbers in words; '' where they say it themselves."""
        unit = self.layout.unit if self.layout else ""
        return "" if unit in {"", "percent", "ratio", "CNY"} else unit_in_words(unit)

    @property
    def has_plan(self) -> bool:
        return self.parts[-1].is_planned

    @property
    def has_history(self) -> bool:
        return len(self.told) > 1

    @property
    def lines(self) -> SafeString:
        """The rows of the table: when, what, source; the newest have their place above."""
        shown_above = {part.row.newest.figure.pk for part in self.parts}
        disputed = {told.figure.pk for pair in self.conflicts for told in pair}
        return mark_safe(  # noqa: S308  (telling escapes)
            "".join(_lines(self.told, shown_above, disputed))
        )


def blocks(rows: Iterable["Row"], on: date) -> list[Block]:
    """The rows of one subject by metric, in their order; a plan stands with its actual value."""
    return [
        Block(group[0].series.metric, tuple(Part(row, on) for row in group), on)
        for group in (list(g) for _code, g in groupby(rows, key=lambda r: r.series.metric.code))
    ]


def unit_in_words(unit: str) -> str:
    """A unit as readers of the active language write it, where it stands alone."""
    return quantities.display(2, unit, get_language() or "zh-hans").unit


def _side(told: "Told") -> str:
    return told.value + told.mark


def _lines(told: list["Told"], above: set[int], disputed: set[int]) -> Iterator[str]:
    planned, differs = _("计划"), _("说法不一")
    for one in told:
        figure = one.figure
        place = "" if figure.pk in above else f' id="{figure.anchor}"'
        tags = f' <span class="badge planned">{planned}</span>' if figure.state == "planned" else ""
        if figure.pk in disputed:
            tags += f' <span class="badge differs">{differs}</span>'
        yield (
            f'<tr{place}><th scope="row">{one.when}</th><td>{one.value}{one.mark}{tags}</td></tr>'
        )
