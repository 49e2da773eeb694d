"""The finder against an oracle: random inventories, random searches, every count by hand."""

import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
import time_machine
from django.utils import timezone
from factories import a_park, a_space, an_industry

from parks import finder_counts, finder_query, regions
from parks.finder import SORTS, Search
from parks.models import Industry, Park, ParkIndustry, Space

pytestmark = pytest.mark.django_db
NOW = "2026-06-01 04:00Z"
TODAY = date(2026, 6, 1)
DISTRICTS = ("310114", "310112", "310118")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def an_inventory(seed):
    chance = random.Random(seed)  # noqa: S311 - a test's choice
    parks = [a_park(slug=f"p{n}", region_code=chance.choice(DISTRICTS)) for n in range(6)]
    for park in parks:
        for name in chance.sample(["氢能", "汽车", "医疗"], chance.randrange(3)):
            an_industry(park, name, chance.choice(ParkIndustry.Stance.values))
    Park.objects.filter(slug="p5").update(taken_down_at=timezone.now())
    for n in range(90):
        a_random_space(chance, parks, n)
    return chance


def a_random_space(chance, parks, n):
    def maybe(*values):
        return chance.choice([None, *values])

    area = Decimal(chance.choice(["180", "200", "499.99", "500", "1000", "1400", "5000", "12000"]))
    rent = maybe("0.5", "0.8", "0.95", "1", "1.5", "2.4")
    crane = chance.random()
    whole = chance.random() < 0.2
    space = a_space(
        chance.choice(parks),
        code=f"s{n}",
        slug=f"s{n}",
        area_gross_m2=area,
        min_divisible_m2=chance.choice([None, None, min(area, Decimal(300))]),
        uses=chance.sample(Space.Use.values, chance.randrange(3)),
        form=chance.choice(["", *Space.Form.values]),
        rent_cny_m2_day=rent and Decimal(rent),
        valid_until=TODAY + timedelta(days=chance.choice([-1, 0, 90])) if rent else None,
        storey_height_m=maybe("4", "6", "8", "8.5"),
        floor_load_t_m2=maybe("0.8", "1", "2", "3"),
        power_kva=maybe(100, 200, 400, 900),
        cranes=[{"t": chance.choice([2, 5, 10.5]), "count": 1}] if crane < 0.3 else [],
        has_crane=True if crane < 0.4 else False if crane < 0.6 else None,
        is_whole_building=whole,
        floor=None if whole else maybe(-1, 1, 3),
        fire_class=chance.choice(["", *"ABCDE"]),
        eia=chance.choice(["", "yes", "light", "no"]),
        available_from=maybe(*(TODAY + timedelta(days=d) for d in (0, 1, 92, 93, 183, 300))),
        state=chance.choice(["lettable", "lettable", "lettable", "let"]),
        publish_at=chance.choice([timezone.now(), timezone.now() - timedelta(days=n), None]),
    )
    age = chance.choice([None, 0, 29, 89, 90, 91])
    if age is not None:
        Space.objects.filter(pk=space.pk).update(checked_at=timezone.now() - timedelta(days=age))


def a_random_search(chance):
    asked = {}
    industries = list(Industry.objects.values_list("pk", flat=True)) or [0]
    choices = {
        "use": lambda: chance.sample(Space.Use.values, 2),
        "form": lambda: chance.sample(Space.Form.values, 3),
        "district": lambda: [chance.choice(DISTRICTS)],
        "industry": lambda: [str(chance.choice(industries))],
        "park": lambda: [f"p{chance.randrange(6)}", "p1"],
        "area_min": lambda: chance.choice(["200", "500", "1000"]),
        "area_max": lambda: chance.choice(["1000", "5000"]),
        "rent_max": lambda: chance.choice(["0.8", "1", "1.5"]),
        "height_min": lambda: chance.choice(["4.5", "6", "8"]),
        "load_min": lambda: chance.choice(["1", "2"]),
        "power_min": lambda: chance.choice(["200", "400"]),
        "crane_min": lambda: chance.choice(["3", "10"]),
        "ground": lambda: "yes",
        "fire": lambda: chance.choice("ABCDE"),
        "eia": lambda: chance.choice(["yes", "light"]),
        "from": lambda: chance.choice(["now", "3m", "6m"]),
        "by": lambda: chance.choice(["2026-08-01", "2026-06-01"]),
    }
    for name in chance.sample(sorted(choices), chance.randrange(5)):
        asked[name] = choices[name]()
    return Search.parse(asked)


# --- the oracle: one space, one facet, in plain Python: True, False or None for unknown ----------


def judge(search, facet, space):
    return getattr(Oracle, facet)(search, space)


def least(value, wanted):
    return None if value is None else value >= wanted


class Oracle:
    @staticmethod
    def use(search, space):
        return bool(set(search.use) & set(space.uses)) if space.uses else None

    @staticmethod
    def form(search, space):
        return space.form in search.form if space.form else None

    @staticmethod
    def district(search, space):
        return space.park.region_code in search.district

    @staticmethod
    def park(search, space):
        return space.park.slug in search.park

    @staticmethod
    def industry(search, space):
        rows = space.park.industries.all()
        asked = set(search.industry)
        if any(row.industry_id in asked and row.stance != "excluded" for row in rows):
            return True
        out = {row.industry_id for row in rows if row.stance == "excluded"}
        return False if asked <= out else None

    @staticmethod
    def area(search, space):
        low = space.min_divisible_m2 or space.area_gross_m2
        wants_less = search.area_max is not None and low > search.area_max
        wants_more = search.area_min is not None and space.area_gross_m2 < search.area_min
        return not (wants_less or wants_more)

    @staticmethod
    def rent(search, space):
        if space.rent_cny_m2_day is None or (space.valid_until and space.valid_until < TODAY):
            return None
        return space.rent_cny_m2_day <= search.rent_max

    @staticmethod
    def height(search, space):
        return least(space.storey_height_m, search.height_min)

    @staticmethod
    def load(search, space):
        return least(space.floor_load_t_m2, search.load_min)

    @staticmethod
    def power(search, space):
        return least(space.power_kva, search.power_min)

    @staticmethod
    def crane(search, space):
        if space.has_crane is False:
            return False
        strongest = max((Decimal(str(one["t"])) for one in space.cranes), default=None)
        return least(strongest, search.crane_min)

    @staticmethod
    def ground(search, space):
        if space.is_whole_building:
            return True
        return None if space.floor is None else space.floor == 1

    @staticmethod
    def fire(search, space):
        return space.fire_class <= search.fire if space.fire_class else None

    @staticmethod
    def eia(search, space):
        if not space.eia:
            return None
        return space.eia == "yes" or (space.eia == "light" and search.eia == "light")

    @staticmethod
    def from_(search, space):
        by = search.available_by(TODAY)
        return space.available_from is None or space.available_from <= by


setattr(Oracle, "from", Oracle.from_)


def offered():
    limit = timezone.now() - timedelta(days=90)
    return [
        space
        for space in Space.objects.select_related("park")
        if space.is_published()
        and space.state == "lettable"
        and (space.checked_at or space.created_at) > limit
    ]


def fits(search, space, but=""):
    return all(judge(search, facet, space) is not False for facet in search.facets if facet != but)


@pytest.mark.parametrize("seed", range(6))
def test_the_list_and_every_count_are_those_of_the_oracle(seed):
    chance = an_inventory(seed)
    spaces = offered()
    for _ in range(8):
        search = a_random_search(chance)
        found = finder_query.run(search)
        expected = {space.pk for space in spaces if fits(search, space)}
        assert found.total == len(expected), search.query_string()
        assert everything(search) == expected
        assert set(search.spaces().values_list("pk", flat=True)) == expected
        counted(search, found, spaces)


def counted(search, found, spaces):
    for facet in finder_counts.facets_of(found):
        left = [space for space in spaces if fits(search, space, but=facet.name)]
        for option in facet.options:
            one = Search.parse({name: [value] if facet.kind == "several" else value
                                for name, value in option.params})  # fmt: skip
            number = sum(judge(one, facet.name, space) is True for space in left)
            assert option.count == number, (search.query_string(), facet.name, option.label)


def everything(search, sort="fit"):
    keys, after = [], ""
    while True:
        found = finder_query.run(search, sort, after)
        keys += found.keys
        if not found.next_key:
            break
        after = found.next_key
    assert len(keys) == len(set(keys))
    return set(keys)


@pytest.mark.parametrize("sort", SORTS)
def test_no_space_is_missed_or_met_twice_from_page_to_page(sort, monkeypatch):
    an_inventory(99)
    monkeypatch.setattr(finder_query, "PAGE", 5)
    assert everything(Search.parse({}), sort) == {space.pk for space in offered()}


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("area", lambda space: space.area_gross_m2),
        ("-area", lambda space: -space.area_gross_m2),
        ("newest", lambda space: -space.publish_at.timestamp()),
        ("rent", lambda space: space.shown_rent or 10**6),
        ("-rent", lambda space: -(space.shown_rent or -(10**6))),
        ("checked", lambda space: -space.checked_at.timestamp() if space.checked_at else 0),
    ],
    ids=["area", "-area", "newest", "rent", "-rent", "checked"],
)
def test_a_list_stands_in_its_order_what_is_unknown_last(sort, key):
    an_inventory(7)
    rows = Space.objects.in_bulk(finder_query.run(Search.parse({}), sort).keys)
    values = [key(rows[pk]) for pk in finder_query.run(Search.parse({}), sort).keys]
    assert all(one <= other for one, other in pairwise(values))


def test_what_is_least_to_be_confirmed_stands_first():
    park = a_park()
    unknown = a_space(park)
    met = a_space(park, storey_height_m=8)
    assert finder_query.run(Search.parse({"height_min": "8"})).keys == [met.pk, unknown.pk]


@pytest.mark.parametrize("key", ["x", "1_2", "1_2_3_4", "1e9_2_3", "1_2_" + "9" * 30, "１_2_3"])
def test_a_key_nobody_was_handed_is_not_found(key):
    from django.http import Http404

    with pytest.raises(Http404):
        finder_query.run(Search.parse({}), "fit", key)


def test_districts_are_counted_by_their_parks():
    a_space(a_park(region_code="310114"))
    found = finder_query.run(Search.parse({}))
    (district,) = [one for one in finder_counts.facets_of(found) if one.name == "district"]
    assert [(o.label, o.count) for o in district.options] == [(regions.name("310114"), 1)]
