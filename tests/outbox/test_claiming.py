"""A notice is tried by one worker at a time; what a dead one held is tried again."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from factories import a_notice

from parkcms.outbox.models import MOST_TRIES, Notice

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


def twice(notice):
    """The same row, as two workers read it."""
    return Notice.objects.get(pk=notice.pk), Notice.objects.get(pk=notice.pk)


def test_the_second_to_claim_gets_nothing():
    one, other = twice(a_notice())
    assert (one.claim(), other.claim()) == (True, False)
    assert (one.state, one.tries, one.claimed_at) == ("sending", 1, NOW)
    assert (other.state, other.tries) == ("queued", 0)


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_one_gets_it():
    notice = a_notice()
    start, results = threading.Barrier(8), []

    def worker():
        mine = Notice.objects.get(pk=notice.pk)
        start.wait(20)
        results.append(mine.claim())
        connections.close_all()

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(results) == [False] * 7 + [True]
    notice.refresh_from_db()
    assert notice.tries == 1


@pytest.mark.parametrize("state", ["sent", "dead", "given_up", "off"])
def test_what_is_not_waiting_can_not_be_claimed(state):
    notice = a_notice(state=state, sent_at=NOW if state == "sent" else None)
    assert not notice.claim()
    assert not notice.claim(by=5)


def test_what_is_due_later_can_not_be_claimed_now(clock):
    notice = a_notice(next_try_at=NOW + timedelta(minutes=5))
    assert not notice.claim()
    clock.shift(timedelta(minutes=5))
    assert notice.claim()


def test_a_claim_is_free_again_after_two_minutes(clock):
    one, other = twice(a_notice())
    one.claim()
    clock.shift(timedelta(minutes=2))
    assert list(Notice.objects.due()) == []
    assert not other.claim()
    clock.shift(timedelta(microseconds=1))
    assert list(Notice.objects.due()) == [other]
    assert other.claim()
    assert other.tries == 2


def test_the_same_job_takes_over_its_own_claim_at_once():
    one, other = twice(a_notice())
    assert one.claim(by=7)
    assert not other.claim(by=8)
    assert other.claim(by=7)
    assert other.tries == 2


def test_who_lost_the_claim_changes_nothing_any_more(clock):
    slow, other = twice(a_notice())
    slow.claim(by=7)
    clock.shift(timedelta(minutes=3))
    other.claim(by=8)
    assert not slow.sent()
    assert not slow.failed("timeout")
    assert other.sent()
    assert Notice.objects.get().state == "sent"


def test_what_is_sent_is_sent_once():
    one, other = twice(a_notice())
    one.claim()
    assert one.sent()
    assert (one.state, one.sent_at, one.claimed_at, one.last_error) == ("sent", NOW, None, "")
    assert not one.sent()
    assert not other.claim()
    assert list(Notice.objects.due()) == []


def test_what_kills_every_worker_is_dead_after_the_last(clock):
    notice = a_notice()
    for number in range(MOST_TRIES):
        assert Notice.objects.bury() == 0
        assert notice.claim(by=number)
        clock.shift(timedelta(minutes=3))
    assert not notice.claim()
    assert Notice.objects.bury() == 1
    notice.refresh_from_db()
    assert (notice.state, notice.last_error, notice.why) == (
        "dead", "lost", "每次发送时后台都中断了",
    )  # fmt: skip


def test_the_oldest_is_due_first():
    late = a_notice(next_try_at=NOW)
    early = a_notice(next_try_at=NOW - timedelta(hours=1))
    a_notice(next_try_at=NOW + timedelta(seconds=1))
    assert list(Notice.objects.due()) == [early, late]
