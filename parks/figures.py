"""Reading figures: which statement is the newest, which belong together, which disagree.

"Newest" hangs only on what the statements say: the end of the as-of period, then the end of the
source's date, then the source's key and the value; missing dates stand last. Serial ids take no
part, so loading the same statements in another order gives the same page.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache

from parkcms.language import quantities

from .metrics import METRICS, Metric
from .models import Figure, Park, Phase
from .models.figure import State

CONFLICT_WINDOW = timedelta(days=366)  # "within 12 months"
CONFLICT_RATIO = Fraction(1, 100)


@dataclass(frozen=True)
class Series:
    """All statements of one metric about one subject in one state, newest first."""

    subject: Park | Phase
    metric: Metric
    state: str
    statements: tuple[Figure, ...]

    @property
    def newest(self) -> Figure:
        return self.statements[0]

    @property
    def history(self) -> tuple[Figure, ...]:
        return self.statements[1:]

    @property
    def is_planned(self) -> bool:
        return self.state == State.PLANNED

    @property
    def conflicts(self) -> list[tuple[Figure, Figure]]:
        """Pairs that speak of times at most 12 months apart and differ by more than 1 %.

        The newer stands first. The statements come newest first, so the search ends where the
        window does: many statements over many years are not compared each with each.
        """
        dated = [
            (one, one.as_of_end, _base_value(one.value, one.unit))
            for one in self.statements
            if one.as_of_end
        ]
        dated.sort(key=lambda row: row[1], reverse=True)
        found = []
        for place, (one, end, value) in enumerate(dated):
            for other, earlier, amount in dated[place + 1 :]:
                if end - earlier > CONFLICT_WINDOW:
                    break
                if value != amount and _differ(value, amount):
                    found.append((one, other))
        return found


def newness(figure: Figure) -> tuple:
    """Sort key: the greatest is the newest statement."""
    source = figure.source
    return (
        figure.as_of_end or date.min,
        (source and source.published_end) or date.min,
        source.key if source else "",
        _base_value(figure.value, figure.unit),
        figure.sentence,
        # What is left can't make a statement newer, but must not leave the order to chance.
        figure.as_of,
        figure.unit,
        figure.value_max or 0,
        figure.qualifier,
    )


def series(figures: Iterable[Figure]) -> list[Series]:
    """Group statements by subject, metric and state; park first, then phases; metrics by rank."""
    groups: dict[tuple, list[Figure]] = {}
    for figure in figures:
        groups.setdefault((figure.phase_id, figure.metric, figure.state), []).append(figure)
    made = [
        Series(
            rows[0].subject, METRICS[metric], state, tuple(sorted(rows, key=newness, reverse=True))
        )
        for (_phase, metric, state), rows in groups.items()
        if metric in METRICS
    ]
    return sorted(made, key=_place)


def key_figures(all_series: Iterable[Series], limit: int = 4) -> list[Series]:
    """The few a card shows: ranked metrics, actual before planned, one for each metric."""
    chosen: dict[str, Series] = {}
    ranked = [one for one in all_series if one.metric.rank is not None]
    for one in sorted(
        ranked, key=lambda s: (s.is_planned, isinstance(s.subject, Phase), _place(s))
    ):
        chosen.setdefault(one.metric.code, one)
    return sorted(chosen.values(), key=lambda s: s.metric.rank or 0)[:limit]


_base_value = lru_cache(maxsize=8192)(quantities.to_base)


def _place(one: Series) -> tuple:
    ordinal = one.subject.ordinal if isinstance(one.subject, Phase) else 0
    return ordinal, one.metric.rank or 99, one.metric.code, one.state


def shelf_end(figure: Figure) -> date | None:
    """The last day on which an actual value can be taken for the present one.

    None where the metric does not change by itself, where nobody knows when the value held, and
    for a plan, which is not a present value at all.
    """
    metric = METRICS.get(figure.metric)
    if not metric or metric.shelf_months is None or figure.state == State.PLANNED:
        return None
    return _months_after(figure.as_of_end, metric.shelf_months) if figure.as_of_end else None


def is_old(figure: Figure, on: date) -> bool:
    """Whether the value is past its shelf life on a day."""
    end = shelf_end(figure)
    return end is not None and on > end


def is_overdue(plan: Figure, actual: Iterable[Figure], on: date) -> bool:
    """Whether a plan was for a time that is over on a day, and no actual value of it is told.

    A plan's as-of names the time aimed at only where it ends after its document was published;
    else it is when the plan was told, and nobody can say that it is late.
    """
    told = plan.source and plan.source.published_end
    aim = plan.as_of_end
    if not (told and aim and told < plan.as_of_start and aim < on):
        return False
    return not any(one.as_of_end and one.as_of_end >= plan.as_of_start for one in actual)


def _months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _differ(one: Fraction, other: Fraction) -> bool:
    low, high = (one, other) if one < other else (other, one)
    return high - low > CONFLICT_RATIO * high
