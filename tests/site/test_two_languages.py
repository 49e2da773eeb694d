"""Every page in two languages, at two addresses; on an English one no Chinese stands unmarked."""

import re

import pytest
from crawling import crawl
from django.test import Client
from reading import HAN, every, one, parse, unmarked, words

from articles.models import Article
from parkcms.models import OwnersText

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def pages(demo):
    """{address: document} of every page on the site."""
    return {
        address: parse(answer)
        for address, answer in crawl(Client()).items()
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html")
    }


def test_a_page_says_its_language_in_head_and_header(demo, client):
    for address, language, header in (("/", "zh-Hans", "zh-hans"), ("/en/", "en", "en")):
        answer = client.get(address)
        assert parse(answer).get("lang") == language
        assert answer["Content-Language"] == header


def test_every_chinese_page_but_articles_stands_in_english_too(pages):
    for address, page in pages.items():
        if address.startswith("/en/") or "?" in address:
            continue
        switch = one(page, "a.switch").get("href")
        if re.fullmatch(r"/articles/\d+/", address):
            continue
        assert switch == f"/en{address}"
        assert switch in pages


def test_the_switch_of_an_english_page_leads_back(pages):
    for address, page in pages.items():
        if address.startswith("/en/") and "?" not in address:
            assert one(page, "a.switch").get("href") == address.removeprefix("/en")


def test_languages_point_at_each_other_and_at_the_chinese_as_default(pages, settings):
    origin = settings.PARKCMS_ORIGIN
    for address, page in pages.items():
        links = {e.get("hreflang"): e.get("href") for e in every(page, "link[hreflang]")}
        if not links:
            continue
        path = address.partition("?")[0]
        chinese = path.removeprefix("/en") if path.startswith("/en/") else path
        assert links == {
            "zh-Hans": origin + chinese,
            "en": f"{origin}/en{chinese}",
            "x-default": origin + chinese,
        }
        assert {chinese, f"/en{chinese}"} <= {a.partition("?")[0] for a in pages}


def test_an_article_without_english_summary_has_no_english_page(demo, client):
    for article in Article.objects.filter(summary_en=""):
        assert client.get(f"/en/articles/{article.pk}/").status_code == 404
        page = parse(client.get(f"/articles/{article.pk}/"))
        assert every(page, "link[hreflang]") == []
        assert one(page, "a.switch").get("href") == "/en/articles/"


def test_an_article_with_one_has_and_the_switch_leads_to_it(demo, client):
    article = Article.objects.exclude(summary_en="").get()
    page = parse(client.get(f"/articles/{article.pk}/"))
    assert one(page, "a.switch").get("href") == f"/en/articles/{article.pk}/"
    english = parse(client.get(f"/en/articles/{article.pk}/"))
    assert len(every(english, "link[hreflang]")) == 3
    assert one(english, ".prose.body").get("lang") == "zh-Hans"


def test_no_chinese_stands_unmarked_on_an_english_page(pages):
    english = {a: page for a, page in pages.items() if a.startswith("/en/")}
    assert len(english) > 30
    assert {a: unmarked(page) for a, page in english.items() if unmarked(page)} == {}


def test_the_search_for_unmarked_chinese_can_find_some(client):
    page = parse(client.get("/"))
    page.set("lang", "en")
    assert len(unmarked(page)) > 20


def test_english_pages_have_english_titles_and_descriptions(pages):
    allowed = re.compile(r"/en/parks/[\w-]+/spaces/|/en/search/")
    for address, page in pages.items():
        if address.startswith("/en/") and not allowed.match(address):
            assert not HAN.search(page.findtext(".//title")), address
            for meta in every(page, "meta[content]"):
                told = meta.get("property", "") + meta.get("content")
                # A medium's and an author's name are what they are.
                assert not HAN.search(told) or told.startswith("article:"), address


def test_the_owners_pages_stand_in_both(demo, client):
    for key in OwnersText.Key.values:
        text = OwnersText.objects.current(key).get()
        assert words(one(parse(client.get(f"/{key}/")), "h1")) == text.title_zh
        assert words(one(parse(client.get(f"/en/{key}/")), "h1")) == text.title_en


@pytest.mark.parametrize("header", ["en", "zh-CN", "de", "en-US,en;q=0.5", "*", "x" * 5000])
def test_no_header_decides_the_language(demo, client, header):
    assert parse(client.get("/", headers={"accept-language": header})).get("lang") == "zh-Hans"
    assert parse(client.get("/en/", headers={"accept-language": header})).get("lang") == "en"


def test_errors_speak_the_language_of_their_address(client):
    assert parse(client.get("/nowhere/")).get("lang") == "zh-Hans"
    english = parse(client.get("/en/nowhere/"))
    assert english.get("lang") == "en"
    assert unmarked(english) == []
