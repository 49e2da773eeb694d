"""At twenty thousand articles Postgres answers each list from the index that was made for it.

The statements are those the pages really send; nothing forbids the planner anything.
"""

import json

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from many_rows import fill, multiply_articles

from articles.models import Article

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def many(django_db_setup, django_db_blocker):
    """10,000 articles and 60 parks, with statistics; gone after the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        fill(parks=60, articles=1_000, rows=4)
        multiply_articles(9)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        yield
        transaction.set_rollback(True)


def nodes(plan):
    """Every node of a plan, from the top down."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def plans(address):
    """The plans of every statement a page sends, as Postgres would carry them out."""
    with CaptureQueriesContext(connection) as sent:
        assert Client().get(address).status_code == 200
    found = []
    for query in sent.captured_queries:
        if query["sql"].startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {query['sql'].replace('%', '%%')}")
                told = cursor.fetchone()[0]
            plan = told if isinstance(told, list) else json.loads(told)
            found.append((query["sql"], plan[0]["Plan"]))
    return found


def scans(address, table):
    """(node type, index) of every scan of ``table`` on the page."""
    return [
        (node["Node Type"], node.get("Index Name", ""))
        for _sql, plan in plans(address)
        for node in nodes(plan)
        if node.get("Relation Name") == table or node.get("Index Name", "").startswith(table)
    ]


def middle(**which):
    """The key of a place in the middle of a list."""
    row = Article.objects.filter(**which).newest_first()[150]
    return f"?before={int(row.publish_at.timestamp() * 1_000_000)}-{row.pk}"


def article():
    return Article.objects.order_by("id")[2_000]


PAGES = {
    "the list": (lambda: "/articles/", "articles_newest"),
    "further on": (lambda: f"/articles/{middle()}", "articles_newest"),
    "in English": (lambda: "/en/articles/", "articles_newest"),
    "home": (lambda: "/", "articles_newest"),
    "a year": (lambda: f"/articles/year/{article().publish_at.year}/", "articles_newest"),
    "the feed": (lambda: "/articles/feed.xml", "articles_newest"),
    "a category": (lambda: "/articles/category/many-1/", "articles_in_category"),
    "a category further on": (
        lambda: f"/articles/category/many-1/{middle(category__slug='many-1')}",
        "articles_in_category",
    ),
    "a category's feed": (lambda: "/articles/category/many-1/feed.xml", "articles_in_category"),
    "an article": (lambda: f"/articles/{article().pk}/", "articles_in_category"),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_list_walks_its_index_and_reads_no_table_through(page):
    address, index = PAGES[page]
    found = scans(address(), "articles_article")
    assert index in {name for _kind, name in found}
    assert "Seq Scan" not in {kind for kind, _name in found}


def index_scans(address):
    return [
        (node["Node Type"], node["Index Name"])
        for _sql, plan in plans(address)
        for node in nodes(plan)
        if "Index Name" in node
    ]


def test_a_tag_walks_its_own_index():
    address = "/articles/tag/many-1/"
    assert "articles_tagging_newest" in {name for _kind, name in index_scans(address)}
    assert "Seq Scan" not in [kind for kind, _name in scans(address, "articles_article")]


def test_a_tag_further_on_walks_its_own_index():
    address = f"/articles/tag/many-1/{middle(tags__slug='many-1')}"
    assert "articles_tagging_newest" in {name for _kind, name in index_scans(address)}
    assert "Seq Scan" not in [kind for kind, _name in scans(address, "articles_article")]


def test_the_news_of_a_park_walk_the_index_of_its_mentions():
    address = "/parks/park-first/"
    assert "articles_mention_newest" in {name for _kind, name in index_scans(address)}
    assert "Seq Scan" not in [kind for kind, _name in scans(address, "articles_article")]


def test_no_list_sorts_all_its_articles():
    """A sort of a few rows is fine; one that is given thousands is a list without its index."""
    for page, (address, _index) in PAGES.items():
        for sql, plan in plans(address()):
            for node in nodes(plan):
                if node["Node Type"] == "Sort":
                    assert node["Plan Rows"] < 1_000, f"{page}: {sql[:200]}"


def test_reading_plans_sees_a_table_read_through():
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) SELECT * FROM articles_article WHERE title LIKE '%9'")
        plan = cursor.fetchone()[0]
    plan = plan if isinstance(plan, list) else json.loads(plan)
    assert "Seq Scan" in [node["Node Type"] for node in nodes(plan[0]["Plan"])]
