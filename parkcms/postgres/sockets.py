"""Where the socket of a private Postgres lies: in its folder, unless the path would be too long.

Then it lies in a folder of mode 0700 in the system's temporary folder, whose name is noted in
the file `socket`. Standard library only: the supervisor uses it too.
"""

import contextlib
import os
import stat
import tempfile
from pathlib import Path

PORT = 5432  # only a part of the socket's name
NAME = f".s.PGSQL.{PORT}"
LONGEST = 100  # bytes; the kernels allow 104 to 108


def folder_for(folder: Path) -> Path:
    """The folder for the socket of the server in `folder`; makes one where it must."""
    if _fits(folder):
        return folder
    if there := elsewhere(folder):
        return there
    made = Path(tempfile.mkdtemp(prefix="parkcms-"))
    if not _fits(made):
        made.rmdir()
        made = Path(tempfile.mkdtemp(prefix="parkcms-", dir="/tmp"))
    try:
        owner = folder.stat()
        os.chown(made, owner.st_uid, owner.st_gid)
        (folder / "socket").write_text(str(made))
    except BaseException:
        made.rmdir()
        raise
    return made


def elsewhere(folder: Path) -> Path | None:
    """The temporary folder noted for it, if it is there and still the owner's alone."""
    try:
        noted = Path((folder / "socket").read_text())
        found = noted.lstat()
        ours = (stat.S_IFDIR | 0o700, folder.stat().st_uid)
    except OSError:
        return None
    return noted if (found.st_mode, found.st_uid) == ours else None


def remove(place: Path | None) -> None:
    """Takes an empty temporary folder away again."""
    if place:
        with contextlib.suppress(OSError):  # not empty: a killed server's socket is in it
            place.rmdir()


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / NAME)) <= LONGEST
