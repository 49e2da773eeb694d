"""What may stand as a path of this site, and how a person's typing becomes one.

Paths are kept decoded (``/关于.html``) and without the language prefix: ``/en/…`` of an old address
leads to ``/en/…`` of the new one.
"""

import re
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

from parkcms.language.address import CHINESE, in_language

LONGEST = 500  # characters
MOST_ANCESTORS = 40  # no address of ours is a tenth as deep
_SHAPE = re.compile(r"/(?!/)[^\\?#\x00-\x1f\x7f]*")
# What Postgres holds every row to; written for its regular expressions.
SHAPE_SQL = r"^/(?!/)[^\\?#[:cntrl:]]*$"
_DOTS = re.compile(r"/\.{1,2}(?=/|$)")


def is_path(text: str) -> bool:
    """Whether it is a path of this site: no scheme or host, no query, at most LONGEST long."""
    return len(text) <= LONGEST and bool(_SHAPE.fullmatch(text)) and not _DOTS.search(text)


def ancestors(path: str) -> list[str]:
    """The folders a path lies in, from the root, itself among them where it is one:
    ``/parks/a/x`` → ``/``, ``/parks/``, ``/parks/a/``."""
    ends = [place + 1 for place, letter in enumerate(path) if letter == "/"]
    return [path[:end] for end in ends[:MOST_ANCESTORS]]


def own_hosts() -> set[str]:
    """Host names under which this site is asked, in small letters."""
    names = {urlsplit(settings.PARKCMS_ORIGIN).hostname or "", *settings.ALLOWED_HOSTS}
    return {name.strip("[]").lower() for name in names} - {"", "*"}


def read(text: str) -> str:
    """The path of this site that somebody typed or pasted, with or without our host, decoded and
    without the language. Raises ValidationError (codes: no_path, foreign, query, too_long)."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        raise ValidationError("这个网址看不懂。", code="no_path") from None
    if parts.scheme not in {"", "http", "https"} or (parts.scheme and not host):
        raise ValidationError("请写本站的地址，以 / 开头，如 /parks/。", code="no_path")
    if host and host not in own_hosts():
        raise ValidationError("只能是本站的地址，不能是别的网站。", code="foreign")
    if parts.query or parts.fragment:
        raise ValidationError("不要带 ? 或 # 后面的部分。", code="query")
    path = unquote(parts.path) or ("/" if host else "")
    if len(path) > LONGEST:
        raise ValidationError(f"地址最长 {LONGEST} 个字。", code="too_long")
    if not is_path(path):
        raise ValidationError("请写本站的地址，以 / 开头，如 /parks/。", code="no_path")
    return in_language(path, CHINESE)
