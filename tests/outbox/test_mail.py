"""A mail carries a link and a masked summary, from our address, through the one door."""

import smtplib
import ssl
import threading
import time

import pytest
from django.core import mail

from parkcms.outbox import channels, door

ADDRESS = "agent@example.cn"
BODY = "需求：租赁 · 1500–2000 ㎡\n联系：138****8000"


@pytest.fixture(autouse=True)
def mail_on(settings):
    settings.OUTBOX_CHANNELS = {"mail"}
    settings.DEFAULT_FROM_EMAIL = "site@example.cn"
    settings.PARKCMS_ORIGIN = "https://www.example.cn"


def deliver(**fields):
    channels.deliver(
        **{
            "channel": "mail",
            "address": ADDRESS,
            "subject": "新需求 LE-1",
            "body": BODY,
            "link": "/admin/leads/enquiry/1/change/",
        }
        | fields
    )


def failure(**fields):
    with pytest.raises(channels.Undeliverable) as told:
        deliver(**fields)
    return told.value.code, told.value.is_final


def test_a_mail_is_plain_text_with_the_summary_and_an_absolute_link():
    deliver()
    (sent,) = mail.outbox
    assert (sent.from_email, sent.to, sent.cc, sent.bcc) == ("site@example.cn", [ADDRESS], [], [])
    assert (sent.subject, sent.attachments) == ("新需求 LE-1", [])
    assert sent.body == (
        f"{BODY}\n\n打开：https://www.example.cn/admin/leads/enquiry/1/change/\n\n--\n"
        "园区招商工作台自动发出。请勿回复这封邮件，也不要转发：链接要登录才能打开。\n\n"
    )
    assert sent.message().get_content_type() == "text/plain"


def test_without_a_link_there_is_none():
    deliver(link="")
    assert "打开" not in mail.outbox[0].body.partition("--")[0]


def test_words_stay_words():
    deliver(body="A & B <b>公司</b> {{ secret }} \"'")
    assert mail.outbox[0].body.startswith("A & B <b>公司</b> {{ secret }} \"'\n")


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\r\nBcc: spy@example.com", "\n\nbody"])
def test_a_line_break_in_the_subject_is_refused(end):
    assert failure(subject=f"新需求{end}") == ("header", True)
    assert mail.outbox == []


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "@example.cn", "a@b@example.cn", "a@example.cn\nBcc: spy@example.com",
     "a@example.cn, spy@example.com", "Name <a@example.cn>", "a b@example.cn"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_for_good(address):
    assert failure(address=address) == ("address", True)
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (smtplib.SMTPRecipientsRefused({ADDRESS: (550, b"no")}), "recipient"),
        (smtplib.SMTPAuthenticationError(535, b"no"), "smtp_login"),
        (smtplib.SMTPDataError(452, b"full"), "smtp_452"),
        (smtplib.SMTPServerDisconnected(), "unreachable"),
        (ConnectionRefusedError(), "unreachable"),
        (TimeoutError(), "timeout"),
        (door.Closed("private"), "private"),
    ],
)
def test_a_failure_has_a_code_and_is_tried_again(monkeypatch, error, code):
    def fail(_message):
        raise error

    monkeypatch.setattr(mail.EmailMessage, "send", fail)
    assert failure() == (code, False)


# --- over the wire ------------------------------------------------------------------------------


class Postman:
    """Speaks as much SMTP as it takes to be given one mail, and keeps what it was told."""

    def __init__(self):
        self.heard = []

    def __call__(self, connection):
        file = connection.makefile("rwb", buffering=0)
        file.write(b"220 ready\r\n")
        answers = {b"EHLO": b"250-here\r\n250 AUTH PLAIN", b"AUTH": b"235 ok", b"DATA": b"354 go"}
        while line := file.readline():
            self.heard.append(line.decode().strip())
            if line.upper().startswith(b"QUIT"):
                file.write(b"221 bye\r\n")
                return
            file.write(answers.get(line[:4].upper(), b"250 ok") + b"\r\n")
            if line.upper().startswith(b"DATA"):
                while (part := file.readline()) != b".\r\n":
                    self.heard.append(part.decode().strip())
                file.write(b"250 ok\r\n")


@pytest.fixture
def over_smtp(settings, open_door):
    """Sends over TLS to a server of ours; returns what it heard."""
    postman = Postman()
    server = open_door("smtp.example.cn", postman)
    settings.EMAIL_BACKEND = "parkcms.outbox.door.MailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "smtp.example.cn", server.port
    settings.EMAIL_USE_SSL, settings.EMAIL_USE_TLS, settings.EMAIL_TIMEOUT = True, False, 10
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "me", "word"
    return postman.heard


def test_a_mail_goes_over_tls_with_our_login(over_smtp):
    deliver()
    wanted = ["auth", "mail", "rcpt", "data", "quit"]
    commands = [line.lower() for line in over_smtp if line[:4].lower() in wanted]
    assert [line[:4] for line in commands] == wanted
    assert commands[1].startswith("mail from:<site@example.cn>")
    assert commands[2].startswith(f"rcpt to:<{ADDRESS}>")


@pytest.mark.usefixtures("over_smtp")
def test_a_mail_server_that_takes_its_time_is_left(monkeypatch):
    def drip(_postman, connection):
        while True:
            connection.sendall(b"220-one moment\r\n")
            threading.Event().wait(0.02)

    monkeypatch.setattr(Postman, "__call__", drip)
    monkeypatch.setattr(door, "MAIL_SECONDS", 0.3)
    began = time.monotonic()
    assert failure() == ("unreachable", False)
    assert time.monotonic() - began < 5


@pytest.mark.usefixtures("over_smtp")
def test_a_mail_server_with_a_strange_certificate_is_refused(monkeypatch):
    monkeypatch.setattr(door, "tls_context", ssl.create_default_context)
    assert failure() == ("unreachable", False)


@pytest.mark.usefixtures("over_smtp")
def test_a_mail_server_is_a_host_like_any_other(settings, monkeypatch):
    settings.OUTGOING_HOSTS = set()
    assert failure() == ("closed", False)
    settings.OUTGOING_HOSTS = {f"smtp.example.cn:{settings.EMAIL_PORT}"}
    monkeypatch.setattr(door, "is_public", lambda address: False)
    assert failure() == ("private", False)
