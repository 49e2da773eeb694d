"""Many articles at once: what is ticked is done with an Act each, what can't be is named, and the
page between asks what has to be known. And the list they are ticked in."""

from datetime import UTC, datetime, timedelta

import pytest
from desk_forms import act_on, at_the_desk, desk_of, messages_of, words
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import (
    LONG_AGO,
    a_category,
    a_citation,
    a_figure,
    a_park,
    a_person,
    a_picture,
    a_tag,
    an_article,
)
from lxml import html

from articles import content as contents
from articles import desk_bulk, drafting
from articles.models import Article, Comment, Tag
from parkcms.ledger.models import Act

pytestmark = pytest.mark.django_db
LIST = "/admin/articles/article/"
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


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


def bulk(desk, action, rows, **answers):
    """Tick ``rows``, choose the action, and send the page between with ``answers``."""
    ticked = {"action": action, "_selected_action": [row.pk for row in rows], "index": 0}
    if answers:
        asked = desk.post(LIST, ticked)
        form = html.fromstring(asked.content.decode()).get_element_by_id("bulk_form")
        ticked = {}
        for name, value in form.form_values():
            ticked.setdefault(name, []).append(value)
    return desk.post(LIST, ticked | answers, follow=True)


def acts(verb):
    return sorted(int(act.object_id) for act in Act.objects.filter(verb=verb))


def over_live(editor, **change):
    """A published article with something else written over it."""
    article = an_article(tags=["旧"])
    said = contents.of(article) | {"title": "草稿题"} | change
    drafting.save(article, said, editor, version=article.version)
    article.refresh_from_db()
    return article


def test_tags_are_put_on_what_readers_see_and_on_the_draft_over_it(desk, editor):
    live, draft, over = an_article(), an_article(publish_at=None), over_live(editor)
    stood = {row.pk: row.updated_at for row in Article.objects.all()}
    told = messages_of(bulk(desk, "tag_selected", [live, draft, over], names="氢能，飞地"))
    assert told == ["已打标签 3 条。"]
    for article in (live, draft):
        assert sorted(article.tags.names()) == ["氢能", "飞地"]
    over.refresh_from_db()
    assert sorted(over.tags.names()) == ["旧", "氢能", "飞地"]
    assert over.draft.content["tags"] == ["旧", "氢能", "飞地"]
    assert (over.title, over.draft.content["title"], over.has_draft) == (over.title, "草稿题", True)
    assert acts("tag") == sorted([live.pk, draft.pk, over.pk])
    act = Act.objects.filter(verb="tag").get(object_id=str(live.pk))
    assert (act.before, act.after) == ({"tags": ""}, {"tags": "氢能、飞地"})
    # readers are told of no new version of the text
    assert {row.pk: row.updated_at for row in Article.objects.all()} == stood


def test_a_form_that_was_open_is_out_of_date_after(desk, editor):
    article = an_article()
    version, said = article.version, contents.of(article)
    bulk(desk, "tag_selected", [article], names="氢能")
    with pytest.raises(drafting.Outdated):
        drafting.save(article, said | {"title": "改"}, editor, version=version)


def test_a_tag_is_spelt_as_it_is_known(desk):
    a_tag("AI")
    article = an_article()
    bulk(desk, "tag_selected", [article], names="ai")
    assert [tag.name for tag in Tag.objects.all()] == ["AI"]
    assert list(article.tags.names()) == ["AI"]


def test_what_has_the_tags_is_named(desk):
    has, lacks = an_article(title="有的", tags=["氢能"]), an_article()
    told = messages_of(bulk(desk, "tag_selected", [has, lacks], names="氢能"))
    assert told == ["“有的”没有打标签：已有这些标签。", "已打标签 1 条。"]
    assert acts("tag") == [lacks.pk]


@pytest.mark.parametrize("names", ["", " ，、", "长" * 101, "、".join(f"标{n}" for n in range(21))])
def test_tags_that_can_not_be_are_refused_on_the_page_between(desk, names):
    article = an_article()
    page = bulk(desk, "tag_selected", [article], names=names)
    assert "请改正下面的问题，还没有改动任何文章。" in words(page)
    assert (list(article.tags.names()), Act.objects.count()) == ([], 0)


def test_tags_are_taken_off_both(desk, editor):
    live, over = an_article(tags=["旧", "新"]), over_live(editor)
    asked = act_on(desk, Article, "untag_selected", [live, over])
    boxes = html.fromstring(asked.content.decode()).xpath("//input[@name='names']/@value")
    assert sorted(boxes) == ["新", "旧"]
    bulk(desk, "untag_selected", [live, over], names=["旧"])
    over.refresh_from_db()
    assert list(live.tags.names()) == ["新"]
    assert (list(over.tags.names()), over.draft.content["tags"]) == ([], [])
    assert acts("untag") == sorted([live.pk, over.pk])
    page = bulk(desk, "untag_selected", [live], names=["没有的"])
    assert "所选文章没有这个标签。" in words(page)


def test_articles_are_moved_with_their_drafts(desk, editor):
    a_category()
    shelf = a_category(name_zh="新架")
    live, over = an_article(), over_live(editor)
    there = an_article(title="已在的", category=shelf)
    told = messages_of(bulk(desk, "move_selected", [live, over, there], category=[shelf.pk]))
    assert told == ["“已在的”没有移动：已在这个分类。", "已移动 2 条。"]
    for article in (live, over):
        article.refresh_from_db()
        assert article.category == shelf
    assert over.draft.content["category"] == shelf.pk
    assert Act.objects.filter(verb="move").first().after == {"category": "新架"}
    assert acts("move") == sorted([live.pk, over.pk])


def test_taking_down_asks_for_a_reason_and_tells_it_of_each(desk):
    articles = [an_article() for _ in range(3)]
    draft = an_article(title="草稿", publish_at=None)
    asked = act_on(desk, Article, "take_down_selected", articles[:2])
    assert "下线原因" in words(asked)
    for reason in ("", "  "):
        page = bulk(desk, "take_down_selected", articles[:2], reason=reason)
        assert "请写明原因。" in words(page)
    assert Act.objects.count() == 0
    told = messages_of(
        bulk(desk, "take_down_selected", [*articles[:2], draft], reason="来源要求删除")
    )
    assert told == ["“草稿”没有下线：不在线上。", "已下线 2 条。"]
    assert [row.publication_state for row in Article.objects.order_by("pk")] == [
        "已下线", "已下线", "在线", "草稿",
    ]  # fmt: skip
    assert {act.reason for act in Act.objects.filter(verb="take_down")} == {"来源要求删除"}
    assert desk.get(f"/articles/{articles[0].pk}/").status_code == 410


def test_what_was_taken_down_is_put_back_and_not_published(desk):
    gone = [an_article(title=f"下线{n}", taken_down_at=NOW) for n in range(2)]
    told = messages_of(bulk(desk, "publish_selected", gone[:1]))
    assert told == ["“下线0”没有发布：已下线：用“恢复上线”。"]
    live = an_article(title="在线")
    told = messages_of(bulk(desk, "put_back_selected", [*gone, live]))
    assert told == ["“在线”没有恢复上线：没有下线。", "已恢复上线 2 条。"]
    assert acts("put_back") == [one.pk for one in gone]


def test_publishing_puts_drafts_over_live_texts_on_the_site(desk, editor):
    over, unchanged = over_live(editor), an_article(title="没改过")
    told = messages_of(bulk(desk, "publish_selected", [over, unchanged]))
    assert told == ["“没改过”没有发布：已在线上，没有未发布的改动。", "已发布 1 条。"]
    over.refresh_from_db()
    assert (over.title, over.has_draft) == ("草稿题", False)


def test_somebody_else_answers_for_them(desk, editor):
    author, gone = a_person(role="作者"), a_person(role="作者", is_active=False)
    agent = a_person(role="招商专员")
    mine, theirs = an_article(author=editor), an_article(title="本来的", author=author)
    for nobody in (gone, agent):
        page = bulk(desk, "give_selected", [mine], person=[nobody.pk])
        assert "这个人不能写文章。" in words(page)
    told = messages_of(bulk(desk, "give_selected", [mine, theirs], person=[author.pk]))
    assert told == ["“本来的”没有换责任人：已由这个人负责。", "已换责任人 1 条。"]
    mine.refresh_from_db()
    assert mine.author == author
    act = Act.objects.get(verb="assign")
    assert (act.before, act.after) == ({"author": str(editor)}, {"author": str(author)})


def test_an_author_tags_drafts_of_their_own_and_nothing_readers_see():
    author = a_person(role="作者")
    draft = an_article(author=author, publish_at=None)
    live = an_article(title="上线的", author=author)
    other = an_article(publish_at=None)
    desk = desk_of(author)
    asked = act_on(desk, Article, "tag_selected", [draft, live, other])
    assert messages_of(asked) == ["有 1 篇已不在这个列表里，没有动。"]
    told = messages_of(bulk(desk, "tag_selected", [draft, live], names="氢能"))
    assert told == [
        f"“上线的”没有打标签：{desk_bulk.OF_EDITORS}",
        "已打标签 1 条。",
    ]
    assert acts("tag") == [draft.pk]
    for action in ("publish_selected", "take_down_selected", "put_back_selected", "give_selected"):
        bulk(desk, action, [draft, live])
        desk.post(LIST, {"action": action, "_selected_action": [live.pk], "index": 0,
                         "apply": 1, "reason": "x", "person": author.pk})  # fmt: skip
    assert Act.objects.count() == 1


def test_more_than_can_be_done_at_once_are_left_alone(desk, monkeypatch):
    monkeypatch.setattr(desk_bulk, "MOST", 2)
    articles = [an_article() for _ in range(3)]
    for action in ("publish_selected", "tag_selected"):
        told = messages_of(bulk(desk, action, articles))
        assert told == ["一次最多 2 篇，一篇也没有动：先筛选得窄一些，分几次做。"]
    data = {"action": "tag_selected", "_selected_action": [articles[0].pk], "index": 0,
            "select_across": "1", "apply": "1", "names": "甲"}  # fmt: skip
    assert messages_of(desk.post(LIST, data, follow=True))[0].startswith("一次最多 2 篇")
    assert Act.objects.count() == 0


def test_of_very_many_that_can_not_be_done_the_first_are_named(desk):
    articles = [an_article(rights="", publish_at=None) for _ in range(13)]
    told = messages_of(bulk(desk, "publish_selected", articles))
    assert len(told) == desk_bulk.MOST_NAMED + 1
    assert told[-1] == "还有 3 篇也没有发布。"


def test_all_of_it_stands_or_falls_together(desk, monkeypatch):
    articles = [an_article() for _ in range(2)]
    real = drafting.retag

    def breaks_at_the_second(article, by, **change):
        if article.pk == articles[1].pk:
            raise RuntimeError("power cut")
        return real(article, by, **change)

    monkeypatch.setattr(desk_bulk.drafting, "retag", breaks_at_the_second)
    desk.raise_request_exception = False
    assert bulk(desk, "tag_selected", articles, names="氢能").status_code == 500
    assert (Act.objects.count(), list(articles[0].tags.names())) == (0, [])


# --- the list ---------------------------------------------------------------------------------


def listed(desk, query=""):
    return [article.title for article in desk.get(LIST + query).context["cl"].result_list]


def test_the_last_edited_stands_first_drafts_over_live_texts_included(desk, editor, at_ten):
    first, second = an_article(title="甲"), an_article(title="乙")
    at_ten.move_to(NOW + timedelta(hours=1), tick=False)
    said = contents.of(first) | {"summary_zh": "改"}
    drafting.save(first, said, editor, version=first.version)
    assert listed(desk) == ["甲", "乙"]
    assert second.edited_at == NOW
    assert "有未发布的改动" in words(desk.get(LIST))


def test_the_list_is_narrowed(desk, editor, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    park, other = a_park(), a_person(role="作者")
    plain = an_article(title="平常")
    an_article(title="有园", parks=[park])
    an_article(title="有签", tags=["氢能"])
    an_article(title="有图", cover=a_picture())
    an_article(title="我的", author=editor)
    an_article(title="她的", author=other)
    a_citation(an_article(title="丢了"), a_figure(park), "x", is_lost=True)
    an_article(title="待审的", stage="submitted")
    an_article(title="明天的", publish_at=NOW + timedelta(days=1))
    an_article(title="快完的", expire_at=NOW + timedelta(days=6))
    an_article(title="早的", publish_at=LONG_AGO - timedelta(days=90))
    Comment.objects.create(article=plain, author=other, text="改改")
    tag = Tag.objects.get()
    for query, titles in (
        (f"?park={park.pk}", ["有园"]),
        (f"?tag={tag.pk}", ["有签"]),
        ("?cover=with", ["有图"]),
        ("?whose=me", ["我的"]),
        (f"?whose={other.pk}", ["她的"]),
        ("?citations__is_lost__exact=1", ["丢了"]),
        ("?stage__exact=submitted", ["待审的"]),
        ("?live=coming", ["明天的"]),
        ("?live=ending", ["快完的"]),
        ("?remarks=open", ["平常"]),
        ("?publish_at_to=2024-01-31", ["早的"]),
        ("?publish_at_from=2026-03-01", ["明天的"]),
        ("?publish_at_from=2026-03-03&publish_at_to=2026-03-03", ["明天的"]),
        ("?publish_at_from=2026-03-04", []),
    ):
        assert listed(desk, query) == titles, query
    for junk in ("?park=x", "?tag=-1", "?publish_at_to=x", "?whose=x", "?cover=x",
                 "?publish_at_from=2026-02-31", "?publish_at_from=0001-01-01",
                 "?remarks=&live=x"):  # fmt: skip
        assert len(listed(desk, junk)) == 11, junk


def test_the_days_keep_what_else_was_chosen(desk):
    page = html.fromstring(desk.get(f"{LIST}?live=live&q=甲&p=1").content.decode())
    (form,) = page.xpath("//form[@class='between-form']")
    assert {name: value for name, value in form.form_values() if value} == {
        "live": "live",
        "q": "甲",
    }


def test_the_list_is_searched_by_title_pinyin_medium_and_number(desk):
    article = an_article(title="走访嘉定", original_title="原题", publisher="某报", rights="public")
    an_article(title="别的")
    for text in ("走访", "zoufang", "zfjd", "原题", "某报", str(article.pk), "走访 某报"):
        assert listed(desk, f"?q={text}") == ["走访嘉定"], text
    assert listed(desk, "?q=没有") == []


def test_the_list_costs_the_same_for_few_and_for_many(desk, editor):
    counts = []
    for rows in (1, 12):
        for _ in range(rows):
            an_article(author=a_person(role="作者"), tags=[a_tag()], parks=[a_park()],
                       category=a_category())  # fmt: skip
        desk.get(LIST)
        with CaptureQueriesContext(connection) as sent:
            desk.get(LIST)
        counts.append(len(sent))
        assert not [q for q in sent.captured_queries if '"articles_article"."body"' in q["sql"]]
    assert counts[0] == counts[1] <= 16
