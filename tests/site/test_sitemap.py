"""The sitemap and robots.txt: what search engines are shown, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from factories import LONG_AGO, a_category, a_park, a_space, a_tag, an_article
from reading import xml

from articles.models import Article
from parkcms import sitemaps
from parkcms.models import OwnersText
from parks.models import Park

pytestmark = pytest.mark.django_db
NS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
ORIGIN = "https://www.example.cn"


@pytest.fixture(autouse=True)
def origin(settings):
    settings.PARKCMS_ORIGIN = ORIGIN


def entries(client, part):
    """{path: (last change, {language: path})} of one file."""
    found = {}
    for url in xml(client.get(f"/sitemap-{part}.xml")).findall("s:url", NS):
        others = {
            link.get("hreflang"): link.get("href").removeprefix(ORIGIN)
            for link in url.findall("x:link", NS)
        }
        address = url.findtext("s:loc", namespaces=NS)
        assert address.startswith(f"{ORIGIN}/")
        assert address.removeprefix(ORIGIN) not in found
        changed = url.findtext("s:lastmod", default="", namespaces=NS)
        found[address.removeprefix(ORIGIN)] = changed, others
    return found


def part_of(row):
    """The number of the file a row stands in; ids go on from test to test."""
    return row.pk // sitemaps.SPAN


def index(client):
    root = xml(client.get("/sitemap.xml"))
    return [e.text for e in root.findall("s:sitemap/s:loc", NS)]


def everything(client):
    found = {}
    for address in index(client):
        part = address.removeprefix(f"{ORIGIN}/sitemap-").removesuffix(".xml")
        found |= entries(client, part)
    return found


def test_the_index_names_every_part_once_and_each_is_there(client):
    article, space = an_article(), a_space(a_park())
    ranges = {"articles": article, "parks": space.park, "spaces": space}
    parts = [f"{kind}-{n}" for kind, row in ranges.items() for n in range(part_of(row) + 1)]
    assert index(client) == [f"{ORIGIN}/sitemap-{part}.xml" for part in ("pages", *parts)]
    for address in index(client):
        answer = client.get(address.removeprefix(ORIGIN))
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/xml; charset=utf-8"


def test_an_empty_site_has_pages_only(client):
    assert index(client) == [f"{ORIGIN}/sitemap-pages.xml"]
    assert client.get("/sitemap-articles-0.xml").status_code == 404


def test_articles_are_cut_by_ranges_of_ids(client):
    first = an_article()
    part = part_of(first)
    edge = an_article(pk=sitemaps.SPAN * (part + 2))
    last = an_article(pk=sitemaps.SPAN * (part + 3) - 1)
    beyond = an_article(pk=sitemaps.SPAN * (part + 3))
    assert len(index(client)) == 1 + part + 4
    for number, rows in ((0, [first]), (1, []), (2, [edge, last]), (3, [beyond])):
        listed = list(entries(client, f"articles-{part + number}"))
        assert listed == [row.get_absolute_url() for row in rows]


@pytest.mark.parametrize("rights", Article.Rights.values)
def test_only_articles_whose_rights_are_clear_are_in_it(client, rights):
    article = an_article(rights=rights, publisher="某报")
    path = article.get_absolute_url()
    is_listed = path in everything(client)
    assert is_listed == (rights != "unverified")
    assert is_listed == (b'content="noindex"' not in client.get(path).content)


def test_what_is_not_live_is_not_in_it(client):
    hidden = [
        an_article(publish_at=None, rights=""),
        an_article(taken_down_at=LONG_AGO),
        an_article(expire_at=LONG_AGO + timedelta(days=1)),
        an_article(publish_at=timezone.now() + timedelta(days=1)),
        an_article(category=a_category(publish_at=None)),
    ]
    closed = a_park(publish_at=None)
    a_space(closed)
    a_space(a_park(taken_down_at=LONG_AGO))
    a_space(a_park(), publish_at=None)
    found = everything(client)
    assert not {row.get_absolute_url() for row in hidden} & set(found)
    assert [path for path in found if "/spaces/" in path and path.count("/") > 3] == []
    assert closed.get_absolute_url() not in found


def test_a_sample_space_is_not_in_it_and_a_real_one_is(client):
    park = a_park(slug="park")
    a_space(park, slug="sample", is_sample=True)
    space = a_space(park, slug="real")
    assert set(entries(client, f"spaces-{part_of(space)}")) == {
        "/parks/park/spaces/real/",
        "/en/parks/park/spaces/real/",
    }


def test_pages_in_two_languages_name_each_other(client):
    park = a_park(slug="park")
    found = entries(client, f"parks-{part_of(park)}")
    both = {"zh-Hans": "/parks/park/", "en": "/en/parks/park/"}
    assert {path: others for path, (_changed, others) in found.items()} == {
        "/parks/park/": both,
        "/en/parks/park/": both,
    }


def test_an_article_without_english_stands_there_in_chinese_alone(client):
    article = an_article()
    english = an_article(summary_en="In English.")
    found = {path: others for path, (_changed, others) in everything(client).items()}
    assert found[f"/articles/{article.pk}/"] == {}
    assert f"/en/articles/{article.pk}/" not in found
    assert found[f"/en/articles/{english.pk}/"]["zh-Hans"] == f"/articles/{english.pk}/"


def test_the_last_change_is_told_with_its_zone(client):
    with time_machine.travel(datetime(2026, 5, 1, 20, 0, tzinfo=UTC), tick=False):
        article, park = an_article(), a_park(slug="park")
    assert entries(client, f"articles-{part_of(article)}")[article.get_absolute_url()][0] == (
        "2026-05-02T04:00:00+08:00"
    )
    parks = f"parks-{part_of(park)}"
    assert entries(client, parks)["/parks/park/"][0] == "2026-05-02T04:00:00+08:00"
    with time_machine.travel(datetime(2026, 6, 1, 20, 0, tzinfo=UTC), tick=False):
        Park.objects.get(pk=park.pk).save()
    assert entries(client, parks)["/parks/park/"][0] == "2026-06-02T04:00:00+08:00"


def test_the_lists_and_the_owners_pages_are_in_it(client):
    a_category(slug="shelf")
    a_category(slug="closed", publish_at=None)
    a_tag(slug="topic")
    paths = {path for path in entries(client, "pages") if not path.startswith("/en/")}
    assert paths == {
        "/",
        "/parks/",
        "/policies/",
        "/spaces/",
        "/articles/",
        "/articles/category/shelf/",
        "/enquiries/new/",
        "/enquiries/kept/",
        "/report/",
        *(f"/{key}/" for key in OwnersText.Key.values),
    }
    assert {f"/en{path}" for path in paths} <= set(entries(client, "pages"))


def test_everything_in_it_answers_and_may_be_indexed(demo, client):
    found = everything(client)
    assert len(found) > 20
    for path in found:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert b'name="robots"' not in answer.content, path
        assert f'<link rel="canonical" href="{ORIGIN}{path}">' in answer.content.decode(), path


@pytest.mark.parametrize(
    "part",
    ["articles--1", "articles-", "articles-x", "articles-1-1", "pages-0", "users-0", "articles",
     "articles-9999999999999", "articles-１"],
)  # fmt: skip
def test_a_part_nobody_named_is_not_found(client, part):
    assert client.get(f"/sitemap-{part}.xml").status_code == 404


def test_a_range_beyond_the_last_is_not_found(client):
    article = an_article()
    last = part_of(article)
    assert client.get(f"/sitemap-articles-{last}.xml").status_code == 200
    for number in (last + 1, 999_999_999_999):
        assert client.get(f"/sitemap-articles-{number}.xml").status_code == 404


# --- robots -------------------------------------------------------------------------------------


def test_robots_are_told_where_the_sitemap_is_and_where_not_to_go(client):
    answer = client.get("/robots.txt", headers={"host": "localhost"})
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode().splitlines() == [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /search/",
        "Disallow: /en/search/",
        f"Sitemap: {ORIGIN}/sitemap.xml",
    ]


@pytest.mark.parametrize(
    ("address", "is_indexed"),
    [
        ("/", True),
        ("/en/", True),
        ("/parks/", True),
        ("/spaces/", True),
        ("/articles/", True),
        ("/about/", True),
        ("/search/", False),
        ("/search/?q=a", False),
        ("/en/search/", False),
        ("/nowhere/", False),
    ],
)
def test_pages_that_are_no_answer_to_anybody_ask_not_to_be_indexed(client, address, is_indexed):
    content = client.get(address).content
    assert (b'<meta name="robots" content="noindex">' not in content) == is_indexed


def test_an_old_version_of_an_owners_page_is_not_indexed_and_the_one_in_force_is(client):
    OwnersText.objects.create(
        key="privacy", title_zh="新版", title_en="New", publish_at=timezone.now()
    )
    noindex = b'<meta name="robots" content="noindex">'
    assert noindex in client.get("/privacy/versions/1/").content
    assert noindex not in client.get("/privacy/versions/2/").content
    assert noindex not in client.get("/privacy/").content
