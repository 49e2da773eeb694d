"""When a row is live: the queryset and its mirror say the same at every moment, for every noun."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from factories import LONG_AGO, a_category, a_park, a_person, a_space, an_article
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles.models import Article, Category
from parkcms.ledger.models import Act
from parkcms.models import OwnersText
from parks.models import Park, Space

pytestmark = pytest.mark.django_db
STEPS = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NOW = LONG_AGO
TIMES = [NOW + timedelta(microseconds=n) for n in (-2, -1, 0, 1, 2)]
maybe = st.none() | st.sampled_from(TIMES)


def an_owners_text(**fields):
    texts = {"title_zh": "题", "title_en": "Title", "body_zh": "<p>文</p>", "body_en": "<p>x</p>"}
    return OwnersText.objects.create(**{"key": "about"} | texts | fields)


def a_space_of_an_old_park(**fields):
    return a_space(a_park(publish_at=NOW - timedelta(days=365)), **fields)


MAKERS = {
    Park: a_park,
    Space: a_space_of_an_old_park,
    Category: a_category,
    Article: an_article,
    OwnersText: an_owners_text,
}


@st.composite
def lives(draw):
    """Times of a row the database takes: a draft, or published and perhaps ended."""
    life = {"publish_at": draw(maybe), "expire_at": draw(maybe), "taken_down_at": draw(maybe)}
    if life["publish_at"] and life["expire_at"] and life["expire_at"] <= life["publish_at"]:
        life["expire_at"] = None
    return life


def should_be_live(life, now):
    """The rule in words of its own."""
    if life["publish_at"] is None or life["taken_down_at"] is not None:
        return False
    has_begun, has_ended = (
        life["publish_at"] <= now,
        (life["expire_at"] or now + timedelta(1)) <= now,
    )
    return has_begun and not has_ended


@pytest.mark.parametrize("noun", MAKERS, ids=lambda noun: noun.__name__)
@STEPS
@given(life=lives(), now=st.sampled_from(TIMES))
def test_queryset_mirror_and_rule_agree(noun, life, now):
    with transaction.atomic():
        row = MAKERS[noun](**life)
        expected = should_be_live(life, now)
        assert noun.objects.published(now).filter(pk=row.pk).exists() is expected
        assert noun.objects.get(pk=row.pk).is_published(now) is expected
        transaction.set_rollback(True)


@STEPS
@given(own=lives(), of_park=lives(), now=st.sampled_from(TIMES))
def test_a_space_is_public_only_in_a_public_park(own, of_park, now):
    with transaction.atomic():
        row = a_space(a_park(**of_park), **own)
        expected = should_be_live(own, now) and should_be_live(of_park, now)
        assert Space.objects.published(now).filter(pk=row.pk).exists() is expected
        assert Space.objects.get(pk=row.pk).is_published(now) is expected
        transaction.set_rollback(True)


@pytest.mark.parametrize("noun", MAKERS, ids=lambda noun: noun.__name__)
def test_without_a_time_it_is_this_moment(noun, time_machine):
    row = MAKERS[noun](publish_at=NOW, expire_at=NOW + timedelta(hours=1))
    seen = []
    for minutes in (-1, 0, 59, 60):
        time_machine.move_to(NOW + timedelta(minutes=minutes), tick=False)
        live = noun.objects.published().filter(pk=row.pk).exists()
        assert row.is_published() is live
        seen.append(live)
    assert seen == [False, True, True, False]


@pytest.mark.parametrize("noun", MAKERS, ids=lambda noun: noun.__name__)
def test_a_row_ends_after_it_begins(noun):
    row = MAKERS[noun](publish_at=NOW)
    for end in (NOW, NOW - timedelta(days=1)):
        with pytest.raises(IntegrityError, match="expires_after_publish"), transaction.atomic():
            noun.objects.filter(pk=row.pk).update(expire_at=end)
    noun.objects.filter(pk=row.pk).update(expire_at=NOW + timedelta(microseconds=1))
    noun.objects.filter(pk=row.pk).update(publish_at=None, expire_at=NOW - timedelta(days=1))


STATES = [
    ({"publish_at": None}, "草稿"),
    ({"publish_at": None, "taken_down_at": NOW}, "草稿"),
    ({"publish_at": NOW}, "在线"),
    ({"publish_at": NOW + timedelta(hours=1)}, "定时"),
    ({"publish_at": NOW - timedelta(days=1), "expire_at": NOW}, "已到期"),
    ({"publish_at": NOW - timedelta(days=1), "taken_down_at": NOW}, "已下线"),
    ({"publish_at": NOW + timedelta(days=1), "taken_down_at": NOW}, "已下线"),
]


@pytest.mark.parametrize(("life", "state"), STATES)
@pytest.mark.parametrize("noun", MAKERS, ids=lambda noun: noun.__name__)
def test_the_desk_names_the_state_in_its_own_words(noun, life, state, time_machine):
    time_machine.move_to(NOW, tick=False)
    assert MAKERS[noun](**life).publication_state == state


@pytest.mark.parametrize("noun", MAKERS, ids=lambda noun: noun.__name__)
def test_publishing_puts_a_draft_on_the_site_from_now(noun, time_machine):
    time_machine.move_to(NOW, tick=False)
    row = MAKERS[noun](publish_at=None)
    assert list(noun.objects.drafts().filter(pk=row.pk)) == [row]
    row.publish(a_person())
    row.refresh_from_db()
    assert (row.publish_at, row.is_published()) == (NOW, True)


def test_publishing_keeps_a_time_that_was_set(time_machine):
    time_machine.move_to(NOW, tick=False)
    later = NOW + timedelta(days=3)
    article = an_article(publish_at=later)
    article.publish(a_person())
    article.refresh_from_db()
    assert (article.publish_at, article.publication_state) == (later, "定时")
    article.publish(a_person(), at=NOW)
    article.refresh_from_db()
    assert (article.publish_at, article.publication_state) == (NOW, "在线")


def test_publishing_what_was_taken_down_puts_it_back_under_its_first_time(time_machine):
    time_machine.move_to(NOW + timedelta(days=9), tick=False)
    article = an_article(publish_at=NOW)
    article.take_down(a_person(), "核实中")
    assert not Article.objects.published().exists()
    article.publish(a_person())
    article.refresh_from_db()
    assert (article.publish_at, article.taken_down_at) == (NOW, None)
    assert Article.objects.published().get() == article


def test_publishing_what_has_expired_removes_the_end(time_machine):
    time_machine.move_to(NOW + timedelta(days=9), tick=False)
    article = an_article(publish_at=NOW, expire_at=NOW + timedelta(days=1))
    article.publish(a_person())
    article.refresh_from_db()
    assert (article.expire_at, article.publication_state) == (None, "在线")


def test_publishing_keeps_an_end_that_is_to_come(time_machine):
    time_machine.move_to(NOW, tick=False)
    article = an_article(publish_at=None, expire_at=NOW + timedelta(days=1))
    article.publish(a_person())
    article.refresh_from_db()
    assert article.expire_at == NOW + timedelta(days=1)


def test_taking_down_keeps_text_address_and_time(time_machine):
    time_machine.move_to(NOW + timedelta(days=9), tick=False)
    article = an_article(publish_at=NOW, body="<p>正文。</p>")
    address = article.get_absolute_url()
    article.take_down(None)
    article.refresh_from_db()
    assert (article.publish_at, article.body) == (NOW, "<p>正文。</p>")
    assert article.get_absolute_url() == address
    assert Act.objects.get().actor_name == "系统"


def test_publishing_touches_nothing_but_the_times():
    article = an_article(publish_at=None, title="库里的标题")
    article.title = "没有保存的标题"
    article.publish(a_person())
    article.refresh_from_db()
    assert article.title == "库里的标题"


def test_of_an_owners_page_the_newest_live_version_is_in_force(time_machine):
    time_machine.move_to(NOW, tick=False)
    OwnersText.objects.all().delete()
    first = an_owners_text(publish_at=NOW - timedelta(days=2))
    second = an_owners_text(publish_at=NOW)
    third = an_owners_text(publish_at=NOW + timedelta(days=2))
    draft = an_owners_text(publish_at=None)
    an_owners_text(key="contact", publish_at=NOW)
    assert [row.number for row in (first, second, third, draft)] == [1, 2, 3, 4]
    assert list(OwnersText.objects.current("about")) == [second]
    time_machine.move_to(NOW + timedelta(days=2), tick=False)
    assert list(OwnersText.objects.current("about")) == [third]
    third.take_down(None)
    assert list(OwnersText.objects.current("about")) == [second]
