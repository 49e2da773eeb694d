"""The ways a notice goes out: mail, a WeCom robot, or the terminal of a local copy.

A channel is off until OUTBOX_CHANNELS names it. With ``console`` among them nothing leaves the
machine: what any channel would have sent is written to the worker's output.
"""

import re
import smtplib
import sys
from urllib.parse import urljoin

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import BadHeaderError, EmailMessage
from django.core.validators import validate_email
from django.template.loader import render_to_string

from . import door

# https://developer.work.weixin.qq.com/document/path/91770
WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="
WECOM_KEY = re.compile(r"[0-9a-f-]{36}")
WECOM_BYTES = 2048  # of a text message, in UTF-8
WECOM_BUSY = 45009  # more than twenty messages in a minute

WORDS = {
    "address": "收件地址写得不对",
    "answer": "对方的回答看不懂",
    "busy": "发得太频繁，对方暂时不收",
    "channel_off": "这个通道没有打开",
    "closed": "没有允许访问这台主机（PARKCMS_OUTGOING_HOSTS）",
    "header": "标题或地址里有换行",
    "lost": "每次发送时后台都中断了",
    "private": "对方的地址在内网，不允许访问",
    "recipient": "邮件服务器不收这个收件人",
    "smtp_login": "邮件服务器不认登录名或密码",
    "timeout": "对方没有及时回答",
    "tls": "对方的证书不可信",
    "too_large": "对方的回答太长",
    "unknown_host": "找不到这台主机",
    "unreachable": "连不上对方",
}


class Undeliverable(Exception):  # noqa: N818 - it says what is so
    """A try did not arrive. ``code`` says why, without contents; a final one is not repeated."""

    def __init__(self, code: str, *, is_final: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.is_final = is_final


def is_on(channel: str) -> bool:
    """Whether what is posted to the channel goes out, be it to the terminal."""
    return channel in settings.OUTBOX_CHANNELS or "console" in settings.OUTBOX_CHANNELS


def in_words(code: str) -> str:
    """A failure's code as the desk shows it."""
    return WORDS.get(code, code)


def masked(channel: str, address: str) -> str:
    """Who it goes to, for lists and logs: l***@example.cn, …0a1b (a robot's key is a secret)."""
    if channel == "mail":
        name, at, host = address.rpartition("@")
        return f"{name[:1]}***{at}{host}" if at else "***"
    return f"…{address[-4:]}" if address else ""


def deliver(
    *, channel: str, address: str, subject: str, body: str, link: str = "", unsubscribe: str = ""
) -> None:
    """Sends one message now; a mail takes at most a minute. Raises Undeliverable.

    ``unsubscribe``: of a mail to a visitor, the path where one POST ends such mails.
    """
    if not is_on(channel):
        raise Undeliverable("channel_off", is_final=True)
    if link:
        link = urljoin(f"{settings.PARKCMS_ORIGIN}/", link)
    if unsubscribe:
        unsubscribe = urljoin(f"{settings.PARKCMS_ORIGIN}/", unsubscribe)
    if channel == "console" or "console" in settings.OUTBOX_CHANNELS:
        _write(channel, address, subject, body, link)
    elif channel == "mail":
        _mail(address, subject, body, link, unsubscribe)
    else:
        _ask_robot(address, subject, body, link)


def _write(channel: str, address: str, subject: str, body: str, link: str) -> None:
    to = " ".join(filter(None, (channel, masked(channel, address))))
    lines = [f"── 通知（{to}）{subject}", body, link]
    sys.stdout.write("\n".join(line for line in lines if line) + "\n")
    sys.stdout.flush()


def _mail(address: str, subject: str, body: str, link: str, unsubscribe: str = "") -> None:
    try:
        validate_email(address)
    except ValidationError as error:
        raise Undeliverable("address", is_final=True) from error
    # Who asked for mails gets them in their own language: the body says everything.
    words = render_to_string(
        "mail/visitor.txt" if unsubscribe else "mail/notice.txt", {"body": body, "link": link}
    )
    headers = _ending(unsubscribe) if unsubscribe else {}
    try:
        EmailMessage(subject, words, to=[address], headers=headers).send()
    except BadHeaderError as error:
        raise Undeliverable("header", is_final=True) from error
    except door.Closed as error:
        raise Undeliverable(error.code) from error
    except smtplib.SMTPRecipientsRefused as error:
        raise Undeliverable("recipient") from error
    except smtplib.SMTPAuthenticationError as error:
        raise Undeliverable("smtp_login") from error
    except smtplib.SMTPResponseException as error:
        raise Undeliverable(f"smtp_{error.smtp_code}") from error
    except TimeoutError as error:
        raise Undeliverable("timeout") from error
    except OSError as error:  # smtplib's other errors among them
        raise Undeliverable("unreachable") from error


def _ending(address: str) -> dict[str, str]:
    """The button of mail programs that ends the mails: one POST, no page (RFC 8058)."""
    return {
        "List-Unsubscribe": f"<{address}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _ask_robot(key: str, subject: str, body: str, link: str) -> None:
    if not WECOM_KEY.fullmatch(key):
        raise Undeliverable("address", is_final=True)
    # As plain text: in markdown a visitor's words could draw links of their own.
    tail = f"\n{link}" if link else ""
    words = _cut(f"{subject}\n{body}".strip(), WECOM_BYTES - len(tail.encode())) + tail
    try:
        answer = door.post_json(WECOM + key, {"msgtype": "text", "text": {"content": words}})
    except door.Closed as error:
        raise Undeliverable(error.code) from error
    code = answer.get("errcode")
    if code == WECOM_BUSY:
        raise Undeliverable("busy")
    if code != 0:
        raise Undeliverable(f"wecom_{code}" if isinstance(code, int) else "answer")


def _cut(text: str, size: int) -> str:
    """At most ``size`` bytes of UTF-8, no character in halves."""
    return text.encode()[:size].decode(errors="ignore")
