"""PDF (ISO 32000): where it begins and ends, and whether it holds what acts by itself.

Not a reader of PDF. Names are looked for where objects stand: between streams, and inside the
compressed streams that hold objects (7.5.7). A file whose objects can't be seen is refused.
"""

import re
import zlib

from .refusals import Refused

TAIL = 2048  # bytes in which the end must stand
MAX_STREAM = 16 * 1024 * 1024  # of a stream, unpacked
MAX_UNPACKED = 256 * 1024 * 1024
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")  # /J#53 is /JS (7.3.5)
_END_OF_NAME = rb"(?![^\x00\t\n\f\r ()<>\[\]{}/%])"
_ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|RichMedia)" + _END_OF_NAME)
_ATTACHED = re.compile(rb"/EmbeddedFiles?" + _END_OF_NAME)
# In packed or random bytes three letters come together by chance; eleven don't.
_ACTIVE_ANYWHERE = re.compile(rb"/(?:JavaScript|RichMedia|EmbeddedFiles?)" + _END_OF_NAME)
_BOMB = "PDF 解开后大得不正常，请重新导出后再传。"
_UNREADABLE = "PDF 的结构无法检查，请用“打印成 PDF”重新导出后再传。"


def inspect(data: bytes) -> str:
    """``pdf``. Raises Refused: ``broken``, ``polyglot``, ``encrypted``, ``active``, ``attached``,
    ``bomb`` or ``unreadable``."""
    _check_ends(data)
    between, streams = _parts(data)
    names = _unescaped(between)
    if re.search(rb"/Encrypt" + _END_OF_NAME, names):
        raise Refused("encrypted", "PDF 加了密码或使用限制，无法检查，请去掉后再传。")
    _refuse_active(names)
    _refuse_hidden(data)
    room = MAX_UNPACKED
    for head, body in streams:
        words = _unescaped(head)
        unpacked = _unpacked(words, body, room)
        room -= len(unpacked)
        if b"/ObjStm" in words:
            _refuse_active(_unescaped(unpacked))
        _refuse_hidden(unpacked)
    return "pdf"


def _check_ends(data: bytes) -> None:
    end = data.rfind(b"%%EOF")
    is_whole = re.match(rb"%PDF-[12]\.\d", data) and b"startxref" in data[-TAIL:]
    if not is_whole or end < len(data) - TAIL:
        raise Refused("broken", "PDF 不完整（没有结尾），请重新导出后再传。")
    if data[end + 5 :].strip(b"\r\n\t \x00"):
        raise Refused("polyglot", "PDF 末尾还藏着别的内容，请重新导出后再传。")


def _parts(data: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """What stands between streams, and each stream with the text from the one before to it."""
    between, streams, start = [], [], 0
    for found in _STREAM.finditer(data):
        head = data[start : found.start()]
        between.append(head)
        streams.append((head[head.rfind(b"obj") + 3 :], found[1]))
        start = found.end()
    return b"\n".join([*between, data[start:]]), streams


def _unpacked(head: bytes, body: bytes, room: int) -> bytes:
    """The stream's bytes where they may hold objects; b'' for pixels and what is not packed so."""
    holds_objects = b"/ObjStm" in head
    if b"/Image" in head and not holds_objects:
        return b""
    if holds_objects and (b"/Predictor" in head or _is_packed_otherwise(head)):
        raise Refused("unreadable", _UNREADABLE)
    if b"/FlateDecode" not in head and b"/Fl" not in head:
        return body if holds_objects else b""
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(body, min(MAX_STREAM, room) + 1)
    except zlib.error as error:
        if holds_objects:
            raise Refused("unreadable", _UNREADABLE) from error
        return b""
    if len(unpacked) > room or (holds_objects and len(unpacked) > MAX_STREAM):
        raise Refused("bomb", _BOMB)
    return unpacked


def _is_packed_otherwise(head: bytes) -> bool:
    return bool(re.search(rb"/(?:LZW|ASCIIHex|ASCII85|RunLength|Crypt)", head))


def _refuse_active(names: bytes) -> None:
    if _ACTIVE.search(names):
        raise Refused("active", "PDF 里有会自己运行的内容（脚本或启动程序），请“打印成 PDF”再传。")
    if _ATTACHED.search(names):
        raise Refused("attached", "PDF 里夹带了别的文件，请去掉附件再传。")


def _refuse_hidden(data: bytes) -> None:
    """The same where the words may be no names, but packed letters and pixels."""
    if found := _ACTIVE_ANYWHERE.search(_unescaped(data)):
        _refuse_active(found[0])


def _unescaped(names: bytes) -> bytes:
    if b"#" not in names:
        return names
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), names)
