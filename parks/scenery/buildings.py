"""Offices, towers, halls, tanks: what is built in a drawn park."""

from .facades import Wall, facade, rows, strokes, walls
from .isometry import SUN, Point, Rect, at, block, number, numbers, outline, shape
from .sheet import Sheet, symbol

# The gradients of walls are kept in the defs: see cover.draw.
LEFT, RIGHT, METAL = "url(#L)", "url(#R)", "url(#M)"


def box(sheet: Sheet, rect: Rect, low: float, high: float, top: str = "") -> str:
    return block(rect, low, high, LEFT, RIGHT, top or sheet.ink.roof)


def deck(sheet: Sheet, rect: Rect, z: float, fill: str) -> str:
    """The sunken roof behind a parapet, with the parapet's shadow along two sides."""
    r = rect.inset(2.5)
    svg = ""
    for colour, x0, y0 in ((sheet.ink.right, r.x0, r.y0), (fill, r.x0 + 1.6, r.y0 + 1.6)):
        svg += shape(colour, at(x0, y0, z), at(r.x1, y0, z), at(r.x1, r.y1, z), at(x0, r.y1, z))
    return svg


def _on_roof(rect: Rect, z: float, data: str, colour: str, width: float, dash: str) -> str:
    return strokes(Wall("roof", at(rect.x0, rect.y0, z), 0, 0, ""), data, colour, width, dash)


def office(
    sheet: Sheet, rect: Rect, low: float, high: float, style: str, *, accent: bool = False
) -> str:
    """The drawing of a block with windows, a parapet and plant on its roof."""
    ink, (x0, y0, x1, y1) = sheet.ink, rect
    svg = box(sheet, rect, low, high) + facade(sheet, rect, low, high, style)
    svg += deck(sheet, rect, high, ink.accent if accent else ink.deck)
    if min(x1 - x0, y1 - y0) > 20:
        x = x0 + (x1 - x0) * (0.32 + 0.2 * sheet.dice.roll())
        y = y0 + (y1 - y0) * (0.35 + 0.3 * sheet.dice.roll())
        svg += symbol("u", x, y, high)
        if x1 - x0 > 44:
            svg += symbol("u", x + 14, y, high)
    return svg


def put_office(
    sheet: Sheet, rect: Rect, height: float, style: str, *, accent: bool = False
) -> None:
    sheet.stand(rect, office(sheet, rect, 0, height, style, accent=accent), height, cast=height)


def put_tower(sheet: Sheet, rect: Rect, height: float, style: str, form: str) -> None:
    """A landmark on a podium. Forms: crown (one shaft), steps (set back), twin (two shafts)."""
    x0, y0, x1, y1 = rect
    w, d, base = x1 - x0, y1 - y0, 17
    shaft = Rect(x0 + w * 0.2, y0 + d * 0.2, x0 + w * 0.76, y0 + d * 0.76)
    upper = shaft.inset(5.5)
    if form == "steps":
        middle = round(height * 0.62)
        stack = [
            (shaft, base, middle),
            (upper, middle, height),
            (upper.inset(6), height, height + 8),
        ]
    elif form == "twin":
        one = Rect(x0 + w * 0.14, y0 + d * 0.2, x0 + w * 0.46, y0 + d * 0.62)
        two = Rect(x0 + w * 0.56, y0 + d * 0.36, x0 + w * 0.88, y0 + d * 0.78)
        stack = [(one, base, height), (two, base, round(height * 0.76))]
    else:
        stack = [(shaft, base, height), (upper, height, height + 9)]
    svg = office(sheet, rect, 0, base, "ribbon")
    svg += _on_podium(sheet, rect.inset(2.5), base, [part for part, low, _ in stack if low == base])
    for i, (part, low, high) in enumerate(stack):
        svg += box(sheet, part, low, high)
        svg += facade(sheet, part, low, high, style) if high - low > 12 else ""
        top = i == len(stack) - 1 or (form == "twin")
        svg += deck(sheet, part, high, sheet.ink.accent if top else sheet.ink.deck)
        sheet.cast(part, high)
    sheet.stand(rect, svg, height + 10, cast=base)


def _on_podium(sheet: Sheet, roof: Rect, z: float, shafts: list[Rect]) -> str:
    """The shadows of shafts on the roof they stand on, as far as it reaches."""
    data = ""
    for shaft in shafts:
        drift = (roof.x1 - shaft.x1) * SUN[1] / SUN[0]
        data += outline(
            [at(shaft.x1, shaft.y1, z), at(shaft.x1, shaft.y0, z),
             at(roof.x1, shaft.y0 + drift, z), at(roof.x1, shaft.y1 + drift, z)]
        )  # fmt: skip
    return f'<path fill="{sheet.ink.shade}" fill-opacity=".16" d="{data}"/>'


def put_flat_hall(sheet: Sheet, rect: Rect, height: float, roof: str) -> None:
    """A low shed with a coloured eave and dock doors; `roof` is strips (skylights) or panels."""
    ink = sheet.ink
    w, d = rect.x1 - rect.x0, rect.y1 - rect.y0
    svg = box(sheet, rect, 0, height) + deck(sheet, rect, height, ink.deck)
    count = max(2, int(d / 15))
    ys = [6 + (d - 12) * (i + 0.5) / count for i in range(count)]
    data = "".join(f"M9 {number(y)}h{number(w - 18)}" for y in ys)
    if roof == "strips":
        svg += _on_roof(rect, height, data, ink.glass, 3.4, numbers((w - 18) / 4 - 5, 6.6))
    else:
        svg += _on_roof(rect, height, data, ink.panel, 8, numbers((w - 18) / 8 - 1.4, 1.6))
    left, right = walls(sheet, rect, 0, height)
    doors = max(2, int((w - 10) / 18))
    start = (w - doors * 18 + 9) / 2
    for wall in (left, right):
        svg += strokes(wall, f"M0 4.5h{number(wall.width)}", ink.accent, 3)
    dock = f"M{numbers(start, height - 5.5)}h{number(doors * 18 - 9)}"
    svg += strokes(left, dock, left.pane, 10, "9 9")
    svg += rows(sheet, right, 13, 8, 6)
    sheet.stand(rect, svg, height, cast=height)


def put_saw_hall(sheet: Sheet, rect: Rect, height: float, along: str) -> None:
    """A factory hall with a saw-tooth roof; the teeth follow one another along x or y.

    Glass looks along that axis, towards us; each slope rises to it from behind.
    """

    def point(a: float, b: float, z: float) -> Point:
        return at(a, b, z) if along == "x" else at(b, a, z)

    ink = sheet.ink
    a0, b0, a1, b1 = rect if along == "x" else (rect.y0, rect.x0, rect.y1, rect.x1)
    teeth = max(3, round((a1 - a0) / 27))
    step = (a1 - a0) / teeth
    ridge = height + min(13, step * 0.5)
    profile, slopes, glass = [], "", ""
    for i in range(teeth):
        a, end = a0 + i * step, a0 + (i + 1) * step
        profile += [point(a, b1, height), point(end, b1, ridge)]
        slopes += outline([point(a, b0, height), point(end, b0, ridge), profile[-1], profile[-2]])
        glass += outline(
            [point(end, b0, height), point(end, b0, ridge), profile[-1], point(end, b1, height)]
        )
    long, short = (LEFT, RIGHT) if along == "x" else (RIGHT, LEFT)
    svg = shape(long, point(a0, b1, 0), point(a1, b1, 0), point(a1, b1, height), *profile[::-1])
    svg += shape(
        short, point(a1, b1, 0), point(a1, b0, 0), point(a1, b0, ridge), point(a1, b1, ridge)
    )
    busy = sheet.night.chance(0.75)
    pane = ink.lit if sheet.dark and busy else ink.glass
    frame = ink.right if along == "x" else ink.left
    svg += f'<path fill="{ink.roof}" d="{slopes}"/>'
    svg += f'<path fill="{pane}" stroke="{frame}" stroke-width=".8" d="{glass}"/>'
    for wall in walls(sheet, rect, 0, height):
        svg += rows(sheet, wall, 13, 7, 5)
    sheet.stand(rect, svg, ridge, cast=height + 6)


def put_round_hall(sheet: Sheet, rect: Rect, height: float, along: str) -> None:
    """A hall under a barrel roof that runs along x or y."""

    def point(a: float, b: float, z: float) -> Point:
        return at(a, b, z) if along == "y" else at(b, a, z)

    ink = sheet.ink
    a0, b0, a1, b1 = rect if along == "y" else (rect.y0, rect.x0, rect.y1, rect.x1)
    # cosines and sines of 0, 30, 60 … 180 degrees, as shares of width and rise
    arc = [(0, 0), (0.067, 0.5), (0.25, 0.866), (0.5, 1), (0.75, 0.866), (0.933, 0.5), (1, 0)]
    rise = (a1 - a0) * 0.24
    rim = [(a0 + (a1 - a0) * share, height + rise * up) for share, up in arc]
    if along == "y":
        gable, side = LEFT, RIGHT
        tones = (ink.roof, ink.roof, ink.roof, ink.deck, ink.left, ink.left_foot)
    else:
        gable, side = RIGHT, LEFT
        tones = (ink.left_foot, ink.left, ink.deck, ink.deck, ink.roof, ink.roof)
    svg = shape(
        side, point(a1, b1, 0), point(a1, b0, 0), point(a1, b0, height), point(a1, b1, height)
    )
    strips: dict[str, str] = {}
    for tone, (a, z), (a_next, z_next) in zip(tones, rim, rim[1:], strict=False):
        strip = [point(a, b0, z), point(a_next, b0, z_next), point(a_next, b1, z_next)]
        strips[tone] = strips.get(tone, "") + outline([*strip, point(a, b1, z)])
    svg += "".join(f'<path fill="{tone}" d="{data}"/>' for tone, data in strips.items())
    face = outline([point(a0, b1, 0), point(a1, b1, 0), *(point(a, b1, z) for a, z in rim[::-1])])
    svg += f'<path fill="{gable}" stroke="{ink.roof}" stroke-width="1.2" d="{face}"/>'
    for wall in walls(sheet, rect, 0, height):
        svg += rows(sheet, wall, 13, 8, 5)
    sheet.stand(rect, svg, height + rise, cast=height + rise * 0.6)


def put_tank(sheet: Sheet, x: float, y: float, radius: float, height: float) -> None:
    """An upright cylinder with a shallow lid and a painted ring."""
    cx, top = (v / 10 for v in at(x, y, height))
    # a circle on the ground is an ellipse with these half axes: root 3/2 and root 1/2
    rx, ry = radius * 1.2247, radius * 0.7071
    rise, bow = number(height), f"a{numbers(rx, ry)} 0 0 0 {number(2 * rx)} 0"
    left, axes = numbers(cx - rx, top), f'rx="{number(rx)}" ry="{number(ry)}"'
    svg = (
        f'<path fill="{METAL}" d="M{left}v{rise}{bow}v-{rise}z"/>'
        f'<ellipse cx="{number(cx)}" cy="{number(top)}" {axes} fill="{sheet.ink.roof}"/>'
        f'<path stroke="{sheet.ink.accent}" stroke-width="2.5" d="M{left}m0 6{bow}"/>'
    )
    footprint = Rect(x - radius, y - radius, x + radius, y + radius)
    sheet.stand(footprint, svg, height)
    sheet.cast(footprint.inset(2), height)


def put_chimney(sheet: Sheet, x: float, y: float, height: float) -> None:
    """A slim stack with two painted bands."""
    cx, foot = (v / 10 for v in at(x, y))
    top = foot - height
    bands = "".join(
        f"M{numbers(cx - 3.4, top + dy)}a3.4 1.9 0 0 0 6.8 0v7a3.4 1.9 0 0 1-6.8 0z"
        for dy in (5, 19)
    )
    left, rise = numbers(cx - 3.2, top), number(height)
    shaft = f"M{left}l-1.6 {rise}a4.8 2.8 0 0 0 9.6 0l-1.6-{rise}z"
    mouth = f"M{left}a3.2 1.8 0 0 0 6.4 0a3.2 1.8 0 0 0-6.4 0z"
    svg = "".join(
        f'<path fill="{fill}" d="{data}"/>'
        for fill, data in ((METAL, shaft), (sheet.ink.pop, bands), (sheet.ink.right_foot, mouth))
    )
    sheet.stand(Rect(x - 4, y - 4, x + 4, y + 4), svg, height, cast=height)


def put_shell(sheet: Sheet, rect: Rect, height: float) -> None:
    """A building in the making: bare storeys, columns standing up from the last."""
    ink = sheet.ink
    svg = box(sheet, rect, 0, height, ink.deck)
    for wall in walls(sheet, rect, 0, height):
        svg += rows(sheet, wall, 12, 10, 2.5, used=False)
    xs = [rect.x0 + 4 + (rect.x1 - rect.x0 - 8) * i / 3 for i in range(4)]
    ys = [rect.y0 + 4 + (rect.y1 - rect.y0 - 8) * i / 2 for i in range(3)]
    feet = sorted((x + y, at(x, y, height)) for x in xs for y in ys)
    columns = "".join(f"M{numbers(px / 10, py / 10)}v-8" for _, (px, py) in feet)
    svg += f'<path stroke="{ink.right}" stroke-width="1.8" d="{columns}"/>'
    sheet.stand(rect, svg, height + 8, cast=height)


def put_crane(sheet: Sheet, x: float, y: float, height: float, reach: float) -> None:
    """A tower crane whose jib points along y, over what stands to its lower left."""
    cx, foot = (v / 10 for v in at(x, y))
    top = foot - height
    dx, dy = -0.866 * reach, 0.5 * reach
    jib = f"M{numbers(cx + 16, top - 9.2)}L{numbers(cx + dx, top + dy)}"
    far = numbers(cx + dx * 0.7, top + dy * 0.7)
    ties = f"M{numbers(cx + 14, top - 8)}L{numbers(cx, top - 15)}L{far}"
    rope = f"M{numbers(cx + dx * 0.6, top + dy * 0.6)}v24"
    mast = f"M{numbers(cx, foot)}V{number(top - 15)}"
    pop = sheet.ink.pop
    svg = (
        f'<path stroke="{pop}" stroke-width="3.4" stroke-dasharray="2.6 1" d="{mast}"/>'
        f'<path stroke="{pop}" stroke-width="2.4" stroke-dasharray="3 .8" d="{jib}"/>'
        f'<path stroke="{pop}" stroke-width=".7" d="{ties}{rope}{mast}{jib}"/>'
    )
    svg += f'<path fill="{sheet.ink.right_foot}" d="M{numbers(cx + 12, top - 8)}v8l6-3.4v-8z"/>'
    sheet.stand(Rect(x - 3, y - 3, x + 3, y + 3), svg, height + 15)
