"""The form of a space: what looks wrong is asked about, what nobody knows stays open."""

from decimal import Decimal

import pytest
from desk_forms import at_the_desk, errors, page_of, send, words
from factories import a_park, a_person, a_space

from parks.models import Space

pytestmark = pytest.mark.django_db
PRICE = {"valid_until": "2099-12-31"}


@pytest.fixture
def space():
    return a_space(a_park())


@pytest.fixture
def desk(client):
    return at_the_desk(client, a_person(role="站长"))


def test_a_rent_that_looks_monthly_is_asked_about(desk, space):
    answer = send(desk, page_of(space), rent_cny_m2_day="15", **PRICE)
    assert errors(answer) == {"rent_cny_m2_day": ["looks_monthly"]}
    assert "合 0.49 元/㎡/天" in words(answer)


def test_a_person_can_say_that_it_is_meant_by_the_day(desk, space):
    send(desk, page_of(space), rent_cny_m2_day="15", sure_of_rent="on", **PRICE)
    assert Space.objects.get().rent_cny_m2_day == Decimal(15)


def test_what_was_said_once_is_not_asked_again(desk, space):
    send(desk, page_of(space), rent_cny_m2_day="15", sure_of_rent="on", **PRICE)
    assert send(desk, page_of(space), note_zh="朝南").status_code == 302


def test_no_crane_is_not_the_same_as_nobody_knows(desk, space):
    assert Space.objects.get().has_crane is None
    send(desk, page_of(space), has_crane="false")
    assert Space.objects.get().has_crane is False
    answer = send(desk, page_of(space), cranes="5t×1", has_crane="false")
    assert errors(answer) != {}
    send(desk, page_of(space), cranes="5t×1", has_crane="unknown")
    assert Space.objects.get().has_crane is True


def test_who_only_looks_is_not_asked(client, space):
    answer = at_the_desk(client, a_person(role="招商专员")).get(page_of(space))
    assert answer.status_code == 200
    assert "租金确实是每天的价" not in words(answer)
