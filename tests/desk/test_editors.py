"""An editor at the desk: publishes at once or on time, takes down with a reason, in one or many."""

from datetime import UTC, datetime, timedelta

import pytest
from desk_forms import act_on, at_the_desk, errors, filled, messages_of, page_of, send
from django.test import Client
from factories import LONG_AGO, a_category, a_citation, a_figure, a_park, a_person, an_article
from lxml import html

from articles.models import Article
from parkcms.ledger.models import Act

pytestmark = pytest.mark.django_db
LIST = "/admin/articles/article/"
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # ten o'clock in Shanghai


@pytest.fixture
def editor():
    return a_person("bianji", "编辑", display_name="示例编辑")


@pytest.fixture
def desk(client, editor):
    return at_the_desk(client, editor)


@pytest.fixture(autouse=True)
def at_ten(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


def a_draft(**fields):
    return an_article(**{"publish_at": None} | fields)


def is_read(article):
    return Client().get(f"/articles/{article.pk}/").status_code == 200


def publish(desk, article, **answers):
    return send(desk, page_of(article), _publish="保存并发布", **answers)


def test_an_editor_publishes_what_an_author_wrote(desk):
    draft = a_draft(author=a_person(role="作者"), title="走访嘉定")
    assert not is_read(draft)
    response = publish(desk, draft, summary_zh="一句话。")
    assert response.status_code == 302
    draft.refresh_from_db()
    assert (draft.publish_at, draft.summary_zh) == (NOW, "一句话。")
    assert is_read(draft)
    (told,) = messages_of(desk.get(response["Location"]))
    assert f'“走访嘉定”已发布：<a href="/articles/{draft.pk}/">打开页面</a>' == told.replace(
        "'", '"'
    )


def test_the_authors_name_stays_when_an_editor_saves(desk):
    author = a_person(role="作者")
    draft = a_draft(author=author)
    publish(desk, draft)
    draft.refresh_from_db()
    assert draft.author == author


def test_a_title_in_a_message_is_words_and_no_markup(desk):
    draft = a_draft(title="<img src=x onerror=alert(1)>")
    (told,) = messages_of(desk.get(publish(desk, draft)["Location"]))
    assert "<img" not in told
    assert "&lt;img" in told


def test_without_rights_it_is_not_published_and_the_field_says_so(desk):
    draft = a_draft(rights="")
    assert errors(publish(desk, draft)) == {"rights": ["rights_missing"]}
    assert not is_read(draft)
    assert Act.objects.count() == 0
    assert send(desk, page_of(draft)).status_code == 302  # a draft may wait for them


@pytest.mark.parametrize("rights", ["public", "unverified"])
def test_a_repost_without_its_medium_is_not_published_and_the_field_says_so(desk, rights):
    draft = a_draft(rights=rights, publisher="")
    assert errors(publish(desk, draft)) == {"publisher": ["source_missing"]}
    assert not is_read(draft)
    assert publish(desk, draft, publisher="嘉定区融媒体中心").status_code == 302
    assert is_read(draft)


def test_an_authorised_repost_says_all_the_law_wants(desk):
    draft = a_draft(rights="authorised", publisher="")
    told = {
        "publisher": "某报",
        "original_title": "原题",
        "writer": "未署名",
        "source_date": "2026-03-01",
        "rights_basis": "2026-03-02 邮件同意",
    }
    assert errors(publish(desk, draft)) == {
        "publisher": ["source_missing"],
        **{name: [f"{name}_missing"] for name in told if name != "publisher"},
    }
    assert publish(desk, draft, **told).status_code == 302
    assert is_read(draft)


@pytest.mark.parametrize("when", ["past", "future"])
def test_a_time_typed_by_hand_is_a_plan_until_the_article_is_published(desk, when):
    draft = a_draft(rights="unverified", publisher="")
    year = "2020" if when == "past" else "2030"
    typed = {"publish_at_0": f"{year}-01-01", "publish_at_1": "08:00"}
    assert send(desk, page_of(draft), **typed).status_code == 302
    draft.refresh_from_db()
    assert (draft.publish_at, is_read(draft)) == (None, False)
    assert f'value="{year}/01/01"' in desk.get(page_of(draft)).content.decode()
    assert errors(publish(desk, draft)) == {"publisher": ["source_missing"]}
    assert errors(publish(desk, draft, rights="")) == {"rights": ["rights_missing"]}


def test_what_is_published_keeps_its_rights_and_source(desk):
    article = an_article(rights="unverified", publisher="某报")
    assert errors(publish(desk, article, publisher="")) == {"publisher": ["source_missing"]}
    assert errors(publish(desk, article, rights="")) == {"rights": ["rights_missing"]}
    assert send(desk, page_of(article), rights="").status_code == 302  # a draft may wait for them
    article.refresh_from_db()
    assert article.rights == "unverified"


def test_a_scheduled_article_comes_on_its_own(desk, at_ten):
    draft = a_draft()
    publish(desk, draft, publish_at_0="2026-03-03", publish_at_1="09:30:41")
    draft.refresh_from_db()
    assert draft.publish_at == datetime(2026, 3, 3, 1, 30, tzinfo=UTC)
    assert draft.publication_state == "定时"
    assert not is_read(draft)
    at_ten.move_to(datetime(2026, 3, 3, 1, 30, tzinfo=UTC), tick=False)
    assert is_read(draft)


def test_what_is_live_is_not_sent_into_the_future(desk):
    article = an_article()
    typed = {"publish_at_0": "2026-03-03", "publish_at_1": "09:30"}
    assert errors(publish(desk, article, **typed)) == {"publish_at": ["would_vanish"]}
    assert is_read(article)


def test_an_article_goes_when_its_time_is_over(desk, at_ten):
    article = an_article()
    publish(desk, article, expire_at_0="2026-03-03", expire_at_1="00:00")
    assert is_read(article)
    at_ten.move_to(NOW + timedelta(days=1), tick=False)
    assert not is_read(article)


def test_an_end_before_the_beginning_is_refused(desk):
    article = an_article(publish_at=NOW)
    typed = {"expire_at_0": "2026-03-02", "expire_at_1": "10:00"}
    assert errors(send(desk, page_of(article), **typed)) == {"expire_at": ["expires_first"]}
    article.refresh_from_db()
    assert article.expire_at is None


def act(desk, article, name, **answers):
    """Press one of the buttons below the form."""
    return desk.post(f"{LIST}{article.pk}/{name}/", answers, follow=True)


def status(article):
    return Client().get(f"/articles/{article.pk}/").status_code


def test_an_editor_takes_down_with_a_reason_and_puts_back(desk, at_ten):
    article = an_article()
    act(desk, article, "take-down", take_down_reason="来源要求删除")
    article.refresh_from_db()
    assert (article.publication_state, status(article)) == ("已下线", 410)
    assert Act.objects.about(article).get(verb="take_down").reason == "来源要求删除"
    at_ten.move_to(NOW + timedelta(days=1), tick=False)
    act(desk, article, "put-back", take_down_reason="来源收回了要求")
    article.refresh_from_db()
    assert (article.publish_at, article.taken_down_at, status(article)) == (LONG_AGO, None, 200)
    assert Act.objects.about(article).get(verb="put_back").reason == "来源收回了要求"


def test_publishing_a_change_to_what_was_taken_down_puts_it_back(desk):
    article = an_article(taken_down_at=NOW)
    publish(desk, article, title="改好了")
    article.refresh_from_db()
    assert (article.title, article.publish_at, status(article)) == ("改好了", LONG_AGO, 200)


def test_nothing_is_taken_down_without_a_reason(desk):
    article = an_article()
    for reason in ("", "   ", "\x00"):
        told = messages_of(act(desk, article, "take-down", take_down_reason=reason))
        assert told == ["没有下线：请写明原因，如“来源要求删除”。"]
    assert is_read(article)
    assert Act.objects.count() == 0


def test_a_reason_is_cut_and_cleaned(desk):
    article = an_article()
    act(desk, article, "take-down", take_down_reason="原因\x00" + "长" * 600)
    assert Act.objects.get(verb="take_down").reason == "原因" + "长" * 498


def test_what_was_typed_in_the_form_is_no_part_of_taking_down(desk):
    article = an_article(title="原题")
    act(desk, article, "take-down", take_down_reason="侵权", title="", body="")
    article.refresh_from_db()
    assert (article.title, status(article)) == ("原题", 410)


@pytest.mark.parametrize("fields", [{"publish_at": None}, {"taken_down_at": NOW}])
def test_only_what_is_on_the_site_is_taken_down(desk, fields):
    article = an_article(**fields)
    told = messages_of(act(desk, article, "take-down", take_down_reason="侵权"))
    assert told == ["这篇不在线上。"]
    assert messages_of(act(desk, an_article(), "put-back")) == ["这篇没有下线。"]
    assert Act.objects.count() == 0


def test_the_buttons_follow_the_state(desk):
    for fields, shown in (
        ({"publish_at": None}, {"保存并发布"}),
        ({}, {"发布改动", "下线"}),
        ({"publish_at": NOW + timedelta(days=1)}, {"发布改动", "下线"}),
        ({"taken_down_at": NOW}, {"发布并恢复上线", "恢复上线（内容和下线前一样）"}),
        ({"expire_at": NOW - timedelta(days=1)}, {"发布改动", "下线"}),
    ):
        page = html.fromstring(desk.get(page_of(an_article(**fields))).content.decode())
        buttons = {button.text_content().strip() for button in page.xpath("//form//button")}
        known = {"保存并发布", "发布改动", "发布并恢复上线", "下线", "恢复上线（内容和下线前一样）"}
        assert buttons & known == shown, fields


def test_only_what_is_live_links_to_its_page(desk):
    live, draft = an_article(), a_draft()
    assert f'href="/articles/{live.pk}/"' in desk.get(page_of(live)).content.decode()
    assert f'href="/articles/{draft.pk}/"' not in desk.get(page_of(draft)).content.decode()


def test_of_many_the_one_that_can_not_be_published_is_named_and_the_rest_are(desk):
    good = [a_draft(title=f"好稿{n}") for n in range(3)]
    no_rights = a_draft(title="没有权利", rights="")
    no_medium = a_draft(title="没有来源", rights="public", publisher="")
    ended = a_draft(title="早已到期", publish_at=NOW + timedelta(days=9))
    rows = [good[0], no_rights, good[1], no_medium, good[2], ended]
    response = act_on(desk, Article, "publish_selected", rows)
    assert response.status_code == 200
    told = messages_of(response)
    assert sorted(told) == sorted([
        "“没有权利”没有发布：发布前要写明权利：原创、授权、公开信息还是待核实。",
        "“没有来源”没有发布：转载要写明来源媒体，如“嘉定区融媒体中心”。",
        "已发布 4 条。",
    ])  # fmt: skip
    assert all(is_read(article) for article in good)
    assert not is_read(no_rights)
    assert not is_read(no_medium)
    ended.refresh_from_db()
    assert ended.publication_state == "定时"
    published = Act.objects.filter(verb="publish").values_list("object_id", flat=True)
    assert sorted(map(int, published)) == sorted(one.pk for one in [*good, ended])


def test_where_none_can_be_published_nothing_is_said_to_be(desk):
    told = messages_of(act_on(desk, Article, "publish_selected", [a_draft(rights="")]))
    assert len(told) == 1
    assert "已发布" not in told[0]


def test_many_are_taken_down_together(desk):
    articles = [an_article() for _ in range(3)]
    ticked = {"action": "take_down_selected", "_selected_action": [a.pk for a in articles[:2]]}
    asked = desk.post(LIST, ticked | {"index": 0, "apply": 1, "reason": "侵权"}, follow=True)
    assert messages_of(asked) == ["已下线 2 条。"]
    assert [is_read(article) for article in articles] == [False, False, True]


def test_an_editor_edits_and_finds_everyones_articles(desk):
    for fields in ({"publish_at": None}, {}, {"taken_down_at": NOW}):
        article = an_article(author=a_person(role="作者"), **fields)
        assert publish(desk, article, title=f"改过的{article.pk}").status_code == 302
        article.refresh_from_db()
        assert article.title == f"改过的{article.pk}"


def test_the_list_can_be_narrowed_by_state(desk):
    rows = {
        "live": an_article(title="在线的"),
        "draft": a_draft(title="草稿的"),
        "due": an_article(title="定时的", publish_at=NOW + timedelta(days=1)),
        "off": an_article(title="下线的", taken_down_at=NOW),
    }
    for state, article in rows.items():
        shown = desk.get(f"{LIST}?live={state}").context["cl"].result_list
        assert list(shown) == [article], state
    assert desk.get(f"{LIST}?live=junk").context["cl"].result_list.count() == 4


def test_articles_whose_quotes_are_lost_can_be_listed(desk):
    article, other = an_article(), an_article()
    for number in range(2):
        a_citation(article, a_figure(a_park(), value=number), "x", is_lost=True)
    a_citation(other, a_figure(a_park()), "x")
    shown = desk.get(f"{LIST}?citations__is_lost__exact=1").context["cl"].result_list
    assert list(shown) == [article]


def test_an_editor_writes_and_publishes_in_one_go(desk, editor):
    answers = {"title": "一步到位", "category": a_category().pk, "body": "<p>文。</p>"}
    data = filled(desk, page_of(Article, "add"), **answers, rights="original", _publish="1")
    assert desk.post(page_of(Article, "add"), data).status_code == 302
    article = Article.objects.get()
    assert (article.author, article.publish_at) == (editor, NOW)
    assert is_read(article)


def test_publishing_a_change_keeps_the_time_of_publication(desk):
    article = an_article()
    publish(desk, article, title="改过")
    article.refresh_from_db()
    assert (article.publish_at, article.updated_at) == (LONG_AGO, NOW)


def test_an_editor_keeps_shelves_and_tags_but_not_parks(desk):
    shelf = a_category()
    assert send(desk, page_of(shelf), name_zh="新分类").status_code == 302
    park = a_park()
    assert desk.post(page_of(park), {}).status_code == 403
    assert desk.post(page_of(a_figure(park)), {}).status_code == 403


def test_a_shelf_with_articles_is_not_deleted(desk):
    article = an_article()
    response = desk.post(page_of(article.category, "delete"), {"post": "yes"})
    assert response.context["protected"]
    assert Article.objects.get().category == article.category


def test_an_articles_number_and_old_address_can_not_be_typed(desk):
    article = an_article(legacy_site="280380.com", legacy_id="3661", legacy_views=65)
    crafted = {"id": "1", "legacy_site": "x", "legacy_id": "1", "legacy_views": "9999"}
    data = filled(desk, page_of(article)) | {name: [v] for name, v in crafted.items()}
    assert desk.post(page_of(article), data).status_code == 302
    article.refresh_from_db()
    assert (article.legacy_site, article.legacy_id, article.legacy_views) == (
        "280380.com", "3661", 65,
    )  # fmt: skip
