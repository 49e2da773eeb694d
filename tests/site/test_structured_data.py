"""JSON-LD for search engines: it parses, and it says what the page says."""

import re

import pytest
from django.utils import timezone
from factories import a_category, a_park, a_picture, a_space, an_article
from reading import data, every, one, parse, words

from articles.models import Article
from parkcms.models import SiteProfile
from parkcms.structured import BAIDU_CONTEXT

pytestmark = pytest.mark.django_db
ORIGIN = "https://www.example.cn"


@pytest.fixture(autouse=True)
def origin(settings):
    settings.PARKCMS_ORIGIN = ORIGIN


def page_of(client, address):
    return parse(client.get(address))


def test_an_article_says_what_its_page_says(client):
    park = a_park(slug="park", name_zh="某园")
    article = an_article(
        title="题目", summary_zh="摘要。", kind="news", writer="甲", editor="乙", publisher="某报",
        rights="public", parks=[park],
    )  # fmt: skip
    page = page_of(client, article.get_absolute_url())
    told = data(page)["NewsArticle"]
    shown = every(page, ".facts-line time")[0].get("datetime")
    assert told == {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": words(one(page, "h1")),
        "mainEntityOfPage": one(page, "link[rel=canonical]").get("href"),
        "inLanguage": "zh-Hans",
        "datePublished": shown,
        "dateModified": timezone.localtime(article.updated_at).isoformat("T", "seconds"),
        "publisher": {"@type": "Organization", "name": "某报"},
        "description": one(page, "meta[name=description]").get("content"),
        "author": [{"@type": "Person", "name": "甲"}, {"@type": "Person", "name": "乙"}],
        "about": [{"@type": "Place", "name": "某园", "url": f"{ORIGIN}/parks/park/"}],
    }


@pytest.mark.parametrize("kind", Article.Kind.values)
def test_only_news_is_called_news(client, kind):
    article = an_article(kind=kind)
    expected = "NewsArticle" if kind == "news" else "Article"
    assert expected in data(page_of(client, article.get_absolute_url()))


def test_an_article_of_ours_is_by_its_byline_and_published_by_the_site(client):
    article = an_article(byline="园区编辑部", cover=a_picture())
    told = data(page_of(client, article.get_absolute_url()))["NewsArticle"]
    assert told["author"] == {"@type": "Organization", "name": "园区编辑部"}
    assert told["publisher"]["name"] == SiteProfile.objects.get().name_zh
    assert told["image"][0].startswith(f"{ORIGIN}/media/pictures/")


def test_baidu_is_told_local_time_without_a_zone(client):
    article = an_article(title="题目", summary_zh="摘要。")
    told = data(page_of(client, article.get_absolute_url()))[BAIDU_CONTEXT]
    assert told["@id"] == ORIGIN + article.get_absolute_url()
    assert told["title"] == "题目"
    assert told["pubDate"] == f"{timezone.localtime(article.publish_at):%Y-%m-%dT%H:%M:%S}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", told["upDate"])


def test_a_park_says_what_its_page_says(client):
    park = a_park(
        slug="park", name_zh="某园", address_zh="某路1号", latitude="31.297500",
        longitude="121.160000",
    )  # fmt: skip
    park.aliases.create(name="某产业园", kind="short")
    park.aliases.create(name="谋园", kind="misspelt")
    page = page_of(client, "/parks/park/")
    assert data(page)["Place"] == {
        "@context": "https://schema.org",
        "@type": "Place",
        "name": words(one(page, "h1")),
        "url": one(page, "link[rel=canonical]").get("href"),
        "address": {
            "@type": "PostalAddress",
            "addressCountry": "CN",
            "addressRegion": park.region_name,
            "streetAddress": "某路1号",
        },
        "alternateName": ["某产业园"],
        "geo": {"@type": "GeoCoordinates", "latitude": 31.2975, "longitude": 121.16},
    }


def test_an_address_in_two_languages_is_told_without_marks(client):
    a_park(slug="park", name_en="", address_zh="某路1号")
    told = data(page_of(client, "/en/parks/park/"))["Place"]
    assert told["address"]["streetAddress"] == "某路1号"


def test_a_trail_is_told_as_it_is_shown(client):
    shelf = a_category(slug="shelf", name_zh="选址")
    article = an_article(title="题目", category=shelf, parks=[a_park(slug="park", name_zh="某园")])
    page = page_of(client, article.get_absolute_url())
    told = data(page)["BreadcrumbList"]["itemListElement"]
    assert [(row["position"], row["name"], row["item"]) for row in told] == [
        (1, "首页", f"{ORIGIN}/"),
        (2, "选址", f"{ORIGIN}/articles/category/shelf/"),
        (3, "某园", f"{ORIGIN}/parks/park/"),
        (4, "题目", f"{ORIGIN}{article.get_absolute_url()}"),
    ]
    assert [row["name"] for row in told] == [words(step) for step in every(page, ".trail li")]


def test_the_front_page_tells_who_we_are(client):
    SiteProfile.objects.update(name_zh="某某招商网", hot_line="400-000-0000", address_zh="某路2号")
    told = data(page_of(client, "/"))["Organization"]
    assert told == {
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": "某某招商网",
        "url": f"{ORIGIN}/",
        "telephone": "400-000-0000",
        "address": "某路2号",
    }


def test_no_space_is_offered_in_markup_as_long_as_none_is_real(client):
    park = a_park(slug="park")
    a_space(park, slug="sample", is_sample=True, rent_cny_m2_day="1", valid_until="2199-01-01")
    content = client.get("/parks/park/spaces/sample/").content.decode()
    assert '"Offer"' not in content
    assert "RealEstateListing" not in content
    assert '"price"' not in content


HOSTILE = "</script><script>alert(1)</script> <!-- & \" ' \u2028"


def test_no_text_breaks_out_of_its_block(client):
    park = a_park(slug="park", name_zh=HOSTILE[:60], address_zh=HOSTILE)
    article = an_article(title=HOSTILE, summary_zh=HOSTILE, byline=HOSTILE[:60], parks=[park])
    for address in (article.get_absolute_url(), "/parks/park/", "/articles/", "/parks/"):
        page = page_of(client, address)
        for script in every(page, "script"):
            assert script.get("src") or script.get("type") == "application/ld+json", address
        assert data(page)["BreadcrumbList"], address
    told = data(page_of(client, article.get_absolute_url()))
    assert told["NewsArticle"]["headline"] == HOSTILE
    assert told["BreadcrumbList"]["itemListElement"][-1]["name"] == HOSTILE


def test_every_block_on_the_demo_site_is_of_a_known_kind_with_whole_addresses(demo, client):
    known = {"Organization", "NewsArticle", "Article", "Place", "BreadcrumbList", BAIDU_CONTEXT}
    addresses = ["/", "/parks/", "/spaces/", "/articles/", "/about/", "/en/", "/articles/3661/",
                 "/parks/hydrogen-port/", "/parks/lingang-u-valley/spaces/b3/"]  # fmt: skip
    for address in addresses:
        blocks = data(page_of(client, address))
        assert set(blocks) <= known, address
        for block in blocks.values():
            for url in re.findall(r"'(?:url|item|@id|mainEntityOfPage)': '([^']*)'", str(block)):
                assert url.startswith(f"{ORIGIN}/"), address
