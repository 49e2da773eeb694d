"""The archive of a site: what bin/backup writes and bin/restore reads.

A gzipped tar of regular files and nothing else:

    database.dump   pg_dump's custom format; missing where only the journal was kept
    journal/…       the write-ahead journal of enquiries
    media/…         uploaded pictures
    secret-key      the data folder's signing key, where the environment gives none
    settings.env    the settings of the environment, as lines a shell and systemd read
    manifest.json   last: what this is, and the size and SHA-256 of every other member

The manifest comes last because the hashes are taken while the members are written; an archive
that was cut off anywhere has none, and is refused for it. Standard library only.
"""

import contextlib
import gzip
import hashlib
import io
import json
import os
import tarfile
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, BinaryIO

FORMAT = 1
MANIFEST, DUMP, SETTINGS, SECRET = "manifest.json", "database.dump", "settings.env", "secret-key"
MEDIA, JOURNAL = "media", "journal"
_SINGLE = frozenset({MANIFEST, DUMP, SETTINGS, SECRET})
_UNREADABLE = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, UnicodeError, ValueError)
_CHUNK = 1 << 20
ROOT = Path(__file__).resolve().parent.parent


class Broken(Exception):  # noqa: N818 - it says what is so
    """Not a whole archive of ours; str() is one sentence in Chinese for the person."""


@dataclass
class Manifest:
    """What an archive is. `files` maps each member to [size in bytes, SHA-256 in hex]."""

    made_at: str  # ISO 8601 with the offset, the time at which the journal was copied
    version: str  # of parkcms
    database: bool  # False: only the journal and the settings
    postgres: int = 0  # major version of the server
    migrations: dict[str, str] = field(default_factory=dict)  # app: the last one that was done
    format: int = FORMAT
    files: dict[str, list] = field(default_factory=dict)


def data_folder() -> Path:
    """VAR as the settings take it; reading them would make the folder and a key in it."""
    return Path(os.environ.get("PARKCMS_VAR") or ROOT / "var").resolve()


# --- writing ------------------------------------------------------------------------------------


class Writer:
    """Writes one archive into an open file. Hashes are taken as the members go by."""

    def __init__(self, file: BinaryIO) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w:gz", compresslevel=6)  # noqa: SIM115
        self.files: dict[str, list] = {}

    def add(self, name: str, path: Path) -> None:
        """The file as long as it is now; one that has gone meanwhile is left out."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return
        with os.fdopen(descriptor, "rb") as file:
            now = os.fstat(descriptor)
            self._add(name, file, now.st_size, now.st_mtime)

    def add_bytes(self, name: str, data: bytes) -> None:
        self._add(name, io.BytesIO(data), len(data), time.time())

    def add_folder(self, name: str, folder: Path) -> None:
        """Every regular file below it, but for uploads being written; links are not ours."""
        for place, folders, files in os.walk(folder):
            folders.sort()
            for one in sorted(files):
                path = Path(place, one)
                if path.is_file() and not path.is_symlink() and not one.startswith(".part-"):
                    self.add(f"{name}/{path.relative_to(folder).as_posix()}", path)

    def finish(self, manifest: Manifest) -> None:
        """Writes the manifest and ends the archive; the file itself is not closed."""
        manifest.files = self.files
        text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1, sort_keys=True)
        self.files = {}
        self.add_bytes(MANIFEST, text.encode())
        self._tar.close()

    def _add(self, name: str, file: BinaryIO, size: int, mtime: float) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = size, int(mtime), 0o600
        reader = _Hashing(file, size)
        self._tar.addfile(member, reader)
        self.files[name] = [size, reader.hexdigest()]


class _Hashing:
    """A file that takes the hash of what is read from it."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left, self._hash = file, size, hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        self._hash.update(data)
        return data

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


# --- reading ------------------------------------------------------------------------------------

Place = Callable[[str], Path]


def survey(path: Path) -> Manifest:
    """Reads all of the archive and writes nothing; its manifest, to which every byte fits.

    Raises Broken, and OSError where the file itself can't be read.
    """
    manifest = None
    seen: dict[str, list] = {}
    with _said_plainly(path):
        for name, size, file in _members(path):
            if name == MANIFEST:
                manifest = _manifest_of(file.read())
            else:
                seen[name] = [size, _copy(file, None)]
    if manifest is None:
        raise Broken(f"{path} 不完整：缺少 {MANIFEST}，可能没有写完或没有传完。")
    if seen != manifest.files:
        odd = sorted(
            name
            for name in seen.keys() | manifest.files.keys()
            if seen.get(name) != manifest.files.get(name)
        )
        raise Broken(f"{path} 已损坏：{odd[0]} 和清单不符（共 {len(odd)} 处）。")
    if manifest.database != (DUMP in seen):
        raise Broken(f"{path} 已损坏：清单和内容对不上。")
    return manifest


def unpack(path: Path, manifest: Manifest, place: Place, wanted: Callable[[str], bool]) -> None:
    """Writes the members that are wanted where `place` says; to new files only.

    Media files may be read by everyone who gets to their folder (nginx), the others by their
    owner alone. Raises Broken when the archive is not the one that was surveyed.
    """
    with _said_plainly(path):
        for name, size, file in _members(path):
            if name != MANIFEST and wanted(name):
                with _new_file(place(name), name) as copy:
                    if [size, _copy(file, copy)] != manifest.files.get(name):
                        raise Broken(f"{path} 在恢复时被改动了：{name}。")


def read_member(path: Path, wanted: str) -> bytes:
    """The content of one member, b'' where there is none."""
    with _said_plainly(path):
        for name, _size, file in _members(path):
            if name == wanted:
                return file.read()
    return b""


@contextlib.contextmanager
def _said_plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        why = f"{path} 读不出来（{type(error).__name__}）：它不是备份，或已损坏。"
        raise Broken(why) from error


def _members(path: Path) -> Iterator[tuple[str, int, IO[bytes]]]:
    """(name, size, content) of each member, in their order. tarfile itself writes nothing here."""
    names: set[str] = set()
    with tarfile.open(path, "r:gz") as tar:
        while (member := tar.next()) is not None:
            _check(member, names, path)
            yield member.name, member.size, tar.extractfile(member)
            tar.members.clear()  # else every member ever read is kept
        while tar.fileobj.read(_CHUNK):  # to the end, where gzip's own checksum stands
            pass


def _new_file(target: Path, name: str) -> IO[bytes]:
    is_public = name.startswith(f"{MEDIA}/")
    target.parent.mkdir(mode=0o777 if is_public else 0o700, parents=True, exist_ok=True)
    mode = 0o644 if is_public else 0o600
    return os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb")


def _check(member: tarfile.TarInfo, names: set[str], path: Path) -> None:
    """Only regular files, only where ours lie, each once: an archive may come from anywhere."""
    name = member.name
    is_plain = (
        member.type in (tarfile.REGTYPE, tarfile.AREGTYPE)
        and not member.issparse()
        and member.size >= 0
    )
    top, _, rest = name.partition("/")
    parts = rest.split("/")
    is_ours = name in _SINGLE or (
        top in (MEDIA, JOURNAL)
        and all(part not in ("", ".", "..") for part in parts)
        and name.isprintable()
        and "\\" not in name
        and (top == MEDIA or len(parts) == 1)
    )
    if not (is_plain and is_ours) or name in names:
        raise Broken(f"{path} 里有不该有的内容（{ascii(name)[:80]}）：没有恢复任何东西。")
    names.add(name)


def _manifest_of(data: bytes) -> Manifest:
    """Raises ValueError (a JSON error is one) or Broken."""
    said = json.loads(data)
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise Broken("这个备份的格式不是这个版本认得的：请用做备份时的版本恢复。")
    try:
        manifest = Manifest(**said)
    except TypeError as error:
        raise ValueError(str(error)) from error
    if not all(map(isinstance, (manifest.files, manifest.migrations), (dict, dict))):
        raise ValueError("the manifest has another shape")
    return manifest


def _copy(file: IO[bytes], to: BinaryIO | None) -> str:
    """The SHA-256 of all there is to read, which is written to `to`."""
    taken = hashlib.sha256()
    while data := file.read(_CHUNK):
        taken.update(data)
        if to:
            to.write(data)
    return taken.hexdigest()
