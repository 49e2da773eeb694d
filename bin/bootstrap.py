"""Makes .venv from the lock files, then hands over to what was asked for. Standard library only.

    bootstrap.py serve      requirements.txt,     then parkcms.serve
    bootstrap.py backup …   requirements.txt,     then parkcms.backup …; likewise restore
    bootstrap.py test …     requirements-dev.txt, then bin/verify.py …

A second start finds the stamp of the lock file and goes straight on. Two starts at once wait
for each other; an environment whose making was broken off is made again.
"""

import errno
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from parkcms import listening  # noqa: E402 - found only by the line above
from parkcms.steps import say, speak_safely, step  # noqa: E402

VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
UNFINISHED = VENV / "parkcms-unfinished"
LOCK_FILES = {"test": "requirements-dev.txt"}  # the others need requirements.txt
NEXT = {
    "serve": ["-m", "parkcms.serve"],
    "backup": ["-m", "parkcms.backup", "--from", str(Path.cwd())],
    "restore": ["-m", "parkcms.restore", "--from", str(Path.cwd())],
    "test": [str(ROOT / "bin/verify.py")],
}


def main() -> None:
    speak_safely()
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    asked, *rest = sys.argv[1:]
    if os.environ.get("PARKCMS_VAR"):
        os.environ["PARKCMS_VAR"] = str(Path(os.environ["PARKCMS_VAR"]).absolute())
    try:
        _have_environment(ROOT / LOCK_FILES.get(asked, "requirements.txt"), asked)
    except OSError as error:
        raise SystemExit(_why(error)) from None
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), *NEXT[asked], *rest])  # noqa: S606 - no shell wanted


def _end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(130)


def _why(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"磁盘已满，{VENV} 装不下：请腾出大约 400 MB 后再试。"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"没有权限写 {error.filename or VENV}：请用能写 {ROOT} 的用户运行。"
    return f"准备 {VENV} 时出错：{error}"


def _have_environment(lock_file: Path, asked: str) -> None:
    stamp = VENV / f"parkcms-{lock_file.stem}.sha256"
    wanted = hashlib.sha256(lock_file.read_bytes()).hexdigest()
    if _is_made(stamp, wanted):
        return
    if asked == "serve":
        listening.require_free(*listening.address())
    turn = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with step("等待另一次安装完成"):
                fcntl.flock(turn, fcntl.LOCK_EX)
        if not _is_made(stamp, wanted):
            _make(lock_file, turn)
            stamp.write_text(wanted)
            UNFINISHED.unlink()
    finally:
        os.close(turn)


def _is_made(stamp: Path, wanted: str) -> bool:
    if UNFINISHED.exists() or not os.access(PYTHON, os.X_OK):
        return False
    return stamp.exists() and stamp.read_text() == wanted


def _make(lock_file: Path, turn: int) -> None:
    if UNFINISHED.exists() or not _runs():
        if importlib.util.find_spec("ensurepip") is None:
            raise SystemExit(
                "这个 Python 缺少 venv 模块：请运行 apt install python3-venv 后再试。\n"
                "This Python lacks the venv module: apt install python3-venv"
            )
        with step("建立 .venv"):
            shutil.rmtree(VENV, ignore_errors=True)
            VENV.mkdir()
            UNFINISHED.touch()
            failed = "建立 .venv 失败"
            _run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], turn, failed)
            # By itself, because venv keeps to itself what went wrong with it.
            _run([str(PYTHON), "-I", "-m", "ensurepip", "--default-pip"], turn, failed)
    UNFINISHED.touch()
    with step("安装依赖"):
        # The lock names every package with its hashes, so there is nothing to resolve.
        options = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"]
        install = [str(PYTHON), "-I", "-m", "pip", "install", *options]
        _run([*install, "--require-hashes", "-r", str(lock_file)], turn, "安装依赖失败")


def _runs() -> bool:
    """Whether a Python that is new enough, and pip, are in .venv."""
    look = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        asked = subprocess.run([PYTHON, "-I", "-c", look], capture_output=True, check=False)  # noqa: S603
    except OSError:
        return False
    return asked.returncode == 0


def _run(command: list[str], turn: int, failed: str) -> None:
    """Runs it to its end; the lock goes with it, so that a left-over one is waited for."""
    if shutil.which("setpriv"):
        command = ["setpriv", "--pdeathsig", "KILL", *command]
    process = subprocess.Popen(  # noqa: S603 - our own arguments, no shell
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=[turn],
        process_group=0,
    )
    try:
        said, _ = process.communicate()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)  # it has children of its own
        process.wait()
        raise
    if process.returncode == 0:
        return
    if "No space left on device" in said or "Disk quota exceeded" in said:
        raise OSError(errno.ENOSPC, "disk full")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()] or lines
    say("\n".join(lines[-12:]))
    raise SystemExit(f"{failed}：{errors[-1] if errors else f'代码 {process.returncode}'}")


if __name__ == "__main__":
    main()
