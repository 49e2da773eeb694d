"""Ctrl-K finds what this person may see, by Chinese, pinyin, number or reference, at one cost."""

import pytest
from desk_forms import desk_of, words
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from factories import (
    LONG_AGO,
    a_category,
    a_park,
    a_person,
    a_picture,
    a_space,
    a_tag,
    an_article,
    an_enquiry,
)

from articles import content as contents
from articles import drafting, title_keys
from articles.models import Article
from parkcms import findable, finding
from parkcms.models import OwnersText

pytestmark = pytest.mark.django_db
MOST_QUERIES = 9  # session, person, rights of person and groups; the rest is the finding's own


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def editor():
    return a_person("bianji", "编辑")


def find(person, text, kinds=("article", "park", "space", "category", "tag", "text", "picture")):
    """``[title]`` of what is found, best first; of the given kinds only."""
    rows = asked(person, text)["results"]
    return [row["title"] for row in rows if row["kind"] in kinds]


def asked(person, text):
    response = desk_of(person).get("/admin/find/", {"q": text, "format": "json"})
    assert response.status_code == 200
    return response.json()


@pytest.mark.parametrize(
    "text",
    [
        "走访",
        "氢能港",
        "zoufang",
        "zoufangjiading",
        "zfjd",
        "qingneng",
        "qng",
        "走访 qng",
        "ＺＦＪＤ",
    ],
)
def test_an_article_is_found_by_its_title_however_typed(editor, text):
    an_article(title="走访嘉定氢能港")
    an_article(title="别的")
    assert find(editor, text) == ["走访嘉定氢能港"]


@pytest.mark.parametrize("text", ["oufang", "engang", "ngan", "没有", "%", "_", "走访 没有"])
def test_what_no_syllable_begins_with_finds_nothing(editor, text):
    an_article(title="走访嘉定氢能港")
    assert find(editor, text) == []


def test_widths_and_capitals_do_not_matter(editor):
    an_article(title="Ｇ60（科创）走廊")
    for text in ("g60(科创)", "Ｇ６０", "（科创）"):
        assert find(editor, text) == ["Ｇ60（科创）走廊"], text


def test_an_article_is_found_by_its_original_title_and_its_medium(editor):
    an_article(title="甲", original_title="原来的标题", publisher="嘉定融媒", rights="public")
    assert find(editor, "原来的") == ["甲"]
    assert find(editor, "嘉定融媒") == ["甲"]


def test_a_title_that_changes_is_found_by_the_new_one(editor):
    article = an_article(title="旧题")
    drafting.publish(article, editor, content=contents.of(article) | {"title": "新题"})
    assert (find(editor, "旧题"), find(editor, "xinti")) == ([], ["新题"])
    assert Article.objects.get().title_keys == title_keys.of("新题")


def test_articles_that_came_by_bulk_get_their_keys_after_a_migrate(editor):
    made = Article.objects.bulk_create(
        Article(title=f"批量{n}", body="", category=a_category(), updated_at=LONG_AGO)
        for n in range(3)
    )
    assert find(editor, "piliang") == []
    assert title_keys.fill(Article.objects.all()) == 3
    assert find(editor, "piliang") == [row.title for row in reversed(made)]
    assert title_keys.fill(Article.objects.all()) == 0
    assert {row.edited_at for row in Article.objects.all()} == {LONG_AGO}


def test_keys_fit_into_an_index_whatever_the_title():
    for letter in ("ﷺ", "🏭", "装", "a", "①"):
        keys = title_keys.of(letter * 120, letter * 200, letter * 100)
        assert len(keys.encode()) <= 2_430, letter


def test_parks_spaces_shelves_tags_and_owners_pages_are_found_by_pinyin(editor):
    park = a_park(name_zh="临港U谷", name_en="Lingang Valley")
    park.aliases.create(name="老名字", kind="former")
    a_space(park, code="3号楼")
    a_category(name_zh="选址方法")
    a_tag("飞地经济")
    assert find(editor, "lgug", ["park"]) == ["临港U谷"]
    assert find(editor, "valley", ["park"]) == ["临港U谷"]
    assert find(editor, "laomingzi", ["park"]) == ["临港U谷"]
    assert find(editor, "临港 3hl", ["space"]) == ["3号楼"]
    assert find(editor, "xuanzhi") == ["选址方法"]
    assert find(editor, "fdjj") == ["飞地经济"]
    assert find(editor, "banquan") == ["版权与转载"]


def test_a_picture_is_found_by_what_is_written_of_it(editor):
    a_picture(alt_zh="二期开工仪式", keywords="航拍")
    assert find(editor, "开工") == ["二期开工仪式"]
    assert find(editor, "航拍") == ["二期开工仪式"]


def test_a_number_finds_the_rows_that_have_it_first(editor):
    park, article = a_park(pk=3661, name_zh="那个园"), an_article(pk=3661, title="那篇")
    an_article(title="共3661人")
    found = asked(editor, "3661")["results"]
    assert {(row["kind"], row["title"]) for row in found[:2]} == {
        ("park", "那个园"),
        ("article", "那篇"),
    }
    assert find(editor, "3661") == ["那个园", "那篇", "共3661人"]
    assert {row["public_url"] for row in found[:2]} == {
        park.get_absolute_url(), article.get_absolute_url(),
    }  # fmt: skip


def test_the_desks_own_pages_are_found(editor):
    rows = {row["title"]: row["url"] for row in asked(editor, "xinjianwenzhang")["results"]}
    assert rows == {"新建文章": "/admin/articles/article/add/"}
    assert find(editor, "地址跳转", ["page"]) == ["地址跳转", "新建地址跳转"]
    assert find(a_person(role="招商专员"), "xinjianwenzhang", ["page"]) == []


def test_only_what_is_live_has_a_page_on_the_site(editor):
    article = an_article(title="在线的")
    an_article(title="草稿的", publish_at=None)
    an_article(title="下线的", taken_down_at=LONG_AGO)
    a_park(name_zh="没公开的园", publish_at=None)
    a_space(a_park(name_zh="没公开的园二", publish_at=None), code="没公开的楼")
    shelf = a_category(name_zh="没公开的类", publish_at=None)
    an_article(title="没公开的类里的", category=shelf)
    for text, kind in (("草稿的", "article"), ("下线的", "article"), ("没公开", None)):
        rows = asked(editor, text)["results"]
        assert rows, text
        assert {row["public_url"] for row in rows if kind in (None, row["kind"])} == {""}, text
    (row,) = asked(editor, "在线的")["results"]
    assert row == {
        "kind": "article", "label": "文章", "title": "在线的",
        "detail": f"在线 · {article.category.name_zh} · {article.pk}",
        "url": f"/admin/articles/article/{article.pk}/change/",
        "public_url": f"/articles/{article.pk}/",
    }  # fmt: skip


def test_each_person_finds_only_what_they_may_see(editor):
    author, agent, other = (
        a_person(role="作者"),
        a_person(role="招商专员"),
        a_person(role="招商专员"),
    )
    an_article(title="我的稿", author=author)
    an_article(title="别人的稿", author=editor)
    mine, theirs = an_enquiry(owner=agent), an_enquiry(owner=other)
    assert find(author, "的稿") == ["我的稿"]
    assert find(editor, "的稿") == ["别人的稿", "我的稿"]
    assert find(a_person(), "的稿") == []
    enquiry = ["enquiry"]
    assert len(find(agent, mine.reference.lower().replace("-", " "), enquiry)) == 1
    assert find(agent, theirs.reference, enquiry) == []
    assert find(editor, mine.reference, enquiry) == []
    assert find(agent, theirs.phone_e164, enquiry) == []


def test_an_enquiry_is_shown_without_its_contact():
    agent = a_person(role="招商专员")
    enquiry = an_enquiry(owner=agent, company="某公司")
    (row,) = asked(agent, enquiry.reference)["results"]
    assert (row["title"], row["public_url"]) == (f"{enquiry.reference} 某公司", "")
    assert enquiry.phone_e164[-8:] not in str(row)
    assert enquiry.contact_name not in str(row)


def test_the_empty_question_shows_where_one_worked_last(editor, time_machine):
    first, second = an_article(title="先改的"), an_article(title="后改的")
    an_article(title="没动过的")
    for hour, article in ((9, first), (10, second)):
        time_machine.move_to(f"2026-03-02 {hour:02}:00:00+08:00", tick=False)
        drafting.retag(article, editor, add=["甲"])
    assert find(editor, "") == ["后改的", "先改的"]
    assert find(a_person(role="编辑"), "") == []
    assert find(a_person(role="编辑"), "", ["page"])[0] == "今天要办"


def test_it_costs_the_same_however_much_there_is(editor):
    desk = desk_of(editor)
    counts = []
    for rows in (1, 10):
        for _ in range(rows):
            park = a_park(name_zh=f"同名园{a_tag().pk}")
            a_space(park, code="同名楼")
            an_article(title="同名文", parks=[park])
            a_picture(alt_zh="同名图")
        for text in ("同名", "tongming", "1", ""):
            desk.get("/admin/find/", {"q": text})
            with CaptureQueriesContext(connection) as sent:
                desk.get("/admin/find/", {"q": text, "format": "json"})
            asked_rows = [q for q in sent.captured_queries if "SELECT" in q["sql"][:12]]
            counts.append(len(asked_rows))
    assert counts[:4] == counts[4:]
    assert max(counts) <= MOST_QUERIES


def test_where_all_would_take_too_long_the_newest_are_found_and_it_is_said(editor, monkeypatch):
    old, new = an_article(title="同名旧"), an_article(title="同名新")
    monkeypatch.setattr(findable, "RECENT", 1)
    real, tries = findable._as_found, []

    def slow(rows, wanted):
        tries.append(1)
        if len(tries) == 1:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(2)")
        return real(rows, wanted)

    monkeypatch.setattr(findable, "_as_found", slow)
    told = asked(editor, "同名")
    assert [row["title"] for row in told["results"]] == [new.title]
    assert told["note"] == finding.PARTIAL
    assert old.pk < new.pk
    with connection.cursor() as cursor:  # the limit went with the question
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


def test_another_trouble_with_the_database_is_not_taken_for_slowness(editor, monkeypatch):
    def broken(rows, wanted):
        raise OperationalError("gone")

    monkeypatch.setattr(findable, "_as_found", broken)
    desk = desk_of(editor)
    desk.raise_request_exception = False
    assert desk.get("/admin/find/?q=甲").status_code in {500, 503}


def test_the_page_works_without_a_script(editor):
    an_article(title="<b>粗</b>体")
    page = desk_of(editor).get("/admin/find/?q=粗")
    assert "<b>粗</b>体" in words(page)
    assert b"<b>\xe7\xb2\x97" not in page.content
    assert "没有找到“没有的”" in words(desk_of(editor).get("/admin/find/?q=没有的"))
    assert 'href="/admin/find/"' in desk_of(editor).get("/admin/").content.decode()


JUNK = ["%" * 70, "\\", "'", "9" * 40, "-1", "１" * 20, "<" * 60, "\ud7ff"]


@pytest.mark.parametrize("text", JUNK)
def test_junk_is_answered(editor, text):
    an_article()
    for form in ("json", "html", "x" * 99):
        query = {"q": text, "format": form}
        assert desk_of(editor).get("/admin/find/", query).status_code == 200
    assert desk_of(editor).post("/admin/find/", {"q": text}).status_code == 405
    assert desk_of(editor).get("/admin/find/", {"q": f"{text}\x00"}).status_code == 400


def test_nobody_else_is_answered(client, editor):
    assert client.get("/admin/find/?q=a")["Location"].startswith("/admin/login/")
    assert "find-open" not in client.get("/admin/login/").content.decode()


def test_owners_pages_lead_those_who_do_not_keep_them_to_the_site(editor):
    (row,) = [one for one in asked(editor, "个人信息")["results"] if one["kind"] == "text"]
    assert (row["url"], row["public_url"]) == ("/privacy/", "/privacy/")
    (row,) = [
        one for one in asked(a_person(role="站长"), "个人信息")["results"] if one["kind"] == "text"
    ]
    assert (
        row["url"]
        == f"/admin/parkcms/ownerstext/{OwnersText.objects.get(key='privacy').pk}/change/"
    )
