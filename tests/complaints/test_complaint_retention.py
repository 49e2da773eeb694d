"""Who complained is forgotten a year after the case was closed; nothing sooner, nothing more."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import OperationalError
from django.utils import timezone
from factories import a_complaint

from parkcms import complaint_retention as retention
from parkcms import jobs
from parkcms.ledger.models import Act
from parkcms.models import Complaint

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = sorted(f"parkcms.Complaint.{field.name}" for field in Complaint._meta.concrete_fields)
CONTACT = {"name": "陈测试", "contact": "139 0000 0017", "network": "203.0.113.7"}
ASKED = timedelta(days=365)


def closed(ago, **fields):
    at = timezone.now() - ago
    fields = CONTACT | {"content_hash": "f" * 64, "note": "陈测试来过电话 13900000017"} | fields
    return a_complaint(
        text="陈测试说：打 13900000017", basis="我是陈测试", state="closed", outcome="unfounded",
        received_at=at - timedelta(days=1), closed_at=at, **fields,
    )  # fmt: skip


def said(row):
    row.refresh_from_db()
    names = ("name", "contact", "network", "content_hash", "text", "basis", "note")
    return {name: getattr(row, name) for name in names}


@pytest.mark.django_db
def test_a_year_after_closing_who_complained_is_gone_and_the_case_is_not(clock):
    row = closed(ASKED, kind="infringement")
    assert retention.run()["cleared"]["complaint_person"] == 1
    assert said(row) == {
        "name": "",
        "contact": "",
        "network": "",
        "content_hash": "",
        "text": "（已遮住）说：打 （已遮住）",
        "basis": "我是（已遮住）",
        "note": "（已遮住）来过电话 （已遮住）",
    }
    assert (row.outcome, row.about_title, row.cleared_at) == (
        "unfounded", "某园区开园", timezone.now(),
    )  # fmt: skip
    (act,) = Act.objects.about(row)
    assert (act.verb, act.actor_name) == ("erase", "系统")
    assert act.after == {"字段": ["name", "contact", "network", "content_hash"]}
    assert "陈测试" not in str((act.reason, act.object_label, act.before, act.after))


@pytest.mark.django_db
def test_a_second_sooner_and_while_it_is_open_it_stays(clock):
    soon = closed(ASKED - timedelta(seconds=1))
    old = a_complaint(received_at=timezone.now() - 4 * ASKED, **CONTACT)
    retention.run()
    for row in (soon, old):
        assert {name: said(row)[name] for name in CONTACT} == CONTACT
    assert Act.objects.count() == 0


@pytest.mark.django_db
def test_after_three_years_the_words_are_gone_too(clock):
    row = closed(timedelta(days=1095))
    younger = closed(timedelta(days=1094, hours=23))
    retention.run()
    assert set(said(row).values()) == {""}
    assert said(younger)["text"] == "（已遮住）说：打 （已遮住）"
    row.refresh_from_db()
    assert row.outcome == "unfounded"


@pytest.mark.django_db
def test_the_fingerprint_goes_the_next_day(clock):
    old = a_complaint(content_hash="a" * 64, received_at=timezone.now() - timedelta(days=1))
    new = a_complaint(content_hash="b" * 64)
    retention.run()
    assert [said(row)["content_hash"] for row in (old, new)] == ["", "b" * 64]
    assert said(old)["name"] == "陈测试"


@pytest.mark.django_db
def test_a_second_run_finds_nothing_to_do(clock):
    closed(timedelta(days=1095))
    assert sum(retention.run()["cleared"].values()) == 3
    assert retention.run() == {
        "cleared": {rule.name: 0 for rule in retention.RULES}, "failed": [],
    }  # fmt: skip
    assert Act.objects.count() == 1


@pytest.mark.django_db
def test_a_rule_that_fails_keeps_no_other_from_its_turn(clock, monkeypatch):
    row = closed(ASKED)

    def broken(edge):
        raise OperationalError("gone")

    first, *rest = retention.RULES
    monkeypatch.setattr(retention, "RULES", (replace(first, due=broken), *rest))
    with pytest.raises(jobs.NotAllCleared, match="complaint_fingerprint"):
        jobs.retain_complaints(timestamp=0)
    assert said(row)["name"] == ""


@pytest.mark.django_db
def test_the_job_and_the_command_run_it(clock, capsys):
    first = closed(ASKED)
    jobs.retain_complaints(timestamp=0)
    second = closed(ASKED)
    call_command("retain")
    assert [said(row)["name"] for row in (first, second)] == ["", ""]
    assert "       1  complaint_person" in capsys.readouterr().out


def test_the_job_runs_every_night():
    found = {one.periodic_id: one.cron for one in
             jobs.app.periodic_registry.periodic_tasks.values()}  # fmt: skip
    assert found["complaint_retention"] == "40 19 * * *"


# --- no column is forgotten -----------------------------------------------------------------------


def told():
    return [(one.id, one.msg) for one in retention.every_field_is_covered()]


def test_every_column_stands_in_the_table():
    assert told() == []
    assert len(COLUMNS) > 20


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_taken_out_is_missed(name, monkeypatch):
    rules = tuple(replace(rule, fields=tuple(one for one in rule.fields if one != name))
                  for rule in retention.RULES)  # fmt: skip
    rest = {key: why for key, why in retention.NOT_PERSONAL.items() if key != name}
    monkeypatch.setattr(retention, "RULES", rules)
    monkeypatch.setattr(retention, "NOT_PERSONAL", rest)
    assert told() == [("parkcms.E011", f"没有写明 {name} 保存多久。")]


def test_manage_py_check_fails_on_a_column_that_is_gone(monkeypatch):
    assert retention.every_field_is_covered in checks.registry.registry.get_checks()
    rest = {**retention.NOT_PERSONAL, "parkcms.Complaint.fax": "没有了"}
    monkeypatch.setattr(retention, "NOT_PERSONAL", rest)
    with pytest.raises(SystemCheckError, match=r"parkcms\.E012.*Complaint\.fax"):
        call_command("check")


def test_no_column_is_personal_and_not():
    personal = {name for rule in retention.RULES for name in rule.fields}
    assert personal & set(retention.NOT_PERSONAL) == set()


def test_the_document_names_the_same_days():
    text = (ROOT / "docs/retention.md").read_text("utf-8")
    assert [rule.keep for rule in retention.RULES] == [1, 365, 1095]
    for days in ("满 1 天", "满 365 天", "满 1095 天"):
        assert days in text
