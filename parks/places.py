"""Places by coordinates: distances, and the two shifted datums of Chinese web maps.

Parks are kept in WGS-84. 高德 and 腾讯 draw in GCJ-02, which moves every place in China by some
hundred metres; 百度 draws in BD-09, which moves it once more. The formulas are the public ones.
"""

import math
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from .models import Park

EARTH_KM = 6371.0088  # mean radius, IUGG
# Of the Krasovsky 1940 ellipsoid, on which GCJ-02 is computed.
_AXIS, _ECCENTRICITY = 6378245.0, 0.00669342162296594323
_BD_PI = math.pi * 3000 / 180


def distance_km(lat1: float, lng1: float, lat2: float, lng2: float) -> float:
    """Straight-line distance over the sphere, in km (haversine; within 0.5 % of the ellipsoid)."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half_lat, half_lng = (phi2 - phi1) / 2, math.radians(lng2 - lng1) / 2
    a = math.sin(half_lat) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lng) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(a)))


def in_china(lat: float, lng: float) -> bool:
    """The rectangle within which the maps shift; the formula knows no borders."""
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lng <= 137.8347


def to_gcj02(lat: float, lng: float) -> tuple[float, float]:
    """(latitude, longitude) as 高德 and 腾讯 draw them; outside China unchanged."""
    if not in_china(lat, lng):
        return lat, lng
    x, y = lng - 105.0, lat - 35.0
    phi = math.radians(lat)
    flat = 1 - _ECCENTRICITY * math.sin(phi) ** 2
    meridian = _AXIS * (1 - _ECCENTRICITY) / (flat * math.sqrt(flat)) * math.pi
    parallel = _AXIS / math.sqrt(flat) * math.cos(phi) * math.pi
    return lat + _north(x, y) * 180 / meridian, lng + _east(x, y) * 180 / parallel


def to_bd09(lat: float, lng: float) -> tuple[float, float]:
    """(latitude, longitude) as 百度 draws them; outside China unchanged."""
    if not in_china(lat, lng):
        return lat, lng
    y, x = to_gcj02(lat, lng)
    z = math.hypot(x, y) + 0.00002 * math.sin(y * _BD_PI)
    theta = math.atan2(y, x) + 0.000003 * math.cos(x * _BD_PI)
    return z * math.sin(theta) + 0.006, z * math.cos(theta) + 0.0065


def _waves(t: float, *terms: tuple[float, float]) -> float:
    return sum(size * math.sin(t * math.pi * rate) for size, rate in terms) * 2 / 3


def _north(x: float, y: float) -> float:
    """How many metres north the place is moved."""
    flat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    return flat + _waves(x, (20, 6), (20, 2)) + _waves(y, (20, 1), (40, 1 / 3), (160, 1 / 12),
                                                       (320, 1 / 30))  # fmt: skip


def _east(x: float, y: float) -> float:
    """How many metres east the place is moved."""
    flat = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    return flat + _waves(x, (20, 6), (20, 2), (20, 1), (40, 1 / 3), (150, 1 / 12), (300, 1 / 30))


@dataclass(frozen=True, slots=True)
class MapLink:
    """A plain link to a map service of others."""

    label: str
    url: str


def map_links(park: Park) -> list[MapLink]:
    """The park on 高德, 百度 and 腾讯, in the datum of each; none without coordinates."""
    if park.latitude is None or park.longitude is None:
        return []
    here = float(park.latitude), float(park.longitude)
    (lat, lng), (baidu_lat, baidu_lng) = to_gcj02(*here), to_bd09(*here)
    name, address = park.name_zh, park.address_zh or park.name_zh
    amap = urlencode({"position": f"{lng:.6f},{lat:.6f}", "name": name, "coordinate": "gaode"})
    baidu = urlencode({
        "location": f"{baidu_lat:.6f},{baidu_lng:.6f}", "title": name, "content": address,
        "coord_type": "bd09ll", "output": "html",
    })  # fmt: skip
    # A name may hold the marks that part the fields of a marker.
    clean = dict.fromkeys(";:", " ")
    title, addr = (text.translate(str.maketrans(clean)) for text in (name, address))
    tencent = urlencode({"marker": f"coord:{lat:.6f},{lng:.6f};title:{title};addr:{addr}"})
    return [
        MapLink(_("高德地图"), f"https://uri.amap.com/marker?{amap}"),
        MapLink(_("百度地图"), f"https://api.map.baidu.com/marker?{baidu}"),
        MapLink(_("腾讯地图"), f"https://apis.map.qq.com/uri/v1/marker?{tencent}"),
    ]
