"""The page of one space: every fact an engineer asks for, how sure it is, what it was before."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from . import availability, comparing, facts
from .models import Space, SpaceRecord
from .units import Units, address, switches

_OTHERS = 6
_RECORDS = 24


@dataclass(frozen=True, slots=True)
class Was:
    """What state and price were from a day on; ``rent`` in the chosen unit, '' for none."""

    record: SpaceRecord
    rent: str


@require_safe
def space(request: HttpRequest, slug: str, space: str) -> HttpResponse:
    """A public space, in the units of ``Units``; one that is no longer sure says so."""
    row = get_object_or_404(
        Space.objects.published().select_related(
            "park__cover", "park__contact__wechat_qr", "phase", "floor_plan", "source", "checked_by"
        ),
        park__slug=slug,
        slug=space,
    )
    units = Units.parse(request.GET)
    groups = facts.facts(row, units)
    return render(
        request,
        "parks/space.html",
        {
            "space": row,
            "park": row.park,
            "groups": groups,
            "head": {fact.key: fact for group in groups for fact in group.facts},
            "how_computed": facts.how_computed(row),
            "standing": row.standing,
            "is_gone": row.standing == availability.GONE,
            "is_offer": is_offer(row),
            "records": _records(row, units),
            "pictures": row.pictures.select_related("picture"),
            "others": _others(row),
            "contact": row.park.contact,
            "switches": switches(units, row.get_absolute_url(), []),
            "compare_url": address(
                reverse("parks:compare"), [("space", comparing.name_of(row))], units
            ),
        },
    )


def is_offer(space: Space) -> bool:
    """Whether machines may be told that this is offered at this price today."""
    return (
        space.state == Space.State.LETTABLE
        and space.standing != availability.GONE
        and space.shown_rent is not None
        and not space.is_sample
    )


def _records(space: Space, units: Units) -> list[Was]:
    """Newest first; a price stands here only as what it was, with the day it was good until."""
    today = timezone.localdate()
    made = []
    for record in space.records.all()[:_RECORDS]:
        # An expired price is not shown, here neither.
        valid = record.valid_until is None or record.valid_until >= today
        price = record.rent_cny_m2_day if valid else None
        made.append(Was(record, " ".join(units.rent(price)) if price is not None else ""))
    return made


def _others(space: Space) -> list[Space]:
    return list(
        Space.objects.offered()
        .filter(park=space.park)
        .exclude(pk=space.pk)
        .select_related("park")
        .order_by("code", "id")[:_OTHERS]
    )
