"""The units' own commands, started together by a plain supervisor behind a real nginx.

What systemd would give them is given here: their environment, their mask, the notify socket; only
the paths lie in the test's folder, and nginx listens without TLS on a high port.
"""

import contextlib
import gzip
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

import deployment
import pytest
from deployment import ROOT, commands, moved, settings_of, units, values
from faults import client, eventually, free_port, processes_of

pytestmark = [
    pytest.mark.xdist_group("long"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]
RUNNING = ("parkcms-keeper", "parkcms-web", "parkcms-worker")
TOKEN = "Zk3_9-xQ" * 4
FORM = {"contact_name": "测试", "phone": "138 0013 8000", "message": "一千平", "consent": "on"}

ENQUIRIES = """
import json
from leads.models import Enquiry
print(json.dumps(list(Enquiry.objects.order_by("id").values_list("token", "network"))))
"""


# --- units as systemd reads them ----------------------------------------------------------------


@pytest.fixture
def verify(tmp_path):
    """What systemd-analyze says of the units, with the program where it is on this machine."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    folder = tmp_path / "units"
    shutil.copytree(ROOT / "deploy/systemd", folder)
    for path in folder.rglob("*.*"):
        if path.is_file():
            path.write_text(path.read_text().replace("/opt/parkcms/", f"{ROOT}/"))

    def ask(extra=""):
        if extra:
            with (folder / "parkcms-.service.d/common.conf").open("a") as file:
                file.write(f"{extra}\n")
        files = sorted(path for path in folder.iterdir() if path.is_file())
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *files],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return ask


def test_systemd_finds_nothing_wrong_with_the_units(verify):
    assert verify() == (0, "")


def test_systemd_would_find_something_wrong_with_them(verify):
    said = verify("NoSuchKey=yes\nProtectSystem=perhaps")[1]
    assert "NoSuchKey" in said
    assert "Failed to parse protect system value" in said


# --- all of it running --------------------------------------------------------------------------


class Machine:
    """A machine on which deploy/ was installed, in one folder."""

    def __init__(self, folder, database):
        self.folder, self.var, self.log = folder, folder / "var", folder / "log"
        self.port = free_port()
        self.main = deployment.plain_nginx(folder, self.port)
        self.var.mkdir(mode=0o750)
        own = settings_of(ROOT / "deploy/parkcms.env.example")
        own |= {"PARKCMS_SECRET_KEY": "0123456789abcdef" * 4, "DATABASE_URL": database}
        self.settings = {name: moved(value, folder) for name, value in own.items()}
        self.running = {}

    def environment(self, unit, **more):
        given = dict(line.split("=", 1) for text in values(unit, "Environment")
                     for line in text.split())  # fmt: skip
        return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **given, **self.settings, **more}

    def start(self, name, command=None, **more):
        unit = units()[f"{name}.service"]
        (mask,) = values(unit, "UMask")
        words = command or commands(unit)[0]
        with (self.log / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [moved(word, self.folder) for word in words],
                env=self.environment(unit, **more),
                cwd=ROOT,
                umask=int(mask, 8),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def to_its_end(self, name):
        for command in commands(units()[f"{name}.service"]):
            assert self.start(name, command).wait(180) == 0, self.said(name)

    def start_web(self):
        """Until it has told systemd that it is ready."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
            notified.bind(str(self.folder / "notify"))
            notified.settimeout(60)
            web = self.start("parkcms-web", NOTIFY_SOCKET=str(self.folder / "notify"))
            try:
                assert notified.recv(4096).startswith(b"READY=1")
            finally:
                (self.folder / "notify").unlink()
        return web

    def start_all(self):
        self.to_its_end("parkcms-migrate")
        self.running["parkcms-web"] = self.start_web()
        for name in ("parkcms-worker", "parkcms-keeper"):
            self.running[name] = self.start(name)
        assert deployment.nginx(self.main)[0] == 0

    def stop(self, name, seconds=60):
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(seconds)

    def clear(self):
        for process in self.running.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if (self.folder / "nginx.pid").exists():
            deployment.nginx(self.main, "-s", "stop")

    def said(self, name):
        return (self.log / f"{name}.log").read_text()

    def asked(self, script):
        done = subprocess.run(
            [sys.executable, ROOT / "manage.py", "shell", "--no-imports", "-v", "0", "-c", script],
            env={"PATH": os.environ["PATH"], **self.settings},
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    def ask(self, method, path, form=None, **headers):
        """(status, page, headers) as a visitor gets them from nginx."""
        body = urllib.parse.urlencode(form) if isinstance(form, dict) else form
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        door = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
        try:
            door.request(method, path, body, {"Host": "www.example.cn", **headers})
            answer = door.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            door.close()


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """The whole site as deploy/README.md sets it up."""
    if not Path(deployment.NGINX).exists():
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("m")
    server = client(tmp_path_factory.mktemp("server"))
    database = f"postgresql://postgres@/parkcms?host={server.stdout.readline().strip()}"
    one = Machine(folder, database)
    try:
        one.start_all()
        yield one
    finally:
        one.clear()
        server.kill()
        server.communicate()
    assert eventually(lambda: not processes_of(folder), 30), processes_of(folder)


def test_a_page_comes_through_nginx(machine):
    status, page, headers = machine.ask("GET", "/")
    assert status == 200, machine.said("parkcms-web")
    assert "<h1" in page.decode()
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert headers["Server"] == "nginx"
    assert 'rel="canonical" href="https://www.example.cn/"' in page.decode()


def test_pages_are_compressed_and_what_holds_a_secret_is_not(machine):
    _, page, headers = machine.ask("GET", "/", **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert b"<h1" in gzip.decompress(page)
    for path in ("/admin/login/", "/enquiries/new/"):
        status, _, headers = machine.ask("GET", path, **{"Accept-Encoding": "gzip"})
        assert (path, status, headers["Content-Encoding"]) == (path, 200, None)


def test_static_files_come_from_nginx_and_those_with_a_hash_are_kept_for_ever(machine):
    page = machine.ask("GET", "/")[1].decode()
    hashed = re.findall(r'(/static/[^"]+\.[0-9a-f]{12}\.css)"', page)
    assert hashed
    for path in hashed:
        status, plain, headers = machine.ask("GET", path)
        assert (path, status) == (path, 200)
        assert headers.get_all("Cache-Control") == ["public, max-age=31536000, immutable"]
        assert headers["Content-Type"] == "text/css"
        _, packed, headers = machine.ask("GET", path, **{"Accept-Encoding": "gzip"})
        assert headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed) == plain
    unhashed = re.sub(r"\.[0-9a-f]{12}\.", ".", hashed[0])
    assert machine.ask("GET", unhashed)[2]["Cache-Control"] == "public, max-age=3600"
    assert machine.ask("GET", "/static/missing.css")[0] == 404


def test_pictures_come_from_nginx_and_nothing_else_of_the_data_folder_does(machine):
    name = f"pictures/ab/{'0' * 30}-thumb.webp"
    (machine.var / "media/pictures/ab").mkdir(parents=True)
    (machine.var / "media" / name).write_bytes(b"RIFF")
    (machine.var / "media/secret.txt").write_text("secret")
    status, body, headers = machine.ask("GET", f"/media/{name}")
    assert (status, body, headers["Content-Type"]) == (200, b"RIFF", "image/webp")
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["X-Content-Type-Options"] == "nosniff"
    for path in (
        "/media/secret.txt",
        "/media/../secret-key",
        "/media/%2e%2e/backups/backup.lock",
        "/static/../journal/lock",
        "/static../journal/lock",
        "/journal/lock",
        "/away.html",
    ):
        assert (path, machine.ask("GET", path)[0]) in {(path, 404), (path, 400)}


def test_an_enquiry_goes_through_and_leaves_its_token_in_no_log(machine):
    forged = {"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    status, _, headers = machine.ask("POST", "/enquiries/new/", FORM, **forged)
    assert status == 303, machine.said("parkcms-web")
    receipt = urllib.parse.urlsplit(headers["Location"]).path
    token = re.fullmatch(r"/enquiries/([\w-]{32})/", receipt)[1]
    # What the visitor said of the address is dropped; it is nginx's peer that counts.
    assert eventually(lambda: machine.asked(ENQUIRIES) == [[token, "127.0.0.1"]], 20)

    referrer = {"Referer": f"https://www.example.cn{receipt}"}
    for path, expected in [
        (receipt, 200),
        (f"{receipt}?from=mail", 200),
        (f"/en{receipt}", 200),
        (f"{receipt}nothing/", 404),
        (f"{receipt}correct/", 200),
        (f"/enquiries/{token}", 302),
        ("/", 200),
        ("/missing/", 404),
        ("/static/missing.css", 404),
    ]:
        answer = machine.ask("GET", path, **referrer)[0]
        assert (path, answer) == (path, expected)
    assert machine.ask("POST", f"{receipt}correct/", b"x" * 70_000, **referrer)[0] == 413
    assert eventually(lambda: machine.said("parkcms-access").count("***") >= 7, 10)
    logs = {path.name: path.read_text() for path in machine.log.iterdir()}
    assert len(logs) >= 6
    assert "Not Found: /enquiries/***/nothing/" in logs["parkcms-web.log"]
    assert [name for name, text in logs.items() if token in text] == []
    assert [name for name, text in logs.items() if "from=mail" in text] == []


def test_too_much_is_refused(machine):
    status, page, _ = machine.ask("POST", "/enquiries/new/", b"message=" + b"x" * 65_536)
    assert status == 413
    assert "内容太大，没有收到" in page.decode()
    assert machine.ask("GET", "/" + "x" * 9000)[0] == 414
    assert machine.ask("GET", "/", X="x" * 9000)[0] == 400
    assert machine.ask("GET", "/articles/?x=" + "x" * 5000)[0] == 400  # the site's own limit


def test_a_client_that_does_not_finish_its_headers_is_cut(machine):
    with socket.create_connection(("127.0.0.1", machine.port), timeout=1) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: www.example.cn\r\n")
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - began < 30:
                try:
                    assert slow.recv(1024) == b""
                    break
                except TimeoutError:
                    slow.sendall(b"X-Slow: 1\r\n")
        assert 8 < time.monotonic() - began < 16
    assert machine.ask("GET", "/health/live")[0] == 200


def test_a_flood_of_pages_meets_a_limit_that_enquiries_never_do(machine):
    flood = [machine.ask("GET", "/health/live" if n % 2 else "/robots.txt")[0] for n in range(40)]
    assert set(flood) == {200}  # an ordinary hurry does not meet it
    statuses = []
    while 429 not in statuses and len(statuses) < 2000:
        statuses += machine_pipelined(machine.port, "/robots.txt", 100)
    assert 429 in statuses
    refused = [machine.ask("POST", "/enquiries/new/", {"message": "x"})[0] for _ in range(30)]
    assert set(refused) == {422}


def machine_pipelined(port, path, times):
    """The statuses of so many requests sent at once on one connection."""
    request = f"GET {path} HTTP/1.1\r\nHost: www.example.cn\r\n\r\n".encode()
    last = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with socket.create_connection(("127.0.0.1", port), timeout=40) as door:
        door.sendall(request * (times - 1) + last)
        said = b""
        while more := door.recv(65536):
            said += more
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", said)]


def test_the_backup_unit_makes_an_archive(machine):
    machine.to_its_end("parkcms-backup")
    (path,) = (machine.var / "backups").glob("parkcms-*.tar.gz")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_others_than_nginx_and_the_site_read_nothing_of_the_data_folder(machine):
    assert values(units()["parkcms-web.service"], "StateDirectoryMode") == ["0750"]
    modes = {
        str(path.relative_to(machine.var)): (path.is_dir(), path.stat().st_mode & 0o777)
        for path in machine.var.rglob("*")
    }
    open_folders = {path for path, (is_dir, mode) in modes.items() if is_dir and mode & 0o007}
    assert open_folders <= {"media", "media/pictures", "media/pictures/ab"}  # made by this test
    open_files = {path for path, (is_dir, mode) in modes.items() if not is_dir and mode & 0o007}
    assert {path.split("/")[0] for path in open_files} == {"media", "static"}
    assert modes["journal"] == modes["backups"] == (True, 0o700)
    assert modes["static"] == (True, 0o750)


def test_the_web_starts_and_keeps_enquiries_while_the_database_is_away(machine):
    assert machine.stop("parkcms-web") == 0
    there = machine.settings["DATABASE_URL"]
    machine.settings["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/none"
    try:
        machine.running["parkcms-web"] = machine.start_web()
        assert machine.ask("GET", "/health/live")[0] == 200
        assert machine.ask("GET", "/")[0] == 503
        form = FORM | {"message": "数据库不在时提交"}
        status, _, headers = machine.ask("POST", "/enquiries/new/", form)
        assert status == 303, machine.said("parkcms-web")
        token = headers["Location"].split("/")[-2]
    finally:
        machine.settings["DATABASE_URL"] = there
    # The keeper, whose database is there, files it.
    assert eventually(lambda: token in [one for one, _ in machine.asked(ENQUIRIES)], 30)
    assert machine.stop("parkcms-web") == 0
    machine.running["parkcms-web"] = machine.start_web()
    assert machine.ask("GET", "/")[0] == 200


def test_sigterm_stops_all_of_it(machine):
    assert sorted(machine.running) == sorted(RUNNING)
    codes = {name: machine.stop(name) for name in RUNNING}
    assert codes == dict.fromkeys(RUNNING, 0)
    assert machine.ask("GET", "/")[0] == 502
    assert deployment.nginx(machine.main, "-s", "quit")[0] == 0
    assert eventually(lambda: not (machine.folder / "nginx.pid").exists())
    assert eventually(lambda: not processes_of(machine.folder), 20), processes_of(machine.folder)
    for name in RUNNING:
        assert "Traceback" not in machine.said(name), machine.said(name)
