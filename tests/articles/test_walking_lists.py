"""Walking a list by its links from the newest to the oldest: every article once, in order."""

from datetime import UTC, datetime, timedelta
from itertools import count
from urllib.parse import quote, urljoin

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from factories import a_category, a_park, a_tag, an_article
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import every, parse

from articles.models import Article, Mention, Tagging
from parkcms.publication import pages

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 1, tzinfo=UTC)
_number = count(1)


def walk(client, address, rows="ul.items h3 a"):
    """The addresses listed on the first page and on every one its link for older ones leads to."""
    seen = []
    while address:
        page = parse(client.get(address))
        seen.append([a.get("href") for a in every(page, rows)])
        more = every(page, "nav.more a[rel=next]")
        address = urljoin(address, more[0].get("href")) if more else ""
        assert len(seen) < 50
    return seen


def flat(walked):
    return [address for page in walked for address in page]


def addresses(articles):
    ordered = sorted(articles, key=lambda a: (a.publish_at, a.pk), reverse=True)
    return [f"/articles/{a.pk}/" for a in ordered]


def several(times, category, **fields):
    """Articles made at once; ``times`` are minutes after START, many of them equal."""
    rows = [
        Article(
            title=f"第{next(_number)}篇",
            body="",
            rights="original",
            category=category,
            publish_at=START + timedelta(minutes=minutes),
            **fields,
        )
        for minutes in times
    ]
    return Article.objects.bulk_create(rows)


# Few different times for many articles, so that pages break within equal ones.
TIMES = st.lists(st.integers(0, 4), max_size=70)


@given(TIMES, TIMES.map(lambda times: times[:8]))
@settings(max_examples=12, deadline=None)
def test_every_list_shows_each_article_once_in_order(shown, hidden):
    client = Client()
    with transaction.atomic():
        shelf, other = a_category(slug="shelf"), a_category(slug="other")
        tag = a_tag("话题", slug="topic")
        live = several(shown, shelf)
        drafts = several(hidden, shelf)
        Article.objects.filter(pk__in=[d.pk for d in drafts]).update(publish_at=None)
        several(hidden, shelf, taken_down_at=START)
        several(hidden, shelf, expire_at=START + timedelta(days=1))
        closed = a_category(slug="closed", publish_at=None)
        several(hidden, closed)
        elsewhere = several(hidden, other)
        for row in (*live, *drafts):
            row.tags.add(tag)

        assert flat(walk(client, "/articles/")) == addresses([*live, *elsewhere])
        assert flat(walk(client, "/articles/category/shelf/")) == addresses(live)
        assert flat(walk(client, "/articles/tag/topic/")) == addresses(live)
        assert flat(walk(client, "/search/?q=第")) == addresses([*live, *elsewhere])
        if live or elsewhere:
            assert flat(walk(client, "/articles/year/2026/")) == addresses([*live, *elsewhere])
        transaction.set_rollback(True)


def test_pages_are_full_but_the_last(client):
    several([0] * 45, a_category())
    assert [len(page) for page in walk(client, "/articles/")] == [20, 20, 5]


def test_a_list_that_just_fills_its_pages_has_no_empty_one_behind(client):
    several([0] * 40, a_category())
    assert [len(page) for page in walk(client, "/articles/")] == [20, 20]


@pytest.mark.parametrize(
    "address", ["/articles/", "/articles/category/shelf/", "/articles/tag/topic/", "/search/?q=第"]
)
def test_what_is_published_or_goes_while_one_walks_disturbs_nothing(client, address):
    shelf, tag = a_category(slug="shelf"), a_tag("话题", slug="topic")
    rows = several([n // 3 for n in range(50)], shelf)
    for row in rows:
        row.tags.add(tag)
    expected = addresses(rows)

    first = parse(client.get(address))
    seen = [a.get("href") for a in every(first, "ul.items h3 a")]
    more = every(first, "nav.more a[rel=next]")[0].get("href")
    for row in several(range(30), shelf):
        Article.objects.filter(pk=row.pk).update(publish_at=timezone.now())
        row.tags.add(tag)
    gone = Article.objects.get(pk=int(seen[-1].strip("/").split("/")[-1]))
    gone.take_down(None)  # the very one the link stands behind

    assert seen + flat(walk(client, urljoin(address, more))) == expected


def test_a_walk_in_english_shows_what_has_an_english_side(client):
    shelf = a_category(slug="shelf")
    english = several([0] * 25, shelf, summary_en="In English.")
    several([0] * 25, shelf)
    expected = [f"/en{address}" for address in addresses(english)]
    assert flat(walk(client, "/en/articles/")) == expected
    assert flat(walk(client, "/en/articles/category/shelf/")) == expected


def test_the_link_for_older_ones_keeps_the_words_searched_for(client):
    several([0] * 25, a_category())
    page = parse(client.get("/search/?q=第 篇"))
    assert every(page, "nav.more a[rel=next]")[0].get("href").startswith("?q=%E7%AC%AC%20")


# --- keys ---------------------------------------------------------------------------------------


@given(st.integers(0, 6 * 10**15), st.integers(1, 10**18 - 1))
def test_a_key_tells_its_place_to_the_microsecond(microseconds, pk):
    at = datetime(2002, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    assert pages.parse_key(pages.make_key(at, pk)) == (at, pk)


@pytest.mark.parametrize(
    "key",
    ["", "0", "-", "abc", "1700000000000000", "1700000000000000-", "-5", "17-5",
     "1700000000000000-5-6", "1700000000000000--5", "１７00000000000000-5", "1700000000000000-５",
     "1700000000000000-" + "9" * 30, " 1700000000000000-5", "1e15-5",
     "1700000000000000-5\n", "1700000000000000-5'--"],
)  # fmt: skip
@pytest.mark.parametrize("address", ["/articles/", "/search/?q=a"])
def test_a_place_nobody_was_led_to_is_not_found(client, address, key):
    joined = "&" if "?" in address else "?"
    assert client.get(f"{address}{joined}before={quote(key)}").status_code == 404


def test_a_place_before_everything_is_an_empty_page(client):
    an_article()
    page = parse(client.get("/articles/?before=1000000000000-1"))
    assert every(page, "ul.items") == []
    assert len(every(page, "nav.more a")) == 1  # back to the newest


def test_the_rows_a_tag_walks_carry_the_same_order_as_the_articles(client):
    rows = several([0, 0, 1, 1], a_category())
    tag = a_tag()
    for row in rows:
        row.tags.add(tag)
        Mention.objects.create(article=row, park=a_park())
    walked = Tagging.objects.order_by("-publish_at", "-content_object").values_list(
        "content_object", flat=True
    )
    assert list(walked) == list(Article.objects.newest_first().values_list("pk", flat=True))
