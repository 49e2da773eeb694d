"""What each condition means for a space: met, or not known. What is neither fails.

Unknown is not no: a fact nobody stated never puts a space out; it becomes "to confirm".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from .finder import Search
from .models import Park, ParkIndustry, Space

NEVER = Q(pk__in=[])
# Who needs only a registration form is served by a space where a full assessment is possible.
EIA_MET_BY = {"yes": ["yes"], "light": ["yes", "light"]}


@dataclass(frozen=True)
class Want:
    """One facet's condition: a space meets it, or what decides it is unknown."""

    meets: Q
    unknown: Q = NEVER


@dataclass(frozen=True)
class ParkFacts:
    """What the finder knows of a public park: its industries by stance."""

    pk: int
    slug: str
    name_zh: str
    name_en: str
    region_code: str
    wanted: frozenset[int]  # leading or encouraged
    excluded: frozenset[int]


def public_parks(now: datetime | None = None) -> list[ParkFacts]:
    """All public parks with their industries: two queries."""
    wanted: dict[int, set[int]] = {}
    excluded: dict[int, set[int]] = {}
    for park, industry, stance in ParkIndustry.objects.order_by().values_list(
        "park_id", "industry_id", "stance"
    ):
        side = excluded if stance == ParkIndustry.Stance.EXCLUDED else wanted
        side.setdefault(park, set()).add(industry)
    rows = Park.objects.published(now).values_list(
        "pk", "slug", "name_zh", "name_en", "region_code"
    )
    none: frozenset[int] = frozenset()
    return [
        ParkFacts(*row, frozenset(wanted.get(row[0], none)), frozenset(excluded.get(row[0], none)))
        for row in rows
    ]


def wants(search: Search, parks: Iterable[ParkFacts], today: date) -> dict[str, Want]:
    """``{facet: Want}`` of everything that is asked."""
    made = {
        "use": _use(search),
        "form": search.form and Want(Q(form__in=search.form), Q(form="")),
        "area": _area(search),
        "rent": _rent(search, today),
        "height": _at_least("storey_height_m", search.height_min),
        "load": _at_least("floor_load_t_m2", search.load_min),
        "power": _at_least("power_kva", search.power_min),
        "crane": search.crane_min is not None
        and Want(
            Q(crane_max_t__gte=search.crane_min),
            # Somebody may have said that there is one, and not how strong it is.
            Q(crane_max_t=None) & (Q(has_crane=None) | Q(has_crane=True)),
        ),
        "ground": search.ground
        and Want(Q(is_whole_building=True) | Q(floor=1), Q(is_whole_building=False, floor=None)),
        # A to E from the most dangerous down: a space takes its class and all behind it.
        "fire": search.fire
        and Want(Q(fire_class__gt="", fire_class__lte=search.fire), Q(fire_class="")),
        "eia": search.eia and Want(Q(eia__in=EIA_MET_BY[search.eia]), Q(eia="")),
        "from": search.from_
        and Want(Q(available_from=None) | Q(available_from__lte=search.available_by(today))),
        **_of_parks(search, list(parks)),
    }  # fmt: skip
    return {name: made[name] for name in search.facets if made.get(name)}


def fitting(search: Search, now: datetime | None = None) -> QuerySet[Space]:
    """Offered spaces that no condition puts out."""
    now = now or timezone.now()
    rows = Space.objects.offered(now)
    parks = public_parks(now) if {"district", "industry", "park"} & set(search.facets) else []
    for want in wants(search, parks, timezone.localdate(now)).values():
        rows = rows.filter(want.meets | want.unknown)
    return rows


def _at_least(name: str, least: Any) -> Want | None:
    return None if least is None else Want(Q(**{f"{name}__gte": least}), Q(**{name: None}))


def _use(search: Search) -> Want | None:
    return Want(Q(uses__overlap=list(search.use)), Q(uses=[])) if search.use else None


def _area(search: Search) -> Want | None:
    """A space that can be divided covers all areas from its smallest part up."""
    if search.area_min is None and search.area_max is None:
        return None
    meets = Q()
    if search.area_min is not None:
        meets &= Q(area_gross_m2__gte=search.area_min)
    if search.area_max is not None:
        least = Q(min_divisible_m2__lte=search.area_max)
        meets &= least | Q(min_divisible_m2=None, area_gross_m2__lte=search.area_max)
    return Want(meets)


def _rent(search: Search, today: date) -> Want | None:
    if search.rent_min is None and search.rent_max is None:
        return None
    valid = Q(valid_until=None) | Q(valid_until__gte=today)
    meets = valid & Q(rent_cny_m2_day__isnull=False)
    if search.rent_min is not None:
        meets &= Q(rent_cny_m2_day__gte=search.rent_min)
    if search.rent_max is not None:
        meets &= Q(rent_cny_m2_day__lte=search.rent_max)
    return Want(meets, Q(rent_cny_m2_day=None) | Q(valid_until__lt=today))


def _of_parks(search: Search, parks: list[ParkFacts]) -> dict[str, Want]:
    made = {}
    if search.district:
        made["district"] = _in(park.pk for park in parks if park.region_code in search.district)
    if search.park:
        made["park"] = _in(park.pk for park in parks if park.slug in search.park)
    if search.industry:
        asked = set(search.industry)
        silent = [p.pk for p in parks if not asked & p.wanted and not asked <= p.excluded]
        made["industry"] = Want(
            _in(park.pk for park in parks if asked & park.wanted).meets, Q(park__in=silent)
        )
    return made


def _in(keys: Iterable[int]) -> Want:
    return Want(Q(park__in=list(keys)))
