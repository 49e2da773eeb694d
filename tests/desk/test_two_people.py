"""Two people at one article: each is told of the other, and neither writes over the other."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from desk_forms import desk_of, filled, page_of, send, words
from django.db import connections
from factories import a_figure, a_park, a_person, an_article
from lxml import html

from articles import content as contents
from articles import drafting
from articles.models import Article, Presence, Revision
from parkcms.ledger.models import Act

NOW = datetime(2026, 3, 2, 2, 40, tzinfo=UTC)  # 10:40 in Shanghai
each = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def wang():
    return a_person("wang", "编辑", display_name="王编辑")


@pytest.fixture
def lin():
    return a_person("lin", "编辑", display_name="林编辑")


def present(desk, article, **said):
    return desk.post(f"/admin/articles/article/{article.pk}/present/", said)


def tree_of(response):
    return html.fromstring(response.content.decode())


def form_of(response):
    """What the form would send; a text area's first line end is the markup's."""
    values = tree_of(response).get_element_by_id("article_form").form_values()
    return {name: value.removeprefix("\n") for name, value in values}


# --- who is here --------------------------------------------------------------------------------


@each
def test_the_second_is_told_of_the_first_and_since_when(wang, lin, clock):
    article = an_article()
    assert present(desk_of(wang), article).json() == {"version": 1, "others": [], "saved": ""}
    clock.shift(timedelta(minutes=5))
    present(desk_of(wang), article)
    # The minute between two signs has passed: 5 minutes ago it was another visit.
    assert present(desk_of(lin), article).json()["others"] == ["王编辑 正在编辑这篇（刚刚打开）"]
    for _ in range(10):
        clock.shift(timedelta(seconds=30))
        present(desk_of(wang), article)
    told = ["王编辑 正在编辑这篇（5 分钟前打开）"]
    assert present(desk_of(lin), article).json()["others"] == told
    assert present(desk_of(wang), article).json()["others"] == ["林编辑 正在编辑这篇（刚刚打开）"]


@each
def test_the_page_says_it_on_opening_without_a_script(wang, lin):
    article = an_article()
    present(desk_of(wang), article)
    assert "王编辑 正在编辑这篇（刚刚打开）" in words(desk_of(lin).get(page_of(article)))
    assert "正在编辑这篇" not in words(desk_of(wang).get(page_of(article)))


@each
def test_opening_a_form_is_no_sign_and_changes_nothing(wang):
    desk_of(wang).get(page_of(an_article()))
    assert Presence.objects.count() == 0


@each
def test_a_minute_without_a_sign_and_they_are_gone(wang, lin, clock):
    article = an_article()
    present(desk_of(wang), article)
    clock.shift(timedelta(seconds=59))
    assert len(present(desk_of(lin), article).json()["others"]) == 1
    clock.shift(timedelta(seconds=1))
    assert present(desk_of(lin), article).json()["others"] == []


@each
def test_a_goodbye_is_heard_at_once(wang, lin):
    article = an_article()
    present(desk_of(wang), article)
    assert present(desk_of(wang), article, gone="1").status_code == 204
    assert present(desk_of(lin), article).json()["others"] == []


@each
def test_a_version_saved_meanwhile_is_told_with_who_and_when(wang, lin):
    article = an_article()
    opened = filled(desk_of(lin), page_of(article))
    send(desk_of(wang), page_of(article), title="王的题")
    told = "王编辑 10:40 保存了新的一版：您保存时会先让您看两边的不同。"
    assert present(desk_of(lin), article, version=opened["version"][0]).json()["saved"] == told
    kept = desk_of(lin).post(f"/admin/articles/article/{article.pk}/autosave/", opened)
    assert kept.json()["saved"] == told
    for version in ("2", "", "x", "9" * 30):
        assert present(desk_of(lin), article, version=version).json()["saved"] == "", version


@each
def test_nobody_is_kept_out(wang, lin):
    article = an_article()
    present(desk_of(wang), article)
    assert send(desk_of(lin), page_of(article), title="林的题").status_code == 302


# --- both save ----------------------------------------------------------------------------------


def both_write(wang, lin, article, theirs, mine):
    """Lin opens the form, Wang saves ``theirs``, Lin sends ``mine``: what Lin is answered."""
    desk = desk_of(lin)
    data = filled(desk, page_of(article), **mine)
    assert send(desk_of(wang), page_of(article), **theirs).status_code == 302
    return desk, desk.post(page_of(article), data | {"_save": ["1"]})


@each
def test_saving_over_a_newer_version_shows_both_and_writes_nothing(wang, lin):
    article = an_article(title="原题", body="<p>占地351亩。</p>", summary_zh="")
    theirs = {"title": "王的题", "body": "<p>占地360亩。</p>"}
    mine = {"title": "林的题", "body": "<p>占地351亩，在嘉定。</p>", "summary_zh": "林的提要"}
    _, answer = both_write(wang, lin, article, theirs, mine)
    assert answer.status_code == 200
    assert (Act.objects.filter(actor_id=lin.pk).count(), Revision.objects.count()) == (0, 2)
    form = form_of(answer)
    assert {name: form[name] for name in mine} == mine
    tree = tree_of(answer)
    conflict = tree.get_element_by_id("conflict")
    assert "王编辑 10:40 保存了新的一版" in conflict.text_content()
    takes = conflict.xpath(".//button[@name='_take']/@value")
    assert sorted(takes) == ["body", "summary_zh", "title"]
    (body,) = [one for one in conflict.xpath(".//table") if "占地" in one.text_content()]
    (changed,) = body.xpath("./tbody/tr[@class='differs']")
    assert [cell.text_content() for cell in changed] == [
        "占地【去掉：360】亩。", "占地【加上：351】亩【加上：，在嘉定】。",
    ]  # fmt: skip
    labels = {button.text_content() for button in tree.xpath("//button[@name='_save']")}
    assert "以我的为准，保存草稿" in labels


@each
def test_having_seen_both_mine_is_saved_and_theirs_stays_a_version(wang, lin):
    article = an_article(title="原题")
    desk, answer = both_write(wang, lin, article, {"title": "王的题"}, {"title": "林的题"})
    data = {name: [value] for name, value in form_of(answer).items()}
    assert desk.post(page_of(article), data | {"_save": ["1"]}).status_code == 302
    article.refresh_from_db()
    assert article.draft.content["title"] == "林的题"
    titles = article.revisions.values_list("content__title", flat=True)
    assert list(titles) == ["林的题", "王的题", "原题"]


@each
def test_a_third_save_in_between_is_a_conflict_again(wang, lin):
    article = an_article(title="原题")
    desk, answer = both_write(wang, lin, article, {"title": "王的题"}, {"title": "林的题"})
    data = {name: [value] for name, value in form_of(answer).items()}
    send(desk_of(wang), page_of(article), title="王又改的题")
    again = desk.post(page_of(article), data | {"_save": ["1"]})
    assert again.context["adminform"].form.is_outdated
    assert "林的题" in form_of(again)["title"]


@each
def test_publishing_is_refused_like_saving(wang, lin):
    article = an_article(title="原题")
    desk = desk_of(lin)
    data = filled(desk, page_of(article), title="林的题")
    send(desk_of(wang), page_of(article), title="王的题")
    assert desk.post(page_of(article), data | {"_publish": ["1"]}).status_code == 200
    article.refresh_from_db()
    assert article.title == "原题"


@each
def test_the_enter_key_does_not_write_over_the_other(wang, lin):
    """Enter presses the first button of a form."""
    article = an_article(title="原题")
    usual = tree_of(desk_of(lin).get(page_of(article)))
    first = usual.get_element_by_id("article_form").xpath(".//button[@type='submit']")[0]
    assert first.get("name") == "_save"
    _, answer = both_write(wang, lin, article, {"title": "王的题"}, {"title": "林的题"})
    first = tree_of(answer).get_element_by_id("article_form").xpath(".//button[@type='submit']")[0]
    assert (first.get("name"), first.get("value")) == ("_take", "")


@each
def test_a_field_of_theirs_is_put_into_the_form_and_nothing_is_saved(wang, lin):
    mine_park, their_park, figure = a_park(), a_park(), a_figure(a_park())
    article = an_article(title="原题", publish_at=None)
    theirs = {
        "title": "王的题",
        "body": "<p>王的</p>",
        "tags": "王，嘉定",
        "is_excerpt": "on",
        "event_date": "2024-06",
        "expire_at_0": "2027-01-01",
        "expire_at_1": "08:00",
        "mentions-TOTAL_FORMS": "1",
        "mentions-0-park": their_park.pk,
        "mentions-0-position": "4",
        "citations-TOTAL_FORMS": "1",
        "citations-0-figure": figure.pk,
        "citations-0-quote": "王的",
        "citations-0-occurrence": "1",
    }
    mine = {
        "title": "林的题",
        "body": "<p>林的</p>",
        "mentions-TOTAL_FORMS": "1",
        "mentions-0-park": mine_park.pk,
        "mentions-0-position": "0",
    }
    desk, answer = both_write(wang, lin, article, theirs, mine)
    saved = list(Article.objects.values()), Revision.objects.count(), Act.objects.count()
    taken = ["title", "parks", "tags", "is_excerpt", "event_date", "expire_at", "citations"]
    for name in taken:
        data = {key: [value] for key, value in form_of(answer).items()}
        answer = desk.post(page_of(article), data | {"_take": [name], "_publish": ["1"]})
        assert answer.status_code == 200, name
    now = list(Article.objects.values()), Revision.objects.count(), Act.objects.count()
    assert now == saved
    tree = tree_of(answer)
    assert tree.get_element_by_id("conflict").xpath(".//button[@name='_take']/@value") == ["body"]
    form = form_of(answer)
    assert (form["title"], form["body"]) == ("王的题", "<p>林的</p>")
    data = {key: [value] for key, value in form.items()}
    assert desk.post(page_of(article), data | {"_save": ["1"]}).status_code == 302
    article.refresh_from_db()
    said = drafting.working(article)
    kept = {**said, "body": "<p>王的</p>"}
    assert kept == Revision.objects.get(number=2).content
    assert said["body"] == "<p>林的</p>"


@each
def test_what_only_the_other_changed_is_taken_with_one_press(wang, lin):
    article = an_article(title="原题", summary_zh="原提要", event_date="2020", tags=["旧"])
    theirs = {"title": "王的题", "summary_zh": "王的提要", "tags": "王", "event_date": "2024"}
    mine = {"summary_zh": "林的提要", "publisher": "某报"}
    desk, answer = both_write(wang, lin, article, theirs, mine)
    assert "您没有动过、只有对方改过的：标题、事件日期、标签。" in words(answer)
    conflict = tree_of(answer).get_element_by_id("conflict")
    (names,) = conflict.xpath(".//button[text()='这些都采用对方的']/@value")
    data = {name: [value] for name, value in form_of(answer).items()}
    answer = desk.post(page_of(article), data | {"_take": [names]})
    assert "您没有动过" not in words(answer)
    form = form_of(answer)
    wanted = theirs | mine
    assert {name: form[name] for name in wanted} == wanted
    takes = tree_of(answer).get_element_by_id("conflict").xpath(".//button/@value")
    assert takes == ["summary_zh", "publisher"]


@each
@pytest.mark.parametrize("carried", ["", "title:", "x" * 9_000, "title:zzz body", "标题:1 : ::"])
def test_a_page_that_carries_junk_gets_the_conflict_all_the_same(wang, lin, carried):
    article = an_article(title="原题")
    mine = {"title": "林的题", "_opened": carried}
    _, answer = both_write(wang, lin, article, {"title": "王的题"}, mine)
    assert answer.context["adminform"].form.is_outdated
    assert "您没有动过" not in words(answer)


@each
@pytest.mark.parametrize("name", ["", "nothing", "version", "author", "\x00", "__class__"])
def test_a_field_nobody_has_is_not_taken_and_nothing_is_saved(lin, name):
    article = an_article(title="原题")
    desk = desk_of(lin)
    data = filled(desk, page_of(article), title="林的题", _take=name)
    answer = desk.post(page_of(article), data)
    assert (answer.status_code, form_of(answer)["title"]) == (200, "林的题")
    assert "两边现在" not in words(answer)
    assert Revision.objects.count() == 0
    for junk in ("x", "9" * 30, "0"):
        url = f"/admin/articles/article/{junk}/change/"
        assert desk.post(url, {"_take": "title"}).status_code in {302, 404}


@each
def test_who_may_not_change_the_article_takes_nothing(lin):
    article = an_article(title="机密的题")
    visitor = desk_of(a_person(role="招商专员"))
    assert visitor.post(page_of(article), {"_take": "title"}).status_code == 403


@each
def test_a_save_that_slips_in_after_the_check_is_a_conflict_and_no_error(wang, lin, monkeypatch):
    """The lock makes it hardly possible; a bulk action of another kind may still do it."""
    article = an_article(title="原题")
    desk, save = desk_of(lin), drafting.save
    data = filled(desk, page_of(article), title="林的题")

    def beaten(row, *args, **kwargs):
        monkeypatch.setattr(drafting, "save", save)
        Article.objects.filter(pk=row.pk).update(version=2, title="王的题")
        return save(row, *args, **kwargs)

    monkeypatch.setattr(drafting, "save", beaten)
    answer = desk.post(page_of(article), data | {"_save": ["1"]})
    # What slipped in was part of the transaction and went with it: the second try goes through.
    assert answer.status_code == 302
    article.refresh_from_db()
    assert (article.title, article.draft.content["title"]) == ("原题", "林的题")


def at_once(*jobs):
    """Run the jobs in threads that start together; their results, errors as they are."""
    barrier, results = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(number, job):
        try:
            barrier.wait(timeout=10)
            results[number] = job()
        except Exception as error:  # noqa: BLE001, RUF100
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=row) for row in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("button", ["_save", "_publish"])
def test_of_four_who_save_at_once_one_saves_and_the_others_see_it(button):
    article = an_article(title="原题")
    desks = [desk_of(a_person(f"p{n}", "编辑", display_name=f"编辑{n}")) for n in range(4)]
    forms = [filled(desk, page_of(article), title=f"第{n}题") for n, desk in enumerate(desks)]
    answers = at_once(
        *[
            lambda desk=desk, data=data: desk.post(page_of(article), data | {button: ["1"]})
            for desk, data in zip(desks, forms, strict=True)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 302]
    article.refresh_from_db()
    assert article.version == 2
    winner = [answer.status_code for answer in answers].index(302)
    assert drafting.working(article)["title"] == f"第{winner}题"
    for number, answer in enumerate(answers):
        if number != winner:
            assert form_of(answer)["title"] == f"第{number}题"
            assert f"编辑{winner} 10:40 保存了新的一版" in words(answer)


@pytest.mark.django_db(transaction=True)
def test_of_two_drafts_at_once_the_second_is_outdated():
    article, people = an_article(title="原题"), [a_person(role="编辑") for _ in range(2)]
    said = contents.of(article)

    def save(person, title):
        row = Article.objects.get(pk=article.pk)
        drafting.save(row, said | {"title": title}, person, version=1)
        return title

    results = at_once(lambda: save(people[0], "甲"), lambda: save(people[1], "乙"))
    (saved,) = [one for one in results if isinstance(one, str)]
    (refused,) = [one for one in results if not isinstance(one, str)]
    assert isinstance(refused, drafting.Outdated)
    article.refresh_from_db()
    assert (article.draft.content["title"], article.version) == (saved, 2)
