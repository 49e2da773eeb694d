"""The archive and what surrounds it, without a server: what is kept, what is refused, what goes."""

import io
import json
import os
import subprocess
import tarfile
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parkcms import archive, backup, restore
from parkcms.postgres import dumps
from parkcms.postgres.unavailable import DatabaseUnavailable

NOW = datetime(2026, 11, 2, 3, 20, tzinfo=UTC)


def about(**more):
    return archive.Manifest(
        made_at=NOW.isoformat(), version="0.1.0", database=False, postgres=0, **more
    )


def written(path, members, manifest=None):
    """An archive with these members, made as bin/backup makes one."""
    with path.open("wb") as file:
        writer = archive.Writer(file)
        for name, data in members.items():
            writer.add_bytes(name, data)
        writer.finish(manifest or about())
    return path


def by_hand(path, *members, manifest=None):
    """An archive as somebody else might make one: (TarInfo, content) as they are given."""
    with tarfile.open(path, "w:gz") as tar:
        for member, data in members:
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        if manifest is not None:
            text = json.dumps(manifest).encode()
            last = tarfile.TarInfo("manifest.json")
            last.size = len(text)
            tar.addfile(last, io.BytesIO(text))
    return path


def member(name, **more):
    info = tarfile.TarInfo(name)
    for attribute, value in more.items():
        setattr(info, attribute, value)
    return info


def unpacked(path, folder):
    manifest = archive.survey(path)
    archive.unpack(path, manifest, lambda name: folder / name, lambda _name: True)
    return {
        str(found.relative_to(folder)): found.read_bytes()
        for found in folder.rglob("*")
        if found.is_file()
    }


MEMBERS = {
    "journal/segment-1.log": b"A ...\n",
    "media/pictures/ab/x.jpg": b"\xff" * 70_000,
    "media/名字.txt": "内容".encode(),
    "settings.env": b"HOST=1\n",
}


def test_what_goes_in_comes_out(tmp_path):
    path = written(tmp_path / "a.tar.gz", MEMBERS)
    assert unpacked(path, tmp_path / "out") == MEMBERS


def test_pictures_can_be_read_by_nginx_and_nothing_else_by_anybody(tmp_path):
    path = written(tmp_path / "a.tar.gz", MEMBERS)
    unpacked(path, tmp_path / "out")
    modes = {
        str(found.relative_to(tmp_path / "out")): found.stat().st_mode & 0o777
        for found in (tmp_path / "out").rglob("*")
    }
    assert modes["media/pictures/ab/x.jpg"] == 0o644
    assert modes["media/pictures"] == 0o755
    assert modes["journal"] == 0o700
    assert modes["journal/segment-1.log"] == modes["settings.env"] == 0o600


def test_a_folder_is_kept_with_its_regular_files_only(tmp_path):
    source = tmp_path / "media"
    (source / "b").mkdir(parents=True)
    (source / "b/two").write_bytes(b"2")
    (source / "one").write_bytes(b"1")
    (source / "link").symlink_to("/etc/passwd")
    os.mkfifo(source / "pipe")
    with (tmp_path / "a").open("wb") as file:
        writer = archive.Writer(file)
        writer.add_folder("media", source)
        writer.add("secret-key", source / "missing")
        writer.finish(about())
    assert list(archive.survey(tmp_path / "a").files) == ["media/b/two", "media/one"]


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.99])
def test_an_archive_that_was_cut_off_is_refused(tmp_path, keep):
    path = written(tmp_path / "a", {"media/x": os.urandom(50_000)})
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(archive.Broken, match=r"读不出来|不完整"):
        archive.survey(path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_flipped_bit_is_never_taken_for_the_same_content(tmp_path, where, bit):
    path = written(tmp_path / "a", MEMBERS)
    data = bytearray(path.read_bytes())
    data[int(where * len(data))] ^= 1 << bit
    path.write_bytes(data)
    try:
        found = archive.survey(path)
    except archive.Broken:
        return
    # What does not matter in a gzip header, such as its time, may differ.
    assert {name: files[0] for name, files in found.files.items()} == {
        name: len(content) for name, content in MEMBERS.items()
    }
    assert {name: archive.read_member(path, name) for name in MEMBERS} == MEMBERS


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "media/../../evil",
        "media/../secret-key",
        "/etc/cron.d/evil",
        "media//evil",
        "media/./evil",
        "media/",
        "media",
        "journal/deep/evil.log",
        "postgres/data/PG_VERSION",
        "media/a\\b",
        "media/a\nb",
        "readme.txt",
    ],
)
def test_a_name_that_is_none_of_ours_is_refused(tmp_path, name):
    path = by_hand(tmp_path / "a", (member(name), b"x"), manifest=asdict(about()))
    with pytest.raises(archive.Broken, match="不该有的内容"):
        archive.survey(path)


@pytest.mark.parametrize(
    "kind",
    [
        {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"},
        {"type": tarfile.LNKTYPE, "linkname": "settings.env"},
        {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3},
        {"type": tarfile.BLKTYPE},
        {"type": tarfile.FIFOTYPE},
        {"type": tarfile.DIRTYPE},
        {"type": tarfile.CONTTYPE},
    ],
)
def test_what_is_no_plain_file_is_refused(tmp_path, kind):
    path = by_hand(tmp_path / "a", (member("media/x", **kind), b""), manifest=asdict(about()))
    with pytest.raises(archive.Broken, match="不该有的内容"):
        archive.survey(path)


def test_a_name_that_comes_twice_is_refused(tmp_path):
    twice = [(member("media/x"), b"1"), (member("media/x"), b"2")]
    path = by_hand(tmp_path / "a", *twice, manifest=asdict(about()))
    with pytest.raises(archive.Broken, match="不该有的内容"):
        archive.survey(path)


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (None, "缺少 manifest.json"),
        ({"format": 99}, "格式不是这个版本认得的"),
        (["no"], "格式不是这个版本认得的"),
        ({"format": 1, "strange": 1}, "读不出来"),
        (asdict(about()) | {"files": []}, "读不出来"),
        (asdict(about()), "和清单不符"),  # it names no file, and there is one
        (asdict(about()) | {"files": {"media/x": [1, "0" * 64]}}, "和清单不符"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(tmp_path, manifest, said):
    path = by_hand(tmp_path / "a", (member("media/x"), b"1"), manifest=manifest)
    with pytest.raises(archive.Broken, match=said):
        archive.survey(path)


def test_an_archive_that_promises_a_database_and_has_none_is_refused(tmp_path):
    manifest = about()
    manifest.database = True
    path = written(tmp_path / "a", {"media/x": b"1"}, manifest)
    with pytest.raises(archive.Broken, match="对不上"):
        archive.survey(path)


def test_an_archive_changed_between_looking_and_unpacking_is_refused(tmp_path):
    path = written(tmp_path / "a", {"media/x": b"1"})
    manifest = archive.survey(path)
    written(path, {"media/x": b"2"})
    with pytest.raises(archive.Broken, match="被改动了"):
        archive.unpack(path, manifest, lambda name: tmp_path / "out" / name, lambda _name: True)


def test_unpacking_overwrites_nothing(tmp_path):
    path = written(tmp_path / "a", {"media/x": b"new"})
    (tmp_path / "out/media").mkdir(parents=True)
    (tmp_path / "out/media/x").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        unpacked(path, tmp_path / "out")
    assert (tmp_path / "out/media/x").read_bytes() == b"old"


# --- settings -----------------------------------------------------------------------------------


def test_settings_are_kept_without_what_belongs_to_the_machine_or_opens_the_database():
    lines = backup.settings_lines(
        {
            "PARKCMS_ORIGIN": "https://www.example.cn",
            "PARKCMS_SECRET_KEY": "a'b $c",
            "ENQUIRY_HARD_LIMIT": "60",
            "PORT": "8000",
            "DATABASE_URL": "postgresql://x:password@db/parkcms",
            "PGPASSWORD": "password",
            "PARKCMS_VAR": "/var/lib/parkcms",
            "HOME": "/root",
        }
    )
    assert lines.splitlines() == [
        "# DATABASE_URL and the folders of the machine are not kept here.",
        "ENQUIRY_HARD_LIMIT=60",
        "PARKCMS_ORIGIN=https://www.example.cn",
        """PARKCMS_SECRET_KEY='a'"'"'b $c'""",
        "PORT=8000",
    ]


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40))
@settings(max_examples=25)
def test_a_shell_reads_back_every_setting(value):
    lines = backup.settings_lines({"PARKCMS_X": value})
    answer = subprocess.run(
        ["sh", "-c", 'eval "$1"; printf %s "$PARKCMS_X"', "sh", lines],
        capture_output=True,
        check=True,
    )
    assert answer.stdout.decode() == value


# --- which archives stay ------------------------------------------------------------------------


def test_the_newest_stay_and_nothing_that_is_not_ours_goes(tmp_path):
    days = [f"parkcms-202611{day:02}T032000Z.tar.gz" for day in range(1, 6)]
    others = [
        "parkcms-journal-20261101T000000Z.tar.gz",
        "parkcms-before-the-move.tar.gz",
        "parkcms-20261101T032000Z.tar.gz.old",
        "backup.lock",
    ]
    for name in days + others:
        (tmp_path / name).touch()
    gone = backup.forget_old(tmp_path, backup.FULL, 2)
    assert [path.name for path in gone] == days[:3]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(days[3:] + others)
    assert backup.forget_old(tmp_path, backup.FULL, 2) == []


# --- programs -----------------------------------------------------------------------------------


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A machine whose Postgres programs are of the versions one names."""

    def install(*versions):
        for version in versions:
            folder = tmp_path / str(version) / "bin"
            folder.mkdir(parents=True)
            script = folder / "pg_dump"
            script.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}.3 (Debian)'\n")
            script.chmod(0o755)

    monkeypatch.setattr(dumps.binaries, "SYSTEM_FOLDER", tmp_path)
    monkeypatch.setattr(dumps.binaries, "WHEEL", "no_such_wheel")
    monkeypatch.setattr(dumps.shutil, "which", lambda _name: None)
    monkeypatch.delenv("PARKCMS_PG_BIN", raising=False)
    return install


@pytest.mark.parametrize(("server", "chosen"), [(15, "15"), (16, "17"), (17, "17"), (18, "18")])
def test_the_programs_of_the_servers_version_are_used_else_the_nearest_newer(
    programs, tmp_path, server, chosen
):
    programs(14, 15, 17, 18)
    assert dumps.program("pg_dump", server) == str(tmp_path / chosen / "bin/pg_dump")


def test_older_programs_than_the_server_are_refused_with_what_to_install(programs):
    programs(14, 15)
    with pytest.raises(DatabaseUnavailable) as refused:
        dumps.program("pg_dump", 16)
    assert str(refused.value) == (
        "数据库服务器是 PostgreSQL 16，这里的 pg_dump 是：14、15。"
        "请运行 apt install postgresql-client-16，或用 PARKCMS_PG_BIN 指出它的 bin 目录。"
    )


# --- what restore asks --------------------------------------------------------------------------


def test_a_later_journal_never_writes_over_the_archives_own(tmp_path):
    own = written(tmp_path / "a", {"journal/segment-1.log": b"own", "journal/recent": b"r"})
    later = written(tmp_path / "b", {"journal/segment-1.log": b"later", "journal/recent": b"R"})
    var = tmp_path / "var"
    unpacked(own, var)
    restore.unpack_later_journal(later, archive.survey(later), var)
    assert {path.name: path.read_bytes() for path in (var / "journal").iterdir()} == {
        "recent": b"r",
        "segment-1.log": b"own",
        "segment-1-later.log": b"later",
    }
