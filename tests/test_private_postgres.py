"""The private Postgres: found, started, shared, closed to others. Its deaths: tests/long."""

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from parkcms import database, locks
from parkcms.postgres import binaries
from parkcms.postgres.unavailable import DatabaseUnavailable, said_plainly

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    """A data folder of its own, whose server has ended before the next module begins."""
    folder = tmp_path_factory.mktemp("var")
    yield folder
    assert database.release(folder, seconds=30)


def ask(var, sql):
    with psycopg.connect(**database.ensure(var, durable=False)) as connection:
        return connection.execute(sql).fetchone()


def with_data_in(folder):
    """An environment in which the private Postgres of this folder is the database."""
    ours = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return ours | {"PARKCMS_VAR": str(folder)}


def program(folder, version):
    """Programs that say they are Postgres of this version, and do nothing else."""
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


def test_it_speaks_utf8_and_takes_chinese_letters_for_letters(var):
    assert ask(
        var,
        "SELECT pg_encoding_to_char(encoding), datcollate, datctype LIKE '%UTF-8',"
        " '嘉' ~ '^[[:alpha:]]$', current_database()::text"
        " FROM pg_database WHERE datname = current_database()",
    ) == ("UTF8", "C", True, True, "parkcms")


def test_it_listens_on_no_tcp_port_and_only_the_owner_reaches_its_socket(var):
    assert ask(var, "SELECT current_setting('listen_addresses'), inet_server_addr()") == ("", None)
    host = Path(database.ensure(var)["host"])
    for folder in (host, var / "postgres", var / "postgres/data"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((host / ".s.PGSQL.5432").stat().st_mode) == 0o700


def test_its_log_keeps_no_statement(var):
    with pytest.raises(psycopg.errors.UndefinedTable):
        ask(var, "SELECT * FROM no_such_table WHERE phone = '13800138000'")
    log = (var / "postgres/postgres.log").read_text()
    assert "no_such_table" in log
    assert "13800138000" not in log


def test_threads_and_processes_share_one_server(var):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(database.ensure(var))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    code = "import sys, parkcms.database as d; print(d.ensure(sys.argv[1]))"
    other = subprocess.run(
        [sys.executable, "-c", code, str(var)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {str(answer) for answer in found} == {other.stdout.strip()}


def test_a_dropped_database_is_made_again(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dropped")
    server = database.ensure(folder, durable=False)
    with psycopg.connect(**server | {"dbname": "postgres"}, autocommit=True) as connection:
        connection.execute("DROP DATABASE parkcms")
    assert database.release(folder, seconds=30)
    assert ask(folder, "SELECT current_database()::text") == ("parkcms",)
    assert database.release(folder, seconds=30)


@pytest.mark.parametrize("value", ["zh_CN.GBK", "no_SUCH.locale"])
def test_the_locale_of_the_person_who_starts_it_does_not_matter(tmp_path, value):
    code = (
        "import sys, psycopg, parkcms.database as d\n"
        "with psycopg.connect(**d.ensure(sys.argv[1], durable=False)) as c:\n"
        "    print(c.execute('SHOW lc_messages').fetchone()[0], c.execute("
        "\"SELECT datctype FROM pg_database WHERE datname = 'parkcms'\").fetchone()[0])\n"
    )
    asked = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"LC_ALL": value, "LANG": value, "PGDATA": "/x", "PGOPTIONS": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout == "C C.UTF-8\n"
    assert database.release(tmp_path, seconds=30)


def test_a_socket_path_that_is_too_long_moves_to_a_private_temporary_folder(tmp_path):
    deep = tmp_path / ("很长的目录名" * 4) / ("y" * 60)
    host = Path(database.ensure(deep, durable=False)["host"])
    assert len(os.fsencode(host / ".s.PGSQL.5432")) <= 100
    assert stat.S_IMODE(host.stat().st_mode) == 0o700
    assert ask(deep, "SELECT 1") == (1,)
    assert database.release(deep, seconds=30)
    os.close(locks.take(deep / "postgres/clients.lock", seconds=10))  # free once it is tidied up
    assert not host.exists()


def test_a_folder_name_with_quotes_commas_and_blanks_is_no_hindrance(tmp_path):
    odd = tmp_path / "a, \"b\" 'c' 园区"
    assert ask(odd, "SELECT 1") == (1,)
    assert database.release(odd, seconds=30)


def test_release_of_what_was_never_taken_says_that_nothing_runs(tmp_path):
    assert database.release(tmp_path) is True


@pytest.mark.parametrize("command", [["makemigrations", "--check"], ["check"]])
def test_commands_that_need_no_database_start_none(tmp_path, command):
    subprocess.run(
        [sys.executable, ROOT / "manage.py", *command],
        env=with_data_in(tmp_path),
        capture_output=True,
        check=True,
    )
    assert not (tmp_path / "postgres").exists()


def test_a_command_that_needs_the_database_starts_it_and_lets_it_go(tmp_path):
    asked = subprocess.run(
        [sys.executable, ROOT / "manage.py", "dbshell", "--", "-Atc", "SELECT current_database()"],
        env=with_data_in(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout == "parkcms\n"
    assert database.release(tmp_path, seconds=30)


# --- programs -----------------------------------------------------------------------------------


def test_the_wheel_comes_before_the_system_and_is_not_imported(monkeypatch):
    monkeypatch.delenv("PARKCMS_PG_BIN", raising=False)
    sys.modules.pop(binaries.WHEEL, None)
    found = binaries.find()
    assert binaries.WHEEL_FOLDER in str(found.folder)
    assert found.major >= binaries.OLDEST_MAJOR
    assert binaries.WHEEL not in sys.modules


def test_programs_named_by_hand_come_first(tmp_path, monkeypatch):
    named = program(tmp_path / "bin", "17.2 (Debian 17.2-1)")
    monkeypatch.setenv("PARKCMS_PG_BIN", str(named))
    assert binaries.find() == binaries.Binaries(named, 17)


def test_programs_of_the_datas_own_version_are_taken(tmp_path, monkeypatch):
    system = tmp_path / "postgresql"
    for version in (14, 15, 16, 98, 99):
        program(system / str(version) / "bin", f"{version}.1")
    monkeypatch.setattr(binaries, "SYSTEM_FOLDER", system)
    monkeypatch.delenv("PARKCMS_PG_BIN", raising=False)
    assert binaries.find(16) == binaries.Binaries(system / "16/bin", 16)
    monkeypatch.setattr(binaries, "WHEEL", "no_such_wheel")
    assert binaries.find() == binaries.Binaries(system / "99/bin", 99)


def test_programs_that_are_too_old_are_not_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(binaries, "WHEEL", "no_such_wheel")
    monkeypatch.setattr(binaries, "SYSTEM_FOLDER", tmp_path)
    monkeypatch.delenv("PARKCMS_PG_BIN", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    program(tmp_path / "14/bin", "14.9")
    with pytest.raises(DatabaseUnavailable, match="找不到 PostgreSQL 15 或更新的程序（现有：14）"):
        binaries.find()


def test_a_wrong_folder_named_by_hand_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PARKCMS_PG_BIN", str(tmp_path))
    with pytest.raises(DatabaseUnavailable, match=f"^PARKCMS_PG_BIN={tmp_path} 里没有"):
        binaries.find()


def test_data_of_another_version_are_not_touched(tmp_path):
    data = tmp_path / "postgres/data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("11\n")
    with pytest.raises(DatabaseUnavailable, match="数据目录里是 PostgreSQL 11 的数据"):
        database.ensure(tmp_path)
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


def test_a_data_folder_without_version_is_not_taken_for_data(tmp_path):
    (tmp_path / "postgres/data").mkdir(parents=True)
    with pytest.raises(DatabaseUnavailable, match="缺 PG_VERSION"):
        database.ensure(tmp_path)


# --- what is said -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "磁盘已满，私有数据库写不进 /data：请腾出空间后再启动。"),
        (errno.EDQUOT, "磁盘已满，私有数据库写不进 /data：请腾出空间后再启动。"),
        (
            errno.EROFS,
            "没有权限使用 /data/x：请改正它的所有者或权限，或用 PARKCMS_VAR 指定另一个数据目录。",
        ),
        (errno.EIO, "私有数据库的目录 /data/x 用不了：Input/output error。"),
    ],
)
def test_an_error_of_the_system_becomes_one_sentence(number, words):
    with pytest.raises(DatabaseUnavailable) as caught, said_plainly(Path("/data")):
        raise OSError(number, os.strerror(number), "/data/x")
    assert str(caught.value) == words


def test_a_file_where_the_folder_should_be_is_said(tmp_path):
    (tmp_path / "var").write_text("")
    with pytest.raises(DatabaseUnavailable, match="用不了"):
        database.ensure(tmp_path / "var")


def test_the_last_complaint_of_the_server_is_passed_on(tmp_path):
    said = "LOG: starting\nFATAL:  could not map shared memory\nLOG: database system is shut down\n"
    assert str(database._failure(tmp_path, said, "没能启动")) == (
        f"没能启动：FATAL:  could not map shared memory（日志：{tmp_path / 'postgres.log'}）。"
    )


# --- locks --------------------------------------------------------------------------------------


def test_a_lock_is_refused_while_held_and_free_afterwards(tmp_path):
    path = tmp_path / "lock"
    first = locks.take(path)
    assert locks.is_held(path)
    assert locks.take(path, seconds=0.05) is None
    assert locks.take(path, shared=True) is None
    os.close(first)
    assert not locks.is_held(path)
    shared = [locks.take(path, shared=True) for _ in range(2)]
    assert locks.take(path) is None
    assert not locks.is_held(path)  # shared is not held alone
    for descriptor in shared:
        os.close(descriptor)
    os.close(locks.take(path))
