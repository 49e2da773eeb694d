"""The parts of bin/serve: addresses, steps, the processes it keeps, answers to broken requests."""

import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from gunicorn.http.errors import InvalidRequestLine, LimitRequestHeaders
from hypothesis import example, given
from hypothesis import strategies as st

from parkcms import listening, pulse, serve, steps
from parkcms.programs import Program, Programs
from parkcms.worker_class import Worker

ROOT = Path(__file__).resolve().parent.parent


# --- the address --------------------------------------------------------------------------------


def address_of(monkeypatch, **environment):
    for name in ("HOST", "PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return listening.address()


def test_the_address_is_local_unless_said_otherwise(monkeypatch):
    assert address_of(monkeypatch) == ("127.0.0.1", 8000)
    assert address_of(monkeypatch, HOST="::1", PORT="1") == ("::1", 1)
    assert address_of(monkeypatch, HOST="", PORT="") == ("127.0.0.1", 8000)


@given(
    text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
    | st.from_regex("[0-9]{1,6}", fullmatch=True)
)
@example(text="9" * 5000)
def test_what_is_no_port_ends_with_a_sentence(text):
    said = f"PORT={text} 不是端口号：请写 1 到 65535 之间的整数。"
    with pytest.MonkeyPatch.context() as monkeypatch:
        if re.fullmatch("[0-9]{0,5}", text) and 0 < int(text or 8000) < 65536:
            assert address_of(monkeypatch, PORT=text) == ("127.0.0.1", int(text or 8000))
        else:
            with pytest.raises(SystemExit, match=f"^{re.escape(said)}$"):
                address_of(monkeypatch, PORT=text)


def test_a_port_in_use_ends_with_a_sentence_and_a_free_one_stays_free():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        port = door.getsockname()[1]
        with pytest.raises(SystemExit, match=f"^端口 {port} 已被占用："):
            listening.require_free("127.0.0.1", port)
    listening.require_free("127.0.0.1", port)
    listening.require_free("127.0.0.1", port)


def test_a_host_that_is_none_ends_with_a_sentence():
    with pytest.raises(SystemExit, match=r"^HOST=999\.1\.1\.1 不是这台机器能用的地址。$"):
        listening.require_free("999.1.1.1", 8000)


@pytest.mark.parametrize(
    ("host", "loopback", "reached"),
    [
        ("127.0.0.1", True, ("127.0.0.1", "http://127.0.0.1:80")),
        ("127.8.8.8", True, ("127.8.8.8", "http://127.8.8.8:80")),
        ("localhost", True, ("localhost", "http://localhost:80")),
        ("::1", True, ("::1", "http://[::1]:80")),
        ("0.0.0.0", False, ("127.0.0.1", "http://127.0.0.1:80")),  # noqa: S104
        ("::", False, ("::1", "http://[::1]:80")),
        ("192.168.1.9", False, ("192.168.1.9", "http://192.168.1.9:80")),
        ("site.example", False, ("site.example", "http://site.example:80")),
    ],
)
def test_where_a_host_is_reached_from_this_machine(host, loopback, reached):
    assert listening.is_loopback(host) is loopback
    assert listening.reached_at(host, 80) == reached


# --- steps --------------------------------------------------------------------------------------


def test_only_a_slow_step_is_told(capsys, monkeypatch):
    with steps.step("快的一步"):
        pass
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(steps, "SLOW_SECONDS", 0.01)
    with steps.step("慢的一步"):
        time.sleep(0.05)
    assert capsys.readouterr().out == "慢的一步 … 0 s\n"
    with steps.step("一开始就说", at_once=True):
        pass
    assert capsys.readouterr().out == "一开始就说 … 0.0 s\n"


def test_a_step_that_fails_ends_its_line(capsys):
    with pytest.raises(ZeroDivisionError), steps.step("做不成", at_once=True):
        raise ZeroDivisionError
    assert capsys.readouterr().out == "做不成 … \n"


def test_a_terminal_without_chinese_is_no_hindrance():
    code = "from parkcms.steps import say, speak_safely; speak_safely(); say('网站 ok')"
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
    )
    assert said.stdout == b"?? ok\n"


# --- processes ----------------------------------------------------------------------------------


def python(code):
    return Program("试验", (sys.executable, "-c", code))


def has_processes(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def watch_until(programs, question, seconds=20):
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline
        programs.watch()
        time.sleep(0.01)


def test_a_program_that_dies_is_started_again(tmp_path):
    programs = Programs([python("import time; time.sleep(600)")], tmp_path)
    programs.watch()
    first = programs.runs[0].process
    first.kill()
    first.wait()
    watch_until(programs, lambda: programs.runs[0].process not in {None, first})
    second = programs.runs[0].process
    programs.stop()
    assert second.pid != first.pid
    assert second.returncode == -signal.SIGTERM


def test_a_program_that_never_starts_is_given_up_with_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("parkcms.programs.LONGEST_PAUSE", 0.0)
    programs = Programs([python("raise SystemExit(3)")], tmp_path)
    with pytest.raises(SystemExit, match=r"^试验连续 5 次一启动就退出（代码 3）"):
        watch_until(programs, lambda: False)


def test_a_program_without_which_the_site_can_be_is_tried_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr("parkcms.programs.LONGEST_PAUSE", 0.0)
    code = "open('tries', 'a').write('x'); raise SystemExit(3)"
    program = Program("试验", (sys.executable, "-c", code), vital=False)
    programs = Programs([program], tmp_path)
    tries = tmp_path / "tries"
    watch_until(programs, lambda: tries.exists() and len(tries.read_text()) > 6)
    programs.stop()


def test_a_program_added_later_starts_with_the_next_look(tmp_path):
    programs = Programs([], tmp_path)
    programs.watch()
    assert not programs.is_started()
    programs.add([python("import time; time.sleep(600)")])
    assert not programs.is_started()
    programs.watch()
    assert programs.is_started()
    programs.stop()


LIVELY = "import sys, time; sys.path.insert(0, {root!r}); from parkcms import pulse\n"
LIVELY += "while True: pulse.beat(); open('beats', 'a').write('x'); time.sleep(0.02)"


def a_lively_one(tmp_path, silent_seconds):
    code = LIVELY.format(root=str(ROOT))
    program = Program("试验", (sys.executable, "-c", code), False, silent_seconds)
    programs = Programs([program], tmp_path)
    beats = tmp_path / "beats"
    watch_until(programs, lambda: beats.exists() and len(beats.read_text()) > 3)
    return programs, programs.runs[0].process


def test_a_program_that_is_stopped_is_replaced(tmp_path, capsys):
    programs, first = a_lively_one(tmp_path, silent_seconds=3.0)
    first.send_signal(signal.SIGSTOP)
    watch_until(programs, lambda: programs.runs[0].process not in {None, first})
    assert capsys.readouterr().out.startswith("试验没有动静了：结束它，重新启动。\n")
    assert first.returncode == -signal.SIGKILL
    programs.stop()


def test_signs_of_life_given_while_nobody_looked_count(tmp_path):
    programs, first = a_lively_one(tmp_path, silent_seconds=3.0)
    seen = len((tmp_path / "beats").read_text())
    while len((tmp_path / "beats").read_text()) < seen + 2:
        os.sched_yield()
    programs.runs[0].heard -= 60  # as if we had been busy for a minute
    programs.watch()
    programs.watch()
    assert programs.runs[0].process is first
    assert first.poll() is None
    programs.stop()


def test_a_sign_of_life_where_nobody_listens_is_no_error(monkeypatch, tmp_path):
    monkeypatch.delenv(pulse.VARIABLE, raising=False)
    pulse.beat()
    for said in ("", "x", "-1", "9999", "0"):
        monkeypatch.setenv(pulse.VARIABLE, said)
        pulse.beat()
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    pulse.beat()


def test_a_sign_of_life_never_waits_for_who_does_not_listen(monkeypatch):
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    monkeypatch.setenv(pulse.VARIABLE, str(writing))
    for _ in range(70_000):  # more than a pipe holds
        pulse.beat()
    assert (pulse.was_heard(reading), pulse.was_heard(reading)) == (True, False)
    os.close(reading)
    pulse.beat()
    os.close(writing)


def test_systemd_is_given_the_sign_it_waits_for(monkeypatch, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        pulse.beat()
        assert systemd.recv(100) == b"WATCHDOG=1"


def test_the_site_can_be_without_its_worker_and_its_keeper():
    told = {one.name: (one.vital, one.argv[-1]) for one in serve.programs()}
    assert told == {
        "网页服务": (True, str(ROOT / "deploy/gunicorn.conf.py")),
        "后台任务": (False, "work"),
        "日志值守": (False, "keep"),
    }


def test_a_program_that_does_not_listen_is_killed_with_its_children(tmp_path, monkeypatch):
    monkeypatch.setattr("parkcms.programs.STOP_SECONDS", 0.2)
    deaf = "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    deaf += "; pid = os.fork(); open('ready', 'w').close() if pid else None; time.sleep(600)"
    programs = Programs([python(deaf)], tmp_path)
    watch_until(programs, (tmp_path / "ready").exists)
    process = programs.runs[0].process
    programs.stop()
    assert process.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 10
    while has_processes(process.pid):  # the child of the killed one is nobody's to wait for
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_child_with_a_lifeline_ends_when_its_parent_is_killed(tmp_path):
    child = (
        "import time; from parkcms import lifeline; lifeline.ask_kernel = lambda: None; "
        "lifeline.end_with_parent(); print('alive', flush=True); time.sleep(600)"
    )
    parent = (
        "import sys, time; from pathlib import Path; from parkcms.programs import *\n"
        f"programs = Programs([Program('child', (sys.executable, '-c', {child!r}))], Path('.'))\n"
        "programs.watch(); print(programs.runs[0].process.pid, flush=True); time.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", parent], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    said = {process.stdout.readline().strip(), process.stdout.readline().strip()}
    assert "alive" in said
    process.kill()
    process.wait()
    # The child holds the other end of this pipe: its end is the end of the child.
    assert process.stdout.read() == ""


# --- requests that can't be read ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "first"),
    [
        (InvalidRequestLine("x\r\nSet-Cookie: a=b"), b"HTTP/1.1 400 Bad Request"),
        (LimitRequestHeaders("many"), b"HTTP/1.1 431 Request Header Fields Too Large"),
        (ZeroDivisionError(), b"HTTP/1.1 500 Internal Server Error"),
    ],
)
def test_every_answer_of_the_server_itself_carries_our_headers(error, first):
    ours, theirs = socket.socketpair()
    worker = object.__new__(Worker)
    worker.log = logging.getLogger("silent")
    worker.log.disabled = True
    with ours, theirs:
        worker.handle_error(None, ours, ("127.0.0.1", 1), error)
        ours.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: theirs.recv(4096), b""))
    head, body = answer.split(b"\r\n\r\n", 1)
    lines = head.split(b"\r\n")
    assert lines[0] == first
    assert lines[1:] == [
        b"Cross-Origin-Opener-Policy: same-origin",
        b"Referrer-Policy: strict-origin-when-cross-origin",
        b"X-Content-Type-Options: nosniff",
        b"Connection: close",
        b"Content-Type: text/html",
        b"Content-Length: %d" % len(body),
    ]
