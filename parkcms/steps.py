"""What a person at the terminal is told while commands work: one line for each slow step.

Standard library only: bin/bootstrap.py uses it before anything is installed.
"""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator

SLOW_SECONDS = 1.0


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextlib.contextmanager
def step(label: str, *, at_once: bool = False) -> Iterator[None]:
    """Writes `label … 14 s` for work that takes more than a second; `at_once` for any."""
    started = time.monotonic()
    shown = threading.Event()

    def show() -> None:
        shown.set()
        sys.stdout.write(f"{label} … ")
        sys.stdout.flush()

    timer = threading.Timer(SLOW_SECONDS, show)
    timer.daemon = True
    if at_once:
        show()
    else:
        timer.start()
    try:
        yield
    except BaseException:
        timer.cancel()
        if shown.is_set():
            say("")
        raise
    timer.cancel()
    if shown.is_set():
        say(f"{time.monotonic() - started:.0f} s" if not at_once else _exactly(started))


def _exactly(started: float) -> str:
    return f"{time.monotonic() - started:.1f} s"


def speak_safely() -> None:
    """Never fails on a terminal that has no Chinese: it shows question marks instead."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace", line_buffering=True)  # type: ignore[union-attr]
