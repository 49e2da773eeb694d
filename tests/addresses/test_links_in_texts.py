"""The worker finds links that lead nowhere in texts readers see, and forgets them once mended."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.signals import request_finished
from factories import (
    LONG_AGO,
    a_category,
    a_park,
    a_person,
    a_picture,
    a_redirect,
    a_source,
    an_article,
)
from procrastinate.contrib.django import app

from articles.models import Article
from parkcms import jobs, links
from parkcms.addresses import answers
from parkcms.addresses.models import BrokenLink
from parkcms.ledger.models import Act
from parkcms.models import OwnersText, SiteProfile
from parkcms.outbox import door

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 3, 2, 19, 40, tzinfo=UTC)


@pytest.fixture(autouse=True)
def queue(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    app.connector.reset()
    yield
    app.connector.reset()


@pytest.fixture
def sites(settings, monkeypatch):
    """Other sites: what each address answers, a status or the code of a closed door."""
    settings.OUTGOING_PURPOSES = {"links"}
    answering, asked = {}, []

    def head(url, *, purpose, timeout):
        asked.append((url, purpose))
        what = answering.get(url, 200)
        if isinstance(what, str):
            raise door.Closed(what)
        return door.Reply(what, url)

    monkeypatch.setattr(door, "head", head)
    answering["asked"] = asked
    return answering


def night(days=0):
    """One round over everything, as the worker's jobs do it one after another."""
    app.connector.reset()
    with time_machine.travel(NIGHT + timedelta(days=days), tick=False):
        jobs.check_links(int((NIGHT + timedelta(days=days)).timestamp()))
        done = 0
        while later := under_way()[done:]:
            jobs.check_some_links(**later[0])
            done += 1


def under_way():
    """The arguments of the jobs of this round, in the order they were deferred."""
    queued = app.connector.jobs.values()
    return [job["args"] for job in queued if job["task_name"] == "site.check_some_links"]


def found():
    return [(row.owner_label, row.url, row.why) for row in BrokenLink.objects.order_by("pk")]


def saying(body, **fields):
    """An article with this body as it is: it may be older than the rules for what is typed."""
    article = an_article(**{"title": "文章"} | fields)
    Article.objects.filter(pk=article.pk).update(body=body)
    article.refresh_from_db()
    return article


def linking(*urls, **fields):
    written = "".join(f'<p><a href="{url}">词{n}</a></p>' for n, url in enumerate(urls))
    return saying(written, **fields)


# --- what is found ---


def test_own_writtenthat_lead_nowhere_are_found_and_others_are_not():
    park = a_park(slug="p")
    good = [
        "/", park.get_absolute_url(), "/en/parks/", "http://testserver/parks/?after=p",
        "/articles/feed.xml", "#part", "mailto:a@example.cn", "tel:400-000-0000", "/enquiries/new/",
    ]  # fmt: skip
    bad = ["/parks/none/", "/nowhere", "/en/articles/999999/", "http://testserver/x/", "/a%20b/"]
    linking(*good, *bad)
    night()
    assert found() == [("文章", url, "http_404") for url in bad]
    row = BrokenLink.objects.order_by("pk").first()
    article = Article.objects.get()
    assert (row.owner_kind, row.owner_id, row.text) == ("articles.article", article.pk, "词9")
    assert row.desk_path == f"/admin/articles/article/{article.pk}/change/"
    assert BrokenLink.objects.listed().count() == len(bad)


def test_a_link_to_a_draft_is_broken():
    linking(an_article(publish_at=None).get_absolute_url())
    night()
    assert [why for *_, why in found()] == ["http_404"]


def test_a_link_to_what_was_taken_down_says_so():
    article = an_article(taken_down_at=LONG_AGO)
    linking(article.get_absolute_url())
    night()
    (row,) = BrokenLink.objects.all()
    assert row.reason == "页面已下线"


def test_a_link_to_a_page_that_moved_names_its_new_address():
    SiteProfile.objects.update(legacy_site="old.example")
    old = an_article(
        legacy_site="old.example", legacy_id="77", rights="public", publisher="报", body="<p>文</p>"
    )
    shelf = a_category(slug="old")
    linking("/articles/category/old/", "/en/articles/category/old/", "/parks", "/post/77.html")
    shelf.slug = "new"
    shelf.save()
    night()
    assert list(BrokenLink.objects.order_by("pk").values_list("why", "moved_to")) == [
        ("moved", "/articles/category/new/"),
        ("moved", "/en/articles/category/new/"),
        ("moved", "/parks/"),
        ("moved", f"/articles/{old.pk}/"),
    ]


def test_a_link_that_moved_to_nothing_is_broken():
    a_redirect("/a/", "/nowhere/")
    linking("/a/")
    night()
    assert [why for *_, why in found()] == ["http_404"]


def test_pictures_and_files_are_looked_for_where_they_lie():
    lying = a_picture().url()
    body = (
        '<figure><img src="/media/pictures/no/ne.jpg" alt="厂房"></figure>'
        '<p><a href="/static/css/base.css">样式</a><a href="/static/none.css">样式</a>'
        '<a href="/media/../secret">出去</a></p>'
        f'<figure><img src="{lying}" alt="有"></figure>'
    )
    saying(body)
    night()
    assert found() == [
        ("文章", "/media/pictures/no/ne.jpg", "no_file"),
        ("文章", "/static/none.css", "no_file"),
        ("文章", "/media/../secret", "http_404"),
    ]
    assert BrokenLink.objects.get(url="/media/pictures/no/ne.jpg").text == "厂房"


def test_all_texts_readers_see_are_read_and_no_others(sites):
    sites |= dict.fromkeys([f"https://{n}.example.com/a" for n in range(9)], 404)
    linking("https://0.example.com/a", source_url="https://1.example.com/a", title="甲")
    linking("https://2.example.com/a", publish_at=None)
    linking("https://2.example.com/a", taken_down_at=LONG_AGO)
    a_park(
        name_zh="乙", intro_zh="见 https://3.example.com/a。", intro_en="(https://4.example.com/a)"
    )
    a_park(intro_zh="https://2.example.com/a", publish_at=None)
    source = a_source(url="https://5.example.com/a")
    OwnersText.objects.create(
        key="about", number=9, title_zh="题", title_en="T", publish_at=LONG_AGO,
        body_zh='<p><a href="https://6.example.com/a">丙</a></p>', body_en="<p>x</p>",
    )  # fmt: skip
    night()
    told = {(row.owner_kind, row.url[8]) for row in BrokenLink.objects.all()}
    assert told == {
        ("articles.article", "0"), ("articles.article", "1"), ("parks.park", "3"),
        ("parks.park", "4"), ("parks.source", "5"), ("parkcms.ownerstext", "6"),
    }  # fmt: skip
    assert BrokenLink.objects.get(owner_kind="parks.source").owner_id == source.pk


# --- when it is listed, and when it goes ---


def test_a_link_that_works_again_or_is_gone_from_the_text_is_forgotten():
    article = linking("/parks/late/", "/x/")
    night()
    assert len(found()) == 2
    a_park(slug="late")
    night(1)
    assert found() == [("文章", "/x/", "http_404")]
    article.body = "<p>没有了</p>"
    article.save()
    night(2)
    assert found() == []


def test_what_was_unpublished_or_deleted_is_forgotten():
    linking("/x/", title="甲").take_down(None)
    second, third = linking("/x/", title="乙"), linking("/x/", title="丙")
    night()
    assert [label for label, *_ in found()] == ["乙", "丙"]
    second.take_down(None)
    third.delete()
    night(1)
    assert found() == []


def test_a_link_to_another_site_is_listed_after_a_second_night(sites):
    sites["https://a.example.com/"] = "unreachable"
    linking("https://a.example.com/")
    night()
    assert len(found()) == 1
    assert not BrokenLink.objects.listed().exists()
    night()
    assert not BrokenLink.objects.listed().exists()
    night(1)
    (row,) = BrokenLink.objects.listed()
    assert (row.first_at, row.last_at) == (NIGHT, NIGHT + timedelta(days=1))
    assert row.reason == "连不上"


def test_one_bad_night_of_another_site_is_forgotten(sites):
    linking("https://a.example.com/")
    for days, answer in enumerate((503, 500, 200, 500)):
        sites["https://a.example.com/"] = answer
        night(days)
    assert not BrokenLink.objects.listed().exists()
    assert BrokenLink.objects.get().first_at == NIGHT + timedelta(days=3)


@pytest.mark.parametrize("status", [401, 403, 405, 429, 503, 999])
def test_a_site_that_keeps_robots_out_says_nothing_about_its_pages(sites, status):
    linking("https://a.example.com/")
    sites["https://a.example.com/"] = 404
    night()
    sites["https://a.example.com/"] = status
    night(1)
    assert [row.why for row in BrokenLink.objects.all()] == ["http_404"]
    assert not BrokenLink.objects.listed().exists()  # and a refusal is no second failure


def test_each_address_is_asked_once_a_round(sites):
    for _ in range(3):
        linking("https://a.example.com/", "https://a.example.com/#part")
    night()
    assert [url for url, _ in sites["asked"]] == ["https://a.example.com/"]


def test_other_sites_are_not_asked_unless_the_settings_say_so(sites, settings):
    sites["https://a.example.com/"] = 404
    linking("https://a.example.com/", "//b.example.com/", "/x/")
    night()
    assert sites["asked"] == [
        ("https://a.example.com/", "links"),
        ("http://b.example.com/", "links"),
    ]
    settings.OUTGOING_PURPOSES = frozenset()
    night(1)
    assert len(sites["asked"]) == 2
    assert found() == [("文章", "/x/", "http_404")]


def test_what_was_set_aside_stays_so_while_it_is_broken():
    linking("/x/")
    night()
    assert BrokenLink.objects.get().ignore(a_person()) is True
    night(1)
    assert not BrokenLink.objects.listed().exists()
    assert BrokenLink.objects.get().ignore(a_person()) is False
    assert list(Act.objects.values_list("verb", flat=True)) == ["ignore"]


# --- the round ---


def test_a_long_round_goes_on_in_the_next_job(monkeypatch):
    monkeypatch.setattr(jobs, "LINK_SECONDS", 0)
    articles = [linking("/x/", title=f"文章{n}") for n in range(3)]
    night()
    assert [one["after"] for one in under_way() if one["kind"] == "article"] == [
        0, *(article.pk for article in articles),
    ]  # fmt: skip
    assert len(found()) == 3


def test_a_batch_is_read_with_one_query_and_never_more_rows(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(links, "BATCH", 2)
    shelf = a_category()
    for _ in range(5):
        an_article(category=shelf)
    with django_assert_num_queries(4):
        assert len(list(links.texts("article"))) == 5


def test_what_is_published_is_looked_at_within_minutes(sites):
    with time_machine.travel(NIGHT, tick=False):
        linking("/x/", "https://a.example.com/", title="新", publish_at=NIGHT)
        linking("/x/", title="旧", publish_at=NIGHT - timedelta(hours=1))
        linking("/x/", title="定时", publish_at=NIGHT + timedelta(hours=1))
        jobs.check_fresh_links(0)
    assert found() == [("新", "/x/", "http_404")]
    assert sites["asked"] == []


def test_a_quick_look_keeps_what_the_night_knew_of_other_sites(sites):
    sites["https://a.example.com/"] = 404
    linking("https://a.example.com/", publish_at=NIGHT)
    night()
    with time_machine.travel(NIGHT + timedelta(minutes=5), tick=False):
        jobs.check_fresh_links(0)
    assert len(found()) == 1


def test_writtenof_all_kinds_break_no_round():
    junk = ["http://[::1/", "https://", "ftp://a.example.com/", "?a=1", "..", "x" * 2_000, "/%ff/",
            "/%00/", "//", "http://a:b@testserver/", "/\\\\evil", "/parks/?after=%00"]  # fmt: skip
    linking(*junk)
    night()
    assert {why for *_, why in found()} <= {"http_404", "http_400"}


# --- asking ourselves ---


def test_asking_ourselves_ends_no_request_around_it():
    """Or the database connection of whoever asks would be closed under them."""
    ended = []

    def note(**_):
        ended.append(1)

    request_finished.connect(note)
    try:
        assert answers.at("/parks/").is_page
        assert answers.at("/nowhere/").status == 404
    finally:
        request_finished.disconnect(note)
    assert ended == []


def test_a_page_that_fails_is_broken_and_a_lost_database_is_told(monkeypatch):
    from django.db import OperationalError

    monkeypatch.setattr("articles.lists.shelves", lambda: 1 / 0)
    assert answers.at("/articles/").status == 500

    def gone():
        raise OperationalError("gone")

    monkeypatch.setattr("articles.lists.shelves", gone)
    with pytest.raises(OperationalError):
        answers.at("/articles/")
