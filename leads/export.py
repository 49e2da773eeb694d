"""Enquiries as a spreadsheet that no spreadsheet program takes for formulas.

Every text is written as a text cell with the mark Excel sets for a leading apostrophe, so that
=, +, - and @ at its beginning stay letters, also when the cell is edited and left again.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from . import desk_words as words
from .models import Enquiry

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST = 32_767  # characters of a cell
# What XML 1.0 has no place for: control characters, lone surrogates and two non-characters.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Excel reads _x003D_ in a text as the character of that number; an escaped _ keeps it as typed.
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
Value = str | int | Decimal | date | datetime | None

COLUMNS: tuple[tuple[str, int], ...] = (
    ("编号", 14), ("提交时间", 17), ("状态", 8), ("负责人", 12), ("下一步", 24),
    ("下一步日期", 12), ("需求", 8), ("用途", 18), ("面积下限（㎡）", 13), ("面积上限（㎡）", 13),
    ("面积（原文）", 18), ("预算上限（元/㎡/天）", 13), ("预算（原文）", 18), ("区域", 18),
    ("入驻时间", 10), ("预计年税收", 14), ("补充说明", 40), ("园区", 22), ("空间", 18),
    ("来源页", 28), ("公司", 26), ("统一社会信用代码", 22), ("联系人", 12), ("电话", 20),
    ("微信", 16), ("邮箱", 24), ("同意转给园区运营方", 10), ("标记", 18), ("首次联系", 17),
    ("最近联系", 17),
)  # fmt: skip


def file_name(on: date) -> str:
    return f"需求-{on:%Y-%m-%d}.xlsx"


def write(file: BinaryIO, enquiries: Iterable[Enquiry], *, contacts: bool) -> list[str]:
    """Writes the spreadsheet and returns the references in it, in their order.

    Without ``contacts``, and for who wants no more contact, numbers and names are masked. Rows
    are taken one by one; they need park, space with its park, and owner at hand.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet("需求")
    sheet.freeze_panes = "B2"
    for number, (_title, width) in enumerate(COLUMNS, 1):
        sheet.column_dimensions[_letters(number)].width = width
    sheet.append([_cell(sheet, title) for title, _width in COLUMNS])
    references = []
    for enquiry in enquiries:
        open_to_see = contacts and enquiry.withdrawn_at is None
        sheet.append([_cell(sheet, value) for value in _row(enquiry, revealed=open_to_see)])
        references.append(enquiry.reference)
    book.save(file)
    return references


def _row(enquiry: Enquiry, *, revealed: bool) -> list[Value]:
    plain = words.show if revealed else words.hide
    return [
        enquiry.reference,
        _local(enquiry.submitted_at),
        enquiry.get_status_display(),
        str(enquiry.owner or ""),
        plain(enquiry.next_step),
        enquiry.next_step_on,
        str(enquiry.get_intent_display()),
        "、".join(map(str, enquiry.use_labels)),
        enquiry.area_min_m2,
        enquiry.area_max_m2,
        plain(enquiry.area_text),
        enquiry.budget_cny_m2_day,
        plain(enquiry.budget_text),
        words.districts(enquiry),
        str(enquiry.get_move_in_display()),
        plain(enquiry.tax_text),
        plain(enquiry.message),
        enquiry.park.name_zh if enquiry.park else "",
        enquiry.space.code if enquiry.space else "",
        plain(enquiry.origin_title),
        plain(enquiry.company),
        enquiry.credit_code,
        enquiry.contact_name if revealed else words.masked_name(enquiry.contact_name),
        *_contact(enquiry, revealed=revealed),
        "是" if enquiry.consent_operator else "否",
        "、".join(label for _tone, label in words.marks(enquiry)),
        _local(enquiry.first_contact_at),
        _local(enquiry.last_contact_at),
    ]


def _contact(enquiry: Enquiry, *, revealed: bool) -> tuple[str, str, str]:
    """(phone, WeChat, mail address)."""
    if not revealed:
        return enquiry.masked_contact, "", ""
    phone = enquiry.phone
    return phone.display if phone else enquiry.phone_raw, enquiry.wechat, enquiry.email


def _cell(sheet: WriteOnlyWorksheet, value: Value) -> Any:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        return WriteOnlyCell(sheet, value)
    cell = WriteOnlyCell(sheet)
    # Set in this order: openpyxl makes a formula of a value that begins with "=".
    cell.value = text_of(value)
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell


def text_of(value: str) -> str:
    """The text as a cell can hold it."""
    return _ESCAPED.sub("_x005F_", _NO_XML.sub("", value))[:LONGEST]


def _local(at: datetime | None) -> datetime | None:
    """Spreadsheets know no time zones: Asia/Shanghai, without saying so."""
    return timezone.localtime(at).replace(tzinfo=None, microsecond=0) if at else None


def _letters(number: int) -> str:
    """Name of a column: 1 is A, 27 is AA."""
    return (chr(64 + (number - 1) // 26) if number > 26 else "") + chr(65 + (number - 1) % 26)
