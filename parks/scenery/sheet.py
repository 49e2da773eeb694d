"""The sheet a scene is drawn on, layer by layer."""

from dataclasses import dataclass, field

from .inks import Ink
from .isometry import SUN, Dice, Rect, Thing, at, number, shadow


@dataclass
class Sheet:
    """A drawing under way. `things` and `kept` are those of the lot in hand, in no order."""

    ink: Ink
    dark: bool
    dice: Dice
    night: Dice  # which windows are lit; apart, so that day and night share one geometry
    ground: list[str] = field(default_factory=list)  # SVG on the plan
    shade: list[str] = field(default_factory=list)  # path data on the plan
    specks: list[str] = field(default_factory=list)  # path data on the plan: shadows of trees
    things: list[Thing] = field(default_factory=list)
    kept: list[Rect] = field(default_factory=list)  # where nothing may be planted or parked

    def start_lot(self) -> None:
        self.things, self.kept = [], []

    def stand(self, rect: Rect, svg: str, height: float, *, cast: float = 0) -> None:
        """Put up something `height` high; `cast` is the height its shadow shows."""
        self.things.append(Thing(rect, svg, height))
        if cast:
            self.cast(rect, cast)

    def cast(self, rect: Rect, height: float) -> None:
        """Let a box throw its shadow."""
        x0, y0, x1, y1 = rect
        reach = Rect(x0, y0 + SUN[1] * height, x1 + SUN[0] * height, y1)
        if Thing(reach, "").in_view():
            self.shade.append(shadow(rect, height))

    def is_free(self, rect: Rect, gap: float) -> bool:
        taken = [thing.rect for thing in self.things] + self.kept
        return not any(rect.meets(other, gap) for other in taken)

    def is_hidden(self, x: float, y: float) -> bool:
        """Whether a small thing here would mostly vanish behind a building."""
        return any(
            thing.height > step
            and thing.rect.meets(Rect(x + step, y + step, x + step, y + step), 7)
            for thing in self.things
            for step in (9, 16, 23, 30)
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
