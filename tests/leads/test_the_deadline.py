"""Database work with a deadline of the client's own: a hung server holds up nobody for long."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, connections

from leads import bounded
from leads.bounded import Bounded, DatabaseAway
from leads.breaker import Breaker
from leads.models import Alarm

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def own():
    """A Bounded with a short deadline, whose connections are closed at the end."""
    one = Bounded(seconds=0.4)
    yield one
    one.close()
    assert eventually(lambda: one._threads == 0), "a thread was left"


def eventually(question, seconds=15):
    until = time.monotonic() + seconds
    while not question() and time.monotonic() < until:
        time.sleep(0.01)
    return question()


def ask(sql="SELECT 1"):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def backends():
    """Connections of enquiries to this database, as the server sees them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE application_name = 'parkcms enquiries' AND datname = %s",
            [connection.settings_dict["NAME"]],
        )
        return cursor.fetchone()[0]


def test_it_runs_on_a_connection_of_its_own_and_keeps_it(own):
    here = ask("SELECT pg_backend_pid()")
    first = own.call(lambda: ask("SELECT pg_backend_pid()"))
    assert first != here
    assert own.call(lambda: ask("SELECT pg_backend_pid()")) == first
    assert backends() == 1


def test_what_takes_too_long_is_given_up_and_its_connection_is_never_used_again(own):
    pid = own.call(lambda: ask("SELECT pg_backend_pid()"))
    began = time.monotonic()
    with pytest.raises(DatabaseAway):
        own.call(lambda: ask("SELECT pg_sleep(60)"))
    assert time.monotonic() - began < 5
    own.breaker.succeeded()
    assert own.call(lambda: ask("SELECT pg_backend_pid()")) != pid
    assert own._threads <= 2


def test_after_a_failure_nobody_asks_for_a_while_and_then_one_does(own, monkeypatch):
    own.breaker = Breaker(rest=1000)
    with pytest.raises(DatabaseAway):
        own.call(lambda: ask("SELECT pg_sleep(60)"))
    asked = []
    with pytest.raises(DatabaseAway, match="resting"):
        own.call(lambda: asked.append(1))
    own.breaker._open_until = 0
    assert own.call(lambda: ask()) == 1
    assert own.call(lambda: ask()) == 1
    assert asked == []


def test_a_connection_that_died_is_replaced_without_anybody_noticing(own):
    pid = own.call(lambda: ask("SELECT pg_backend_pid()"))
    ask(f"SELECT pg_terminate_backend({pid})")
    assert own.call(lambda: ask("SELECT pg_backend_pid()")) != pid


def test_errors_of_the_work_itself_are_raised_and_are_no_absence(own):
    with pytest.raises(DataError):
        own.call(lambda: ask("SELECT 'x' || repeat('y', -1) || (1/0)::text"))
    with pytest.raises(ZeroDivisionError):
        own.call(lambda: 1 / 0)
    with pytest.raises(IntegrityError):
        own.call(lambda: Alarm.objects.bulk_create(Alarm(kind="journal") for _ in range(2)))
    assert own.call(lambda: ask()) == 1


def test_a_server_that_takes_connections_and_says_nothing_is_away(own, monkeypatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings = dict(connections.settings["default"])
        settings |= {"HOST": "127.0.0.1", "PORT": str(silent.getsockname()[1]),
                     "ENGINE": "django.db.backends.postgresql", "USER": "nobody"}  # fmt: skip
        monkeypatch.setitem(connections.settings, "default", settings)
        began = time.monotonic()
        with pytest.raises(DatabaseAway):
            own.call(lambda: ask())
        assert time.monotonic() - began < 2


def test_many_at_once_while_it_hangs_take_few_threads(own):
    def one(_):
        with pytest.raises(DatabaseAway):
            own.call(lambda: ask("SELECT pg_sleep(60)"))

    with ThreadPoolExecutor(40) as threads:
        list(threads.map(one, range(80)))
    assert own._threads <= bounded.MOST_THREADS


def test_parameters_go_apart_from_the_statement(own):
    """So that a log of the server's can't hold what a visitor wrote."""

    def last_statement():
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::text", ["139 0000 0011"])
            cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()")
            return cursor.fetchone()[0]

    assert own.call(last_statement).startswith("SELECT query")
    assert own.call(lambda: connection.settings_dict["OPTIONS"]["server_side_binding"]) is True


# --- the breaker ----------------------------------------------------------------------------------


def test_of_many_who_come_after_the_rest_one_may_ask():
    breaker = Breaker(rest=0)
    assert breaker.failed()
    assert not breaker.failed()
    with ThreadPoolExecutor(16) as threads:
        may = list(threads.map(lambda _: breaker.may_ask(), range(64)))
    assert may.count(True) == 1
    breaker.succeeded()
    assert breaker.may_ask()
    assert breaker.may_ask()
    assert not breaker.is_resting()


def test_a_try_that_never_reports_does_not_close_it_for_ever(monkeypatch):
    breaker, now = Breaker(rest=2), [100.0]
    monkeypatch.setattr("leads.breaker.time.monotonic", lambda: now[0])
    breaker.failed()
    assert (breaker.may_ask(), breaker.is_resting()) == (False, True)
    now[0] += 2
    assert (breaker.is_resting(), breaker.may_ask(), breaker.may_ask()) == (False, True, False)
    now[0] += 10
    assert breaker.may_ask()


def test_an_operational_error_is_an_absence(own):
    def fail():
        raise OperationalError("gone")

    with pytest.raises(DatabaseAway):
        own.call(fail)
    assert own.breaker.is_resting()


def test_a_thread_is_free_again_when_its_work_is_done(own):
    started, go = threading.Event(), threading.Event()

    def slow():
        started.set()
        go.wait(5)
        return ask()

    own.seconds = 10
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(own.call, slow)
        started.wait(5)
        assert own.call(lambda: ask()) == 1
        go.set()
        assert first.result(5) == 1
    assert own._threads == 2
