"""What is typed and not saved is kept for its writer, apart from all else, and comes back."""

from datetime import UTC, datetime, timedelta

import pytest
from desk_forms import desk_of, filled, page_of, send, words
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import a_category, a_figure, a_park, a_person, a_picture, an_article
from lxml import html

from articles import autosaving, jobs
from articles.models import Article, Autosave, Presence, Revision
from parkcms.ledger.models import Act

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 2, 32, tzinfo=UTC)  # 10:32 in Shanghai
ADD = "/admin/articles/article/add/"
KEY, OTHER_KEY = "a" * 32, "b" * 32


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def editor():
    return a_person("bianji", "编辑", display_name="王编辑")


@pytest.fixture
def desk(editor):
    return desk_of(editor)


def address(article=None, name="autosave/"):
    return f"/admin/articles/article/{article.pk if article else 'add'}/{name}"


def keep(desk, article=None, /, **typed):
    """A page opens the form, ``typed`` is typed into it, and it posts itself."""
    url = page_of(article) if article else ADD
    return desk.post(address(article), filled(desk, url, **typed))


def shown(desk, url):
    """``{name: value}`` of the form, and its page."""
    response = desk.get(url)
    assert response.status_code == 200
    form = html.fromstring(response.content.decode()).get_element_by_id("article_form")
    return {name: value.removeprefix("\n") for name, value in form.form_values()}, response


def everything():
    rows = list(Article.objects.order_by("pk").values())
    return rows, Revision.objects.count(), Act.objects.count()


def test_what_is_typed_is_kept_and_nothing_else_changes(desk, editor):
    article = an_article(title="原题")
    before = everything()
    answer = keep(desk, article, title="改了一半", body="<p>写到这里</p>")
    assert answer.json() == {"at": "10:32", "version": 1, "others": [], "saved": ""}
    kept = Autosave.objects.get()
    assert (kept.person, kept.article, kept.version, kept.at) == (editor, article, 1, NOW)
    assert (kept.form["title"], kept.form["body"]) == (["改了一半"], ["<p>写到这里</p>"])
    assert everything() == before


def test_neither_the_token_nor_a_button_nor_foreign_fields_are_kept(desk):
    article = an_article()
    more = {"csrfmiddlewaretoken": "x" * 64, "_publish": "1", "take_down_reason": "侵权", "id": "9"}
    keep(desk, article, title="题", **more)
    names = set(Autosave.objects.get().form)
    assert {"title", "body", "mentions-TOTAL_FORMS", "publish_at_0"} <= names
    assert not names & {*more, "_key", "_person", "version"}


def test_one_page_has_one_place_and_overwrites_it(desk):
    article = an_article()
    for title in ("一", "一二", "一二三"):
        keep(desk, article, title=title, _key=KEY)
    assert Autosave.objects.get().form["title"] == ["一二三"]
    assert len(Autosave.objects.get().form.get(autosaving.EARLIER, [])) == 0


def test_opening_the_form_again_and_typing_does_not_wipe_out_what_was_left(desk, editor, clock):
    article = an_article()
    keep(desk, article, title="早上写的", _key=KEY)
    clock.move_to(NOW + timedelta(hours=1), tick=False)
    keep(desk, article, title="后来写的", _key=OTHER_KEY)
    assert [slot.form["title"] for slot in autosaving.slots(editor, article)] == [
        ["后来写的"], ["早上写的"],
    ]  # fmt: skip
    page = words(desk.get(page_of(article)))
    assert "您 11:32 有没保存的内容" in page
    assert "您 10:32 有没保存的内容" in page


def test_pages_beyond_five_push_the_oldest_out(desk, editor):
    article = an_article()
    for number in range(7):
        keep(desk, article, title=f"第{number}页", _key=f"{number:032}")
    kept = [slot.form["title"][0] for slot in autosaving.slots(editor, article)]
    assert kept == [f"第{number}页" for number in (6, 5, 4, 3, 2)]


def test_the_form_says_what_was_left_unsaved_and_how_it_differs(desk):
    article = an_article(title="原题", body="<p>占地351亩。</p>")
    keep(desk, article, title="新题", body="<p>占地360亩。</p>")
    response = desk.get(page_of(article))
    page = words(response)
    assert "您 10:32 有没保存的内容。和保存过的不同：标题、正文。" in page
    tree = html.fromstring(response.content.decode())
    (diff,) = tree.xpath("//*[@id='writing']//table[contains(@class, 'passages')]")
    assert [one.text_content() for one in diff.xpath(".//del")] == ["【去掉：351】"]
    assert [one.text_content() for one in diff.xpath(".//ins")] == ["【加上：360】"]
    assert tree.xpath("//input[@name='title']/@value") == ["原题"]


def test_nothing_is_offered_where_what_was_kept_says_what_was_saved(desk):
    article = an_article(title="原题", body="<p>文。</p>")
    keep(desk, article, body="<p>文。</p><p></p><script>x</script>")
    assert "没保存的内容" not in words(desk.get(page_of(article)))


def test_restored_the_form_shows_everything_as_it_was_typed_and_nothing_is_changed(desk):
    park, figure, shelf = a_park(), a_figure(a_park()), a_category()
    picture = a_picture()
    article = an_article(publish_at=None)
    typed = {
        "title": "恢复的题",
        "body": "<p>恢复的正文</p>",
        "category": shelf.pk,
        "cover": picture.pk,
        "tags": "氢能，嘉定",
        "event_date": "2021年上半年",
        "is_excerpt": "on",
        "publish_at_0": "2026-03-05",
        "publish_at_1": "09:30",
        "mentions-TOTAL_FORMS": "1",
        "mentions-0-park": park.pk,
        "mentions-0-position": "7",
        "citations-TOTAL_FORMS": "1",
        "citations-0-figure": figure.pk,
        "citations-0-quote": "恢复的",
        "citations-0-occurrence": "2",
    }
    keep(desk, article, **typed)
    before = everything(), list(Autosave.objects.values())
    form, response = shown(desk, f"{page_of(article)}?restore_autosave=1")
    assert (everything(), list(Autosave.objects.values())) == before
    assert {name: form[name] for name in typed} == {
        **{name: str(value) for name, value in typed.items()},
        "tags": "嘉定，氢能",
        "event_date": "2021-H1",
        "publish_at_0": "2026/03/05",
        "publish_at_1": "09:30",
        "mentions-TOTAL_FORMS": "1",
    }
    assert "表单里是您 10:32 写的、还没有保存的内容" in words(response)


def test_what_no_field_can_read_comes_back_letter_by_letter(desk):
    article = an_article(publish_at=None)
    typed = {
        "event_date": "大概去年",
        "source_url": "http://[不是网址",
        "publish_at_0": "2026-02-31",
        "publish_at_1": "25:99",
        "title": "长" * 400,
        "category": "无",
    }
    keep(desk, article, **typed)
    assert "事件日期、" in words(desk.get(page_of(article)))
    form, _ = shown(desk, f"{page_of(article)}?restore_autosave=1")
    for name in set(typed) - {"category"}:
        assert form[name] == typed[name], name


def test_saving_the_restored_form_saves_it_and_drops_what_was_kept(desk):
    article = an_article(title="原题", publish_at=None)
    keep(desk, article, title="恢复的题")
    assert send(desk, f"{page_of(article)}?restore_autosave=1").status_code == 302
    article.refresh_from_db()
    assert (article.title, Autosave.objects.count()) == ("恢复的题", 0)


@pytest.mark.parametrize("button", ["_save", "_publish"])
def test_a_page_that_saves_has_nothing_unsaved_left(desk, button):
    article = an_article()
    data = filled(desk, page_of(article), title="写好了")
    desk.post(address(article), data)
    assert Autosave.objects.count() == 1
    assert desk.post(page_of(article), data | {button: ["1"]}).status_code == 302
    assert Autosave.objects.count() == 0
    assert "没保存的内容" not in words(desk.get(page_of(article)))


def test_what_another_page_of_mine_left_survives_my_saving(desk, editor):
    article = an_article()
    keep(desk, article, title="早上写的", _key=KEY)
    data = filled(desk, page_of(article), title="现在写的", _key=OTHER_KEY)
    desk.post(address(article), data)
    desk.post(page_of(article), data | {"_save": ["1"]})
    (left,) = autosaving.slots(editor, article)
    assert (left.key, left.form["title"]) == (KEY, ["早上写的"])
    page = words(desk.get(page_of(article)))
    assert "您 10:32 有没保存的内容。那之后别人保存过。" not in page
    assert "您 10:32 有没保存的内容。那之后又保存过。" in page


def test_a_save_that_is_refused_drops_nothing(desk):
    article = an_article()
    data = filled(desk, page_of(article), title="")
    desk.post(address(article), data)
    assert desk.post(page_of(article), data | {"_save": ["1"]}).status_code == 200
    assert Autosave.objects.get().form["title"] == [""]


def test_restored_over_a_newer_version_the_old_one_is_sent_and_the_conflict_is_found(desk):
    article = an_article(title="原题")
    keep(desk, article, title="我的题")
    send(desk_of(a_person(role="编辑")), page_of(article), title="对方的题")
    assert "那之后又保存过。" in words(desk.get(page_of(article)))
    url = f"{page_of(article)}?restore_autosave=1"
    form, response = shown(desk, url)
    assert (form["title"], form["version"]) == ("我的题", "1")
    assert "您保存时会先让您看两边的不同" in words(response)
    refused = send(desk, url)
    assert refused.status_code == 200
    assert (refused.context["adminform"].form.is_outdated, Revision.objects.count()) == (True, 2)


def test_thrown_away_it_is_gone_and_the_article_is_as_it_was(desk):
    article = an_article(title="原题")
    keep(desk, article, title="不要的", _key=KEY)
    before = everything()
    response = desk.post(address(article, "autosave/discard/"), {"drop_autosave": KEY}, follow=True)
    assert "没保存的那一份已经丢弃" in words(response)
    assert (Autosave.objects.count(), everything()) == (0, before)


@pytest.mark.parametrize("junk", [{}, {"drop_autosave": "x"}, {"drop_autosave": "\x00"}])
def test_throwing_away_something_else_throws_nothing_away(desk, junk):
    article = an_article()
    keep(desk, article, title="写的", _key=KEY)
    assert desk.post(address(article, "autosave/discard/"), junk).status_code == 302
    assert Autosave.objects.count() == 1


# --- new articles -------------------------------------------------------------------------------


def test_a_new_article_is_kept_by_its_form_and_comes_back(desk, editor):
    shelf = a_category()
    keep(desk, title="还没存的一篇", category=shelf.pk, body="<p>文</p>", tags="氢能", _key=KEY)
    keep(desk, title="另一篇", _key=OTHER_KEY)
    assert Article.objects.count() == 0
    page = words(desk.get(ADD))
    assert "有没保存的内容：“还没存的一篇”" in page
    assert "有没保存的内容：“另一篇”" in page
    url = f"{ADD}?restore_autosave={KEY}"
    form, _ = shown(desk, url)
    assert (form["title"], form["body"], form["tags"], form["category"], form["_key"]) == (
        "还没存的一篇", "<p>文</p>", "氢能", str(shelf.pk), KEY,
    )  # fmt: skip
    assert send(desk, url).status_code == 302
    assert Article.objects.get().title == "还没存的一篇"
    assert [slot.key for slot in autosaving.new_ones(editor)] == [OTHER_KEY]


def test_an_empty_form_of_a_new_article_is_not_offered(desk):
    keep(desk)
    assert "没保存的内容" not in words(desk.get(ADD))


def test_new_articles_parks_and_quotes_come_back_too(desk):
    park, figure = a_park(), a_figure(a_park())
    rows = {
        "mentions-TOTAL_FORMS": "1", "mentions-0-park": park.pk, "mentions-0-position": "3",
        "citations-TOTAL_FORMS": "1", "citations-0-figure": figure.pk,
        "citations-0-quote": "原话", "citations-0-occurrence": "1",
    }  # fmt: skip
    keep(desk, title="题", _key=KEY, **rows)
    form, _ = shown(desk, f"{ADD}?restore_autosave={KEY}")
    assert {name: form[name] for name in rows} == {n: str(value) for n, value in rows.items()}


def test_thrown_away_a_new_article_is_gone(desk):
    keep(desk, title="不要的", _key=KEY)
    desk.post("/admin/articles/article/add/autosave/discard/", {"drop_autosave": KEY})
    assert Autosave.objects.count() == 0


def test_a_person_keeps_twenty_new_articles_at_most(desk, editor, clock):
    for number in range(22):
        clock.move_to(NOW + timedelta(minutes=number), tick=False)
        autosaving.keep(editor, None, f"{number:032}", {"title": [f"{number}"]})
    kept = [slot.form["title"][0] for slot in autosaving.new_ones(editor)]
    assert kept == [f"{number}" for number in range(21, 1, -1)]


# --- whose it is --------------------------------------------------------------------------------


def test_nobody_else_sees_it_nor_throws_it_away(desk):
    article = an_article()
    keep(desk, article, title="只给自己看的", _key=KEY)
    keep(desk, title="只给自己看的新篇", _key=OTHER_KEY)
    other = desk_of(a_person(role="编辑"))
    for url in (page_of(article), f"{page_of(article)}?restore_autosave=1",
                f"{page_of(article)}?restore_autosave={KEY}", ADD,
                f"{ADD}?restore_autosave={OTHER_KEY}"):  # fmt: skip
        assert "只给自己看的" not in other.get(url).content.decode(), url
    other.post(address(article, "autosave/discard/"), {"drop_autosave": KEY})
    other.post(address(None, "autosave/discard/"), {"drop_autosave": OTHER_KEY})
    keep(other, article, title="别人的", _key=KEY)
    assert Autosave.objects.filter(person__username="bianji").count() == 2
    assert Autosave.objects.get(person__username="bianji", key=KEY).form["title"] == [
        "只给自己看的"
    ]


@pytest.mark.parametrize("role", ["作者", "园区经理", "招商专员", "招商主管"])
def test_only_who_may_change_the_article_keeps_anything(role):
    article = an_article(author=a_person(role="作者"))
    visitor = desk_of(a_person(role=role))
    for name in ("autosave/", "autosave/discard/", "present/"):
        wanted = 404 if role == "作者" else 403
        assert visitor.post(address(article, name), {"title": "x"}).status_code == wanted, name
    may_add = role == "作者"
    assert visitor.post(address(), {"title": "x"}).status_code == (200 if may_add else 403)
    assert Presence.objects.count() == 0


def test_asking_for_it_keeps_nothing(desk):
    article = an_article()
    for name in ("autosave/", "autosave/discard/", "present/"):
        assert desk.get(address(article, name)).status_code == 405
    assert desk.get(address()).status_code == 405


def test_what_one_person_typed_is_not_kept_for_the_next_who_logs_in(desk):
    article = an_article()
    data = filled(desk, page_of(article), title="王编辑写的")
    next_one = desk_of(a_person("lin", "编辑", display_name="林编辑"))
    answer = next_one.post(address(article), data)
    assert (answer.status_code, answer.json()) == (409, {"person": "林编辑"})
    assert next_one.post(address(article, "present/"), data).status_code == 409
    assert (Autosave.objects.count(), Presence.objects.count()) == (0, 0)


def test_an_author_keeps_only_what_their_form_has(client):
    author = a_person(role="作者")
    article = an_article(author=author, publish_at=None)
    crafted = {"publish_at_0": "2024-01-01", "author": "1", "pinned_until_0": "2099-01-01"}
    keep(desk_of(author), article, title="题", **crafted)
    assert not set(Autosave.objects.get().form) & set(crafted)


# --- what was kept in the browser ---------------------------------------------------------------


def test_what_the_browser_kept_is_taken_where_it_says_something_new(desk, editor):
    article = an_article(title="原题")
    same = desk.post(address(article), filled(desk, page_of(article), _kept="1", _key=KEY))
    assert (same.json()["differs"], Autosave.objects.count()) == (False, 0)
    new = keep(desk, article, title="断线时写的", _kept="1", _key=KEY)
    assert new.json()["differs"] is True
    assert autosaving.slots(editor, article)[0].form["title"] == ["断线时写的"]
    again = keep(desk, article, title="断线时写的", _kept="1", _key=KEY)
    assert again.json()["differs"] is False  # the form offers it already
    assert len(autosaving.slots(editor, article)) == 1


# --- junk ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "junk",
    [
        {"_key": "../../etc", "version": "9" * 40, "title": "a\x00b"},
        {"mentions-TOTAL_FORMS": "99999999999", "citations-TOTAL_FORMS": "-1"},
        {"mentions-TOTAL_FORMS": "1", "mentions-0-park": "9" * 18, "mentions-0-position": "9" * 18},
        {"citations-TOTAL_FORMS": "1", "citations-0-figure": "7", "citations-0-quote": "\x00"},
        {"publish_at_0": "0000-00-00", "publish_at_1": "x", "category": "9" * 18, "cover": "-1"},
        {"publish_at_0": ["9999-12-31", "x"], "kind": "junk", "rights": "junk", "author": "x"},
        {"body": "<p" * 2_000, "tags": "，，，" * 100, "event_date": "99999-99"},
        {"title": "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace")},
        {"_earlier": "x", autosaving.EARLIER: ["{}"], "_person": ""},
    ],
    ids=range(9),
)
def test_junk_is_kept_shown_and_restored_without_an_error(desk, junk):
    article = an_article(publish_at=None)
    for one in (article, None):
        answer = desk.post(address(one), {"title": "题", "_key": KEY} | junk)
        assert answer.status_code == 200, answer.content
        url = page_of(one) if one else ADD
        for page in (url, f"{url}?restore_autosave=1", f"{url}?restore_autosave=%ff"):
            assert desk.get(page).status_code == 200


def test_a_form_over_the_limits_is_refused(desk, settings):
    article = an_article()
    assert desk.post(address(article), {"body": "x" * 2_700_000}).status_code == 400
    many = {f"mentions-{number}-park": "1" for number in range(2_001)}
    assert desk.post(address(article), many).status_code == 400
    assert Autosave.objects.count() == 0


def test_an_article_that_was_deleted_keeps_nothing(desk):
    article = an_article()
    url = address(article)
    article.delete()
    assert desk.post(url, {"title": "x"}).status_code == 404


# --- the night ----------------------------------------------------------------------------------


def test_at_night_what_nobody_came_back_to_is_forgotten(editor, clock):
    old, young = an_article(), an_article()
    for article, days in ((old, 31), (young, 29)):
        clock.move_to(NOW - timedelta(days=days), tick=False)
        autosaving.keep(editor, article, KEY, {"title": ["x"]})
        Presence.objects.create(
            article=article, person=editor, seen_at=NOW - timedelta(days=days - 29)
        )
    clock.move_to(NOW, tick=False)
    jobs.forget_unsaved(timestamp=0)
    assert [row.article for row in Autosave.objects.all()] == [young]
    assert [row.article for row in Presence.objects.all()] == [young]


def test_keeping_costs_the_same_however_much_was_written(desk):
    article = an_article()
    data = filled(desk, page_of(article), title="题")

    def cost(**more):
        with CaptureQueriesContext(connection) as captured:
            assert desk.post(address(article), data | more).status_code == 200
        return len(captured)

    cost()
    few = cost(body="<p>短</p>")
    rows = {f"mentions-{number}-park": str(a_park().pk) for number in range(20)}
    assert cost(body="<p>长</p>" * 2_000, **rows, **{"mentions-TOTAL_FORMS": "20"}) == few
    assert few <= 20


def test_the_form_costs_the_same_however_much_was_kept(desk):
    article = an_article()
    desk.get(page_of(article))

    def cost():
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(page_of(article)).status_code == 200
        return len(captured)

    keep(desk, article, title="一", _key=KEY)
    few = cost()
    park = a_park()
    rows = {"mentions-TOTAL_FORMS": "9"} | {f"mentions-{n}-park": park.pk for n in range(9)}
    keep(desk, article, title="二", _key=OTHER_KEY)
    keep(desk, article, title="三", **rows)
    assert cost() - few <= 2  # the names of parks


def test_saved_by_a_page_that_names_no_place_nothing_of_mine_is_left(desk):
    article = an_article()
    keep(desk, article, title="早上写的", _key=KEY)
    keep(desk, article, title="后来写的", _key=OTHER_KEY)
    send(desk, page_of(article), title="存了", _key="")
    assert Autosave.objects.count() == 0
