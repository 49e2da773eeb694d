"""The parks nearest to one: by coordinates, or of the same district where it has none."""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import F, FloatField
from django.db.models.functions import Cast

from .models import Park
from .places import distance_km

NEAREST = 3
# The flat order of the database can differ from the sphere's only between almost equal distances.
_LOOKED_AT = 8


@dataclass(frozen=True)
class Nearby:
    """Another park; ``km`` is the straight line to one decimal, None without coordinates."""

    park: Park
    km: Decimal | None


def nearest(park: Park) -> list[Nearby]:
    """At most three published parks, nearest first: one query."""
    others = (
        Park.objects.published()
        .exclude(pk=park.pk)
        .only("slug", "sort_key", "name_zh", "name_en", "region_code", "town_zh", "town_en",
              "latitude", "longitude")
    )  # fmt: skip
    if park.latitude is None:
        same = others.filter(region_code=park.region_code).order_by("sort_key", "id")
        return [Nearby(one, None) for one in same[:NEAREST]]
    shrink = math.cos(math.radians(park.latitude)) ** 2
    north = Cast(F("latitude"), FloatField()) - float(park.latitude)
    east = Cast(F("longitude"), FloatField()) - float(park.longitude)
    placed = others.filter(latitude__isnull=False)
    closest = placed.order_by(north * north + east * east * shrink, "sort_key", "id")
    measured = [
        (distance_km(*map(float, (park.latitude, park.longitude, one.latitude, one.longitude))),
         one)
        for one in closest[:_LOOKED_AT]
    ]  # fmt: skip
    measured.sort(key=lambda pair: (pair[0], pair[1].sort_key))
    tenth = Decimal("0.1")
    return [
        Nearby(one, Decimal(km).quantize(tenth, ROUND_HALF_UP)) for km, one in measured[:NEAREST]
    ]
