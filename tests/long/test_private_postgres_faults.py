"""The private Postgres when things are killed, in every order that was thought of."""

import os
import pwd
import signal
import stat
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import psycopg
import pytest
from faults import (
    ROOT,
    client,
    eventually,
    postmaster_of,
    processes_of,
    supervisor_of,
    without_namespaces,
)

from parkcms import database, locks

pytestmark = [
    pytest.mark.xdist_group("long"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def var(tmp_path):
    yield tmp_path
    database.release(tmp_path, seconds=20)
    left = eventually(lambda: not processes_of(tmp_path), 20)
    assert left, processes_of(tmp_path)


def ask(var, sql, *values):
    with psycopg.connect(**database.ensure(var), autocommit=True) as connection:
        cursor = connection.execute(sql, values)
        return cursor.fetchall() if cursor.description else None


def ended(var):
    return not locks.is_held(var / "postgres/server.lock") and not processes_of(var)


def test_eight_first_clients_at_once_share_one_server(var):
    clients = [client(var) for _ in range(8)]
    hosts = {process.stdout.readline() for process in clients}
    servers = [line for line in processes_of(var).values() if "-D /" in line]
    for process in clients:
        process.kill()
        process.communicate()
    assert len(hosts) == 1
    assert hosts != {""}
    assert len(servers) == 1
    assert eventually(lambda: ended(var))


def test_server_stops_after_its_only_client_was_killed(var):
    process = client(var)
    assert process.stdout.readline()
    assert not ended(var)
    process.kill()
    process.communicate()
    started = time.monotonic()
    assert eventually(lambda: ended(var))
    assert time.monotonic() - started < 5


def test_server_stays_while_one_of_two_clients_lives(var):
    first, second = client(var), client(var)
    assert first.stdout.readline() == second.stdout.readline()
    pid = postmaster_of(var)
    first.kill()
    first.communicate()
    time.sleep(3)
    assert postmaster_of(var) == pid
    second.kill()
    second.communicate()
    assert eventually(lambda: ended(var))


def test_a_killed_supervisor_is_replaced_and_the_server_still_stops(var):
    process = client(var)
    process.stdout.readline()
    server = postmaster_of(var)
    killed = supervisor_of(var)
    os.kill(killed, signal.SIGKILL)
    assert eventually(lambda: not locks.is_held(var / "postgres/supervisor.lock"))
    database.ensure(var)
    assert supervisor_of(var) != killed
    assert postmaster_of(var) == server
    process.kill()
    process.communicate()
    assert database.release(var, seconds=20)
    assert eventually(lambda: ended(var))


def test_no_row_is_lost_when_everything_is_killed(var):
    process = client(var)
    process.stdout.readline()
    ask(var, "CREATE TABLE kept (n int)")
    ask(var, "INSERT INTO kept SELECT generate_series(1, 10000)")
    for pid in [supervisor_of(var), postmaster_of(var), process.pid]:
        os.kill(pid, signal.SIGKILL)
    process.communicate()
    assert ask(var, "SELECT count(*), sum(n) FROM kept") == [(10000, 50005000)]


def test_a_killed_server_is_started_again_for_the_same_client(var):
    ask(var, "CREATE TABLE kept (n int)")
    before = postmaster_of(var)
    os.kill(before, signal.SIGKILL)
    assert eventually(lambda: not locks.is_held(var / "postgres/server.lock"))
    assert ask(var, "SELECT * FROM kept") == []
    assert postmaster_of(var) != before


def test_a_start_killed_while_the_data_are_made_is_made_good(var):
    process = client(var)
    assert eventually(lambda: (var / "postgres/data.new").exists())
    process.kill()
    process.communicate()
    assert ask(var, "SELECT 1") == [(1,)]
    assert not (var / "postgres/data.new").exists()


def test_a_start_killed_while_the_server_comes_up_is_made_good(var):
    process = client(var)
    assert eventually(lambda: (var / "postgres/data/postmaster.pid").exists())
    process.kill()
    process.communicate()
    assert ask(var, "SELECT 1") == [(1,)]


def test_a_pid_left_behind_that_now_belongs_to_another_program_is_no_hindrance(var):
    ask(var, "SELECT 1")
    note = var / "postgres/data/postmaster.pid"
    left = note.read_text()
    assert database.release(var, seconds=20)
    other = subprocess.Popen(["sleep", "600"])
    note.write_text(left.replace(left.split("\n")[0], str(other.pid), 1))
    (var / "postgres/.s.PGSQL.5432.lock").write_text(f"{other.pid}\n")
    try:
        assert ask(var, "SELECT 1") == [(1,)]
    finally:
        other.kill()
        other.wait()


def test_a_forked_child_keeps_the_server_after_its_parent(var):
    code = (
        "import os, sys, time\nfrom parkcms import database\ndatabase.ensure(sys.argv[1])\n"
        "if os.fork() == 0:\n    time.sleep(4)\n    import psycopg\n"
        "    with psycopg.connect(**database.ensure(sys.argv[1])) as c:\n"
        "        print(c.execute('SELECT 1').fetchone(), flush=True)\n"
        "    os._exit(0)\nprint('parent', flush=True)\nos._exit(0)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(var)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "parent\n"
    process.wait()
    server = postmaster_of(var)
    assert process.stdout.readline() == "(1,)\n"
    assert postmaster_of(var) == server
    process.stdout.close()
    assert eventually(lambda: ended(var))


def test_server_ends_when_its_folder_is_removed(var):
    process = client(var)
    process.stdout.readline()
    (var / "postgres").rename(var / "gone")
    subprocess.run(["rm", "-rf", var / "gone"], check=True)
    assert eventually(lambda: not [c for c in processes_of(var).values() if "-D /" in c], 30)
    process.kill()
    process.communicate()


# --- other accounts -----------------------------------------------------------------------------


def python_of_nobody():
    """Environment and interpreter with which nobody can run the project, or a skipped test."""
    become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    packages = sysconfig.get_paths()["purelib"]
    for python in (sys.executable, "/usr/bin/python3"):
        environment = {"PYTHONPATH": f"{ROOT}:{packages}", "PATH": os.environ["PATH"]}
        code = "import psycopg, parkcms.database, subprocess, sys; "
        code += "subprocess.run([sys.executable, '-c', ''], check=True)"
        tried = subprocess.run(
            [*become, python, "-c", code],
            env=environment,
            cwd="/",
            capture_output=True,
            check=False,
        )
        if tried.returncode == 0:
            return [*become, python], environment
    pytest.skip("nobody can't read this checkout or its Python")


@pytest.fixture
def open_var(tmp_path_factory):
    """A data folder below folders that everybody may pass; afterwards none of its processes."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="parkcms-test-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)
        assert eventually(lambda: not processes_of(name), 20), processes_of(name)


@needs_root
def test_an_unprivileged_person_starts_a_server_of_their_own(open_var):
    command, environment = python_of_nobody()
    mine = open_var / "var"
    mine.mkdir()
    os.chown(mine, 65534, 65534)
    asked = subprocess.run(
        [
            *command,
            "-c",
            "import sys, parkcms.database as d; d.ensure(sys.argv[1])",
            mine,
        ],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    assert {path.stat().st_uid for path in mine.rglob("*")} == {65534}


@needs_root
def test_root_starts_the_server_of_another_persons_folder_as_that_person(open_var):
    folder = open_var / "postgres"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    assert ask(open_var, "SELECT 1") == [(1,)]
    owner = Path(f"/proc/{postmaster_of(open_var)}").stat().st_uid
    assert database.release(open_var, seconds=20)
    assert owner == 65534
    assert {path.stat().st_uid for path in folder.rglob("*")} == {65534}


@needs_root
def test_an_unwritable_data_folder_is_said_in_one_sentence(open_var):
    command, environment = python_of_nobody()
    code = (
        "import sys\nfrom parkcms import database\n"
        "try:\n    database.ensure(sys.argv[1])\n"
        "except database.DatabaseUnavailable as e:\n    print(e)"
    )
    asked = subprocess.run(
        [*command, "-c", code, open_var],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.stdout == (
        f"没有权限使用 {open_var / 'postgres'}：请改正它的所有者或权限，"
        "或用 PARKCMS_VAR 指定另一个数据目录。\n"
    )


@needs_root
def test_root_without_namespaces_runs_it_as_nobody_behind_closed_folders(var):
    closed = var / "closed"
    closed.mkdir(mode=0o700)
    process = client(closed, preexec_fn=without_namespaces)
    said = process.stdout.readline()
    if not said:
        pytest.fail(process.communicate()[1])
    status = Path(f"/proc/{postmaster_of(closed)}/status").read_text()
    process.kill()
    process.communicate()
    assert eventually(lambda: ended(closed))
    assert f"Uid:\t{pwd.getpwnam('nobody').pw_uid}\t" in status
    assert "CapEff:\t0000000000000002\n" in status  # dac_override and nothing else
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert closed.stat().st_uid == 0


@needs_root
@pytest.mark.parametrize("megabytes", [0.1, 10, 60])
def test_a_full_disk_is_said_in_one_sentence(var, megabytes):
    place = var / "small"
    place.mkdir()
    code = (
        "import sys\nfrom parkcms import database\n"
        "try:\n    database.ensure(sys.argv[1])\n"
        "except database.DatabaseUnavailable as e:\n    print(e)"
    )
    kilobytes = int(megabytes * 1000)
    asked = subprocess.run(
        [
            "unshare", "--mount", "sh", "-c",
            f'mount -t tmpfs -o size={kilobytes}k none "$1" || exit 77; exec "$2" -c "$3" "$1"',
            "sh", place, sys.executable, code,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if asked.returncode == 77:
        pytest.skip("this machine lets nobody mount")
    if megabytes == 60:
        # Enough for the data of a new server.
        assert (asked.stdout, asked.stderr) == ("", "")
    else:
        assert asked.stdout.startswith("磁盘已满，私有数据库写不进 ")
        assert asked.stdout.count("\n") == 1
