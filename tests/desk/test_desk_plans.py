"""At ten thousand articles Postgres answers the desk's own lists from the indexes made for them.

The statements are those the pages really send; nothing forbids the planner anything.
"""

import json
from datetime import timedelta

import pytest
from desk_forms import desk_of
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from factories import a_person
from many_rows import fill, multiply_articles

from articles import title_keys
from articles.models import Article

pytestmark = pytest.mark.django_db
LIST = "/admin/articles/article/"


@pytest.fixture(scope="module", autouse=True)
def many(django_db_setup, django_db_blocker):
    """10,000 articles, each edited at a time of its own, with statistics; gone after the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        fill(parks=20, articles=1_000, rows=2)
        title_keys.fill(Article.objects.all())
        multiply_articles(9)
        now = timezone.now()
        Article.objects.update(edited_at=now - timedelta(minutes=1) * F("pk"))
        some = Article.objects.filter(pk__in=Article.objects.order_by("pk").values("pk")[:300])
        some.update(rights="unverified", legacy_views=F("pk"), expire_at=now + timedelta(days=900))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        yield
        transaction.set_rollback(True)


def nodes(plan):
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def scans(address, wanted):
    """(node type, index) of each scan of articles in the statements that hold ``wanted``."""
    desk = desk_of(a_person(role="编辑"))
    with CaptureQueriesContext(connection) as sent:
        assert desk.get(address).status_code == 200
    found = []
    for query in sent.captured_queries:
        if query["sql"].startswith(("SELECT", "(SELECT")) and wanted in query["sql"]:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {query['sql'].replace('%', '%%')}")
                told = cursor.fetchone()[0]
            plan = told if isinstance(told, list) else json.loads(told)
            found += [
                (node["Node Type"], node.get("Index Name", ""))
                for node in nodes(plan[0]["Plan"])
                if node.get("Relation Name") == "articles_article"
                or node.get("Index Name", "").startswith("articles_article")
            ]
    assert found, "no such statement"
    return found


@pytest.mark.parametrize("query", ["", "?p=3"])
def test_the_list_walks_the_index_of_last_edits(query):
    found = scans(LIST + query, 'ORDER BY "articles_article"."edited_at" DESC')
    assert "articles_last_edited" in {name for _kind, name in found}
    assert "Seq Scan" not in {kind for kind, _name in found}


def test_finding_walks_from_the_newest_and_reads_no_table_through():
    found = scans("/admin/find/?q=pianguanyu&format=json", "title_keys")
    assert "Seq Scan" not in {kind for kind, _name in found}
    assert {name for _kind, name in found} & {"articles_by_title", "articles_article_pkey"}


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ("\"stage\" = 'submitted'", "articles_to_review"),
        ('ORDER BY "articles_article"."expire_at" ASC', "articles_expiring"),
        ('ORDER BY "articles_article"."publish_at" ASC', "articles_newest"),
        ('"publisher" AS "publisher"', "articles_rights_unclear"),
        ('ORDER BY U0."legacy_views" DESC', "articles_most_read"),
    ],
)
def test_the_first_screen_asks_each_index(wanted, index):
    found = scans("/admin/", wanted)
    assert index in {name for _kind, name in found}
    assert "Seq Scan" not in {kind for kind, _name in found}


def test_media_are_counted_from_the_index_of_what_is_unclear():
    found = scans(f"{LIST}rights/", "GROUP BY")
    assert {name for _kind, name in found} == {"articles_rights_unclear"}
