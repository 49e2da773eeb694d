"""The list of enquiries: what it opens on, how it is narrowed, what a row says, what it costs."""

from datetime import date, timedelta

import pytest
from desk_forms import desk_of, page_of, words
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from factories import a_note, a_park, a_person, a_space, an_enquiry

from leads.models import Enquiry
from parkcms.ledger.models import Act

pytestmark = pytest.mark.django_db
LIST = "/admin/leads/enquiry/"
NOON = "2026-11-25 12:00:00+08:00"


def listed(person, query=""):
    response = desk_of(person).get(LIST + query)
    assert response.status_code == 200
    return [row.pk for row in response.context["cl"].result_list]


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
