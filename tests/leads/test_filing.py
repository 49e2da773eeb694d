"""The database step: one row for each enquiry, whoever files it and however often."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from factories import LONG_AGO, a_park, a_space, an_article
from submissions import a_record

from leads import announcing, filing
from leads.models import Alarm, Enquiry, Recipient
from parkcms.outbox.models import Notice

pytestmark = pytest.mark.django_db


def filed(record, **how):
    return filing.file(record, **({"was_told": False} | how))


def test_a_record_becomes_a_row_with_all_it_says():
    record = a_record(
        uses=["production", "rnd"],
        budget_text="每月 30 元/㎡",
        districts=["310114"],
        move_in="3m",
        tax_text="200 万元",
        company="某某有限公司",
        credit_code="91350100M000100Y43",
        phone="(021)5950 1234转8012",
        wechat="wang_2026",
        email="wang@example.cn",
        message="要行车",
        consent_operator="on",
    )
    filed(record)

    row = Enquiry.objects.get()
    assert (row.reference, row.token, row.submitted_at) == (
        record.reference, record.token, record.at,
    )  # fmt: skip
    assert (row.intent, row.uses, row.districts, row.move_in) == (
        "rent", ["production", "rnd"], ["310114"], "3m",
    )  # fmt: skip
    assert (row.area_min_m2, row.area_max_m2, row.area_text) == (1500, 1500, "1500 平")
    assert str(row.budget_cny_m2_day) == "0.986"
    assert (row.phone_e164, row.phone_extension) == ("+862159501234", "8012")
    assert (row.company, row.credit_code) == ("某某有限公司", "91350100M000100Y43")
    assert (row.email, row.wechat, row.message) == ("wang@example.cn", "wang_2026", "要行车")
    assert (row.consent_version, row.consent_known, row.consent_operator) == (
        "privacy-1", True, True,
    )  # fmt: skip
    assert (row.status, row.owner, row.signals, row.held) == ("new", None, [], False)


def test_filing_the_same_reference_again_changes_nothing():
    record = a_record()
    first = filed(record)
    assert filed(record) == filed(record, was_told=True) == first
    assert Enquiry.objects.count() == 1


def test_the_same_content_within_a_quarter_of_an_hour_is_one_row():
    first, second = a_record(), a_record()
    filed(first)
    assert filed(second).reference == first.reference
    assert Enquiry.objects.count() == 1


def test_the_same_content_later_is_another_row():
    first = a_record()
    filed(first)
    second = replace(a_record(), at=first.at + timedelta(minutes=15, seconds=1))
    assert filed(second).reference == second.reference
    assert Enquiry.objects.count() == 2


def test_a_reference_somebody_was_told_is_kept_and_marked_as_a_double():
    first, second = a_record(), a_record()
    filed(first)
    assert filed(second, was_told=True).reference == second.reference
    assert Enquiry.objects.get(reference=second.reference).duplicate_of == first.reference


def test_the_park_space_and_page_are_looked_up():
    space = a_space(park := a_park())
    article = an_article(title="厂房招商")
    about = {"about_kind": "space", "about_id": f"{park.slug}/{space.slug}"}
    filed(a_record(**about, origin_kind="article", origin_id=str(article.pk)))

    row = Enquiry.objects.get()
    assert (row.park, row.space, row.about_known) == (park, space, True)
    assert (row.origin_title, row.origin_path) == ("厂房招商", f"/articles/{article.pk}/")
    assert row.origin_known


@pytest.mark.parametrize(
    "unknown",
    [
        {"about_kind": "park", "about_id": "nowhere"},
        {"about_kind": "space", "about_id": "no/where"},
        {"about_kind": "space", "about_id": "///"},
        {"about_kind": "castle", "about_id": "1"},
        {"about_kind": "park", "about_id": "嘉定"},
        {"about_id": "x"},
    ],
)
def test_what_is_not_known_is_stored_as_it_came_and_marked(unknown):
    filed(a_record(**unknown))
    row = Enquiry.objects.get()
    assert (row.park, row.space, row.about_known) == (None, None, False)
    assert (row.about_kind, row.about_id) == (
        unknown.get("about_kind", ""), unknown["about_id"],
    )  # fmt: skip


def test_a_park_that_is_not_public_is_not_known():
    park = a_park(publish_at=None)
    filed(a_record(about_kind="park", about_id=park.slug))
    assert Enquiry.objects.get().about_known is False


@pytest.mark.parametrize("origin_id", ["999999999", "9" * 40, "x", "１", ""])
def test_an_unknown_page_is_marked(origin_id):
    filed(a_record(origin_kind="article", origin_id=origin_id))
    row = Enquiry.objects.get()
    assert (row.origin_known, row.origin_id, row.origin_path) == (False, origin_id, "")


@pytest.mark.parametrize("version", ["privacy-99", "privacy-", "about-1", "", None, "privacy-1x"])
def test_an_unknown_privacy_text_is_marked(version):
    filed(a_record(consent_version=version))
    row = Enquiry.objects.get()
    assert (row.consent_version, row.consent_known) == (version or "", False)


# --- telling the agents -------------------------------------------------------------------------


@pytest.fixture
def recipients():
    everybody = Recipient.objects.create(channel="mail", address="all@example.cn")
    park = a_park()
    its_own = Recipient.objects.create(channel="mail", address="park@example.cn", park=park)
    Recipient.objects.create(channel="mail", address="other@example.cn", park=a_park())
    Recipient.objects.create(channel="mail", address="gone@example.cn", park=park, is_active=False)
    return park, everybody, its_own


def test_the_people_a_park_names_are_told_once(recipients):
    park, _everybody, _its_own = recipients
    record = a_record(about_kind="park", about_id=park.slug)
    filed(record)
    filed(record, was_told=True)
    assert sorted(Notice.objects.values_list("address", flat=True)) == [
        "all@example.cn",
        "park@example.cn",
    ]
    assert announcing.announce(Enquiry.objects.get()) == 0


def test_a_notice_has_a_link_and_a_masked_summary_and_nothing_that_was_typed(recipients):
    typed = {"contact_name": "王女士", "company": "某某有限公司", "message": "请打 139 0000 0099",
             "wechat": "wang_2026", "budget_text": "13900000098"}  # fmt: skip
    filed(a_record(**typed))
    row, notice = Enquiry.objects.get(), Notice.objects.get()
    assert notice.link == f"/admin/leads/enquiry/{row.pk}/change/"
    assert notice.body == "需求：租赁 · 1,500 ㎡\n联系：139****0011"
    told = f"{notice.subject}{notice.body}{notice.link}{notice.key}"
    for secret in (*typed.values(), "0000 0011", "13900000011", row.token):
        assert secret not in told


def test_what_is_held_as_spam_is_told_to_nobody(recipients):
    filed(a_record(website="http://spam.example"))
    row = Enquiry.objects.get()
    assert (row.held, row.signals) == (True, ["honeypot"])
    assert Notice.objects.count() == 0


def test_an_alarm_stands_in_the_same_transaction():
    filed(a_record(), alarm="错误 28")
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.detail, alarm.count) == ("journal", "错误 28", 1)
    filed(a_record(phone="139 0000 0012"), alarm="错误 5")
    alarm.refresh_from_db()
    assert (alarm.detail, alarm.count) == ("错误 5", 2)


def test_the_time_of_the_row_is_when_it_was_sent_not_when_it_was_filed():
    filed(replace(a_record(), at=LONG_AGO))
    row = Enquiry.objects.get()
    assert row.submitted_at == LONG_AGO
    assert row.filed_at > datetime(2026, 1, 1, tzinfo=UTC)
