"""The sheet a scene is drawn on, layer by layer."""

from dataclasses import dataclass, field

from .inks import Ink
from .isometry import Dice, Rect, Thing, at, number, shadow


@dataclass
class Sheet:
    """A drawing under way. `things` are those of the lot in hand, in no order."""

    ink: Ink
    dark: bool
    dice: Dice
    night: Dice  # which windows are lit; apart, so that day and night share one geometry
    ground: list[str] = field(default_factory=list)  # SVG on the plan
    shade: list[str] = field(default_factory=list)  # path data on the plan
    specks: list[str] = field(default_factory=list)  # path data on the plan: shadows of trees
    things: list[Thing] = field(default_factory=list)

    def stand(self, rect: Rect, svg: str, height: float, *, cast: float = 0) -> None:
        """Put up something `height` high; `cast` is the height its shadow shows."""
        thing = Thing(rect, svg, height)
        if cast and Thing(rect.inset(-cast), "", height).in_view():
            self.shade.append(shadow(rect, cast))
        self.things.append(thing)

    def keep_free(self, rect: Rect) -> None:
        """Let nothing be planted or parked here."""
        self.things.append(Thing(rect, ""))

    def is_free(self, rect: Rect, gap: float) -> bool:
        return not any(rect.meets(thing.rect, gap) for thing in self.things)

    def is_hidden(self, x: float, y: float) -> bool:
        """Whether a small thing here would mostly vanish behind a building."""
        return any(
            thing.rect.x0 < x + step < thing.rect.x1 and thing.rect.y0 < y + step < thing.rect.y1
            for thing in self.things
            for step in (8, 18, 28)
            if thing.height > step
        )

    def pave(self, rect: Rect, fill: str, radius: float = 5) -> None:
        x0, y0, x1, y1 = rect
        self.ground.append(
            f'<rect x="{number(x0)}" y="{number(y0)}" width="{number(x1 - x0)}" '
            f'height="{number(y1 - y0)}" rx="{number(radius)}" fill="{fill}"/>'
        )

    def line(self, data: str, colour: str, width: float, dash: str = "") -> None:
        """Strokes on the ground."""
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.ground.append(
            f'<path d="{data}" stroke="{colour}" stroke-width="{number(width)}"{dashes}/>'
        )


def symbol(name: str, x: float, y: float, z: float = 0, fill: str = "") -> str:
    """One of the shapes kept in the defs, at a point of the world."""
    px, py = at(x, y, z)
    colour = f' fill="{fill}"' if fill else ""
    return f'<use href="#{name}" x="{round(px / 10)}" y="{round(py / 10)}"{colour}/>'
