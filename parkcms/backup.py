"""`bin/backup`: one archive of the database, the pictures, the journal and the settings.

It may run while the site does; nobody waits for it. What goes wrong that a person can put right
ends with one sentence and exit code 1, and leaves no half archive.
"""

import argparse
import contextlib
import os
import re
import shlex
import shutil
import signal
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from parkcms import archive, locks
from parkcms.postgres import dumps
from parkcms.postgres.unavailable import DISK_FULL, FORBIDDEN, DatabaseUnavailable
from parkcms.steps import say, speak_safely, step

FULL, JOURNAL_ONLY = "parkcms", "parkcms-journal"
_NAME = re.compile(r"(parkcms|parkcms-journal)-\d{8}T\d{6}Z\.tar\.gz")
_UNFINISHED = ".parkcms-"

# What a site is told by its environment and would be another site without. Not the password of
# a database or the folders of this machine: they belong to the place, not to the site, and a
# rehearsal that read them from the archive would end up in the running site's database.
_KEPT_PREFIXES = ("PARKCMS_", "ENQUIRY_", "EMAIL_")
_KEPT = frozenset({"HOST", "PORT"})
_OF_THE_PLACE = frozenset({"PARKCMS_VAR", "PARKCMS_PG_BIN", "PARKCMS_LIFELINE", "PARKCMS_CHROMIUM"})


def main() -> None:
    speak_safely()
    end_on_signals()
    asked = _arguments()
    var = archive.data_folder()
    if not var.is_dir():
        raise SystemExit(f"数据目录 {var} 不存在：请用 PARKCMS_VAR 指出要备份的那一个。")
    folder = var / "backups"
    made_at = datetime.now(UTC)
    kind = JOURNAL_ONLY if asked.journal_only else FULL
    target = asked.archive or folder / f"{kind}-{made_at:%Y%m%dT%H%M%SZ}.tar.gz"
    with said_plainly(target.parent), _alone(folder):
        _load(asked.journal_only, var)
        with _pointing_to_the_journal():
            make(target, made_at, journal_only=asked.journal_only)
        if asked.keep:
            forget_old(target.parent, kind, asked.keep)
    say(f"备份完成：{target}（{target.stat().st_size / 1e6:.1f} MB）")
    if asked.journal_only:
        say("注意：这里只有需求日志和设置，没有数据库和图片。")


def make(target: Path, made_at: datetime, *, journal_only: bool = False) -> None:
    """Writes the archive to `target`, which must not exist: whole and on the disk, or not at all.

    Needs Django set up. Raises SystemExit, DumpFailed, DatabaseUnavailable, OSError, and
    django.db.OperationalError when the database is away.
    """
    if target.exists():
        raise SystemExit(f"已经有 {target}，没有覆盖它：请换一个名字。")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    server = None if journal_only else dumps.server()
    with _room(target.parent) as room:
        part = room / "archive"
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            _fill(archive.Writer(file), room, server, made_at)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, target)  # unlike a rename it never puts itself in another's place
        except FileExistsError:
            raise SystemExit(f"已经有 {target}，没有覆盖它：请换一个名字。") from None
    _sync(target.parent)


def forget_old(folder: Path, kind: str, keep: int) -> list[Path]:
    """Deletes all but the newest `keep` archives of a kind that bin/backup named; those deleted."""
    ours = [
        path
        for path in folder.iterdir()
        if (name := _NAME.fullmatch(path.name)) and name[1] == kind and path.is_file()
    ]
    old = sorted(ours, key=lambda path: path.name)[:-keep]
    for path in old:
        path.unlink()
    return old


# --- what goes in -------------------------------------------------------------------------------


def _fill(
    writer: archive.Writer, room: Path, server: dumps.Server | None, made_at: datetime
) -> None:
    """Takes the parts in the one order in which nothing that was received can fall between them.

    First the journal, under its lock. An enquiry received before that moment is either filed
    already, and then in the dump that comes later, or not yet, and then in this copy; one that
    is filed in between is in both, and replaying files each reference once. Then the dump, one
    snapshot of all tables. Then the pictures: a row is saved after its files, and no file of a
    row is ever changed, nor taken away until all are collected, so that the files of every row in
    the dump are there.
    The other way round a picture added meanwhile would be a row without a file.
    """
    from django.conf import settings

    from leads import journal
    from parkcms.library import stored

    with step("复制需求日志"):
        journal.copy_to(room / archive.JOURNAL)
        writer.add_folder(archive.JOURNAL, room / archive.JOURNAL)
    if server:
        with stored.standing_still():
            with step("导出数据库"):
                dumps.dump(server, room / archive.DUMP)
                writer.add(archive.DUMP, room / archive.DUMP)
                (room / archive.DUMP).unlink()
            with step("收集图片和文件"):
                writer.add_folder(archive.MEDIA, Path(settings.MEDIA_ROOT))
    writer.add(archive.SECRET, Path(settings.VAR_DIR) / archive.SECRET)
    writer.add_bytes(archive.SETTINGS, settings_lines(os.environ).encode())
    writer.finish(
        archive.Manifest(
            made_at=made_at.isoformat(timespec="seconds"),
            version=version(),
            database=server is not None,
            postgres=server.major if server else 0,
            migrations=_migrations() if server else {},
        )
    )


def settings_lines(environment: Mapping[str, str]) -> str:
    """`NAME='value'` lines of the site's settings, as a shell and systemd read them."""
    kept = {
        name: value
        for name, value in environment.items()
        if (name.startswith(_KEPT_PREFIXES) or name in _KEPT) and name not in _OF_THE_PLACE
    }
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in sorted(kept.items())]
    return "".join(["# DATABASE_URL and the folders of the machine are not kept here.\n", *lines])


def version() -> str:
    """parkcms's own version."""
    with (archive.ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]["version"]


def _migrations() -> dict[str, str]:
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    done = sorted(MigrationRecorder(connection).applied_migrations())
    return dict(done)  # the last of each app stays


# --- around it ----------------------------------------------------------------------------------


def _arguments() -> argparse.Namespace:
    about = "备份数据库、图片、需求日志和设置。"
    parser = argparse.ArgumentParser(prog="bin/backup", description=about)
    where = "写到哪里；不写则自动取名，放在数据目录的 backups 里"
    parser.add_argument("archive", nargs="?", type=Path, help=where)
    parser.add_argument("--keep", type=_count, help="完成后只留最新的几份，如 14")
    only = "数据库连不上时：只备份需求日志和设置"
    parser.add_argument("--journal-only", action="store_true", help=only)
    parser.add_argument("--from", dest="beside", type=Path, default=Path(), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.archive:
        asked.archive = (asked.beside / asked.archive).absolute()
        if asked.keep:
            parser.error("--keep 只用于自动取名的备份")
    return asked


def _count(text: str) -> int:
    if not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError("要写正整数")
    return int(text)


def _load(journal_only: bool, var: Path) -> None:
    """Loads the program. A private database that does not exist is not made only to be kept."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parkcms.settings")
    import django
    from django.conf import settings

    with step("读取程序"):
        django.setup()
    is_private = settings.DATABASES["default"]["ENGINE"] == "parkcms.postgres"
    if is_private and not journal_only and not (var / "postgres/data").exists():
        raise SystemExit(
            f"{var} 里没有数据库：请用 PARKCMS_VAR 指出数据目录，或用 DATABASE_URL 指出数据库。"
        )


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One backup of a site at a time."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = locks.take(folder / "backup.lock")
    if lock is None:
        raise SystemExit("另一个备份正在进行：请等它做完。")
    try:
        yield
    finally:
        os.close(lock)


@contextlib.contextmanager
def _room(folder: Path) -> Iterator[Path]:
    """A folder beside the archive for what is not finished; those of killed backups go first."""
    for left in folder.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)
    room = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder))
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


@contextlib.contextmanager
def _pointing_to_the_journal() -> Iterator[None]:
    """Without the database nothing is kept silently in part; but what can be kept is named."""
    from django.db import InterfaceError, OperationalError

    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise SystemExit(
            f"数据库用不了，没有做成备份：{_one_line(error)}。"
            "需求日志可以先单独备份：bin/backup --journal-only。"
        ) from None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def end_on_signals() -> None:
    def end(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(130)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)


@contextlib.contextmanager
def said_plainly(folder: Path) -> Iterator[None]:
    """Turns what a person can put right into one sentence without a traceback."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError
    from django.db import InterfaceError, OperationalError

    try:
        yield
    except (ImproperlyConfigured, CommandError, dumps.DumpFailed, archive.Broken) as error:
        raise SystemExit(_one_line(error) + "。") from None
    except (OperationalError, InterfaceError, DatabaseUnavailable) as error:
        raise SystemExit(f"数据库用不了：{_one_line(error)}。") from None
    except OSError as error:
        where = error.filename or folder
        if error.errno in DISK_FULL:
            raise SystemExit(f"磁盘已满，写不进 {where}：请腾出空间后再试。") from None
        if error.errno in FORBIDDEN:
            raise SystemExit(f"没有权限使用 {where}：请用网站的用户运行。") from None
        raise


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip("。.")


if __name__ == "__main__":
    main()
