"""Every link on the site leads somewhere on it, and every place in a page it names is there."""

from urllib.parse import urldefrag, urljoin

import pytest
from crawling import crawl, links
from django.contrib.staticfiles import finders
from django.test import Client
from reading import parse

pytestmark = pytest.mark.django_db
# Asked for on purpose by the crawl; no page leads to them.
GONE = {
    "/no/such/page/",
    "/en/no/such/page/",
    "/articles/999999/",
    "/en/articles/3661/",
    "/media/pictures/00/no.jpg",
}


@pytest.fixture(scope="module")
def answers(demo):
    return crawl(Client())


@pytest.fixture(scope="module")
def pages(answers):
    """{address: document} of the pages people read, error pages too."""
    return {
        address: parse(answer)
        for address, answer in answers.items()
        if answer.headers.get("Content-Type", "").startswith("text/html")
        and answer.status_code != 301
    }


def test_no_link_on_the_site_is_dead(answers):
    dead = {a for a, answer in answers.items() if answer.status_code not in {200, 301}}
    assert dead == GONE


def test_redirects_lead_to_a_page_at_once(answers):
    for address, answer in answers.items():
        if answer.status_code == 301:
            assert answers[answer["Location"]].status_code == 200, address


def test_every_place_in_a_page_that_a_link_names_is_there(answers, pages, settings):
    origin = settings.PARKCMS_ORIGIN
    ids = {a: {e.get("id") for e in page.iter() if e.get("id")} for a, page in pages.items()}
    named = 0
    for address in pages:
        for link in links(answers[address]):
            whole, fragment = urldefrag(urljoin(origin + address, link))
            page = whole.removeprefix(origin)
            if fragment and page.startswith("/"):
                named += 1
                assert fragment in ids[page], f"{address} → {link}"
    assert named > 100


def test_no_id_stands_twice_on_a_page(pages):
    for address, page in pages.items():
        ids = [e.get("id") for e in page.iter() if e.get("id")]
        assert len(ids) == len(set(ids)), address


def test_every_style_sheet_script_and_picture_of_ours_is_there(answers):
    files = set()
    for answer in answers.values():
        if not answer.streaming:
            files |= {link for link in links(answer) if link.startswith("/static/")}
    assert len(files) > 8
    for file in files:
        assert finders.find(file.removeprefix("/static/")), file


def test_no_page_makes_the_browser_ask_another_host(pages):
    loading = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "srcset"}
    own = ("/", "http://127.0.0.1:8000/")
    for address, page in pages.items():
        for element in page.iter(*loading):
            value = element.get(loading[element.tag])
            assert value is None or (value.startswith(own) and not value.startswith("//")), address
        for element in page.iter():
            assert element.get("style") is None, address
            assert not [name for name in element.attrib if name.startswith("on")], address
            is_data = element.get("type") == "application/ld+json"
            assert element.tag != "style", address
            assert element.tag != "script" or element.get("src") or is_data, address


def test_every_page_has_one_heading_a_title_and_pictures_with_size_and_alternative(pages):
    for address, page in pages.items():
        assert len(page.xpath("//h1")) == 1, address
        assert page.findtext(".//title").strip(), address
        for image in page.iter("img"):
            assert image.get("alt") is not None, address
            assert int(image.get("width")) > 0, address
            assert int(image.get("height")) > 0, address
