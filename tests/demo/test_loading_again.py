"""Loading the demo content twice, twice at once, and after a loading that died on the way."""

import hashlib
import stat
import threading
from types import SimpleNamespace

import pytest
from demo_content import QUICK
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, connections

from articles.models import Article, Category, Citation, Mention, Tag
from parkcms.demo import load as loading
from parkcms.library.models import Picture
from parkcms.management.commands import load_demo
from parkcms.models import SiteProfile
from parkcms.people.models import User
from parks.models import Alias, ContactCard, Figure, Milestone, Park, Source, Space

pytestmark = pytest.mark.django_db(transaction=True)

ONE_SET = {
    User: 6,
    Park: 3,
    Source: 7,
    Figure: 16,
    Milestone: 6,
    Alias: 13,
    Space: 12,
    ContactCard: 1,
    Category: 2,
    Tag: 6,
    Article: 10,
    Mention: 5,
    Citation: 11,
    Picture: 2,
}


@pytest.fixture(autouse=True)
def quick(settings, tmp_path):
    settings.PASSWORD_HASHERS = QUICK
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def passwords(tmp_path):
    return tmp_path / "demo-passwords.txt"


def every_row():
    """Every row of every table, whole."""
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t ORDER BY 1')  # noqa: S608
            found[table] = [row[0] for row in cursor.fetchall()]
    return found


def every_file(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def counted():
    return {model: model.objects.count() for model in ONE_SET}


def test_the_first_loading_makes_one_set_and_says_so(passwords):
    told = loading.load(passwords)
    assert counted() == ONE_SET
    assert len([line for line in told if line.startswith("文章 ")]) == 10
    assert len([line for line in told if line.startswith("演示人员 ")]) == 6
    assert SiteProfile.objects.get().demo_loaded_at is not None


def test_a_second_loading_changes_no_row_and_no_file(passwords, tmp_path):
    loading.load(passwords)
    rows, files = every_row(), every_file(tmp_path)
    assert loading.load(passwords) == []
    assert every_row() == rows
    assert every_file(tmp_path) == files


def test_what_people_changed_since_stays(passwords):
    loading.load(passwords)
    Park.objects.filter(slug="hydrogen-port").update(intro_zh="编辑改过的简介。")
    Article.objects.filter(pk=3661).update(title="编辑改过的标题")
    Space.objects.filter(slug="b1-f2").update(state="let")
    SiteProfile.objects.update(hot_line="400-000-0001")
    rows = every_row()
    loading.load(passwords)
    assert every_row() == rows


def test_a_park_whose_address_was_changed_is_the_same_park(passwords):
    loading.load(passwords)
    for park in Park.objects.all():
        park.slug = f"{park.slug}-new"
        park.save()
    rows = every_row()
    assert loading.load(passwords) == []
    assert every_row() == rows


def test_two_loadings_at_once_make_one_set(passwords):
    start, told, failed = threading.Barrier(2), [], []

    def one():
        try:
            start.wait(timeout=10)
            told.append(loading.load(passwords))
        except Exception as error:  # noqa: BLE001, RUF100
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failed == []
    assert sorted(map(len, told)) == [0, 17]
    assert counted() == ONE_SET
    assert len(passwords.read_text("utf-8").splitlines()) == 6


@pytest.mark.parametrize("step", ["_site", "_parks", "_articles"])
def test_a_loading_that_dies_leaves_nothing_and_the_next_one_makes_one_set(
    passwords, monkeypatch, client, step
):
    rows = every_row()
    whole = getattr(loading, step)

    def dies(*args):
        whole(*args)
        raise ConnectionError("the machine went away")

    def dies_after_five(*args):
        for number, landed in enumerate(whole(*args)):
            if number == 5:
                raise ConnectionError("the machine went away")
            yield landed

    with monkeypatch.context() as patch:
        patch.setattr(loading, step, dies_after_five if step == "_articles" else dies)
        with pytest.raises(ConnectionError):
            loading.load(passwords)
    assert every_row() == rows

    loading.load(passwords)
    assert counted() == ONE_SET
    # The dead loading's passwords were never anybody's: one line a person, and it lets them in.
    lines = [line.split("\t") for line in passwords.read_text("utf-8").splitlines()]
    assert [line[1] for line in lines] == ["author", "editor", "manager", "agent", "lead", "owner"]
    assert stat.S_IMODE(passwords.stat().st_mode) == 0o600
    _role, name, password = lines[-1]
    assert client.post("/admin/login/", {"username": name, "password": password}).status_code == 302


def test_a_person_missing_alone_is_made_again_and_the_others_keep_their_passwords(passwords):
    loading.load(passwords)
    before = passwords.read_text("utf-8").splitlines()
    User.objects.filter(username="agent").delete()
    told = loading.load(passwords)
    after = passwords.read_text("utf-8").splitlines()
    assert told == ["演示人员 agent（招商专员）"]
    assert [line for line in after if "\tagent\t" not in line] == [
        line for line in before if "\tagent\t" not in line
    ]
    assert len(after) == 6


def test_the_command_says_what_was_new_and_the_second_time_nothing(monkeypatch, tmp_path, capsys):
    # Not the setting itself: the database's server lives in that folder too.
    folder = SimpleNamespace(PRODUCTION=False, VAR_DIR=tmp_path / "var")
    monkeypatch.setattr(load_demo, "settings", folder)
    call_command("load_demo")
    assert len(capsys.readouterr().out.splitlines()) == 17
    assert (tmp_path / "var/demo-passwords.txt").is_file()
    call_command("load_demo")
    assert capsys.readouterr().out == ""


def test_only_pictures_of_the_library_are_stored(passwords):
    loading.load(passwords)
    for picture in Picture.objects.all():
        for name, suffix, _width, _height in picture.forms:
            assert default_storage.exists(picture._file_name(name, suffix))
