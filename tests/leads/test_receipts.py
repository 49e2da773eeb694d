"""The receipt: seen by whoever has its address and nobody else, and changed by a button only."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import a_park, a_person, a_space
from reading import every, one, parse, words
from submissions import post, token_of

from leads import bounded, journal
from leads.models import Enquiry
from parkcms.ledger.models import Act
from parkcms.outbox.models import Notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(client):
    return token_of(post(client, company="某某有限公司", message="要行车"))


def address(token, what=""):
    return f"/enquiries/{token}/{what}"


def row(token):
    return Enquiry.objects.get(token=token)


def test_it_shows_the_reference_what_comes_next_and_what_was_submitted(client, token):
    page = parse(client.get(address(token)))
    assert one(page, "span.reference").text == f"编号 {row(token).reference}"
    assert re.search(r"最迟 20\d\d-\d\d-\d\d \d\d:\d\d 由招商专员联系您", words(page))
    submitted = words(one(page, "section.submitted"))
    for typed in ("1500 平", "王女士", "139 0000 0011", "某某有限公司", "要行车", "不同意"):
        assert typed in submitted


def test_it_is_stored_and_indexed_nowhere_and_its_address_goes_nowhere(client, token):
    for what in ("", "correct/", "withdraw/", "erase/"):
        answer = client.get(address(token, what))
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] in {"no-referrer", "same-origin"}
        page = parse(answer)
        assert "noindex" in one(page, "meta[name=robots]").get("content")
        assert every(page, "link[rel=canonical]") == every(page, "link[hreflang]") == []
    assert client.get(address(token))["Referrer-Policy"] == "no-referrer"


def test_an_unknown_token_is_not_found(client, token):
    for other in ("A" * 32, token[:-1] + ("a" if token[-1] != "a" else "b")):
        for what in ("", "correct/", "withdraw/", "erase/"):
            assert client.get(address(other, what)).status_code == 404


def test_when_nobody_can_tell_it_says_so(client, token, monkeypatch):
    def refuse(work, seconds=None):
        raise bounded.DatabaseAway("away")

    monkeypatch.setattr(bounded, "call", refuse)
    answer = client.get(address("A" * 32))
    assert answer.status_code == 503
    assert "现在看不到回执" in answer.content.decode()
    for what in ("correct/", "withdraw/", "erase/"):
        assert client.get(address(token, what)).status_code == 503
        assert client.post(address(token, what)).status_code == 503
    monkeypatch.undo()
    assert row(token).withdrawn_at is row(token).erased_at is None


def test_looking_changes_nothing(client, token):
    before = Enquiry.objects.values().get()
    for what in ("", "correct/", "withdraw/", "erase/"):
        client.get(address(token, what))
        client.head(address(token, what))
    assert Enquiry.objects.values().get() == before
    assert not Act.objects.exists()


# --- what fits ------------------------------------------------------------------------------------


def test_the_spaces_that_fit_stand_there_with_the_reason_of_each(client):
    park = a_park(name_zh="示例园", region_code="310114")
    a_space(park, code="1号楼", area_gross_m2=1550, state="lettable", uses=["production"])
    a_space(park, code="2号楼", area_gross_m2=1400, state="lettable")
    a_space(park, code="3号楼", area_gross_m2=1500, state="lettable", uses=["office"])
    a_space(park, code="4号楼", area_gross_m2=1500, state="let", uses=["production"])
    token = token_of(post(client, uses="production"))
    page = parse(client.get(address(token)))

    shown = [words(card) for card in every(page, "article.match")]
    assert len(shown) == 2
    assert "1号楼" in shown[0]
    assert "符合：建筑面积 1,550 ㎡（需要 1,500 ㎡）" in shown[0]
    assert "符合：可作生产" in shown[0]
    assert "2号楼" in shown[1]
    assert "接近：建筑面积 1,400 ㎡，比需要的 1,500 ㎡ 少 7%" in shown[1]
    assert "待确认：可作用途待确认" in shown[1]
    assert "用途不合 1 处" in words(one(page, "p.left-out"))


def test_its_queries_do_not_grow_with_the_inventory(client):
    park = a_park()
    token = token_of(post(client))
    client.get(address(token))
    counts = []
    for _ in range(2):
        for _ in range(6):
            a_space(park, area_gross_m2=1500, state="lettable")
        with CaptureQueriesContext(connection) as queries:
            client.get(address(token))
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 8


# --- second thoughts ------------------------------------------------------------------------------


def test_withdrawing_is_one_button_and_one_act(client, token):
    page = parse(client.get(address(token, "withdraw/")))
    assert len(every(page, "main button")) == 1
    for _ in range(2):
        answer = client.post(address(token, "withdraw/"))
        assert (answer.status_code, answer["Location"]) == (303, address(token))
    assert row(token).withdrawn_at
    assert [act.verb for act in Act.objects.all()] == ["withdraw"]
    assert "已撤回" in client.get(address(token)).content.decode()


def test_erasing_empties_the_row_and_leaves_the_receipt(client, token):
    reference = row(token).reference
    client.post(address(token, "erase/"))
    client.post(address(token, "erase/"))
    gone = row(token)
    assert gone.erased_at
    for name in ("contact_name", "company", "phone_raw", "phone_e164", "message", "network"):
        assert getattr(gone, name) == ""
    assert [act.verb for act in Act.objects.all()] == ["erase"]
    page = client.get(address(token)).content.decode()
    assert reference in page
    assert "个人信息已删除" in page
    for typed in ("王女士", "0000 0011", "某某有限公司"):
        assert typed not in page


def test_correcting_changes_the_fields_and_tells_only_their_names(client, token):
    page = parse(client.get(address(token, "correct/")))
    assert one(page, "#id_phone").get("value") == "139 0000 0011"
    assert one(page, "#id_company").get("value") == "某某有限公司"
    corrected = {"contact_name": "王女士", "phone": "139 0000 0012", "area_text": "800 平",
                 "company": "某某有限公司", "message": "要行车", "intent": "rent"}  # fmt: skip
    answer = client.post(address(token, "correct/"), corrected)
    assert (answer.status_code, answer["Location"]) == (303, address(token))

    changed = row(token)
    assert (changed.phone_e164, changed.area_min_m2) == ("+8613900000012", 800)
    assert changed.corrected_at
    act = Act.objects.get()
    assert (act.verb, act.before) == ("correct", {})
    assert set(act.after["字段"]) == {
        "area_text", "area_min_m2", "area_max_m2", "phone_raw", "phone_e164",
    }  # fmt: skip
    assert "0000" not in f"{act.after}{act.object_label}{act.reason}"


def test_a_correction_with_an_error_keeps_both_what_stood_and_what_was_typed(client, token):
    answer = client.post(address(token, "correct/"), {"contact_name": "李", "phone": "123"})
    assert answer.status_code == 422
    assert one(parse(answer), "#id_phone").get("value") == "123"
    assert row(token).contact_name == "王女士"
    assert not Act.objects.exists()


def test_a_correction_that_says_the_same_is_no_act(client, token):
    same = {"contact_name": "王女士", "phone": "139 0000 0011", "area_text": "1500 平",
            "company": "某某有限公司", "message": "要行车", "intent": "rent"}  # fmt: skip
    client.post(address(token, "correct/"), same)
    assert row(token).corrected_at is None
    assert not Act.objects.exists()


def test_what_is_withdrawn_or_erased_can_not_be_corrected(client, token):
    client.post(address(token, "withdraw/"))
    answer = client.post(address(token, "correct/"), {"contact_name": "李", "phone": "13900000012"})
    assert answer["Location"] == address(token)
    assert row(token).contact_name == "王女士"


def test_while_it_is_only_in_the_journal_it_can_be_looked_at_but_not_changed(client, monkeypatch):
    def broken(record, **how):
        raise bounded.DatabaseAway("away")

    monkeypatch.setattr("leads.filing.file", broken)
    token = token_of(post(client))
    assert client.get(address(token)).status_code == 200
    for what in ("correct/", "withdraw/", "erase/"):
        answer = client.post(address(token, what), {"contact_name": "李", "phone": "13900000012"})
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert journal.find(token).content["contact_name"] == "王女士"


def test_another_site_can_press_no_button(client, token):
    for what in ("correct/", "withdraw/", "erase/"):
        answer = client.post(address(token, what), headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
    assert row(token).withdrawn_at is None


def test_the_agents_are_told_of_a_correction_and_of_a_withdrawal(client, token):
    enquiry = row(token)
    enquiry.owner = a_person(email="agent@example.cn")
    enquiry.save()
    corrected = {"contact_name": "王女士", "phone": "139 0000 0012", "area_text": "800 平"}
    client.post(address(token, "correct/"), corrected)
    client.post(address(token, "withdraw/"))
    client.post(address(token, "withdraw/"))
    told = Notice.objects.order_by("id").values_list("address", "subject", "body")
    assert list(told) == [
        ("agent@example.cn", f"需求 {enquiry.reference} 已由访客更正",
         "需求：800 ㎡\n联系：139****0012"),
        ("agent@example.cn", f"需求 {enquiry.reference} 已由访客撤回", "请不要再联系。"),
    ]  # fmt: skip


def test_what_is_withdrawn_may_be_sent_again(client, token, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address(token, "withdraw/"))
    again = token_of(post(client, company="某某有限公司", message="要行车"))
    assert again != token
    assert row(again).withdrawn_at is None


def test_an_address_without_its_last_slash_is_remembered_by_nobody(client, token):
    answer = client.get(f"/enquiries/{token}")
    assert (answer.status_code, answer["Location"]) == (302, address(token))
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_that_it_is_kept_is_said_only_where_it_is_known(client, token, monkeypatch):
    def refuse(work, seconds=None):
        raise bounded.DatabaseAway("away")

    monkeypatch.setattr(bounded, "call", refuse)
    waiting = token_of(post(client, phone="139 0000 0013"))
    for given, is_known in ((waiting, True), ("A" * 32, False), (token, False)):
        answer = client.post(address(given, "erase/"))
        assert answer.status_code == 503
        assert ("已经收好" in answer.content.decode()) is is_known


def test_an_english_receipt_shows_the_phone_as_it_is_dialled_from_abroad(client):
    token = token_of(post(client, "/en", phone="021-59501234转8012"))
    page = words(parse(client.get(f"/en/enquiries/{token}/")))
    assert "+86 21 5950 1234 ext. 8012" in page
    assert "转" not in page
