"""A Word file read as an article: its title, its text, its pictures, and what could not come along.

The file is checked by its table of contents before anything in it is unpacked (parkcms/library);
what mammoth makes of it goes through the same rules as a paste.
"""

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, BinaryIO

import mammoth
from lxml import etree

from parkcms.library import documents
from parkcms.library.names import cleaned, stem
from parkcms.library.pictures import MAX_BYTES as MAX_PICTURE
from parkcms.library.refusals import Refused, empty

from . import markup, pasting

MAX_BYTES = 20 * 1024 * 1024
MAX_TEXT = 8 * 1024 * 1024  # of each part with text, unpacked; mammoth takes ten times that
MOST_PICTURES = 30  # each takes a second to encode
LONGEST_TITLE = 120
_MAIN = re.compile(r"word/document\d*\.xml")
_OPEN = "http://schemas.openxmlformats.org/"
_W = f"{{{_OPEN}wordprocessingml/2006/main}}"
_STYLES = """
p[style-name='Title'] => h1.title:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
"""
# What a text has and an article has not: where it stands in the file, and the sentence about it.
_LEFT_OUT = {
    f"{_W}commentReference": "{} 条批注没有带过来",
    f"{_W}del": "{} 处修订里删掉的字没有带过来",
    f"{_W}txbxContent": "{} 个文本框的字排进了正文，请看看位置",
    f"{_W}footnoteReference": "{} 条脚注移到了文末",
    f"{_W}endnoteReference": "{} 条尾注移到了文末",
    f"{{{_OPEN}officeDocument/2006/math}}oMath": "{} 个公式没有带过来",
    f"{{{_OPEN}drawingml/2006/chart}}chart": "{} 个图表没有带过来，请截图插入",
    f"{{{_OPEN}drawingml/2006/diagram}}relIds": "{} 个 SmartArt 没有带过来",
    f"{_W}object": "{} 个嵌入的对象没有带过来",
}


@dataclass(frozen=True)
class Opened:
    """What a Word file says: ``text`` is tidied HTML whose pictures ``read`` gives by address."""

    title: str
    text: str
    left_out: tuple[str, ...] = ()
    pictures: tuple[bytes, ...] = field(default=(), repr=False)

    def read(self, address: str) -> bytes:
        """The bytes of one picture. Raises Refused for any other address."""
        number = address.removeprefix(_PICTURE)
        if not address.startswith(_PICTURE) or not number.isdecimal():
            raise Refused("not_a_picture", "图片数据不完整，请另存后上传。")
        return self.pictures[int(number)]


_PICTURE = "data:docx,"


def opened(file: BinaryIO, name: str) -> Opened:
    """Raises Refused: ``empty``, ``too_large``, what ``documents.check`` finds, ``not_docx``,
    ``too_long`` (the text), ``broken``, ``no_text``."""
    data = _checked(file, cleaned(name))
    left_out = _left_out(data)
    pictures: list[bytes] = []
    try:
        made = mammoth.convert_to_html(
            BytesIO(data),
            style_map=_STYLES,
            include_embedded_style_map=False,
            convert_image=_keeping(pictures),
        ).value
    except Exception as error:  # mammoth raises whatever a part that is missing makes it raise
        raise Refused("broken", "这个 Word 文件读不出来，请在 Word 里另存一份再打开。") from error
    text = pasting.tidy(made)
    if not markup.plain(text) and not pictures:
        raise Refused("no_text", "这个 Word 文件里没有文字。")
    title, text = _title_of(text, made, stem(cleaned(name)))
    return Opened(title, text, left_out, tuple(pictures))


def _checked(file: BinaryIO, name: str) -> bytes:
    data = file.read(MAX_BYTES + 1)
    empty(len(data))
    if len(data) > MAX_BYTES:
        raise Refused("too_large", f"文件超过 {MAX_BYTES // 2**20} MB，请先把图压缩再打开。")
    if documents.check(BytesIO(data), name).kind != "docx":
        raise Refused("not_docx", "这不是 Word 文件：请选 .docx。")
    with zipfile.ZipFile(BytesIO(data)) as package:
        parts = [one for one in package.infolist() if one.filename.endswith((".xml", ".rels"))]
        if any(part.file_size > MAX_TEXT for part in parts):
            raise Refused("too_long", "文件里的文字太多，请拆成几篇。")
        # Nothing that Word writes has one; what declares its own entities could grow without end.
        if any(_declares(package, part) for part in parts):
            raise Refused("broken", "文件里有不该有的声明，请在 Word 里另存一份再打开。")
    return data


def _declares(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    try:
        head = package.read(part)
    except Exception as error:  # the decompressors raise whatever their library does
        raise Refused("broken", "文件已损坏，无法读取，请重新导出后再传。") from error
    # UTF-16 is allowed, too, and every second byte of it is a zero.
    plain = head.replace(b"\x00", b"") if head[:2] in (b"\xff\xfe", b"\xfe\xff") else head
    return b"<!DOCTYPE" in plain or b"<!ENTITY" in plain


def _keeping(pictures: list[bytes]) -> Callable:
    """Pictures are kept aside under a number: as text they would be a third larger."""

    def kept(image: Any) -> dict[str, str]:
        with image.open() as stream:
            pictures.append(stream.read(MAX_PICTURE + 1))
        return {"src": f"{_PICTURE}{len(pictures) - 1}"}

    return mammoth.images.img_element(kept)


def _left_out(data: bytes) -> tuple[str, ...]:
    """Sentences about what the text has and an article has not."""
    found: dict[str, int] = {}
    with zipfile.ZipFile(BytesIO(data)) as package:
        for part in package.namelist():
            if _MAIN.fullmatch(part):
                for name in _LEFT_OUT:
                    found[name] = found.get(name, 0)
                _count(package.read(part), found)
    # A text box stands in a file twice, as a drawing and as it was drawn in 2007.
    boxes = f"{_W}txbxContent"
    found[boxes] = (found.get(boxes, 0) + 1) // 2
    return tuple(_LEFT_OUT[name].format(number) for name, number in found.items() if number)


def _count(xml: bytes, found: dict[str, int]) -> None:
    try:
        for _event, element in etree.iterparse(
            BytesIO(xml), tag=tuple(_LEFT_OUT), resolve_entities=False, no_network=True
        ):
            found[element.tag] += 1
    except etree.XMLSyntaxError:
        return  # mammoth will say so


_HEADING = re.compile(r"<h[2-4]>(.*?)</h[2-4]>")


def _title_of(text: str, made: str, name: str) -> tuple[str, str]:
    """The title and the text without it: what has the style 标题, else a heading the text begins
    with, else the file's name."""
    heading = _HEADING.match(text)
    has_title = 'class="title"' in made
    if not heading and has_title:
        heading = _HEADING.search(text)
    if not heading:
        return name[:LONGEST_TITLE] or "没有标题的 Word 文件", text
    title = markup.plain(heading[0])
    if len(title) > LONGEST_TITLE:
        return title[:LONGEST_TITLE], text  # the whole of it stays where it stood
    return title, text[: heading.start()] + text[heading.end() :]
