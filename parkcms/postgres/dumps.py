"""pg_dump and pg_restore: which ones fit a server, and how they are told where it is.

A dump is made by programs of the server's major version or, where there are none, of the nearest
newer one: an older pg_dump refuses, and a newer one writes what an older server can't read back.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from parkcms.postgres import binaries
from parkcms.postgres.unavailable import DISK_FULL, DatabaseUnavailable

LOCK_WAIT = "60s"  # a migration that holds its tables longer than this makes the dump fail


@dataclass(frozen=True)
class Server:
    """A server and database as libpq is told: no password on a command line, all may read it."""

    conninfo: str
    major: int
    environment: dict[str, str] = field(default_factory=dict, repr=False)


class DumpFailed(Exception):  # noqa: N818 - it says what is so
    """pg_dump or pg_restore ended badly; str() is one sentence in Chinese for the person."""


def server() -> Server:
    """The site's server, asked for its version. Starts the private one where that is the site's.

    Raises django.db.OperationalError when it can't be reached.
    """
    from django.db import connection
    from psycopg.conninfo import make_conninfo

    connection.ensure_connection()
    given = {
        name: value
        for name, value in connection.get_connection_params().items()
        if isinstance(value, str | int) and not isinstance(value, bool)
    }
    password = given.pop("password", "")
    environment = {"PGPASSWORD": str(password)} if password else {}
    major = connection.pg_version // 10_000
    return Server(make_conninfo("", **given), major, environment)


def dump(server: Server, file: Path) -> None:
    """Writes the database as it stands at one moment to `file`; nobody waits for it.

    Uncompressed: the archive around it is compressed. Raises DumpFailed, DatabaseUnavailable.
    """
    options = ["--format=custom", "--compress=0", "--no-owner", "--no-privileges"]
    options += [f"--lock-wait-timeout={LOCK_WAIT}", f"--file={file}"]
    _run(server, "pg_dump", options, "导出数据库失败")


def restore(server: Server, file: Path) -> None:
    """Puts a dump into an empty database: all of it or, whatever goes wrong, nothing.

    Raises DumpFailed, DatabaseUnavailable.
    """
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    _run(server, "pg_restore", [*options, str(file)], "放回数据库失败")


def program(name: str, major: int) -> str:
    """The path of pg_dump or pg_restore for a server of `major`; raises DatabaseUnavailable."""
    found: dict[int, str] = {}
    for folder in _folders():
        path = folder / name
        version = _major(path)
        if version is not None:
            found.setdefault(version, str(path))
    fitting = sorted(version for version in found if version >= major)
    if fitting:
        return found[fitting[0]]
    have = "、".join(map(str, sorted(found))) or "没有"
    raise DatabaseUnavailable(
        f"数据库服务器是 PostgreSQL {major}，这里的 {name} 是：{have}。"
        f"请运行 apt install postgresql-client-{major}，或用 PARKCMS_PG_BIN 指出它的 bin 目录。"
    )


def _folders() -> Iterator[Path]:
    """As for the private server (binaries.py), but client programs alone are enough here."""
    if named := os.environ.get("PARKCMS_PG_BIN"):
        yield Path(named).resolve()
    wheel = importlib.util.find_spec(binaries.WHEEL)
    for place in (wheel and wheel.submodule_search_locations) or []:
        yield Path(place) / binaries.WHEEL_FOLDER
    yield from sorted(binaries.SYSTEM_FOLDER.glob("*/bin"))
    if on_path := shutil.which("pg_dump"):
        # Not resolved: Debian's is a wrapper that finds the right one by the name it has.
        yield Path(on_path).parent


def _major(path: Path) -> int | None:
    try:
        answer = subprocess.run(  # noqa: S603 - a folder of our list, no shell
            [path, "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(found[1]) if found else None


def _run(server: Server, name: str, options: list[str], failed: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own arguments, no shell
        [program(name, server.major), f"--dbname={server.conninfo}", "--no-password", *options],
        env=os.environ | server.environment | {"LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise DumpFailed(f"{failed}：{_reason(done.stderr, done.returncode)}")


def _reason(said: str, code: int) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if any(os.strerror(number) in line for number in DISK_FULL for line in lines):
        return "磁盘已满"
    errors = [line for line in lines if "error:" in line]
    return (errors or lines or [f"代码 {code}"])[0]
