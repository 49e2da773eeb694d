"""Feeds are well-formed, give titles, summaries and whole addresses, and no text of others."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
from factories import LONG_AGO, a_category, an_article
from reading import xml

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}link"


@pytest.fixture(autouse=True)
def origin(settings):
    settings.PARKCMS_ORIGIN = "https://www.example.cn"


def items(response):
    return [{child.tag: child.text for child in item} for item in xml(response).iter("item")]


def test_a_feed_tells_title_summary_address_and_time(client):
    shelf = a_category(name_zh="选址", slug="site")
    article = an_article(title="甲", summary_zh="说甲。", body="<p>全文</p>", category=shelf)
    (item,) = items(client.get("/articles/feed.xml", headers={"host": "localhost"}))
    moment = parsedate_to_datetime(item.pop("pubDate"))
    assert moment == LONG_AGO
    assert item == {
        "title": "甲",
        "link": f"https://www.example.cn/articles/{article.pk}/",
        "description": "说甲。",
        "guid": f"https://www.example.cn/articles/{article.pk}/",
        "category": "选址",
    }


def test_no_body_is_given_away(client):
    an_article(body="<p>全文不外传</p>", summary_zh="摘要")
    assert "全文不外传" not in client.get("/articles/feed.xml").content.decode()


@pytest.mark.parametrize(
    ("address", "home", "language"),
    [
        ("/articles/feed.xml", "/articles/", "zh-cn"),
        ("/en/articles/feed.xml", "/en/articles/", "en"),
        ("/articles/category/site/feed.xml", "/articles/category/site/", "zh-cn"),
        ("/en/articles/category/site/feed.xml", "/en/articles/category/site/", "en"),
    ],
)
def test_a_feed_says_whose_it_is_and_where_it_stands(client, address, home, language):
    a_category(slug="site")
    answer = client.get(address)
    assert answer["Content-Type"] == "application/rss+xml; charset=utf-8"
    channel = xml(answer).find("channel")
    assert channel.findtext("link") == f"https://www.example.cn{home}"
    assert channel.find(ATOM).get("href") == f"https://www.example.cn{address}"
    assert channel.findtext("language") == language
    assert channel.findtext("title")


def test_the_twenty_newest_are_in_it_newest_first(client):
    rows = [an_article(publish_at=LONG_AGO + timedelta(days=n)) for n in range(25)]
    links = [item["link"] for item in items(client.get("/articles/feed.xml"))]
    assert links == [f"https://www.example.cn/articles/{a.pk}/" for a in rows[:4:-1]]


def test_a_categorys_feed_has_its_own_only(client):
    an_article(title="甲", category=a_category(slug="site"))
    an_article(title="乙", category=a_category())
    got = items(client.get("/articles/category/site/feed.xml"))
    assert [item["title"] for item in got] == ["甲"]


def test_an_english_feed_has_what_has_an_english_side(client):
    one = an_article(title="甲", title_en="A", summary_en="About A.")
    an_article(title="乙")
    (item,) = items(client.get("/en/articles/feed.xml"))
    assert (item["title"], item["description"]) == ("A", "About A.")
    assert item["link"] == f"https://www.example.cn/en/articles/{one.pk}/"


def test_marks_and_control_characters_leave_it_well_formed(client):
    shelf = a_category(name_zh="甲\x0b<乙>", slug="site")
    an_article(
        title='a < b & "c" ]]> \x0b\x1f\ufffe',
        summary_zh="<script>alert(1)</script>\x0c&amp;",
        publisher="报\x08社",
        rights="public",
        category=shelf,
    )
    for address in ("/articles/feed.xml", "/articles/category/site/feed.xml"):
        (item,) = items(client.get(address))
        assert item["title"].startswith('a < b & "c" ]]>')
        assert item["description"] == "<script>alert(1)</script> &amp;"


def test_an_empty_site_has_an_empty_feed(client):
    assert items(client.get("/articles/feed.xml")) == []


def test_an_unknown_category_has_none(client):
    assert client.get("/articles/category/nothing/feed.xml").status_code == 404
