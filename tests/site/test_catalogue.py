"""The English words: every string of the pages has some, and they are compiled as written."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils.translation import gettext, ngettext, override
from reading import HAN

from parkcms.management.commands import catalogue


def words():
    with catalogue.CATALOGUE.open("rb") as file:
        return [message for message in read_po(file, locale="en") if message.id]


def test_nothing_is_missing_stale_or_uncompiled():
    call_command("catalogue", check=True)


def test_a_missing_word_fails_the_check(monkeypatch):
    strings = list(catalogue._strings())
    monkeypatch.setattr(catalogue, "_strings", lambda: [*strings, ("新的一句。", None, [])])
    with pytest.raises(CommandError, match="新的一句"):
        call_command("catalogue", check=True)


def test_a_word_nobody_uses_any_more_fails_the_check(monkeypatch):
    strings = [row for row in catalogue._strings() if row[0] != "来源缺失"]
    monkeypatch.setattr(catalogue, "_strings", lambda: strings)
    with pytest.raises(CommandError, match="来源缺失"):
        call_command("catalogue", check=True)


def test_a_catalogue_compiled_from_other_words_fails_the_check(monkeypatch):
    monkeypatch.setattr(catalogue, "_read_compiled", lambda: b"something else")
    with pytest.raises(CommandError, match="没有编译"):
        call_command("catalogue", check=True)


def test_the_check_writes_nothing():
    before = {p: p.read_bytes() for p in catalogue.CATALOGUE.parent.iterdir()}
    call_command("catalogue", check=True)
    assert {p: p.read_bytes() for p in catalogue.CATALOGUE.parent.iterdir()} == before


def test_every_string_has_english_and_no_chinese_in_it():
    for message in words():
        for text in catalogue.forms(message):
            assert text, message.id
            assert not HAN.search(text), message.id
        assert not message.fuzzy, message.id


def test_translations_keep_the_placeholders_of_their_source():
    named = re.compile(r"%\((\w+)\)s")
    for message in words():
        source = message.id if isinstance(message.id, str) else message.id[1]
        for text in catalogue.forms(message):
            assert set(named.findall(text)) == set(named.findall(source)), message.id


def test_english_is_spoken_from_the_compiled_file():
    with override("en"):
        assert gettext("园区") == "Parks"
        assert gettext("土地面积") == "Land area"
    with override("zh-hans"):
        assert gettext("园区") == "园区"


def test_one_and_many_are_told_apart():
    with override("en"):
        one, many = (ngettext("%(n)s 处可租空间", "%(n)s 处可租空间", n) % {"n": n} for n in (1, 2))
    assert one == "1 space to let"
    assert many == "2 spaces to let"


def test_compiling_needs_no_gettext_tools():
    """The command is run where PATH holds no msgfmt."""
    answer = subprocess.run(
        [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "catalogue", "--check"],
        env={
            "PATH": "/nonexistent",
            "PARKCMS_PROFILE": "test",
            "PARKCMS_VAR": str(settings.VAR_DIR),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (0, "")
