"""The drawn cover of a park without a photo: an isometric scene as a standalone SVG.

The scene follows from a seed text alone, so a park keeps its picture. Streets run past the edge
on every side: whatever crop a page makes, there is a piece of town in it. The tallest buildings
stand round the middle, the outer lots are low and green.
"""

import re
from hashlib import sha256
from typing import NamedTuple

from . import scenery
from .isometry import PLAN, Dice, Rect, Thing, at, back_to_front, number, numbers
from .scenery import Ink, Sheet

PALETTES = ("blue", "green", "sand")

_INKS = {
    ("blue", False): Ink(
        haze="#f1f4f9", ground="#d0daea", lot="#dbe3f0", lawn="#c2d5d3", road="#f6f4ee",
        mark="#c3cede", water="#a6c8e8", bank="#e9edf3", roof="#fcfbf7", deck="#e8ecf2",
        left="#d3dbe8", right="#a0b0cc", glass="#8db9e4", glass_shade="#6c97c6", pane="#8fabd0",
        pane_shade="#6f88b0", accent="#1f4f8f", accent_deck="#2c61a6", pop="#c8501e",
        leaf="#8cc4a2", leaf_shade="#3c7a68", trunk="#5b6a63", shade="#2b4470", panel="#3f6aa5",
        lit="#ffd98a",
    ),
    ("green", False): Ink(
        haze="#f2f6f2", ground="#cfdfd6", lot="#dbe7df", lawn="#b9d6c0", road="#f7f4ec",
        mark="#c4d3ca", water="#9fcdd3", bank="#e8efe9", roof="#fcfbf5", deck="#e6ede7",
        left="#d4dfd8", right="#9fb7ad", glass="#7fbac9", glass_shade="#5c97a6", pane="#8db3ae",
        pane_shade="#6b938b", accent="#0b5d52", accent_deck="#0e7c6b", pop="#c8501e",
        leaf="#8ac394", leaf_shade="#38785a", trunk="#5f6a55", shade="#1d473c", panel="#2f6d7c",
        lit="#ffd98a",
    ),
    ("sand", False): Ink(
        haze="#fbf6ee", ground="#e9dac8", lot="#f0e5d6", lawn="#d5d8b2", road="#fcf8f0",
        mark="#dccbb3", water="#a9cfd2", bank="#f3eadc", roof="#fffbf2", deck="#f2e8da",
        left="#e5d5c0", right="#c0a586", glass="#8fbcc4", glass_shade="#6d98a0", pane="#a9aea0",
        pane_shade="#93806a", accent="#c8501e", accent_deck="#d9693a", pop="#0b5d52",
        leaf="#abc07e", leaf_shade="#64854a", trunk="#77634a", shade="#5d3f20", panel="#557f8a",
        lit="#ffd98a",
    ),
    ("blue", True): Ink(
        haze="#0f171c", ground="#17222f", lot="#1c2939", lawn="#182d33", road="#2b3748",
        mark="#3f4d62", water="#17395a", bank="#243246", roof="#5a6a84", deck="#46566f",
        left="#3b4a64", right="#263349", glass="#3d6ea3", glass_shade="#2c5281", pane="#253650",
        pane_shade="#1a273b", accent="#3a6fb8", accent_deck="#2c61a6", pop="#d9693a",
        leaf="#3f7a68", leaf_shade="#1d4340", trunk="#2a3838", shade="#05090e", panel="#1d3a63",
        lit="#f6ca73",
    ),
    ("green", True): Ink(
        haze="#0f171c", ground="#15231f", lot="#1a2b26", lawn="#17302a", road="#293a36",
        mark="#3c504a", water="#15414a", bank="#223731", roof="#566c64", deck="#435950",
        left="#374d46", right="#233630", glass="#34788a", glass_shade="#255a68", pane="#21382f",
        pane_shade="#182a24", accent="#0e7c6b", accent_deck="#0e7c6b", pop="#d9693a",
        leaf="#3d7a58", leaf_shade="#1a4334", trunk="#2a3a33", shade="#040a08", panel="#164452",
        lit="#f6ca73",
    ),
    ("sand", True): Ink(
        haze="#0f171c", ground="#251f19", lot="#2d2620", lawn="#2a2d1f", road="#3d352c",
        mark="#54493c", water="#1d4148", bank="#392f26", roof="#77695a", deck="#5f5346",
        left="#544739", right="#392f25", glass="#3f7480", glass_shade="#2e5660", pane="#382f26",
        pane_shade="#281f18", accent="#c8501e", accent_deck="#c8501e", pop="#0e7c6b",
        leaf="#6d7a48", leaf_shade="#363f26", trunk="#3a3026", shade="#090604", panel="#24454e",
        lit="#f6ca73",
    ),
}  # fmt: skip


class Streets(NamedTuple):
    """Lines of one direction: where each runs, half its width, and which of them is a canal."""

    lines: list[int]
    halves: list[int]
    canal: int | None


class Frame(NamedTuple):
    """A lot with its own axes u, v from 0 to 1; swapped, u runs along y and the lot is mirrored."""

    rect: Rect
    swapped: bool
    grade: float  # how high it may be built, 0 to 1

    @property
    def along(self) -> str:
        return "y" if self.swapped else "x"

    def part(self, u0: float, v0: float, u1: float, v1: float) -> Rect:
        x0, y0, x1, y1 = self.rect
        a0, b0, a1, b1 = (v0, u0, v1, u1) if self.swapped else (u0, v0, u1, v1)
        w, d = x1 - x0, y1 - y0
        return Rect(round(x0 + a0 * w), round(y0 + b0 * d), round(x0 + a1 * w), round(y0 + b1 * d))

    def spot(self, u: float, v: float) -> tuple[int, int]:
        part = self.part(u, v, u, v)
        return int(part.x0), int(part.y0)


def palette_for(slug: str) -> str:
    """The palette a seed gets unless another is asked for."""
    return PALETTES[sha256(f"cover 0 {slug}".encode("utf-8", "surrogatepass")).digest()[0] % 3]


# --- what a lot may hold -----------------------------------------------------------------------


def _factory(sheet: Sheet, lot: Frame) -> None:
    dice = sheet.dice
    scenery.put_saw_hall(sheet, lot.part(0, 0, 1, 0.58), dice.whole(24, 30), lot.along)
    right = dice.chance(0.5)
    sheet.pave(lot.part(0, 0.64, 1, 1), sheet.ink.road)
    office = lot.part(0.6, 0.7, 0.98, 0.98) if right else lot.part(0.02, 0.7, 0.4, 0.98)
    scenery.put_office(sheet, office, dice.whole(22, 36), "grid", accent=dice.chance(0.4))
    for i in range(3):
        u = (0.1 if right else 0.56) + 0.16 * i
        if dice.chance(0.7):
            scenery.put_truck(sheet, *lot.spot(u, 0.78), "x" if lot.swapped else "y")


def _warehouse(sheet: Sheet, lot: Frame) -> None:
    dice = sheet.dice
    sheet.pave(lot.part(0, 0.66, 1, 1), sheet.ink.road)
    if dice.chance(0.35):
        scenery.put_round_hall(sheet, lot.part(0, 0, 0.48, 0.66), 22, "x" if lot.swapped else "y")
        scenery.put_round_hall(sheet, lot.part(0.52, 0, 1, 0.66), 22, "x" if lot.swapped else "y")
    else:
        roof = dice.pick(("strips", "panels"))
        scenery.put_flat_hall(sheet, lot.part(0, 0, 1, 0.68), dice.whole(22, 28), roof)
    for i in range(5):
        if dice.chance(0.5):
            scenery.put_truck(sheet, *lot.spot(0.14 + 0.18 * i, 0.82), "x" if lot.swapped else "y")


def _campus(sheet: Sheet, lot: Frame) -> None:
    dice = sheet.dice
    style = dice.pick(("grid", "ribbon", "fins", "grid"))
    tall = 34 + round(44 * lot.grade)
    sheet.pave(lot.part(0.34, 0.36, 1, 1), sheet.ink.lawn)
    scenery.put_office(sheet, lot.part(0, 0, 1, 0.28), tall, style, accent=dice.chance(0.5))
    scenery.put_office(sheet, lot.part(0, 0.38, 0.28, 1), round(tall * 0.66), style)
    if dice.chance(0.6):
        scenery.put_office(
            sheet, lot.part(0.58, 0.66, 1, 1), round(tall * 0.4), "ribbon", accent=dice.chance(0.5)
        )
    _scatter(sheet, lot.part(0.36, 0.36, 1, 1), 7)


def _blocks(sheet: Sheet, lot: Frame) -> None:
    dice = sheet.dice
    style = dice.pick(("grid", "fins", "small"))
    tall = 40 + round(52 * lot.grade)
    for i, part in enumerate(
        (lot.part(0, 0, 0.4, 0.4), lot.part(0.56, 0.04, 0.98, 0.4), lot.part(0, 0.56, 0.42, 0.96),
         lot.part(0.58, 0.58, 1, 1))
    ):  # fmt: skip
        height = round(tall * (1, 0.8, 0.72, 0.5)[i])
        scenery.put_office(sheet, part, height, style, accent=i in (1, 2) and dice.chance(0.6))
    _scatter(sheet, lot.rect, 8)


def _headquarters(sheet: Sheet, lot: Frame) -> None:
    dice = sheet.dice
    sheet.pave(lot.part(0, 0.5, 1, 1), sheet.ink.road)
    height = 92 + round(44 * lot.grade)
    scenery.put_tower(sheet, lot.part(0.2, 0.12, 0.78, 0.7), 18, height, dice.pick(("glass", "fins")))
    scenery.put_office(sheet, lot.part(0, 0.8, 0.42, 1), 16, "ribbon", accent=True)
    _scatter(sheet, lot.rect, 9)


def _tanks(sheet: Sheet, lot: Frame) -> None:
    dice = sheet.dice
    sheet.pave(lot.part(0, 0.5, 1, 1), sheet.ink.road)
    scenery.put_flat_hall(sheet, lot.part(0, 0, 0.8, 0.44), 24, "strips")
    if dice.chance(0.6):
        scenery.put_chimney(sheet, *lot.spot(0.92, 0.16), 84)
    for i in range(3):
        scenery.put_tank(sheet, *lot.spot(0.16 + 0.28 * i, 0.74), 14, 30 + 4 * (i % 2))
    _scatter(sheet, lot.rect, 5)


def _green(sheet: Sheet, lot: Frame) -> None:
    dice = sheet.dice
    sheet.pave(lot.rect.inset(-6), sheet.ink.lawn, 10)
    pond = lot.part(0.3, 0.3, 0.8, 0.66)
    sheet.pave(pond.inset(-3), sheet.ink.bank, 24)
    sheet.pave(pond, sheet.ink.water, 22)
    sheet.things.append(Thing(pond, ""))  # keeps trees out of the water
    scenery.put_office(sheet, lot.part(0.02, 0.62, 0.24, 0.92), 14, "ribbon", accent=True)
    for _ in range(3):
        scenery.put_grove(sheet, *lot.spot(dice.roll(), dice.roll()))
    _scatter(sheet, lot.rect, 14)


def _parking(sheet: Sheet, lot: Frame) -> None:
    dice = sheet.dice
    scenery.put_office(sheet, lot.part(0, 0, 0.36, 0.5), 30, "grid", accent=dice.chance(0.5))
    scenery.put_round_hall(sheet, lot.part(0.46, 0, 1, 0.5), 18, lot.along)
    x0, y0, x1, y1 = lot.rect
    mid = (y0 + y1) / 2 + 8
    if lot.swapped:
        x0 = (x0 + x1) / 2 + 8
        mid = y0
    for y in range(round(mid), round(y1) - 22, 34):
        scenery.park_cars(sheet, Rect(x0, y, x1, y + 24))


def _woods(sheet: Sheet, lot: Frame) -> None:
    sheet.pave(lot.rect.inset(-8), sheet.ink.lawn, 10)
    x0, y0, x1, y1 = lot.rect
    for x in range(round(x0) + 18, round(x1), 46):
        for y in range(round(y0) + 18, round(y1), 46):
            if sheet.dice.chance(0.66):
                scenery.put_grove(
                    sheet, x + sheet.dice.whole(-8, 8), y + sheet.dice.whole(-8, 8)
                )


def _field(sheet: Sheet, lot: Frame) -> None:
    """Furrows, and a grove in a corner."""
    ink, (x0, y0, x1, y1) = sheet.ink, lot.rect
    sheet.pave(lot.rect.inset(-6), ink.lawn, 4)
    data = "".join(
        f"M{numbers(x0, y)}h{number(x1 - x0)}" if not lot.swapped else f"M{numbers(y - y0 + x0, y0)}v{number(y1 - y0)}"
        for y in range(round(y0) + 4, round(y1), 12)
    )
    sheet.ground.append(f'<path d="{data}" stroke="{ink.ground}" stroke-width="4"/>')
    for _ in range(3):
        scenery.put_grove(sheet, *lot.spot(sheet.dice.roll(), sheet.dice.roll()))


def _scatter(sheet: Sheet, rect: Rect, count: int) -> None:
    for _ in range(count):
        x = sheet.dice.whole(round(rect.x0), round(rect.x1))
        y = sheet.dice.whole(round(rect.y0), round(rect.y1))
        scenery.put_tree(sheet, x, y)


_LOTS = {
    "factory": _factory,
    "warehouse": _warehouse,
    "campus": _campus,
    "blocks": _blocks,
    "headquarters": _headquarters,
    "tanks": _tanks,
    "green": _green,
    "parking": _parking,
    "woods": _woods,
    "field": _field,
}


# --- the plan ----------------------------------------------------------------------------------


def _streets(dice: Dice, canal: int | None) -> Streets:
    near = [dice.whole(166, 186), dice.whole(166, 186)]
    far = [dice.whole(214, 240), dice.whole(214, 240)]
    centre = dice.whole(-14, 14)
    lines = [
        centre - near[0] - far[0] - 240, centre - near[0] - far[0], centre - near[0], centre,
        centre + near[1], centre + near[1] + far[1], centre + near[1] + far[1] + 240,
    ]  # fmt: skip
    halves = [8, 8, 8, 12, 8, 8, 8]
    if canal is not None:
        halves[canal] = 17
    return Streets([-1000, *lines, 1000], [0, *halves, 0], None if canal is None else canal + 1)


def _in_view(rect: Rect, height: float = 60) -> bool:
    left, right = at(rect.x0, rect.y1)[0], at(rect.x1, rect.y0)[0]
    top, bottom = at(rect.x0, rect.y0, height)[1], at(rect.x1, rect.y1)[1]
    return left < 8800 and right > 0 and top < 4620 and bottom > 0


def _lots(xs: Streets, ys: Streets) -> list[Rect]:
    spans = [
        [
            (a + half_a, b - half_b)
            for a, b, half_a, half_b in zip(
                s.lines, s.lines[1:], s.halves, s.halves[1:], strict=False
            )
        ]
        for s in (xs, ys)
    ]
    return [
        rect
        for x0, x1 in spans[0]
        for y0, y1 in spans[1]
        if _in_view(rect := Rect(x0, y0, x1, y1))
    ]


def _distance(rect: Rect) -> float:
    """How far a lot lies from the middle of the picture: about 1 at the edge."""
    x, y = at((rect.x0 + rect.x1) / 2, (rect.y0 + rect.y1) / 2)
    return (((x - 4400) / 5200) ** 2 + ((y - 2400) / 3100) ** 2) ** 0.5


def _kinds(dice: Dice, lots: list[Rect], quiet: bool) -> list[str]:
    """What each lot holds, for lots sorted from the middle outwards."""
    inner = ["headquarters", "factory", dice.pick(("campus", "blocks"))]
    ring = ["warehouse", "factory", "campus", "tanks", "parking", "green", "blocks", "warehouse"]
    outer = ["field", "woods", "warehouse", "green", "woods", "field", "factory"]
    if quiet:
        inner = ["campus", "green", "factory"]
        ring = ["woods", "field", "warehouse", "green", "woods", "field"]
        outer = ["field", "woods", "field", "woods"]
    ring, outer = dice.shuffled(ring), dice.shuffled(outer)
    middle = dice.shuffled(inner)
    front = max(range(4), key=lambda i: lots[i].x0 + lots[i].y0)
    middle.insert(front, dice.pick(("green", "parking", "warehouse")))
    rest = len(lots) - 4
    ring_size = min(8, rest)
    return middle + [ring[i % len(ring)] for i in range(ring_size)] + [
        outer[i % len(outer)] for i in range(rest - ring_size)
    ]


def _line_trees(sheet: Sheet, lot: Rect) -> None:
    """A row of trees inside each edge of a lot, thinned by chance."""
    edge = lot.inset(7)
    dice = sheet.dice
    spots = [(x, y) for x in range(round(edge.x0), round(edge.x1), 30) for y in (edge.y0, edge.y1)]
    spots += [
        (x, y) for y in range(round(edge.y0) + 30, round(edge.y1), 30) for x in (edge.x0, edge.x1)
    ]
    for x, y in spots:
        if dice.chance(0.6):
            scenery.put_tree(sheet, x, y)


def _build(sheet: Sheet, quiet: bool) -> list[Thing]:
    """Everything that stands, in painting order; the ground is left in the sheet."""
    dice = sheet.dice
    canal_along_x = dice.chance(0.5)
    place = dice.pick((2, 4))
    xs = _streets(dice, None if canal_along_x else place)
    ys = _streets(dice, place if canal_along_x else None)
    lots = sorted(_lots(xs, ys), key=_distance)
    groups = []
    for rect, kind in zip(lots, _kinds(dice, lots, quiet), strict=True):
        sheet.things = []
        sheet.pave(rect, sheet.ink.lot, 7)
        grade = max(0.0, 1 - _distance(rect)) * (0.4 if quiet else 1)
        _LOTS[kind](sheet, Frame(rect.inset(16), dice.chance(0.5), grade))
        _line_trees(sheet, rect)
        groups.append((rect, sheet.things))
    sheet.ground.append(_roads(sheet, xs, ys))
    order = back_to_front(Thing(rect, str(i)) for i, (rect, _) in enumerate(groups))
    return [
        thing
        for lot in order
        for thing in back_to_front(groups[int(lot.svg)][1])
        if thing.svg and _in_view(thing.rect, 150)
    ]


def _roads(sheet: Sheet, xs: Streets, ys: Streets) -> str:
    ink = sheet.ink
    water, roads, marks = "", {}, ""
    for streets, along in ((xs, "v"), (ys, "h")):
        for i, (line, half) in enumerate(zip(streets.lines, streets.halves, strict=True)):
            data = f"M{line}-1000v2000" if along == "v" else f"M-1000 {line}h2000"
            if not half:
                continue
            if i == streets.canal:
                water += f'<path d="{data}" stroke="{ink.bank}" stroke-width="34"/>'
                water += f'<path d="{data}" stroke="{ink.water}" stroke-width="26"/>'
            else:
                roads[half] = roads.get(half, "") + data
                marks += data if half > 10 else ""
    svg = water
    for half, data in sorted(roads.items()):
        svg += f'<path d="{data}" stroke="{ink.road}" stroke-width="{2 * half}"/>'
    return svg + f'<path d="{marks}" stroke="{ink.mark}" stroke-width="1.5" stroke-dasharray="9 9"/>'


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _escaped(text: str) -> str:
    plain = _NOT_XML.sub("", text)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def draw(
    seed: str,
    *,
    palette: str | None = None,
    dark: bool = False,
    quiet: bool = False,
    width: int = 1200,
    height: int = 630,
    title: str = "",
) -> str:
    """An SVG document."""
    ink = _INKS[palette or palette_for(seed), dark]
    sheet = Sheet(ink, dark, Dice(f"scene {seed}"), Dice(f"night {seed}"))
    things = _build(sheet, quiet)
    shade = "#000" if dark else ink.shade
    opacity = ".4" if dark else ".17"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 880 462" width="{width}" '
        f'height="{height}" preserveAspectRatio="xMidYMid slice" role="img">'
        + (f"<title>{_escaped(title)}</title>" if title else "")
        + f'<defs><radialGradient id="f" cx=".36" cy=".3" r=".75"><stop stop-color="{ink.leaf}"/>'
        f'<stop offset="1" stop-color="{ink.leaf_shade}"/></radialGradient>'
        f'<linearGradient id="m"><stop stop-color="{ink.roof}"/><stop offset=".35" '
        f'stop-color="{ink.left}"/><stop offset="1" stop-color="{ink.right}"/></linearGradient>'
        f'<linearGradient id="h" x2="0" y2="1"><stop stop-color="{ink.haze}" stop-opacity=".5"/>'
        f'<stop offset=".35" stop-color="{ink.haze}" stop-opacity="0"/></linearGradient>'
        f"{scenery.symbols(ink)}</defs>"
        f'<path fill="{ink.ground}" d="M0 0h880v462H0z"/><g fill="none">'
        f'<g transform="{PLAN}">{"".join(sheet.ground)}'
        f'<g opacity="{opacity}"><path fill="{shade}" d="{"".join(sheet.shade)}"/>'
        f'<path stroke="{shade}" stroke-width="13" stroke-linecap="round" d="{"".join(sheet.specks)}"/>'
        f"</g></g>{''.join(thing.svg for thing in things)}</g>"
        f'<path fill="url(#h)" d="M0 0h880v462H0z"/></svg>\n'
    )
