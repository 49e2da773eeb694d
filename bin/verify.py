"""`bin/test`, once the environment stands: each step with its time, then pytest to the end.

Arguments are given to pytest; --long takes the tests that need minutes as well. Stops at the
first step that fails. The last line is pytest's own.
"""

import os
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import chromium  # noqa: E402 - found only by the line above

from parkcms.steps import say, speak_safely, step  # noqa: E402


def main() -> None:
    speak_safely()
    os.environ["PARKCMS_PROFILE"] = "test"
    command = pytest_command(sys.argv[1:])  # first: it may have something to say, or to refuse
    manage = [sys.executable, str(ROOT / "manage.py")]
    ruff = [sys.executable, "-m", "ruff"]
    check("代码风格 ruff check", [*ruff, "check", "--quiet", str(ROOT)])
    check("代码排版 ruff format", [*ruff, "format", "--check", "--quiet", str(ROOT)])
    check("迁移文件 makemigrations --check", [*manage, "makemigrations", "--check"])
    check(
        "生产环境的设置 check --deploy",
        [*manage, "check", "--deploy", "--fail-level", "WARNING"],
        production(),
    )
    say("测试 pytest …")
    os.execve(sys.executable, command, os.environ)  # noqa: S606 - no shell wanted


def production() -> dict[str, str]:
    """Settings of a site that could go to the public, with a secret nobody keeps."""
    return {
        "PARKCMS_PROFILE": "production",
        "PARKCMS_SECRET_KEY": secrets.token_urlsafe(60),
        "PARKCMS_ORIGIN": "https://www.example.cn",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",  # nobody connects to it
    }


def check(label: str, command: list[str], extra: dict[str, str] | None = None) -> None:
    """Runs one step; ends with its output and its code when it fails."""
    with step(label, at_once=True):
        done = subprocess.run(  # noqa: S603 - our own arguments, no shell
            command,
            env=os.environ | (extra or {}),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            say("没有通过：")
            say(done.stdout.rstrip())
            sys.exit(done.returncode)


def pytest_command(arguments: list[str]) -> list[str]:
    # One worker is given to the browser and mostly waits for it; the others share the rest.
    command = [sys.executable, "-m", "pytest", "-n", "3", "--dist", "loadgroup"]
    if "--long" in arguments:
        arguments = [word for word in arguments if word != "--long"]
        say("连同 tests/long 里需要几分钟的测试。")
        command += ["-o", "addopts=--strict-markers"]
    if not chromium.find():
        missing = (
            "没有找到 Chromium，跳过 tests/browser 里的浏览器测试。"
            "安装：apt-get install chromium fonts-noto-cjk，或用 PARKCMS_CHROMIUM 指出它的位置。"
        )
        if os.environ.get("CI"):
            sys.exit(f"{missing}设置了 CI 时这算失败。")
        say(missing)
    return [*command, *arguments]


if __name__ == "__main__":
    main()
