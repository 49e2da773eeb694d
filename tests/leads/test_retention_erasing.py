"""Erasing a submission: nothing of the person stays, it happens once, and cannot be undone."""

import json

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from factories import a_notice, a_park, a_person, an_enquiry
from hypothesis import given
from hypothesis import strategies as st

from leads import erasing, journal, retention
from leads.models import Activity, Enquiry
from leads.record import Record
from parkcms.ledger.models import Act
from parkcms.outbox.models import Notice

pytestmark = pytest.mark.django_db

TYPED = {
    "contact_name": "测试甲",
    "company": "测试制造有限公司",
    "credit_code": "91310000MA1FL00000",
    "phone_raw": "139 0000 0017",
    "phone_e164": "+8613900000017",
    "phone_extension": "8012",
    "email": "jia@example.cn",
    "wechat": "wx-jia-17",
    "message": "要行车，打 139 0000 0017",
    "area_text": "1500 平，139 0000 0017",
    "budget_text": "1 元，问测试甲",
    "tax_text": "200 万",
    "network": "203.0.113.7",
    "content_hash": "f" * 64,
    "next_step": "给测试甲回电",
    "next_step_on": timezone.localdate(),
    "about_kind": "park",
    "about_id": "13900000017",
    "origin_kind": "page",
    "origin_id": "13900000017",
    "consent_version": "13900000017",
}


def a_full_enquiry(**fields):
    return an_enquiry(**TYPED | fields)


def test_every_field_to_be_emptied_has_something_in_it_here():
    assert set(TYPED) == set(retention.EMPTIED)


def test_everything_a_person_typed_is_gone_and_what_counts_stays():
    park = a_park()
    row = a_full_enquiry(park=park, area_min_m2=1500, intent="rent", uses=["production"])
    before = Enquiry.objects.values().get()
    assert retention.erase(row)
    after = Enquiry.objects.values().get()
    assert after["erased_at"] is not None
    assert after == before | retention.EMPTIED | {"erased_at": after["erased_at"]}


def test_the_object_at_hand_is_as_empty_as_the_row():
    row = a_full_enquiry()
    retention.erase(row)
    stored = Enquiry.objects.get()
    for name in (*retention.EMPTIED, "erased_at"):
        assert getattr(row, name) == getattr(stored, name), name


def test_what_was_noted_about_it_goes_and_what_was_noted_about_others_stays():
    row, other = a_full_enquiry(), a_full_enquiry()
    for one in (row, other):
        Activity.objects.create(enquiry=one, text="回电测试甲")
        for state in ("queued", "off", "dead"):
            a_notice(about_kind="leads.enquiry", about_id=str(one.pk), state=state)
    elsewhere = a_notice(about_kind="articles.article", about_id=str(row.pk))
    retention.erase(row)
    assert list(Activity.objects.values_list("enquiry", flat=True)) == [other.pk]
    left = Notice.objects.exclude(pk=elsewhere.pk).values_list("about_id", flat=True)
    assert set(left) == {str(other.pk)}
    assert Notice.objects.filter(pk=elsewhere.pk).exists()


def test_the_act_names_fields_and_none_of_what_they_said():
    row, agent = a_full_enquiry(), a_person(display_name="招商甲")
    retention.erase(row, by=agent, why="对方来电要求")
    act = Act.objects.get()
    assert (act.verb, act.actor_name, act.object_id) == ("erase", "招商甲", str(row.pk))
    assert (act.object_label, act.reason) == (str(row), "对方来电要求")
    assert (act.before, act.after) == ({}, {"字段": list(retention.EMPTIED)})


@pytest.mark.parametrize(
    ("why", "kept"),
    [
        ("测试甲来电要求", "…来电要求"),
        ("打 139 0000 0017 的人要求", "打 … 的人要求"),
        ("+86 139-0000-0017要求", "…要求"),
        ("１３９００００００１７ 要求", "… 要求"),
        ("给 yi@example.cn，已回信", "给 …，已回信"),
        ("微信 wx-jia-17 要求", "微信 … 要求"),
        ("测试制造有限公司 91310000MA1FL00000", "… …"),
        ("第 47 条，3 号楼，2 次来电", "第 47 条，3 号楼，2 次来电"),
    ],
)
def test_a_reason_loses_the_person(why, kept):
    retention.erase(a_full_enquiry(), why=why)
    assert Act.objects.get().reason == kept


SEPARATORS = st.sampled_from(["", "", " ", "-", " - ", ".", "（", ") "])


@given(st.lists(SEPARATORS, min_size=11, max_size=11), st.sampled_from(["", "+86 ", "打"]),
       st.sampled_from(["", "要求", "，转 12"]))  # fmt: skip
def test_a_number_is_taken_out_of_a_reason_however_it_is_written(between, before, after):
    written = "".join(digit + gap for digit, gap in zip("13900000017", between, strict=True))
    left = erasing._without_person(f"{before}{written}{after}", Enquiry())
    assert "".join(char for char in left if char.isdigit()) in ("", "12", "86")


def test_erasing_twice_is_erasing_once():
    row = a_full_enquiry()
    assert retention.erase(row) is True
    first = Enquiry.objects.get().erased_at
    assert retention.erase(row) is False
    assert retention.erase(Enquiry.objects.get()) is False
    assert Enquiry.objects.get().erased_at == first
    assert Act.objects.count() == 1


def test_an_erased_row_takes_nothing_back():
    row = a_full_enquiry()
    retention.erase(row)
    for name in ("contact_name", "phone_e164", "email", "wechat", "message"):
        with pytest.raises(IntegrityError, match="erased_is_empty"), transaction.atomic():
            Enquiry.objects.filter(pk=row.pk).update(**{name: "x"})


def test_a_row_that_is_only_marked_as_erased_is_refused():
    a_full_enquiry()
    with pytest.raises(IntegrityError, match="erased_is_empty"), transaction.atomic():
        Enquiry.objects.update(erased_at=timezone.now())


def test_what_fails_after_it_leaves_the_row_whole():
    row = a_full_enquiry()
    Activity.objects.create(enquiry=row, text="回电")
    before = Enquiry.objects.values().get()
    with transaction.atomic():
        retention.erase(row)
        transaction.set_rollback(True)
    assert Enquiry.objects.values().get() == before
    assert (Activity.objects.count(), Act.objects.count()) == (1, 0)


def in_journal(row, **content):
    record = Record.make({"phone_raw": "139 0000 0017"} | content, same=row.reference, network="",
                         language="zh-hans")  # fmt: skip
    record = Record(**{name: getattr(record, name) for name in record.__slots__}
                    | {"reference": row.reference, "token": row.token})  # fmt: skip
    journal.append(record)


def on_disk(folder):
    return "".join(path.read_text() for path in folder.iterdir() if path.is_file())


@pytest.mark.parametrize("is_settled", [True, False])
def test_the_journal_forgets_it_after_the_commit(
    is_settled, journal_folder, django_capture_on_commit_callbacks
):
    row, other = a_full_enquiry(), a_full_enquiry()
    for one in (row, other):
        in_journal(one)
        if is_settled:
            journal.settle(one.reference)
    with django_capture_on_commit_callbacks(execute=True):
        retention.erase(row)
        assert row.reference in on_disk(journal_folder)
    assert row.reference not in on_disk(journal_folder)
    assert other.reference in on_disk(journal_folder)


def test_a_journal_in_trouble_does_not_undo_it_and_is_asked_again(
    journal_folder, monkeypatch, caplog, django_capture_on_commit_callbacks
):
    row = a_full_enquiry()
    in_journal(row)

    def broken(reference):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(journal, "forget", broken)
        with django_capture_on_commit_callbacks(execute=True):
            assert retention.erase(row)
    assert f"could not forget {row.reference}" in caplog.text
    assert Enquiry.objects.get().erased_at is not None
    assert row.reference in on_disk(journal_folder)
    retention.run()
    assert row.reference not in on_disk(journal_folder)


def test_a_busy_journal_is_logged(monkeypatch, caplog, django_capture_on_commit_callbacks):
    monkeypatch.setattr(journal, "forget", lambda reference: False)
    row = a_full_enquiry()
    with django_capture_on_commit_callbacks(execute=True):
        retention.erase(row)
    assert f"could not forget {row.reference}" in caplog.text


def test_what_comes_to_an_erased_row_afterwards_goes_with_the_next_run():
    row, other = a_full_enquiry(), a_full_enquiry()
    retention.erase(row)
    for one in (row, other):
        Activity.objects.create(enquiry=one, text="从没关的页面写来")
        a_notice(about_kind="leads.enquiry", about_id=str(one.pk))
    Enquiry.objects.filter(pk=row.pk).update(next_step="打 139 0000 0017", area_text="1500")
    report = retention.run()
    assert report["cleared"]["asked"] == 3
    stored = Enquiry.objects.get(pk=row.pk)
    assert {name: getattr(stored, name) for name in retention.EMPTIED} == retention.EMPTIED
    assert list(Activity.objects.values_list("enquiry", flat=True)) == [other.pk]
    assert list(Notice.objects.values_list("about_id", flat=True)) == [str(other.pk)]
    assert json.dumps(retention.run()["cleared"]).count(": 0") == len(retention.RULES)
