"""An XLSX or CSV file as rows of cells: which sheet, which heading, what stands in the way.

Nothing here knows what a space is beyond the headings. The file is looked through as bytes first
(limits, formulas, merged cells, hidden rows), so that a file no one should open never is.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from openpyxl import load_workbook

from parkcms.library import ooxml
from parkcms.library.refusals import Refused

from . import table_columns
from .table_cells import joined
from .table_columns import Column

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 10_000  # about ten seconds of reading where most cells are filled
MOST_COLUMNS = 120
MOST_UNPACKED = 120 * 1024 * 1024  # of all parts of an XLSX together
MOST_SHEETS = 30
HEADING_WITHIN = 10  # rows

_MERGED = re.compile(
    rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3}\d{1,7}(?::[A-Z]{1,3}\d{1,7})?)"'
)
_HIDDEN = re.compile(rb'<(?:\w+:)?row\s(?=[^>]*\bhidden="(?:1|true)")[^>]*?\br="(\d{1,7})"')
_ROW_END = re.compile(rb"</(?:\w+:)?row>")
_FILLED = re.compile(rb"<(?:\w+:)?[vt][ >]")
_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
_ENTITY = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class Formula:
    """Stands for a cell with a formula whose result the file does not hold."""


@dataclass
class Table:
    """Rows as ``(number in the file, {field: cell})``; columns nobody knows are in ``notes``."""

    columns: list[Column]
    rows: list[tuple[int, dict[str, Any]]]
    notes: list[str] = field(default_factory=list)


def read(name: str, content: bytes) -> Table:
    """The table in a file. Raises Refused where there is none that can be taken."""
    if not content:
        raise Refused("empty", "文件是空的（0 字节），请重新导出后再传。")
    if len(content) > MOST_BYTES:
        raise Refused("size", "文件超过 5 MB。请删去图片，或拆成几个文件分别上传。")
    if content[:4] == b"PK\x03\x04":
        return _workbook(content)
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Refused("old", "这是老的 .xls（或加了密码的）文件，请另存为 .xlsx 再传。")
    return _csv(content)


# --- CSV ------------------------------------------------------------------------------------


def _csv(content: bytes) -> Table:
    text = _decoded(content)
    head = text[:20_000].splitlines()[:HEADING_WITHIN]
    delimiter = max("\t;,", key=lambda mark: max((line.count(mark) for line in head), default=0))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return _table(enumerate((_unquoted(row) for row in rows), 1), [])
    except csv.Error:
        raise Refused("csv", "这个 CSV 读不下去：有一格太长，或引号没有成对。") from None


def _unquoted(row: list[str]) -> list[str | None]:
    return [cell if cell.strip() else None for cell in row[:MOST_COLUMNS]]


def _decoded(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif content[1:4000:2].count(0) > len(content[1:4000:2]) // 3:
        encodings = ["utf-16-le"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused(
        "encoding", "看不出这个文件的编码。请另存为 .xlsx，或“CSV UTF-8（逗号分隔）”再传。"
    )


# --- XLSX -----------------------------------------------------------------------------------


@dataclass
class _Look:
    """What the bytes of one sheet say before anything opens it."""

    filled: int = 0
    formulas: bool = False
    merged: list[str] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)


def _workbook(content: bytes) -> Table:
    if ooxml.inspect(content) != "xlsx":
        raise Refused("kind", "这是 Word 文件，请上传 .xlsx 或 .csv。")
    looks = _look_through(content)
    try:
        return _best_sheet(content, looks)
    except Refused:
        raise
    except Exception as error:  # openpyxl raises whatever a broken part makes it raise
        raise Refused("broken", "这个 .xlsx 打不开，请用表格软件另存一次再传。") from error


def _look_through(content: bytes) -> dict[str, _Look]:
    """``{part: look}`` of the sheets; refuses what unpacks too large or declares entities."""
    looks: dict[str, _Look] = {}
    left = MOST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            for entry in package.infolist():
                is_sheet = re.fullmatch(r"/?xl/worksheets/[^/]+\.xml", entry.filename)
                look = looks.setdefault(entry.filename, _Look()) if is_sheet else None
                if entry.filename.endswith((".xml", ".rels")):
                    left -= _look_at(package, entry, look, left)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused("broken", "文件已损坏，无法读取，请重新导出后再传。") from error
    except Exception as error:  # the decompressors raise whatever their library does
        raise Refused("broken", "文件已损坏，无法读取，请重新导出后再传。") from error
    return looks


def _look_at(
    package: zipfile.ZipFile, entry: zipfile.ZipInfo, look: _Look | None, most: int
) -> int:
    """Reads one part in pieces that end where a row ends; the bytes it unpacked to."""
    size, rest = 0, b""
    with package.open(entry) as part:
        while piece := part.read(1 << 20):
            size += len(piece)
            if size > most:
                raise Refused("bomb", "文件解开后大得不正常，请只留空间这一张表再传。")
            start = piece[:1000].replace(b"\x00", b"") if size == len(piece) else b""
            if _ENTITY.search(rest[-20:] + piece) or _ENTITY.search(start):
                raise Refused("entities", "文件里有不该有的声明，请用表格软件另存一次再传。")
            rest = _rows_of(look, rest + piece) if look is not None else piece
    if look is not None:
        _tail_of(look, rest)
    return size


def _rows_of(look: _Look, data: bytes) -> bytes:
    ends = list(_ROW_END.finditer(data))
    if not ends:
        return data[-(1 << 20) :]
    start = 0
    for end in ends:
        row = data[start : end.end()]
        look.filled += bool(_FILLED.search(row))
        start = end.end()
        if found := _HIDDEN.search(row):
            look.hidden.append(int(found[1]))
        look.formulas = look.formulas or bool(_FORMULA.search(row))
    if look.filled > MOST_ROWS + HEADING_WITHIN:
        raise too_many(look.filled)
    return data[start:]


def _tail_of(look: _Look, rest: bytes) -> None:
    look.merged = [found.decode() for found in _MERGED.findall(rest)]


def too_many(count: int) -> Refused:
    """The refusal of a table with more rows than one upload takes."""
    return Refused(
        "rows", f"表里超过 {MOST_ROWS:,} 行。请按园区或楼栋拆成几个文件，每个不超过这个行数。"
    )


def _best_sheet(content: bytes, looks: dict[str, _Look]) -> Table:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        sheets = book.worksheets[:MOST_SHEETS]
        notes, chosen = [], None
        for sheet in sheets:
            if sheet.sheet_state != "visible":
                notes.append(f"工作表“{sheet.title}”是隐藏的，没有读。")
            elif chosen is None and _heading(_cells(sheet, HEADING_WITHIN)) is not None:
                chosen = sheet
        if chosen is None:
            raise no_heading()
        if len(sheets) > 1:
            notes.insert(0, f"读的是工作表“{chosen.title}”，别的没有读。")
        part = chosen._worksheet_path.lstrip("/")
        look = looks.get(part) or looks.get(f"/{part}") or _Look()
        _check_look(look, notes)
        lost = _lost_formulas(content, chosen.title) if look.formulas else set()
        return _table(_marked(chosen, lost), notes)
    finally:
        book.close()


def _check_look(look: _Look, notes: list[str]) -> None:
    if look.merged:
        raise Refused(
            "merged",
            f"有合并的单元格：{joined(look.merged)}。请取消合并，把每一格都填上再传。",
        )
    if look.hidden:
        notes.append(f"第 {joined(map(str, look.hidden))} 行是隐藏的，也读了。")


def _cells(sheet: Any, most: int) -> Iterator[tuple[int, list[Any]]]:
    sheet.reset_dimensions()  # what a file says of its own size need not be so
    rows = sheet.iter_rows(max_row=most, max_col=MOST_COLUMNS, values_only=True)
    for number, row in enumerate(rows, 1):
        yield number, list(row)


def _marked(sheet: Any, lost: set[tuple[int, int]]) -> Iterator[tuple[int, list[Any]]]:
    for number, row in _cells(sheet, MOST_ROWS + HEADING_WITHIN + 1000):
        for at, value in enumerate(row) if lost else ():
            if value is None and (number, at) in lost:
                row[at] = Formula
        yield number, row


def _lost_formulas(content: bytes, title: str) -> set[tuple[int, int]]:
    """Where formulas stand; reads the file a second time."""
    book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
    try:
        return {
            (number, at)
            for number, row in _cells(book[title], MOST_ROWS + HEADING_WITHIN + 1000)
            for at, value in enumerate(row)
            if (isinstance(value, str) and value.startswith("=")) or _is_array_formula(value)
        }
    finally:
        book.close()


def _is_array_formula(value: object) -> bool:
    return type(value).__name__ in {"ArrayFormula", "DataTableFormula"}


# --- both -----------------------------------------------------------------------------------


def _heading(rows: Iterable[tuple[int, list[Any]]]) -> tuple[int, list[Any]] | None:
    """The first of the rows that has the headings every table needs."""
    for number, row in rows:
        found = {one.name for cell in row if isinstance(cell, str)
                 if (one := table_columns.named(cell[:100]))}  # fmt: skip
        if "code" in found or len(found) > 3:
            return number, row
        if number >= HEADING_WITHIN:
            break
    return None


def no_heading() -> Refused:
    """The refusal of a file in whose first rows no heading stands."""
    return Refused(
        "heading", f"前 {HEADING_WITHIN} 行里没有找到表头（至少要有“编号”）。请用模板的表头。"
    )


def _table(rows: Iterator[tuple[int, list[Any]]], notes: list[str]) -> Table:
    found = _heading(rows)
    if found is None:
        raise no_heading()
    number, headings = found
    if number > 1:
        notes.append(f"表头在第 {number} 行。")
    places = _placed(headings, notes)
    kept: list[tuple[int, dict[str, Any]]] = []
    for row_number, row in rows:
        cells = {
            column.name: row[at]
            for at, column in places.items()
            if at < len(row) and row[at] is not None
        }
        if any(not isinstance(cell, str) or cell.strip() for cell in cells.values()):
            kept.append((row_number, cells))
            if len(kept) > MOST_ROWS:
                raise too_many(len(kept))
    return Table(list(places.values()), kept, notes)


def _placed(headings: list[Any], notes: list[str]) -> dict[int, Column]:
    """``{place: column}``. Refuses a heading twice, a wrong unit, and columns that are missing."""
    places: dict[int, Column] = {}
    unknown = []
    for at, heading in enumerate(headings):
        words = "" if heading is None else str(heading)[:100].strip()
        column = table_columns.named(words) if words else None
        if column is None:
            unknown += [f"“{words}”"] if words else []
            continue
        if column in places.values():
            raise Refused("twice", f"表头里“{column.label}”有两列，请删去一列。")
        _check_unit(column, words)
        places[at] = column
    missing = [
        table_columns.BY_NAME[name].label
        for name in table_columns.REQUIRED
        if name not in {column.name for column in places.values()}
    ]
    if missing:
        raise Refused("missing", f"表头里缺“{'”“'.join(missing)}”这一列，没有它不能导入。")
    if unknown:
        notes.append(f"不认识的列没有读：{joined(unknown)}。")
    return places


def _check_unit(column: Column, heading: str) -> None:
    given = table_columns.unit_of(heading)
    plain = given.replace("/", "").replace("每", "")
    wrong = ("kn", "亩", "ft", "mm", "cm", "万", "kg", "公斤")
    is_monthly = column.unit == "元/㎡/天" and ("月" in given or "年" in given)
    is_daily = column.unit == "元/㎡/月" and ("天" in given or "日" in given)
    if is_monthly or is_daily or (column.unit and any(word in plain for word in wrong)):
        raise Refused(
            "unit", f"表头“{heading}”的单位不是 {column.unit}。请换算成 {column.unit} 再传。"
        )
