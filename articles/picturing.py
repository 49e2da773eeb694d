"""Pictures that arrive within a text: the library takes them in, and the text names its address.

Works on what ``pasting.tidy`` returns: a picture within the text is a figure with a ``data:``
address, one of another site a paragraph with a flag.
"""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape
from io import BytesIO
from urllib.parse import unquote_to_bytes

from django.core.exceptions import ValidationError
from django.db import transaction

from parkcms.library.models import Picture
from parkcms.library.refusals import Refused
from parkcms.people.models import User

from . import markup, pasting

MOST = 20  # in a text that is sent as one field
NAME = "正文里的图"
_FIGURE = re.compile(
    r'<figure><img src="(data:[^"]*)" alt="([^"]*)"><figcaption>(.*?)</figcaption></figure>'
)
# Somebody may have written on behind a flag, or taken its link away.
_FLAG = re.compile(rf"{pasting.FOREIGN_PICTURE}([^】<]*)】|{re.escape(pasting.LOCAL_PICTURE)}")
_EMPTY_LINK = re.compile(r"<a(?: [^>]*)?></a>")
_DATA = re.compile(r"data:[^,;]*((?:;[^,;]*)*),(.*)", re.S)


@dataclass(frozen=True)
class Taken:
    """A text whose pictures were taken in, the pictures, and why others were not."""

    body: str
    pictures: tuple[Picture, ...] = ()
    refused: tuple[str, ...] = ()


def count(text: str) -> int:
    """How many pictures stand within a tidied text."""
    return len(_FIGURE.findall(text))


def held(text: str) -> str:
    """A tidied text with a flag in the place of each picture within it, until it is taken in."""
    return _FIGURE.sub(f"<p>{pasting.LOCAL_PICTURE}</p>", text)


def bytes_of(address: str) -> bytes:
    """What a ``data:`` address holds. Raises Refused, code ``not_a_picture``."""
    found = _DATA.fullmatch(address)
    try:
        raw = unquote_to_bytes(found[2]) if found else b""
        data = base64.b64decode(raw) if found and ";base64" in found[1].lower() else raw
    except (binascii.Error, ValueError):
        data = b""
    if not data:
        raise Refused("not_a_picture", "图片数据不完整，请另存后上传。")
    return data


def problems(text: str) -> list[str]:
    """Why pictures of a tidied text can't be taken in, a sentence each; stores nothing."""
    if (number := count(text)) > MOST:
        return [f"正文里一次最多带 {MOST} 张图，这次有 {number} 张：请先传到图库再插入。"]
    said = []
    for place, found in enumerate(_FIGURE.finditer(text), 1):
        try:
            Picture.prepared(BytesIO(bytes_of(unescape(found[1]))), "")
        except Refused as error:
            said.append(f"正文里第 {place} 张图：{error}")
    return said


@transaction.atomic
def take_in(
    text: str,
    by: User | None,
    *,
    most: int = MOST,
    read: Callable[[str], bytes] = bytes_of,
    name: str = NAME,
) -> Taken:
    """A tidied text with its pictures in the library, to be described there before it is published.

    Where one is refused, or comes after ``most``, a flag stands in its place. ``read`` gives the
    bytes behind an address, or raises Refused.
    """
    pictures: list[Picture] = []
    refused: list[str] = []

    def placed(found: re.Match) -> str:
        address, alt, caption = found.groups()
        try:
            if len(pictures) >= most:
                raise Refused("too_many", f"一次最多带 {most} 张图。")
            file = BytesIO(read(unescape(address)))
            row = Picture.objects.take(file, by, is_pending=True, name=name)[0]
        except Refused as error:
            refused.append(str(error))
        except ValidationError as error:
            refused.append(" ".join(error.messages))
        else:
            pictures.append(row)
            alt = alt or escape(row.alt_zh)
            shown = f'<img src="{row.url("wide")}" alt="{alt}"><figcaption>{caption}</figcaption>'
            return f"<figure>{shown}</figure>"
        return f"<p>{pasting.LOCAL_PICTURE}</p>" + (f"<p>{caption}</p>" if caption else "")

    body = markup.clean(_FIGURE.sub(placed, text))
    return Taken(body, tuple(dict.fromkeys(pictures)), tuple(refused))


def flags(body: str) -> Counter[str]:
    """``{host: number}`` of the pictures that are flagged as not taken in; '' is this machine."""
    return Counter(found[1] or "" for found in _FLAG.finditer(body))


def without_flags(body: str) -> str:
    """Cleaned HTML without the flags, and without the paragraphs that held nothing else."""
    return markup.clean(_EMPTY_LINK.sub("", _FLAG.sub("", body)))


def said_of(flagged: Counter[str]) -> str:
    """Such as ``2 张图没有收进来（mmbiz.qpic.cn）``; '' where there is none."""
    if not flagged:
        return ""
    hosts = "、".join(sorted(host for host in flagged if host)[:5])
    return f"{flagged.total()} 张图没有收进来" + (f"（{hosts}）" if hosts else "")
