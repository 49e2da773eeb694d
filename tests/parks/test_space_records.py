"""What state and price a space had from when on: written whichever way it is saved."""

from decimal import Decimal

import pytest
import time_machine

from parks.models import Space, SpaceRecord
from tests.factories import a_park, a_space

pytestmark = pytest.mark.django_db


def told(space):
    rows = SpaceRecord.objects.filter(space=space).order_by("at", "id")
    return [(row.state, row.rent_cny_m2_day) for row in rows]


def test_a_new_space_has_a_first_record():
    space = a_space(a_park(), rent_cny_m2_day="0.9", valid_until="2027-01-01")
    assert told(space) == [("lettable", Decimal("0.900"))]


def test_each_change_of_price_or_state_is_written_once():
    with time_machine.travel("2026-03-01 02:00Z", tick=False):
        space = a_space(a_park(), rent_cny_m2_day="0.9", valid_until="2027-01-01")
    with time_machine.travel("2026-04-01 02:00Z", tick=False):
        space = Space.objects.get(pk=space.pk)
        space.state = Space.State.RESERVED
        space.save()
        space.save()
    assert told(space) == [("lettable", Decimal("0.900")), ("reserved", Decimal("0.900"))]
    newest = SpaceRecord.objects.filter(space=space).first()
    assert newest.at.isoformat() == "2026-04-01T02:00:00+00:00"


def test_a_bulk_update_is_written_too():
    space = a_space(a_park(), rent_cny_m2_day="0.9", valid_until="2027-01-01")
    Space.objects.filter(pk=space.pk).update(rent_cny_m2_day="1.1")
    assert told(space) == [("lettable", Decimal("0.900")), ("lettable", Decimal("1.100"))]


def test_what_has_no_price_leaves_no_record():
    space = a_space(a_park())
    Space.objects.filter(pk=space.pk).update(note_zh="朝南")
    assert len(told(space)) == 1
