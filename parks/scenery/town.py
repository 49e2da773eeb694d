"""The plan of a drawn park: streets, a canal, and which lot holds what."""

from itertools import pairwise
from typing import NamedTuple

from . import outdoors
from .isometry import CENTRE, PICTURE, Dice, Rect, Thing, at, back_to_front
from .lots import KINDS, Lot
from .sheet import Sheet

MAIN, LANE, CANAL = 12, 8, 17  # half the width of each kind of street


_ONCE = ("sports", "site")  # at most one of these in a picture


class Street(NamedTuple):
    """A line of the plan, at x or at y, and half its width."""

    at: int
    half: int


class Town(NamedTuple):
    xs: list[Street]  # streets that run along y, from rear to front
    ys: list[Street]
    canal_along: str
    centre: tuple[int, int]  # where the two main streets meet


class Group(NamedTuple):
    """A piece of ground and what stands on it, sorted by itself."""

    rect: Rect
    things: list[Thing]


def plan(dice: Dice) -> Town:
    """Two main streets that cross near the middle, lanes beside them, one lane a canal."""
    along = dice.pick("xy")
    place = dice.pick((1, 3))
    directions = []
    for name in "xy":
        near = [dice.whole(164, 180), dice.whole(164, 180)]
        far = [dice.whole(206, 230), dice.whole(206, 230)]
        centre = dice.whole(-9, 9)
        lines = [centre - near[0] - far[0], centre - near[0], centre, centre + near[1],
                 centre + near[1] + far[1]]  # fmt: skip
        halves = [LANE, LANE, MAIN, LANE, LANE]
        if name != along:  # a canal along x is a line of constant y
            halves[place] = CANAL
        directions.append([Street(*pair) for pair in zip(lines, halves, strict=True)])
    xs, ys = directions
    return Town(xs, ys, along, (xs[2].at, ys[2].at))


def _spans(streets: list[Street]) -> list[tuple[int, int]]:
    """The gaps between streets, the outermost without end."""
    walls = [Street(-900, 0), *streets, Street(900, 0)]
    return [(a.at + a.half, b.at - b.half) for a, b in pairwise(walls)]


def lots(town: Town) -> list[Rect]:
    """Every lot in view, from the middle outwards; the outermost are cut to a sensible size."""
    found = []
    for x0, x1 in _spans(town.xs):
        for y0, y1 in _spans(town.ys):
            rect = Rect(
                max(x0, x1 - 240) if x0 < -800 else x0,
                max(y0, y1 - 240) if y0 < -800 else y0,
                min(x1, x0 + 240) if x1 > 800 else x1,
                min(y1, y0 + 240) if y1 > 800 else y1,
            )
            if Thing(rect, "", 50).in_view():
                found.append(rect)
    return sorted(found, key=lambda rect: (distance(rect), rect))


def distance(rect: Rect) -> float:
    """How far a lot lies from the middle of the picture: about 1 at the edge."""
    x, y = _middle(rect)
    return (((x - CENTRE[0]) / 500) ** 2 + ((y - CENTRE[1]) / 300) ** 2) ** 0.5


def _middle(rect: Rect) -> tuple[float, float]:
    x, y = at((rect.x0 + rect.x1) / 2, (rect.y0 + rect.y1) / 2)
    return x / 10, y / 10


def kinds(dice: Dice, rects: list[Rect], *, quiet: bool) -> list[str]:
    """What each lot holds; the four round the crossing first, as `lots` gives them."""
    middle = (_calm_middle if quiet else _busy_middle)(dice, rects[:4])
    outer = sorted(rects[4:], key=lambda rect: rect.x0 - rect.y0)
    taken = [kind for kind in middle if kind in _ONCE]
    chosen = dict(zip(outer, _outskirts(dice, outer, taken, quiet=quiet), strict=True))
    return middle + [chosen[rect] for rect in rects[4:]]


def _busy_middle(dice: Dice, rects: list[Rect]) -> list[str]:
    """The landmark stands left or right of the crossing, where no crop cuts its top; the lot in
    front stays low, so that the crossing is seen.
    """
    left, *between, right = sorted(range(4), key=lambda i: rects[i].x0 - rects[i].y0)
    rear, front = sorted(between, key=lambda i: rects[i].x0 + rects[i].y0)
    landmark, beside = (left, right) if dice.chance(0.5) else (right, left)
    works, offices = ("factory", dice.pick(("campus", "blocks")))
    if dice.chance(0.5):
        works, offices = offices, works
    chosen = {
        landmark: "headquarters",
        beside: works,
        rear: offices,
        front: dice.pick(("green", "parking", "warehouse", "green")),
    }
    return [chosen[i] for i in range(4)]


def _calm_middle(dice: Dice, rects: list[Rect]) -> list[str]:
    """One hall, one office, a park, and nothing to hide them in front."""
    found = dice.shuffled(["campus", "green", "factory"])
    front = max(range(4), key=lambda i: rects[i].x0 + rects[i].y0)
    found.insert(front, dice.pick(("woods", "sports", "green")))
    return found


def _outskirts(dice: Dice, rects: list[Rect], taken: list[str], *, quiet: bool) -> list[str]:
    """Built and open lots take turns from left to right; on the rim all are open."""
    turn = 5 if quiet else 2
    built = ["warehouse", "parking", "factory"]
    if not quiet:
        built += ["campus", "tanks", "site" if dice.chance(0.3) else "tanks"]
    built = dice.shuffled(built)
    meadows = dice.shuffled(
        kind for kind in ("field", "woods", "green", "sports") if kind not in taken
    )
    found = []
    start = dice.whole(0, turn - 1)
    for i, rect in enumerate(rects):
        x, y = _middle(rect)
        inside = 0 < x < PICTURE[0] and 0 < y < PICTURE[1]
        supply = built if inside and (i + start) % turn == 0 else meadows
        kind = supply.pop(0)
        room_for_crane = 100 < x < PICTURE[0] - 100 and 150 < y < PICTURE[1] - 100
        found.append("factory" if kind == "site" and not room_for_crane else kind)
        if kind not in _ONCE:
            supply.append(kind)
    return found


def build(sheet: Sheet, *, quiet: bool) -> list[Thing]:
    """Everything that stands, in painting order; what lies on the ground goes to the sheet."""
    dice = sheet.dice
    town = plan(dice)
    rects = lots(town)
    groups: list[Group] = []
    for rect, kind in zip(rects, kinds(dice, rects, quiet=quiet), strict=True):
        sheet.start_lot()
        grade = max(0.0, 1 - distance(rect)) * (0.3 if quiet else 1)
        KINDS[kind](sheet, Lot(rect.inset(17), dice.chance(0.5), grade))
        outdoors.avenue(sheet, rect.inset(7), _grand_sides(town, rect))
        groups.append(Group(rect, sheet.things))
    groups += _traffic(sheet, town, groups, 3 if quiet else 7)
    _lay_streets(sheet, town)
    return [
        thing
        for group in back_to_front(groups)
        for thing in back_to_front(group.things)
        if thing.in_view()
    ]


def _grand_sides(town: Town, rect: Rect) -> str:
    """The sides of a lot that lie on a main street or the canal: see outdoors.avenue."""
    sides = ""
    for street in town.xs:
        if street.half > LANE:
            sides += "w" * (rect.x0 == street.at + street.half)
            sides += "e" * (rect.x1 == street.at - street.half)
    for street in town.ys:
        if street.half > LANE:
            sides += "n" * (rect.y0 == street.at + street.half)
            sides += "s" * (rect.y1 == street.at - street.half)
    return sides


def _traffic(sheet: Sheet, town: Town, built: list[Group], count: int) -> list[Group]:
    """Up to `count` cars on the main streets, where no building hides them."""
    dice, (x, y) = sheet.dice, town.centre
    sheet.start_lot()
    sheet.things = [thing for lot in built for thing in lot.things]
    standing = len(sheet.things)
    for _ in range(count):
        along, lane = dice.pick("xy"), dice.pick((-6, 6))
        way = dice.whole(30, 140) * dice.pick((-1, 1))
        spot = (x + way, y + lane) if along == "x" else (x + lane, y + way)
        if not sheet.is_hidden(*spot):
            outdoors.put_car(sheet, *spot, along)
    return [Group(car.rect, [car]) for car in sheet.things[standing:]]


def _lay_streets(sheet: Sheet, town: Town) -> None:
    ink = sheet.ink
    lanes, mains, canal, bridges = "", "", "", ""
    for streets, others, run, along in (
        (town.xs, town.ys, "M{} -900v1800", "y"), (town.ys, town.xs, "M-900 {}h1800", "x")
    ):  # fmt: skip
        for street in streets:
            data = run.format(street.at)
            if street.half == CANAL:
                canal = data
                bridges = "".join(_bridge(street, other, along) for other in others)
            elif street.half == MAIN:
                mains += data
            else:
                lanes += data
    sheet.line(canal, ink.bank, 2 * CANAL)
    sheet.line(canal, ink.water, 2 * CANAL - 7)
    sheet.ground.append(
        f'<path d="{bridges}" stroke="{ink.shade}" stroke-opacity=".2" stroke-width="7"/>'
    )
    sheet.line(lanes, ink.road, 2 * LANE)
    sheet.line(mains, ink.road, 2 * MAIN)
    sheet.line(mains, ink.mark, 1.4, "9 8")
    x, y = town.centre
    sheet.ground.append(
        f'<path fill="{ink.road}" d="M{x - 12} {y - 24}h24v48h-24zM{x - 24} {y - 12}h48v24h-48z"/>'
    )
    stripes = (
        f"M{x - 10} {y - 19}h21M{x - 10} {y + 19}h21M{x - 19} {y - 10}v21M{x + 19} {y - 10}v21"
    )
    sheet.line(stripes, ink.mark, 8, "2.4 2.2")
    if sheet.dark:
        _light(sheet, town)


def _light(sheet: Sheet, town: Town) -> None:
    """Pools of lamplight along the main streets, on alternate sides."""
    x, y = town.centre
    side = MAIN + 4
    for i, way in enumerate(range(-560, 600, 80)):
        turn = side if i % 2 else -side
        for px, py in ((x + way, y + turn), (x + turn, y + way)):
            if Thing(Rect(px, py, px, py).inset(-30), "").in_view():
                sheet.ground.append(f'<use href="#o" x="{px}" y="{py}"/>')


def _bridge(canal: Street, road: Street, along: str) -> str:
    """The shadow a bridge throws on the water, on the side away from the light."""
    start = canal.at - CANAL + 3
    if along == "x":
        return f"M{road.at + road.half + 2} {start}v{2 * CANAL - 6}"
    return f"M{start} {road.at - road.half - 2}h{2 * CANAL - 6}"
