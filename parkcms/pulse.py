"""A child's sign of life for whoever supervises it: once a second, to bin/serve or to systemd.

A stopped or hanging process does not die, so nobody would start another. Standard library only.
"""

import contextlib
import os
import socket
import stat

VARIABLE = "PARKCMS_PULSE"


def beat() -> None:
    """Gives a sign of life; never waits, and does nothing where nobody listens."""
    with contextlib.suppress(KeyError, ValueError, OSError):
        descriptor = int(os.environ[VARIABLE])
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            os.set_blocking(descriptor, False)
            os.write(descriptor, b".")
    with contextlib.suppress(KeyError, OSError):
        _tell_systemd(os.environ["NOTIFY_SOCKET"])


def was_heard(descriptor: int) -> bool:
    """Whether a sign came since the last question; ``descriptor`` does not block."""
    try:
        return bool(os.read(descriptor, 65_536))
    except BlockingIOError:
        return False


def _tell_systemd(place: str) -> None:
    """What a unit with WatchdogSec= waits for (sd_notify(3)); @ stands for an abstract socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as plug:
        plug.setblocking(False)
        plug.sendto(b"WATCHDOG=1", "\0" + place[1:] if place.startswith("@") else place)
