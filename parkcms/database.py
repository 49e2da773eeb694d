"""The private Postgres of a data folder, for machines without a database server.

`ensure()` finds the server or starts it, makes the database, and keeps the server for this
process: a shared file lock, which the kernel drops with the process however it ends, counts
the clients, and a supervisor stops the server a second after the last one. Connections go
through a Unix socket in a folder of mode 0700; there is no TCP port, so nobody needs a password.

Not for production: DATABASE_URL names a real server there.

Everything lies in VAR/postgres: data/ (what Postgres keeps), postgres.log, the socket (where its
path would be too long, the file `socket` with the name of a temporary folder), and four locks:

start.lock       held while somebody starts the server
clients.lock     shared by every process that uses the server
server.lock      inherited by initdb and the server: tells whether any process of theirs lives
supervisor.lock  held by the process that will stop the server
"""

import contextlib
import json
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from parkcms import locks
from parkcms.postgres import account, binaries, sockets
from parkcms.postgres.supervisor import postmaster
from parkcms.postgres.unavailable import DatabaseUnavailable, disk_full, said_plainly

__all__ = ["DatabaseUnavailable", "ensure", "is_ready", "release", "start_soon"]

NAME = "parkcms"
USER = "postgres"
TURN_SECONDS = 2.0  # for another thread that asks a running server
START_SECONDS = 120.0  # a start after a power cut replays the log first
STOP_SECONDS = 90.0
LOG_BYTES = 5_000_000
# Chinese letters are letters under any of these; under C they are not.
CTYPES = ("C.UTF-8", "en_US.UTF-8", "zh_CN.UTF-8")
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class _Server:
    """One running server: its process, and the folder of its socket."""

    pid: int
    host: str


@dataclass(frozen=True)
class _Client:
    """What this process holds of one folder: the shared lock, and the server it found."""

    lock: int
    server: _Server


_clients: dict[Path, _Client] = {}
_guard = threading.Lock()
_starting = threading.Lock()


def _new_guard() -> None:
    """A fork may copy a lock while another thread holds it; the child needs free ones."""
    global _guard, _starting
    _guard, _starting = threading.Lock(), threading.Lock()


os.register_at_fork(after_in_child=_new_guard)


def ensure(var: Path, *, durable: bool = True) -> dict:
    """Has the private Postgres of the data folder `var` running until this process ends.

    Returns {"host": folder of the socket, "port", "user", "dbname"}. A first start takes about
    a second, a later one 0.2 s, the answer for a running server 0.1 ms. `durable=False` starts
    it without fsync, for tests. Raises DatabaseUnavailable with a sentence in Chinese.
    """
    folder = Path(var).resolve() / "postgres"
    with _turn(var), said_plainly(folder):
        client = _clients.get(folder)
        if client is None or not _is_current(client, folder):
            client = _clients[folder] = _attach(folder, durable, client)
    return {"host": client.server.host, "port": sockets.PORT, "user": USER, "dbname": NAME}


@contextlib.contextmanager
def _turn(var: Path) -> Iterator[None]:
    """One thread at a time; while the server runs nobody waits long for another's question."""
    until = time.monotonic() + TURN_SECONDS
    # Looked at, then taken by `with`: a signal that ends the process between taking a lock and
    # holding it by name would leave it taken, and the end would wait for it.
    while _guard.locked() and (time.monotonic() < until or not is_ready(var)):
        time.sleep(0.02)
    if _guard.locked():
        raise DatabaseUnavailable("私有数据库没有应答，可能被暂停了：请看它的进程和日志。")
    with _guard:
        yield


def is_ready(var: Path) -> bool:
    """Whether the private Postgres takes connections, told from its files; starts nothing.

    For those who would rather do without it than wait for its start. A server that is stopped
    (SIGSTOP) looks ready: whoever asks it needs a deadline of their own.
    """
    folder = Path(var).resolve() / "postgres"
    try:
        # The eighth line is the server's own word for how far it is (Postgres, miscadmin.h).
        said = (folder / "data/postmaster.pid").read_text().split("\n")[7].strip()
    except (OSError, IndexError):
        return False
    return (
        said == "ready"
        and postmaster(folder / "data") is not None
        and locks.is_held(folder / "server.lock")
    )


def start_soon(var: Path) -> None:
    """Has the private Postgres started by a thread of its own; the caller goes on without it."""
    if not _starting.acquire(blocking=False):
        return  # a thread is at it

    def start() -> None:
        try:
            with contextlib.suppress(DatabaseUnavailable):
                ensure(var)
        finally:
            _starting.release()

    threading.Thread(target=start, name="start-postgres", daemon=True).start()


def release(var: Path, *, seconds: float = 0) -> bool:
    """Lets the server go; waits up to `seconds` for its end and says whether it has ended.

    Does not wait while other processes use it. Connections should be closed before.
    """
    folder = Path(var).resolve() / "postgres"
    with _guard:
        client = _clients.pop(folder, None)
    if client is not None:
        os.close(client.lock)
    deadline = time.monotonic() + seconds
    while locks.is_held(folder / "server.lock"):
        alone = locks.take(folder / "clients.lock")
        if alone is not None:
            os.close(alone)
        elif not locks.is_held(folder / "clients.lock"):
            return False  # others share it
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _is_current(client: _Client, folder: Path) -> bool:
    """Whether what was found is still so, without asking the server: 0.1 ms."""
    try:
        if os.fstat(client.lock).st_ino != (folder / "clients.lock").stat().st_ino:
            return False  # the folder was removed and made anew
        os.kill(client.server.pid, 0)
    except FileNotFoundError:
        return False
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it lives, under another account
    return locks.is_held(folder / "server.lock") and locks.is_held(folder / "supervisor.lock")


def _attach(folder: Path, durable: bool, known: _Client | None) -> _Client:
    """Counts this process as a client first, so that nobody stops what it is going to use."""
    if known:
        os.close(known.lock)
        _clients.pop(folder)
    _make_folder(folder)
    lock = locks.take(folder / "clients.lock", shared=True, seconds=STOP_SECONDS)
    if lock is None:
        raise DatabaseUnavailable(f"上一个私有数据库还没有停好（{folder}）：请过一会儿再试。")
    try:
        server = _asked(folder) or _start(folder, durable)
        _have_supervisor(folder)
    except BaseException:
        os.close(lock)
        raise
    return _Client(lock, server)


def _make_folder(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    if stat.S_IMODE(folder.stat().st_mode) != 0o700:
        folder.chmod(0o700)


def _asked(folder: Path) -> _Server | None:
    """Like `_running`, but a server that takes connections and says nothing is told apart."""
    was_ready = is_ready(folder.parent)
    try:
        return _running(folder)
    except _NoAnswer:
        if was_ready:
            raise DatabaseUnavailable(
                f"私有数据库没有应答，可能被暂停了：请看日志 {folder / 'postgres.log'}。"
            ) from None
        return None


def _running(folder: Path) -> _Server | None:
    """The server when it answers; makes the database where it is missing."""
    pid = postmaster(folder / "data")
    if pid is None or not locks.is_held(folder / "server.lock"):
        return None
    try:
        # Its fifth line is the folder of the socket (Postgres, miscadmin.h).
        host = (folder / "data/postmaster.pid").read_text().split("\n")[4]
    except (FileNotFoundError, IndexError):
        return None
    return _Server(pid, host) if host and _has_database(host) else None


class _NoAnswer(Exception):  # noqa: N818 - it says what is so
    """The server took the connection and was silent."""


def _running_by_now(folder: Path) -> _Server | None:
    with contextlib.suppress(_NoAnswer):
        return _running(folder)
    return None


def _has_database(host: str) -> bool:
    import psycopg

    try:
        with psycopg.connect(
            host=host,
            port=sockets.PORT,
            user=USER,
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        ) as connection:
            there = connection.execute("SELECT FROM pg_database WHERE datname = %s", [NAME])
            if there.rowcount == 0:
                # Another client may be faster.
                errors = psycopg.errors
                with contextlib.suppress(errors.DuplicateDatabase, errors.UniqueViolation):
                    connection.execute(f"CREATE DATABASE {NAME}")
    except psycopg.errors.DiskFull as error:
        raise disk_full(Path(host)) from error
    except psycopg.errors.ConnectionTimeout as error:
        raise _NoAnswer from error
    except psycopg.OperationalError:
        return False  # starting up, stopping, or gone
    return True


# --- start --------------------------------------------------------------------------------------


def _start(folder: Path, durable: bool) -> _Server:
    """Starts the server, or waits for the one that another process starts at this moment."""
    deadline = time.monotonic() + START_SECONDS
    turn = locks.take(folder / "start.lock", seconds=START_SECONDS)
    try:
        while turn is not None and time.monotonic() < deadline:
            if server := _running_by_now(folder):
                return server
            # Free only when no server, no left-over backend and no initdb is alive.
            ours = locks.take(folder / "server.lock")
            if ours is None:
                time.sleep(0.05)
                continue
            seen = _log_size(folder)
            try:
                _launch(folder, ours, durable)
            finally:
                os.close(ours)
            try:
                return _wait(folder, seen, deadline)
            except DatabaseUnavailable:
                sockets.remove(sockets.elsewhere(folder))
                raise
    finally:
        if turn is not None:
            os.close(turn)
    raise DatabaseUnavailable(
        f"私有数据库 {START_SECONDS:.0f} 秒内没有就绪：请看日志 {folder / 'postgres.log'}。"
    )


def _launch(folder: Path, lock: int, durable: bool) -> None:
    data = folder / "data"
    _forget_dead(folder)
    programs = binaries.find(_major_of(data))
    before = account.prefix(folder, programs.program("postgres"))
    if not data.exists():
        _create(folder, [*before, programs.program("initdb")], lock)
    command = [*before, programs.program("postgres"), "-D", str(data)]
    for setting in _settings(sockets.folder_for(folder), durable):
        command += ["-c", setting]
    _supervise(folder, command, lock)


def _major_of(data: Path) -> int | None:
    try:
        return int((data / "PG_VERSION").read_text())
    except FileNotFoundError:
        if data.exists():
            raise DatabaseUnavailable(
                f"{data} 不是完整的 PostgreSQL 数据（缺 PG_VERSION）："
                "请从备份恢复，或移走它再启动。"
            ) from None
        return None
    except ValueError:
        raise DatabaseUnavailable(f"{data / 'PG_VERSION'} 里没有版本号：请从备份恢复。") from None


def _forget_dead(folder: Path) -> None:
    """Removes what a killed server left: its pid may belong to somebody else by now.

    Called with server.lock held, so none of ours is alive; a Postgres that somebody runs on
    this data by hand is left alone and will refuse the second one itself.
    """
    if postmaster(folder / "data") is None:
        (folder / "data/postmaster.pid").unlink(missing_ok=True)
        place = sockets.elsewhere(folder) or folder
        (place / f"{sockets.NAME}.lock").unlink(missing_ok=True)


def _create(folder: Path, initdb: list[str], lock: int) -> None:
    """Makes the data folder under another name first: half a one is never taken for whole."""
    fresh = folder / "data.new"
    if fresh.exists():
        shutil.rmtree(fresh)
    said = ""
    for ctype in CTYPES:
        options = ["--encoding=UTF8", "--locale=C", f"--lc-ctype={ctype}", "--no-instructions"]
        options += [f"--username={USER}", "--auth-local=trust", "--auth-host=reject"]
        done = subprocess.run(  # noqa: S603 - our own arguments, no shell
            [*initdb, "-D", str(fresh), *options],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            env=_environment(),
            pass_fds=[lock],
        )
        if done.returncode == 0:
            fresh.rename(folder / "data")
            return
        said = done.stderr
        if "locale" not in said:
            break
    raise _failure(folder, said, "私有数据库没能建立")


def _settings(socket_folder: Path, durable: bool) -> list[str]:
    quoted = str(socket_folder).replace('"', '""')
    settings = [
        f'unix_socket_directories="{quoted}"',
        "unix_socket_permissions=0700",
        "listen_addresses=",
        f"port={sockets.PORT}",
        "max_connections=100",
        "huge_pages=off",  # asking for them kills the server in some containers
        "jit=off",  # it costs more than these small queries
        "log_min_messages=warning",
        # What visitors and editors write does not belong in a log.
        "log_min_error_statement=panic",
        "log_error_verbosity=terse",
        "log_line_prefix=%m [%p] ",
    ]
    if not durable:
        settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    return settings


def _environment() -> dict[str, str]:
    """What Postgres gets of our environment: no locale, no PG variable, no secret of the site."""
    kept = {"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR"}
    own = {name: value for name, value in os.environ.items() if name in kept}
    return own | {"LC_ALL": "C", "TZ": "UTC"}


def _supervise(folder: Path, command: list[str] | None, lock: int | None) -> None:
    """Starts the supervisor, with the server's command or for a server that runs already."""
    task = {"folder": str(folder), "command": command, "lock": lock}
    path = folder / "postgres.log"
    if _log_size(folder) > LOG_BYTES:
        path.replace(folder / "postgres.log.1")
    with path.open("ab") as log:
        path.chmod(0o600)
        if os.geteuid() == 0:
            os.chown(path, folder.stat().st_uid, folder.stat().st_gid)
        subprocess.run(  # noqa: S603 - our own module, no shell
            [sys.executable, "-S", "-m", "parkcms.postgres.supervisor", json.dumps(task)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=ROOT,
            env=_environment(),
            pass_fds=[lock] if lock is not None else [],
            start_new_session=True,
            check=False,
        )


def _have_supervisor(folder: Path) -> None:
    """A server whose supervisor was killed gets a new one."""
    if locks.is_held(folder / "supervisor.lock"):
        return
    _supervise(folder, None, None)
    deadline = time.monotonic() + 5
    while not locks.is_held(folder / "supervisor.lock") and time.monotonic() < deadline:
        time.sleep(0.01)


def _wait(folder: Path, seen: int, deadline: float) -> _Server:
    """Until the server answers; `seen` is how long its log was before."""
    while time.monotonic() < deadline:
        if server := _running_by_now(folder):
            return server
        if not locks.is_held(folder / "server.lock"):
            raise _failure(folder, _log_since(folder, seen), "私有数据库没能启动")
        time.sleep(0.02)
    raise DatabaseUnavailable(
        f"私有数据库 {START_SECONDS:.0f} 秒内没有就绪：请看日志 {folder / 'postgres.log'}。"
    )


def _log_size(folder: Path) -> int:
    try:
        return (folder / "postgres.log").stat().st_size
    except FileNotFoundError:
        return 0


def _log_since(folder: Path, seen: int) -> str:
    with (folder / "postgres.log").open("rb") as log:
        log.seek(seen if seen <= _log_size(folder) else 0)
        return log.read().decode(errors="replace")


def _failure(folder: Path, said: str, what: str) -> DatabaseUnavailable:
    """One sentence out of what initdb or the server said; the last complaint counts."""
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return disk_full(folder)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    grave = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error:"))]
    reason = (grave or lines or ["没有留下原因"])[-1]
    return DatabaseUnavailable(f"{what}：{reason}（日志：{folder / 'postgres.log'}）。")
