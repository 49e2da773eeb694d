"""The table of retention names every column, and people read the same table that code obeys."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.core import checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import models
from django.test.utils import isolate_apps
from django.utils.translation import override

from leads import kept, retention
from leads.filing import COLUMNS
from leads.models import Enquiry

ROOT = Path(__file__).resolve().parents[2]


def said(rules=None, rest=None, monkeypatch=None):
    if rules is not None:
        monkeypatch.setattr(retention, "RULES", rules)
    if rest is not None:
        monkeypatch.setattr(retention, "NOT_PERSONAL", rest)
    return [(message.id, message.msg) for message in retention.every_field_is_covered()]


def every_column():
    return {
        f"{model._meta.label}.{field.name}"
        for label in ("leads", "outbox")
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.concrete_fields
    }


def test_every_column_stands_in_the_table():
    assert said() == []
    assert len(every_column()) > 60


@pytest.mark.parametrize("name", sorted(every_column()))
def test_a_column_that_is_taken_out_of_the_table_is_missed(name, monkeypatch):
    rules = tuple(replace(rule, fields=tuple(field for field in rule.fields if field != name))
                  for rule in retention.RULES)  # fmt: skip
    rest = {key: why for key, why in retention.NOT_PERSONAL.items() if key != name}
    assert said(rules, rest, monkeypatch) == [("leads.E001", f"没有写明 {name} 保存多久。")]


@isolate_apps("leads")
def test_a_new_column_is_missed_until_somebody_decides(monkeypatch):
    class Referral(models.Model):
        phone_of_a_friend = models.CharField(max_length=20)

        class Meta:
            app_label = "leads"

        def __str__(self):
            return self.phone_of_a_friend

    config = apps.get_app_config("leads")
    real = [*config.get_models(include_auto_created=True), Referral]
    monkeypatch.setattr(config, "get_models", lambda **kwargs: real)
    assert said() == [
        ("leads.E001", "没有写明 leads.Referral.id 保存多久。"),
        ("leads.E001", "没有写明 leads.Referral.phone_of_a_friend 保存多久。"),
    ]


def test_a_column_that_is_gone_is_still_in_the_table_and_said(monkeypatch):
    rest = {**retention.NOT_PERSONAL, "leads.Enquiry.fax": "没有了"}
    assert said(None, rest, monkeypatch) == [
        ("leads.E002", "保存期限表里的 leads.Enquiry.fax 不存在了。")
    ]


def test_manage_py_check_fails_on_a_missed_column(monkeypatch):
    assert retention.every_field_is_covered in checks.registry.registry.get_checks()
    call_command("check")
    rest = {key: why for key, why in retention.NOT_PERSONAL.items() if not key.endswith(".token")}
    monkeypatch.setattr(retention, "NOT_PERSONAL", rest)
    with pytest.raises(SystemCheckError, match=r"leads.E001.*leads\.Enquiry\.token"):
        call_command("check")


def test_no_column_is_called_personal_and_not_personal():
    personal = {name for rule in retention.RULES for name in rule.fields}
    assert personal & set(retention.NOT_PERSONAL) == set()


def test_every_text_a_visitor_types_is_under_a_rule():
    choices = {"intent", "uses", "districts", "move_in", "consent_operator"}
    numbers = {"area_min_m2", "area_max_m2", "budget_cny_m2_day"}
    assert set(COLUMNS) - set(retention.EMPTIED) == choices | numbers


def test_every_column_the_database_keeps_empty_is_emptied():
    (rule,) = [one for one in Enquiry._meta.constraints
               if one.name == "leads_enquiry_erased_is_empty"]  # fmt: skip
    _not_erased, empty = rule.condition.children
    kept_empty = {name for name, value in empty.children if value == ""}
    assert kept_empty <= set(retention.EMPTIED)
    assert "phone_e164" in kept_empty


def test_names_of_rules_are_different():
    names = [rule.name for rule in retention.RULES]
    assert len(names) == len(set(names))


def test_a_rule_without_a_time_clears_nothing():
    timeless = [rule for rule in retention.RULES if rule.keep is None]
    assert {rule.name for rule in timeless} == {"recipients", "acts"}
    assert [rule.clear(datetime.max) for rule in timeless] == [0, 0]  # noqa: DTZ901


@pytest.mark.parametrize(
    ("keep", "zh"), [(None, "不设期限"), (0, "立即处理"), (1, "1 天"), (365, "365 天")]
)
def test_a_time_in_words(keep, zh):
    with override("zh-hans"):
        assert kept.how_long(replace(retention.RULES[0], keep=keep)) == zh


# --- what people read ---------------------------------------------------------------------------


def test_the_document_is_the_table():
    assert (ROOT / "docs/retention.md").read_text("utf-8") == kept.document()


def test_the_command_prints_the_document(capsys):
    call_command("retain", table=True)
    assert capsys.readouterr().out == kept.document()


def test_the_document_names_every_column_once():
    text = kept.document()
    half = text.partition("## 字段")[2]
    for name in every_column():
        model, _dot, column = name.rpartition(".")
        assert f"{model}：" in half
        assert f"`{column}`" in half


@pytest.mark.django_db
def test_the_page_shows_every_rule_with_its_time(client):
    page = client.get("/enquiries/kept/").content.decode()
    for rule in retention.RULES:
        for words in (rule.group, kept.how_long(rule), rule.then.label, rule.why, rule.law):
            assert str(words) in page
        if rule.keep is not None:
            assert f"起算：{rule.since}" in page
    assert page.count('<th scope="row">') == len(retention.RULES)


@pytest.mark.django_db
def test_the_page_stands_in_english_too(client):
    page = client.get("/en/enquiries/kept/").content.decode()
    assert page.count('<th scope="row">') == len(retention.RULES)
    with override("en"):
        assert kept.how_long(next(rule for rule in retention.RULES if rule.keep == 365)) in page


@pytest.mark.django_db
def test_the_page_refuses_to_be_posted_to(client):
    assert client.post("/enquiries/kept/").status_code == 405


@pytest.mark.django_db
def test_the_page_sets_no_cookie_and_grows_no_queries(client, django_assert_max_num_queries):
    client.get("/enquiries/kept/")
    with django_assert_max_num_queries(3):
        response = client.get("/enquiries/kept/")
    assert (response.status_code, dict(response.cookies)) == (200, {})
