"""bin/backup and bin/restore as a whole: nothing is missing, and nothing is touched in vain."""

import http.client
import os
import re
import signal
import subprocess
import sys
import tarfile
import threading
import urllib.parse

import pytest
from archives import HOLDER, JOURNAL, ROWS, TOKENS, asked, backup, files_of, manage, restore
from faults import ROOT, client, environment, eventually, processes_of

from parkcms import archive

pytestmark = [
    pytest.mark.xdist_group("long"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

# What filing an enquiry writes to; every other table comes back row by row.
FILED_INTO = re.compile(r"(leads|outbox|procrastinate|ledger)_")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A data folder with demo content, one filed enquiry and two that wait in the journal."""
    var = tmp_path_factory.mktemp("backup") / "var"
    manage("migrate", "-v", "0", var=var)
    manage("load_demo", "-v", "0", var=var)
    references = asked(JOURNAL, var=var)
    assert len(files_of(var / "media")) > 0
    yield var, references
    assert eventually(lambda: not processes_of(var), 30), processes_of(var)


@pytest.fixture(scope="module")
def kept(site):
    """Its archive, and what the database held when it was made."""
    var, _ = site
    path = var.parent / "site.tar.gz"
    said = backup(path, var=var)
    assert said.startswith(f"备份完成：{path}（")
    assert path.stat().st_mode & 0o777 == 0o600
    return path, asked(ROWS, var=var)


@pytest.fixture(autouse=True)
def nothing_left(tmp_path):
    yield
    assert eventually(lambda: not processes_of(tmp_path), 30), processes_of(tmp_path)


# --- everything comes back ----------------------------------------------------------------------


def test_a_site_comes_back_row_by_row_and_file_by_file(site, kept, tmp_path):
    var, references = site
    path, before = kept
    new = tmp_path / "new"
    said = restore(path, var=new)
    after = asked(ROWS, var=new)

    assert before["tables"].keys() == after["tables"].keys()
    for name, rows in before["tables"].items():
        if FILED_INTO.match(name):
            assert set(rows) <= set(after["tables"][name]), name
        else:
            assert rows == after["tables"][name], name
    same = {
        name: value for name, value in before["sequences"].items() if not FILED_INTO.match(name)
    }
    assert {name: after["sequences"][name] for name in same} == same
    assert len(before["tables"]["leads_enquiry"]) == SAMPLES + 1
    assert len(after["tables"]["leads_enquiry"]) == SAMPLES + 3
    found = " ".join(after["tables"]["leads_enquiry"])
    assert [reference for reference in references if reference not in found] == []

    assert files_of(new / "media") == files_of(var / "media")
    assert (new / "secret-key").read_bytes() == (var / "secret-key").read_bytes()
    assert (new / "secret-key").stat().st_mode & 0o777 == 0o600
    assert not (new / archive.DUMP).exists()
    articles, pictures = (
        len(after["tables"][f"{name}"]) for name in ("articles_article", "library_picture")
    )
    assert f"恢复完成：需求 {SAMPLES + 3} 份，文章 {articles} 篇，图片 {pictures} 张；" in said
    # The journal is settled, and replaying once more files nothing twice.
    assert "入库 0 份" in manage("replay_journal", var=new)
    assert asked(TOKENS, var=new) == sorted(set(asked(TOKENS, var=new)))


def test_restoring_the_same_archive_twice_gives_the_same(kept, tmp_path):
    path, _ = kept
    names = {}
    for name in ("one", "two"):
        restore(path, var=tmp_path / name)
        names[name] = asked(TOKENS, var=tmp_path / name)
    assert names["one"] == names["two"]


def test_a_database_server_is_filled_and_one_that_holds_something_is_refused(kept, tmp_path):
    path, before = kept
    server = client(tmp_path / "server")
    try:
        url = f"postgresql://postgres@/parkcms?host={server.stdout.readline().strip()}"
        restore(path, var=tmp_path / "new", DATABASE_URL=url)
        after = asked(ROWS, var=tmp_path / "new", DATABASE_URL=url)
        assert after["tables"]["articles_article"] == before["tables"]["articles_article"]
        assert not (tmp_path / "new/postgres").exists()

        said = restore(path, var=tmp_path / "newer", DATABASE_URL=url, code=1)
        assert said == (
            "DATABASE_URL 指的数据库里已经有表，没有恢复任何东西：请用一个空的数据库。\n"
        )
        assert not (tmp_path / "newer").exists()
        # And it can be backed up from there.
        again = tmp_path / "again.tar.gz"
        backup(again, var=tmp_path / "new", DATABASE_URL=url)
        assert archive.survey(again).files.keys() >= {"database.dump", "secret-key"}
        assert b"postgresql://" not in archive.read_member(again, "settings.env")
    finally:
        server.kill()
        server.communicate()


# --- while the site runs ------------------------------------------------------------------------


def test_nothing_received_before_a_backup_began_is_missing_from_it(tmp_path):
    var, log = tmp_path / "var", (tmp_path / "log.txt").open("ab")
    own = environment(PARKCMS_VAR=str(var), ENQUIRY_HARD_LIMIT="0")
    served = subprocess.Popen([ROOT / "bin/serve"], env=own, stdout=log, stderr=log)
    try:
        said = tmp_path / "log.txt"
        assert eventually(lambda: "网站已就绪" in said.read_text(), 120), said.read_text()
        visitors = [Visitor(int(own["PORT"]), number) for number in range(4)]
        for visitor in visitors:
            visitor.start()
        archives = []
        for number in range(3):
            assert eventually(
                lambda n=number: min(len(one.tokens) for one in visitors) > 4 * (n + 1), 60
            ), [one.odd for one in visitors]
            before = sorted(token for one in visitors for token in list(one.tokens))
            path = tmp_path / f"{number}.tar.gz"
            backup(path, var=var)
            archives.append((path, before))
        for visitor in visitors:
            visitor.is_done = True
            visitor.join()
        assert [one.odd for one in visitors] == [[], [], [], []]
    finally:
        served.terminate()
        assert served.wait(60) == 0
        log.close()
    for number, (path, before) in enumerate(archives):
        restore(path, var=tmp_path / f"new{number}")
        found = asked(TOKENS, var=tmp_path / f"new{number}")
        assert len(before) > 4 * 4 * (number + 1)
        assert sorted(set(before) - set(found)) == []
        assert len(found) == len(set(found))


class Visitor(threading.Thread):
    """Reads pages and sends enquiries until told to stop."""

    def __init__(self, port, number):
        super().__init__(daemon=True)
        self.port, self.number = port, number
        self.tokens, self.odd, self.is_done = [], [], False

    def run(self):
        sent = 0
        while not self.is_done:
            sent += 1
            if self.answer("GET", "/articles/")[0] != 200:
                self.odd.append("the list of articles")
            form = {
                "contact_name": "测试",
                "phone": f"139 0000 00{self.number:02}",
                "message": f"第 {sent} 份",
                "consent": "on",
            }
            status, where = self.answer("POST", "/enquiries/new/", urllib.parse.urlencode(form))
            if found := re.search(r"/enquiries/([\w-]{32})/", where):
                self.tokens.append(found[1])
            else:
                self.odd.append((status, where))

    def answer(self, method, path, body=None):
        door = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        try:
            door.request(method, path, body, headers)
            answer = door.getresponse()
            answer.read()
            return answer.status, answer.headers.get("Location", "")
        finally:
            door.close()


# --- without a database -------------------------------------------------------------------------

SAMPLES = 5  # of the demo content
AWAY = "postgresql://nobody@127.0.0.1:9/none"


def test_without_the_database_nothing_is_kept_but_the_journal_can_be(site, kept, tmp_path):
    var = site[0]
    folder = var / "backups"
    said = backup(var=var, DATABASE_URL=AWAY, code=1)
    assert said.startswith("数据库用不了，没有做成备份：")
    assert said.endswith("需求日志可以先单独备份：bin/backup --journal-only。\n")
    assert said.count("\n") == 1
    assert [path.name for path in folder.iterdir()] == ["backup.lock"]

    later = tmp_path / "journal.tar.gz"
    said = backup("--journal-only", later, var=var, DATABASE_URL=AWAY)
    assert said.endswith("注意：这里只有需求日志和设置，没有数据库和图片。\n")
    manifest = archive.survey(later)
    assert (manifest.database, manifest.postgres, manifest.migrations) == (False, 0, {})
    assert {name.split("/")[0] for name in manifest.files} == {
        "journal",
        "secret-key",
        "settings.env",
    }
    said = restore(later, var=tmp_path / "new", code=1)
    assert said == (f"{later} 只有需求日志，没有数据库：请用 --journal 把它加在完整的备份之后。\n")
    assert not (tmp_path / "new").exists()


def test_a_later_journal_brings_what_came_after_the_archive(kept, tmp_path):
    path, _ = kept
    old, new = tmp_path / "old", tmp_path / "new"
    restore(path, var=old)
    more = asked(JOURNAL, var=old)  # one of them filed in the database that is lost now
    later = tmp_path / "later.tar.gz"
    backup("--journal-only", later, var=old, DATABASE_URL=AWAY)
    said = restore(path, "--journal", later, var=new)
    # The three of the archive, and two that nobody had filed.
    assert f"需求 {SAMPLES + 5} 份" in said
    rows = " ".join(asked(ROWS, var=new)["tables"]["leads_enquiry"])
    assert [reference in rows for reference in more] == [False, True, True]


# --- refused, and nothing touched ---------------------------------------------------------------


def flipped(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :]


@pytest.mark.parametrize(
    "spoil",
    [flipped, lambda data: data[: len(data) // 2], lambda data: data[:-9], lambda _data: b"no"],
    ids=["broken", "half", "cut", "no archive"],
)
def test_a_broken_archive_changes_nothing(kept, tmp_path, spoil):
    path = tmp_path / "spoilt.tar.gz"
    path.write_bytes(spoil(kept[0].read_bytes()))
    said = restore(path, var=tmp_path / "new", code=1)
    assert said.startswith(str(path))
    assert said.count("\n") == 1
    assert not (tmp_path / "new").exists()
    (tmp_path / "empty").mkdir()
    restore(path, var=tmp_path / "empty", code=1)
    assert list((tmp_path / "empty").iterdir()) == []


def rewritten(source, target, change):
    """The archive with its members changed, and a manifest that fits them all the same."""
    with target.open("wb") as file:
        writer = archive.Writer(file)
        manifest = archive.survey(source)
        members = {name: archive.read_member(source, name) for name in manifest.files}
        for name, data in change(members, manifest).items():
            writer.add_bytes(name, data)
        writer.finish(manifest)
    return target


def test_a_path_that_leads_elsewhere_is_refused(kept, tmp_path):
    path = rewritten(
        kept[0], tmp_path / "a", lambda members, _m: members | {"media/../../evil": b"x"}
    )
    said = restore(path, var=tmp_path / "new", code=1)
    assert "不该有的内容（'media/../../evil'）" in said
    assert {found.name for found in tmp_path.iterdir()} == {"a"}


def test_a_link_is_refused(kept, tmp_path):
    path = tmp_path / "a"
    with tarfile.open(path, "w:gz") as tar:
        link = tarfile.TarInfo("media/pictures")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(link)
    said = restore(path, var=tmp_path / "new", code=1)
    assert "不该有的内容（'media/pictures'）" in said
    assert not (tmp_path / "new").exists()


def test_a_folder_that_holds_something_is_refused(kept, tmp_path):
    new = tmp_path / "new"
    new.mkdir()
    (new / "notes.txt").write_text("mine")
    said = restore(kept[0], var=new, code=1)
    assert said.startswith(f"数据目录 {new} 不是空的，没有恢复任何东西：")
    assert files_of(new) == {"notes.txt": b"mine"}


def test_a_dump_that_cannot_be_restored_leaves_the_folder_as_it_was(kept, tmp_path):
    path = rewritten(
        kept[0], tmp_path / "a", lambda members, _m: members | {"database.dump": b"PGDMP no"}
    )
    said = restore(path, var=tmp_path / "new", code=1)
    assert said.startswith("放回数据库失败：")
    assert said.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_an_archive_of_a_newer_version_is_refused(kept, tmp_path):
    def newer(members, manifest):
        manifest.migrations["parks"] = "0999_from_the_future"
        return members

    said = restore(rewritten(kept[0], tmp_path / "a", newer), var=tmp_path / "new", code=1)
    assert "这里不认识它的 parks.0999_from_the_future：请先更新程序，再恢复。" in said
    assert not (tmp_path / "new").exists()


def test_an_archive_of_a_newer_postgres_is_refused(kept, tmp_path):
    def newer(members, manifest):
        manifest.postgres = 99
        return members

    said = restore(rewritten(kept[0], tmp_path / "a", newer), var=tmp_path / "new", code=1)
    assert said.startswith("备份来自 PostgreSQL 99，放不进更旧的 ")
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_full_disk_leaves_no_half_archive_and_no_half_site(site, kept, tmp_path):
    script = 'mount -t tmpfs -o size=150k none "$1" 2>/dev/null || exit 77; shift; "$@"; code=$?'
    script += '; ls -A "$where" >&2; exit $code'
    small = tmp_path / "small"
    small.mkdir()
    words = ["unshare", "--mount", "sh", "-c", script, "sh", str(small)]
    target = str(small / "a.tar.gz")
    said = tried([*words, ROOT / "bin/backup", target], site[0], small)
    assert "磁盘已满" in said
    assert said.count("\n") == 1  # and nothing is listed after it
    said = tried([*words, ROOT / "bin/restore", str(kept[0])], small / "new", small)
    assert said.startswith("磁盘已满，写不进 ")
    assert said.count("\n") == 1


def tried(command, var, where):
    done = subprocess.run(
        command,
        env=environment(PARKCMS_VAR=str(var), where=str(where)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip("this machine lets nobody mount")
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr


# --- the folder of archives ---------------------------------------------------------------------


def test_a_name_that_is_taken_is_not_overwritten(site, tmp_path):
    path = tmp_path / "a.tar.gz"
    path.write_text("mine")
    said = backup(path, var=site[0], code=1)
    assert said == f"已经有 {path}，没有覆盖它：请换一个名字。\n"
    assert path.read_text() == "mine"


def test_a_relative_name_is_meant_from_where_one_stands(site, tmp_path):
    done = subprocess.run(
        [ROOT / "bin/backup", "here.tar.gz"],
        env=environment(PARKCMS_VAR=str(site[0])),
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert archive.survey(tmp_path / "here.tar.gz").database


def test_old_archives_go_and_a_data_folder_that_is_not_there_is_not_made(kept, tmp_path):
    var = tmp_path / "var"
    restore(kept[0], var=var)
    folder = var / "backups"
    folder.mkdir()
    for day in range(1, 5):
        (folder / f"parkcms-202601{day:02}T000000Z.tar.gz").touch()
    backup("--keep", "2", var=var)
    names = sorted(path.name for path in folder.glob("parkcms-*"))
    assert names[0] == "parkcms-20260104T000000Z.tar.gz"
    assert len(names) == 2
    assert "不存在" in backup(var=tmp_path / "nowhere", code=1)
    assert not (tmp_path / "nowhere").exists()


def test_a_second_backup_waits_for_no_one_and_a_killed_one_leaves_nothing(site, tmp_path):
    """A table that is locked keeps the dump from going on until the signal comes."""
    var = site[0]
    target = tmp_path / "a.tar.gz"
    holder = subprocess.Popen(
        [sys.executable, ROOT / "manage.py", "shell", "--no-imports", "-v", "0", "-c", HOLDER],
        env=environment(PARKCMS_VAR=str(var)),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "held\n"
        first = subprocess.Popen(
            [ROOT / "bin/backup", target],
            env=environment(PARKCMS_VAR=str(var)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert eventually(lambda: any("pg_dump" in c for c in processes_of(tmp_path).values()), 30)
        said = backup(var=var, code=1)
        assert said == "另一个备份正在进行：请等它做完。\n"
        first.send_signal(signal.SIGTERM)
        assert first.wait(30) == 130
        assert list(tmp_path.iterdir()) == []
        assert not any("pg_dump" in c for c in processes_of(tmp_path).values())
    finally:
        holder.kill()
        holder.communicate()
