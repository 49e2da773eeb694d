"""What stands around an article: its neighbours in its category, and what is near to it."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from django.utils.translation import override
from factories import LONG_AGO, a_category, a_park, a_tag, an_article
from hypothesis import given, settings
from hypothesis import strategies as st

from articles import lists
from articles.models import Article

pytestmark = pytest.mark.django_db


def around(article):
    newer, older = lists.neighbours(article)
    return newer and newer["id"], older and older["id"]


def test_neighbours_are_the_next_by_time_and_then_by_id():
    shelf = a_category()
    first = an_article(category=shelf)
    second = an_article(category=shelf)  # the same moment, the higher id
    third = an_article(category=shelf, publish_at=LONG_AGO + timedelta(days=1))
    assert around(first) == (second.pk, None)
    assert around(second) == (third.pk, first.pk)
    assert around(third) == (None, second.pk)


def test_neighbours_are_live_and_of_the_same_category():
    shelf = a_category()
    article = an_article(category=shelf)
    soon = LONG_AGO + timedelta(days=1)
    an_article(category=a_category(), publish_at=soon)
    an_article(category=shelf, publish_at=None)
    an_article(category=shelf, publish_at=soon, taken_down_at=soon)
    an_article(category=shelf, publish_at=soon, expire_at=soon + timedelta(days=1))
    an_article(category=shelf, publish_at=timezone.now() + timedelta(days=1))
    assert around(article) == (None, None)


def test_an_english_article_has_english_neighbours():
    shelf = a_category()
    article = an_article(category=shelf, summary_en="A")
    an_article(category=shelf, publish_at=LONG_AGO + timedelta(days=1))
    other = an_article(category=shelf, publish_at=LONG_AGO + timedelta(days=2), summary_en="B")
    with override("en"):
        assert around(article) == (other.pk, None)


def test_a_lonely_article_has_nothing_related(client):
    article = an_article()
    assert lists.related(article, [], []) == []
    assert client.get(article.get_absolute_url()).status_code == 200


def test_a_draft_seen_by_its_author_could_have_related_ones():
    draft = an_article(publish_at=None)
    other = an_article(category=draft.category)
    assert lists.related(draft, [], []) == [other]


# One article's traits: its parks, its tags, its category, its day, and whether it is live.
TRAITS = st.tuples(
    st.sets(st.integers(0, 2), max_size=2),
    st.sets(st.integers(0, 2), max_size=2),
    st.integers(0, 1),
    st.integers(0, 2),
    st.sampled_from(["live", "live", "live", "draft", "down", "closed"]),
)


@given(st.lists(TRAITS, min_size=1, max_size=14), st.booleans())
@settings(max_examples=25, deadline=None)
def test_the_nearest_eight_are_those_a_full_count_finds(traits, is_english):
    with transaction.atomic(), override("en" if is_english else "zh-hans"):
        parks, tags = [a_park() for _ in range(3)], [a_tag() for _ in range(3)]
        shelves = [a_category(), a_category()]
        closed = a_category(publish_at=None)
        rows = [_made(one, parks, tags, shelves, closed) for one in traits]
        me, *others = rows
        expected = sorted(
            (row for row in others if _is_candidate(me, row, is_english)),
            key=lambda row: (_score(me, row), row.publish_at, row.pk),
            reverse=True,
        )
        found = lists.related(me, [p.pk for p in me.own_parks], [t.pk for t in me.own_tags])
        assert [row.pk for row in found] == [row.pk for row in expected[:8]]
        transaction.set_rollback(True)


def _made(traits, parks, tags, shelves, closed):
    own_parks, own_tags, shelf, day, state = traits
    row = an_article(
        parks=[parks[n] for n in sorted(own_parks)],
        tags=[tags[n] for n in sorted(own_tags)],
        category=closed if state == "closed" else shelves[shelf],
        publish_at=None if state == "draft" else LONG_AGO + timedelta(days=day),
        taken_down_at=LONG_AGO if state == "down" else None,
        summary_en="In English." if day else "",
    )
    row.own_parks = [parks[n] for n in sorted(own_parks)]
    row.own_tags = [tags[n] for n in sorted(own_tags)]
    row.state = state
    return row


def _score(one, other):
    shared = {p.pk for p in one.own_parks} & {p.pk for p in other.own_parks}
    topics = {t.pk for t in one.own_tags} & {t.pk for t in other.own_tags}
    return 4 * len(shared) + 2 * len(topics) + (one.category_id == other.category_id)


def _is_candidate(one, other, is_english):
    readable = other.summary_en or not is_english
    return other.state == "live" and readable and _score(one, other) > 0


def test_an_article_is_not_related_to_itself(client):
    park = a_park()
    article = an_article(parks=[park])
    an_article(parks=[park])
    found = lists.related(article, [park.pk], [])
    assert article.pk not in [row.pk for row in found]
    assert len(found) == 1


def test_related_articles_of_many_candidates_are_the_newest_of_each_kind():
    park = a_park()
    article = an_article()
    rows = [an_article(parks=[park], category=a_category()) for _ in range(lists.CANDIDATES + 5)]
    found = lists.related(article, [park.pk], [])
    assert [row.pk for row in found] == [row.pk for row in rows[: -lists.RELATED - 1 : -1]]
    assert Article.objects.count() > lists.CANDIDATES
    assert Client().get(rows[0].get_absolute_url()).status_code == 200
