"""How many queries a page takes: few, and no more when everything has grown tenfold."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import a_space, an_article
from many_rows import fill

from articles.models import Article

pytestmark = pytest.mark.django_db
MOST, MOST_ARTICLE = 12, 8


def pages():
    article = Article.objects.order_by("id").first().pk
    return {
        "home": "/",
        "parks": "/parks/",
        "parks, further on": "/parks/?after=park-first",
        "park": "/parks/park-first/",
        "space": "/parks/park-first/spaces/looked-at/",
        "spaces": "/spaces/",
        "comparison": "/spaces/compare/?space=park-first/looked-at",
        "spaces, further on": "/spaces/?before=4000000000000000-5",
        "articles": "/articles/",
        "articles, further on": "/articles/?before=4000000000000000-5",
        "year": f"/articles/year/{Article.objects.get(pk=article).publish_at.year}/",
        "category": "/articles/category/many-0/",
        "tag": "/articles/tag/many-0/",
        "article": f"/articles/{article}/",
        "article in English": f"/en/articles/{article}/",
        "search": "/search/?q=园区",
        "search, several words": "/search/?q=园区 文章 别名 量产",
        "search, nothing": "/search/",
        "about": "/about/",
        "contact": "/contact/",
        "enquiry form": "/enquiries/new/",
        "enquiry form of a park": "/enquiries/new/?park=park-first",
        "enquiry form of a space": "/enquiries/new/?space=park-first/looked-at",
        "enquiry form of an article": f"/enquiries/new/?article={article}&park=park-first",
        "finding a receipt": "/enquiries/find/",
        "what is kept": "/enquiries/kept/",
        "privacy": "/privacy/",
        "a version": "/privacy/versions/1/",
        "feed": "/articles/feed.xml",
        "feed of a category": "/articles/category/many-0/feed.xml",
        "sitemap": "/sitemap.xml",
        "sitemap of pages": "/sitemap-pages.xml",
        "sitemap of articles": f"/sitemap-articles-{article // 10_000}.xml",
        "sitemap of parks": "/sitemap-parks-0.xml",
        "sitemap of spaces": "/sitemap-spaces-0.xml",
        "robots": "/robots.txt",
        "cover of a park": "/parks/park-first/cover.svg",
        "cover of a category": "/articles/category/many-0/cover-0.svg",
        "an old address": "/post/3661.html",
        "ready": "/health/ready",
    }


def counted(client):
    found = {}
    for name, address in pages().items():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            status = client.get(address).status_code
        assert status == (404 if name == "an old address" else 200), name
        found[name] = len(queries)
    return found


@pytest.fixture
def small(client):
    park, _article = fill()
    a_space(park, slug="looked-at", code="看的这间")
    client.get("/health/ready")  # asks once in a process whether all is migrated
    return counted(client)


def test_no_page_takes_more_than_twelve_queries_and_an_article_eight(small):
    too_many = {name: number for name, number in small.items() if number > MOST}
    assert too_many == {}
    assert small["article"] <= MOST_ARTICLE
    assert small["article in English"] <= MOST_ARTICLE


def test_ten_times_as_many_rows_take_as_many_queries(small, client):
    fill(parks=30, articles=300, rows=60)
    large = counted(client)
    assert large == small
    assert max(small.values()) > 5  # the counting counts


def test_an_article_alone_takes_few_too(client):
    article = an_article()
    with CaptureQueriesContext(connection) as queries:
        client.get(article.get_absolute_url())
    assert len(queries) <= MOST_ARTICLE


@pytest.mark.parametrize(
    "address",
    ["/health/live", "/?q=%00", "/static/css/base.css", "/articles",
     "/media/pictures/x.jpg", "/search.php?q=a", "/feed.php", "/robots.txt", "/date-2022-9.html",
     "/articles/?before=junk", "/articles/year/1/", "/sitemap-nothing.xml"],
)  # fmt: skip
def test_what_needs_no_row_asks_no_database(client, address, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get(address)


@pytest.mark.parametrize("address", ["/nowhere/", "/en/nowhere/", "/parks", "/articles/none.html"])
def test_what_has_no_page_asks_once_where_it_went(client, address, django_assert_max_num_queries):
    with django_assert_max_num_queries(1):
        client.get(address)
