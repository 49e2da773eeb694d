"""Stops a private Postgres a second after its last client, however that client ended.

parkcms.database starts this as a process of its own, outside every terminal:

    python -S -m parkcms.postgres.supervisor '{"folder": …, "command": […]|null, "lock": fd|null}'

With a command it starts the server and is its parent; without one it takes care of a running
server whose supervisor was killed. Standard library only, so it costs little and starts fast.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from parkcms import locks
from parkcms.postgres import sockets

IDLE_SECONDS = 1.0
LOOK_EVERY = 0.25
FAST_SECONDS = 60.0  # a fast shutdown writes a checkpoint; a slow disk may need this long
IMMEDIATE_SECONDS = 10.0


class Server:
    """The server as its supervisor sees it: a child of ours, or one that was adopted."""

    def __init__(self, folder: Path, child: subprocess.Popen | None) -> None:
        self.folder = folder
        self.child = child

    def is_running(self) -> bool:
        if self.child is not None:
            return self.child.poll() is None
        return locks.is_held(self.folder / "server.lock")

    def signal(self, number: int) -> None:
        pid = self.child.pid if self.child else postmaster(self.folder / "data")
        if pid:
            os.kill(pid, number)

    def stop(self) -> None:
        """Fast shutdown, then the immediate one: either leaves data that start again."""
        for number, seconds in ((signal.SIGINT, FAST_SECONDS), (signal.SIGQUIT, IMMEDIATE_SECONDS)):
            try:
                self.signal(number)
            except ProcessLookupError:
                return
            deadline = time.monotonic() + seconds
            while self.is_running():
                if time.monotonic() > deadline:
                    break
                time.sleep(0.02)
            else:
                return


def postmaster(data: Path) -> int | None:
    """The pid written in the data folder, if a Postgres of this very folder runs under it."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if pid > 1 and _is_postgres(pid, data) else None


def _is_postgres(pid: int, data: Path) -> bool:
    """False for a dead process, a zombie, another program, or a Postgres of other data."""
    if sys.platform != "linux":
        asked = subprocess.run(  # noqa: S603 - a number, no shell
            ["/bin/ps", "-o", "stat=,comm=", "-p", str(pid)],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.split(None, 1)
        return len(asked) == 2 and asked[0][0] != "Z" and "post" in asked[1]
    process = Path("/proc", str(pid))
    try:
        # "pid (name) state …"; the name may itself hold brackets
        name, _, rest = (process / "stat").read_text().partition(" (")[2].rpartition(") ")
        if rest[0] in "ZX" or not name.startswith(("postgres", "postmaster")):
            return False
        return (process / "cwd").readlink() == data
    except PermissionError:
        return True  # somebody else's Postgres: let it alone
    except (OSError, IndexError):
        return False


def watch(folder: Path, server: Server) -> None:
    """Returns when the server has ended, by itself or because nobody used it any more."""
    idle_since = None
    elsewhere = sockets.elsewhere(folder)
    while server.is_running():
        if not folder.exists():
            server.stop()
            sockets.remove(elsewhere)
            return
        alone = locks.take(folder / "clients.lock")
        if alone is None:
            idle_since = None
        elif time.monotonic() - (idle_since := idle_since or time.monotonic()) < IDLE_SECONDS:
            os.close(alone)
        else:
            # The lock stays taken until the end: a new client waits, then starts a new server.
            server.stop()
            sockets.remove(elsewhere)
            os.close(alone)
            return
        time.sleep(LOOK_EVERY)


def main() -> None:
    task = json.loads(sys.argv[1])
    if os.fork():
        os._exit(0)  # nobody has to wait for the child
    folder = Path(task["folder"])
    os.chdir("/")
    mine = locks.take(folder / "supervisor.lock", seconds=3)
    if mine is None:
        sys.exit(f"{folder}: another supervisor is at work")
    child = None
    if task["command"]:
        child = subprocess.Popen(  # noqa: S603 - made by parkcms.database, no shell
            task["command"], stdin=subprocess.DEVNULL, pass_fds=[task["lock"]]
        )
        os.close(task["lock"])
    server = Server(folder, child)

    def end(_number: int, _frame: FrameType | None) -> None:
        server.stop()
        sys.exit()

    signal.signal(signal.SIGTERM, end)
    watch(folder, server)


if __name__ == "__main__":
    main()
