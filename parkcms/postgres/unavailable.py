"""The one error of the private Postgres: a sentence that says what is wrong and what to do."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class DatabaseUnavailable(Exception):  # noqa: N818 - it says what is so, as OperationalError does
    """The private Postgres can't be had; str() is one sentence in Chinese for the person."""


def disk_full(folder: Path) -> DatabaseUnavailable:
    return DatabaseUnavailable(f"磁盘已满，私有数据库写不进 {folder}：请腾出空间后再启动。")


@contextlib.contextmanager
def said_plainly(folder: Path) -> Iterator[None]:
    """Turns an OSError met while working in `folder` into a DatabaseUnavailable."""
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise disk_full(folder) from error
        if error.errno in FORBIDDEN:
            raise DatabaseUnavailable(
                f"没有权限使用 {error.filename or folder}：请改正它的所有者或权限，"
                "或用 PARKCMS_VAR 指定另一个数据目录。"
            ) from error
        raise DatabaseUnavailable(
            f"私有数据库的目录 {error.filename or folder} 用不了：{error.strerror or error}。"
        ) from error
