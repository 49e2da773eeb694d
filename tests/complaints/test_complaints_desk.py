"""Editors claim, look up, answer and close complaints: one press each, one Act each."""

from datetime import timedelta

import pytest
from desk_forms import act_on, at_the_desk, desk_of, messages_of, page_of, words
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from factories import a_complaint, a_person, an_article
from lxml import html

from parkcms.ledger.models import Act
from parkcms.models import Complaint
from parkcms.roles import ROLES

pytestmark = pytest.mark.django_db
LIST = "/admin/parkcms/complaint/"
BUTTONS = {
    "claim": {},
    "reveal": {"why": "verify"},
    "answer": {"answer-words": "改好了。", "answer-over": ""},
    "close": {"close-outcome": "corrected"},
}
PLANTED = {
    "name": "陈测试",
    "contact": "139 0000 0017",
    "text": "请打 13900000017 或写信到 chen.ceshi@example.cn，面积错了",
    "basis": "微信：chen_ceshi_1",
}
SECRETS = ("陈测试", "13900000017", "139 0000 0017", "chen.ceshi", "chen_ceshi_1")


def press(client, complaint, button, follow=True, **answers):
    address = reverse(f"admin:parkcms_complaint_{button}", args=[complaint.pk])
    return client.post(address, answers, follow=follow)


def reply(client, complaint, text, over=""):
    return press(client, complaint, "answer", **{"answer-words": text, "answer-over": over})


def close(client, complaint, outcome, note=""):
    return press(client, complaint, "close", **{"close-outcome": outcome, "close-note": note})


def acts_of(complaint):
    found = Act.objects.about(complaint).order_by("id")
    return [(act.verb, act.actor_name, act.reason, act.before, act.after) for act in found]


def over_on(page):
    tree = html.fromstring(page.content.decode())
    (field,) = tree.xpath("//input[@name='answer-over']")
    return field.get("value", "")


def typed_on(page):
    return page.context["answer_form"]["words"].value()


# --- from claiming to closing ---------------------------------------------------------------------


def test_one_editor_sees_a_complaint_through(editor, clock):
    complaint, desk = a_complaint(), desk_of(editor)
    assert messages_of(press(desk, complaint, "claim")) == ["已认领，现在由您处理。"]
    clock.shift(3600)
    assert messages_of(reply(desk, complaint, "改好了。")) == ["已答复，查询页上看得到了。"]
    clock.shift(60)
    assert messages_of(close(desk, complaint, "corrected", "已核对原文")) == ["已结案。"]
    complaint.refresh_from_db()
    now = timezone.now()
    told = (complaint.state, complaint.outcome, complaint.answer, complaint.note,
            complaint.taken_by, complaint.answered_at, complaint.closed_at)  # fmt: skip
    assert told == ("closed", "corrected", "改好了。", "已核对原文", editor,
                    now - timedelta(seconds=60), now)  # fmt: skip
    assert acts_of(complaint) == [
        ("claim", "编辑甲", "", {}, {"taken_by": "编辑甲"}),
        ("answer", "编辑甲", "", {}, {"answer": "4 字", "late": False}),
        ("close", "编辑甲", "", {}, {"outcome": "corrected"}),
    ]


def test_who_answers_what_nobody_claimed_has_it(editor):
    complaint = a_complaint()
    reply(desk_of(editor), complaint, "改好了。")
    complaint.refresh_from_db()
    assert (complaint.state, complaint.taken_by) == ("answered", editor)


def test_an_answer_after_its_time_is_written_down_as_late(editor, clock):
    complaint = a_complaint(kind="unlawful")
    clock.shift(25 * 3600)
    reply(desk_of(editor), complaint, "已下线。")
    assert acts_of(complaint)[-1][4] == {"answer": "4 字", "late": True}


def test_two_claim_and_the_second_is_told_who_was_faster(editor, colleague):
    complaint = a_complaint()
    press(desk_of(colleague), complaint, "claim")
    answer = press(desk_of(editor), complaint, "claim")
    assert messages_of(answer) == ["慢了一步：已由编辑乙处理。"]
    again = press(desk_of(colleague), complaint, "claim")
    assert messages_of(again) == ["本来就由您处理。"]
    assert [act[:2] for act in acts_of(complaint)] == [("claim", "编辑乙")]


def test_many_are_claimed_with_an_act_each(editor, colleague):
    free, taken = [a_complaint(), a_complaint()], a_complaint(taken_by=colleague, state="taken")
    answer = act_on(desk_of(editor), Complaint, "claim_selected", [*free, taken])
    assert messages_of(answer) == ["已认领 2 份。", "1 份已有人处理，没有动。"]
    assert [len(acts_of(row)) for row in (*free, taken)] == [1, 1, 0]


# --- two at once ----------------------------------------------------------------------------------


def test_a_colleagues_answer_is_not_written_over_unseen(editor, colleague):
    complaint, desk = a_complaint(), desk_of(editor)
    over = over_on(desk.get(page_of(complaint)))
    reply(desk_of(colleague), complaint, "乙的答复。")
    page = reply(desk, complaint, "甲的答复。", over)
    assert page.context["answer_form"].errors.as_data()["words"][0].code == "changed_meanwhile"
    assert typed_on(page) == "甲的答复。"
    assert "乙的答复。" in words(page)
    complaint.refresh_from_db()
    assert complaint.answer == "乙的答复。"
    reply(desk, complaint, "甲的答复。", over_on(page))
    complaint.refresh_from_db()
    assert (complaint.answer, complaint.taken_by) == ("甲的答复。", colleague)
    assert acts_of(complaint)[-1][3] == {"answer": "有"}


def test_an_answer_that_lands_in_between_is_not_written_over_either(editor, colleague, monkeypatch):
    complaint, answered = a_complaint(), Complaint.reply
    earlier = timezone.now() - timedelta(minutes=1)

    def late(row, by, text, *, over):
        Complaint.objects.update(answer="乙的答复。", answered_at=earlier, state="answered")
        return answered(row, by, text, over=over)

    monkeypatch.setattr(Complaint, "reply", late)
    page = reply(desk_of(editor), complaint, "甲的答复。")
    assert typed_on(page) == "甲的答复。"
    complaint.refresh_from_db()
    assert (complaint.answer, acts_of(complaint)) == ("乙的答复。", [])


@pytest.mark.parametrize("button", ["answer", "close"])
def test_what_was_closed_meanwhile_stays_and_the_words_are_handed_back(editor, colleague, button):
    complaint = a_complaint()
    close(desk_of(colleague), complaint, "unfounded")
    data = {"answer-words": "写了半天", "answer-over": "", "close-outcome": "corrected",
            "close-note": "写了半天"}  # fmt: skip
    page = press(desk_of(editor), complaint, button, **data)
    assert messages_of(page) == ["没有保存：这份投诉已经结案。"]
    assert page.context["unsaved"] == "写了半天"
    assert "写了半天" in words(page)
    complaint.refresh_from_db()
    assert (complaint.outcome, complaint.answer) == ("unfounded", "")
    assert len(acts_of(complaint)) == 1


def test_a_closed_one_is_claimed_by_nobody(editor):
    complaint = a_complaint(state="closed", outcome="unfounded", closed_at=timezone.now())
    answer = press(desk_of(editor), complaint, "claim")
    assert messages_of(answer) == ["没有认领：这份投诉已经结案。"]
    assert acts_of(complaint) == []


# --- what is wrong is said ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("button", "data", "form", "wrong"),
    [
        ("answer", {}, "answer_form", {"words": ["required"]}),
        ("answer", {"answer-words": "\x00 \x00"}, "answer_form", {"words": ["required"]}),
        ("answer", {"answer-words": "长" * 4001}, "answer_form", {"words": ["max_length"]}),
        ("answer", {"answer-words": "打 13900000017"}, "answer_form", {"words": ["phone"]}),
        ("answer", {"answer-words": "好", "answer-over": "x\x00"}, "answer_form",
         {"over": ["null_characters_not_allowed"]}),
        ("answer", {"answer-words": "好", "answer-over": "2026"}, "answer_form",
         {"words": ["changed_meanwhile"]}),
        ("close", {}, "closing_form", {"outcome": ["required"]}),
        ("close", {"close-outcome": "won"}, "closing_form", {"outcome": ["invalid_choice"]}),
        ("close", {"close-outcome": "answered"}, "closing_form", {"outcome": ["unanswered"]}),
        ("close", {"close-outcome": "corrected", "close-note": "长" * 1001}, "closing_form",
         {"note": ["max_length"]}),
    ],
)  # fmt: skip
def test_a_button_with_junk_says_so_and_changes_nothing(editor, button, data, form, wrong):
    complaint = a_complaint()
    before = Complaint.objects.values().get()
    page = press(desk_of(editor), complaint, button, **data)
    assert page.status_code == 200
    found = page.context[form].errors.as_data()
    assert {name: [one.code for one in many] for name, many in found.items()} == wrong
    assert (Complaint.objects.values().get(), acts_of(complaint)) == (before, [])


@pytest.mark.parametrize("key", ["0", "x", "99999999999999999999999", "-1", "1e3", "%2e%2e", "１"])
def test_a_key_no_row_has_leads_home(editor, key):
    desk = desk_of(editor)
    for button, data in BUTTONS.items():
        for answer in (desk.post(f"{LIST}{key}/{button}/", data), desk.get(f"{LIST}{key}/")):
            assert answer.status_code == 302, (button, answer.status_code)


def test_a_button_answers_to_posts_with_a_token_alone(editor):
    complaint, desk = a_complaint(), desk_of(editor)
    strict = at_the_desk(Client(enforce_csrf_checks=True), editor)
    for button, data in BUTTONS.items():
        address = reverse(f"admin:parkcms_complaint_{button}", args=[complaint.pk])
        assert desk.get(address)["Location"] == page_of(complaint)
        assert strict.post(address, data).status_code == 403
    assert acts_of(complaint) == []


def test_the_form_of_fields_changes_nothing(editor):
    complaint = a_complaint()
    answer = desk_of(editor).post(page_of(complaint), {"kind": "privacy", "_save": "1"})
    assert answer.status_code == 403
    assert Complaint.objects.get().kind == "correction"


# --- who may what ---------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [role.name for role in ROLES])
def test_editors_and_who_runs_the_site_handle_complaints_and_nobody_else(role):
    complaint = a_complaint(**PLANTED)
    desk = desk_of(a_person(role=role))
    may = role in {"编辑", "站长"}
    pages = [desk.get(page_of(complaint, page)).status_code
             for page in ("changelist", "change", "history")]  # fmt: skip
    assert pages == [200 if may else 403] * 3
    never = [desk.get(page_of(complaint, page)).status_code for page in ("add", "delete")]
    assert never == [403, 403]
    statuses = {button: press(desk, complaint, button, **data).status_code
                for button, data in BUTTONS.items()}  # fmt: skip
    assert statuses == dict.fromkeys(BUTTONS, 200 if may else 403)
    assert [act[0] for act in acts_of(complaint)] == (list(BUTTONS) if may else [])


def test_a_stranger_gets_nowhere():
    complaint = a_complaint()
    for button, data in BUTTONS.items():
        address = reverse(f"admin:parkcms_complaint_{button}", args=[complaint.pk])
        assert Client().get(address)["Location"].startswith("/admin/login/")
        assert Client().post(address, data).status_code in {302, 403}
    assert acts_of(complaint) == []


# --- who complained -------------------------------------------------------------------------------


def leaks(answer):
    text = answer.content.decode()
    return [secret for secret in SECRETS if secret in text]


def test_who_complained_stands_on_no_page_until_somebody_asks(editor):
    complaint, desk = a_complaint(**PLANTED), desk_of(editor)
    other = a_complaint(**PLANTED | {"contact": "chen.ceshi@example.cn"})
    for page in (
        LIST,
        page_of(complaint),
        page_of(complaint, "history"),
        page_of(other),
        "/admin/",
    ):
        assert leaks(desk.get(page)) == [], page
    listed = words(desk.get(LIST))
    assert "陈**" in listed
    assert "139****0017" in listed
    assert "c***@example.cn" in listed


def test_the_answer_to_one_button_shows_it_after_an_act(editor):
    complaint, desk = a_complaint(**PLANTED), desk_of(editor)
    page = press(desk, complaint, "reveal", why="verify")
    assert set(leaks(page)) == set(SECRETS)
    assert "no-store" in page["Cache-Control"]
    assert acts_of(complaint) == [("reveal", "编辑甲", "核实投诉的内容", {}, {})]
    assert leaks(desk.get(page_of(complaint))) == []
    assert not any(secret in str(one.get_decoded()) for one in Session.objects.all()
                   for secret in SECRETS)  # fmt: skip


@pytest.mark.parametrize("why", ["", "x", "核实投诉的内容", "\x00"])
def test_without_a_reason_from_the_list_nothing_is_shown(editor, why):
    complaint = a_complaint(**PLANTED)
    page = press(desk_of(editor), complaint, "reveal", why=why)
    assert messages_of(page) == ["请先选一个查看的原因。"]
    assert (leaks(page), acts_of(complaint)) == ([], [])


def test_there_is_nothing_to_show_of_who_left_nothing(editor):
    complaint = a_complaint(name="", contact="")
    assert press(desk_of(editor), complaint, "reveal", why="verify").status_code == 403
    assert acts_of(complaint) == []


def test_no_act_tells_a_word_of_it(editor):
    complaint, desk = a_complaint(**PLANTED), desk_of(editor)
    for button, data in BUTTONS.items():
        press(desk, complaint, button, **data)
    close(desk, complaint, "corrected", "陈测试来过电话 13900000017")
    told = str(list(Act.objects.values()))
    assert [secret for secret in (*SECRETS, complaint.reference) if secret in told] == []


# --- the list -------------------------------------------------------------------------------------


def titles(answer):
    return [row.about_title for row in answer.context["cl"].result_list]


def test_the_list_goes_by_the_clock_and_opens_on_what_is_open(editor, clock):
    now = timezone.now()
    a_complaint(kind="privacy", about_title="缓")
    a_complaint(kind="unlawful", about_title="急")
    a_complaint(about_title="超", received_at=now - timedelta(days=7, hours=1))
    a_complaint(about_title="结", state="closed", closed_at=now, outcome="unfounded")
    desk = desk_of(editor)
    page = desk.get(LIST)
    assert titles(page) == ["超", "急", "缓"]
    text = words(page)
    # Received on Wednesday the 18th: due on Monday the 23rd at 18:00, 40 hours ago.
    assert [word for word in ("已超 40 小时", "还剩 24 小时", "还剩 21 天") if word in text] == [
        "已超 40 小时", "还剩 24 小时", "还剩 21 天",
    ]  # fmt: skip
    assert titles(desk.get(f"{LIST}?state=all")) == ["超", "急", "缓", "结"]


def test_filters_find_what_they_say(editor, colleague, clock):
    now = timezone.now()
    a_complaint(kind="unlawful", about_title="急", taken_by=editor, state="taken")
    a_complaint(kind="privacy", about_title="缓", taken_by=colleague, state="taken")
    a_complaint(about_title="超", received_at=now - timedelta(days=9))
    a_complaint(about_title="答", received_at=now - timedelta(days=9), answer="好", answered_at=now,
                state="answered")  # fmt: skip
    desk = desk_of(editor)
    found = {query: titles(desk.get(f"{LIST}?{query}")) for query in (
        "whose=me", "whose=none", "clock=late", "clock=day", "kind=privacy", "state=answered",
        "state=new", "state=junk", "q=急")}  # fmt: skip
    assert found == {
        "whose=me": ["急"], "whose=none": ["超", "答"], "clock=late": ["超"], "clock=day": ["急"],
        "kind=privacy": ["缓"], "state=answered": ["答"], "state=new": ["超"],
        "state=junk": ["超", "答", "急", "缓"], "q=急": ["急"],
    }  # fmt: skip


def test_a_reference_is_found_and_a_number_is_not(editor):
    row = a_complaint(**PLANTED)
    desk = desk_of(editor)
    counts = [desk.get(LIST, {"q": q}).context["cl"].result_count
              for q in (row.reference, row.reference.lower(), "13900000017", "陈测试")]  # fmt: skip
    assert counts == [1, 1, 0, 0]


@pytest.mark.parametrize(
    "query",
    ["contact__gte=1", "contact__contains=139", "name=陈测试", "taken_by__password__gt=a",
     "network=203.0.113.7"],
)  # fmt: skip
def test_no_address_narrows_the_list_by_who_complained(editor, query):
    a_complaint(**PLANTED)
    assert desk_of(editor).get(f"{LIST}?{query}").status_code == 400


def test_the_page_leads_to_where_the_article_is_taken_down(editor):
    article = an_article()
    complaint = a_complaint(about_path=article.get_absolute_url())
    page = html.fromstring(desk_of(editor).get(page_of(complaint)).content.decode())
    links = page.xpath("//section[@aria-labelledby='said-head']//a/@href")
    assert links == [article.get_absolute_url(), f"/admin/articles/article/{article.pk}/change/"]


def test_an_answer_to_a_button_costs_few_queries(editor):
    complaint, desk = a_complaint(about_path=an_article().get_absolute_url()), desk_of(editor)
    desk.get(page_of(complaint))
    with CaptureQueriesContext(connection) as few:
        desk.get(page_of(complaint))
    for _ in range(10):
        Act.record(editor, "reveal", complaint)
        a_complaint(taken_by=a_person(role="编辑"), state="taken")
    with CaptureQueriesContext(connection) as many:
        desk.get(page_of(complaint))
    assert len(many) == len(few) <= 12
