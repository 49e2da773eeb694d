"""One person for each role, each with a random password that only the data folder knows."""

import stat

import pytest
from django.core.management import CommandError, call_command

from parkcms.people.models import User
from parkcms.roles import ROLES

pytestmark = pytest.mark.django_db


def lines(demo):
    return [line.split("\t") for line in demo.passwords.read_text("utf-8").splitlines()]


def test_the_file_has_a_line_for_each_role_and_only_the_owner_reads_it(demo):
    assert [line[0] for line in lines(demo)] == [role.name for role in ROLES]
    assert stat.S_IMODE(demo.passwords.stat().st_mode) == 0o600


def test_passwords_are_long_and_all_different(demo):
    passwords = [line[2] for line in lines(demo)]
    assert len(set(passwords)) == 6
    assert min(map(len, passwords)) >= 16


def test_each_password_lets_its_person_in_at_the_desk(demo, client):
    for _role, name, password in lines(demo):
        answer = client.post(
            "/admin/login/", {"username": name, "password": password, "next": "/admin/"}
        )
        assert (answer.status_code, answer.headers.get("Location")) == (302, "/admin/"), name
        assert client.get("/admin/").status_code == 200
        client.post("/admin/logout/")


def test_a_wrong_password_does_not(demo, client):
    answer = client.post("/admin/login/", {"username": "owner", "password": "owner"})
    assert answer.status_code == 200
    assert client.get("/admin/").status_code == 302


def test_each_person_has_the_one_role_and_is_marked_as_demo(demo):
    found = {u.username: [g.name for g in u.groups.all()] for u in User.objects.all()}
    assert found == {name: [role] for role, name, _password in lines(demo)}
    assert not User.objects.exclude(is_demo=True).exists()
    assert not User.objects.filter(is_superuser=True).exists()


def test_the_demo_manager_keeps_all_three_parks(demo):
    manager = User.objects.get(username="manager")
    assert {park.slug for park in manager.kept_parks.all()} == {
        "lingang-u-valley",
        "hydrogen-port",
        "wenzhou-science-park",
    }


def test_in_production_no_demo_person_comes_in(demo, client, settings):
    settings.PRODUCTION = True
    for _role, name, password in lines(demo):
        answer = client.post("/admin/login/", {"username": name, "password": password})
        assert answer.status_code == 200, name


def test_in_production_nothing_is_loaded(demo, settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="生产环境不载入演示内容"):
        call_command("load_demo")
