"""The facets of a space: the database's text is the one parks/facets.py describes."""

import random
from decimal import Decimal

import pytest

from parks import facets
from parks.models import Space
from tests.factories import a_park, a_space

pytestmark = pytest.mark.django_db
EDGES = {
    "area_gross_m2": facets.AREA_EDGES,
    "rent_cny_m2_day": facets.RENT_EDGES,
    "storey_height_m": facets.HEIGHT_EDGES,
    "floor_load_t_m2": facets.LOAD_EDGES,
    "power_kva": facets.POWER_EDGES,
}


def expected(space):
    """The text written out by hand, from the row's own values."""
    letters = [facets.UNKNOWN] * facets.WIDTH
    if space.form:
        letters[facets.FORM] = chr(ord("a") + facets.FORMS.index(space.form))
    bits = sum(1 << n for n, use in enumerate(facets.USES) if use in space.uses)
    letters[facets.USE] = chr(facets.FIRST_USES + bits) if bits else facets.UNKNOWN
    low = space.min_divisible_m2 or space.area_gross_m2
    letters[facets.AREA_LOW] = facets.class_of(low, facets.AREA_EDGES)
    letters[facets.AREA_HIGH] = facets.class_of(space.area_gross_m2, facets.AREA_EDGES)
    letters[facets.RENT] = facets.class_of(space.rent_cny_m2_day, facets.RENT_EDGES)
    letters[facets.HEIGHT] = facets.class_of(space.storey_height_m, facets.HEIGHT_EDGES)
    letters[facets.LOAD] = facets.class_of(space.floor_load_t_m2, facets.LOAD_EDGES)
    letters[facets.POWER] = facets.class_of(space.power_kva, facets.POWER_EDGES)
    strongest = max((Decimal(str(one["t"])) for one in space.cranes), default=None)
    letters[facets.CRANE] = (
        facets.NO_CRANE
        if space.has_crane is False
        else facets.class_of(strongest, facets.CRANE_EDGES)
    )
    ground = True if space.is_whole_building else space.floor and space.floor == 1
    letters[facets.GROUND] = {True: "y", False: "n", None: "?"}[ground]
    letters[facets.FIRE] = space.fire_class or facets.UNKNOWN
    letters[facets.EIA] = facets.EIA_LETTERS.get(space.eia, facets.UNKNOWN)
    return "".join(letters)


def near_an_edge(chance, edges):
    edge = Decimal(chance.choice(edges))
    return edge + chance.choice([Decimal("-0.1"), Decimal(0), Decimal("0.1")])


def a_random_space(chance, park, n):
    whole = chance.random() < 0.2
    cranes = [{"t": chance.choice([2.8, 3, 5, 10.5, 32, 50]), "count": 1} for _ in range(2)]
    has_crane = chance.choice([True, False, None])
    fields = {
        "form": chance.choice(["", *facets.FORMS]),
        "uses": chance.sample(facets.USES, chance.randrange(4)),
        "is_whole_building": whole,
        "floor": None if whole else chance.choice([None, -1, 1, 2]),
        "fire_class": chance.choice(["", *"ABCDE"]),
        "eia": chance.choice(["", "yes", "light", "no"]),
        "cranes": cranes if has_crane else [],
        "has_crane": has_crane,
    }
    for name, edges in EDGES.items():
        value = near_an_edge(chance, edges)
        if name != "area_gross_m2" and chance.random() < 0.25:
            value = None
        fields[name] = int(value) if name == "power_kva" and value is not None else value
    if chance.random() < 0.3:
        fields["min_divisible_m2"] = min(Decimal(500), fields["area_gross_m2"])
    return a_space(park, code=f"{n}", valid_until="2027-01-01", **fields)


@pytest.mark.parametrize("seed", range(4))
def test_the_databases_text_is_the_one_described(seed):
    chance, park = random.Random(seed), a_park()  # noqa: S311 - a test's choice
    spaces = [a_random_space(chance, park, n) for n in range(60)]
    stored = dict(Space.objects.values_list("pk", "facets"))
    for space in spaces:
        row = Space.objects.get(pk=space.pk)
        assert stored[space.pk] == expected(row), row


def test_every_choice_has_its_letter():
    assert list(facets.FORMS) == Space.Form.values
    assert list(facets.USES) == Space.Use.values
    assert list(facets.EIA_LETTERS) == Space.Eia.values


def test_an_update_that_passes_the_model_by_is_seen():
    space = a_space(a_park(), storey_height_m="8")
    Space.objects.filter(pk=space.pk).update(storey_height_m=None)
    assert Space.objects.get(pk=space.pk).facets[facets.HEIGHT] == facets.UNKNOWN
