"""What did not arrive is tried again later and later, and then given to a person."""

from datetime import UTC, datetime, timedelta

import pytest
from factories import a_notice

from parkcms.outbox import channels, jobs
from parkcms.outbox.models import Notice

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


class Context:
    """What procrastinate gives a job to know of itself."""

    def __init__(self, number=1):
        self.job = self
        self.id = number


@pytest.fixture(autouse=True)
def clock(time_machine, settings):
    settings.OUTBOX_CHANNELS = {"mail", "wecom"}
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def failing(monkeypatch):
    """Each delivery fails; what was tried is in the list."""
    tried = []

    def deliver(**message):
        tried.append(message)
        raise channels.Undeliverable("timeout")

    monkeypatch.setattr(channels, "deliver", deliver)
    return tried


def send(notice, number=1):
    jobs.send(Context(number), notice.pk)
    notice.refresh_from_db()
    return notice


def test_the_waits_are_one_five_and_thirty_minutes_two_and_six_hours(clock, failing):
    notice, waits = a_notice(), []
    while send(notice).state == "queued":
        wait = notice.next_try_at - datetime.now(UTC)
        waits.append(wait / timedelta(minutes=1))
        clock.shift(wait - timedelta(seconds=1))
        assert list(Notice.objects.due()) == []
        send(notice)  # too early: nothing happens
        clock.shift(timedelta(seconds=1))
        assert list(Notice.objects.due()) == [notice]
    assert waits == [1, 5, 30, 120, 360]
    assert (notice.state, notice.tries, len(failing)) == ("dead", 6, 6)
    assert (notice.last_error, notice.why) == ("timeout", "对方没有及时回答")


def test_the_dead_are_not_tried_any_more(clock, failing):
    notice = a_notice(state="dead")
    clock.shift(timedelta(days=30))
    send(notice)
    assert failing == []
    assert list(Notice.objects.due()) == []


def test_a_success_after_failures_forgets_them(clock, failing, monkeypatch):
    notice = send(a_notice())
    monkeypatch.setattr(channels, "deliver", lambda **message: None)
    clock.shift(timedelta(minutes=1))
    send(notice)
    assert (notice.state, notice.tries, notice.last_error) == ("sent", 2, "")


def test_what_can_never_arrive_is_dead_at_once(monkeypatch):
    def deliver(**message):
        raise channels.Undeliverable("address", is_final=True)

    monkeypatch.setattr(channels, "deliver", deliver)
    notice = send(a_notice())
    assert (notice.state, notice.tries, notice.why) == ("dead", 1, "收件地址写得不对")


def test_a_fault_of_ours_is_noted_by_its_name_alone(monkeypatch, caplog):
    def deliver(**message):
        raise KeyError("13800138000")

    monkeypatch.setattr(channels, "deliver", deliver)
    notice = send(a_notice())
    assert (notice.state, notice.last_error) == ("queued", "KeyError")
    assert caplog.messages == [f"notice {notice.pk}: KeyError"]
    assert "13800138000" not in caplog.text


def test_a_job_for_a_row_that_is_gone_does_nothing(failing):
    jobs.send(Context(), 999_999)
    assert failing == []


def test_a_job_that_runs_twice_sends_once(monkeypatch):
    sent = []
    monkeypatch.setattr(channels, "deliver", lambda **message: sent.append(message))
    notice = a_notice()
    send(notice)
    send(notice)
    send(notice, 2)
    assert sent == [
        {
            "channel": "mail",
            "address": "agent@example.cn",
            "subject": notice.subject,
            "body": "联系：138****8000",
            "link": "/admin/",
            "unsubscribe": "",
        }
    ]


def test_a_job_whose_worker_died_on_the_way_tries_again_at_once(monkeypatch):
    sent = []
    monkeypatch.setattr(channels, "deliver", lambda **message: sent.append(message))
    notice = a_notice()
    notice.claim(by=7)  # and then the worker died
    send(notice, 8)
    assert sent == []
    send(notice, 7)
    assert (len(sent), notice.state) == (1, "sent")


def test_a_channel_switched_off_meanwhile_leaves_a_dead_letter(settings):
    notice = a_notice()
    settings.OUTBOX_CHANNELS = set()
    send(notice)
    assert (notice.state, notice.why) == ("dead", "这个通道没有打开")


def test_every_minute_what_is_due_gets_one_job(jobs, clock):
    from parkcms.outbox.jobs import send_due

    due = [a_notice(), a_notice(channel="wecom", address="x")]
    a_notice(next_try_at=NOW + timedelta(minutes=2))
    a_notice(state="dead")
    a_notice(state="off")
    stale = a_notice(state="sending", claimed_at=NOW - timedelta(minutes=3), tries=1)
    lost = a_notice(state="sending", claimed_at=NOW - timedelta(minutes=3), tries=6)
    for _ in range(2):  # the second minute finds them waiting already
        send_due(0)
        assert sorted(job[1]["notice_id"] for job in jobs()) == [due[0].pk, due[1].pk, stale.pk]
    assert {job[0] for job in jobs()} == {"outbox.send"}
    lost.refresh_from_db()
    assert lost.state == "dead"
