"""Getting in: name and password, five tries, no demo people in production, nobody who has left."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from axes.utils import reset
from desk_forms import at_the_desk, words
from django.core import checks
from django.core.management import CommandError, call_command
from django.test import Client
from factories import PASSWORD, a_person, an_article

from parkcms.checks import no_demo_people
from parkcms.ledger.models import Act
from parkcms.people.models import User

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"
T0 = datetime(2026, 5, 4, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def quick(settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
    reset()


def log_in(username, password=PASSWORD, client=None, ip="198.51.100.7"):
    client = client or Client()
    answers = {"username": username, "password": password, "next": "/admin/"}
    return client.post(LOGIN, answers, REMOTE_ADDR=ip)


def is_in(response):
    return response.status_code == 302 and response["Location"] == "/admin/"


def fail(times, username="editor"):
    return [log_in(username, f"wrong {n}").status_code for n in range(times)]


def test_name_and_password_lead_to_the_desk():
    a_person("editor", "编辑", display_name="示例编辑")
    client = Client()
    assert is_in(log_in("editor", client=client))
    assert "示例编辑" in words(client.get("/admin/"))


@pytest.mark.parametrize(("name", "word"), [("editor", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_anything_else_does_not_and_the_answer_does_not_say_which(name, word):
    a_person("editor", "编辑")
    response = log_in(name, word)
    assert response.status_code == 200
    wrong = words(log_in("editor", "wrong"))
    if name:
        assert words(response).replace(name, "editor") == wrong


def test_the_fifth_wrong_password_pauses_the_account_in_plain_chinese():
    a_person("editor", "编辑")
    assert fail(4) == [200] * 4
    locked = log_in("editor", "wrong again")
    assert locked.status_code == 429
    assert "暂停登录一小时" in words(locked)
    assert "text/html" in locked["Content-Type"]
    assert "script-src 'self'" in locked["Content-Security-Policy"]


def test_while_paused_the_right_password_does_not_help():
    a_person("editor", "编辑")
    fail(5)
    client = Client()
    response = log_in("editor", client=client)
    assert response.status_code == 429
    assert "暂停登录" in words(response)
    assert client.get("/admin/").status_code == 302


def test_four_wrong_ones_and_then_the_right_one_start_the_count_again():
    a_person("editor", "编辑")
    fail(4)
    assert is_in(log_in("editor"))
    assert fail(4) == [200] * 4
    assert is_in(log_in("editor"))


def test_the_pause_is_over_after_an_hour(time_machine):
    a_person("editor", "编辑")
    time_machine.move_to(T0, tick=False)
    fail(5)
    time_machine.move_to(T0 + timedelta(minutes=59), tick=False)
    assert log_in("editor").status_code == 429
    # A try during the pause starts the hour again.
    time_machine.move_to(T0 + timedelta(minutes=59 + 61), tick=False)
    assert is_in(log_in("editor"))


def test_a_pause_is_for_one_name_from_one_place():
    a_person("editor", "编辑")
    a_person("author", "作者")
    fail(5)
    assert is_in(log_in("author"))
    assert is_in(log_in("editor", ip="203.0.113.9"))
    assert log_in("editor").status_code == 429


def test_a_name_nobody_has_is_paused_alike():
    assert fail(5, "nobody") == [200] * 4 + [429]


@pytest.mark.parametrize(
    "name", ["x" * 10_000, "a\x00b", "'; DROP TABLE people_user; --", "😀" * 300, "\u202eeditor"]
)
def test_a_hostile_name_is_only_a_wrong_name(name):
    statuses = [log_in(name, "wrong").status_code for _ in range(6)]
    assert set(statuses) <= {200, 429}
    assert User.objects.count() == 0


def test_a_session_starts_with_a_new_key_and_its_cookie_goes_to_the_desk_only():
    a_person("editor", "编辑")
    client = Client()
    response = log_in("editor", client=client)
    cookie = response.cookies["sessionid"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/admin/", True, "Lax")


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "\\\\evil.example"])
def test_logging_in_leads_to_no_other_site(target):
    a_person("editor", "编辑")
    answers = {"username": "editor", "password": PASSWORD, "next": target}
    response = Client().post(f"{LOGIN}?next={target}", answers)
    assert response.status_code == 302
    assert "evil" not in response["Location"]


def test_a_demo_person_gets_in_on_a_local_machine_only(settings):
    a_person("demo", "编辑", is_demo=True)
    assert is_in(log_in("demo"))
    settings.PRODUCTION = True
    assert log_in("demo").status_code == 200


def test_a_demo_session_ends_when_the_site_goes_into_production(client, settings):
    desk = at_the_desk(client, a_person("demo", "编辑", is_demo=True))
    assert desk.get("/admin/").status_code == 200
    settings.PRODUCTION = True
    assert desk.get("/admin/").status_code == 302


def test_production_does_not_start_with_demo_people(settings):
    a_person("demo", "编辑", is_demo=True)
    a_person("real", "编辑")
    assert no_demo_people(databases=["default"]) == []
    settings.PRODUCTION = True
    (error,) = no_demo_people(databases=["default"])
    assert (error.id, error.level) == ("parkcms.E001", checks.ERROR)
    assert "demo" in error.msg
    assert "real" not in error.msg


def test_production_makes_no_demo_people(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="生产环境"):
        call_command("load_demo")
    assert User.objects.count() == 0


def test_retired_demo_people_are_deactivated_and_their_work_stays(settings):
    demo = a_person("demo", "编辑", is_demo=True)
    real = a_person("real", "编辑")
    article = an_article(author=demo)
    out = StringIO()
    call_command("retire_demo_people", stdout=out)
    demo.refresh_from_db()
    real.refresh_from_db()
    assert (demo.is_active, demo.has_usable_password(), real.is_active) == (False, False, True)
    assert out.getvalue() == "已停用 demo\n"
    article.refresh_from_db()
    assert article.author == demo
    assert Act.objects.about(demo).get().reason == "停用演示人员"
    settings.PRODUCTION = True
    assert no_demo_people(databases=["default"]) == []
    call_command("retire_demo_people", stdout=StringIO())
    assert Act.objects.count() == 1


def test_who_can_not_be_told_about_is_not_retired(monkeypatch):
    demo = a_person("demo", "编辑", is_demo=True)

    def fail(*args, **kwargs):
        raise RuntimeError("no ledger")

    monkeypatch.setattr(Act, "record", fail)
    with pytest.raises(RuntimeError):
        call_command("retire_demo_people", stdout=StringIO())
    demo.refresh_from_db()
    assert demo.is_active


def test_who_has_left_does_not_get_in_and_an_open_session_ends(client):
    person = a_person("left", "编辑")
    desk = at_the_desk(client, person)
    assert desk.get("/admin/").status_code == 200
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert desk.get("/admin/").status_code == 302
    assert log_in("left").status_code == 200


def test_a_reader_without_a_place_at_the_desk_does_not_get_in():
    a_person("reader")
    User.objects.update(is_staff=False)
    assert log_in("reader").status_code == 200


def test_readers_see_the_name_a_person_chose():
    assert str(a_person("zhangsan", display_name="园区编辑部")) == "园区编辑部"
    assert str(a_person("lisi")) == "lisi"
    assert a_person("wangwu", first_name="五", last_name="王").get_short_name() == "五 王"
