"""The processes of the site: started together, restarted when one dies, stopped together."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from parkcms import lifeline, pulse
from parkcms.steps import say

QUICK_SECONDS = 10.0  # a process that lived shorter than this did not really start
QUICK_DEATHS = 5
LONGEST_PAUSE = 30.0
STOP_SECONDS = 30.0


@dataclass(frozen=True)
class Program:
    """One process of the site: what people call it, and its command.

    Without a vital one there is no site. One that gives signs of life (parkcms/pulse.py) is
    replaced when it has given none for ``silent_seconds``: it is stopped, or hangs.
    """

    name: str
    argv: tuple[str, ...]
    vital: bool = True
    silent_seconds: float | None = None


@dataclass
class _Run:
    program: Program
    process: subprocess.Popen | None = None
    started: float = 0.0
    quick_deaths: int = 0
    again_at: float = field(default_factory=time.monotonic)
    pulse: int | None = None  # the end of the pipe we read
    heard: float = 0.0


class Programs:
    """The running site. `watch()` is to be called several times a second."""

    def __init__(self, programs: Sequence[Program], folder: Path) -> None:
        self.folder = folder
        self.runs: list[_Run] = []
        self.add(programs)
        self.lifeline, self._held_end = os.pipe()

    def add(self, programs: Iterable[Program]) -> None:
        """More programs; the next `watch()` starts them."""
        self.runs += [_Run(program) for program in programs]

    def watch(self) -> None:
        """Starts what is due and takes note of what died or hangs.

        Ends with a sentence when a vital program dies at once again and again.
        """
        now = time.monotonic()
        for run in self.runs:
            if run.process is None:
                if now >= run.again_at:
                    self._start(run)
            elif run.process.poll() is not None:
                self._note_death(run, now)
            elif self._is_silent(run):
                say(f"{run.program.name}没有动静了：结束它，重新启动。")
                _kill(run.process)
                run.heard = now

    def _start(self, run: _Run) -> None:
        given = {lifeline.VARIABLE: self.lifeline}
        if run.program.silent_seconds is not None:
            run.pulse, given[pulse.VARIABLE] = os.pipe()
            os.set_blocking(run.pulse, False)
        # A session of its own: Ctrl-C comes to us alone, and we stop the children in order.
        run.process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
            run.program.argv,
            cwd=self.folder,
            env=os.environ | {name: str(end) for name, end in given.items()},
            stdin=subprocess.DEVNULL,
            pass_fds=list(given.values()),
            start_new_session=True,
        )
        if pulse.VARIABLE in given:
            os.close(given[pulse.VARIABLE])
        run.started = run.heard = time.monotonic()

    def _is_silent(self, run: _Run) -> bool:
        """Listens first: signs given while we were busy ourselves wait in the pipe."""
        if run.pulse is None or run.program.silent_seconds is None:
            return False
        if pulse.was_heard(run.pulse):
            run.heard = time.monotonic()
        return time.monotonic() - run.heard > run.program.silent_seconds

    def _note_death(self, run: _Run, now: float) -> None:
        code, run.process = run.process.returncode, None
        if run.pulse is not None:
            os.close(run.pulse)
            run.pulse = None
        quick = now - run.started < QUICK_SECONDS
        run.quick_deaths = run.quick_deaths + 1 if quick else 0
        if run.program.vital and run.quick_deaths >= QUICK_DEATHS:
            raise SystemExit(
                f"{run.program.name}连续 {QUICK_DEATHS} 次一启动就退出（代码 {code}），"
                "不再重试：原因见上面的输出。"
            )
        pause = min(0.5 * 2**run.quick_deaths, LONGEST_PAUSE) if quick else 0.0
        run.again_at = now + pause
        say(f"{run.program.name}退出了（代码 {code}），{pause:.0f} 秒后重新启动。")

    def is_started(self) -> bool:
        return any(run.process is not None for run in self.runs)

    def hurry(self) -> None:
        """Kills what still runs, children of children included."""
        for run in self.runs:
            if run.process is not None:
                _kill(run.process)

    def stop(self) -> None:
        """Lets each finish the answers under way; nobody is left after STOP_SECONDS."""
        running = [run.process for run in self.runs if run.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.hurry()
                process.wait()


def _kill(process: subprocess.Popen) -> None:
    """The process and its children, which share its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
