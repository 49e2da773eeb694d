"""File locks that the kernel drops with the process, however it ends (flock).

Standard library only: processes that run outside the project's environment use it too.
"""

import fcntl
import os
import time
from pathlib import Path


def take(path: Path, *, shared: bool = False, seconds: float = 0) -> int | None:
    """A descriptor that holds the lock, or None when others still hold it after `seconds`.

    Closing the descriptor gives the lock back. A child made by fork keeps it, one made by exec
    does not (unless it is passed on).
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.geteuid() == 0:
            _belong(descriptor, path.parent)
        how = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(descriptor, how)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(descriptor)
                    return None
                time.sleep(0.03)
            else:
                return descriptor
    except BaseException:
        os.close(descriptor)
        raise


def is_held(path: Path) -> bool:
    """Whether anybody holds it alone; looking does not disturb others who only look."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def _belong(descriptor: int, folder: Path) -> None:
    """Gives a file that root makes in another person's folder to that person."""
    owner = folder.stat()
    if os.fstat(descriptor).st_uid != owner.st_uid:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
