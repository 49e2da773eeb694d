"""Whether an uploaded file is the document it says it is, and holds nothing that acts by itself.

Told from its content, never from its name. Nothing here touches the database or opens a document
further than its table of contents.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from . import ooxml, pdf
from .refusals import Refused, empty

MAX_BYTES = 50 * 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ACCEPTED = "请上传 PDF、Word（.docx）或 Excel（.xlsx）。"
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM")
# What people do send instead: how it begins, and what to tell them.
_OTHERS = (
    (_PROGRAMS, "program", "这是程序，不是文件。"),
    (_PICTURES, "picture", "这是图片，请传到“图片”里。"),
    ((b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b"), "archive", "这是压缩包，请解开后一份一份上传。"),
)


class DocumentError(Refused):
    """A file that can't be taken as a document; ``code`` and the message say why."""


@dataclass(frozen=True)
class Checked:
    """An upload that was checked: its sha256, its kind (``pdf``, ``docx``, ``xlsx``), its bytes."""

    sha256: str
    kind: str
    data: bytes


def check(file: BinaryIO, name: str = "") -> Checked:
    """The file, if it is a PDF, DOCX or XLSX within MAX_BYTES.

    Raises DocumentError: ``empty``, ``too_large``, ``lying`` (the name's ending says another
    kind), what it is instead (``svg``, ``html``, ``program``, ``picture``, ``archive``,
    ``old_office``, ``not_a_document``), ``encrypted``, or what ``pdf`` and ``ooxml`` find.
    """
    data = file.read(MAX_BYTES + 1)
    empty(len(data))
    if len(data) > MAX_BYTES:
        raise DocumentError("too_large", f"文件超过 {MAX_BYTES // 2**20} MB，请压缩后再传。")
    kind = _kind(data)
    ending = PurePosixPath(name).suffix.lower().removeprefix(".")
    if ending and ending != kind:
        raise DocumentError(
            "lying", f"文件名以 .{ending[:10]} 结尾，内容却是 {kind.upper()}，请核对后改名再传。"
        )
    return Checked(hashlib.sha256(data).hexdigest(), kind, data)


def _kind(data: bytes) -> str:
    inspect: Callable[[bytes], str]
    if data.startswith(b"%PDF-"):
        inspect = pdf.inspect
    elif data.startswith(b"PK\x03\x04"):
        inspect = ooxml.inspect
    else:
        _refuse_other(data)
    try:
        return inspect(data)
    except Refused as error:
        raise DocumentError(error.code, str(error)) from error


def _refuse_other(data: bytes) -> None:
    """Raises DocumentError that says what the file is instead of a document."""
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise DocumentError("encrypted", "文件设了打开密码，读者也打不开，请去掉密码再传。")
        raise DocumentError("old_office", "这是旧版 .doc、.xls 文件，请另存为 .docx、.xlsx。")
    for beginnings, code, message in _OTHERS:
        if data.startswith(beginnings):
            raise DocumentError(code, f"{message}{_ACCEPTED}")
    head = data[:4096].lower()
    if b"<svg" in head:
        raise DocumentError("svg", f"这是 SVG 图，里面可以藏程序。{_ACCEPTED}")
    if b"<html" in head or b"<!doctype" in head or b"<script" in head:
        raise DocumentError("html", f"这是网页，不是文件：请先打印成 PDF。{_ACCEPTED}")
    raise DocumentError("not_a_document", f"这不是可用的文件。{_ACCEPTED}")
