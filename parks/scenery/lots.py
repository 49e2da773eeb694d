"""What a lot may hold: each function furnishes one lot of the plan."""

from typing import NamedTuple

from . import buildings, outdoors
from .isometry import Rect, numbers
from .sheet import Sheet


class Lot(NamedTuple):
    """The ground that may be built on, with axes u, v from 0 to 1; swapped, u runs along y."""

    rect: Rect
    swapped: bool
    grade: float  # how high it may be built: 0 at the edge of the picture, 1 in the middle

    @property
    def along(self) -> str:
        return "y" if self.swapped else "x"

    @property
    def across(self) -> str:
        return "x" if self.swapped else "y"

    def part(self, u0: float, v0: float, u1: float, v1: float) -> Rect:
        x0, y0, x1, y1 = self.rect
        a0, b0, a1, b1 = (v0, u0, v1, u1) if self.swapped else (u0, v0, u1, v1)
        w, d = x1 - x0, y1 - y0
        return Rect(round(x0 + a0 * w), round(y0 + b0 * d), round(x0 + a1 * w), round(y0 + b1 * d))

    def spot(self, u: float, v: float) -> tuple[float, float]:
        part = self.part(u, v, u, v)
        return part.x0, part.y0


def factory(sheet: Sheet, lot: Lot) -> None:
    """A saw-tooth hall, its office, lorries in the yard."""
    dice = sheet.dice
    sheet.pave(lot.part(0, 0.62, 1, 1), sheet.ink.road)
    buildings.put_saw_hall(sheet, lot.part(0, 0, 1, 0.58), dice.whole(25, 30), lot.along)
    right = dice.chance(0.5)
    house = lot.part(0.62, 0.72, 1, 1) if right else lot.part(0, 0.72, 0.38, 1)
    buildings.put_office(sheet, house, dice.whole(22, 32), "grid", accent=dice.chance(0.4))
    for i in range(3):
        if dice.chance(0.6):
            u = (0.12 if right else 0.52) + 0.17 * i
            outdoors.put_truck(sheet, *lot.spot(u, 0.78), lot.across)


def warehouse(sheet: Sheet, lot: Lot) -> None:
    """One flat hall, or two barrel roofs, and a yard with docks."""
    dice = sheet.dice
    sheet.pave(lot.part(0, 0.66, 1, 1), sheet.ink.road)
    if dice.chance(0.35):
        for u in (0, 0.52):
            part = lot.part(u, 0, u + 0.48, 0.68)
            buildings.put_round_hall(sheet, part, 20, lot.across)
    else:
        roof = dice.pick(("strips", "panels"))
        buildings.put_flat_hall(sheet, lot.part(0, 0, 1, 0.68), dice.whole(23, 27), roof)
    for i in range(4):
        if dice.chance(0.5):
            outdoors.put_truck(sheet, *lot.spot(0.14 + 0.24 * i, 0.83), lot.across)


def campus(sheet: Sheet, lot: Lot) -> None:
    """Two wings round a green court, sometimes a pavilion before them."""
    dice = sheet.dice
    style = dice.pick(("grid", "ribbon", "fins"))
    tall = 36 + round(40 * lot.grade)
    court = lot.part(0.34, 0.36, 1, 1)
    sheet.pave(court, sheet.ink.lawn)
    accent = dice.chance(0.5)
    buildings.put_office(sheet, lot.part(0, 0, 1, 0.28), tall, style, accent=accent)
    buildings.put_office(sheet, lot.part(0, 0.38, 0.28, 1), round(tall * 0.62), style)
    if dice.chance(0.5):
        pavilion = lot.part(0.6, 0.68, 1, 1)
        buildings.put_office(sheet, pavilion, 16, "ribbon", accent=not accent)
    outdoors.scatter(sheet, court.inset(4), 8)


def blocks(sheet: Sheet, lot: Lot) -> None:
    """Three office blocks of falling height and a green corner."""
    dice = sheet.dice
    style = dice.pick(("grid", "fins", "small"))
    tall = 44 + round(44 * lot.grade)
    parts = (lot.part(0, 0, 0.4, 0.42), lot.part(0.58, 0, 1, 0.42), lot.part(0, 0.6, 0.4, 1))
    accent = dice.whole(0, 2)
    for i, part in enumerate(parts):
        height = round(tall * (1, 0.78, 0.6)[i])
        buildings.put_office(sheet, part, height, style, accent=i == accent)
    sheet.pave(lot.part(0.54, 0.56, 1, 1), sheet.ink.lawn, 12)
    outdoors.scatter(sheet, lot.part(0.54, 0.56, 1, 1), 8)


def headquarters(sheet: Sheet, lot: Lot) -> None:
    """The landmark, on a paved square with a few trees."""
    dice = sheet.dice
    sheet.pave(lot.part(0, 0, 1, 1), sheet.ink.road)
    height = 84 + round(18 * lot.grade)
    style, form = dice.pick(("glass", "glass", "fins")), dice.pick(("crown", "steps", "twin"))
    buildings.put_tower(sheet, lot.part(0.17, 0.15, 0.83, 0.81), height, style, form)
    buildings.put_office(sheet, lot.part(0, 0.86, 0.5, 1), 15, "ribbon")
    outdoors.scatter(sheet, lot.part(0, 0.7, 1, 1), 9)


def tanks(sheet: Sheet, lot: Lot) -> None:
    """A shed with storage tanks, sometimes a chimney."""
    dice = sheet.dice
    sheet.pave(lot.part(0, 0.52, 1, 1), sheet.ink.road)
    buildings.put_flat_hall(sheet, lot.part(0, 0, 0.8, 0.44), 24, "strips")
    if dice.chance(0.5):
        buildings.put_chimney(sheet, *lot.spot(0.92, 0.16), 78)
    tall = dice.whole(26, 32)
    for i in range(3):
        x, y = lot.spot(0.16 + 0.29 * i, 0.75)
        buildings.put_tank(sheet, x, y, 14, tall + 5 * (i % 2))


def site(sheet: Sheet, lot: Lot) -> None:
    """The next phase going up under a crane."""
    dice = sheet.dice
    sheet.pave(lot.part(0, 0, 1, 1), sheet.ink.road)
    buildings.put_shell(sheet, lot.part(0.1, 0.34, 0.72, 0.86), dice.whole(30, 44))
    x, y = lot.spot(0.4, 0.14)
    buildings.put_crane(sheet, x, y, 104, 78)
    buildings.put_office(sheet, lot.part(0.82, 0.7, 1, 1), 12, "small", accent=True)


def parking(sheet: Sheet, lot: Lot) -> None:
    """A small office, a barrel hall and rows of cars."""
    dice = sheet.dice
    buildings.put_office(
        sheet, lot.part(0, 0, 0.38, 0.5), dice.whole(26, 34), "grid", accent=dice.chance(0.5)
    )
    buildings.put_round_hall(sheet, lot.part(0.48, 0, 1, 0.5), 18, lot.along)
    x0, y0, x1, y1 = lot.part(0, 0.6, 1, 1)
    for y in range(round(y0), round(y1) - 23, 36):
        outdoors.park_cars(sheet, Rect(x0, y, x1, y + 24))


def green(sheet: Sheet, lot: Lot) -> None:
    """A park with a pond, or with paths that meet at a round place; sometimes a tea house."""
    dice = sheet.dice
    sheet.pave(lot.rect.inset(-6), sheet.ink.lawn, 12)
    u, v = 0.2 + 0.14 * dice.roll(), 0.2 + 0.14 * dice.roll()
    if dice.chance(0.5):
        outdoors.put_pond(sheet, lot.part(u, v, u + 0.48, v + 0.4))
    else:
        outdoors.put_paths(sheet, lot.rect, *lot.spot(u + 0.2, v + 0.2))
    if dice.chance(0.4):
        buildings.put_office(sheet, lot.part(0, 0.74, 0.26, 1), 13, "ribbon", accent=True)
    for _ in range(3):
        outdoors.put_grove(sheet, *lot.spot(0.1 + 0.8 * dice.roll(), 0.1 + 0.8 * dice.roll()))
    outdoors.scatter(sheet, lot.rect, 9)


def sports(sheet: Sheet, lot: Lot) -> None:
    """A running track among trees."""
    sheet.pave(lot.rect.inset(-6), sheet.ink.lawn, 12)
    x0, y0, x1, y1 = lot.rect
    w, d = x1 - x0, y1 - y0
    if w > d:
        ground = Rect(x0 + 6, y0 + (d - w * 0.56) / 2, x1 - 6, y1 - (d - w * 0.56) / 2)
    else:
        ground = Rect(x0 + (w - d * 0.56) / 2, y0 + 6, x1 - (w - d * 0.56) / 2, y1 - 6)
    outdoors.put_stadium(sheet, ground)
    outdoors.scatter(sheet, lot.rect, 16)


def woods(sheet: Sheet, lot: Lot) -> None:
    """Groves with clearings."""
    dice = sheet.dice
    sheet.pave(lot.rect.inset(-8), sheet.ink.lawn, 12)
    x0, y0, x1, y1 = (round(v) for v in lot.rect)
    for x in range(x0 + 16, x1 - 10, 48):
        for y in range(y0 + 16, y1 - 10, 48):
            if dice.chance(0.6):
                outdoors.put_grove(sheet, x + dice.whole(-8, 8), y + dice.whole(-8, 8))
    outdoors.scatter(sheet, lot.rect, 5)


def field(sheet: Sheet, lot: Lot) -> None:
    """Furrows, and a grove or two."""
    x0, y0, x1, y1 = lot.rect
    sheet.pave(lot.rect.inset(-6), sheet.ink.lawn, 6)
    if lot.swapped:
        data = "".join(f"M{x} {y0}V{y1}" for x in range(int(x0) + 5, int(x1), 13))
    else:
        data = "".join(f"M{numbers(x0, y)}H{x1}" for y in range(int(y0) + 5, int(y1), 13))
    sheet.line(data, sheet.ink.ground, 4)
    for u, v in ((0.12, 0.86), (0.86, 0.14), (0.9, 0.9)):
        if sheet.dice.chance(0.55):
            outdoors.put_grove(sheet, *lot.spot(u, v))


KINDS = {
    "factory": factory,
    "warehouse": warehouse,
    "campus": campus,
    "blocks": blocks,
    "headquarters": headquarters,
    "tanks": tanks,
    "site": site,
    "parking": parking,
    "green": green,
    "sports": sports,
    "woods": woods,
    "field": field,
}
