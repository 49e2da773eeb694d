"""Walls with windows. A row of windows is one dashed stroke in the plane of its wall."""

from typing import NamedTuple

from .isometry import Dice, Point, Rect, at, number, numbers, plane
from .sheet import Sheet


class Wall(NamedTuple):
    """A flat face we see: its plane, upper left corner, size, and the colour of its panes."""

    kind: str
    origin: Point
    width: float
    height: float
    pane: str


def walls(sheet: Sheet, rect: Rect, low: float, high: float) -> tuple[Wall, Wall]:
    """The two visible walls of a box, left and right."""
    pane, shaded = sheet.ink.pane, sheet.ink.pane_shade
    return (
        Wall("left", at(rect.x0, rect.y1, high), rect.x1 - rect.x0, high - low, pane),
        Wall("right", at(rect.x1, rect.y1, high), rect.y1 - rect.y0, high - low, shaded),
    )


def strokes(wall: Wall, data: str, colour: str, width: float, dash: str = "") -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<path transform="{plane(wall.kind, wall.origin)}" d="{data}" '
        f'stroke="{colour}" stroke-width="{number(width)}"{dashes}/>'
    )


def rows(
    sheet: Sheet, wall: Wall, storey: float, pane: float, gap: float, *, used: bool = True
) -> str:
    """Rows of windows `pane` wide and `gap` apart, one row a storey; lit by night if `used`."""
    floors = max(1, int((wall.height - 4) / storey))
    count = max(1, int((wall.width - 5 + gap) / (pane + gap)))
    length = count * (pane + gap) - gap
    margin = (wall.width - length) / 2
    top = (wall.height - floors * storey) / 2 + storey / 2
    heights = [top + floor * storey for floor in range(floors)]
    dash = numbers(pane, gap) if gap else ""
    data = "".join(f"M{numbers(margin, y)}h{number(length)}" for y in heights)
    svg = strokes(wall, data, wall.pane, storey * 0.5, dash)
    if not (sheet.dark and used):
        return svg
    if lit := _lit(sheet.night, heights, margin, count, pane + gap, gap):
        svg += strokes(wall, lit, sheet.ink.lit, storey * 0.5, dash)
    return svg


def _lit(
    night: Dice, heights: list[float], margin: float, count: int, pitch: float, gap: float
) -> str:
    """Path data of the runs of windows where somebody still works."""
    runs = []
    for y in heights:
        if night.chance(0.72):
            first = night.whole(0, count - 1)
            length = min(night.whole(1, 4), count - first)
            runs.append(f"M{numbers(margin + first * pitch, y)}h{number(length * pitch - gap)}")
    return "".join(runs)


def fins(sheet: Sheet, wall: Wall, storey: float) -> str:
    """Tall narrow windows between piers."""
    count = max(2, int((wall.width - 4) / 6))
    pitch = (wall.width - 4) / count
    xs = [2 + pitch * (i + 0.5) for i in range(count)]
    data = "".join(f"M{numbers(x, 4)}v{number(wall.height - 8)}" for x in xs)
    svg = strokes(wall, data, wall.pane, pitch * 0.56, numbers(storey - 2, 2))
    if not sheet.dark:
        return svg
    last = max(0, int((wall.height - 8) / storey) - 1)
    lit = "".join(
        f"M{numbers(x, 4 + storey * sheet.night.whole(0, last))}v{number(storey - 2)}"
        for x in xs
        if sheet.night.chance(0.7)
    )
    return svg + (strokes(wall, lit, sheet.ink.lit, pitch * 0.56) if lit else "")


def curtain(sheet: Sheet, wall: Wall, storey: float) -> str:
    """A wall of glass; the storeys and the bays are lines on it."""
    ink = sheet.ink
    left = wall.kind == "left"
    glass, line = (ink.glass, ink.left) if left else (ink.glass_shade, ink.right)
    w, h = wall.width, wall.height
    svg = (
        f'<path transform="{plane(wall.kind, wall.origin)}" fill="{glass}" '
        f'd="M1.5 3h{number(w - 3)}v{number(h - 5)}h{number(3 - w)}z"/>'
    )
    heights = [3 + storey * floor for floor in range(1, int((h - 5) / storey) + 1)]
    columns = max(2, round(w / 11))
    if sheet.dark:
        middles = [y - storey / 2 for y in heights]
        lit = _lit(sheet.night, middles, 0.5, columns, w / columns, 1)
        svg += strokes(wall, lit, ink.lit, storey - 3) if lit else ""
    data = "".join(f"M1.5 {number(y)}h{number(w - 3)}" for y in heights)
    data += "".join(f"M{numbers(w * i / columns, 3)}v{number(h - 5)}" for i in range(1, columns))
    return svg + strokes(wall, data, line, 1)


def facade(sheet: Sheet, rect: Rect, low: float, high: float, style: str) -> str:
    """Windows on both visible walls. Styles: grid, small, ribbon, fins, glass."""
    parts = []
    for wall in walls(sheet, rect, low, high):
        if style == "fins":
            parts.append(fins(sheet, wall, 11))
        elif style == "glass":
            parts.append(curtain(sheet, wall, 10))
        elif style == "ribbon":
            parts.append(rows(sheet, wall, 11, wall.width - 6, 0))
        elif style == "small":
            parts.append(rows(sheet, wall, 11, 3.5, 4.5))
        else:
            parts.append(rows(sheet, wall, 11, 5.5, 3.5))
    return "".join(parts)
