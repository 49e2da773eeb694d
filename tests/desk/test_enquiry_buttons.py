"""Claiming, releasing, closing as invalid: one press each, one Act each, and only one wins."""

import pytest
from desk_forms import (
    act_on,
    at_the_desk,
    desk_of,
    errors,
    filled,
    messages_of,
    page_of,
    send,
    words,
)
from django.test import Client
from django.urls import reverse
from factories import an_enquiry

from leads import announcing
from leads.models import Activity, Enquiry
from parkcms.ledger.models import Act

pytestmark = pytest.mark.django_db
BUTTONS = ("claim", "reveal", "release", "invalid", "erase")


def press(client, enquiry, button, **answers):
    return client.post(reverse(f"admin:leads_enquiry_{button}", args=[enquiry.pk]), answers)


def acts_of(enquiry):
    found = Act.objects.about(enquiry).order_by("id")
    return [(act.verb, act.actor_name, act.reason, act.before, act.after) for act in found]


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


def test_the_lead_erases_what_a_person_asks_to_have_erased(
    lead, django_capture_on_commit_callbacks
):
    enquiry = an_enquiry(contact_name="王小明", phone_e164="+8613900000042")
    Activity.objects.create(enquiry=enquiry, kind="call", text="王小明说再想想")
    with django_capture_on_commit_callbacks(execute=True):
        answer = press(desk_of(lead), enquiry, "erase", why_erase="asked")
    assert answer.status_code == 302
    enquiry.refresh_from_db()
    assert enquiry.erased_at
    assert (enquiry.contact_name, enquiry.phone_e164) == ("", "")
    assert not Activity.objects.exists()
    (act,) = acts_of(enquiry)
    assert act[:3] == ("erase", "主管", "本人要求删除")


def test_nothing_is_erased_without_a_reason_or_by_an_agent(lead, agent):
    enquiry = an_enquiry(owner=agent, contact_name="王小明")
    assert press(desk_of(lead), enquiry, "erase").status_code == 302
    assert press(desk_of(lead), enquiry, "erase", why_erase="junk").status_code == 302
    assert press(desk_of(agent), enquiry, "erase", why_erase="asked").status_code == 403
    enquiry.refresh_from_db()
    assert (enquiry.erased_at, enquiry.contact_name) == (None, "王小明")
    assert acts_of(enquiry) == []
