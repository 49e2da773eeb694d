"""Coordinates as people paste them from a map, brought to WGS-84.

Chinese maps shift every place: 高德 and 腾讯 give GCJ-02, 百度 gives BD-09. The shift has no
closed inverse, so the place is found whose shift is the one pasted.
"""

import re
from collections.abc import Callable
from decimal import Decimal

from parkcms.language.widths import fold

from . import places

WGS84, GCJ02, BD09 = "wgs84", "gcj02", "bd09"
DATUMS = [(WGS84, "GPS（WGS-84）"), (GCJ02, "高德、腾讯（GCJ-02）"), (BD09, "百度（BD-09）")]
_PAIR = re.compile(
    r"\s*([+-]?\d{1,3}(?:\.\d{1,12})?)\s*[,，;；、\s]\s*([+-]?\d{1,3}(?:\.\d{1,12})?)\s*"
)
_STEPS = 20  # each step leaves less than a hundredth of the error


class PlaceError(ValueError):
    """The text is no pair of coordinates; the message is Chinese."""


def read(text: str, datum: str = WGS84) -> tuple[Decimal, Decimal]:
    """(latitude, longitude) in WGS-84 to six places, from two numbers in either order.

    Within China the greater number is the longitude (73–136° east, 3–54° north), so the order
    people paste in does not matter there. Raises PlaceError.
    """
    found = _PAIR.fullmatch(fold(text))
    if not found:
        raise PlaceError("写两个数，如“31.297500, 121.164200”。")
    lat, lng = float(found[1]), float(found[2])
    if 73 <= lat <= 136 and 3 <= lng <= 54:
        lat, lng = lng, lat
    if not (-90 <= lat <= 90 and -180 <= lng <= 180):
        raise PlaceError("纬度在 ±90、经度在 ±180 之内。")
    if datum == GCJ02:
        lat, lng = inverse(places.to_gcj02, lat, lng)
    elif datum == BD09:
        lat, lng = inverse(places.to_bd09, lat, lng)
    return _six(lat), _six(lng)


def inverse(
    shift: Callable[[float, float], tuple[float, float]], lat: float, lng: float
) -> tuple[float, float]:
    """The place that ``shift`` moves to (lat, lng), by fixed-point steps."""
    guess_lat, guess_lng = lat, lng
    for _ in range(_STEPS):
        shifted_lat, shifted_lng = shift(guess_lat, guess_lng)
        guess_lat, guess_lng = guess_lat + lat - shifted_lat, guess_lng + lng - shifted_lng
    return guess_lat, guess_lng


def _six(degrees: float) -> Decimal:
    return Decimal(f"{degrees:.6f}")
