"""Agents and their lead work enquiries: who sees which, what a save does, two people at once."""

from datetime import date, timedelta

import pytest
from desk_forms import (
    act_on,
    desk_of,
    errors,
    filled,
    messages_of,
    page_of,
    send,
    words,
)
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone
from factories import a_park, a_person, an_enquiry

from leads.desk_form import HandlingForm
from leads.models import Activity, Enquiry
from parkcms.ledger.models import Act

pytestmark = pytest.mark.django_db
LIST = "/admin/leads/enquiry/"
NOON = "2026-11-25 12:00:00+08:00"
BUTTONS = ("claim", "reveal", "release", "invalid", "erase")


def press(client, enquiry, button, **answers):
    return client.post(reverse(f"admin:leads_enquiry_{button}", args=[enquiry.pk]), answers)


def listed(person, query=""):
    response = desk_of(person).get(LIST + query)
    assert response.status_code == 200
    return [row.pk for row in response.context["cl"].result_list]


def acts_of(enquiry):
    found = Act.objects.about(enquiry).order_by("id")
    return [(act.verb, act.actor_name, act.reason, act.before, act.after) for act in found]


# --- who sees which ---------------------------------------------------------------------------


def test_an_agent_sees_their_own_and_nobodys_a_lead_all(agent, other, lead):
    mine, nobodys, theirs = (an_enquiry(owner=who) for who in (agent, None, other))
    assert sorted(listed(agent)) == [mine.pk, nobodys.pk]
    assert sorted(listed(lead)) == [mine.pk, nobodys.pk, theirs.pk]
    assert sorted(listed(a_person(role="站长"))) == [mine.pk, nobodys.pk, theirs.pk]


@pytest.mark.parametrize("role", ["作者", "编辑", "园区经理"])
def test_other_roles_see_no_enquiry_at_all(role):
    enquiry = an_enquiry()
    desk = desk_of(a_person(role=role))
    for page in ("changelist", "change", "history"):
        assert desk.get(page_of(enquiry, page)).status_code == 403
    for button in BUTTONS:
        assert press(desk, enquiry, button, why="contact").status_code == 403
    assert acts_of(enquiry) == []


def test_anothers_enquiry_is_not_there_for_an_agent_on_any_page(agent, other):
    theirs, mine = an_enquiry(owner=other, held=True), an_enquiry(owner=agent)
    before = Enquiry.objects.values().get(pk=theirs.pk)
    desk = desk_of(agent)
    for page in ("change", "history"):
        assert desk.get(page_of(theirs, page))["Location"] == "/admin/"
    assert desk.post(page_of(theirs), {"status": "won"})["Location"] == "/admin/"
    for button in BUTTONS:
        answer = press(desk, theirs, button, why="contact", why_invalid="test")
        assert answer["Location"] == "/admin/", button
    for action in ("claim_selected", "set_invalid_selected", "export_selected"):
        act_on(desk, Enquiry, action, [theirs])
    term = {"app_label": "leads", "model_name": "activity", "field_name": "enquiry"}
    found = desk.get("/admin/autocomplete/", term | {"term": "示例公司"}).json()["results"]
    assert [one["text"] for one in found] == [str(mine)]
    assert listed(agent, f"?status=all&q={theirs.reference}") == []
    assert listed(agent, f"?q={theirs.phone_e164}") == []
    assert Enquiry.objects.values().get(pk=theirs.pk) == before
    assert Act.objects.count() == 0


def test_the_owner_of_the_site_looks_and_changes_nothing():
    enquiry = an_enquiry(held=True)
    desk = desk_of(a_person(role="站长"))
    page = desk.get(page_of(enquiry))
    assert (page.status_code, page.context["may_reveal"]) == (200, False)
    assert 'name="_save"' not in page.content.decode()
    assert desk.post(page_of(enquiry), {"status": "won"}).status_code == 403
    for button in BUTTONS:
        assert press(desk, enquiry, button, why="contact", why_invalid="test").status_code == 403
    assert acts_of(enquiry) == []


@pytest.mark.parametrize("role", ["招商专员", "招商主管", "站长"])
def test_nobody_adds_or_deletes_an_enquiry_at_the_desk(role):
    enquiry = an_enquiry()
    desk = desk_of(a_person(role=role))
    assert desk.get(page_of(enquiry, "add")).status_code == 403
    assert desk.post(page_of(enquiry, "delete"), {"post": "yes"}).status_code == 403
    act_on(desk, Enquiry, "delete_selected", [enquiry])
    assert Enquiry.objects.count() == 1


@pytest.mark.parametrize("role", ["招商专员", "招商主管", "站长", "作者"])
def test_the_desk_tells_nobody_the_address_of_a_receipt(role):
    enquiry = an_enquiry(token="t" * 32)
    desk = desk_of(a_person(role=role))
    kind = ContentType.objects.get_for_model(Enquiry)
    assert desk.get(f"/admin/r/{kind.pk}/{enquiry.pk}/").status_code == 404
    pages = [LIST, page_of(enquiry), page_of(enquiry, "history"), "/admin/"]
    assert [url for url in pages if "t" * 32 in desk.get(url, follow=True).content.decode()] == []


def test_a_row_with_a_page_of_its_own_is_still_led_to(lead):
    park = a_park()
    kind = ContentType.objects.get_for_model(park)
    answer = desk_of(lead).get(f"/admin/r/{kind.pk}/{park.pk}/")
    assert answer["Location"].endswith(park.get_absolute_url())


# --- working one ------------------------------------------------------------------------------


def test_a_save_writes_what_was_worked_on_and_an_act_without_texts(agent, time_machine):
    time_machine.move_to(NOON, tick=False)
    enquiry = an_enquiry(owner=agent)
    answers = {"status": "negotiating", "next_step": "等王小明回话", "next_step_on": "2026-12-01"}
    send(desk_of(agent), page_of(enquiry), **answers)
    enquiry.refresh_from_db()
    assert (enquiry.status, enquiry.next_step) == ("negotiating", "等王小明回话")
    assert enquiry.next_step_on == date(2026, 12, 1)
    assert acts_of(enquiry) == [
        ("change", "专员", "", {"status": "new", "next_step_on": None},
         {"status": "negotiating", "next_step_on": "2026-12-01", "next_step": "已改"})
    ]  # fmt: skip


def test_a_note_is_added_and_the_act_tells_only_its_kind(agent):
    enquiry = an_enquiry(owner=agent)
    send(desk_of(agent), page_of(enquiry), note="王小明说下周来", note_kind="note")
    note = Activity.objects.get()
    assert (note.enquiry, note.author, note.kind, note.text) == (
        enquiry, agent, "note", "王小明说下周来",
    )  # fmt: skip
    assert acts_of(enquiry) == [("note", "专员", "", {}, {"跟进": "备注"})]
    assert "王小明说下周来" in words(desk_of(agent).get(page_of(enquiry)))


@pytest.mark.parametrize("kind", ["call", "wechat", "mail", "visit"])
def test_a_contact_moves_a_new_one_on_and_dates_it(agent, kind, time_machine):
    time_machine.move_to(NOON, tick=False)
    enquiry = an_enquiry(owner=agent)
    desk = desk_of(agent)
    send(desk, page_of(enquiry), note_kind=kind)
    enquiry.refresh_from_db()
    first = timezone.now()
    assert (enquiry.status, enquiry.first_contact_at, enquiry.last_contact_at) == (
        "contacted", first, first,
    )  # fmt: skip
    time_machine.shift(timedelta(hours=2))
    send(desk, page_of(enquiry), note_kind=kind, note="再聊", status="visited")
    enquiry.refresh_from_db()
    assert (enquiry.status, enquiry.first_contact_at) == ("visited", first)
    assert enquiry.last_contact_at == first + timedelta(hours=2)
    assert Activity.objects.count() == 2


def test_a_save_of_nothing_writes_no_act(agent):
    enquiry = an_enquiry(owner=agent)
    assert send(desk_of(agent), page_of(enquiry)).status_code == 302
    assert (acts_of(enquiry), Activity.objects.count()) == ([], 0)


def test_an_agent_takes_and_gives_back_and_gives_to_nobody_else(agent, other):
    enquiry, desk = an_enquiry(), desk_of(agent)
    assert errors(send(desk, page_of(enquiry), owner=other.pk)) == {"owner": ["invalid_choice"]}
    send(desk, page_of(enquiry), owner=agent.pk)
    enquiry.refresh_from_db()
    assert enquiry.owner == agent
    send(desk, page_of(enquiry), owner="")
    enquiry.refresh_from_db()
    assert enquiry.owner is None
    assert [(verb, after) for verb, _, _, _, after in acts_of(enquiry)] == [
        ("assign", {"owner": "专员"}), ("assign", {"owner": ""}),
    ]  # fmt: skip


def test_a_lead_gives_it_to_any_agent_and_to_nobody_else(agent, lead):
    enquiry, desk, editor = an_enquiry(), desk_of(lead), a_person(role="编辑")
    assert errors(send(desk, page_of(enquiry), owner=editor.pk)) == {"owner": ["invalid_choice"]}
    send(desk, page_of(enquiry), owner=agent.pk)
    enquiry.refresh_from_db()
    assert enquiry.owner == agent


def test_who_has_left_keeps_theirs_until_somebody_else_gets_it(lead):
    gone = a_person(role="招商专员", is_active=False)
    enquiry = an_enquiry(owner=gone)
    send(desk_of(lead), page_of(enquiry), status="paused")
    enquiry.refresh_from_db()
    assert (enquiry.owner, enquiry.status) == (gone, "paused")


def test_a_number_is_kept_out_of_the_next_step(agent):
    enquiry = an_enquiry(owner=agent)
    told = send(desk_of(agent), page_of(enquiry), next_step="打 139 0000 0042")
    assert errors(told) == {"next_step": ["phone"]}


def test_invalid_is_no_choice_of_the_form_but_a_button_with_a_reason(agent):
    enquiry, desk = an_enquiry(owner=agent), desk_of(agent)
    assert errors(send(desk, page_of(enquiry), status="invalid")) == {"status": ["invalid_choice"]}
    press(desk, enquiry, "invalid")
    press(desk, enquiry, "invalid", why_invalid="whatever")
    enquiry.refresh_from_db()
    assert (enquiry.status, acts_of(enquiry)) == ("new", [])
    press(desk, enquiry, "invalid", why_invalid="unreachable")
    enquiry.refresh_from_db()
    assert enquiry.status == "invalid"
    assert acts_of(enquiry) == [
        ("invalid", "专员", "空号或打不通", {"status": "new"}, {"status": "invalid"})
    ]
    assert send(desk, page_of(enquiry), status="new").status_code == 302


def test_the_story_is_told_in_words(agent, lead):
    enquiry = an_enquiry()
    press(desk_of(agent), enquiry, "claim")
    send(desk_of(lead), page_of(enquiry), status="won", owner=lead.pk)
    story = words(desk_of(lead).get(page_of(enquiry, "history")))
    for part in ("认领", "状态 新 → 成交", "负责人 专员 → 主管", "不记个人信息"):
        assert part in story, part


# --- two at once ------------------------------------------------------------------------------


def test_what_both_changed_is_refused_with_both_shown_and_nothing_typed_lost(agent, lead):
    enquiry = an_enquiry(owner=agent)
    desk = desk_of(agent)
    data = filled(desk, page_of(enquiry), status="negotiating", note="长长的记录")
    send(desk_of(lead), page_of(enquiry), status="paused")
    answer = desk.post(page_of(enquiry), data)
    assert errors(answer) == {"status": ["changed_meanwhile"]}
    assert "同事刚改成了“暂缓”，您填的是“洽谈”" in words(answer)
    assert "长长的记录" in answer.content.decode()
    assert Activity.objects.count() == 0
    # The page now knows what it overwrites: pressing once more is a decision.
    form = answer.context["adminform"].form
    again = {name: form[name].value() or "" for name in form.fields}
    assert desk.post(page_of(enquiry), again).status_code == 302
    enquiry.refresh_from_db()
    assert (enquiry.status, Activity.objects.count()) == ("negotiating", 1)


def test_what_only_the_colleague_changed_is_kept(agent, lead):
    enquiry = an_enquiry(owner=agent)
    desk = desk_of(agent)
    data = filled(desk, page_of(enquiry), next_step="带看", note="约好了")
    send(desk_of(lead), page_of(enquiry), status="visited", next_step_on="2026-12-01")
    answer = desk.post(page_of(enquiry), data, follow=True)
    assert any("已保留同事的" in one for one in messages_of(answer))
    enquiry.refresh_from_db()
    assert (enquiry.status, enquiry.next_step) == ("visited", "带看")
    assert (enquiry.next_step_on, Activity.objects.count()) == (date(2026, 12, 1), 1)


def test_a_save_does_not_undo_what_the_visitor_did_meanwhile(agent, monkeypatch):
    """The row is read, the visitor withdraws, and only then the form is saved."""
    enquiry = an_enquiry(owner=agent)
    clean = HandlingForm.clean

    def withdraw_first(form):
        Enquiry.objects.get(pk=enquiry.pk).withdraw()
        return clean(form)

    desk = desk_of(agent)
    data = filled(desk, page_of(enquiry), next_step="带看", note_kind="call")
    monkeypatch.setattr(HandlingForm, "clean", withdraw_first)
    assert desk.post(page_of(enquiry), data).status_code == 302
    enquiry.refresh_from_db()
    assert enquiry.withdrawn_at is not None
    assert enquiry.next_step == "带看"


def test_a_note_to_what_was_given_away_meanwhile_comes_back_to_its_writer(agent, other):
    enquiry = an_enquiry(owner=agent)
    desk = desk_of(agent)
    data = filled(desk, page_of(enquiry), note="写了很久的话")
    Enquiry.objects.update(owner=other)
    answer = desk.post(page_of(enquiry), data)
    assert answer.status_code == 404
    assert "写了很久的话" in words(answer)
    assert Activity.objects.count() == 0


@pytest.mark.parametrize("stamp", ["", "x", "[]", "{}", '{"status": 1}', "null"])
def test_a_form_that_does_not_say_what_it_showed_is_sent_back(agent, stamp):
    enquiry = an_enquiry(owner=agent)
    told = send(desk_of(agent), page_of(enquiry), status="won", as_shown=stamp)
    assert errors(told) == {"__all__": ["stale"]}


# --- what is said at the top ------------------------------------------------------------------


def test_the_page_says_first_what_must_not_be_done(lead):
    desk = desk_of(lead)
    page = words(desk.get(page_of(an_enquiry(consent_operator=False))))
    assert "不得把联系方式转给园区运营方" in page
    page = words(desk.get(page_of(an_enquiry(withdrawn_at=timezone.now()))))
    assert "访客已撤回：不要再联系" in page
    assert "不得把联系方式" not in page


def test_an_erased_one_shows_what_is_left_and_takes_no_note(lead):
    gone = dict.fromkeys(("company", "contact_name", "phone_raw", "phone_e164"), "")
    enquiry, desk = an_enquiry(erased_at=timezone.now(), **gone), desk_of(lead)
    page = words(desk.get(page_of(enquiry)))
    assert "个人信息已删除" in page
    assert "1,500–2,000 ㎡" in page
    assert desk.post(page_of(enquiry), {"note": "x"}).status_code == 403
    assert press(desk, enquiry, "reveal", why="contact").status_code == 403
