"""Tables of spaces for people to fill in and send back: the template, and what stands now."""

import csv
import io
from collections.abc import Iterable, Sequence

from django.db.models import QuerySet
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet.datavalidation import DataValidation

from .models import Space
from .table_cells import shown
from .table_columns import REQUIRED, Column, columns

SHEET = "空间"
_RUNS = ("=", "+", "-", "@", "\t", "\r")
_LAST = 10_000  # the row down to which choices are offered
_HELP = (
    "一行一处空间；编号和建筑面积必填，其余不知道就留空：空白不等于“否”。",
    "改已有的空间：编号写得和现在一样，只填要改的格；空白的格不动，写“清空”才清掉。",
    "单位按表头，格里只写数字。每月的租金、kN/㎡ 的荷载要先换算。",
    "货梯写成“3t×2”（每台吨位×台数），行车写成“5t×1@7.5m”（吨位×台数@钩高）；没有就写“无”。",
    "写了租金或售价，就要写“报价有效至”。",
)


def rows_of(spaces: QuerySet[Space], with_park: bool) -> Iterable[list[str]]:
    """The spaces as cells, in the order of the columns."""
    names = columns(with_park)
    for space in spaces.select_related("park", "phase").defer("facets").iterator(chunk_size=1000):
        yield [cell(column, space) for column in names]


def cell(column: Column, space: Space) -> str:
    """What stands in a column for this space; reading takes it back as the same value."""
    if column.name == "park":
        return space.park.name_zh
    if column.name == "phase":
        return space.phase.name_zh if space.phase else ""
    having = {"lifts": space.has_lift, "cranes": space.has_crane}
    value = getattr(space, column.name)
    if column.name in having and not value:
        value = having[column.name]
        return "" if value is None else ("有" if value else "无")
    return shown(column, value)


def as_csv(rows: Iterable[Sequence[str]], with_park: bool) -> bytes:
    """UTF-8 with a mark, which spreadsheets need to read Chinese."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column.heading for column in columns(with_park)])
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def safe(cell: str) -> str:
    """A text no spreadsheet takes for a formula; reading takes the mark off again."""
    return f"'{cell}" if cell.startswith(_RUNS) else cell


def as_xlsx(rows: Iterable[Sequence[str]], with_park: bool) -> bytes:
    """The table, a sheet with an example and one that says how to fill it in."""
    names = columns(with_park)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    sheet.freeze_panes = "C2" if with_park else "B2"
    for number, column in enumerate(names, 1):
        wide = max(9, 2 * len(column.heading) + 2)
        sheet.column_dimensions[get_column_letter(number)].width = wide
    _offer_choices(sheet, names)
    sheet.append([_heading(sheet, column) for column in names])
    for row in rows:
        sheet.append([_typed(sheet, *pair) for pair in zip(names, row, strict=True)])
    _example(book.create_sheet("示例"), names)
    told = book.create_sheet("填写说明")
    for line in _HELP:
        told.append([line])
    for column in names:
        if column.choices:
            told.append([f"{column.label}：{'、'.join(column.words.values())}"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _heading(sheet: WriteOnlyWorksheet, column: Column) -> Cell:
    cell = WriteOnlyCell(sheet, column.heading)
    cell.font = Font(bold=True, underline="single" if column.name in REQUIRED else None)
    return cell


def _typed(sheet: WriteOnlyWorksheet, column: Column, text: str) -> Cell | None:
    if not text:
        return None
    cell = WriteOnlyCell(sheet)
    if column.kind in {"decimal", "whole"}:
        cell.value = float(text) if "." in text else int(text)
        return cell
    # Set in this order: openpyxl makes a formula of a value that begins with "=".
    cell.value, cell.data_type = text, "s"
    cell.quotePrefix = True
    cell.number_format = "@"  # or 3-1 becomes a date as soon as somebody edits it
    return cell


def _offer_choices(sheet: WriteOnlyWorksheet, names: Sequence[Column]) -> None:
    for number, column in enumerate(names, 1):
        words = ["是", "否"] if column.kind in {"fact", "flag"} else list(column.words.values())
        if not words or column.kind == "choices":
            continue
        rule = DataValidation("list", formula1=f'"{",".join(words)}"', allow_blank=True)
        rule.error, rule.errorTitle = "请从列表里选，不知道就留空。", column.label
        rule.errorStyle = "warning"
        letter = get_column_letter(number)
        rule.add(f"{letter}2:{letter}{_LAST}")
        sheet.data_validations.append(rule)


def _example(sheet: WriteOnlyWorksheet, names: Sequence[Column]) -> None:
    sheet.append([column.heading for column in names])
    sheet.append([column.example or ("示例园区" if column.name == "park" else None)
                  for column in names])  # fmt: skip
