"""The finder's page: each state is an address, and what is wrong in one is said."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from factories import a_park, a_space, an_industry
from lxml import html

from parks.models import Space

pytestmark = pytest.mark.django_db


def page(client, path):
    response = client.get(path)
    assert response.status_code == 200, path
    return html.fromstring(response.content.decode())


def shown(tree):
    return [a.text_content() for a in tree.xpath("//li[@class='result']//h3/a")]


def test_what_meets_the_search_is_listed_with_the_facts_asked_about(client):
    park = a_park()
    a_space(park, code="高的", storey_height_m=9)
    a_space(park, code="不知道的")
    a_space(park, code="矮的", storey_height_m=4)
    tree = page(client, "/spaces/?height_min=8")
    assert shown(tree) == ["高的", "不知道的"]
    facts = [" ".join(one.text_content().split()) for one in tree.find_class("result-facts")]
    assert facts[0].startswith("层高9 m")
    assert facts[1].startswith("层高待确认")


def test_numbers_are_in_the_units_of_the_address(client):
    park = a_park()
    a_space(park, code="大的", area_gross_m2=2500)
    a_space(park, code="小的", area_gross_m2=1900)
    assert shown(page(client, "/spaces/?area_min=3&area_unit=mu")) == ["大的"]


def test_the_switch_of_units_keeps_what_is_asked(client):
    a_space(a_park(), area_gross_m2=2500)
    tree = page(client, "/spaces/?area_min=2000&sort=area")
    (mu,) = tree.xpath("//nav[@class='units']//a[normalize-space()='亩']/@href")
    assert mu == "/spaces/?area_min=3&sort=area&area_unit=mu"
    (back,) = page(client, mu).xpath("//nav[@class='units']//a[normalize-space()='㎡']/@href")
    assert back == "/spaces/?area_min=2000&sort=area"


@pytest.mark.parametrize(
    "query",
    [
        "area_min=很多", "area_min=-1", "rent_max=nan", "height_min=1e999", "area_min=5&area_max=2",
        "by=2026-02-30", "by=soon", "power_min=" + "9" * 400,
    ],
    ids=["words", "negative", "nan", "huge", "upside-down", "february", "soon", "long"],
)  # fmt: skip
def test_what_can_not_be_read_is_said_and_the_rest_is_answered(client, query):
    a_space(a_park(), code="有")
    tree = page(client, f"/spaces/?{query}")
    wrong = tree.find_class("error")
    assert len(wrong) == 1
    assert shown(tree) == ["有"]


@pytest.mark.parametrize(
    "query",
    [
        "use=x&form=%27&district=999&industry=a&industry=99999999999999999999&park=../..",
        "sort=drop&from=%27&by=&area_unit=acre&fire=Z&eia=no&ground=1&crane_min[]=1",
        "&".join(f"use=production{n}" for n in range(60)),
        "use=production&use=production&unknown=1",
    ],
    ids=["junk", "wrong", "many", "twice"],
)
def test_what_the_finder_does_not_know_is_ignored(client, query):
    a_space(a_park(), code="有", uses=["production"])
    assert shown(page(client, f"/spaces/?{query}")) == ["有"]


def test_a_key_nobody_was_handed_is_not_found(client):
    assert client.get("/spaces/?after=1").status_code == 404


def test_an_empty_list_says_which_condition_keeps_spaces_out(client):
    a_space(a_park(), storey_height_m=5, floor_load_t_m2=3)
    tree = page(client, "/spaces/?height_min=8&load_min=2")
    offered = [
        " ".join(li.text_content().split()) for li in tree.xpath("//div[@class='finder-none']//li")
    ]
    assert offered == ["不要求“层高 ≥ 8 m” 1"]
    (link,) = tree.xpath("//div[@class='finder-none']//li/a/@href")
    assert len(shown(page(client, link))) == 1


def test_each_condition_can_be_taken_off_again(client):
    a_space(a_park(), storey_height_m=9, uses=["production"])
    tree = page(client, "/spaces/?height_min=8&use=production")
    links = tree.xpath("//ul[@class='finder-chips']//a/@href")
    assert links == ["/spaces/?height_min=8", "/spaces/?use=production"]


def test_what_nobody_confirmed_for_ninety_days_is_gone(client):
    space = a_space(a_park(), code="旧的")
    a_space(a_park(), code="新的")
    old = timezone.now() - timedelta(days=90)
    Space.objects.filter(pk=space.pk).update(checked_at=old)
    assert shown(page(client, "/spaces/")) == ["新的"]


def test_thin_pages_are_not_indexed_and_sorting_makes_no_page_of_its_own(client):
    a_space(a_park())
    tree = page(client, "/spaces/?height_min=8&load_min=1&power_min=100&sort=area")
    assert tree.xpath("//meta[@name='robots']/@content") == ["noindex, follow"]
    (canonical,) = tree.xpath("//link[@rel='canonical']/@href")
    assert canonical.endswith("/spaces/?height_min=8&load_min=1&power_min=100")
    assert page(client, "/spaces/?height_min=8").xpath("//meta[@name='robots']") == []


def test_the_number_of_queries_is_the_same_for_one_space_and_for_many(client):
    park = a_park()
    an_industry(park)
    a_space(park)
    path = "/spaces/?height_min=1&use=production&district=310114"
    client.get(path)
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    for n in range(40):
        other = a_park() if n % 4 == 0 else park
        an_industry(other, f"产业{n}") if n % 4 == 0 else None
        a_space(other, storey_height_m=n % 9 + 3)
    with CaptureQueriesContext(connection) as many:
        client.get(path)
    assert len(many) == len(few) <= 12
    passes = [q["sql"] for q in many if "string_agg" in q["sql"]]
    assert len(passes) == 1


def test_english_pages_are_complete(client):
    park = a_park(name_en="Some Park")
    a_space(park, code="1号楼", storey_height_m=9, rent_cny_m2_day="1", valid_until="2099-01-01")
    tree = page(client, "/en/spaces/?height_min=8&area_unit=sqft")
    facts = tree.find_class("result-facts")[0].text_content()
    assert "sq ft" in facts
    assert "Some Park" in tree.text_content()


def test_the_drawing_stands_beside_the_same_list(client):
    placed = a_park(slug="here", latitude="31.3", longitude="121.2")
    a_space(placed, code="画出来的", storey_height_m=9)
    a_space(a_park(name_zh="没坐标的"), code="没画的", storey_height_m=9)
    tree = page(client, "/spaces/?height_min=8&view=map")
    assert set(shown(tree)) == {"画出来的", "没画的"}
    links = tree.xpath("//figure//*[local-name()='a']/@href")
    assert "/spaces/?height_min=8&park=here" in links
    assert "没坐标的" in tree.text_content()
    assert shown(page(client, links[0])) == ["画出来的"]
