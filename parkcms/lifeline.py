"""A child that ends when the process that started it ends, even by kill -9.

The parent keeps the writing end of a pipe and never writes; a child reads from the other end
in a thread, and the end of the pipe is the end of the parent. On Linux the kernel is asked
to send a signal as well, which also reaches a child that is busy in C code.
"""

import ctypes
import os
import signal
import stat
import sys
import threading

VARIABLE = "PARKCMS_LIFELINE"
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent() -> None:
    """Has this process get SIGTERM when its parent dies; does nothing without a lifeline."""
    try:
        descriptor = int(os.environ[VARIABLE])
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return
    except (KeyError, ValueError, OSError):
        return
    os.set_inheritable(descriptor, False)
    ask_kernel()
    threading.Thread(target=_wait, args=(descriptor,), name="lifeline", daemon=True).start()


def ask_kernel() -> None:
    """SIGTERM at the death of the thread that made this process. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def _wait(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
