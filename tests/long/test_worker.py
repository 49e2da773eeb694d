"""A real worker, killed and stopped in every way, and its Postgres: no job is lost."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from faults import ROOT, environment, eventually, postmaster_of, processes_of, supervisor_of

from parkcms import database
from parkcms.programs import Program, Programs

pytestmark = [
    pytest.mark.xdist_group("long"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]
A_MINUTE = 60
WORK = (sys.executable, str(ROOT / "manage.py"), "work")


class Place:
    """A data folder with a Postgres of its own, and at times a supervised worker."""

    def __init__(self, var):
        self.var = var
        self.environment = environment(
            PARKCMS_VAR=str(var),
            DJANGO_SETTINGS_MODULE="worker_settings",
            PYTHONPATH=str(Path(__file__).parent),
            PYTHONUNBUFFERED="1",
        )
        self.said = var.parent / "said.txt"
        self.programs = None

    def manage(self, *words):
        command = [sys.executable, str(ROOT / "manage.py"), *words]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self):
        """A worker that is replaced when it dies or is silent, as bin/serve does it."""
        pairs = [f"{name}={value}" for name, value in self.environment.items()]
        shell = (
            "env",
            "--unset=PARKCMS_PROFILE",
            *pairs,
            "sh",
            "-c",
            f'exec "$@" >>{self.said} 2>&1',
            "sh",
            *WORK,
        )
        self.programs = Programs([Program("后台任务", shell, vital=False, silent_seconds=20)], ROOT)
        self.programs.watch()
        self.stopping = threading.Event()
        self.watching = threading.Thread(target=self._watch)
        self.watching.start()

    def _watch(self):
        while not self.stopping.wait(0.1):
            self.programs.watch()

    def stop_watching(self):
        self.stopping.set()
        self.watching.join()

    def stop(self):
        self.stop_watching()
        self.programs.stop()

    @property
    def worker(self):
        return self.programs.runs[0].process.pid

    def ask(self, query, *values):
        """The rows; asks again while the server is coming back."""
        deadline = time.monotonic() + A_MINUTE
        while True:
            try:
                server = database.ensure(self.var)
                with psycopg.connect(**server, autocommit=True) as connection:
                    asked = connection.execute(query, values)
                    return asked.fetchall() if asked.description else None
            except psycopg.OperationalError:
                assert time.monotonic() < deadline
                time.sleep(0.1)

    def defer(self, name, task="test.slow"):
        self.ask(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
            " VALUES ('default', %s, jsonb_build_object('name', %s::text))",
            task,
            name,
        )

    def runs(self, name):
        """How often the job began."""
        path = self.var / f"{name}.began"
        return len(path.read_text()) if path.exists() else 0

    def let(self, name):
        (self.var / f"{name}.go").touch()

    def status(self, name):
        return [
            row[0]
            for row in self.ask(
                "SELECT status FROM procrastinate_jobs WHERE args->>'name' = %s ORDER BY id", name
            )
        ]

    def does(self, name):
        """Whether a job that is put into the queue now is done within a minute."""
        self.let(name)
        self.defer(name)
        return eventually(lambda: self.status(name) == ["succeeded"], A_MINUTE)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    place = Place(tmp_path_factory.mktemp("worker") / "var")
    place.manage("migrate", "--verbosity=0")
    yield place
    database.release(place.var, seconds=60)
    assert eventually(lambda: not processes_of(place.var), 30), processes_of(place.var)


@pytest.fixture
def place(migrated):
    migrated.start()
    yield migrated
    migrated.stop()
    migrated.ask("TRUNCATE procrastinate_jobs CASCADE")


def begun(place, name):
    """A job that is under way, held by the worker's present process."""
    place.defer(name)
    assert eventually(lambda: place.runs(name) == 1, 30), place.said.read_text()
    return place.worker


def test_a_job_of_a_killed_worker_is_taken_up_again_within_a_minute(place):
    worker = begun(place, "killed")
    place.let("killed")
    os.kill(worker, signal.SIGKILL)
    since = time.monotonic()
    assert eventually(lambda: place.status("killed") == ["succeeded"], A_MINUTE)
    assert time.monotonic() - since < A_MINUTE
    assert place.runs("killed") == 2
    assert place.worker != worker


def test_a_job_of_a_stopped_worker_is_taken_up_again_within_a_minute(place):
    worker = begun(place, "stopped")
    place.let("stopped")
    os.kill(worker, signal.SIGSTOP)
    assert eventually(lambda: place.runs("stopped") == 2, A_MINUTE), place.said.read_text()
    assert eventually(lambda: place.status("stopped") == ["succeeded"])
    assert place.worker != worker


def test_a_killed_postgres_loses_no_job_and_the_worker_goes_on(place):
    worker = begun(place, "database")
    os.kill(supervisor_of(place.var), signal.SIGKILL)
    os.kill(postmaster_of(place.var), signal.SIGKILL)
    place.let("database")
    assert eventually(lambda: place.status("database") == ["succeeded"], A_MINUTE)
    assert place.does("afterwards")
    assert place.worker == worker  # it survived


def test_a_postgres_that_hangs_for_a_while_is_waited_for(place):
    worker = begun(place, "hanging")
    pids = [pid for pid, said in processes_of(place.var).items() if "postgres" in said]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    place.let("hanging")
    time.sleep(25)  # longer than it takes to count as dead
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    assert eventually(lambda: place.status("hanging") == ["succeeded"], A_MINUTE)
    assert place.does("after-hanging")
    assert place.worker == worker


def test_what_a_job_puts_into_the_queue_stands_or_falls_with_its_transaction(place):
    place.let("deferred-stays")
    place.defer("deferred", "test.defers")
    assert eventually(lambda: place.status("deferred-stays") == ["succeeded"], 30)
    assert place.status("deferred") == ["succeeded"]
    assert place.status("deferred-never") == []


def test_a_notice_reaches_the_terminal_by_itself(place):
    post = (
        "from parkcms.outbox.models import Notice; Notice.objects.post(key='k', channel='mail',"
        " address='li.si@example.cn', subject='新需求 LE-1', body='联系：138****8000', link='/x/')"
    )
    place.manage("shell", "--no-imports", "-c", post)
    assert eventually(lambda: place.ask("SELECT state FROM outbox_notice") == [("sent",)], 30)
    origin = f"http://127.0.0.1:{place.environment['PORT']}"
    told = f"── 通知（mail l***@example.cn）新需求 LE-1\n联系：138****8000\n{origin}/x/\n"
    assert told in place.said.read_text()


def test_sigterm_ends_it_within_seconds_even_while_a_job_runs(place):
    worker = begun(place, "endless")
    place.stop_watching()
    since = time.monotonic()
    os.kill(worker, signal.SIGTERM)
    process = place.programs.runs[0].process
    assert process.wait(20) == 0
    assert time.monotonic() - since < 12
    place.start()
    place.let("endless")
    assert eventually(lambda: place.status("endless") == ["succeeded"], A_MINUTE)


def test_without_anything_to_do_sigterm_ends_it_at_once(place):
    assert place.does("something")
    place.stop_watching()
    since = time.monotonic()
    os.kill(place.worker, signal.SIGTERM)
    assert place.programs.runs[0].process.wait(20) == 0
    assert time.monotonic() - since < 5


def test_a_worker_that_is_there_before_the_tables_waits_for_them(tmp_path):
    place = Place(tmp_path / "var")
    with place.said.open("ab") as said:
        worker = subprocess.Popen(WORK, env=place.environment, stdout=said, stderr=said)
    try:
        assert eventually(lambda: "稍后再试" in place.said.read_text(), 60)
        place.manage("migrate", "--verbosity=0")
        assert place.does("late")
        assert worker.poll() is None
    finally:
        worker.terminate()
        assert worker.wait(20) == 0
        database.release(place.var, seconds=60)
