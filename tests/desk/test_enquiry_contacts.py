"""The number of who asked: in the answer to one button, after an Act, and nowhere else."""

import json
import re
from urllib.parse import urljoin

import pytest
from desk_forms import desk_of, filled, page_of, send, words
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone
from factories import a_note, a_person, a_recipient, an_enquiry
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from leads import announcing, desk_words
from leads.models import Enquiry
from parkcms.ledger.models import Act
from parkcms.roles import ROLES

pytestmark = pytest.mark.django_db
LIST = "/admin/leads/enquiry/"
PLANTED = {
    "phone_raw": "139-0000-0042 转 8012",
    "phone_e164": "+8613900000042",
    "phone_extension": "8012",
    "email": "wang.xiaoming@example.cn",
    "wechat": "xiaoming_wang",
    "contact_name": "王小明",
    "company": "示例公司 139 0000 0042",
    "message": "请打 13900000042 或 021-5950 4321，微信：xiaoming_wang，wang.xiaoming@example.cn",
    "budget_text": "1.2，电话１３９００００００４２",
    "tax_text": "139.0000.0042",
    "origin_kind": "article",
    "origin_id": "13900000042",
    "origin_known": False,
}
SECRETS = ("13900000042", "139 0000 0042", "139-0000-0042", "139.0000.0042",
           "１３９００００００４２", "5950 4321",
           "wang.xiaoming", "xiaoming_wang", "王小明")  # fmt: skip


def reveal(client, enquiry, why="contact", **more):
    address = reverse("admin:leads_enquiry_reveal", args=[enquiry.pk])
    return client.post(address, more | {"why": why})


def leaks(response):
    text = response.content.decode(errors="replace")
    return [secret for secret in SECRETS if secret in text]


NO_OTHER_PAGE = re.compile(r"&|[?]o=|_changelist_filters|_popup|logout")


def crawl(client, start="/admin/"):
    """Every page of the desk that links lead to, lists narrowed by one thing at a time."""
    seen, waiting = {}, [start]
    while waiting:
        url = waiting.pop()
        if url in seen or not url.startswith("/admin/") or NO_OTHER_PAGE.search(url):
            continue
        seen[url] = response = client.get(url, follow=True)
        if "html" not in response.get("Content-Type", ""):
            continue
        tree = html.fromstring(response.content.decode(errors="replace"))
        waiting += [urljoin(url, link).partition("#")[0] for link in tree.xpath("//a/@href")]
    return seen


@pytest.mark.parametrize("role", [role.name for role in ROLES])
def test_no_page_of_the_desk_shows_the_number(role):
    person = a_person(role=role)
    enquiry = an_enquiry(owner=person if role == "招商专员" else None, **PLANTED)
    an_enquiry(**PLANTED, held=True, signals=["links"])
    a_note(enquiry, text="改打 139 0000 0042，找王总", author=person)
    Act.record(person, "claim", enquiry)
    a_recipient()
    assert announcing.announce(enquiry) == 1
    desk = desk_of(person)
    pages = crawl(desk)
    sees = role in {"招商专员", "招商主管", "站长"}
    assert (page_of(enquiry) in pages) == sees
    assert len(pages) > 10
    assert {url: leaks(page) for url, page in pages.items() if leaks(page)} == {}
    if role in {"招商专员", "招商主管"}:
        shown = leaks(reveal(desk, enquiry))
        assert {"139 0000 0042", "wang.xiaoming", "xiaoming_wang", "王小明"} <= set(shown)
        assert leaks(desk.get(page_of(enquiry))) == []


def test_the_answer_has_the_contact_and_the_act_the_reason(time_machine):
    time_machine.move_to("2026-11-25 12:00:00+08:00", tick=False)
    agent = a_person(role="招商专员", display_name="专员")
    enquiry = an_enquiry(owner=agent, **PLANTED)
    answer = reveal(desk_of(agent), enquiry, why="callback")
    assert "no-store" in answer["Cache-Control"]
    page = html.fromstring(answer.content.decode())
    assert page.xpath("//dl[contains(@class, 'revealed')]//a/@href") == [
        "tel:+8613900000042,8012", "mailto:wang.xiaoming@example.cn",
    ]  # fmt: skip
    assert "139 0000 0042 转 8012" in words(answer)
    (act,) = Act.objects.about(enquiry)
    assert (act.verb, act.actor_name, act.reason) == ("reveal", "专员", "客户来电，核对是谁")
    assert (act.before, act.after, act.at) == ({}, {}, timezone.now())


def test_no_session_keeps_the_contact():
    agent = a_person(role="招商专员")
    enquiry = an_enquiry(owner=agent, **PLANTED)
    desk = desk_of(agent)
    reveal(desk, enquiry)
    kept = json.dumps([one.get_decoded() for one in Session.objects.all()], ensure_ascii=False)
    assert kept != "[]"
    assert [secret for secret in SECRETS if secret in kept] == []


def test_looking_takes_what_nobody_has_but_not_for_a_lead():
    agent, lead = a_person(role="招商专员"), a_person(role="招商主管")
    first, second = an_enquiry(**PLANTED), an_enquiry(**PLANTED)
    assert "认领并显示联系方式" in words(desk_of(agent).get(page_of(first)))
    assert "139 0000 0042" in words(reveal(desk_of(agent), first))
    assert "139 0000 0042" in words(reveal(desk_of(lead), second))
    owners = list(Enquiry.objects.order_by("id").values_list("owner", flat=True))
    assert owners == [agent.pk, None]
    assert [act.verb for act in Act.objects.about(first).order_by("id")] == ["claim", "reveal"]
    assert [act.verb for act in Act.objects.about(second)] == ["reveal"]


@pytest.mark.parametrize("why", ["", "x", "\x00", "contact\n"])
def test_without_one_of_the_reasons_nothing_is_shown(why):
    lead = a_person(role="招商主管")
    enquiry = an_enquiry(**PLANTED)
    answer = reveal(desk_of(lead), enquiry, why=why)
    assert (leaks(answer), Act.objects.count()) == ([], 0)
    assert "请先选一个查看的原因" in words(answer)


def test_of_who_withdrew_only_a_lead_sees_the_number_and_says_why():
    agent, lead = a_person(role="招商专员"), a_person(role="招商主管")
    enquiry = an_enquiry(owner=agent, withdrawn_at=timezone.now(), **PLANTED)
    page = desk_of(agent).get(page_of(enquiry))
    assert "显示联系方式" not in words(page)
    assert reveal(desk_of(agent), enquiry, why="request").status_code == 403
    free = an_enquiry(withdrawn_at=timezone.now(), **PLANTED)
    assert reveal(desk_of(agent), free, why="request").status_code == 403
    assert leaks(reveal(desk_of(lead), enquiry, why="contact")) == []
    assert Act.objects.count() == 0
    assert "139 0000 0042" in words(reveal(desk_of(lead), enquiry, why="request"))
    assert Act.objects.get().reason == "处理投诉或访客的请求"


def test_words_typed_but_not_saved_come_back_with_the_number():
    agent = a_person(role="招商专员")
    enquiry = an_enquiry(owner=agent, **PLANTED)
    typed = {"note": "正在写", "next_step": "带看", "status": "visited"}
    answer = reveal(desk_of(agent), enquiry, **filled(desk_of(agent), page_of(enquiry), **typed))
    form = answer.context["adminform"].form
    assert {name: form[name].value() for name in typed} == typed


def test_acts_about_enquiries_carry_nothing_of_the_person():
    lead = a_person(role="招商主管")
    enquiry, desk = an_enquiry(**PLANTED), desk_of(lead)
    typed = {"next_step": "等王小明回电", "note": "王小明 xiaoming_wang", "note_kind": "call"}
    send(desk, page_of(enquiry), **typed, status="visited", owner=lead.pk)
    reveal(desk, enquiry)
    for button in ("claim", "release", "invalid"):
        answers = {"why_invalid": "test", "reason": "王小明", "note": "王小明"}
        desk.post(reverse(f"admin:leads_enquiry_{button}", args=[enquiry.pk]), answers)
    for action in ("claim_selected", "set_invalid_selected", "export_selected"):
        data = {"action": action, "_selected_action": [enquiry.pk], "index": 0}
        desk.post(f"{LIST}?q=13900000042", data)
    acts = list(Act.objects.values("verb", "object_label", "reason", "before", "after"))
    assert {act["verb"] for act in acts} >= {"change", "reveal", "invalid", "export"}
    told = json.dumps(acts, ensure_ascii=False)
    assert [secret for secret in SECRETS if secret in told] == []


# --- numbers typed into other fields ----------------------------------------------------------

HIDDEN = "（已遮住）"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("打13900000042吧", f"打{HIDDEN}吧"),
        ("+86 139 0000 0042", HIDDEN),
        ("021-5950 1234", HIDDEN),
        ("本地 59501234", f"本地 {HIDDEN}"),
        ("a.b+c@example.com.cn。", f"{HIDDEN}。"),
        ("微信号：abc_1234", f"微信号：{HIDDEN}"),
        ("wechat abcdef1", f"wechat {HIDDEN}"),
        ("1500-2000平", "1500-2000平"),
        ("1,500–2,000 ㎡，12 米高", "1,500–2,000 ㎡，12 米高"),
        ("2026-12-01 前", "2026-12-01 前"),
        ("5000万", "5000万"),
        ("", ""),
    ],
)
def test_a_number_in_a_text_is_hidden_and_an_area_is_not(text, shown):
    assert desk_words.hide(text) == shown


@given(st.text(max_size=30), st.integers(0, 9999), st.text(max_size=30), st.sampled_from(" -.· "))
def test_no_mobile_stays_in_a_text_whatever_stands_around_it(before, last, after, gap):
    number = f"139{gap}0000{gap}{last:04}"
    hidden = desk_words.hide(f"{before} {number} {after}")
    assert number not in hidden
    assert number.replace(gap, "") not in hidden


@pytest.mark.parametrize(
    ("name", "shown"), [("王小明", "王**"), ("John Smith", "J**"), ("", ""), ("李", "李**")]
)
def test_a_name_keeps_its_first_letter(name, shown):
    assert desk_words.masked_name(name) == shown
