"""Addresses for people without an account: made for some days, revoked, never told to anybody."""

import logging
import re
from datetime import UTC, datetime, timedelta

import pytest
from desk_forms import desk_of
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from factories import a_person, a_preview_link, an_article
from lxml import html
from previewed import desk_page, draft_over, main_of, outside

from articles import preview_links
from articles.models import PreviewLink
from parkcms.ledger.models import Act

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # ten o'clock in Shanghai
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def at_ten(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def editor():
    return a_person("bianji", "编辑", display_name="示例编辑")


# --- an address -----------------------------------------------------------------------------------


def test_an_address_is_short_and_leads_to_its_own_row_only():
    article = an_article(publish_at=None)
    one, two = a_preview_link(article), a_preview_link(an_article(publish_at=None, title="另一篇"))
    far = PreviewLink(pk=2**31, made_at=NOW + timedelta(days=36_500))
    for link in (one, two, far):
        path = preview_links.path_of(link)
        assert re.fullmatch(r"/preview/[A-Za-z0-9._-]{20,60}/", path)
    assert preview_links.find(preview_links.path_of(one).split("/")[-2]) == one
    assert "另一篇" in main_of(outside(two))


def test_the_address_of_a_row_that_came_back_under_its_number_is_dead():
    link = a_preview_link(an_article())
    signed = preview_links.path_of(link).split("/")[-2]
    PreviewLink.objects.update(made_at=NOW + timedelta(seconds=1))
    assert preview_links.find(signed) is None


def test_an_address_nobody_was_given_is_not_found():
    link = a_preview_link(an_article(publish_at=None))
    signed = preview_links.path_of(link).split("/")[-2]
    named, _, seal = signed.partition(".")
    swapped = seal[:-1] + ("A" if seal[-1] != "A" else "E")
    wrong = [
        "x", "1", ".", "..", "-", f"{named}.", f".{seal}", f"1{signed}", f"{signed}1",
        f"{named}.{swapped}", f"{named}:{seal}", signed.upper(), signed[:-1], "%00", "%ff", "😀",
        "a" * 500, f"{named}x.{seal}",
        signed.replace(".", "%2e").replace("-", "%0a"),
    ]  # fmt: skip
    careless = Client(raise_request_exception=False)
    for text in wrong:
        status = careless.get(f"/preview/{text}/").status_code
        assert status in ({400, 404} if text in {"%00", "..", "."} else {404}), (text, status)


def test_only_reading_is_answered():
    path = preview_links.path_of(a_preview_link(an_article(publish_at=None)))
    assert [getattr(Client(), verb)(path).status_code for verb in ("get", "head")] == [200, 200]
    assert Client().post(path).status_code == 405


def test_an_address_is_open_to_the_end_of_its_day_and_then_says_it_is_over(at_ten):
    article = an_article(publish_at=None)
    link = preview_links.make(article, a_person(), TODAY + timedelta(days=7), "陈经理")
    assert link.expires_at == datetime(2026, 3, 9, 16, 0, tzinfo=UTC)  # midnight in Shanghai
    assert "预览，未发布，请勿转发；有效至 2026-03-09。" in outside(link).content.decode()
    at_ten.move_to(link.expires_at - timedelta(seconds=1), tick=False)
    assert outside(link).status_code == 200
    at_ten.move_to(link.expires_at, tick=False)
    over = outside(link)
    assert over.status_code == 410
    assert "这个预览已经过期" in over.content.decode()
    assert over["Cache-Control"] == "no-store, private"
    assert article.title not in over.content.decode()


def test_a_revoked_address_says_so_and_a_taken_down_article_is_gone(editor):
    article = an_article()
    link, other = a_preview_link(article), a_preview_link(article)
    assert preview_links.revoke(link, editor) is True
    assert preview_links.revoke(link, editor) is False
    gone = outside(link)
    assert (gone.status_code, "这个预览已经收回" in gone.content.decode()) == (410, True)
    assert outside(other).status_code == 200
    article.take_down(editor, "来源要求")
    down = outside(other)
    assert (down.status_code, "这篇文章已经下线" in down.content.decode()) == (410, True)


def test_it_shows_the_newest_saved_text_and_says_when_that_is_public(editor):
    article = an_article(publish_at=None, title="第一版")
    link = a_preview_link(article)
    assert "第一版" in main_of(outside(link))
    draft_over(article, editor, title="第二版")
    assert "第二版" in main_of(outside(link))
    article.publish(editor)
    assert "预览，内容已经发布" in outside(link).content.decode()


def test_in_english_only_what_has_an_english_side(editor):
    chinese = a_preview_link(an_article(publish_at=None))
    both = a_preview_link(an_article(publish_at=None, summary_en="In English."))
    assert Client().get(f"/en{preview_links.path_of(chinese)}").status_code == 404
    assert "In English." in main_of(Client().get(f"/en{preview_links.path_of(both)}"))


def test_the_address_is_in_no_log_and_no_act(editor, caplog):
    link = preview_links.make(an_article(), editor, TODAY, "陈经理")
    preview_links.revoke(link, editor)
    path = preview_links.path_of(link)
    signed = path.split("/")[-2]
    with caplog.at_level(logging.DEBUG):
        Client().get(path)
        Client().get(f"/preview/{signed}x/")
    told = [str((act.before, act.after, act.reason, act.object_label)) for act in Act.objects.all()]
    assert len(told) == 2
    assert not any(signed in text for text in told)
    assert caplog.text.count("/preview/***/") == 2
    assert signed not in caplog.text


def test_no_list_feed_or_map_names_an_address():
    article = an_article()
    link = a_preview_link(article)
    cache.clear()
    signed = preview_links.path_of(link).split("/")[-2]
    for path in ("/sitemap.xml", "/articles/", "/articles/feed.xml", article.get_absolute_url()):
        assert signed not in Client().get(path).content.decode()


# --- made at the desk -----------------------------------------------------------------------------


def links_page(article):
    return desk_page(article, "preview_links")


def test_a_link_is_made_for_a_week_listed_with_its_address_and_revoked(editor):
    article = an_article(publish_at=None)
    desk, url = desk_of(editor), links_page(article)
    first = html.fromstring(desk.get(url).content.decode())
    assert first.xpath("//input[@name='until']/@value") == ["2026-03-09"]
    answer = desk.post(url, {"given_to": "某园陈经理", "until": "2026-03-09"}, follow=True)
    link = PreviewLink.objects.get()
    page = html.fromstring(answer.content.decode())
    (address,) = page.xpath("//ul[@class='links']//input[@readonly]/@value")
    assert address == f"http://127.0.0.1:8000{preview_links.path_of(link)}"
    assert Client().get(preview_links.path_of(link)).status_code == 200
    revoke = reverse("admin:articles_article_preview_revoke", args=[article.pk, link.pk])
    answer = desk.post(revoke, follow=True)
    page = html.fromstring(answer.content.decode())
    assert page.xpath("//ul[@class='links']//input[@readonly]/@value") == []
    assert "已收回" in page.xpath("//ul[@class='links']")[0].text_content()
    assert Client().get(preview_links.path_of(link)).status_code == 410
    made, closed = reversed(Act.objects.about(article))
    assert (made.verb, made.after) == ("preview", {"给谁看": "某园陈经理", "有效至": "2026-03-09"})
    assert (closed.verb, closed.before) == ("revoke", made.after)


@pytest.mark.parametrize(
    ("given_to", "until", "wrong"),
    [
        ("", "2026-03-09", {"given_to": ["required"]}),
        ("长" * 101, "2026-03-09", {"given_to": ["max_length"]}),
        ("a\x00b", "2026-03-09", {"given_to": ["null_characters_not_allowed"]}),
        ("甲", "", {"until": ["required"]}),
        ("甲", "2026-03-01", {"until": ["over"]}),
        ("甲", "2026-06-01", {"until": ["too_far"]}),
        ("甲", "9999-12-31", {"until": ["too_far"]}),
        ("甲", "2026-02-30", {"until": ["invalid"]}),
        ("甲", "x" * 5000, {"until": ["invalid"]}),
    ],
)
def test_what_is_wrong_with_a_link_is_said_at_its_field(editor, given_to, until, wrong):
    answer = desk_of(editor).post(links_page(an_article()), {"given_to": given_to, "until": until})
    assert answer.status_code == 200
    form = answer.context["form"]
    assert {name: [e.code for e in form.errors[name].as_data()] for name in form.errors} == wrong
    assert (PreviewLink.objects.count(), Act.objects.count()) == (0, 0)


@pytest.mark.parametrize("until", ["2026-03-02", "2026-05-31"])
def test_a_link_may_be_for_today_alone_and_for_ninety_days(editor, until):
    data = {"given_to": "甲", "until": until}
    assert desk_of(editor).post(links_page(an_article()), data).status_code == 302
    assert f"{preview_links.last_day(PreviewLink.objects.get())}" == until


def test_another_articles_link_is_not_revoked_through_this_one(editor):
    link = a_preview_link(an_article())
    url = reverse("admin:articles_article_preview_revoke", args=[an_article().pk, link.pk])
    assert desk_of(editor).post(url).status_code == 404
    link.refresh_from_db()
    assert link.revoked_at is None
