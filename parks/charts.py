"""Charts of dated statements, drawn on the server as SVG without any style of their own.

Colours come by classes from static/css/charts.css. Time runs true to scale; a partial date is
drawn as the span it may mean, with its point at the end, by which statements are ordered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from html import escape  # Django's own looks for lazy texts, thousands of times a page
from operator import attrgetter
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from parkcms.language import quantities

from .axes import TimeAxis, ValueAxis
from .models import Figure
from .models.figure import State
from .notes import Note

if TYPE_CHECKING:
    from .profile import Told

WIDTH, HEIGHT = 360, 150
TOP, BOTTOM, RIGHT = 20, 126, 346
LINE_HEIGHT = 52  # of the time line of milestones
_DIGIT, _MARK_HEIGHT = 6.6, 12
# Where the mark of a point may stand, as steps from the point: above first.
_PLACES = ((0, -8), (0, 17), (12, -6), (-12, -6), (12, 14), (-12, 14), (0, -20), (0, 29))


@dataclass(frozen=True)
class Point:
    """A statement in the drawing: its span ``left``–``x`` at height ``y``, a range up to ``top``.

    All in units of the viewBox, whose origin is at the upper left.
    """

    figure: Figure
    left: float
    x: float
    y: float
    top: float | None
    disputed: bool

    @property
    def is_planned(self) -> bool:
        return self.figure.state == State.PLANNED


@dataclass
class Chart:
    """The geometry of one metric's chart; ``points`` from the earliest end on."""

    time: TimeAxis
    value: ValueAxis
    points: list[Point]
    unit: str
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    def line(self, planned: bool) -> list[Point]:
        """The points a line goes through: of each end the newest statement."""
        last: dict[float, Point] = {}
        for point in self.points:
            if point.is_planned == planned:
                last[point.x] = point
        return list(last.values())


def lay_out(figures: Iterable[Figure], disputed: Iterable[Figure] = ()) -> Chart | None:
    """Where each dated statement stands; None for fewer than two. Values in the newest's unit.

    The statements of one state come oldest first: of two that end on one day the newer is last.
    """
    dated = sorted((one for one in figures if one.as_of_end), key=attrgetter("as_of_end"))
    if len(dated) < 2:
        return None
    unit = dated[-1].unit
    in_dispute = {one.pk for one in disputed}
    values = [_in_unit(one.value, one.unit, unit) for one in dated]
    tops = [one.value_max and _in_unit(one.value_max, one.unit, unit) for one in dated]
    axis = ValueAxis.up_to(max([*values, *(top for top in tops if top)]), BOTTOM, TOP)
    left = round(10 + max(_width(_tick(tick, unit)) for tick in axis.ticks), 1)
    days = [day for one in dated for day in (one.as_of_start, one.as_of_end)]
    time = TimeAxis.over(days, left, RIGHT)
    points = [
        Point(one, time.x(one.as_of_start), time.after(one.as_of_end), axis.y(value),
              axis.y(top) if top else None, one.pk in in_dispute)
        for one, value, top in zip(dated, values, tops, strict=True)
    ]  # fmt: skip
    return Chart(time, axis, points, unit)


def draw(chart: Chart, title: str, told: dict[int, "Told"]) -> SafeString:
    """The drawing; ``told`` are the statements with their notes by figure id."""
    label = _("来源 %(n)s")
    parts = [
        (
            f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="group" '
            f'aria-label="{escape(title)}"><g class="chart-axes" aria-hidden="true">'
        ),
        *_axes(chart),
        "</g>",
    ]
    for planned in (True, False):
        line = chart.line(planned)
        if len(line) > 1:
            path = " ".join(f"{point.x},{point.y}" for point in line)
            parts.append(f'<polyline class="chart-line{_planned(planned)}" points="{path}"/>')
    chart.taken = [(p.x - 4, p.y - 4, p.x + 4, p.y + 4) for p in chart.points]
    for point in chart.points:
        one = told[point.figure.pk]
        parts += _point(point, f"{one.when} · {one.shown}")
    parts += [_mark(chart, point, told[point.figure.pk].note, label) for point in chart.points]
    parts.append("</svg>")
    return mark_safe("".join(parts))  # noqa: S308  (words are escaped where they are put in)


def draw_line(events: Sequence[tuple[date, date, bool]]) -> SafeString:
    """A time line of (first day, last day, planned); '' for fewer than two. Its equal is a list."""
    if len(events) < 2:
        return mark_safe("")
    time = TimeAxis.over([day for start, end, _planned in events for day in (start, end)], 8, 352)
    parts = [
        (
            f'<svg class="chart time-line" viewBox="0 0 {WIDTH} {LINE_HEIGHT}" aria-hidden="true">'
            f'<path class="chart-grid" d="M8 22H352"/>'
        ),
        *_years(time, 22, LINE_HEIGHT - 8),
    ]
    for start, end, planned in events:
        left, right = time.x(start), time.after(end)
        kind = _planned(planned)
        parts.append(f'<path class="chart-span{kind}" d="M{left} 22H{right}"/>')
    for _start, end, planned in events:
        parts.append(
            f'<circle class="chart-dot{_planned(planned)}" cx="{time.after(end)}" cy="22" r="5"/>'
        )
    parts.append("</svg>")
    return mark_safe("".join(parts))  # noqa: S308


def _axes(chart: Chart) -> Iterable[str]:
    left = chart.time.left
    for tick in chart.value.ticks:
        y = chart.value.y(tick)
        text = escape(_tick(tick, chart.unit))
        yield f'<path class="chart-grid" d="M{left:g} {y}H{RIGHT}"/>'
        yield f'<text class="chart-value" x="{left - 5:g}" y="{y + 3.5:g}">{text}</text>'
    yield from _years(chart.time, BOTTOM, HEIGHT - 8)


def _years(time: TimeAxis, at: float, below: float) -> Iterable[str]:
    for year in time.years():
        x = time.x(date(year, 1, 1))
        yield f'<path class="chart-tick" d="M{x} {at:g}v4"/>'
        # A year's name stands at its beginning; the last one must not run out of the drawing.
        yield f'<text class="chart-year" x="{min(x, WIDTH - 28)}" y="{below:g}">{year}</text>'


def _point(point: Point, told: str) -> Iterable[str]:
    kind = _planned(point.is_planned) + (" is-disputed" if point.disputed else "")
    yield f"<g><title>{escape(told)}</title>"
    yield f'<path class="chart-span{kind}" d="M{point.left} {point.y}H{point.x}"/>'
    if point.top is not None:
        cap = f"M{point.x - 4:g} {point.top}h8"
        yield f'<path class="chart-range{kind}" d="M{point.x} {point.y}V{point.top}{cap}"/>'
    yield f'<circle class="chart-dot{kind}" cx="{point.x}" cy="{point.y}" r="4"/></g>'


def _mark(chart: Chart, point: Point, note: Note, label: str) -> str:
    """The note's number beside its point; '' where it would lie on another (the table has it)."""
    width = _DIGIT * len(str(note.number)) + 2
    for dx, dy in _PLACES:
        x, y = point.x + dx, (min(point.y, point.top or point.y) if dy < 0 else point.y) + dy
        box = (x - width / 2, y - _MARK_HEIGHT + 3, x + width / 2, y + 2)
        if box[0] < chart.time.left or box[2] > WIDTH or box[1] < 0 or box[3] > BOTTOM + 2:
            continue
        if any(_overlap(box, other) for other in chart.taken):
            continue
        chart.taken.append(box)
        words = escape(label % {"n": note.number})
        return (
            f'<a href="#{note.anchor}" class="source-mark" aria-label="{words}">'
            f'<rect class="chart-room" x="{x - 13:g}" y="{y - 18:g}" width="26" height="26"/>'
            f'<text class="chart-mark" x="{x:g}" y="{y:g}">{note.number}</text></a>'
        )
    return ""


def _overlap(one: tuple, other: tuple) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _in_unit(value: Decimal, unit: str, wanted: str) -> Decimal:
    return value if unit == wanted else quantities.convert(value, unit, wanted)


def _tick(value: Decimal, unit: str) -> str:
    """Money with its word (5 亿), a share with its sign; other units stand in the caption."""
    return _tick_in(value, unit, get_language() or "zh-hans")


@lru_cache(maxsize=4096)
def _tick_in(value: Decimal, unit: str, language: str) -> str:
    shown = quantities.display(value, unit, language)
    if unit == "CNY":
        return shown.number + shown.unit.removesuffix("元").removesuffix("CNY")
    return shown.number + ("%" if unit == "percent" else "")


def _width(text: str) -> float:
    return sum(11 if ord(char) > 0x2E80 else 6.2 for char in text)


def _planned(planned: bool) -> str:
    return " is-planned" if planned else ""
