"""Processes for the tests of what happens when processes die."""

import ctypes
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

# Becomes a client of the private Postgres of argv[1], says where it is, and stays.
CLIENT = """
import sys, time
from parkcms import database
print(database.ensure(sys.argv[1])["host"], flush=True)
time.sleep(600)
"""


def environment(**more):
    """Ours without what a run of the tests adds to it, and with a port that is free."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARKCMS_")}
    return kept | {"PORT": str(free_port())} | more


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def eventually(question, seconds=15):
    """Asks until the answer is true; the last answer."""
    deadline = time.monotonic() + seconds
    while not (answer := question()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return answer


def client(var, **options):
    """A process that uses the private Postgres of `var` until it is killed."""
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(var)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def processes_of(folder):
    """{pid: command line} of every process that has `folder` in its command or environment."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            state = (entry / "stat").read_text().rpartition(") ")[2][0]
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
            where = (
                command + (entry / "environ").read_bytes() + os.fsencode((entry / "cwd").readlink())
            )
        except OSError:
            continue
        if state not in "ZX" and os.fsencode(folder) in where:
            found[int(entry.name)] = command.decode(errors="replace")
    return found


def supervisor_of(folder):
    name = "parkcms.postgres.supervisor"
    return next(pid for pid, command in processes_of(folder).items() if name in command)


def postmaster_of(var):
    return int((Path(var) / "postgres/data/postmaster.pid").read_text().split("\n")[0])


def without_namespaces():
    """Makes this process root of a place where no user namespace can be made, as in a container.

    For `preexec_fn`. The helper maps the accounts, as only a process outside may do.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    ready, go = os.pipe(), os.pipe()
    target = os.getpid()
    if os.fork() == 0:
        os.read(ready[0], 1)
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{target}/{name}").write_text("0 0 65536")
        os.write(go[1], b"x")
        os._exit(0)
    if libc.unshare(0x10000000):  # CLONE_NEWUSER
        raise OSError(ctypes.get_errno(), "unshare")
    os.write(ready[1], b"x")
    os.read(go[0], 1)
    os.setgid(0)
    os.setuid(0)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
