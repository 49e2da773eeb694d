"""Reading figures: which statement is the newest, which belong together, which disagree.

"Newest" hangs only on what the statements say: the end of the as-of period, then the end of the
source's date, then the source's key and the value; missing dates stand last. Serial ids take no
part, so loading the same statements in another order gives the same page.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations

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
        """Pairs that speak of times at most 12 months apart and differ by more than 1 %."""
        return [pair for pair in combinations(self.statements, 2) if _disagree(*pair)]


def newness(figure: Figure) -> tuple:
    """Sort key: the greatest is the newest statement."""
    source = figure.source
    return (
        figure.as_of_end or date.min,
        (source and source.published_end) or date.min,
        source.key if source else "",
        figure.base_value,
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


def _place(one: Series) -> tuple:
    ordinal = one.subject.ordinal if isinstance(one.subject, Phase) else 0
    return ordinal, one.metric.rank or 99, one.metric.code, one.state


def _disagree(one: Figure, other: Figure) -> bool:
    if one.as_of_end is None or other.as_of_end is None:
        return False
    if abs(one.as_of_end - other.as_of_end) > CONFLICT_WINDOW:
        return False
    low, high = sorted((one.base_value, other.base_value))
    return high - low > CONFLICT_RATIO * high
