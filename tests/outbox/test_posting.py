"""A notice is posted once, with its job, in the transaction of what it tells of."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, connections, transaction
from factories import a_notice
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parkcms.outbox.models import Notice

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def everything_on(settings):
    settings.OUTBOX_CHANNELS = {"mail", "wecom"}


def posted(**fields):
    return Notice.objects.post(
        **{
            "key": "enquiry:1:mail",
            "channel": "mail",
            "address": "agent@example.cn",
            "subject": "新需求 LE-1",
            "body": "联系：138****8000",
            "link": "/admin/leads/enquiry/1/change/",
            "about_kind": "leads.enquiry",
            "about_id": "1",
        }
        | fields
    )


def test_a_notice_is_a_row_and_a_job_with_its_number(jobs, time_machine):
    time_machine.move_to(NOW, tick=False)
    notice = posted()
    assert Notice.objects.values().get() == {
        "id": notice.pk,
        "key": "enquiry:1:mail",
        "channel": "mail",
        "address": "agent@example.cn",
        "subject": "新需求 LE-1",
        "body": "联系：138****8000",
        "link": "/admin/leads/enquiry/1/change/",
        "unsubscribe": "",
        "about_kind": "leads.enquiry",
        "about_id": "1",
        "state": "queued",
        "tries": 0,
        "next_try_at": NOW,
        "claimed_at": None,
        "claimed_by": None,
        "sent_at": None,
        "last_error": "",
        "created_at": NOW,
    }
    assert jobs() == [("outbox.send", {"notice_id": notice.pk})]


def test_what_comes_back_is_the_row():
    notice = posted()
    assert notice == Notice.objects.get()
    assert notice.claim()


def test_the_same_key_is_posted_once(jobs):
    first = posted()
    assert posted(subject="别的话", address="other@example.cn") is None
    assert posted(key="enquiry:2:mail") is not None
    assert Notice.objects.get(key="enquiry:1:mail").subject == first.subject
    assert len(jobs()) == 2


def test_a_second_post_leaves_the_callers_transaction_whole():
    posted()
    with transaction.atomic():
        assert posted() is None
        a_notice(key="after")
    assert Notice.objects.filter(key="after").exists()


def test_what_is_rolled_back_was_never_posted():
    with transaction.atomic():
        posted()
        transaction.set_rollback(True)
    assert Notice.objects.count() == 0
    assert posted() is not None


def test_posting_asks_the_database_once(django_assert_num_queries):
    with transaction.atomic(), django_assert_num_queries(3):  # the INSERT and its savepoint
        posted()


@pytest.mark.django_db(transaction=True)
def test_two_who_post_the_same_at_once_make_one_row():
    """The second waits for the first, and finds out what became of it."""
    results = {}

    def second():
        results["second"] = posted()
        connections.close_all()

    with transaction.atomic():
        results["first"] = posted()
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.2)
        assert "second" not in results
    thread.join(20)
    assert results["second"] is None
    assert Notice.objects.get() == results["first"]


@pytest.mark.parametrize(
    ("channels", "channel", "state"),
    [
        (set(), "mail", "off"),
        (set(), "wecom", "off"),
        (set(), "console", "off"),
        ({"mail"}, "mail", "queued"),
        ({"mail"}, "wecom", "off"),
        ({"mail"}, "console", "off"),
        ({"console"}, "mail", "queued"),
        ({"console"}, "wecom", "queued"),
        ({"console"}, "console", "queued"),
    ],
)
def test_a_channel_that_is_off_gets_a_row_that_is_never_sent(
    settings, jobs, channels, channel, state
):
    settings.OUTBOX_CHANNELS = channels
    notice = posted(channel=channel)
    assert notice.state == state
    assert len(jobs()) == (state == "queued")
    settings.OUTBOX_CHANNELS = {"mail", "wecom", "console"}
    assert list(Notice.objects.due()) == ([notice] if state == "queued" else [])
    assert notice.claim() is (state == "queued")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    body=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    subject=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
)
def test_any_words_are_kept_as_they_are(body, subject):
    with transaction.atomic():
        notice = posted(body=body, subject=subject)
        kept = Notice.objects.get(pk=notice.pk)
        assert (kept.body, kept.subject) == (body, subject[:200])
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": ""},
        {"channel": "pigeon"},
        {"state": "lost"},
        {"state": "sending"},
        {"claimed_at": NOW},
        {"state": "sent"},
        {"sent_at": NOW},
        {"claimed_by": 7},
    ],
)
def test_the_database_refuses_a_row_that_can_not_be(wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        a_notice(**wrong)
    assert Notice.objects.count() == 0


def test_what_is_due_is_found_by_its_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Notice.objects.due().explain()
    assert "outbox_notice_due" in plan
