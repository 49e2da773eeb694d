"""One fault at a time under the enquiry form, with a real gunicorn and a real Postgres."""

import contextlib
import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from faults import ROOT, environment, eventually, postmaster_of, processes_of

from leads.hostlock import HostLock
from leads.journal import Journal
from leads.recent import Known
from leads.record import Record
from parkcms import database

pytestmark = [
    pytest.mark.xdist_group("long"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]
NOISE = 0.7  # seconds that other tests on the machine may take
MANY = 200
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GUNICORN = (sys.executable, "-m", "gunicorn", "-c", str(ROOT / "deploy/gunicorn.conf.py"))
# Puts a small disk under the journal, seen by the command that follows and by nobody else.
SMALL_DISK = 'mount -t tmpfs -o size="$1" none "$2" 2>/dev/null || exit 77; shift 2; exec "$@"'
MAY_NOT_MOUNT = 77
LI = {
    "intent": "rent",
    "contact_name": "李先生",
    "company": "某某精密机械有限公司",
    "phone": "138 0013 8000",
    "area_text": "1500 平",
    "message": "一层，要行车",
    "consent": "on",
    "consent_version": "privacy-1",
}


class Host:
    """A gunicorn, and a Postgres that stays as it is put: nobody but the test starts it again."""

    def __init__(self, folder):
        self.var, self.postgres = folder / "var", folder / "postgres"
        self.journal = Journal(self.var / "journal")
        self.said = folder / "said.txt"
        self.process = None
        server = database.ensure(self.postgres)
        url = f"postgresql://{server['user']}@/{server['dbname']}?host={server['host']}"
        self.environment = environment(
            PARKCMS_VAR=str(self.var), DATABASE_URL=f"{url}&port={server['port']}",
            PARKCMS_PROFILE="local", ENQUIRY_HARD_LIMIT="0",
            DJANGO_SETTINGS_MODULE="parkcms.settings",
        )  # fmt: skip

    def manage(self, *words):
        command = [sys.executable, str(ROOT / "manage.py"), *words]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )

    def start(self, *before):
        """The web server, started through the command `before` where there is one."""
        with self.said.open("ab") as said:
            self.process = subprocess.Popen(
                [*before, *GUNICORN], cwd=ROOT, env=self.environment, stdout=said, stderr=said
            )
        assert eventually(lambda: self.ask("/health/live")[0] == 200 or self.process.poll(), 60)
        return self.process.poll() is None

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
            self.process = None

    def workers(self):
        found = {pid for pid, said in processes_of(self.var).items() if "gunicorn" in said}
        return found - {self.process.pid}

    # --- the database ---

    def send_to_database(self, number):
        """A signal for the postmaster and all its children."""
        postmaster = postmaster_of(self.postgres)
        for pid, said in processes_of(self.postgres).items():
            if pid == postmaster or said.startswith("postgres:"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    def have_database(self):
        """Whatever was done to it: it answers again."""
        self.send_to_database(signal.SIGCONT)
        assert eventually(self._database_answers, 30)

    def _database_answers(self):
        with contextlib.suppress(psycopg.OperationalError):
            return self.query("SELECT 1")

    def query(self, query):
        with psycopg.connect(**database.ensure(self.postgres), autocommit=True) as connection:
            asked = connection.execute(query)
            return asked.fetchall() if asked.description else None

    def rows(self):
        """[(token, reference, duplicate_of)], oldest first."""
        return self.query(
            "SELECT token, reference, duplicate_of FROM leads_enquiry"
            " WHERE NOT is_sample ORDER BY submitted_at, id"
        )

    def replayed(self):
        done = self.manage("replay_journal")
        assert done.returncode == 0, done.stderr
        assert self.journal.unsettled() == []
        return self.rows()

    # --- visitors ---

    def ask(self, path, fields=None):
        """(status, Location, page, seconds); status None when no answer came."""
        door = http.client.HTTPConnection("127.0.0.1", int(self.environment["PORT"]), timeout=60)
        since, status, place, page = time.monotonic(), None, "", ""
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(door):
            door.request("POST" if fields else "GET", path, fields and urlencode(fields), FORM)
            answer = door.getresponse()
            page = answer.read().decode()
            status, place = answer.status, answer.headers.get("Location", "")
        return status, place, page, time.monotonic() - since

    def post(self, **fields):
        """(token, seconds) of an enquiry that is received."""
        status, place, page, seconds = self.ask("/enquiries/new/", LI | fields)
        assert status == 303, page
        return place.split("/")[2], seconds

    def post_together(self, many, **fields):
        """The tokens and seconds of as many posts of the same content at the same time."""
        gate = threading.Barrier(many)

        def one(_number):
            gate.wait()
            return self.post(**fields)

        with ThreadPoolExecutor(many) as pool:
            answers = list(pool.map(one, range(many)))
        return [token for token, _ in answers], [seconds for _, seconds in answers]

    def receipt(self, token):
        status, _place, page, _seconds = self.ask(f"/enquiries/{token}/")
        assert status == 200, page
        return page


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("enquiries")
    host = Host(folder)
    for command in ("migrate", "load_demo"):
        done = host.manage(command, "--verbosity=0")
        assert done.returncode == 0, done.stderr
    yield host
    database.release(host.postgres, seconds=60)
    assert eventually(lambda: not processes_of(folder), 30), processes_of(folder)


@pytest.fixture
def idle(prepared):
    """The host with nothing running but Postgres, and no enquiry anywhere."""
    prepared.query("DELETE FROM leads_enquiry WHERE NOT is_sample; DELETE FROM leads_alarm")
    shutil.rmtree(prepared.journal.folder, ignore_errors=True)
    yield prepared
    prepared.have_database()
    prepared.stop()


@pytest.fixture
def host(idle):
    assert idle.start()
    return idle


@contextlib.contextmanager
def journal_unwritable(host):
    """A file stands where the folder should be: root may write to any folder."""
    folder = host.journal.folder
    aside = folder.with_name("journal-aside")
    if folder.exists():
        folder.rename(aside)
    folder.write_text("")
    yield
    folder.unlink()
    if aside.exists():
        aside.rename(folder)


# --- the database stopped and hung ----------------------------------------------------------------


def test_with_postgres_stopped_an_enquiry_is_received_within_a_second(host):
    host.post(contact_name="王女士")  # every connection there may be is open
    host.send_to_database(signal.SIGKILL)
    answers = [host.post(message=f"第 {n} 份") for n in range(9)]
    seconds = sorted(seconds for _token, seconds in answers)
    assert seconds[4] < 1
    assert seconds[-1] < 1 + NOISE
    for token, _seconds in answers:
        assert "正在归档" in host.receipt(token)

    host.have_database()
    filed = [token for token, *_ in host.replayed()]
    assert filed[1:] == [token for token, _seconds in answers]
    # For two seconds the site still rests from the failure, and says that it can't look.
    path = f"/enquiries/{answers[0][0]}/"
    assert eventually(lambda: "招商专员联系您" in host.ask(path)[2], 10)


def test_with_postgres_hung_an_enquiry_is_received_within_three_seconds(host):
    host.post(contact_name="王女士")
    host.send_to_database(signal.SIGSTOP)
    with ThreadPoolExecutor(9) as pool:
        answers = list(pool.map(lambda n: host.post(message=f"第 {n} 份"), range(9)))
    answers += [host.post(message=f"第 {n} 份") for n in range(9, 18)]
    assert max(seconds for _token, seconds in answers) < 3 + NOISE
    assert "正在归档" in host.receipt(answers[0][0])

    host.have_database()
    filed = sorted(token for token, *_ in host.replayed()[1:])
    assert filed == sorted(token for token, _seconds in answers)


# --- the same, many times -------------------------------------------------------------------------


@pytest.mark.parametrize("number", [None, signal.SIGKILL, signal.SIGSTOP])
def test_the_same_sent_many_times_together_is_one_enquiry(host, number):
    host.post(contact_name="王女士")
    if number:
        host.send_to_database(number)
    tokens, seconds = host.post_together(MANY)
    assert len(set(tokens)) == 1
    if number == signal.SIGSTOP:
        assert max(seconds) < 3 + NOISE
    assert host.post(phone="+86 138-0013-8000", message="一层， 要行车")[0] == tokens[0]

    host.have_database()
    rows = host.replayed()[1:]
    assert [(token, same) for token, _reference, same in rows] == [(tokens[0], "")]
    assert host.post()[0] == tokens[0]


def test_what_was_filed_without_the_journal_is_not_lost_when_it_is_sent_many_times(host):
    """The journal does not know it; whoever is told the newer reference finds a row with it."""
    with journal_unwritable(host):
        first = host.post()[0]
    tokens, _seconds = host.post_together(MANY)
    rows = host.replayed()
    filed = [token for token, *_ in rows]
    assert set(tokens) <= set(filed)
    assert len(filed) == len(set(filed))
    reference = rows[0][1]
    assert rows[0] == (first, reference, "")
    assert [same for *_, same in rows[1:]] == [reference] * (len(rows) - 1)
    assert host.post()[0] == first


def test_what_a_repeat_was_told_stays_though_the_lock_is_not_to_be_had(tmp_path):
    """Its sender is answered with the row that was there first; the repeat heard of this one."""
    journal, other = Journal(tmp_path / "journal"), Journal(tmp_path / "journal")
    at = datetime.now(UTC)
    record = Record("22222-22222", "t" * 32, at, "a" * 64, "", "zh-hans")
    journal.append(record)
    again = other.append(replace(record, reference="33333-33333", token="u" * 32))
    assert (again.reference, again.is_repeat) == (record.reference, True)

    with HostLock(tmp_path / "journal/lock").held() as held:
        assert held
        journal.fold(record, Known("44444-44444", "v" * 32, at.timestamp()))
    assert [one.reference for one in other.unsettled()] == [record.reference]


# --- the journal unwritable -----------------------------------------------------------------------


def test_without_the_journal_the_database_keeps_it_and_an_alarm_sounds(host):
    with journal_unwritable(host):
        tokens = [host.post()[0], host.post(contact_name="王女士")[0], host.post()[0]]
        assert "招商专员联系您" in host.receipt(tokens[0])
    assert tokens[2] == tokens[0]
    assert [token for token, *_ in host.rows()] == tokens[:2]
    assert host.query("SELECT kind, count, cleared_at FROM leads_alarm") == [("journal", 3, None)]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_with_neither_nothing_is_called_received_and_nothing_typed_is_lost(host, number):
    with journal_unwritable(host):
        host.send_to_database(number)
        status, _place, page, seconds = host.ask("/enquiries/new/", LI)
    assert status == 503
    assert seconds < 3 + NOISE
    typed = [re.search(f'name="{name}"[^>]*value="([^"]*)"', page)[1]
             for name in ("company", "contact_name", "phone", "area_text")]  # fmt: skip
    assert typed == [LI[name] for name in ("company", "contact_name", "phone", "area_text")]
    assert LI["message"] in page
    assert "400-000-0000" in page
    assert "没有收下" in page
    assert "已收到" not in page

    host.have_database()
    assert host.replayed() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_full_disk_under_the_journal_loses_nothing(idle):
    idle.journal.folder.mkdir(mode=0o700, parents=True)
    before = ("unshare", "--mount", "sh", "-c", SMALL_DISK, "sh", "64k", idle.journal.folder)
    if not idle.start(*before):
        assert idle.process.returncode == MAY_NOT_MOUNT
        pytest.skip("this machine lets nobody mount")
    tokens = [idle.post(message=f"第 {n} 份，" + "要行车" * 100)[0] for n in range(80)]
    assert [token for token, *_ in idle.rows()] == tokens
    assert idle.query("SELECT kind, detail FROM leads_alarm") == [
        ("journal", "错误 28：需求没有写进日志，只存进了数据库。")
    ]
    idle.send_to_database(signal.SIGSTOP)
    assert idle.ask("/enquiries/new/", LI | {"message": "要行车" * 500})[0] == 503
    idle.have_database()
    assert [token for token, *_ in idle.rows()] == tokens


# --- processes killed -----------------------------------------------------------------------------


@pytest.mark.parametrize("is_sent_again", [False, True])
def test_a_worker_killed_between_the_journal_and_the_answer_loses_nothing(host, is_sent_again):
    host.send_to_database(signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(host.ask, "/enquiries/new/", LI)
        assert eventually(host.journal.unsettled)
        for pid in host.workers():
            os.kill(pid, signal.SIGKILL)
        assert under_way.result()[0] is None
    token = host.journal.unsettled()[0].token
    if is_sent_again:
        assert host.post()[0] == token
    host.have_database()
    assert [(filed, same) for filed, _, same in host.replayed()] == [(token, "")]
    assert host.post()[0] == token


def test_everything_killed_with_a_torn_line_starts_again_with_all_that_was_received(host):
    host.send_to_database(signal.SIGKILL)
    before = host.post()[0]
    for pid in processes_of(host.var):
        os.kill(pid, signal.SIGKILL)
    host.process.wait()
    (segment,) = host.journal.folder.glob("segment-*.log")
    whole = segment.read_bytes()
    with segment.open("ab") as file:
        file.write(whole[: len(whole) // 2])

    host.have_database()
    assert host.start()
    assert "正在归档" in host.receipt(before)
    after = host.post(contact_name="王女士")[0]
    assert [token for token, *_ in host.replayed()] == [before, after]
    assert not (host.journal.folder / "unreadable").exists()


def test_the_files_of_the_journal_are_for_nobody_else(host):
    host.post()
    modes = {path: path.stat().st_mode & 0o777 for path in host.journal.folder.iterdir()}
    assert set(modes.values()) == {0o600}
    assert Path(host.journal.folder).stat().st_mode & 0o777 == 0o700
