"""Taggings and mentions carry their article's time of publication, whoever changes it and how."""

from datetime import timedelta

import pytest
from django.db import connection
from factories import LONG_AGO, a_park, a_tag, an_article

from articles.models import Article, Mention, Tagging

pytestmark = pytest.mark.django_db
LATER = LONG_AGO + timedelta(days=30, microseconds=1)


def carried(article):
    tagged = Tagging.objects.filter(content_object=article).values_list("publish_at", flat=True)
    mentioned = Mention.objects.filter(article=article).values_list("publish_at", flat=True)
    assert (len(tagged), len(mentioned)) == (2, 1)
    (moment,) = {*tagged, *mentioned}
    return moment


@pytest.fixture
def article():
    return an_article(tags=[a_tag(), a_tag()], parks=[a_park()])


def by_save(article, at):
    article.publish_at = at
    article.save()


def by_update(article, at):
    Article.objects.filter(pk=article.pk).update(publish_at=at)


def by_sql(article, at):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE articles_article SET publish_at = %s WHERE id = %s", [at, article.pk]
        )


def by_bulk_update(article, at):
    article.publish_at = at
    Article.objects.bulk_update([article], ["publish_at"])


WAYS = [by_save, by_update, by_sql, by_bulk_update]


def test_a_new_tagging_and_mention_take_it(article):
    assert carried(article) == LONG_AGO


@pytest.mark.parametrize("change", WAYS)
def test_a_new_time_is_passed_on(article, change):
    other = an_article(tags=[a_tag(), a_tag()], parks=[a_park()])
    change(article, LATER)
    assert carried(article) == LATER
    assert carried(other) == LONG_AGO


@pytest.mark.parametrize("change", WAYS)
def test_so_is_becoming_a_draft_and_being_published(article, change):
    change(article, None)
    assert carried(article) is None
    change(article, LATER)
    assert carried(article) == LATER


def test_publishing_passes_it_on(article):
    draft = an_article(tags=[a_tag(), a_tag()], parks=[a_park()], publish_at=None)
    assert carried(draft) is None
    draft.publish(None, at=LATER)
    assert carried(draft) == LATER


def test_a_lying_tagging_or_mention_is_put_right_as_it_is_written(article):
    Tagging.objects.filter(content_object=article).update(publish_at=LATER)
    Mention.objects.filter(article=article).update(publish_at=None)
    assert carried(article) == LONG_AGO
    with connection.cursor() as cursor:
        cursor.execute("UPDATE articles_tagging SET publish_at = now()")
    assert carried(article) == LONG_AGO


def test_a_tagging_moved_to_another_article_takes_that_ones_time(article):
    other = an_article(publish_at=LATER)
    Tagging.objects.filter(content_object=article).update(content_object=other)
    assert {t.publish_at for t in Tagging.objects.all()} == {LATER}


def test_rows_made_in_bulk_take_it_too(article):
    tags = [a_tag(), a_tag()]
    Tagging.objects.all().delete()
    Tagging.objects.bulk_create(
        Tagging(tag=tag, content_object=article, publish_at=LATER) for tag in tags
    )
    assert carried(article) == LONG_AGO
