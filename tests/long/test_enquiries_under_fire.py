"""Enquiries come in while everything is killed and stopped at random: none is lost or invented.

PARKCMS_FIRE_SECONDS says for how long, PARKCMS_FIRE_SEED repeats a run.
"""

import collections
import contextlib
import http.client
import os
import random
import re
import signal
import stat
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from faults import eventually, postmaster_of, processes_of
from test_serve import Site

from leads.journal import Journal
from parkcms import database
from parkcms.steps import say

pytestmark = [
    pytest.mark.xdist_group("long"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]
SECONDS = float(os.environ.get("PARKCMS_FIRE_SECONDS", 60))
SEED = int(os.environ.get("PARKCMS_FIRE_SEED") or time.time_ns() % 1_000_000)
CLIENTS = 6
PATIENCE = (1.5, 5.0)  # seconds after which a person tries again
HUNG = 3.0  # seconds within which an answer comes while Postgres hangs
NOISE = 0.7  # seconds that other tests on the machine may take
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
REFERENCE = re.compile(r"编号 ([2-9A-Z]{5}-[2-9A-Z]{5})")


# --- those who send -------------------------------------------------------------------------------


class Sender(threading.Thread):
    """A person after another: each sends one thing until told that it was received."""

    def __init__(self, number, port, stop):
        super().__init__(daemon=True)
        self.number, self.port, self.stop = number, port, stop
        self.chance = random.Random(SEED + number)  # noqa: S311 - chance, not a secret
        self.told = {}  # content: the tokens it was told
        self.shown = {}  # token: the reference its receipt shows
        self.posts, self.receipts = [], []  # (since, until, status); status None: no answer

    def run(self):
        while not self.stop.wait(self.chance.uniform(0.02, 0.2)):
            content = self.content(len(self.told))
            self.send(content)
            if self.chance.random() < 0.2:
                self.send(content)  # sent once more by mistake
            if self.chance.random() < 0.3:
                self.look(self.chance.choice(list(self.told[content])))

    def content(self, n):
        """(name, phone, message): no two are the same."""
        return (f"某女士 {self.number}-{n}", f"139 0000 00{n % 100:02}", f"第 {n} 次要行车")

    def send(self, content):
        tokens = self.told.setdefault(content, set())
        name, phone, message = content
        fields = {"contact_name": name, "phone": phone, "message": message, "consent": "on",
                  "consent_version": "privacy-1", "about_kind": "park",
                  "about_id": "hydrogen-port", "area_text": "1500 平"}  # fmt: skip
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            status, place, _page = self.ask(self.posts, "POST", "/enquiries/new/", fields)
            if status == 303:
                tokens.add(place.rstrip("/").rpartition("/")[2])
                return
            time.sleep(self.chance.uniform(0.05, 0.3))

    def look(self, token):
        status, _place, page = self.ask(self.receipts, "GET", f"/enquiries/{token}/")
        if status == 200:
            self.shown[token] = REFERENCE.search(page)[1]

    def ask(self, answers, method, path, fields=None):
        """(status, Location, page); (None, "", "") when no answer came."""
        patience = self.chance.uniform(*PATIENCE)
        door = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience)
        since, status, place, page = time.monotonic(), None, "", ""
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(door):
            door.request(method, path, fields and urlencode(fields), FORM)
            answer = door.getresponse()
            page = answer.read().decode()
            status, place = answer.status, answer.headers.get("Location", "")
        answers.append((since, time.monotonic(), status))
        return status, place, page


# --- what happens meanwhile -----------------------------------------------------------------------


class Saboteur(threading.Thread):
    """Kills and stops processes of one site, those of `kinds`, one kind at a time."""

    def __init__(self, number, site, stop, kinds):
        super().__init__(daemon=True)
        self.site, self.stop, self.kinds = site, stop, kinds
        self.chance = random.Random(SEED - number)  # noqa: S311 - chance, not a secret
        self.done = []  # (kind, what, since, until)

    def run(self):
        while not self.stop.wait(self.chance.uniform(0.5, 2.5)):
            kind = self.chance.choice(self.kinds)
            pids = self.victims(kind)
            if not pids:
                continue
            since = time.monotonic()
            if self.chance.random() < 0.4:
                what = "kill"
                send(pids, signal.SIGKILL)
            else:
                what = "stop"
                send(pids, signal.SIGSTOP)
                self.stop.wait(self.chance.uniform(1, 4))
                send(pids, signal.SIGCONT)
            self.done.append((kind, what, since, time.monotonic()))

    def victims(self, kind):
        found = processes_of(self.site.var)
        if kind == "web":
            workers = [pid for pid, said in found.items() if "gunicorn" in said
                       and "gunicorn" in found.get(parent(pid), "")]  # fmt: skip
            return self.chance.sample(workers, min(len(workers), 1))
        if kind == "database":
            with contextlib.suppress(OSError, ValueError):
                postmaster = postmaster_of(self.site.var)
                return [pid for pid in found if postmaster in (pid, parent(pid))]
            return []
        return [pid for pid, said in found.items() if f"manage.py {kind}" in said]


def parent(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])
    except OSError:
        return 0


def send(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def longest_while_the_database_hung(answers, faults):
    """(seconds, of how many) of the slowest post while it hung and nothing else was amiss."""
    hung = [(since, until) for kind, what, since, until in faults
            if (kind, what) == ("database", "stop")]  # fmt: skip
    # A stopped process keeps what it took in, and the others wait a second for its lock.
    stopped = [(since, until + 1) for kind, what, since, until in faults
               if what == "stop" and kind in {"web", "keep"}]  # fmt: skip
    waits = [
        until - since
        for since, until, _status in answers
        if any(start <= since <= end for start, end in hung)
        and not any(since <= end and start <= until for start, end in stopped)
    ]  # fmt: skip
    return max(waits, default=0.0), len(waits)


# --- the test -------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    site = Site(tmp_path / "var", ENQUIRY_HARD_LIMIT="0").ready()
    assert eventually(lambda: site.running("manage.py keep"), 30)
    yield site
    send(processes_of(tmp_path), signal.SIGCONT)
    database.release(site.var)
    site.process.terminate()
    site.process.wait(60)
    assert eventually(lambda: not processes_of(tmp_path), 30), processes_of(tmp_path)


@pytest.fixture
def fire(site):
    """SECONDS of it: the senders and the saboteurs, all done."""
    calm, quiet = threading.Event(), threading.Event()
    senders = [Sender(number, site.port, quiet) for number in range(CLIENTS)]
    saboteurs = [
        Saboteur(1, site, calm, ["database"]),
        Saboteur(2, site, calm, ["web", "web", "web", "work", "keep"]),
    ]
    for thread in senders + saboteurs:
        thread.start()
    modes = set()
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        modes.update(modes_of(site.var / "journal"))
        time.sleep(0.5)
    for told_to_end, threads in ((calm, saboteurs), (quiet, senders)):
        told_to_end.set()
        for thread in threads:
            thread.join()
    faults = sorted((one for saboteur in saboteurs for one in saboteur.done), key=lambda f: f[2])
    return senders, faults, modes


def modes_of(folder):
    for path in folder.glob("*"):
        with contextlib.suppress(FileNotFoundError):
            yield stat.S_IMODE(path.stat().st_mode)


def is_filed(journal, seconds=120):
    """Whether nothing is left in it after a while; looks seldom, for looking takes its lock."""
    deadline = time.monotonic() + seconds
    while (left := journal.unsettled()) and time.monotonic() < deadline:
        time.sleep(1)
    return not left


def rows_of(site):
    query = (
        "SELECT reference, token, duplicate_of, contact_name, phone_raw, message"
        " FROM leads_enquiry WHERE NOT is_sample"
    )
    with psycopg.connect(**database.ensure(site.var)) as connection:
        return connection.execute(query).fetchall()


def test_every_acknowledged_enquiry_is_in_the_table_exactly_once_and_none_is_invented(site, fire):
    senders, faults, modes = fire
    posted = {content for sender in senders for content in sender.told}
    posts = [one for sender in senders for one in sender.posts]
    receipts = [one for sender in senders for one in sender.receipts]
    assert eventually(lambda: site.status("/health/ready") == 200, 60), site.said()
    assert is_filed(Journal(site.var / "journal")), site.said()[-3000:]
    rows = rows_of(site)
    doubles = [row for row in rows if row[2]]
    hung, asked = longest_while_the_database_hung(posts, faults)
    say(
        f"seed {SEED}: {len(posted)} contents in {len(posts)} posts, {len(rows)} rows, "
        f"{len(doubles)} marked doubles; answers {statuses(posts)}, receipts {statuses(receipts)}; "
        f"slowest of {asked} answers while Postgres hung {hung:.2f} s; faults "
        f"{dict(collections.Counter(f'{kind} {what}' for kind, what, *_ in faults))}"
    )

    told = [token for sender in senders for tokens in sender.told.values() for token in tokens]
    filed = collections.Counter(token for _reference, token, *_ in rows)
    assert [token for token in told if filed[token] != 1] == []
    assert len(told) == len(set(told))  # nobody was given another's receipt
    contents = collections.Counter(tuple(row[3:]) for row in rows if not row[2])
    assert contents == collections.Counter(posted)
    assert {tuple(row[3:]) for row in doubles} <= posted
    assert len(doubles) <= 1 + len(posted) // 100, doubles
    # A receipt shows the reference that stands in the table.
    references = {token: reference for reference, token, *_ in rows}
    shown = {token: one for sender in senders for token, one in sender.shown.items()}
    assert shown == {token: references[token] for token in shown}

    assert set(statuses(posts)) <= {"303", "none"}
    assert set(statuses(receipts)) <= {"200", "503", "none"}
    assert hung <= HUNG + NOISE
    assert modes == {0o600}
    assert "Traceback" not in site.said()


def statuses(answers):
    return dict(collections.Counter(str(status or "none") for *_, status in answers))
