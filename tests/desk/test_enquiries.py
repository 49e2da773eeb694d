"""Agents and their lead work enquiries: who sees which, what a save does, two people at once."""

from datetime import date, timedelta

import pytest
from desk_forms import act_on, at_the_desk, errors, filled, messages_of, page_of, send, words
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from factories import a_note, a_park, a_person, a_space, an_enquiry

from leads import announcing
from leads.desk_form import HandlingForm
from leads.models import Activity, Enquiry
from parkcms.ledger.models import Act

pytestmark = pytest.mark.django_db
LIST = "/admin/leads/enquiry/"
NOON = "2026-11-25 12:00:00+08:00"
BUTTONS = ("claim", "reveal", "release", "invalid")


@pytest.fixture
def agent():
    return a_person("zhuanyuan", "招商专员", display_name="专员")


@pytest.fixture
def other():
    return a_person("tongshi", "招商专员", display_name="同事")


@pytest.fixture
def lead():
    return a_person("zhuguan", "招商主管", display_name="主管")


def desk_of(person):
    return at_the_desk(Client(), person)


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


# --- the list ---------------------------------------------------------------------------------


def test_the_list_opens_on_what_is_not_settled(lead):
    now = timezone.now()
    open_ones = [an_enquiry(status=one) for one in Enquiry.OPEN]
    for one in ("won", "paused", "lost", "invalid"):
        an_enquiry(status=one)
    an_enquiry(held=True)
    an_enquiry(withdrawn_at=now)
    assert sorted(listed(lead)) == [one.pk for one in open_ones]
    assert len(listed(lead, "?status=all")) == 10
    assert len(listed(lead, "?status=held")) == 1
    assert len(listed(lead, "?status=withdrawn")) == 1
    assert len(listed(lead, "?status=won")) == 1
    assert len(listed(lead, "?status=new")) == 1


def test_the_list_is_narrowed_by_owner_day_park_and_words(agent, lead, time_machine):
    time_machine.move_to(NOON, tick=False)
    today, park = date(2026, 11, 25), a_park()
    mine = an_enquiry(owner=lead, next_step_on=today)
    agents = an_enquiry(owner=agent, next_step_on=today + timedelta(days=5), park=park)
    nobodys = an_enquiry(company="示例航空", submitted_at=timezone.now() - timedelta(days=40))
    assert listed(lead, "?whose=me") == [mine.pk]
    assert listed(lead, "?whose=none") == [nobodys.pk]
    assert listed(lead, f"?whose={agent.pk}") == [agents.pk]
    assert listed(lead, "?due=now") == [mine.pk]
    assert sorted(listed(lead, "?due=week")) == [mine.pk, agents.pk]
    assert listed(lead, "?due=unset") == [nobodys.pk]
    assert listed(lead, f"?park__id__exact={park.pk}") == [agents.pk]
    assert listed(lead, "?q=航空") == [nobodys.pk]


def test_a_search_finds_settled_ones_and_a_number_however_it_is_written(lead):
    won = an_enquiry(status="won", phone_e164="+8613900000042", reference="Q7K2M-9M4DX")
    an_enquiry()
    for typed in (
        "13900000042",
        "139 0000 0042",
        "%2B86-139-0000-0042",
        "q7k2m9m4dx",
        "Q7K2M-9M4DX",
    ):
        assert listed(lead, f"?q={typed}") == [won.pk], typed


@pytest.mark.parametrize(
    "query",
    ["phone_e164__gte=%2B86138", "token__gte=a", "phone_raw__exact=1", "email__in=a", "wechat=a",
     "owner__id__exact=1", "contact_name__gt=a", "park__contact__phone__gte=1"],
)  # fmt: skip
def test_what_is_hidden_is_not_found_out_by_comparing(lead, query):
    an_enquiry()
    assert desk_of(lead).get(f"{LIST}?{query}").status_code == 400


def test_a_part_of_a_number_finds_nothing(lead):
    an_enquiry(phone_e164="+8613900000042", phone_raw="139 0000 0042")
    for part in ("1390000004", "0042", "+86139"):
        assert listed(lead, f"?q={part}") == []


def test_a_row_says_what_an_agent_must_know(agent, lead, time_machine):
    time_machine.move_to(NOON, tick=False)
    space = a_space(a_park(name_zh="某园"), code="3号楼")
    an_enquiry(
        company="", contact_name="王小明", space=space, park=space.park, held=True, owner=agent,
        duplicate_of="Q7K2M-9M4DX", origin_known=False, consent_known=False, is_sample=True,
        next_step="带看", next_step_on=date(2026, 11, 24), phone_e164="+8613900000042",
        submitted_at=timezone.now() - timedelta(hours=1),
    )  # fmt: skip
    row = words(desk_of(lead).get(LIST + "?status=held"))
    for part in ("11-25 11:00", "王**", "139****0042", "租赁 · 生产 · 1,500–2,000 ㎡ · 嘉定区",
                 "某园 3号楼", "专员", "11-24 已过 带看", "疑似垃圾", "重复", "来源不明",
                 "隐私文本不明", "示例"):  # fmt: skip
        assert part in row, part


def test_a_new_one_past_the_promised_answer_is_marked(lead, time_machine):
    time_machine.move_to("2026-11-25 17:00:00+08:00", tick=False)
    an_enquiry(submitted_at=timezone.now() - timedelta(hours=3))
    assert "未回复" not in words(desk_of(lead).get(LIST))
    an_enquiry(submitted_at=timezone.now() - timedelta(hours=6))
    an_enquiry(submitted_at=timezone.now() - timedelta(hours=6), status="contacted")
    assert words(desk_of(lead).get(LIST)).count("未回复") == 1


def test_list_and_page_cost_the_same_for_more_rows(agent, lead):
    def more(rows):
        for _ in range(rows):
            space = a_space(a_park())
            enquiry = an_enquiry(
                park=space.park, space=space, owner=a_person(role="招商专员"),
                phone_e164="+8613900000042",
            )  # fmt: skip
            a_note(first, kind="call", author=enquiry.owner)
            Act.record(enquiry.owner, "claim", first)

    first = an_enquiry(owner=agent, phone_e164="+8613900000042")
    desk = desk_of(lead)
    counts = []
    for rows in (2, 12):
        more(rows)
        for url in (LIST, page_of(first), page_of(first, "history")):
            desk.get(url)
            with CaptureQueriesContext(connection) as captured:
                assert desk.get(url).status_code == 200
            counts.append(len(captured))
    assert counts[:3] == counts[3:]
    assert max(counts) <= 20, counts


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


# --- claiming, releasing, many at once --------------------------------------------------------


def test_two_claim_and_the_second_is_told_who_was_faster(agent, lead, other):
    enquiry = an_enquiry()
    assert press(desk_of(other), enquiry, "claim").status_code == 302
    late = desk_of(lead)
    answer = late.post(reverse("admin:leads_enquiry_claim", args=[enquiry.pk]), follow=True)
    assert messages_of(answer) == ["慢了一步：已由同事负责。"]
    enquiry.refresh_from_db()
    assert enquiry.owner == other
    assert acts_of(enquiry) == [("claim", "同事", "", {}, {"owner": "同事"})]
    assert press(desk_of(agent), enquiry, "claim")["Location"] == "/admin/"


def test_an_agent_who_lost_the_race_by_a_hair_is_told_so(agent, other, monkeypatch):
    """The colleague's claim lands between reading the row and claiming it."""
    enquiry, claim = an_enquiry(), Enquiry.claim

    def late(row, by):
        Enquiry.objects.filter(pk=row.pk).update(owner=other)
        return claim(row, by)

    monkeypatch.setattr(Enquiry, "claim", late)
    desk = desk_of(agent)
    for button in ("claim", "reveal"):
        Enquiry.objects.update(owner=None)
        answer = desk.post(
            reverse(f"admin:leads_enquiry_{button}", args=[enquiry.pk]), {"why": "contact"},
            follow=True,
        )  # fmt: skip
        assert "慢了一步：已由同事负责。" in messages_of(answer)
        assert enquiry.phone.display not in answer.content.decode()
    assert acts_of(enquiry) == []


def test_what_was_typed_is_still_there_after_a_button(agent):
    enquiry, desk = an_enquiry(), desk_of(agent)
    data = filled(desk, page_of(enquiry), note="还没存的话", next_step="带看")
    answer = press(desk, enquiry, "claim", **{name: value[0] for name, value in data.items()})
    assert answer.status_code == 200
    form = answer.context["adminform"].form
    assert (form["note"].value(), form["next_step"].value()) == ("还没存的话", "带看")
    assert Activity.objects.count() == 0


def test_what_a_button_changed_is_shown_beside_what_was_typed(agent, lead):
    enquiry, desk = an_enquiry(), desk_of(agent)
    data = filled(desk, page_of(enquiry), next_step="带看")
    Enquiry.objects.update(status="visited")
    answer = press(desk, enquiry, "reveal", **data)
    form = answer.context["adminform"].form
    shown = {name: form[name].value() for name in ("status", "owner", "next_step")}
    assert shown == {"status": "visited", "owner": agent.pk, "next_step": "带看"}
    # Not what the page that was typed on showed: a colleague's next step is not written over.
    again = {name: form[name].value() or "" for name in form.fields}
    send(desk_of(lead), page_of(enquiry), next_step="发合同")
    assert errors(desk.post(page_of(enquiry), again)) == {"next_step": ["changed_meanwhile"]}


def test_a_button_answers_to_posts_alone(agent):
    enquiry, desk = an_enquiry(held=True), desk_of(agent)
    for button in BUTTONS:
        answer = desk.get(reverse(f"admin:leads_enquiry_{button}", args=[enquiry.pk]))
        assert answer["Location"] == page_of(enquiry)
    strict = at_the_desk(Client(enforce_csrf_checks=True), agent)
    assert {press(strict, enquiry, button, why="contact").status_code for button in BUTTONS} == {
        403
    }
    assert acts_of(enquiry) == []


def test_what_is_no_spam_is_released_once_and_announced(lead, monkeypatch):
    told = []
    monkeypatch.setattr(announcing, "announce", lambda enquiry: told.append(enquiry.pk) or 2)
    enquiry, desk = an_enquiry(held=True, signals=["advert"]), desk_of(lead)
    assert "像是推销" in words(desk.get(page_of(enquiry)))
    url = reverse("admin:leads_enquiry_release", args=[enquiry.pk])
    assert messages_of(desk.post(url, follow=True)) == ["已解除“疑似垃圾”，已通知 2 个对象。"]
    desk.post(url)
    enquiry.refresh_from_db()
    assert (enquiry.held, told) == (False, [enquiry.pk])
    assert acts_of(enquiry) == [("release", "主管", "", {}, {"held": False})]


def test_many_are_claimed_and_set_invalid_with_an_act_each(agent, lead):
    free, taken = [an_enquiry(), an_enquiry()], an_enquiry(owner=agent)
    desk = desk_of(lead)
    answer = act_on(desk, Enquiry, "claim_selected", [*free, taken])
    assert messages_of(answer) == ["已认领 2 份。", "1 份已有人负责，没有动。"]
    act_on(desk, Enquiry, "set_invalid_selected", free)
    for enquiry in free:
        enquiry.refresh_from_db()
        assert (enquiry.owner, enquiry.status) == (lead, "invalid")
        assert [act[0] for act in acts_of(enquiry)] == ["claim", "invalid"]
    taken.refresh_from_db()
    assert (taken.owner, acts_of(taken)) == (agent, [])


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
