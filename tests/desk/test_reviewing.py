"""From author to editor and back: sent for review, sent back with a reason, withdrawn."""

from datetime import UTC, datetime, timedelta

import pytest
from desk_forms import desk_of, errors, filled, messages_of, page_of, send, words
from django.test import Client
from django.urls import reverse
from factories import (
    a_category,
    a_comment,
    a_park,
    a_person,
    a_preview_link,
    an_article,
)

from articles import drafting, reviewing
from articles.models import Article, Comment, PreviewLink
from parkcms.ledger.models import Act

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
STAGE = Article.Stage


@pytest.fixture(autouse=True)
def at_ten(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def author():
    return a_person("zuozhe", "作者", display_name="示例作者")


@pytest.fixture
def editor():
    return a_person("bianji", "编辑", display_name="示例编辑")


def a_draft(author, **fields):
    return an_article(**{"publish_at": None, "author": author} | fields)


def submitted(author, **fields):
    article = a_draft(author, **fields)
    reviewing.submit(article, author)
    return article


def address(article, name, *more):
    return reverse(f"admin:articles_article_{name}", args=[article.pk, *more])


def stage_of(article):
    return Article.objects.values_list("stage", "stage_at").get(pk=article.pk)


# --- sent for review --------------------------------------------------------------------------


def test_the_button_saves_the_draft_and_submits_it(author):
    article, desk = a_draft(author), desk_of(author)
    response = send(desk, page_of(article), title="写好了", _submit="1", submit_note="请看第二段")
    assert response.status_code == 302
    article.refresh_from_db()
    assert (article.title, article.stage, article.stage_at) == ("写好了", STAGE.SUBMITTED, NOW)
    told = messages_of(desk.get(response["Location"]))
    assert told[0] == "“写好了”已送审：编辑会看到，发布或退回都记在“经过”里。"
    act = Act.objects.about(article).get(verb="submit")
    assert (act.actor_name, act.reason) == ("示例作者", "请看第二段")
    assert (act.before, act.after) == ({"stage": "写作中"}, {"stage": "待审"})
    assert Client().get(article.get_absolute_url()).status_code == 404


def test_a_new_article_is_submitted_by_its_first_save(author):
    told = {"title": "新写的", "category": a_category().pk, "body": "<p>文。</p>", "_submit": "1"}
    assert send(desk_of(author), page_of(Article, "add"), **told).status_code == 302
    assert stage_of(Article.objects.get()) == (STAGE.SUBMITTED, NOW)


def test_what_the_form_refuses_is_not_submitted(author):
    article = a_draft(author)
    assert errors(send(desk_of(author), page_of(article), title="", _submit="1")) == {
        "title": ["required"]
    }
    assert (stage_of(article), Act.objects.count()) == (("", None), 0)


def test_a_change_of_a_published_text_is_submitted_and_readers_see_nothing_of_it(author):
    article = an_article(author=author, title="读者看到的")
    public = Client().get(article.get_absolute_url()).content
    send(desk_of(author), page_of(article), title="想改成的", _submit="1")
    assert stage_of(article) == (STAGE.SUBMITTED, NOW)
    assert Client().get(article.get_absolute_url()).content == public


def test_a_published_text_without_a_change_is_not_submitted(author):
    article, desk = an_article(author=author), desk_of(author)
    response = send(desk, page_of(article), _submit="1")
    assert "没有送审：这篇没有未发布的改动。" in messages_of(desk.get(response["Location"]))
    assert (stage_of(article), Act.objects.count()) == (("", None), 0)


def test_twice_submitted_is_once(author):
    article, desk = a_draft(author), desk_of(author)
    data = filled(desk, page_of(article), _submit="1")
    desk.post(page_of(article), data)
    send(desk, page_of(article), _submit="1")
    assert Act.objects.about(article).filter(verb="submit").count() == 1


def test_a_version_somebody_else_saved_since_is_not_submitted(author, editor):
    article = a_draft(author)
    opened = article.version
    drafting.save(
        article, drafting.working(article) | {"title": "别人改的"}, editor, version=opened
    )
    with pytest.raises(drafting.Outdated):
        reviewing.submit(article, author, version=opened)
    assert stage_of(article) == ("", None)


def test_an_author_goes_on_writing_and_it_stays_submitted(author, editor, at_ten):
    article = submitted(author)
    at_ten.move_to(NOW + timedelta(hours=1), tick=False)
    send(desk_of(author), page_of(article), title="又改了一点")
    assert stage_of(article) == (STAGE.SUBMITTED, NOW)
    assert 'value="又改了一点"' in desk_of(editor).get(page_of(article)).content.decode()


def test_the_editor_sees_who_submitted_when_and_what_is_to_be_compared(author, editor):
    article = an_article(author=author)
    send(desk_of(author), page_of(article), title="改", _submit="1", submit_note="面积更正")
    page = desk_of(editor).get(page_of(article))
    text = words(page)
    assert "示例作者 03-02 10:00 送审" in text
    assert "面积更正" in text
    assert f'href="{address(article, "compare")}"' in page.content.decode()


def test_a_note_too_long_or_with_junk_is_cut_and_not_an_error(author):
    article = a_draft(author)
    note = ["", "  a\x00b" + "长" * 600]
    response = send(desk_of(author), page_of(article), _submit="1", submit_note=note)
    assert response.status_code == 302
    assert len(Act.objects.get(verb="submit").reason) == 500


# --- sent back --------------------------------------------------------------------------------


def test_the_author_reads_the_reason_until_they_submit_again(author, editor):
    article, desk = submitted(author), desk_of(author)
    url = address(article, "send_back")
    answer = desk_of(editor).post(url, {"return_reason": "第二段请附来源"}, follow=True)
    assert messages_of(answer) == [f"“{article}”已退回，作者会看到要改什么。"]
    assert stage_of(article) == (STAGE.RETURNED, NOW)
    text = words(desk.get(page_of(article)))
    assert "退回修改 示例编辑，03-02 10:00 第二段请附来源" in text
    send(desk, page_of(article), title="改着")  # saving is no answer yet
    assert "第二段请附来源" in words(desk.get(page_of(article)))
    send(desk, page_of(article), title="改好", _submit="1")
    assert "第二段请附来源" not in words(desk.get(page_of(article)))
    verbs = [act.verb for act in Act.objects.about(article)]
    assert verbs == ["submit", "change", "change", "return", "submit"]


@pytest.mark.parametrize("reason", ["", "  ", "\x00"])
def test_without_a_reason_nothing_is_sent_back(author, editor, reason):
    article = submitted(author)
    answer = desk_of(editor).post(
        address(article, "send_back"), {"return_reason": reason}, follow=True
    )
    assert messages_of(answer) == ["没有退回：请写明要改什么，作者会看到。"]
    assert stage_of(article)[0] == STAGE.SUBMITTED


@pytest.mark.parametrize("name", ["send_back", "withdraw_submission"])
def test_what_is_not_submitted_is_neither_sent_back_nor_withdrawn(author, editor, name):
    article = a_draft(author)
    answer = desk_of(editor).post(address(article, name), {"return_reason": "x"}, follow=True)
    assert messages_of(answer) == ["这篇不在待审：可能刚被发布、退回或撤回。"]
    assert Act.objects.count() == 0


def test_an_author_withdraws_what_they_submitted(author):
    article, desk = submitted(author), desk_of(author)
    answer = desk.post(address(article, "withdraw_submission"), follow=True)
    assert messages_of(answer) == [f"“{article}”已撤回送审。"]
    assert stage_of(article) == ("", None)
    act = Act.objects.about(article).first()
    assert (act.verb, act.verb_label, act.after) == (
        "withdraw_submission", "撤回送审", {"stage": "写作中"},
    )  # fmt: skip


def test_publishing_ends_the_review_and_names_comments_that_are_open(author, editor):
    article, desk = submitted(author), desk_of(editor)
    settled = a_comment(article, editor, settled_at=NOW, settled_by=editor)
    for text in ("一", "二"):
        a_comment(article, editor, text)
    a_comment(article, author, "回", answers_to=settled)
    response = send(desk, page_of(article), _publish="1")
    article.refresh_from_db()
    assert (article.stage, article.is_published()) == ("", True)
    assert "已经发布，但还有 2 条批注没有解决。" in messages_of(desk.get(response["Location"]))


def test_an_editor_who_submits_and_publishes_publishes(author, editor):
    article = a_draft(author)
    send(desk_of(editor), page_of(article), _publish="1", _submit="1")
    article.refresh_from_db()
    assert (article.stage, article.is_published()) == ("", True)


def test_stages_change_neither_the_text_nor_the_times_readers_see(author, editor, at_ten):
    article = an_article(author=author)
    send(desk_of(author), page_of(article), title="改")
    row = Article.objects.filter(pk=article.pk)
    kept = ("title", "body", "updated_at", "version", "draft_id", "publish_at")
    before = row.values(*kept).get()
    at_ten.move_to(NOW + timedelta(hours=1), tick=False)
    reviewing.submit(article, author)
    reviewing.send_back(article, editor, "再改")
    reviewing.submit(article, author)
    reviewing.withdraw(article, author)
    assert row.values(*kept).get() == before


# --- lists of what wants doing ------------------------------------------------------------------


def test_the_longest_waiting_is_reviewed_first(author, at_ten):
    late, early, never = a_draft(author), a_draft(author), a_draft(author)
    for minutes, article in ((1, early), (2, late)):
        at_ten.move_to(NOW + timedelta(minutes=minutes), tick=False)
        reviewing.submit(article, author)
    assert list(reviewing.to_review()) == [early, late]
    assert never not in reviewing.to_review()


def test_what_was_returned_is_its_authors(author, editor):
    mine, other = submitted(author), submitted(a_person(role="作者"))
    for article in (mine, other):
        reviewing.send_back(article, editor, "改")
    assert list(reviewing.returned_to(author)) == [mine]
    reviewing.submit(mine, author)
    assert list(reviewing.returned_to(author)) == []


def test_a_comment_waits_for_those_who_did_not_have_the_last_word(author, editor):
    article, third = a_draft(author), a_person(role="编辑")
    thread = a_comment(article, editor)

    def waits():
        return [person for person in (author, editor, third)
                if list(reviewing.commented_for(person)) == [article]]  # fmt: skip

    assert waits() == [author]
    a_comment(article, author, "好的", answers_to=thread)
    assert waits() == [editor]
    a_comment(article, third, "我也看了", answers_to=thread, at=NOW + timedelta(minutes=1))
    assert waits() == [author, editor]
    Comment.objects.filter(pk=thread.pk).update(settled_at=NOW, settled_by=editor)
    assert waits() == []


def test_the_list_has_a_filter_by_stage_and_counts_open_comments(author, editor):
    article, other = submitted(author, title="待审的"), a_draft(author, title="还在写的")
    for text in ("一", "二"):
        a_comment(article, editor, text)
    a_comment(other, editor, settled_at=NOW, settled_by=editor)
    desk = desk_of(editor)
    page = words(desk.get(page_of(Article, "changelist") + "?stage__exact=submitted"))
    assert ("待审的" in page, "还在写的" in page, "2 条" in page) == (True, False, True)
    assert "1 条" not in words(desk.get(page_of(Article, "changelist")))


# --- the story --------------------------------------------------------------------------------


def test_the_story_tells_the_review_in_words(author, editor, at_ten):
    article, desk = an_article(author=author, title="旧题"), desk_of(editor)
    send(desk_of(author), page_of(article), title="新题", kind="policy", tags="甲，乙")
    reviewing.submit(article, author, "请看")
    reviewing.send_back(article, editor, "附来源")
    at_ten.move_to(NOW + timedelta(seconds=1), tick=False)
    send(desk, page_of(article), _publish="1")
    page = desk.get(page_of(article, "history"))
    told = words(page)
    told = told[told.index("做了什么") :]
    for part in ("退回修改 附来源", "审稿 待审 → 已退回", "送审 请看", "标题 旧题 → 新题",
                 "文体 新闻 → 政策解读", "标签 （空） → 乙、甲"):  # fmt: skip
        assert part in told, (part, told)
    assert f'href="{address(article, "compare")}?a=1&amp;b=2">第 2 版' in page.content.decode()
    assert "category" not in told
    assert "None" not in told


def test_a_story_goes_on_page_after_page_with_nothing_lost_or_twice(editor, at_ten):
    park, desk = a_park(), desk_of(editor)
    for number in range(250):
        at_ten.move_to(NOW + timedelta(seconds=number // 3), tick=False)
        Act.record(None, "note", park, reason=f"第{number:03}条")
    seen, url = [], page_of(park, "history")
    while url:
        page = desk.get(url)
        seen += [one.act.reason for one in page.context["told"]()]
        key = page.context["next_key"]
        url = f"{page_of(park, 'history')}?before={key}" if key else ""
    assert seen == [f"第{number:03}条" for number in reversed(range(250))]


@pytest.mark.parametrize("key", ["x", "0", "-1", "9" * 30, "%00", "１", ""])
def test_a_place_that_is_not_in_the_story_is_not_found(editor, key):
    park = a_park()
    Act.record(None, "note", park)
    assert desk_of(editor).get(f"{page_of(park, 'history')}?before={key}").status_code in {400, 404}


def test_another_rows_act_is_no_place_in_this_story(editor):
    act = Act.record(None, "note", a_park())
    assert desk_of(editor).get(f"{page_of(a_park(), 'history')}?before={act.pk}").status_code == 404


# --- who may what -----------------------------------------------------------------------------

ROLES = ("作者", "编辑", "园区经理", "招商专员", "招商主管", "站长", "nobody")
# Each address: what it is called, the methods it takes, and who may besides editors.
ADDRESSES = {
    "send_back": (("post",), "editors"),
    "withdraw_submission": (("post",), "author"),
    "comments": (("get", "post"), "author"),
    "comment_answer": (("post",), "author"),
    "comment_settle": (("post",), "author"),
    "comment_reopen": (("post",), "author"),
    "preview": (("get",), "author"),
    "preview_links": (("get", "post"), "author"),
    "preview_revoke": (("post",), "author"),
}
SENT = {"return_reason": "改", "text": "看这里", "given_to": "甲", "until": "2026-03-05"}
DONE = {"get": {200}, "post": {302}}


def wanted(role, method, name, is_own):
    methods, who = ADDRESSES[name]
    if method not in methods:
        return {405}
    if role in {"编辑", "站长"}:
        may = True
    elif role == "作者":
        if not is_own:
            return {404}
        may = who == "author"
    else:
        may = False
    return DONE[method] if may else {403}


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize("is_own", [True, False], ids=["own", "another's"])
@pytest.mark.parametrize("role", ROLES)
def test_every_address_by_role_method_and_owner(role, is_own, name, author):
    person = a_person("somebody", role if role != "nobody" else "")
    article = submitted(person if is_own else author)
    thread, link = a_comment(article, author), a_preview_link(article, made_by=author)
    url = address(article, name, *on(name, thread, link))
    desk = desk_of(person)
    before = facts(article)
    for method in ("get", "put", "delete", "patch", "post"):
        status = getattr(desk, method)(url, SENT if method == "post" else {}).status_code
        expected = wanted(role, method, name, is_own)
        assert status in expected, (method, status)
        if method != "post" or status != 302:
            assert facts(article) == before, method


def on(name, thread, link):
    """The row an address is about beside the article."""
    if name == "preview_revoke":
        return [link.pk]
    return [thread.pk] if name.startswith("comment_") else []


def facts(article):
    """Everything these addresses could change."""
    return (
        stage_of(article),
        Act.objects.count(),
        list(Comment.objects.values_list("pk", "settled_at").order_by("pk")),
        list(PreviewLink.objects.values_list("pk", "revoked_at").order_by("pk")),
    )


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_stranger_is_sent_to_log_in(name, author):
    article = submitted(author)
    thread, link = a_comment(article, author), a_preview_link(article)
    url = address(article, name, *on(name, thread, link))
    before = facts(article)
    seen = Client().get(url)
    assert (seen.status_code, seen["Location"].split("?")[0]) == (302, "/admin/login/")
    assert Client().post(url, SENT).status_code == 403  # with all that was sent, to go on from
    assert facts(article) == before


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_form_from_elsewhere_does_nothing(name, author, editor):
    article = submitted(author)
    thread, link = a_comment(article, author), a_preview_link(article)
    desk = Client(enforce_csrf_checks=True)
    desk.cookies = desk_of(editor).cookies
    before = facts(article)
    url = address(article, name, *on(name, thread, link))
    assert desk.post(url, SENT).status_code in {403, 405}
    assert facts(article) == before


def test_numbers_no_row_has_are_not_found(editor):
    desk, article = desk_of(editor), an_article()
    for path in ("preview/", "comments/", "preview-links/", "send-back/",
                 "withdraw-submission/", "comments/1/answer/", "comments/1/settle/",
                 "preview-links/1/revoke/"):  # fmt: skip
        for key in ("0", "999999", "9" * 18, "9" * 40):
            for method in (desk.get, desk.post):
                status = method(f"/admin/articles/article/{key}/{path}").status_code
                assert status in {302, 404, 405}, (path, key, status)
        for key in ("0", "9" * 18, "9" * 40):
            there = path.replace("/1/", f"/{key}/")
            if there != path:
                url = f"/admin/articles/article/{article.pk}/{there}"
                assert desk.post(url, SENT).status_code == 404, url
