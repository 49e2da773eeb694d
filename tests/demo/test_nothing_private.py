"""The old page showed a person's name and private numbers. They are nowhere: not in the project's
files, not in the database, not on a page. (What must be absent is known here by its hash alone.)"""

import hashlib
import re
import subprocess
from pathlib import Path

import pytest
from crawling import crawl
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
NAME = "49fc5f0f6d2759cb"
HOT_LINE = "3ae32e27129cade1"

_HAN = re.compile(r"[\u4e00-\u9fff]{3,}")
_DIGITS = re.compile(r"[0-9](?:[ \u00a0-]?[0-9]){9,}")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
# Numbers nobody has, used where a number is needed.
_MADE_UP = re.compile(r"1[3-9][0-9](?:0013[789]000|12345678)|139000000[0-9]{2}")


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


_FINGERPRINT = re.compile(r"\b[0-9a-f]{64}\b")


def private(text):
    """What in ``text`` is private: the name, the hot line, or a mobile that is not made up."""
    found = []
    for run in set(_HAN.findall(text)):
        found += [run[i : i + 3] for i in range(len(run) - 2) if digest(run[i : i + 3]) == NAME]
    for written in set(_DIGITS.findall(text)):
        run = re.sub(r"\D", "", written)
        found += [
            run[i : i + 10] for i in range(len(run) - 9) if digest(run[i : i + 10]) == HOT_LINE
        ]
        found += mobiles(run)
    return found


def mobiles(run):
    """Mobile numbers in a run of digits: the run itself, after 86, or several glued together."""
    run = run.removeprefix("86") if len(run) == 13 else run
    if len(run) % 11:
        return []
    parts = [run[i : i + 11] for i in range(0, len(run), 11)]
    if not all(map(_MOBILE.fullmatch, parts)):
        return []
    return [part for part in parts if not _MADE_UP.fullmatch(part)]


def tracked_files():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]


@pytest.mark.parametrize(
    "text",
    ["x35xxxx2222", "x35 xxxx 2222", "x35-xxxx-2222", "+86 x35xxxx2222", "86x35xxxx2222",
     "x35xxxx2222x35xxxx3333x35xxxx4444"],
)  # fmt: skip
def test_the_search_sees_a_number_that_could_be_somebodys(text):
    # Written with x for 1 here, so that the search of all files does not find this one.
    assert private(f"电话：{text.replace('x', '1')}。") != []


def test_the_search_lets_made_up_numbers_and_other_digits_pass():
    assert private("13800138000 400-000-0000 31011402001234 1700000000000000-5") == []


def test_the_search_sees_a_name_by_its_hash(monkeypatch):
    monkeypatch.setattr("test_nothing_private.NAME", digest("某某人"))
    assert private("联系某某人即可") == ["某某人"]
    monkeypatch.setattr("test_nothing_private.HOT_LINE", digest("4001112222"))
    assert private("热线 400 1112 222") == ["4001112222"]


def test_no_file_of_the_project_holds_any_of_it():
    found = {}
    for path in tracked_files():
        if path.is_file() and not path.name.startswith("requirements"):
            text = path.read_bytes().decode("utf-8", "replace")
            if hits := private(text):
                found[str(path.relative_to(ROOT))] = hits
    assert found == {}


@pytest.mark.django_db
def test_no_row_of_the_database_holds_any_of_it(demo):
    rows = 0
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT (to_jsonb(t) - 'password')::text FROM \"{table}\" t")  # noqa: S608
            for (text,) in cursor.fetchall():
                rows += 1
                # A fingerprint is 64 hexadecimal digits, some of which may look dialled.
                assert private(_FINGERPRINT.sub("", text)) == [], table
    assert rows > 200


@pytest.mark.django_db
def test_no_public_page_holds_any_of_it(demo, client):
    answers = crawl(client)
    assert len(answers) > 100
    for address, answer in answers.items():
        if not answer.streaming:
            assert private(answer.content.decode(errors="replace")) == [], address
