"""A drawing of where things lie, from coordinates alone: no base map, no boundary of anything.

Marks for parks, stations and motorway exits, labels for districts, straight lines with their
kilometres, a scale bar and a north arrow. It is a drawing by coordinates and says so; the list
beside it tells the same.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from . import regions
from .models import Park, TransportLink
from .places import distance_km

WIDTH, HEIGHT, MARGIN = 360.0, 300.0, 44.0
MOST_PARKS = 60
_FONT, _LINE = 12.0, 15.0
_LONGEST = 14  # characters of a label
_KM_A_DEGREE = 111.195
_LEAST_KM = 1.0
# Approximate seats of districts, to two decimals: they place a label, nothing more.
SEATS = {
    "310101": (31.23, 121.48), "310104": (31.19, 121.44), "310105": (31.22, 121.42),
    "310106": (31.23, 121.45), "310107": (31.25, 121.40), "310109": (31.26, 121.50),
    "310110": (31.26, 121.53), "310112": (31.11, 121.38), "310113": (31.41, 121.49),
    "310114": (31.38, 121.27), "310115": (31.22, 121.54), "310116": (30.74, 121.34),
    "310117": (31.03, 121.23), "310118": (31.15, 121.12), "310120": (30.92, 121.47),
    "310151": (31.62, 121.40), "320500": (31.30, 120.59), "330300": (28.00, 120.70),
    "532300": (25.04, 101.55),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Something with coordinates (WGS-84). ``kind``: park, metro, motorway, …, district."""

    kind: str
    name: str
    latitude: float
    longitude: float
    url: str = ""
    km: float | None = None  # the straight line from the park


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float

    def meets(self, other: "Box") -> bool:
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


@dataclass(frozen=True, slots=True)
class Label:
    text: str
    box: Box
    place: Place


@dataclass
class Drawing:
    """``points`` in the drawing's units beside their places; ``labels`` never overlap."""

    points: list[tuple[Place, float, float]]
    labels: list[Label]
    km_a_unit: float
    hub: int | None = None
    unplaced: list[Park] = field(default_factory=list)

    @property
    def listed(self) -> list[Place]:
        """What the list under the drawing tells: all but the labels of districts."""
        return [place for place, _x, _y in self.points if place.kind != "district"]

    def svg(self) -> SafeString:
        return _svg(self)


def of_park(park: Park, links: Iterable[TransportLink]) -> Drawing | None:
    """One park and what has coordinates around it; None for a park without coordinates."""
    if park.latitude is None or park.longitude is None:
        return None
    here = float(park.latitude), float(park.longitude)
    around = []
    for link in links:
        if link.latitude is None or link.longitude is None:
            continue
        there = float(link.latitude), float(link.longitude)
        km = distance_km(*here, *there)
        around.append(Place(link.kind, link.name, *there, km=km))
    around.sort(key=lambda place: (place.km, place.name))
    drawing = _drawing([Place("park", park.name, *here), *around])
    drawing.hub = 0
    return drawing


def of_parks(rows: Iterable[tuple[Park, int]], address: str = "") -> Drawing | None:
    """Parks with the number of their spaces; None where none has coordinates.

    Marks lead to ``address`` with ``park=<slug>``, or without it to the park. More than
    MOST_PARKS are
    gathered by a grid.
    """
    placed, unplaced = [], []
    for park, count in rows:
        if park.latitude is None or park.longitude is None:
            unplaced.append(park)
            continue
        join = "&" if "?" in address else "?"
        url = f"{address}{join}park={park.slug}" if address else park.get_absolute_url()
        name = f"{park.name} {count}" if count else park.name
        placed.append(Place("park", name, float(park.latitude), float(park.longitude), url))
    if not placed:
        return None
    drawing = _drawing(_gathered(placed) if len(placed) > MOST_PARKS else placed)
    drawing.unplaced = unplaced
    return drawing


def _gathered(places: list[Place], cells: int = 7) -> list[Place]:
    """One place for each cell of a grid, in the middle of those it stands for."""
    lats = [place.latitude for place in places]
    lngs = [place.longitude for place in places]
    low_lat, low_lng = min(lats), min(lngs)
    step_lat = (max(lats) - low_lat) / cells or 1.0
    step_lng = (max(lngs) - low_lng) / cells or 1.0
    grid: dict[tuple[int, int], list[Place]] = {}
    for place in places:
        cell = (
            min(cells - 1, int((place.latitude - low_lat) / step_lat)),
            min(cells - 1, int((place.longitude - low_lng) / step_lng)),
        )
        grid.setdefault(cell, []).append(place)
    return [_middle(grid[cell]) for cell in sorted(grid)]


def _middle(places: list[Place]) -> Place:
    if len(places) == 1:
        return places[0]
    lat = sum(place.latitude for place in places) / len(places)
    lng = sum(place.longitude for place in places) / len(places)
    return Place("cluster", _("%(n)s 个园区") % {"n": len(places)}, lat, lng)


def _drawing(places: list[Place]) -> Drawing:
    """Local equirectangular projection about the middle, north up."""
    lats = [place.latitude for place in places]
    lngs = [place.longitude for place in places]
    lat0, lng0 = (min(lats) + max(lats)) / 2, (min(lngs) + max(lngs)) / 2
    east = _KM_A_DEGREE * math.cos(math.radians(lat0))

    def km(lat: float, lng: float) -> tuple[float, float]:
        return (lng - lng0) * east, (lat - lat0) * _KM_A_DEGREE

    spread = [km(place.latitude, place.longitude) for place in places]
    km_wide = max(_LEAST_KM, 2 * max(abs(x) for x, _y in spread))
    km_high = max(_LEAST_KM, 2 * max(abs(y) for _x, y in spread))
    unit = max(km_wide / (WIDTH - 2 * MARGIN), km_high / (HEIGHT - 2 * MARGIN))
    points = []
    for place in [*places, *_districts()]:
        x, y = km(place.latitude, place.longitude)
        at_x, at_y = WIDTH / 2 + x / unit, HEIGHT / 2 - y / unit
        inside = 8 <= at_x <= WIDTH - 8 and 8 <= at_y <= HEIGHT - 8
        if place.kind != "district" or inside:
            points.append((place, at_x, at_y))
    return Drawing(points, _labelled(points), unit)


def _districts() -> list[Place]:
    return [
        Place("district", regions.name(code), *SEATS[code])
        for code in SEATS
        if code in regions.REGIONS
    ]


def _labelled(points: list[tuple[Place, float, float]]) -> list[Label]:
    """Greedy: each label takes the first free spot about its mark, or is left to the list."""
    taken = [Box(x - 6, y - 6, 12, 12) for place, x, y in points if place.kind != "district"]
    # The corners of the scale bar and the north arrow are taken too.
    taken += [Box(0, HEIGHT - 30, 130, 30), Box(WIDTH - 30, 0, 30, 36)]
    made = []
    for place, x, y in points:
        text = place.name if len(place.name) <= _LONGEST else f"{place.name[: _LONGEST - 1]}…"
        if place.km is not None:
            text = f"{text} {place.km:.1f} km"
        for box in _spots(x, y, _width(text), place.kind == "district"):
            if _inside(box) and not any(box.meets(other) for other in taken):
                taken.append(box)
                made.append(Label(text, box, place))
                break
    return made


def _spots(x: float, y: float, width: float, is_area: bool) -> Iterable[Box]:
    if is_area:
        yield Box(x - width / 2, y - _LINE / 2, width, _LINE)
        return
    yield Box(x + 8, y - _LINE / 2, width, _LINE)
    yield Box(x - 8 - width, y - _LINE / 2, width, _LINE)
    yield Box(x - width / 2, y - 8 - _LINE, width, _LINE)
    yield Box(x - width / 2, y + 8, width, _LINE)
    for up in (-_LINE, 0):
        yield Box(x + 5, y + up, width, _LINE)
        yield Box(x - 5 - width, y + up, width, _LINE)


def _width(text: str) -> float:
    return sum(_FONT if ord(char) > 0x2E7F else _FONT * 0.62 for char in text) + 4


def _inside(box: Box) -> bool:
    return box.x >= 0 and box.y >= 0 and box.x + box.width <= WIDTH and box.y + box.height <= HEIGHT


def _scale(km_a_unit: float) -> tuple[float, float]:
    """(kilometres, length) of a round scale bar of at most 90 units."""
    most = km_a_unit * 90
    power = 10 ** math.floor(math.log10(most))
    km = max(step * power for step in (1, 2, 5) if step * power <= most)
    return km, km / km_a_unit


def _svg(drawing: Drawing) -> SafeString:
    km, length = _scale(drawing.km_a_unit)
    title = _("示意图，按坐标绘制，非地图")
    names = "、".join(place.name for place in drawing.listed[:12])
    return format_html(
        '<svg class="schematic" viewBox="0 0 {} {}" role="group" aria-label="{}">'
        "<title>{}</title><desc>{}</desc>{}{}{}"
        '<g class="scale"><path d="M12 {y} v-5 v5 h{length} v-5"/>'
        '<text x="12" y="{ty}">{km} km</text></g>'
        '<g class="north"><path d="M{nx} 26 V8 l-4 7 m4 -7 l4 7"/>'
        '<text x="{nx}" y="35" text-anchor="middle">N</text></g></svg>',
        int(WIDTH), int(HEIGHT), title, title, names,
        _lines(drawing), _marks(drawing), _words(drawing),
        y=HEIGHT - 8, length=f"{length:.1f}", ty=HEIGHT - 15, km=f"{km:g}", nx=WIDTH - 15,
    )  # fmt: skip


def _lines(drawing: Drawing) -> SafeString:
    if drawing.hub is None:
        return format_html("")
    _hub, x0, y0 = drawing.points[drawing.hub]
    rows = [
        (f"{x0:.1f}", f"{y0:.1f}", f"{x:.1f}", f"{y:.1f}")
        for place, x, y in drawing.points
        if place.km is not None
    ]
    return format_html_join("", '<path class="way" d="M{} {} L{} {}"/>', rows)


def _marks(drawing: Drawing) -> SafeString:
    parts = []
    for place, x, y in drawing.points:
        if place.kind == "district":
            continue
        size = 6 if place.kind in {"park", "cluster"} else 4
        mark = format_html(
            '<circle class="mark {}" cx="{}" cy="{}" r="{}"/>',
            place.kind, f"{x:.1f}", f"{y:.1f}", size,
        )  # fmt: skip
        if place.url:
            mark = format_html('<a href="{}" aria-label="{}">{}</a>', place.url, place.name, mark)
        parts.append((mark,))
    return format_html_join("", "{}", parts)


def _words(drawing: Drawing) -> SafeString:
    rows = [
        (label.place.kind, f"{label.box.x + 2:.1f}", f"{label.box.y + 11.5:.1f}", label.text)
        for label in drawing.labels
    ]
    return format_html_join("", '<text class="word {}" x="{}" y="{}">{}</text>', rows)
