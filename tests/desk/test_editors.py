"""An editor at the desk: publishes at once or on time, takes down with a reason, in one or many."""

from datetime import UTC, datetime, timedelta

import pytest
from desk_forms import act_on, at_the_desk, errors, filled, messages_of, page_of, send, words
from django.test import Client
from factories import LONG_AGO, a_category, a_citation, a_figure, a_park, a_person, an_article

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


@pytest.mark.parametrize("rights", ["authorised", "public", "unverified"])
def test_a_repost_without_its_medium_is_not_published_and_the_field_says_so(desk, rights):
    draft = a_draft(rights=rights, publisher="")
    assert errors(publish(desk, draft)) == {"publisher": ["source_missing"]}
    assert not is_read(draft)
    assert publish(desk, draft, publisher="嘉定区融媒体中心").status_code == 302
    assert is_read(draft)


@pytest.mark.parametrize("when", ["past", "future"])
def test_a_time_typed_by_hand_wants_the_same(desk, when):
    draft = a_draft(rights="unverified", publisher="")
    year = "2020" if when == "past" else "2030"
    typed = {"publish_at_0": f"{year}-01-01", "publish_at_1": "08:00"}
    assert errors(send(desk, page_of(draft), **typed)) == {"publisher": ["source_missing"]}
    typed["rights"] = ""
    assert errors(send(desk, page_of(draft), **typed)) == {"rights": ["rights_missing"]}


def test_what_is_published_keeps_wanting_them(desk):
    article = an_article(rights="unverified", publisher="某报")
    assert errors(send(desk, page_of(article), publisher="")) == {"publisher": ["source_missing"]}
    assert errors(send(desk, page_of(article), rights="")) == {"rights": ["rights_missing"]}


def test_a_scheduled_article_comes_on_its_own(desk, at_ten):
    draft = a_draft()
    typed = {"publish_at_0": "2026-03-03", "publish_at_1": "09:30"}
    assert send(desk, page_of(draft), **typed).status_code == 302
    draft.refresh_from_db()
    assert draft.publish_at == datetime(2026, 3, 3, 1, 30, tzinfo=UTC)
    assert draft.publication_state == "定时"
    assert not is_read(draft)
    at_ten.move_to(datetime(2026, 3, 3, 1, 30, tzinfo=UTC), tick=False)
    assert is_read(draft)


def test_publishing_with_a_time_to_come_schedules(desk):
    draft = a_draft()
    publish(desk, draft, publish_at_0="2026-03-03", publish_at_1="09:30")
    draft.refresh_from_db()
    assert draft.publication_state == "定时"


def test_an_article_goes_when_its_time_is_over(desk, at_ten):
    article = an_article()
    send(desk, page_of(article), expire_at_0="2026-03-03", expire_at_1="00:00")
    assert is_read(article)
    at_ten.move_to(NOW + timedelta(days=1), tick=False)
    assert not is_read(article)


def test_an_end_before_the_beginning_is_refused(desk):
    article = an_article(publish_at=NOW)
    response = send(desk, page_of(article), expire_at_0="2026-03-02", expire_at_1="10:00")
    assert "到期时间要晚于发布时间。" in words(response)
    article.refresh_from_db()
    assert article.expire_at is None


def test_an_editor_takes_down_with_a_reason_and_puts_back(desk, at_ten):
    article = an_article()
    response = send(desk, page_of(article), _take_down="1", take_down_reason="来源要求删除")
    assert response.status_code == 302
    assert not is_read(article)
    article.refresh_from_db()
    assert article.publication_state == "已下线"
    assert Act.objects.about(article).get(verb="take_down").reason == "来源要求删除"
    at_ten.move_to(NOW + timedelta(days=1), tick=False)
    publish(desk, article)
    article.refresh_from_db()
    assert (article.publish_at, is_read(article)) == (LONG_AGO, True)


def test_a_reason_is_cut_and_cleaned(desk):
    article = an_article()
    send(desk, page_of(article), _take_down="1", take_down_reason="原因\x00" + "长" * 600)
    assert Act.objects.get(verb="take_down").reason == "原因" + "长" * 498


def test_a_form_with_an_error_takes_nothing_down(desk):
    article = an_article()
    assert errors(send(desk, page_of(article), _take_down="1", title="")) == {"title": ["required"]}
    assert is_read(article)


def test_the_buttons_follow_the_state(desk):
    for fields, shown in (
        ({"publish_at": None}, "_publish"),
        ({}, "_take_down"),
        ({"publish_at": NOW + timedelta(days=1)}, "_take_down"),
        ({"taken_down_at": NOW}, "_publish"),
        ({"expire_at": NOW - timedelta(days=1)}, "_publish"),
    ):
        page = desk.get(page_of(an_article(**fields))).content.decode()
        found = {name for name in ("_publish", "_take_down") if f'name="{name}"' in page}
        assert found == {shown}, fields


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
        "“没有来源”没有发布：转载要写明来源媒体（《互联网新闻信息服务管理规定》第十五条）。",
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
    told = messages_of(act_on(desk, Article, "take_down_selected", articles[:2]))
    assert told == ["已下线 2 条。"]
    assert [is_read(article) for article in articles] == [False, False, True]


def test_an_editor_edits_and_finds_everyones_articles(desk):
    for fields in ({"publish_at": None}, {}, {"taken_down_at": NOW}):
        article = an_article(author=a_person(role="作者"), **fields)
        assert send(desk, page_of(article), title=f"改过的{article.pk}").status_code == 302
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


def test_a_repeated_save_of_the_published_changes_no_time(desk):
    article = an_article()
    send(desk, page_of(article), title="改过")
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
