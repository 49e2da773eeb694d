"""Editions on disk: each made once, kept for a week or until the same address has a newer one.

Files lie in ``<data folder>/brochures``, named ``<address>-<edition>.pdf``: anyone may have them,
and all of them can be made again.
"""

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from django.conf import settings

WAIT_SECONDS = 10  # then the visitor is told to come back
AT_ONCE = 2  # compilations: each takes a core
KEEP_SECONDS = 7 * 86_400
MOST = 400  # files, some 200 MB
_STEP = 0.05


class Busy(Exception):  # noqa: N818  (a state, not a mistake)
    """Too many editions are being made; nothing was begun."""


def edition(address: str, key: str, make: Callable[[], bytes]) -> Path:
    """The file of an edition, made by ``make`` unless it is there.

    Two who ask at once make it once. Raises Busy after WAIT_SECONDS, and whatever ``make`` raises.
    """
    folder = settings.VAR_DIR / "brochures"
    target = folder / f"{sha256(address.encode()).hexdigest()[:16]}-{key[:32]}.pdf"
    if target.is_file():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + WAIT_SECONDS
    with _held([folder / f"{target.stem[:2]}.lock"], deadline):
        if target.is_file():
            return target
        with _held([folder / f"slot-{n}.lock" for n in range(AT_ONCE)], deadline):
            _put(target, make())
    _sweep(folder, target)
    return target


@contextmanager
def _held(locks: list[Path], deadline: float) -> Iterator[None]:
    """Holds any one of the locks; the kernel drops it with the process."""
    opened = [os.open(path, os.O_RDWR | os.O_CREAT, 0o600) for path in locks]
    try:
        while not any(_took(descriptor) for descriptor in opened):
            if time.monotonic() >= deadline:
                raise Busy
            time.sleep(_STEP)
        yield
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _took(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _put(target: Path, data: bytes) -> None:
    descriptor, part = tempfile.mkstemp(prefix=".part-", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(part).replace(target)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def _sweep(folder: Path, newest: Path) -> None:
    """Takes away older editions of the same address, what is a week old, and what is too many."""
    address, now, kept = newest.name[:16], time.time(), []
    for path in [*folder.glob("*.pdf"), *folder.glob(".part-*")]:
        with suppress(FileNotFoundError):
            age = now - path.stat().st_mtime
            former = path.name.startswith(address) and path.name != newest.name
            if former or age > KEEP_SECONDS:
                path.unlink()
            elif path.suffix == ".pdf" and path != newest:
                kept.append((age, path))
    for _age, path in sorted(kept)[MOST - 1 :]:
        path.unlink(missing_ok=True)
