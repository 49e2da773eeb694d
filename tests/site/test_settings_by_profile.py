"""Three sites from one code: production refuses to start unsafe, and says in Chinese why."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.core import checks
from django.core.management import call_command
from django.db import OperationalError, connection
from factories import a_person

from parkcms.checks import proxy_is_trusted
from parkcms.ledger.models import Act
from parkcms.models import SiteProfile

ROOT = Path(__file__).resolve().parents[2]
# An address where no database is: what is checked here needs none.
NOWHERE = "postgresql://nobody@127.0.0.1:9/none"
STRONG = secrets.token_urlsafe(60)
PRODUCTION = {
    "PARKCMS_PROFILE": "production",
    "PARKCMS_SECRET_KEY": STRONG,
    "PARKCMS_ORIGIN": "https://www.example.cn",
}


def started(tmp_path, *command, **environment):
    """Runs manage.py in an environment of its own: nothing comes along from this run."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *command],
        env={
            "PATH": os.environ["PATH"],
            "DATABASE_URL": NOWHERE,
            "PARKCMS_VAR": str(tmp_path),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def read(tmp_path, expression, **environment):
    """The value of an expression over the settings, or what was said instead of starting."""
    code = f"from django.conf import settings; print({expression})"
    answer = started(tmp_path, "shell", "--no-imports", "-c", code, **environment)
    return answer.stdout.strip() if answer.returncode == 0 else answer.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"PARKCMS_SECRET_KEY": ""}, "至少 50 个随机字符"),
        ({"PARKCMS_SECRET_KEY": "short"}, "至少 50 个随机字符"),
        ({"PARKCMS_SECRET_KEY": "a" * 80}, "至少 50 个随机字符"),
        ({"PARKCMS_SECRET_KEY": "ab" * 40}, "至少 50 个随机字符"),
        ({"PARKCMS_ORIGIN": "http://www.example.cn"}, "https:// 开头的网址"),
        ({"PARKCMS_ORIGIN": ""}, "https:// 开头的网址"),
        ({"PARKCMS_ORIGIN": "www.example.cn"}, "https:// 开头的网址"),
        ({"PARKCMS_DEBUG": "1"}, "不能打开 PARKCMS_DEBUG"),
        ({"PARKCMS_PROFILE": "prod"}, "只认 local、production、test"),
    ],
)
def test_production_refuses_to_start_unsafe(tmp_path, change, said):
    answer = started(tmp_path, "check", **PRODUCTION | change)
    assert answer.returncode != 0
    assert said in answer.stderr
    assert STRONG not in answer.stderr


def test_production_passes_the_check_of_a_deployment(tmp_path):
    answer = started(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout


def test_production_takes_only_its_own_host_and_secure_cookies(tmp_path):
    expression = (
        "settings.ALLOWED_HOSTS, settings.DEBUG, settings.SESSION_COOKIE_SECURE,"
        " settings.CSRF_COOKIE_SECURE, settings.SECURE_HSTS_SECONDS > 0,"
        " settings.WHITENOISE_USE_FINDERS, settings.PARKCMS_ORIGIN"
    )
    assert read(tmp_path, expression, **PRODUCTION) == (
        "['www.example.cn'] False True True True False https://www.example.cn"
    )


def test_more_hosts_can_be_named(tmp_path):
    hosts = read(tmp_path, "settings.ALLOWED_HOSTS", **PRODUCTION, PARKCMS_HOSTS="a.cn,b.cn")
    assert hosts == "['a.cn', 'b.cn']"


def test_a_local_site_makes_its_secret_once_and_keeps_it_to_itself(tmp_path):
    first = read(tmp_path, "settings.SECRET_KEY")
    assert len(first) >= 50
    assert read(tmp_path, "settings.SECRET_KEY") == first
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600
    assert read(tmp_path / "other", "settings.SECRET_KEY") != first


def test_a_local_site_is_local_and_never_in_debug_by_itself(tmp_path):
    expression = "settings.PROFILE, settings.DEBUG, settings.PRODUCTION, settings.PARKCMS_ORIGIN"
    assert read(tmp_path, expression, PORT="8123") == "local False False http://127.0.0.1:8123"


def test_cookies_stay_below_the_desk(settings):
    assert settings.SESSION_COOKIE_PATH == settings.CSRF_COOKIE_PATH == "/admin/"
    assert settings.SESSION_COOKIE_HTTPONLY is True
    assert settings.CSRF_COOKIE_HTTPONLY is True


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://me:p%40ss@db.example:5433/site?sslmode=require",
            (
                "{'NAME': 'site', 'USER': 'me', 'PASSWORD': 'p@ss', 'HOST': 'db.example', "
                "'PORT': '5433', 'OPTIONS': {'sslmode': 'require', 'connect_timeout': 2}}"
            ),
        ),
        (
            "postgresql:///site?host=/run/postgresql",
            (
                "{'NAME': 'site', 'HOST': '/run/postgresql', 'PORT': '', "
                "'OPTIONS': {'connect_timeout': 2}}"
            ),
        ),
    ],
)
def test_an_address_of_a_database_is_understood(tmp_path, url, expected):
    names = "('NAME', 'USER', 'PASSWORD', 'HOST', 'PORT', 'OPTIONS')"
    expression = (
        "(lambda d: {k: d[k] for k in " + names + " if d.get(k) not in (None,)"
        " and (d.get(k) != '' or k == 'PORT')})(settings.DATABASES['default'])"
    )
    assert read(tmp_path, expression, DATABASE_URL=url) == expected


def test_proxies_are_named_by_address_network_or_as_a_unix_socket(tmp_path):
    given = "127.0.0.1, 10.0.0.0/8,unix,::1"
    said = read(tmp_path, "settings.TRUSTED_PROXIES", PARKCMS_TRUSTED_PROXIES=given)
    assert said == "['127.0.0.1', '10.0.0.0/8', 'unix', '::1']"
    assert "'nginx' 看不懂" in read(tmp_path, "settings.DEBUG", PARKCMS_TRUSTED_PROXIES="nginx")


def test_a_site_behind_a_unix_socket_is_told_to_trust_its_proxy(settings, monkeypatch):
    monkeypatch.setenv("PARKCMS_BIND", "unix:/run/x.sock")
    settings.TRUSTED_PROXIES = []
    assert [problem.id for problem in proxy_is_trusted()] == ["parkcms.W002"]
    settings.TRUSTED_PROXIES = ["unix"]
    assert proxy_is_trusted() == []
    monkeypatch.setenv("PARKCMS_BIND", "127.0.0.1:8000")
    settings.TRUSTED_PROXIES = []
    assert proxy_is_trusted() == []


# --- checks on the database ---------------------------------------------------------------------


def problems():
    return [
        (p.id, p.msg)
        for p in checks.run_checks(databases=["default"])
        if p.id.startswith("parkcms.")
    ]


@pytest.mark.django_db
def test_production_refuses_demo_people(settings):
    settings.PRODUCTION = True
    SiteProfile.objects.update(icp_number="沪ICP备12345678号-1")
    a_person("owner", is_demo=True)
    a_person("author", is_demo=True, is_active=False)
    a_person("real")
    assert problems() == [("parkcms.E001", "库里有演示人员：owner。")]


@pytest.mark.django_db
def test_production_wants_its_filing_number(settings):
    settings.PRODUCTION = True
    assert problems() == [("parkcms.W001", "还没有填写 ICP 备案号。")]


@pytest.mark.django_db
def test_other_sites_are_not_asked(settings):
    a_person("owner", is_demo=True)
    assert problems() == []


@pytest.mark.django_db
def test_retired_demo_people_satisfy_production(settings, capsys):
    settings.PRODUCTION = True
    SiteProfile.objects.update(icp_number="沪ICP备12345678号-1")
    person = a_person("owner", is_demo=True)
    call_command("retire_demo_people")
    person.refresh_from_db()
    assert (person.is_active, person.has_usable_password()) == (False, False)
    assert problems() == []
    assert Act.objects.filter(object_id=str(person.pk), reason="停用演示人员").count() == 1
    call_command("retire_demo_people")
    assert capsys.readouterr().out == "已停用 owner\n"


def test_a_database_that_is_away_is_not_called_unsafe(settings, monkeypatch, db):
    def gone(*args, **kwargs):
        raise OperationalError("gone")

    settings.PRODUCTION = True
    monkeypatch.setattr(connection.introspection, "table_names", gone)
    monkeypatch.setattr(SiteProfile.objects, "filter", gone)
    assert problems() == []
