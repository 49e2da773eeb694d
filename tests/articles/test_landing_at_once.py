"""Landings beside each other: each article once, no two under one id."""

import threading

import pytest
from django.db import connections
from factories import a_category, an_article

from articles.importing import Incoming, land
from articles.models import Article

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*jobs):
    """Run the jobs in threads that start together; their results, errors as they are."""
    barrier, results = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(number, job):
        try:
            barrier.wait(timeout=10)
            results[number] = job()
        except Exception as error:  # noqa: BLE001, RUF100
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=row) for row in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def incoming(site="old.example", number="500", title="同一篇"):
    return Incoming(
        title=title, category="news", publisher="某报", legacy_site=site, legacy_id=number
    )


def test_the_same_article_landing_four_times_at_once_is_one(db):
    a_category(slug="news")
    results = at_once(*[lambda: land(incoming())] * 4)
    assert sorted(one.is_new for one in results) == [False, False, False, True]
    assert {one.article.pk for one in results} == {500}
    assert Article.objects.count() == 1


def test_one_id_of_four_sites_goes_to_one_and_the_others_take_new_ones(db):
    a_category(slug="news")
    jobs = [lambda n=n: land(incoming(site=f"site{n}.example", title=f"第{n}篇")) for n in range(4)]
    results = at_once(*jobs)
    assert [one.is_new for one in results] == [True] * 4
    ids = sorted(one.article.pk for one in results)
    assert ids[0] == 500
    assert len(set(ids)) == 4
    assert an_article().pk == ids[-1] + 1
