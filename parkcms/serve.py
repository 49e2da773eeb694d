"""`bin/serve`, once the virtual environment stands: makes the site ready and keeps it running.

Whatever goes wrong that a person can put right ends with one sentence and exit code 1; Ctrl-C
and SIGTERM stop everything and end with 0.
"""

import contextlib
import http.client
import io
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import FrameType

from parkcms import listening, locks
from parkcms.postgres.unavailable import DISK_FULL, FORBIDDEN, DatabaseUnavailable
from parkcms.programs import Program, Programs
from parkcms.steps import say, speak_safely, step

ROOT = Path(__file__).resolve().parent.parent
FIRST_PAGE_SECONDS = 60.0
LOOK_EVERY = 0.2
DATABASE_EVERY = 5.0
SILENT_SECONDS = 20.0  # of those whose work is to be taken up again within a minute


def programs() -> list[Program]:
    """What runs while the site is up."""
    configuration = str(ROOT / "deploy/gunicorn.conf.py")
    manage = (sys.executable, str(ROOT / "manage.py"))
    return [
        Program("网页服务", (sys.executable, "-m", "gunicorn", "-c", configuration)),
        Program("后台任务", (*manage, "work"), vital=False, silent_seconds=SILENT_SECONDS),
        Program("日志值守", (*manage, "keep"), vital=False, silent_seconds=SILENT_SECONDS),
    ]


def main() -> None:
    speak_safely()
    _end_on_signals()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parkcms.settings")
    host, port = listening.address()
    with _said_plainly():
        settings = _settings()
        with holding(settings.VAR_DIR, listening.reached_at(host, port)[1]):
            listening.require_free(host, port)
            if settings.PROFILE == "local" and not listening.is_loopback(host):
                say(f"注意：HOST={host} 让别的机器也能打开这个没有加密的演示站。")
            try:
                run(host, port)
            finally:
                _let_database_go()


def _end_on_signals() -> None:
    def end(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)


@contextlib.contextmanager
def _said_plainly() -> Iterator[None]:
    """Turns what a person can put right into one sentence without a traceback."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError
    from django.db import OperationalError

    try:
        yield
    except (ImproperlyConfigured, DatabaseUnavailable, CommandError) as error:
        raise SystemExit(str(error).strip()) from None
    except OperationalError as error:
        if "No space left" in str(error) or _is_full():
            raise SystemExit("磁盘已满，数据库写不进去：请腾出空间后再启动。") from None
        raise SystemExit(f"数据库用不了：{str(error).strip()}") from None
    except OSError as error:
        where = error.filename or "数据目录"
        if error.errno in DISK_FULL:
            raise SystemExit(f"磁盘已满，写不进 {where}：请腾出空间后再启动。") from None
        if error.errno in FORBIDDEN:
            raise SystemExit(
                f"没有权限写 {where}：请改正权限，或用 PARKCMS_VAR 另指一处。"
            ) from None
        raise


def _is_full() -> bool:
    """Whether the data folder's disk is full; a server that died of it can't say so itself."""
    return shutil.disk_usage(_settings().VAR_DIR).free < 1_000_000


def _settings():  # noqa: ANN202 - Django's LazySettings
    from django.conf import settings

    _ = settings.VAR_DIR  # reads the file now, where its errors are said plainly
    return settings


# --- one start per data folder ------------------------------------------------------------------


@contextlib.contextmanager
def holding(var: Path, url: str) -> Iterator[None]:
    """Keeps the data folder for this start; a second one is told who has it, and ends."""
    var.mkdir(parents=True, exist_ok=True)
    note = var / "serve.lock"
    lock = locks.take(note)
    if lock is None:
        raise SystemExit(_holder(var, note))
    since = datetime.now().astimezone().isoformat(" ", "minutes")
    try:
        os.ftruncate(lock, 0)
        os.write(lock, json.dumps({"pid": os.getpid(), "url": url, "since": since}).encode())
        yield
    finally:
        os.close(lock)


def _holder(var: Path, note: Path) -> str:
    try:
        held = json.loads(note.read_text())
        who = f"进程 {held['pid']}，{held['url']}，始于 {held['since']}"
    except (OSError, ValueError, KeyError):
        who = "正在启动"
    return (
        f"数据目录 {var} 已有一个 bin/serve 在用（{who}）：请先停掉它，"
        "或用 PARKCMS_VAR 和 PORT 另开一份。"
    )


# --- before the first page ----------------------------------------------------------------------


def have_database() -> bool:
    """Loads the program, has a database and its checks; whether its tables are up to date."""
    import django
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    settings = _settings()
    with step("读取程序"):
        django.setup()
    if is_private(settings):
        from parkcms import database

        with step("启动私有数据库"):
            database.ensure(settings.VAR_DIR)
    if settings.PROFILE == "production":
        with step("检查生产环境的设置"):
            call_command("check", deploy=True, databases=["default"], fail_level="ERROR")
        if not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
            with step("收集静态文件"):
                call_command("collectstatic", interactive=False, verbosity=0)
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def have_content() -> None:
    """The tables, what must stand in them, and in the local profile the demo content."""
    from django.core.management import call_command
    from django.db import connections

    with step("更新数据表"):
        call_command("migrate", interactive=False, verbosity=0)
    if _settings().PROFILE == "local":
        with step("载入演示内容"):
            call_command("load_demo", verbosity=0, stdout=io.StringIO())
    connections.close_all()


def is_private(settings) -> bool:  # noqa: ANN001 - Django's LazySettings
    return settings.DATABASES["default"]["ENGINE"] == "parkcms.postgres"


def _let_database_go() -> None:
    settings = _settings()
    if is_private(settings):
        from django.db import connections

        from parkcms import database

        connections.close_all()
        database.release(settings.VAR_DIR, seconds=60)


# --- while the site is up -----------------------------------------------------------------------


def run(host: str, port: int) -> None:
    """Until a signal ends it. The children end with us, however we end."""
    site = Programs([one for one in programs() if one.vital], ROOT)

    def hurry(_number: int, _frame: FrameType | None) -> None:
        site.hurry()

    try:
        if have_database():
            site.watch()  # it loads the program while we look after the content
        have_content()
        with step("启动网页服务"):
            _wait_for_first_page(site, host, port)
        # Only now: they would make the first page wait for its share of the machine.
        site.add(one for one in programs() if not one.vital)
        _announce(host, port)
        _keep_running(site)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, hurry)
        if site.is_started():
            with step("正在停止"):
                site.stop()


def _wait_for_first_page(site: Programs, host: str, port: int) -> None:
    deadline = time.monotonic() + FIRST_PAGE_SECONDS
    last = None
    pages = ["/health/live", "/"]
    while time.monotonic() < deadline:
        site.watch()
        last = _status(host, port, pages[0])
        if last == 200:
            pages.pop(0)
            if not pages:
                return
        else:
            time.sleep(0.05)
    raise SystemExit(
        f"{FIRST_PAGE_SECONDS:.0f} 秒内没有打开 {pages[0]}（{last or '没有应答'}）："
        "原因见上面的输出。"
    )


def _status(host: str, port: int, path: str) -> int | None:
    """What the site answers; None when it does not answer yet."""
    hosts = [name for name in _settings().ALLOWED_HOSTS if "*" not in name]
    name = hosts[0].removeprefix(".") if hosts else "localhost"
    connection = http.client.HTTPConnection(listening.reached_at(host, port)[0], port, timeout=20)
    try:
        connection.request("GET", path, headers={"Host": name, "X-Forwarded-Proto": "https"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _announce(host: str, port: int) -> None:
    url = listening.reached_at(host, port)[1]
    passwords = _settings().VAR_DIR / "demo-passwords.txt"
    say(f"网站已就绪：{url}/")
    say(f"管理后台：{url}/admin/")
    if passwords.exists():
        say(f"演示人员的登录名和密码：{passwords}")
    say("按 Ctrl-C 停止。")


def _keep_running(site: Programs) -> None:
    settings = _settings()
    look_at = time.monotonic() + DATABASE_EVERY
    while True:
        site.watch()
        if time.monotonic() >= look_at:
            look_at = time.monotonic() + DATABASE_EVERY
            if is_private(settings):
                _mend_database(settings.VAR_DIR)
        time.sleep(LOOK_EVERY)


def _mend_database(var: Path) -> None:
    """A killed server or supervisor is started again even while no page is asked for."""
    from parkcms import database

    try:
        database.ensure(var)
    except DatabaseUnavailable as error:
        say(str(error))


if __name__ == "__main__":
    main()
