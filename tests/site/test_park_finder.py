"""The list of parks with conditions: every list and every number against a count by hand."""

import random
from decimal import Decimal

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from factories import a_park, a_source, a_space, an_industry
from lxml import html

from parks import park_finder
from parks.finder_counts import AREAS
from parks.models import Industry, ParkIndustry, Space

pytestmark = pytest.mark.django_db
DISTRICTS = ("310114", "310112", "310118")
LEVELS = ("", "district", "town", "national")


def page(client, path):
    response = client.get(path)
    assert response.status_code == 200, path
    return html.fromstring(response.content.decode())


def shown(tree):
    return [a.text_content() for a in tree.xpath("//article[@class='park-card']//h3/a")]


def numbers(tree, facet):
    return {
        " ".join(li.text_content().split()).rpartition(" ")[0]: int(
            li.xpath(".//span[@class='count']")[0].text_content()
        )
        for li in tree.xpath(f"//fieldset[@id='facet-{facet}']//li")
    }


def an_inventory(seed):
    """What each park is, told in plain Python beside the rows."""
    chance = random.Random(seed)  # noqa: S311 - a test's choice
    known = {}
    for n in range(9):
        level, proven = chance.choice(LEVELS), chance.random() < 0.5
        park = a_park(
            slug=f"p{n}", region_code=chance.choice(DISTRICTS), level=level,
            level_source=a_source() if proven else None,
        )  # fmt: skip
        stances = {
            name: chance.choice(ParkIndustry.Stance.values)
            for name in chance.sample(["氢能", "汽车", "医疗"], chance.randrange(3))
        }
        for name, stance in stances.items():
            an_industry(park, name, stance)
        spaces = []
        for _space in range(chance.randrange(4)):
            uses = chance.sample(Space.Use.values, chance.randrange(3))
            area = chance.choice([300, 500, 900, 1000, 2500, 12000])
            least = chance.choice([None, None, 200])
            offered = chance.random() < 0.8
            a_space(
                park, uses=uses, area_gross_m2=area, min_divisible_m2=least,
                state="lettable" if offered else "let",
            )  # fmt: skip
            if offered:
                spaces.append((uses, area, least))
        known[park.slug] = {
            "region": park.region_code,
            "level": level if proven or level != "national" else "",
            "wanted": {name for name, stance in stances.items() if stance != "excluded"},
            "silent": not stances,
            "spaces": spaces,
        }
    return chance, known


def a_query(chance):
    industries = list(Industry.objects.order_by("pk").values_list("pk", flat=True)) or [0]
    choices = {
        "district": lambda: chance.sample(DISTRICTS, 2),
        "industry": lambda: [str(chance.choice(industries))],
        "level": lambda: [chance.choice(LEVELS[1:])],
        "use": lambda: chance.sample(Space.Use.values, 2),
        "area_min": lambda: [chance.choice(["500", "1000"])],
        "area_max": lambda: [chance.choice(["1000", "5000"])],
        "spaces": lambda: ["yes"],
    }
    query = QueryDict(mutable=True)
    for name in chance.sample(sorted(choices), chance.randrange(5)):
        query.setlist(name, choices[name]())
    return query


# --- the oracle: one park at a time ---------------------------------------------------------------


def is_use(uses, asked):
    return not asked or not uses or bool(set(uses) & set(asked))


def is_area(area, least, low, high):
    return (low is None or area >= low) and (high is None or (least or area) <= high)


def meets(park, query, names, but=""):
    def asked(name):
        return [] if name == but else query.getlist(name)

    wanted = {names[int(pk)] for pk in asked("industry") if int(pk) in names}
    low, high = (
        None if but == "area" or not query.get(name) else Decimal(query[name])
        for name in ("area_min", "area_max")
    )
    fits = any(
        is_use(uses, asked("use")) and is_area(area, least, low, high)
        for uses, area, least in park["spaces"]
    )
    needs = bool(asked("use")) or low is not None or high is not None
    return (
        (not asked("district") or park["region"] in asked("district"))
        and (not asked("industry") or park["silent"] or bool(wanted & park["wanted"]))
        and (not asked("level") or not park["level"] or park["level"] in asked("level"))
        and (not asked("spaces") or bool(park["spaces"]))
        and (fits or not needs)
    )


def count_by_hand(known, query, names, facet, option):
    others = [park for park in known.values() if meets(park, query, names, but=facet)]
    value = option.value
    if facet == "district":
        return sum(park["region"] == value for park in others)
    if facet == "industry":
        return sum(names[int(value)] in park["wanted"] for park in others)
    if facet == "level":
        return sum(park["level"] == value for park in others)
    if facet == "spaces":
        return sum(bool(park["spaces"]) for park in others)
    low, high = (query.get(name) and Decimal(query[name]) for name in ("area_min", "area_max"))
    if facet == "use":
        return sum(
            any(value in uses and is_area(area, least, low or None, high or None)
                for uses, area, least in park["spaces"])
            for park in others
        )  # fmt: skip
    ends = dict(option.params)
    low, high = (ends.get(name) and Decimal(ends[name]) for name in ("area_min", "area_max"))
    return sum(
        any(is_use(uses, query.getlist("use")) and is_area(area, least, low, high)
            for uses, area, least in park["spaces"])
        for park in others
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_lists_and_numbers_are_those_of_a_count_by_hand(seed):
    chance, known = an_inventory(seed)
    names = dict(Industry.objects.values_list("pk", "name_zh"))
    for _turn in range(12):
        query = a_query(chance)
        found = park_finder.find(park_finder.ParkSearch.parse(query))
        expected = [slug for slug, park in known.items() if meets(park, query, names)]
        assert sorted(park.slug for park in found.those()) == expected, query.urlencode()
        told, counted = {}, {}
        for facet in park_finder.facets_of(found):
            for option in facet.options:
                key = (facet.name, option.params)
                told[key] = option.count
                counted[key] = count_by_hand(known, query, names, facet.name, option)
        assert told == counted, query.urlencode()


def test_every_facet_is_there_with_its_options(client):
    park = a_park(level="town")
    an_industry(park, "氢能")
    a_space(park, uses=["production"], area_gross_m2=1500)
    tree = page(client, "/parks/")
    assert numbers(tree, "district") == {"嘉定区": 1}
    assert numbers(tree, "industry") == {"氢能": 1}
    assert numbers(tree, "level")["镇级"] == 1
    assert numbers(tree, "spaces") == {"有可租空间": 1}
    assert numbers(tree, "use")["生产"] == 1
    assert list(numbers(tree, "area").values()) == [0, 0, 1, 0, 0, 0]
    assert len(numbers(tree, "area")) == len(AREAS)


def test_use_and_area_are_asked_of_one_and_the_same_space(client):
    apart = a_park(name_zh="分开的")
    a_space(apart, uses=["production"], area_gross_m2=300)
    a_space(apart, uses=["office"], area_gross_m2=3000)
    a_space(a_park(name_zh="一处的"), uses=["production"], area_gross_m2=3000)
    assert shown(page(client, "/parks/?use=production&area_min=2000")) == ["一处的"]


def test_what_is_not_known_stays_in_and_is_counted_apart(client):
    a_park(name_zh="没写的")
    an_industry(a_park(name_zh="氢能的"), "氢能")
    an_industry(a_park(name_zh="汽车的"), "汽车")
    key = Industry.objects.get(name_zh="氢能").pk
    tree = page(client, f"/parks/?industry={key}")
    assert sorted(shown(tree)) == ["氢能的", "没写的"]
    (words,) = tree.xpath("//fieldset[@id='facet-industry']/p[@class='facet-unknown']")
    assert words.text_content() == "另有 1 个园区没写，留在结果里待确认"


def test_a_title_without_its_document_is_no_level(client):
    a_park(name_zh="自称的", level="national")
    a_park(name_zh="有文的", level="national", level_source=a_source())
    assert numbers(page(client, "/parks/"), "level")["国家级"] == 1


def test_each_condition_can_be_taken_off_again(client):
    a_space(a_park(level="town"), uses=["production"])
    tree = page(client, "/parks/?use=production&level=town&spaces=yes")
    assert tree.xpath("//ul[@class='finder-chips']//a/@href") == [
        "/parks/?level=town&spaces=yes",
        "/parks/?use=production&spaces=yes",
        "/parks/?use=production&level=town",
    ]


def test_pages_go_on_with_the_same_conditions(client):
    for n in range(30):
        a_park(name_zh=f"园{n:02}", slug=f"k{n:02}", level="town")
        a_park(name_zh=f"别{n:02}", slug=f"o{n:02}", level="district")
    first = page(client, "/parks/?level=town")
    (link,) = first.xpath("//a[@rel='next']/@href")
    second = page(client, link)
    assert len(shown(first)) == 24
    assert sorted(shown(first) + shown(second)) == [f"园{n:02}" for n in range(30)]
    assert second.xpath("//nav[@class='more']/a/@href") == ["/parks/?level=town"]


@pytest.mark.parametrize(
    "query",
    ["district=1&industry=x&industry=99999999999&level=royal&use=sleep&spaces=no&x=1",
     "level=%0A&district=%27&area_unit=acre", "level=town&level=" + "a" * 3000],
    ids=["wrong", "bytes", "long"],
)  # fmt: skip
def test_what_is_no_value_is_ignored(client, query):
    a_park(name_zh="在", level="town")
    assert shown(page(client, f"/parks/?{query}")) == ["在"]


def test_an_area_that_can_not_be_read_is_said(client):
    a_park(name_zh="在")
    tree = page(client, "/parks/?area_min=很多")
    assert [p.text_content() for p in tree.find_class("error")] == ["“很多”不是数字。"]
    assert shown(tree) == ["在"]


def test_thin_pages_are_not_indexed(client):
    a_park()
    path = "/parks/?district=310114&level=town&spaces=yes"
    assert page(client, path).xpath("//meta[@name='robots']/@content") == ["noindex, follow"]
    assert page(client, "/parks/?level=town").xpath("//meta[@name='robots']") == []


def test_the_number_of_queries_is_the_same_for_one_park_and_for_many(client):
    path = "/parks/?district=310114&use=production&area_min=100"
    an_industry(a_park(), "氢能")
    a_space(a_park(), uses=["production"])
    client.get(path)
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    for n in range(30):
        park = a_park()
        an_industry(park, f"产业{n}")
        a_space(park, uses=["production"])
    with CaptureQueriesContext(connection) as many:
        client.get(path)
    assert len(few) == len(many) <= 12
