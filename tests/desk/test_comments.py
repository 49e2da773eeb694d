"""Remarks at a passage: said, answered, settled, opened again; the text may go on changing."""

from datetime import UTC, datetime, timedelta

import pytest
from desk_forms import desk_of, messages_of, page_of, send, words
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from factories import a_comment, a_person, an_article
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from articles import citations, commenting, drafting
from articles.models import Comment
from articles.reviewing import Refused
from parkcms.ledger.models import Act

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
BODY = "<p>第一段说入驻企业29家。</p><p>第二段也说入驻企业29家，面积（351）亩。</p>"


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


@pytest.fixture
def article(author):
    return an_article(publish_at=None, author=author, body=BODY)


def address(article, name="comments", *more):
    return reverse(f"admin:articles_article_{name}", args=[article.pk, *more])


def quotes(article):
    """(words, whether they are gone) of each open thread in the order of the panel."""
    return [(one.comment.quote, one.is_gone) for one in commenting.threads(article)[0]]


def test_a_remark_stands_at_its_passage_and_is_an_act(article, editor):
    sent = {"quote": "面积(351)亩", "text": "请附来源。"}
    desk = desk_of(editor)
    answer = desk.post(address(article), sent, follow=True)
    assert answer.redirect_chain[0][0] == f"{page_of(article)}#comments"
    assert messages_of(answer) == ["批注已写下。"]
    row = Comment.objects.get()
    assert (row.author, row.quote, row.occurrence, row.text) == (
        editor, "面积(351)亩", 1, "请附来源。",
    )  # fmt: skip
    act = Act.objects.about(article).get()
    assert (act.verb, act.after) == ("comment", {"批注": "请附来源。", "原话": "面积(351)亩"})
    (link,) = html.fromstring(desk.get(page_of(article)).content.decode()).xpath("//a[@data-quote]")
    assert (link.get("data-quote"), link.get("data-occurrence")) == ("面积(351)亩", "1")


def test_the_second_of_two_equal_passages_is_meant_where_it_is_said(article, editor):
    data = {"quote": "入驻企业２９家", "text": "哪一年？"}
    desk = desk_of(editor)
    for occurrence in ("2", "1"):
        desk.post(address(article), data | {"occurrence": occurrence})
    unsettled, _ = commenting.threads(article)
    assert [one.comment.occurrence for one in unsettled] == [1, 2]
    assert unsettled[0].place < unsettled[1].place


REFUSED = {
    "not in the text": {"quote": "没有写过的话"},
    "a third of two": {"quote": "入驻企业29家", "occurrence": "3"},
    "none-th": {"quote": "入驻企业29家", "occurrence": "0"},
    "junk-th": {"quote": "入驻企业29家", "occurrence": "x"},
    "huge-th": {"quote": "入驻企业29家", "occurrence": "9" * 18},
    "over two paragraphs": {"quote": "29家。第二段"},
    "too long a quote": {"quote": "第" * 301},
    "no words": {"text": " "},
    "nothing but a NUL": {"text": "\x00"},
    "too many words": {"text": "字" * 2_001},
    "nothing at all": {"text": "", "quote": ""},
}


@pytest.mark.parametrize("how", REFUSED)
def test_what_can_not_be_said_is_refused_with_a_sentence_and_nothing_is_saved(article, editor, how):
    desk, data = desk_of(editor), {"text": "看这里"} | REFUSED[how]
    (told,) = messages_of(desk.post(address(article), data, follow=True))
    assert told.startswith("没有")
    panel = desk.post(address(article), data, headers={"X-Panel": "1"})
    assert told in words(panel)
    assert "data-refused" in panel.content.decode()
    assert (Comment.objects.count(), Act.objects.count()) == (0, 0)


def test_a_remark_on_the_whole_needs_no_quote(article, editor):
    desk_of(editor).post(address(article), {"text": "写得好。"})
    assert quotes(article) == [("", False)]


def test_the_passage_is_looked_for_in_the_draft_over_a_published_text(author, editor):
    live = an_article(author=author, body="<p>线上的话。</p>")
    drafting.save(
        live, drafting.working(live) | {"body": "<p>草稿的话。</p>"}, author, version=live.version
    )
    live.refresh_from_db()
    commenting.comment(live, editor, "好", "草稿的话")
    with pytest.raises(Refused):
        commenting.comment(live, editor, "好", "线上的话")
    assert "草稿的话" not in Client().get(live.get_absolute_url()).content.decode()


def test_threads_stand_in_the_order_of_the_text_and_a_lost_passage_says_so(article, author, editor):
    for quote in ("面积", "第一段", "29家"):
        commenting.comment(article, editor, f"看{quote}", quote)
    assert [quote for quote, _ in quotes(article)] == ["第一段", "29家", "面积"]
    desk = desk_of(author)
    send(desk, page_of(article), body="<p>面积在前。</p><p>第一段在后。</p>")
    article.refresh_from_db()
    assert quotes(article) == [("面积", False), ("第一段", False), ("29家", True)]
    text = words(desk.get(page_of(article)))
    assert "原话已改 29家" in text
    send(desk, page_of(article), body="<p>又有29家。</p>")
    article.refresh_from_db()
    assert quotes(article) == [("29家", False), ("第一段", True), ("面积", True)]


def test_the_newer_of_two_at_one_place_comes_first(article, editor):
    for minute, text in enumerate(("早", "晚")):
        a_comment(article, editor, text, quote="面积", at=NOW + timedelta(minutes=minute))
    assert [one.comment.text for one in commenting.threads(article)[0]] == ["晚", "早"]


def test_a_thread_is_answered_settled_and_opened_again(article, author, editor):
    thread = commenting.comment(article, editor, "请附来源。", "面积")
    theirs = desk_of(author)
    theirs.post(address(article, "comment_answer", thread.pk), {"text": "附了。"})
    theirs.post(address(article, "comment_settle", thread.pk))
    thread.refresh_from_db()
    assert (thread.settled_at, thread.settled_by) == (NOW, author)
    page = words(theirs.get(page_of(article)))
    assert "已解决 1 条" in page
    assert "没有等着处理的批注。" in page
    late = theirs.post(address(article, "comment_answer", thread.pk), {"text": "还有"}, follow=True)
    assert messages_of(late) == ["这条批注已经解决，要接着谈先重开。"]
    desk_of(editor).post(address(article, "comment_reopen", thread.pk))
    thread.refresh_from_db()
    assert (thread.settled_at, thread.settled_by) == (None, None)
    (open_one,), settled = commenting.threads(article)
    assert ([one.text for one in open_one.answers], settled) == (["附了。"], [])
    told = [(act.verb_label, act.actor_name, act.after) for act in Act.objects.about(article)]
    assert told == [
        ("重开批注", "示例编辑", {"批注": "请附来源。"}),
        ("解决批注", "示例作者", {"批注": "请附来源。"}),
        ("批注", "示例作者", {"回复": "附了。"}),
        ("批注", "示例编辑", {"批注": "请附来源。", "原话": "面积"}),
    ]


def test_settling_twice_and_opening_what_is_open_is_no_second_act(article, editor):
    thread = commenting.comment(article, editor, "看")
    for act, number in ((commenting.reopen, 1), (commenting.settle, 2), (commenting.settle, 2)):
        act(thread, editor)
        assert Act.objects.count() == number


def test_an_act_keeps_no_more_than_the_beginning_of_a_remark(article, editor):
    commenting.comment(article, editor, "长" * 2_000, "第一段说入驻企业29家")
    act = Act.objects.get()
    assert act.after == {"批注": "长" * 80, "原话": "第一段说入驻企业29家"}


def test_another_articles_thread_and_an_answer_are_no_thread_here(article, author, editor):
    other = a_comment(an_article(), editor)
    reply = a_comment(article, author, answers_to=a_comment(article, editor))
    desk = desk_of(editor)
    for row in (other, reply):
        for name in ("answer", "settle", "reopen"):
            url = address(article, f"comment_{name}", row.pk)
            assert desk.post(url, {"text": "x"}).status_code == 404
    assert Act.objects.count() == 0


def test_a_script_gets_the_panel_alone(article, editor):
    desk = desk_of(editor)
    panel = desk.post(address(article), {"text": "<b>看</b>"}, headers={"X-Panel": "1"})
    assert (panel.status_code, panel["Cache-Control"].split(",")[0]) == (200, "no-store")
    root = html.fromstring(panel.content.decode())
    assert (root.tag, root.get("id")) == ("section", "comments")
    assert "&lt;b&gt;看&lt;/b&gt;" in panel.content.decode()
    assert "批注已写下。" in words(panel)


def test_what_is_said_in_the_panel_is_no_part_of_the_articles_form(article, editor):
    page = html.fromstring(desk_of(editor).get(page_of(article)).content.decode())
    (form,) = page.xpath("//form[@id='article_form']")
    assert form.xpath(".//*[@name='quote' or @name='text']") == []
    assert len(page.xpath("//form[contains(@class, 'comment-new')]")) == 1
    ids = page.xpath("//*[@id='comments' or starts-with(@id, 'comment')]/@id")
    assert len(ids) == len(set(ids))


def test_the_form_costs_no_more_with_more_comments(article, editor):
    desk = desk_of(editor)

    def cost():
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(page_of(article)).status_code == 200
        return len(captured)

    def add(number):
        for _ in range(number):
            thread = a_comment(article, a_person(), quote="面积")
            a_comment(article, a_person(), answers_to=thread)
            a_comment(article, a_person(), settled_at=NOW, settled_by=a_person())

    add(1)
    cost()
    before = cost()
    add(5)
    assert cost() == before


def test_readers_see_nothing_of_it(editor):
    live = an_article(body=BODY)
    before = Client().get(live.get_absolute_url()).content
    commenting.comment(live, editor, "请核对。", "面积")
    assert Client().get(live.get_absolute_url()).content == before


@given(
    st.text(st.sampled_from("面积（(351)亩）29家 \n"), min_size=1, max_size=6), st.integers(-1, 4)
)
def test_a_remark_is_taken_exactly_where_its_words_are(quote, occurrence):
    """Against the oracle: the words are there so many times, or they are not."""
    text = citations.text_of(BODY)
    folded, wanted = commenting.citations.fold(text), commenting.citations.fold(quote).strip()
    starts = [at for at in range(len(folded)) if wanted and folded.startswith(wanted, at)]
    found = citations.find(text, quote, occurrence)
    assert (found is not None) == (1 <= occurrence <= len(starts))
