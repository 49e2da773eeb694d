"""The versions of an article: listed, compared, and brought back as a draft after a look at it."""

from datetime import UTC, datetime, timedelta

import pytest
from desk_forms import desk_of, messages_of, page_of, send, words
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from factories import a_figure, a_park, a_person, a_picture, an_article
from lxml import html

from articles import content as contents
from articles import drafting
from articles.models import Revision
from parkcms.ledger.models import Act

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 2, 40, tzinfo=UTC)  # 10:40 in Shanghai


@pytest.fixture(autouse=True)
def clock(time_machine, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def wang():
    return a_person("wang", "编辑", display_name="王编辑")


@pytest.fixture
def desk(wang):
    return desk_of(wang)


def address(article, name="revisions/"):
    return f"/admin/articles/article/{article.pk}/{name}"


def tree_of(response):
    assert response.status_code == 200
    return html.fromstring(response.content.decode())


def listed(response):
    """The words of each row of the list, from the newest."""
    rows = tree_of(response).xpath("//table[@id='revisions']/tbody/tr")
    return [" ".join(" ".join(cell.text_content().split()) for cell in row) for row in rows]


def many_versions(article, person, number):
    said = contents.of(article)
    Revision.objects.bulk_create(
        Revision(article=article, number=n, kind="draft", content=said | {"title": f"题{n}"},
                 by_id=person.pk, by_name=str(person), started_at=NOW, saved_at=NOW)
        for n in range(1, number + 1)
    )  # fmt: skip


def test_each_version_says_how_it_came_who_made_it_when_and_what_it_changed(desk, wang, clock):
    article = an_article(title="原题", body="<p>原文四字</p>")
    send(desk, page_of(article), title="二题")
    clock.shift(timedelta(minutes=4))
    send(desk, page_of(article), body="<p>新的正文</p>", summary_zh="提要")
    clock.shift(timedelta(hours=1))
    send(desk, page_of(article), _publish="1")
    clock.shift(timedelta(days=1))
    send(desk_of(a_person(role="编辑", display_name="林编辑")), page_of(article), title="四题")
    rows = listed(desk.get(address(article)))
    assert len(rows) == 4
    four, three, two, one = rows
    assert "第 4 版 草稿 未发布的改动 林编辑2026-03-03 11:44 标题 4 字" in four
    assert "第 3 版 发布 在线 王编辑2026-03-02 11:44 — 4 字" in three
    assert "第 2 版 草稿 王编辑2026-03-02 10:40–10:44 标题、摘要、正文 4 字" in two
    assert "第 1 版 最初 —2026-03-02 10:40 — 4 字" in one


def test_a_draft_that_was_never_published_has_no_live_version(desk, wang):
    article = an_article(publish_at=None)
    send(desk, page_of(article), title="二题")
    page = words(desk.get(address(article)))
    assert "最后保存的" in page
    for word in ("在线", "与线上的比", "未发布的改动"):
        assert word not in page


def test_an_article_nobody_touched_has_no_versions_yet(desk):
    assert "这里还没有版本" in words(desk.get(address(an_article())))


def test_the_list_goes_by_fifty_and_no_version_is_shown_twice_or_never(desk, wang):
    article = an_article()
    many_versions(article, wang, 120)
    url, seen, pages = address(article), [], 0
    while url:
        response = desk.get(url)
        pages += 1
        seen += [row.revision.number for row in response.context["rows"]]
        number = response.context["next"]
        url = f"{address(article)}?before={number}" if number else ""
    assert (pages, seen) == (3, list(range(120, 0, -1)))
    assert all(row.changes == "标题" for row in desk.get(address(article)).context["rows"])


@pytest.mark.parametrize("before", ["", "x", "0", "-1", "9" * 18, "9" * 40, "1.5"])
def test_a_place_in_the_list_that_is_none_is_no_error(desk, wang, before):
    article = an_article()
    many_versions(article, wang, 2)
    assert desk.get(f"{address(article)}?before={before}").status_code == 200


def test_the_pages_cost_the_same_for_three_versions_and_for_sixty(desk, wang):
    few, many = an_article(), an_article()
    many_versions(few, wang, 3)
    many_versions(many, wang, 60)

    def cost(url):
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(url).status_code == 200
        return len(captured)

    desk.get(address(few))
    for name in ("revisions/", "compare/?a=1&b=3", "revisions/1/restore/"):
        assert cost(address(many, name)) == cost(address(few, name)) <= 15, name


# --- comparing ----------------------------------------------------------------------------------


def test_two_versions_stand_side_by_side_with_the_changed_words_marked(desk):
    old, new = a_picture(), a_picture()
    park, figure = a_park(name_zh="示例园区"), a_figure(a_park())
    body = "<h2>规模</h2><p>占地351亩。</p><figure><img src='{}' alt='x'></figure>"
    article = an_article(title="原题", body=body.format(old.url()))
    send(
        desk, page_of(article), title="新题", body=body.format(new.url()).replace("351", "360"),
        tags="氢能",
        **{"mentions-TOTAL_FORMS": "1", "mentions-0-park": park.pk, "mentions-0-position": "0",
           "citations-TOTAL_FORMS": "1", "citations-0-figure": figure.pk,
           "citations-0-quote": "占地360亩", "citations-0-occurrence": "1"},
    )  # fmt: skip
    tree = tree_of(desk.get(address(article, "compare/?a=1&b=2")))
    (text,) = tree.xpath("//table[contains(@class, 'passages')]")
    rows = [[cell.text_content() for cell in row] for row in text.xpath("./tbody/tr")]
    assert rows == [
        ["规模", "规模"],
        ["占地【去掉：351】亩。", "占地【加上：360】亩。"],
    ]
    fields = {
        row[0].text_content(): [cell.text_content() for cell in row[1:]]
        for row in tree.xpath("//table[contains(@class, 'compared-fields')]/tbody/tr")
    }
    assert fields == {
        "标题": ["【去掉：原】题", "【加上：新】题"],
        "标签": ["（空）", "【加上：氢能】"],
        "提到的园区": ["（空）", "【加上：示例园区】"],
        "引用": ["（空）", "【加上：“占地360亩”】"],
    }
    pictures = [
        (one.get("data-state"), one.xpath("./img/@src"))
        for one in tree.xpath("//*[contains(@class, 'compared-pictures')]/li")
    ]
    assert sorted(pictures) == sorted([("去掉", [old.url("thumb")]), ("新加", [new.url("thumb")])])


def test_bold_and_headings_alone_are_said_to_be_no_words(desk):
    article = an_article(body="<p>一段</p>")
    send(desk, page_of(article), body="<p><strong>一段</strong></p>")
    page = words(desk.get(address(article, "compare/?a=1&b=2")))
    assert "正文文字一样，只是排版或图片不同。" in page


def test_without_being_told_which_it_is_the_live_text_against_the_draft(desk):
    article = an_article(title="原题")
    send(desk, page_of(article), title="新题")
    usual, asked = (
        desk.get(address(article, name)) for name in ("compare/", "compare/?a=live&b=draft")
    )
    page = words(asked)
    assert page.partition("比较：原题 线上的")[2] == words(usual).partition("比较：原题 线上的")[2]
    assert "线上的 在线 → 最后保存的 草稿" in page
    assert "【去掉：原】题【加上：新】题" in page


def test_what_says_the_same_is_said_to(desk):
    article = an_article()
    send(desk, page_of(article), title="新题")
    assert "两边一样。" in words(desk.get(address(article, "compare/?a=2&b=2")))


@pytest.mark.parametrize(
    "query", ["a=9&b=1", "a=0&b=1", "a=&b=1", "a=x&b=1", f"a={'9' * 18}&b=1", "a=-1&b=1", "a=%ff"]
)
def test_a_version_that_is_none_is_said_to_be_none(desk, query):
    article = an_article()
    send(desk, page_of(article), title="新题")
    response = desk.get(address(article, f"compare/?{query}"))
    assert response.status_code == 404
    assert "没有这一版" in response.content.decode()


def test_a_draft_has_no_live_text_to_compare_with(desk):
    response = desk.get(address(an_article(publish_at=None), "compare/"))
    assert (response.status_code, "没有这一版" in response.content.decode()) == (404, True)


def test_what_is_compared_is_words_and_no_markup(desk):
    article = an_article(title="<script>alert(1)</script>", summary_zh="<img src=x>")
    send(desk, page_of(article), title="<b>新</b>", summary_zh="<i>新</i>")
    page = desk.get(address(article, "compare/")).content.decode()
    for markup in ("<script>alert", "<img src=x", "<b>新", "<i>新"):
        assert markup not in page


# --- bringing back ------------------------------------------------------------------------------


def restore(desk, article, number, version):
    url = address(article, f"revisions/{number}/restore/")
    return desk.post(url, {"version": version}, follow=True)


def test_first_what_will_come_back_is_shown_and_nothing_is_done(desk):
    article = an_article(title="原题", body="<p>甲乙丙丁</p>")
    send(desk, page_of(article), title="新题", body="<p>甲乙丙戊</p>")
    before = Revision.objects.count(), Act.objects.count()
    tree = tree_of(desk.get(address(article, "revisions/1/restore/")))
    text = " ".join(tree.text_content().split())
    assert "【去掉：新】题【加上：原】题" in text
    assert "甲乙丙【去掉：戊】" in text
    assert "甲乙丙【加上：丁】" in text
    assert tree.xpath("//form[not(@id)]//input[@name='version']/@value") == ["2"]
    assert (Revision.objects.count(), Act.objects.count()) == before


def test_restored_it_is_a_draft_and_readers_see_what_they_saw(desk, wang):
    article = an_article(title="原题", body="<p>原文</p>", tags=["旧"])
    send(desk, page_of(article), title="新题", body="<p>新文</p>", tags="新", _publish="1")
    article.refresh_from_db()
    page = Client().get(article.get_absolute_url()).content
    response = restore(desk, article, 1, article.version)
    assert messages_of(response)[-1] == (
        "第 1 版已恢复成草稿（第 3 版）。读者看到的没有变：要换上去，点“发布改动”。"
    )
    assert Client().get(article.get_absolute_url()).content == page
    article.refresh_from_db()
    said = article.draft.content
    assert (said["title"], said["body"], said["tags"]) == ("原题", "<p>原文</p>", ["旧"])
    assert article.draft.restored_from == 1
    act = Act.objects.about(article).get(verb="restore")
    assert (act.actor_id, act.after) == (wang.pk, {"第几版": 1, "成为": 3})
    assert "恢复成草稿（第 1 版）" in words(desk.get(address(article)))


def test_restoring_keeps_the_times_of_publication(desk):
    article = an_article(publish_at=None)
    send(desk, page_of(article), title="二题")
    send(desk, page_of(article), publish_at_0="2026-04-01", publish_at_1="08:00", _publish="1")
    article.refresh_from_db()
    restore(desk, article, 1, article.version)
    article.refresh_from_db()
    assert f"{article.publish_at:%Y-%m-%d %H:%M}" == "2026-04-01 00:00"
    assert contents.as_time(article.draft.content["publish_at"]) == article.publish_at


def test_where_somebody_saved_since_nothing_is_restored_and_the_page_shows_the_new_state(desk):
    article = an_article(title="原题")
    send(desk, page_of(article), title="新题")
    article.refresh_from_db()
    seen = article.version
    send(desk_of(a_person(role="编辑")), page_of(article), title="别人的题")
    for version in (seen, "", "x", "-1", "9" * 30):
        response = restore(desk, article, 1, version)
        assert "别人刚保存过这篇" in words(response)
        assert "【去掉：别人的】" in words(response)
    assert not Act.objects.filter(verb="restore").exists()


def test_what_says_the_same_as_now_offers_nothing_to_restore(desk):
    article = an_article(title="原题")
    send(desk, page_of(article), title="新题")
    page = words(desk.get(address(article, "revisions/2/restore/")))
    assert "没有要恢复的" in page
    assert "恢复成草稿" not in page


@pytest.mark.parametrize("number", ["9", "0", "9" * 18, "9" * 40])
def test_a_version_that_is_none_is_not_restored(desk, number):
    article = an_article()
    send(desk, page_of(article), title="新题")
    url = address(article, f"revisions/{number}/restore/")
    assert (desk.get(url).status_code, desk.post(url).status_code) == (404, 404)


def test_a_version_of_another_article_is_not_restored_here(desk):
    article, other = an_article(title="原题"), an_article()
    for number in range(3):
        send(desk_of(a_person(role="编辑")), page_of(other), title=f"别处{number}")
    assert desk.get(address(article, "revisions/2/restore/")).status_code == 404
    drafting.save(article, contents.of(article) | {"title": "二题"}, None, version=None)
    assert "别处" not in words(desk.get(address(article, "compare/?a=1&b=2")))


@pytest.mark.parametrize("role", ["作者", "园区经理", "招商专员", "招商主管"])
def test_versions_are_for_those_who_may_change_the_article(desk, role):
    article = an_article(author=a_person(role="作者"))
    send(desk, page_of(article), title="新题")
    visitor = desk_of(a_person(role=role))
    wanted = 404 if role == "作者" else 403
    for name in ("revisions/", "compare/", "revisions/1/restore/"):
        assert visitor.get(address(article, name)).status_code == wanted, name
    assert visitor.post(address(article, "revisions/1/restore/")).status_code == wanted
    assert desk.post(address(article)).status_code == 405
    assert desk.post(address(article, "compare/")).status_code == 405


def test_an_author_restores_what_is_their_own():
    author = a_person(role="作者")
    article, desk = an_article(author=author, title="原题", publish_at=None), desk_of(author)
    send(desk, page_of(article), title="新题")
    article.refresh_from_db()
    told = messages_of(restore(desk, article, 1, article.version))
    assert told[-1] == "第 1 版已恢复成草稿（第 3 版）。"
    article.refresh_from_db()
    assert article.title == "原题"
