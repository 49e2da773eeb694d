"""Articles from elsewhere land once, under their old id where it is free, or not at all."""

from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, DataError, transaction
from factories import (
    LONG_AGO,
    a_category,
    a_figure,
    a_park,
    a_person,
    a_phase,
    a_source,
    an_article,
)

from articles import importing
from articles.importing import Incoming, land
from articles.models import Article, Category, Citation, Mention, Tag
from parkcms.ledger.models import Act
from parks.models import Park

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf():
    return a_category(slug="news")


@pytest.fixture
def old(shelf):
    """An article of an old site."""
    return Incoming(
        title="二期开工",
        category="news",
        body="<p>\u3000\u3000目前入驻企业29家。</p>",
        publisher="某报",
        legacy_site="old.example",
        legacy_id="50000",
        legacy_views=65,
        posted_stamp="09-21",
        event_date="2021-H1",
        writer="某人",
        tags=["嘉定产业园"],
    )


def counted():
    return [model.objects.count() for model in (Article, Tag, Mention, Citation, Act)]


def next_id():
    return an_article().pk


def test_it_keeps_its_old_id_and_what_was_known_of_it(old):
    landed = land(old, publish_at=LONG_AGO, author=a_person("ed"))
    assert (landed.is_new, landed.remarks) == (True, ())
    article = Article.objects.get(pk=50000)
    assert (article.legacy_site, article.legacy_id, article.legacy_views) == (
        "old.example",
        "50000",
        65,
    )
    assert (article.posted_stamp, article.event_date, article.writer) == (
        "09-21",
        "2021-H1",
        "某人",
    )
    assert article.body == "<p>目前入驻企业29家。</p>"
    assert article.rights == Article.Rights.UNVERIFIED
    assert article.publish_at == LONG_AGO
    assert article.author.username == "ed"
    assert list(article.tags.names()) == ["嘉定产业园"]


def test_it_lands_as_a_draft_unless_a_time_is_given(old):
    assert land(old).article.publish_at is None


def test_the_ledger_tells_of_it(old):
    land(old, author=a_person("ed"))
    act = Act.objects.get(verb="import")
    assert (act.object_id, act.object_label, act.actor_name) == ("50000", "二期开工", "ed")


def test_a_second_landing_changes_nothing(old):
    land(old)
    before, rows = counted(), list(Article.objects.values())
    again = land(replace(old, title="别的标题", body="<p>别的</p>", tags=["别的"]))
    assert (again.article.pk, again.is_new) == (50000, False)
    assert counted() == before
    assert list(Article.objects.values()) == rows


def test_without_an_old_id_it_is_known_by_address_and_title(shelf):
    one = Incoming(title="甲", category="news", publisher="某报", source_url="https://a.example/1")
    first = land(one)
    assert land(one).article == first.article
    assert land(replace(one, title="乙")).is_new
    assert land(replace(one, source_url="https://a.example/2")).is_new


def test_the_same_id_of_two_old_sites_is_two_articles(old):
    land(old)
    other = land(replace(old, legacy_site="other.example", title="另一篇"))
    assert other.is_new
    assert other.article.pk != 50000
    assert (other.article.legacy_site, other.article.legacy_id) == ("other.example", "50000")


def test_an_id_that_is_taken_gives_a_new_one_and_the_old_is_still_known(old):
    an_article(pk=50000, title="先来的")
    landed = land(old)
    assert landed.article.pk != 50000
    assert Article.objects.get(pk=50000).title == "先来的"
    assert Article.objects.get(legacy_id="50000") == landed.article


@pytest.mark.parametrize(
    "legacy_id", ["abc", "12a", "-5", "0", "5.5", "１２", "99999999999999999999", " 7", "x" * 40]
)
def test_an_old_id_that_is_no_id_of_ours_is_kept_as_text_beside_a_new_one(old, legacy_id):
    landed = land(replace(old, legacy_id=legacy_id))
    assert landed.article.legacy_id == legacy_id
    assert 0 < landed.article.pk < 2**31


def test_an_old_id_too_long_to_keep_is_refused(old):
    with pytest.raises(ValidationError) as refused:
        land(replace(old, legacy_id="x" * 41))
    assert list(refused.value.message_dict) == ["legacy_id"]


@pytest.fixture
def beyond(db):
    """An id some way behind all the sequence has ever given; no rollback turns a sequence back."""
    return next_id() + 1000


def test_the_next_article_of_ours_comes_after_the_highest_id(old, beyond):
    land(replace(old, legacy_id=str(beyond)))
    assert next_id() == beyond + 1
    land(replace(old, legacy_id=str(beyond - 500), title="更早的"))
    assert next_id() == beyond + 2
    land(replace(old, legacy_id=str(beyond + 500), title="更晚的"))
    assert next_id() == beyond + 501


def test_a_sequence_never_goes_back_below_what_was_deleted(old, beyond):
    land(replace(old, legacy_id=str(beyond)))
    Article.objects.all().delete()
    land(replace(old, legacy_id=str(beyond - 500)))
    assert next_id() == beyond + 1


def test_a_wanted_id_is_given_without_an_old_site(shelf, beyond):
    landed = land(Incoming(title="节选", category="news", publisher="某报", wanted_id=beyond))
    assert (landed.article.pk, landed.article.legacy_id) == (beyond, "")
    assert next_id() == beyond + 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"category": "nowhere"}, Category.DoesNotExist),
        ({"parks": ["nowhere"]}, Park.DoesNotExist),
        ({"event_date": "09-21"}, ValidationError),
        ({"event_date": "2021-13"}, ValidationError),
        ({"source_date": "昨天"}, ValidationError),
        ({"title": ""}, ValidationError),
        ({"title": "长" * 121}, ValidationError),
        ({"kind": "poem"}, ValidationError),
        ({"rights": "mine"}, ValidationError),
        ({"publisher": ""}, ValidationError),
        ({"source_url": "javascript:alert(1)"}, ValidationError),
        ({"legacy_views": -1}, ValidationError),
        ({"title": "二\x00期"}, DataError),
    ],
)
def test_what_cannot_be_stored_leaves_nothing_of_it(old, change, error):
    before = counted()
    with pytest.raises(error), transaction.atomic():
        land(replace(old, **change), publish_at=LONG_AGO)
    assert counted() == before
    assert land(old, publish_at=LONG_AGO).article.pk == 50000


def test_a_landing_that_fails_late_leaves_nothing_of_it(old, monkeypatch):
    a_park(slug="p")
    before = counted()
    monkeypatch.setattr(Article, "settle_citations", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        land(replace(old, parks=["p"]))
    assert counted() == before


# --- citations ----------------------------------------------------------------------------------


@pytest.fixture
def park():
    park = a_park(slug="p")
    a_figure(park, value=29, as_of="2021-H1", sentence="目前入驻企业29家。")
    return park


def cite(**row):
    return {"quote": "入驻企业29家", "park": "p", "metric": "tenants", "as_of": "2021-H1"} | row


def test_a_quote_is_tied_to_its_figure_and_the_park_mentioned(old, park):
    landed = land(replace(old, citations=[cite()]))
    assert landed.remarks == ()
    citation = landed.article.citations.get()
    assert (citation.figure.value, citation.occurrence, citation.is_lost) == (29, 1, False)
    assert [m.park for m in landed.article.mentions.all()] == [park]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"quote": "三十家"}, "正文里找不到“三十家”。"),
        ({"occurrence": 2}, "正文里找不到“入驻企业29家”。"),
        ({"metric": "gfa"}, "“入驻企业29家”没有对应的园区数字。"),
        ({"as_of": "2022"}, "“入驻企业29家”没有对应的园区数字。"),
        ({"park": "nowhere"}, "“入驻企业29家”没有对应的园区数字。"),
        ({"phase": 2}, "“入驻企业29家”没有对应的园区数字。"),
        ({"state": "planned"}, "“入驻企业29家”没有对应的园区数字。"),
    ],
)
def test_a_quote_that_cannot_be_tied_is_reported_and_the_article_lands(old, park, row, said):
    landed = land(replace(old, citations=[cite(**row)]))
    assert landed.remarks == (said,)
    assert landed.is_new
    assert not landed.article.citations.exists()


def test_a_figure_cited_twice_is_tied_once_and_reported(old, park):
    landed = land(replace(old, citations=[cite(), cite(quote="29家")]))
    assert landed.article.citations.get().quote == "入驻企业29家"
    assert landed.remarks == ("“29家”没有引用：这篇文章已经引用了这条数字。",)


def test_a_quote_about_a_phase_is_tied_to_the_phase(old, park):
    a_figure(park, phase=a_phase(park, 2), value=29, as_of="2021-H1")
    landed = land(replace(old, citations=[cite(phase=2)]))
    assert landed.article.citations.get().figure.phase.ordinal == 2


def test_of_several_statements_the_articles_own_is_meant(old, park):
    own = a_figure(park, value=29, as_of="2021-H1", source=a_source(title="二期开工"))
    landed = land(replace(old, citations=[cite()]))
    assert landed.article.citations.get().figure == own


def test_of_several_statements_of_others_one_with_its_sentence_is_taken(old, park):
    a_figure(park, value=29, as_of="2021-H1")
    landed = land(replace(old, citations=[cite()]))
    assert landed.article.citations.get().figure.sentence == "目前入驻企业29家。"


def test_a_lost_connection_during_a_landing_is_no_half_article(old, monkeypatch):
    def gone(*args):
        raise DatabaseError("server closed the connection")

    before = counted()
    monkeypatch.setattr(importing, "_cite", gone)
    with pytest.raises(DatabaseError), transaction.atomic():
        land(replace(old, citations=[cite()]))
    assert counted() == before
