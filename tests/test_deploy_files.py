"""deploy/ holds together: nginx takes it, units name what exists, and no log has a token."""

import http.client
import importlib.util
import io
import logging
import os
import re
import shutil
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import deployment
import pytest
from deployment import ROOT, commands, settings_of, units, values
from django.conf import settings as site_settings
from django.core.management import get_commands
from django.test import Client
from gunicorn.config import Config
from hypothesis import example, given
from hypothesis import strategies as st

from parkcms.gunicorn_logger import ACCESS_FORMAT, MaskedLogger
from parkcms.logs import MaskTokens, masked

EXAMPLE = ROOT / "deploy/parkcms.env.example"
TOKEN = "Zk3_9-xQ" * 4
tokens = st.from_regex(r"[A-Za-z0-9_-]{32}", fullmatch=True)

with_nginx = pytest.mark.skipif(
    not Path(deployment.NGINX).exists(), reason="nginx is not installed"
)


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


# --- nginx --------------------------------------------------------------------------------------


@with_nginx
@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_nginx_takes_the_whole_configuration(tmp_path):
    (tmp_path / "tls").mkdir()
    key = ["-newkey", "rsa:2048", "-nodes", "-subj", "/CN=www.example.cn", "-days", "2"]
    names = ["-keyout", tmp_path / "tls/privkey.pem", "-out", tmp_path / "tls/fullchain.pem"]
    subprocess.run(["openssl", "req", "-x509", *key, *names], check=True, capture_output=True)
    main = deployment.nginx_files(tmp_path, f"include {tmp_path}/nginx/parkcms.conf;")
    site = tmp_path / "nginx/parkcms.conf"
    ports = {"80": free_port(), "443": free_port()}
    site.write_text(
        re.sub(r"(listen (?:\[::\]:)?)(80|443)", lambda m: f"{m[1]}{ports[m[2]]}", site.read_text())
    )
    code, said = deployment.nginx(main, "-t")
    assert (code, said.splitlines()) == (
        0,
        [
            f"nginx: the configuration file {main} syntax is ok",
            f"nginx: configuration file {main} test is successful",
        ],
    )


@pytest.fixture
def alone(tmp_path):
    """nginx with no gunicorn behind it: (port, what all its logs say)."""
    port = free_port()
    main = deployment.plain_nginx(tmp_path, port)
    assert deployment.nginx(main)[0] == 0

    def logs():
        deployment.nginx(main, "-s", "quit")
        pid = tmp_path / "nginx.pid"
        while pid.exists():  # the last thing it does is to remove it
            os.sched_yield()
        return {path.name: path.read_text() for path in (tmp_path / "log").iterdir()}

    yield port, logs
    if (tmp_path / "nginx.pid").exists():
        deployment.nginx(main, "-s", "stop")


def ask(port, method, path, body=None, **headers):
    door = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        door.request(method, path, body, {"Host": "www.example.cn", **headers})
        answer = door.getresponse()
        return answer.status, answer.read().decode(), answer.headers
    finally:
        door.close()


@with_nginx
def test_a_visitor_is_told_honestly_that_nothing_answers(alone):
    port, _ = alone
    for method, path in [("GET", "/"), ("POST", "/enquiries/new/"), ("GET", "/en/enquiries/new/")]:
        status, page, headers = ask(port, method, path, b"x=1" if method == "POST" else None)
        assert (path, status) == (path, 502)
        assert "我们不能确认已经收到" in page
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert headers["Cache-Control"] == "no-store"


@with_nginx
@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/enquiries/new/", 64 * 1024, 502),
        ("/enquiries/new/", 64 * 1024 + 1, 413),
        ("/en/enquiries/new/", 64 * 1024 + 1, 413),
        (f"/enquiries/{TOKEN}/correct/", 64 * 1024 + 1, 413),
        ("/search/", 1024 * 1024, 502),
        ("/search/", 1024 * 1024 + 1, 413),
        ("/admin/library/picture/add/", 26 * 1024 * 1024, 502),
    ],
)
def test_no_more_is_taken_than_a_place_needs(alone, path, size, status):
    answered, page, _headers = ask(alone[0], "POST", path, b"x" * size)
    assert answered == status
    assert ("内容太大，没有收到" in page) == (status == 413)


@with_nginx
def test_nginx_writes_no_token_query_or_referrer_even_when_gunicorn_is_away(alone):
    port, logs = alone
    referrer = {"Referer": f"https://www.example.cn/enquiries/{TOKEN}/"}
    asked = [
        ("GET", f"/enquiries/{TOKEN}/", "/enquiries/***/"),
        ("POST", f"/enquiries/{TOKEN}/correct/", "/enquiries/***/correct/"),
        ("GET", f"/en/enquiries/{TOKEN}/?a=b", "/en/enquiries/***/"),
        ("GET", f"/enquiries/{TOKEN}", "/enquiries/***"),
        ("GET", f"//enquiries//{TOKEN}/", "/enquiries/***/"),
        ("GET", f"/%65nquiries/%5A{TOKEN[1:]}/", "/enquiries/***/"),
        ("GET", f"/ENQUIRIES/{TOKEN}/", "/ENQUIRIES/***/"),
        ("GET", f"/enquiries/{TOKEN}/enquiries/{TOKEN}/", "/enquiries/***/"),
        ("GET", f"/enquiries/new/{TOKEN}/", "/enquiries/***/"),
        ("POST", "/enquiries/new/", "/enquiries/new/"),
        ("GET", f"/en/report/{TOKEN}/", "/en/report/***/"),
        ("POST", "/report/?about=/", "/report/"),
        ("GET", f"/preview/{TOKEN}/", "/preview/***/"),
        ("POST", f"/en/spaces/watch/{TOKEN}/?action=end", "/en/spaces/watch/***/"),
        ("GET", f"/Spaces//watch/{TOKEN}", "/Spaces/watch/***"),
        ("GET", f"/spaces/confirm/{TOKEN}:1tXyZ0:abc/", "/spaces/confirm/***/"),
        ("GET", "/spaces/watch/sent/", "/spaces/watch/sent/"),
        ("POST", "/spaces/watch/", "/spaces/watch/"),
        ("GET", f"/search/?q={TOKEN}", "/search/"),
        ("GET", "/articles/3661/", "/articles/3661/"),
        ("GET", "/static/missing.css", "/static/missing.css"),
    ]
    for method, path, _logged in asked:
        assert ask(port, method, path, **referrer)[0] in {404, 502}
    assert ask(port, "POST", f"/enquiries/{TOKEN}/erase/", b"x" * 70_000, **referrer)[0] == 413
    with socket.create_connection(("127.0.0.1", port)) as door:  # no request that can be read
        door.sendall(f"GET /enquiries/{TOKEN}/ HTTP/1.1\r\nHost: a b\r\n\r\n".encode())
        assert door.recv(4096).startswith(b"HTTP/1.1 400 ")
    said = logs()
    assert [name for name, text in said.items() if TOKEN[1:] in text or "Referer" in text] == []
    lines = said["parkcms-access.log"].splitlines()
    paths = [re.search(r'[A-Z]+ "(.*?)" ', line)[1] for line in lines]
    assert paths == [
        *(logged for _method, _path, logged in asked),
        "/enquiries/***/erase/",
        paths[-1],
    ]
    assert paths[-1] in {"", "/enquiries/***/"}
    assert lines[0].startswith("127.0.0.1 2")


# --- units --------------------------------------------------------------------------------------


def test_every_command_of_a_unit_exists():
    seen = []
    for name, unit in units("*.service").items():
        assert commands(unit), name
        for program, *words in commands(unit):
            here = ROOT / program.removeprefix("/opt/parkcms/")
            assert program.startswith("/opt/parkcms/"), name
            if words[:1] == ["/opt/parkcms/manage.py"]:
                assert words[1] in get_commands(), name
                seen.append(words[1])
            elif words[:1] == ["-m"]:
                assert importlib.util.find_spec(words[1]), name
                assert (ROOT / words[3].removeprefix("/opt/parkcms/")).is_file()
                seen.append(words[1])
            else:
                assert os.access(here, os.X_OK), name
                seen.append(here.name)
    assert sorted(seen) == [
        "backup",
        "check",
        "collectstatic",
        "gunicorn",
        "keep",
        "migrate",
        "work",
    ]


def test_units_name_only_units_that_exist():
    known = {*units(), "network.target", "postgresql.service", "multi-user.target", "timers.target"}
    named = {
        (name, other)
        for name, unit in units().items()
        for key in ("After", "Wants", "Requires", "WantedBy")
        for section in ("Unit", "Install")
        for line in values(unit, key, section)
        for other in line.split()
    }
    assert {pair for pair in named if pair[1] not in known} == set()
    assert {name.removesuffix(".timer") + ".service" for name in units("*.timer")} <= known


def test_all_services_share_one_account_one_file_of_settings_and_the_same_walls():
    for name, unit in units("*.service").items():
        assert values(unit, "User") == ["parkcms"], name
        assert values(unit, "EnvironmentFile") == ["/etc/parkcms/parkcms.env"], name
        assert values(unit, "ProtectSystem") == ["strict"], name
        assert values(unit, "NoNewPrivileges") == ["yes"], name


def test_what_runs_for_long_is_started_again():
    for name in ("parkcms-web", "parkcms-worker", "parkcms-keeper"):
        assert values(units()[f"{name}.service"], "Restart") == ["always"], name


def test_the_socket_is_in_the_folder_that_the_web_unit_makes():
    bind = settings_of(EXAMPLE)["PARKCMS_BIND"]
    (folder,) = values(units()["parkcms-web.service"], "RuntimeDirectory")
    assert bind == f"unix:/run/{folder}/http.sock"
    assert f"server {bind} " in (ROOT / "deploy/nginx/upstream.conf").read_text()


# --- settings -----------------------------------------------------------------------------------


def test_every_setting_of_the_example_is_read_and_documented():
    sources = ("parkcms/settings.py", "deploy/gunicorn.conf.py")
    code = "".join((ROOT / name).read_text() for name in sources)
    table = (ROOT / "docs/operations.md").read_text()
    named = {*settings_of(EXAMPLE), *re.findall(r"^# ([A-Z_]+)='", EXAMPLE.read_text(), re.M)}
    assert len(named) > 10
    assert [name for name in named if f'"{name}"' not in code] == []
    assert [name for name in named if f"`{name}`" not in table] == []


def test_production_starts_with_the_example_once_it_has_a_secret(tmp_path):
    own = settings_of(EXAMPLE)
    assert own["PARKCMS_SECRET_KEY"] == ""
    own |= {"PARKCMS_SECRET_KEY": "0123456789abcdef" * 4, "PARKCMS_VAR": str(tmp_path)}
    code = "from django.conf import settings; print(settings.TRUSTED_PROXIES, settings.VAR_DIR)"
    done = subprocess.run(
        [sys.executable, ROOT / "manage.py", "shell", "--no-imports", "-v", "0", "-c", code],
        env={"PATH": os.environ["PATH"], **own},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == (f"['unix'] {tmp_path}\n", "")


def test_the_readme_names_every_file_of_the_folder():
    text = (ROOT / "deploy/README.md").read_text()
    files = [path for path in (ROOT / "deploy").rglob("*") if path.is_file()]
    names = [path.name for path in files if "__pycache__" not in path.parts]
    assert [name for name in names if name != "README.md" and name not in text] == []


# --- Python's logs ------------------------------------------------------------------------------


@given(tokens, st.sampled_from(["", "/en", "https://www.example.cn", "GET "]), st.text())
@example(token="new_" * 8, before="", after="")
@example(token="new-" * 8, before="/en", after="x")
def test_no_token_stands_after_masking(token, before, after):
    said = masked(f"{before}/enquiries/{token}/{after}")
    assert said.startswith(f"{before}/enquiries/***/")
    assert f"/{token}/" not in masked(f"x /enquiries/{token}/ y /en/enquiries/{token}/correct/")


@given(st.text())
def test_what_holds_no_enquiry_stays_as_it_is(text):
    if not any(f"/{name}/" in text.lower() for name in ("enquiries", "report", "watch", "preview")):
        assert masked(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "/enquiries/new/",
        "/en/enquiries/find/",
        "POST /enquiries/new/ 303",
        "/enquiries/kept/",
        "/report/",
        "GET /en/report/ 200",
        "/spaces/watch/",
        "/en/spaces/watch/sent/",
    ],
)
def test_open_addresses_stay_as_they_are(text):
    assert masked(text) == text


def test_the_key_of_a_complaint_is_masked():
    said = masked("GET /en/report/Q7K2-M9MD-X4TR/ 200, /report/q7k2-m9md-x4tr")
    assert said == "GET /en/report/***/ 200, /report/***"


@pytest.mark.parametrize(
    ("place", "token"),
    [
        ("watch", "Ab3_-x" * 5 + "yz"),
        ("watch", "sent" * 8),
        ("confirm", "eyJh:1tXyZ0:abc-DEF_123456"),
    ],
)
def test_what_leads_from_a_mail_is_masked(place, token):
    said = masked(f'GET /en/spaces/{place}/{token}/ 200, "/spaces//{place.upper()}/{token}"')
    assert said == f'GET /en/spaces/{place}/***/ 200, "/spaces//{place.upper()}/***"'


@pytest.fixture
def written():
    """A logger with the filter of the settings, and what it wrote."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s"))
    handler.addFilter(MaskTokens())
    log = logging.getLogger("tests.masked")
    log.propagate = False
    log.addHandler(handler)
    yield log, stream.getvalue
    log.removeHandler(handler)


def test_message_arguments_and_traceback_are_masked(written):
    log, said = written
    log.warning("one /enquiries/%s/", TOKEN)
    log.warning("two %s and %d", f"/enquiries/{TOKEN}/erase/", 3)
    log.warning("three %(path)s", {"path": f"/enquiries/{TOKEN}"})
    try:
        raise ValueError(f"/en/enquiries/{TOKEN}/")
    except ValueError:
        log.exception("four", stack_info=True)
    log.warning("five %s", "plain")
    assert TOKEN not in said()
    lines = said().splitlines()
    assert lines[:4] == [
        "one /enquiries/***/",
        "two /enquiries/***/erase/ and 3",
        "three /enquiries/***",
        "four",
    ]
    assert "ValueError: /en/enquiries/***/" in lines
    assert lines[-1] == "five plain"


def test_every_handler_of_the_settings_masks():
    logging_settings = site_settings.LOGGING
    assert logging_settings["filters"]["masked"] == {"()": "parkcms.logs.MaskTokens"}
    for name, handler in logging_settings["handlers"].items():
        assert handler["filters"] == ["masked"], name
    # Django's own handlers, which mask nothing, are gone.
    assert logging.getLogger("django").handlers == []
    for name in ("", "django.server"):
        for handler in logging.getLogger(name).handlers:
            if type(handler) is logging.StreamHandler:  # not those pytest adds
                assert [type(one) for one in handler.filters] == [MaskTokens], name


@pytest.mark.django_db
def test_django_says_what_it_did_not_find_without_the_token():
    stream = io.StringIO()
    own = next(one for one in logging.root.handlers if type(one) is logging.StreamHandler)
    before = own.setStream(stream)
    try:
        address = f"/enquiries/{TOKEN}/nothing/"
        assert Client().get(address).status_code == 404
    finally:
        own.setStream(before)
    assert "WARNING django.request Not Found: /enquiries/***/nothing/" in stream.getvalue()
    assert TOKEN not in stream.getvalue()


# --- gunicorn's logs ----------------------------------------------------------------------------


@pytest.fixture
def gunicorn_log(tmp_path):
    """gunicorn's logger as deploy/gunicorn.conf.py sets it up, and what it wrote."""
    config = Config()
    config.set("accesslog", str(tmp_path / "access"))
    config.set("errorlog", str(tmp_path / "error"))
    config.set("access_log_format", ACCESS_FORMAT)
    log = MaskedLogger(config)
    yield log, tmp_path
    for one in (log.error_log, log.access_log):
        for handler in list(one.handlers):
            one.removeHandler(handler)
            handler.close()
        one.filters.clear()


def one_request(raw, **environ):
    return {
        "REQUEST_METHOD": "GET",
        "RAW_URI": raw,
        "PATH_INFO": raw.partition("?")[0],
        "QUERY_STRING": raw.partition("?")[2],
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_REFERER": f"https://www.example.cn/enquiries/{TOKEN}/",
        "REMOTE_ADDR": "",
        "HTTP_X_FORWARDED_FOR": "192.0.2.7",
        **environ,
    }


def test_gunicorn_writes_no_token_no_query_and_no_referrer(gunicorn_log):
    log, folder = gunicorn_log
    answer = SimpleNamespace(status="200 OK", headers=[], sent=5)
    for raw in (
        f"/enquiries/{TOKEN}/?q=secret",
        f"/enquiries/%5A{TOKEN[1:]}/",
        f"/%65nquiries/{TOKEN}/",
        "/search/?q=secret%0Aforged",
        "/a%0Aforged",
    ):
        request = SimpleNamespace(headers=[("REFERER", f"/enquiries/{TOKEN}/")])
        log.access(answer, request, one_request(raw), timedelta(milliseconds=7))
    lines = (folder / "access").read_text().splitlines()
    assert [re.sub(r"\[.*\]", "[]", line) for line in lines] == [
        f'192.0.2.7 [] "GET {path}" 200 5 7ms'
        for path in (
            "/enquiries/***/",
            "/enquiries/***/",
            "/enquiries/***/",
            "/search/",
            "/a?forged",
        )
    ]


def test_no_word_that_a_format_may_use_holds_a_token(gunicorn_log):
    log, _ = gunicorn_log
    request = SimpleNamespace(headers=[("REFERER", f"/enquiries/{TOKEN}/")])
    answer = SimpleNamespace(status="303", headers=[("Location", f"/enquiries/{TOKEN}/")], sent=0)
    environ = one_request(f"/enquiries/{TOKEN}/?a=1")
    atoms = log.atoms(answer, request, environ, timedelta(seconds=1))
    assert [name for name, value in atoms.items() if TOKEN in str(value)] == []
    assert atoms["r"] == "GET /enquiries/***/ HTTP/1.1"


def test_gunicorn_names_a_request_that_went_wrong_without_the_token(gunicorn_log):
    log, folder = gunicorn_log
    log.setup(log.cfg)  # as a reload does
    try:
        raise RuntimeError(f"/enquiries/{TOKEN}/")
    except RuntimeError:
        log.exception("Error handling request %s %s", "GET", f"/enquiries/{TOKEN}/?x")
    said = (folder / "error").read_text()
    assert "Error handling request GET /enquiries/***/?x" in said
    assert TOKEN not in said
    assert said.count("Error handling") == 1


def test_gunicorn_is_told_of_the_logger_and_of_limits_that_nginx_keeps_too():
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "--print-config"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "PARKCMS_BIND"},
        capture_output=True,
        text=True,
        check=False,
    )
    printed = dict(re.findall(r"^(\w+)\s+= (.*)$", done.stdout, re.M))
    assert "MaskedLogger" in printed["logger_class"]
    assert printed["limit_request_line"] == printed["limit_request_field_size"] == "8190"
    assert printed["limit_request_fields"] == "64"
