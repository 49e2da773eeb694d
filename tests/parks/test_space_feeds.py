"""A feed for each search and each park: what fits, newest first, under addresses that stay."""

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
import time_machine
from factories import a_milestone, a_park, a_space

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}link"
NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(settings):
    settings.PARKCMS_ORIGIN = "https://www.example.cn"
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def channel_of(answer):
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/rss+xml; charset=utf-8"
    return ElementTree.fromstring(answer.content).find("channel")  # noqa: S314 - our own


def titles(answer):
    return [item.findtext("title") for item in channel_of(answer).iter("item")]


def ids(answer):
    return [item.findtext("guid") for item in channel_of(answer).iter("item")]


def test_a_search_has_its_own_feed_under_its_canonical_address(client):
    park = a_park(name_zh="甲园")
    a_space(park, code="1-1", uses=["storage"])
    a_space(park, code="2-1", uses=["rnd"])
    answer = client.get("/spaces/feed.xml?nothing=1&area_min=500&use=storage&area_max=x")
    assert titles(answer) == ["甲园 1-1"]
    channel = channel_of(answer)
    tail = "?use=storage&area_min=500"
    assert channel.find(ATOM).get("href") == f"https://www.example.cn/spaces/feed.xml{tail}"
    assert channel.findtext("link") == f"https://www.example.cn/spaces/{tail}"


def test_an_entry_keeps_its_id_until_price_or_state_changes(client, clock):
    space = a_space()
    first = ids(client.get("/spaces/feed.xml"))
    clock.shift(3600)
    space.code = "改名"
    space.save()
    assert ids(client.get("/spaces/feed.xml")) == first
    clock.shift(3600)
    space.rent_cny_m2_day, space.valid_until = "1.1", "2026-12-31"
    space.save()
    (second,) = ids(client.get("/spaces/feed.xml"))
    assert second == f"https://www.example.cn{space.get_absolute_url()}#20261125T040000"


def test_thirty_are_in_it(client):
    park = a_park()
    for _ in range(33):
        a_space(park)
    assert len(ids(client.get("/spaces/feed.xml"))) == 30


def test_the_same_bytes_come_twice(client):
    a_space()
    one, two = (client.get("/spaces/feed.xml") for _ in range(2))
    assert one.content == two.content


def test_a_parks_feed_has_its_spaces_and_what_happened(client):
    park = a_park(name_zh="甲园", slug="jia")
    a_space(park, code="1-1")
    a_space(code="9-9")
    a_milestone(park, title_zh="开园", happened="2025-06")
    got = titles(client.get("/parks/jia/feed.xml"))
    assert got == ["甲园 1-1", "甲园 · 开园"]


def test_a_park_nobody_sees_has_none(client):
    a_park(slug="draft", publish_at=None)
    assert client.get("/parks/draft/feed.xml").status_code == 404


def test_marks_and_control_characters_leave_it_well_formed(client):
    a_space(a_park(name_zh="甲<园>&"), code="a\x0b<b>")
    assert titles(client.get("/spaces/feed.xml")) == ["甲<园>& a <b>"]


def test_the_english_feed_leads_to_english_pages(client):
    space = a_space()
    channel = channel_of(client.get("/en/spaces/feed.xml"))
    assert channel.findtext("language") == "en"
    assert channel.find("item").findtext("link") == (
        f"https://www.example.cn/en{space.get_absolute_url()}"
    )
