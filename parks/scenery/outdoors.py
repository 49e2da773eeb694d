"""Trees, cars, water, sports grounds: what lies between the buildings."""

from .inks import Ink
from .isometry import CENTRE, Rect, Thing, at, block, number, numbers, outline
from .sheet import Sheet, symbol


def put_tree(sheet: Sheet, x: float, y: float) -> None:
    """A tree, where there is room for one and it can be seen."""
    rect = Rect(x - 2.5, y - 2.5, x + 2.5, y + 2.5)
    name = sheet.dice.pick("aab")
    thing = Thing(rect, symbol(name, x, y), 24)
    if thing.in_view() and sheet.is_free(rect, 5) and not sheet.is_hidden(x, y):
        sheet.specks.append(f"M{numbers(round(x), round(y))}l6-3")
        sheet.things.append(thing)


def put_grove(sheet: Sheet, x: float, y: float) -> None:
    """Five trees close together, drawn once and used often."""
    rect = Rect(x - 16, y - 16, x + 16, y + 16)
    thing = Thing(rect, symbol("g", x, y), 36)
    if thing.in_view() and sheet.is_free(rect, 2) and not sheet.is_hidden(x, y):
        sheet.specks.append(f"M{numbers(round(x - 8), round(y))}l22-4")
        sheet.things.append(thing)


def scatter(sheet: Sheet, rect: Rect, count: int) -> None:
    """Up to `count` single trees."""
    for _ in range(count):
        x = sheet.dice.whole(round(rect.x0), round(rect.x1))
        put_tree(sheet, x, sheet.dice.whole(round(rect.y0), round(rect.y1)))


def avenue(sheet: Sheet, edge: Rect, sides: str) -> None:
    """Trees along the edges of a lot: evenly where a side is named, here and there elsewhere.

    Sides are called by the direction they face: w (x0), e (x1), n (y0), s (y1).
    """
    x0, y0, x1, y1 = edge
    across, down = _evenly(x0, x1, 31), _evenly(y0, y1, 31)
    rows = [("n", [(x, y0) for x in across]), ("s", [(x, y1) for x in across])]
    rows += [("w", [(x0, y) for y in down]), ("e", [(x1, y) for y in down])]
    for side, spots in rows:
        share = 0.92 if side in sides else 0.16
        for x, y in spots:
            if sheet.dice.chance(share):
                put_tree(sheet, round(x), round(y))


def _evenly(start: float, end: float, pitch: float) -> list[float]:
    count = max(1, round((end - start) / pitch))
    return [start + (end - start) * i / count for i in range(count + 1)]


def put_car(sheet: Sheet, x: float, y: float, along: str) -> None:
    half = (7, 3.5) if along == "x" else (3.5, 7)
    rect = Rect(x - half[0], y - half[1], x + half[0], y + half[1])
    ink = sheet.ink
    colour = sheet.dice.pick((ink.roof, ink.roof, ink.accent, ink.pop))
    thing = Thing(rect, symbol("k" if along == "x" else "l", x, y, 0, colour), 8)
    if sheet.is_free(rect, 1) and thing.in_view():
        sheet.things.append(thing)


def put_truck(sheet: Sheet, x: float, y: float, along: str) -> None:
    """A lorry with its cab towards us."""
    half = (15, 4.5) if along == "x" else (4.5, 15)
    rect = Rect(x - half[0], y - half[1], x + half[0], y + half[1])
    colour = sheet.dice.pick((sheet.ink.accent, sheet.ink.pop))
    thing = Thing(rect, symbol("s" if along == "x" else "t", x, y, 0, colour), 14)
    if sheet.is_free(rect, 1) and thing.in_view():
        sheet.cast(rect, 11)
        sheet.things.append(thing)


def park_cars(sheet: Sheet, rect: Rect) -> None:
    """A paved strip with bays along x, most of them taken. Needs 24 units of depth."""
    sheet.pave(rect, sheet.ink.road, 3)
    bays = int((rect.x1 - rect.x0 - 6) / 11)
    y = (rect.y0 + rect.y1) / 2
    start = (rect.x0 + rect.x1 - bays * 11) / 2
    sheet.line(f"M{numbers(start - 0.5, y)}h{bays * 11 + 1}", sheet.ink.mark, 17, "1 10")
    for bay in range(bays):
        if sheet.dice.chance(0.6):
            put_car(sheet, start + bay * 11 + 5.5, y, "y")


def put_pond(sheet: Sheet, rect: Rect) -> None:
    radius = min(rect.x1 - rect.x0, rect.y1 - rect.y0) / 2
    sheet.pave(rect.inset(-3.5), sheet.ink.bank, radius + 2)
    sheet.pave(rect, sheet.ink.water, radius)
    sheet.kept.append(rect)


def put_paths(sheet: Sheet, rect: Rect, x: float, y: float) -> None:
    """Two paths across a park; where they meet, a round place with a bed of flowers."""
    ink = sheet.ink
    x0, y0, x1, y1 = rect.inset(-6)
    sheet.line(f"M{numbers(x, y0)}V{number(y1)}M{numbers(x0, y)}H{number(x1)}", ink.road, 6)
    for radius, colour in ((24, ink.road), (15, ink.lawn), (7, ink.track)):
        sheet.pave(Rect(x - radius, y - radius, x + radius, y + radius), colour, radius)
    for path in (Rect(x - 5, y0, x + 5, y1), Rect(x0, y - 5, x1, y + 5)):
        sheet.kept.append(path)


def put_stadium(sheet: Sheet, rect: Rect) -> None:
    """A running track round a playing field."""
    ink = sheet.ink
    radius = min(rect.x1 - rect.x0, rect.y1 - rect.y0) / 2
    sheet.pave(rect, ink.track, radius)
    x0, y0, x1, y1 = middle = rect.inset(5)
    sheet.ground.append(
        f'<rect x="{number(x0)}" y="{number(y0)}" width="{number(x1 - x0)}" '
        f'height="{number(y1 - y0)}" rx="{number(radius - 5)}" stroke="{ink.roof}"/>'
    )
    sheet.pave(middle.inset(5), ink.lawn, radius - 10)
    if x1 - x0 > y1 - y0:
        x0, y0, x1, y1 = x0 + 26, y0 + 9, x1 - 26, y1 - 9
        halfway = f"M{numbers((x0 + x1) / 2, y0)}V{number(y1)}"
    else:
        x0, y0, x1, y1 = x0 + 9, y0 + 26, x1 - 9, y1 - 26
        halfway = f"M{numbers(x0, (y0 + y1) / 2)}H{number(x1)}"
    box = f"M{numbers(x0, y0)}H{number(x1)}V{number(y1)}H{number(x0)}z"
    sheet.line(box + halfway, ink.roof, 1)
    sheet.kept.append(rect)


def _moved(svg: str) -> str:
    return f'<g transform="translate(-{CENTRE[0]}-{CENTRE[1]})">{svg}</g>'


def _vehicle(body: Rect, height: float, cabin: Rect, roof: float, ink: Ink) -> str:
    """A body in whatever colour the use gives, shaded by veils, under a cabin of glass."""
    x0, y0, x1, y1 = body
    foot = [at(x0, y1), at(x1, y1), at(x1, y0)]
    east, front, west = at(x1, y0, height), at(x1, y1, height), at(x0, y1, height)
    svg = f'<path d="{outline([*foot, east, at(x0, y0, height), west])}"/>'
    svg += f'<path fill="#000" fill-opacity=".28" d="{outline([foot[1], foot[2], east, front])}"/>'
    svg += f'<path fill="#000" fill-opacity=".1" d="{outline([foot[0], foot[1], front, west])}"/>'
    return svg + block(cabin, height, roof, ink.glass_shade, ink.glass_shade, ink.roof)


def _tree(ink: Ink, cx: float, cy: float, radius: float) -> str:
    return (
        f'<path stroke="{ink.trunk}" stroke-width="2" d="M{numbers(cx, cy)}v-{number(radius)}"/>'
        f'<circle cx="{number(cx)}" cy="{number(cy - radius * 1.5)}" r="{number(radius)}" '
        f'fill="url(#F)"/>'
    )


def symbols(ink: Ink, drawing: str) -> str:
    """Of the shapes used again and again, those a drawing uses.

    Trees a and b, grove g, cars k and l (along x, along y), lorries s and t, plant u, lamplight o.
    """
    trees = ((-3, -8, 8), (-17, -1, 7), (13, -2, 9), (-5, 5, 9.5), (8, 8, 7))
    lorries = {}
    for name, turned in (("s", False), ("t", True)):
        load, cab, cabin = (
            (Rect(-4.5, -15, 4.5, 7), Rect(-4, 8, 4, 15), Rect(-4, 9, 4, 13))
            if turned
            else (Rect(-15, -4.5, 7, 4.5), Rect(8, -4, 15, 4), Rect(9, -4, 13, 4))
        )
        lorries[name] = _moved(
            block(load, 2, 13, ink.left, ink.right, ink.roof) + _vehicle(cab, 7, cabin, 10, ink)
        )
    parts = {
        "a": _tree(ink, 0, 0, 7),
        "b": _tree(ink, 0, 0, 8.5),
        "g": "".join(_tree(ink, *tree) for tree in trees),
        "k": _moved(_vehicle(Rect(-7, -3.2, 7, 3.2), 4, Rect(-4, -2.8, 3, 2.8), 6.5, ink)),
        "l": _moved(_vehicle(Rect(-3.2, -7, 3.2, 7), 4, Rect(-2.8, -4, 2.8, 3), 6.5, ink)),
        **lorries,
        "u": _moved(block(Rect(-4, -3, 4, 3), 0, 5, ink.left, ink.right, ink.roof)),
    }
    parts["o"] = '<circle r="36" fill="url(#O)"/>'
    return "".join(
        f'<g id="{name}">{svg}</g>' for name, svg in parts.items() if f'"#{name}"' in drawing
    )
