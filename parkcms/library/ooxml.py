"""DOCX and XLSX (ECMA-376, Open Packaging Conventions): a zip whose table of contents is read,
and whose `[Content_Types].xml` names the main part."""

import zipfile
from io import BytesIO

from lxml import etree

from .refusals import Refused

MAX_ENTRIES = 10_000
MAX_UNPACKED = 200 * 1024 * 1024
MAX_RATIO = 200  # of what is large: a table of zeros may be packed as small in a small file
LARGE = 10 * 1024 * 1024
MAX_TYPES = 1024 * 1024  # bytes of [Content_Types].xml
TYPES = "[Content_Types].xml"
_OFFICE = "application/vnd.openxmlformats-officedocument."
MAIN = {
    f"{_OFFICE}wordprocessingml.document.main+xml": "docx",
    f"{_OFFICE}spreadsheetml.sheet.main+xml": "xlsx",
}
_NAMESPACE = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_END = b"PK\x05\x06"
_MACROS = "文件里有宏（会自己运行的程序），请另存为不带宏的 .docx 或 .xlsx 再传。"
_BROKEN = "文件已损坏，无法读取，请重新导出后再传。"
_OTHER = "这是压缩包，但不是 Word 或 Excel 文件。请上传 PDF、.docx 或 .xlsx。"


def inspect(data: bytes) -> str:
    """``docx`` or ``xlsx``. Raises Refused: ``broken``, ``polyglot``, ``bomb``, ``encrypted``,
    ``path_parts``, ``macros`` or ``not_a_document``."""
    _check_end(data)
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            entries = package.infolist()
            _check_sizes(entries, len(data))
            _check_names(entries)
            types = _main_types(_content_types(package))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused("broken", _BROKEN) from error
    names = {entry.filename for entry in entries}
    if any("macroenabled" in kind.lower() for kind in types.values()):
        raise Refused("macros", _MACROS)
    found = {MAIN[kind] for part, kind in types.items() if kind in MAIN and part in names}
    if len(found) != 1:
        raise Refused("not_a_document", _OTHER)
    return found.pop()


def _check_end(data: bytes) -> None:
    """The table of contents ends the file: behind it another format could begin."""
    end = data.rfind(_END)
    if end < 0 or len(data) < end + 22:
        raise Refused("broken", _BROKEN)
    comment = int.from_bytes(data[end + 20 : end + 22], "little")
    if len(data) != end + 22 + comment:
        raise Refused("polyglot", "文件末尾还藏着别的内容，请重新导出后再传。")


def _check_sizes(entries: list[zipfile.ZipInfo], size: int) -> None:
    """What the table of contents claims; no entry is unpacked for it."""
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    is_steep = any(
        entry.file_size > LARGE and entry.file_size > MAX_RATIO * max(1, entry.compress_size)
        for entry in entries
    )
    # More packed bytes than the file has: entries lie over each other.
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or is_steep or packed > size:
        raise Refused("bomb", "文件解开后大得不正常，请重新导出后再传。")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Refused("encrypted", "文件设了打开密码，读者也打不开，请去掉密码再传。")


def _check_names(entries: list[zipfile.ZipInfo]) -> None:
    # orig_filename: ZipFile itself cuts a name at a NUL and turns backslashes on some systems.
    names = [entry.orig_filename for entry in entries]
    if any(_leads_out(name) for name in names):
        raise Refused("path_parts", "文件里有指向别处的路径，请重新导出后再传。")
    folded = [name.lower() for name in names]
    if len(set(folded)) != len(folded):
        raise Refused("broken", _BROKEN)
    if any(name.endswith("vbaproject.bin") for name in folded):
        raise Refused("macros", _MACROS)


def _leads_out(name: str) -> bool:
    is_absolute = name.startswith("/") or "\\" in name or ":" in name
    return is_absolute or "\x00" in name or ".." in name.split("/")


def _content_types(package: zipfile.ZipFile) -> bytes:
    try:
        entry = package.getinfo(TYPES)
    except KeyError:
        raise Refused("not_a_document", _OTHER) from None
    if entry.file_size > MAX_TYPES:
        raise Refused("bomb", "文件解开后大得不正常，请重新导出后再传。")
    try:
        with package.open(entry) as file:
            return file.read(MAX_TYPES + 1)
    except Exception as error:  # the decompressors raise whatever their library does
        raise Refused("broken", _BROKEN) from error


def _main_types(xml: bytes) -> dict[str, str]:
    """``{part: content type}`` of the parts that are named one by one."""
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise Refused("broken", _BROKEN)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise Refused("broken", _BROKEN) from error
    return {
        one.get("PartName", "").removeprefix("/"): one.get("ContentType", "")
        for one in root.iter(f"{_NAMESPACE}Override")
    }
