"""Nothing goes out unless the environment says so, and says all of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READ = (
    "from django.conf import settings as s;"
    "print(sorted(s.OUTBOX_CHANNELS), sorted(s.OUTGOING_HOSTS), s.EMAIL_HOST, s.EMAIL_PORT,"
    " s.EMAIL_HOST_USER, s.EMAIL_HOST_PASSWORD, s.EMAIL_USE_SSL, s.EMAIL_USE_TLS,"
    " s.EMAIL_TIMEOUT, s.DEFAULT_FROM_EMAIL)"
)
PRODUCTION = {
    "PARKCMS_PROFILE": "production",
    "PARKCMS_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS",
    "PARKCMS_ORIGIN": "https://www.example.cn",
}


def settings_of(tmp_path, **environment):
    """What the settings say, or the last line of why they can not be read."""
    environment = {"PATH": os.environ["PATH"], "PARKCMS_VAR": str(tmp_path)} | environment
    answer = subprocess.run(
        [sys.executable, "-c", READ],
        cwd=ROOT,
        env=environment | {"DJANGO_SETTINGS_MODULE": "parkcms.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    return (answer.stdout if answer.returncode == 0 else answer.stderr).strip().split("\n")[-1]


@pytest.mark.parametrize(
    ("environment", "channels"),
    [({}, "['console']"), ({"PARKCMS_OUTBOX": ""}, "[]"), (PRODUCTION, "[]"),
     ({"PARKCMS_PROFILE": "test"}, "[]"), (PRODUCTION | {"PARKCMS_OUTBOX": "console"},
     "['console']")],
)  # fmt: skip
def test_only_a_local_copy_writes_notices_by_itself(tmp_path, environment, channels):
    assert settings_of(tmp_path, **environment) == f"{channels} []  0   False True 10"


MAIL = {
    "PARKCMS_OUTBOX": "mail",
    "PARKCMS_SMTP_URL": "smtps://me%40example.cn:p%3Aw@smtp.example.cn",
    "PARKCMS_MAIL_FROM": "me@example.cn",
    "PARKCMS_OUTGOING_HOSTS": "smtp.example.cn:465",
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {},
            (
                "['mail'] ['smtp.example.cn:465'] smtp.example.cn 465 me@example.cn p:w"
                " True False 10 me@example.cn"
            ),
        ),
        (
            {
                "PARKCMS_SMTP_URL": "smtp://smtp.example.cn:2525",
                "PARKCMS_OUTGOING_HOSTS": "smtp.example.cn:2525,qyapi.weixin.qq.com",
                "PARKCMS_OUTBOX": "mail, wecom",
            },
            (
                "['mail', 'wecom'] ['qyapi.weixin.qq.com', 'smtp.example.cn:2525']"
                " smtp.example.cn 2525   False True 10 me@example.cn"
            ),
        ),
    ],
)
def test_a_mail_server_is_read_from_its_address(tmp_path, change, said):
    assert settings_of(tmp_path, **MAIL | change) == said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"PARKCMS_OUTBOX": "mail,pigeon"}, "PARKCMS_OUTBOX 只认 mail、wecom、console"),
        ({"PARKCMS_SMTP_URL": ""}, "邮件需要 PARKCMS_SMTP_URL"),
        ({"PARKCMS_SMTP_URL": "https://smtp.example.cn"}, "邮件需要 PARKCMS_SMTP_URL"),
        ({"PARKCMS_MAIL_FROM": ""}, "邮件需要 PARKCMS_MAIL_FROM"),
        ({"PARKCMS_OUTGOING_HOSTS": ""}, "还需要 PARKCMS_OUTGOING_HOSTS=smtp.example.cn:465"),
        ({"PARKCMS_OUTBOX": "wecom"}, "还需要 PARKCMS_OUTGOING_HOSTS=qyapi.weixin.qq.com"),
    ],
)
def test_half_of_it_is_said_at_the_start(tmp_path, change, said):
    told = settings_of(tmp_path, **MAIL | change)
    assert told.startswith("django.core.exceptions.ImproperlyConfigured: ")
    assert said in told
    assert "p:w" not in told
    assert "p%3Aw" not in told
