"""`bin/restore`: an archive of bin/backup, put into an empty data folder and an empty database.

Everything that can be refused is refused before anything is written: an archive that is not
whole, a folder or a database that holds something, programs that don't fit. What breaks later
is taken back, up to the moment in which the database stands; from there a sentence says what to
do. It ends with the counts of what is there again.
"""

import argparse
import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from parkcms import archive, backup, locks
from parkcms.postgres import binaries, dumps
from parkcms.postgres.unavailable import DatabaseUnavailable
from parkcms.steps import say, speak_safely, step

SERVER_SECONDS = 60.0  # for the private server to stop


def main() -> None:
    speak_safely()
    backup.end_on_signals()
    os.umask(0o022)  # the pictures are read by nginx; what is nobody's business has its own mode
    path, later = _arguments()
    var = archive.data_folder()
    with backup.said_plainly(var):
        with step("检查备份"):
            manifest, newer = _surveyed(path, database=True), None
            if later:
                newer = _surveyed(later, database=False)
        _require_empty(var)
        has_key = _load(path)
        _require_known(manifest, path)
        _require_empty_database(manifest)
        with _taken_back_on_failure(var):
            _unpack(path, manifest, var)
            if later:
                unpack_later_journal(later, newer, var)
            _restore_database(var)
        with _explained_on_failure():
            _bring_up_to_date()
        _report(manifest, has_key, var)


# --- what is refused ----------------------------------------------------------------------------


def _arguments() -> tuple[Path, Path | None]:
    about = "把备份放进空的数据目录和空的数据库。"
    parser = argparse.ArgumentParser(prog="bin/restore", description=about)
    parser.add_argument("archive", type=Path, help="bin/backup 做的备份")
    later = "之后用 bin/backup --journal-only 做的一份：把其中的需求也补上"
    parser.add_argument("--journal", type=Path, help=later)
    parser.add_argument("--from", dest="beside", type=Path, default=Path(), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    journal = (asked.beside / asked.journal).absolute() if asked.journal else None
    return (asked.beside / asked.archive).absolute(), journal


def _surveyed(path: Path, *, database: bool) -> archive.Manifest:
    if not path.is_file():
        raise SystemExit(f"没有这个备份：{path}。")
    manifest = archive.survey(path)
    if manifest.database != database:
        what = "只有需求日志，没有数据库：请用 --journal 把它加在完整的备份之后"
        raise SystemExit(f"{path} {what if database else '不是只有需求日志的备份'}。")
    return manifest


def _require_empty(var: Path) -> None:
    if var.exists() and (not var.is_dir() or any(var.iterdir())):
        raise SystemExit(
            f"数据目录 {var} 不是空的，没有恢复任何东西："
            "请用 PARKCMS_VAR 指出一个空的或还不存在的目录。"
        )


def _load(path: Path) -> bool:
    """Loads the program; whether the environment gives the signing key.

    Reading the settings would make a key in the data folder, which must stay empty until all is
    checked: without one in the environment the archive's is used.
    """
    given = bool(os.environ.get("PARKCMS_SECRET_KEY"))
    if not given and os.environ.get("PARKCMS_PROFILE") != "production":
        kept = archive.read_member(path, archive.SECRET).decode().strip()
        os.environ["PARKCMS_SECRET_KEY"] = kept or secrets.token_urlsafe(60)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parkcms.settings")
    import django

    with step("读取程序"):
        django.setup()
    return given


def _require_known(manifest: archive.Manifest, path: Path) -> None:
    """A newer version's tables can't be brought back to what this one knows."""
    from django.db.migrations.loader import MigrationLoader

    known = MigrationLoader(None).disk_migrations
    unknown = sorted(set(manifest.migrations.items()) - set(known))
    if unknown:
        raise SystemExit(
            f"{path} 是更新的版本（{manifest.version}）做的，这里不认识它的 "
            f"{'.'.join(unknown[0])}：请先更新程序，再恢复。"
        )


def _require_empty_database(manifest: archive.Manifest) -> None:
    from django.db import connection

    if _is_private():
        major = binaries.find().major  # its server will be made in the empty data folder
    else:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
                "ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_' "
                "AND n.nspname <> 'information_schema'"
            )
            if cursor.fetchone()[0]:
                raise SystemExit(
                    "DATABASE_URL 指的数据库里已经有表，没有恢复任何东西：请用一个空的数据库。"
                )
        major = connection.pg_version // 10_000
        connection.close()
    if major < manifest.postgres:
        raise SystemExit(
            f"备份来自 PostgreSQL {manifest.postgres}，放不进更旧的 {major}："
            f"请用 PostgreSQL {manifest.postgres} 或更新的服务器。"
        )
    dumps.program("pg_restore", major)


def _is_private() -> bool:
    from django.conf import settings

    return settings.DATABASES["default"]["ENGINE"] == "parkcms.postgres"


# --- what is done -------------------------------------------------------------------------------


@contextlib.contextmanager
def _taken_back_on_failure(var: Path) -> Iterator[None]:
    """Keeps a bin/serve out of the folder; leaves it as empty as it was when something breaks."""
    was_there = var.is_dir()
    var.mkdir(parents=True, exist_ok=True)
    lock = locks.take(var / "serve.lock")
    if lock is None:
        raise SystemExit(f"数据目录 {var} 正被别的程序使用：没有恢复任何东西。")
    try:
        yield
    except BaseException:
        let_database_go(var)
        for path in var.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        if not was_there:
            var.rmdir()
        raise
    finally:
        os.close(lock)


def _unpack(path: Path, manifest: archive.Manifest, var: Path) -> None:
    with step("放回图片、需求日志和设置"):
        archive.unpack(path, manifest, lambda name: var / name, lambda _name: True)
        os.sync()


def unpack_later_journal(path: Path, manifest: archive.Manifest, var: Path) -> None:
    """Beside the archive's own: what that holds may have been filed in the database that is lost.

    A segment of the same name is the same one at a later time; replaying reads both.
    """

    def place(name: str) -> Path:
        target = var / name
        return target.with_stem(f"{target.stem}-later") if target.suffix == ".log" else target

    def is_segment(name: str) -> bool:
        return name.startswith(f"{archive.JOURNAL}/") and name.endswith(".log")

    archive.unpack(path, manifest, place, is_segment)


def _restore_database(var: Path) -> None:
    from django.db import connections

    with step("放回数据库"):
        dumps.restore(dumps.server(), var / archive.DUMP)
        (var / archive.DUMP).unlink()
        connections.close_all()


def _bring_up_to_date() -> None:
    """An older archive's tables become this version's; then what the journal held is filed."""
    from django.core.management import call_command
    from django.db import connection

    from leads import replay, retention

    with step("更新数据表"):
        call_command("migrate", interactive=False, verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    with step("补录需求日志"):
        outcome = replay.run(older_than=0)
        while outcome.filed and outcome.left:
            outcome = replay.run(older_than=0)
    with step("清理到期的个人信息"):
        retention.run()  # what was due, or erased by its rule, since the archive was made
    if outcome.left:
        say(f"注意：有 {outcome.left} 份需求没能入库，还在需求日志里，网站启动后会再试。")


@contextlib.contextmanager
def _explained_on_failure() -> Iterator[None]:
    try:
        yield
    except (SystemExit, KeyboardInterrupt):
        raise
    except Exception as error:
        said = " ".join(str(error).split()).rstrip("。.")
        raise SystemExit(
            f"数据已经放回，但更新数据表或补录需求时出错：{type(error).__name__}，{said}。"
            "改正后运行 manage.py migrate 和 manage.py replay_journal，不用再恢复一次。"
        ) from error


def _report(manifest: archive.Manifest, has_key: bool, var: Path) -> None:
    from articles.models import Article
    from leads.models import Enquiry
    from parkcms.library.models import Picture

    counts = f"需求 {Enquiry.objects.count()} 份，文章 {Article.objects.count()} 篇，"
    counts += f"图片 {Picture.objects.count()} 张"
    let_database_go(var)
    made_at = datetime.fromisoformat(manifest.made_at).astimezone()
    say(f"恢复完成：{counts}；备份做于 {made_at:%Y-%m-%d %H:%M %Z}。")
    say(f"当时的环境变量在 {var / archive.SETTINGS}，请对照现在的设置。")
    if has_key and (var / archive.SECRET).exists():
        say("注意：环境里另有 PARKCMS_SECRET_KEY，备份里的签名密钥没有用上，登录要重新做。")


def let_database_go(var: Path) -> None:
    from django.db import connections

    connections.close_all()
    if _is_private():
        from parkcms import database

        with contextlib.suppress(DatabaseUnavailable):
            database.release(var, seconds=SERVER_SECONDS)


if __name__ == "__main__":
    main()
