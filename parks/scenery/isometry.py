"""Solids in isometric projection, as short SVG text: the alphabet of the drawn covers.

World units are picture units: x runs to the lower right, y to the lower left, z up. The light
comes from the left, so a wall facing y (the left one on the picture) is bright, a wall facing x
(the right one) lies in shade. Coordinates are whole tenths before they become text, so the same
numbers give the same bytes on every platform; nothing here calls sin, cos or hash().
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple, Protocol, TypeVar

PICTURE = (800, 420)
CENTRE = (400, 238)
PLAN = "matrix(.866 .5 -.866 .5 400 238)"  # draws world x, y straight onto the ground
SUN = (0.62, -0.3)  # how far a shadow reaches along x and y, for each unit of height

Point = tuple[int, int]  # on the picture, in tenths of a unit

_T = TypeVar("_T")


class Dice:
    """Numbers that depend on nothing but a text (SHA-256 into splitmix64)."""

    def __init__(self, text: str) -> None:
        digest = sha256(text.encode("utf-8", "surrogatepass")).digest()
        self._state = int.from_bytes(digest[:8], "big")

    def roll(self) -> float:
        """From 0 up to, not including, 1."""
        mask = (1 << 64) - 1
        self._state = (self._state + 0x9E3779B97F4A7C15) & mask
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return ((z ^ (z >> 31)) >> 11) / (1 << 53)

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self.roll() * (high - low + 1))

    def chance(self, share: float) -> bool:
        return self.roll() < share

    def pick(self, choices: Sequence[_T]) -> _T:
        return choices[int(self.roll() * len(choices))]

    def shuffled(self, items: Iterable[_T]) -> list[_T]:
        return [item for _, _, item in sorted((self.roll(), i, x) for i, x in enumerate(items))]


class Rect(NamedTuple):
    """A footprint on the ground, x0 < x1 and y0 < y1."""

    x0: float
    y0: float
    x1: float
    y1: float

    def inset(self, by: float) -> "Rect":
        return Rect(self.x0 + by, self.y0 + by, self.x1 - by, self.y1 - by)

    def meets(self, other: "Rect", gap: float = 0) -> bool:
        """Whether the two come closer than `gap`."""
        return (
            self.x0 < other.x1 + gap
            and other.x0 < self.x1 + gap
            and self.y0 < other.y1 + gap
            and other.y0 < self.y1 + gap
        )

    def hides_behind(self, other: "Rect") -> bool:
        """Whether `other`, if apart from this one, may stand before it and must come later."""
        return self.x0 < other.x1 and self.y0 < other.y1


class Thing(NamedTuple):
    """Something that stands on the ground: where, how it is drawn, how high it reaches."""

    rect: Rect
    svg: str
    height: float = 0

    def in_view(self) -> bool:
        x0, y0, x1, y1 = self.rect
        return (
            at(x1, y0)[0] > 0
            and at(x0, y1)[0] < PICTURE[0] * 10
            and at(x1, y1)[1] > 0
            and at(x0, y0, self.height)[1] < PICTURE[1] * 10
        )


class Placed(Protocol):
    """What has a footprint."""

    @property
    def rect(self) -> Rect: ...


_P = TypeVar("_P", bound=Placed)


def back_to_front(things: Iterable[_P]) -> list[_P]:
    """In painting order: nothing after what it hides behind.

    Such an order always exists when no footprints overlap; if some did, the rearmost comes first.
    Takes time in the square of the number, so a lot is sorted by itself.
    """
    waiting = sorted(things, key=lambda thing: thing.rect.x0 + thing.rect.y0)
    painted: list[_P] = []
    while waiting:
        free = (
            thing
            for thing in waiting
            if not any(o is not thing and o.rect.hides_behind(thing.rect) for o in waiting)
        )
        first = next(free, waiting[0])
        waiting.remove(first)
        painted.append(first)
    return painted


def at(x: float, y: float, z: float = 0) -> Point:
    """Where a point of the world lies on the picture."""
    return (
        round(CENTRE[0] * 10 + 8.66 * (x - y)),
        round(CENTRE[1] * 10 + 5 * (x + y) - 10 * z),
    )


def number(value: float) -> str:
    """One decimal at most, as short as SVG allows."""
    text = f"{value:.1f}".removesuffix(".0")
    if text in {"-0", "0"}:
        return "0"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def numbers(*values: float) -> str:
    return " ".join(map(number, values)).replace(" -", "-")


def outline(points: Sequence[Point]) -> str:
    """Path data of a closed shape through picture points (tenths)."""
    steps = [
        value
        for before, after in pairwise(points)
        for value in ((after[0] - before[0]) / 10, (after[1] - before[1]) / 10)
    ]
    return f"M{numbers(points[0][0] / 10, points[0][1] / 10)}l{numbers(*steps)}z"


def shape(fill: str, *points: Point) -> str:
    return f'<path fill="{fill}" d="{outline(points)}"/>'


def plane(kind: str, origin: Point) -> str:
    """The transform that lays flat drawing on a left wall, a right wall or a roof.

    On walls the local y runs down from `origin`, the upper left corner; on a roof local x and y
    are the world's, from its rear corner.
    """
    slopes = {"left": ".866 .5 0 1", "right": ".866 -.5 0 1", "roof": ".866 .5 -.866 .5"}
    return f"matrix({slopes[kind]} {number(origin[0] / 10)} {number(origin[1] / 10)})"


def block(rect: Rect, low: float, high: float, left: str, right: str, top: str) -> str:
    """A box from height `low` to `high`; the outline lies under the faces so no seam shows."""
    x0, y0, x1, y1 = rect
    rear, east, front, west = at(x0, y0, high), at(x1, y0, high), at(x1, y1, high), at(x0, y1, high)
    foot_west, foot, foot_east = at(x0, y1, low), at(x1, y1, low), at(x1, y0, low)
    return (
        shape(left, foot_west, foot, foot_east, east, rear, west)
        + shape(right, foot, foot_east, east, front)
        + shape(top, rear, east, front, west)
    )


def shadow(rect: Rect, height: float) -> str:
    """Path data, on the plan, of what a box keeps from the sun."""
    x0, y0, x1, y1 = rect
    dx, dy = SUN[0] * height, SUN[1] * height
    w, d = x1 - x0, y1 - y0
    steps = f"v{number(-d)}l{numbers(dx, dy)}h{number(w)}v{number(d)}l{numbers(-dx, -dy)}"
    return f"M{numbers(x0, y1)}{steps}z"
