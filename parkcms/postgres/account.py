"""As whom Postgres runs: it refuses to be root, and we make no users and open no parent folder.

An ordinary person's Postgres runs as that person. For root it runs in a user namespace where
root is called 1000. Where containers forbid namespaces it runs as nobody, who then owns the
folder of the database and reaches it by one capability instead of looser permissions.
"""

import os
import pwd
import subprocess
import sys
from pathlib import Path

from parkcms.postgres.unavailable import DatabaseUnavailable

NAMESPACE = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
# Passing through folders that belong to root is all this account may do beyond its own rights;
# no_setuid_fixup makes access(2), by which Postgres looks for its own programs, honour it.
ONE_CAPABILITY = [
    "--securebits=+no_setuid_fixup",
    "--inh-caps=-all,+dac_override",
    "--ambient-caps=-all,+dac_override",
    "--bounding-set=-all,+dac_override",
]


def prefix(folder: Path, postgres: str) -> list[str]:
    """The words to put before a Postgres command so that it may work in `folder`.

    Hands the folder to nobody where that is the only way. Raises DatabaseUnavailable with what
    to do when there is none.
    """
    if os.geteuid() != 0:
        return []
    if sys.platform != "linux":
        raise DatabaseUnavailable(
            "Postgres 不肯以 root 身份运行：请用普通用户启动，或用 DATABASE_URL 指定数据库服务器。"
        )
    if folder.stat().st_uid == 0:
        if _works([*NAMESPACE, postgres, "--version"]):
            return NAMESPACE
        _give(folder, pwd.getpwnam("nobody"))
    owner = folder.stat()
    become = ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups"]
    reach = ["sh", "-c", 'cd "$1" && exec "$2" --version', "sh", str(folder), postgres]
    for words in ([*become, *ONE_CAPABILITY], become):
        if _works([*words, *reach]):
            return words
    raise DatabaseUnavailable(
        "这里不允许 root 换一个身份来运行 Postgres（用户命名空间和 setpriv 都用不了）："
        f"请用普通用户启动，或把 PARKCMS_VAR（现在是 {folder.parent}）指到人人能进入的目录，"
        "或用 DATABASE_URL 指定数据库服务器。"
    )


def _works(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, timeout=20, check=False, cwd="/")  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _give(folder: Path, person: pwd.struct_passwd) -> None:
    """Makes `folder` and all in it theirs; itself last, so that a broken-off run is repeated."""
    try:
        for place, folders, files in os.walk(folder):
            for name in (*folders, *files):
                os.chown(Path(place, name), person.pw_uid, person.pw_gid, follow_symlinks=False)
        os.chown(folder, person.pw_uid, person.pw_gid)
    except OSError as error:
        raise DatabaseUnavailable(
            f"这里不允许用户命名空间，也不能把 {folder} 交给 nobody（{error.strerror}）："
            "请用普通用户启动，或用 DATABASE_URL 指定数据库服务器。"
        ) from error
