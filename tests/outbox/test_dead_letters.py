"""What did not arrive stands on the first screen, and a person decides what becomes of it."""

import pytest
from desk_forms import act_on, at_the_desk, messages_of, page_of, words
from django.test import Client
from factories import a_notice, a_person
from lxml import html

from parkcms.ledger.models import Act
from parkcms.outbox.models import Notice

pytestmark = pytest.mark.django_db
TITLE = "通知没有送达"
ROBOT = "693a91f6-7aec-4bc4-97a0-0ec2d1fa5aaa"


@pytest.fixture(autouse=True)
def mail_on(settings):
    settings.OUTBOX_CHANNELS = {"mail", "wecom"}


@pytest.fixture
def lead():
    return a_person("zhuguan", "招商主管", display_name="示例主管")


@pytest.fixture
def desk(client, lead):
    return at_the_desk(client, lead)


def a_dead_one(**fields):
    return a_notice(**{"state": "dead", "tries": 6, "last_error": "timeout"} | fields)


def shown_on_the_first_screen(desk):
    page = html.fromstring(desk.get("/admin/").content.decode())
    found = page.xpath(f"//section[normalize-space(h2/text())='{TITLE}']")
    return [
        [one.xpath("string(a)"), one.xpath("string(span)")]
        for section in found
        for one in section.xpath(".//li")
    ]


def test_the_newest_dead_letter_stands_first_with_its_reason(desk):
    a_dead_one(subject="旧的", last_error="private")
    a_dead_one(subject="新的", channel="wecom", address=ROBOT)
    for state in ("queued", "given_up", "off"):
        a_notice(state=state)
    assert shown_on_the_first_screen(desk) == [
        ["企业微信：新的", "对方没有及时回答"],
        ["邮件：旧的", "对方的地址在内网，不允许访问"],
    ]


@pytest.mark.parametrize("role", ["作者", "编辑", "园区经理", "招商专员"])
def test_others_are_not_asked_and_do_not_see_notices(role):
    notice = a_dead_one()
    desk = at_the_desk(Client(), a_person(role=role))
    assert TITLE not in words(desk.get("/admin/"))
    assert desk.get(page_of(Notice, "changelist")).status_code == 403
    assert desk.get(page_of(notice)).status_code == 403
    act_on(desk, Notice, "requeue_selected", [notice])
    assert Notice.objects.get().state == "dead"


def test_addresses_are_masked_in_the_list_and_on_the_page(desk):
    mail = a_notice(address="li.si@example.cn")
    robot = a_notice(channel="wecom", address=ROBOT)
    pages = [page_of(Notice, "changelist"), page_of(mail), page_of(robot)]
    texts = [desk.get(page).content.decode() for page in pages]
    assert not any("li.si@" in text or ROBOT[:-4] in text for text in texts)
    assert ("l***@example.cn" in texts[1], "…5aaa" in texts[2]) == (True, True)


def test_sending_again_queues_it_with_all_its_tries_and_writes_an_act(desk, lead, jobs):
    notice = a_dead_one()
    response = act_on(desk, Notice, "requeue_selected", [notice])
    assert messages_of(response) == ["重新发送 1 条通知。"]
    notice.refresh_from_db()
    assert (notice.state, notice.tries) == ("queued", 0)
    assert jobs() == [("outbox.send", {"notice_id": notice.pk})]
    act = Act.objects.about(notice).get()
    assert (act.actor_id, act.verb_label) == (lead.pk, "重新发送")
    assert act.changes == [("state", "dead", "queued"), ("last_error", "timeout", None)]
    assert shown_on_the_first_screen(desk) == []


def test_giving_up_takes_it_off_the_list_and_writes_an_act(desk, lead, jobs):
    notice = a_dead_one()
    response = act_on(desk, Notice, "give_up_selected", [notice])
    assert messages_of(response) == ["不再发送 1 条通知。"]
    notice.refresh_from_db()
    assert notice.state == "given_up"
    assert jobs() == []
    act = Act.objects.about(notice).get()
    assert (act.actor_id, act.verb_label) == (lead.pk, "不再发送")
    assert shown_on_the_first_screen(desk) == []
    assert "不再发送" in words(desk.get(page_of(notice, "history")))


def test_what_was_given_up_can_be_sent_after_all(lead):
    notice = a_notice(state="given_up")
    assert notice.requeue(lead)
    assert notice.claim()


@pytest.mark.parametrize("state", ["queued", "sending", "sent", "off"])
@pytest.mark.parametrize("action", ["requeue_selected", "give_up_selected"])
def test_what_is_not_dead_is_left_alone(desk, jobs, state, action):
    at = a_notice().created_at
    notice = a_notice(
        state=state,
        claimed_at=at if state == "sending" else None,
        sent_at=at if state == "sent" else None,
    )
    response = act_on(desk, Notice, action, [notice])
    assert messages_of(response) == ["1 条没有动：只有“没有送达”的通知才能这样处理。"]
    assert Notice.objects.get(pk=notice.pk).state == state
    assert Act.objects.count() == 0
    assert jobs() == []


def test_two_who_decide_at_once_decide_once(lead, jobs):
    notice = a_dead_one()
    one, other = Notice.objects.get(pk=notice.pk), Notice.objects.get(pk=notice.pk)
    assert (one.requeue(lead), other.requeue(lead), other.give_up(lead)) == (True, False, False)
    assert Act.objects.count() == 1
    assert len(jobs()) == 1


def test_an_act_that_can_not_be_written_leaves_the_notice_dead(lead, jobs, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("no ledger")

    notice = a_dead_one()
    monkeypatch.setattr(Act, "record", fail)
    with pytest.raises(RuntimeError, match="no ledger"):
        notice.requeue(lead)
    assert Notice.objects.get().state == "dead"
    assert jobs() == []


def test_an_act_names_no_address_and_no_contents(lead):
    notice = a_dead_one(address="li.si@example.cn", body="张三 138****8000")
    notice.requeue(lead)
    told = str(Act.objects.values().get())
    assert not any(word in told for word in ("li.si", "张三", "138"))


def test_nobody_adds_changes_or_deletes_a_notice(desk):
    notice = a_dead_one()
    assert desk.get(page_of(Notice, "add")).status_code == 403
    assert desk.post(page_of(notice), {"subject": "改了"}).status_code == 403
    assert desk.post(page_of(notice, "delete"), {"post": "yes"}).status_code == 403
    act_on(desk, Notice, "delete_selected", [notice])
    assert Notice.objects.get().subject == notice.subject


def test_the_machines_own_jobs_are_not_at_the_desk():
    root = a_person("root", is_superuser=True)
    desk = at_the_desk(Client(), root)
    assert desk.get("/admin/procrastinate/").status_code == 404
    assert "rocrastinate" not in desk.get("/admin/").content.decode()
