"""The spaces of one park as a table to type in: all of it is saved, or nothing.

A cell means what it means in a file handed in (table_cells.py, table_checking.py), save that one
emptied is cleared. Each row carries the mark of every cell as it was shown: from that follows what
this person typed and what somebody else changed meanwhile, cell by cell.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import DataError, IntegrityError, transaction
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from parkcms.ledger.guarded import is_key
from parkcms.library.refusals import Refused
from parkcms.people.models import User

from . import table_applying, table_cells, table_checking, table_writing
from .desk_spaces import CONFIRMING
from .models import Park, Space
from .table_checking import Checked, Row, code_key
from .table_columns import BY_NAME, COLUMNS, REQUIRED, Column
from .table_reading import Table

BASIC = (
    "code", "building", "floor", "area_gross_m2", "storey_height_m", "floor_load_t_m2",
    "power_kva", "rent_cny_m2_day", "valid_until", "state", "available_from",
)  # fmt: skip
EMPTY = 10  # rows for new spaces
MOST_ROWS = 200  # of a page
MOST_INPUTS = 1_900  # settings.DATA_UPLOAD_MAX_NUMBER_FIELDS takes 2,000
MOST_TOLD = 10
_NAME = re.compile(r"r([1-9]\d{0,4})-[a-z0-9_]{1,40}")
_MARK = 8  # characters
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass
class Cell:
    """One input: what is typed in it, what the space has now, and what is wrong with it."""

    column: Column
    text: str
    now: str = ""
    is_moved: bool = False  # somebody else changed it since it was shown
    errors: list[str] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        return _plain(self.text) != _plain(self.now)


@dataclass
class Line:
    """One row of the grid; ``space`` None for a new one."""

    number: int
    space: Space | None
    cells: dict[str, Cell]
    errors: list[str] = field(default_factory=list)
    is_moved: bool = False

    @property
    def seen(self) -> str:
        """Key of the space and the marks of its cells as they are shown now."""
        if self.space is None:
            return ""
        return f"{self.space.pk}:" + "".join(_mark(cell.now) for cell in self.cells.values())

    @property
    def label(self) -> str:
        return self.space.code if self.space else f"新空间（第 {self.number} 行）"

    @property
    def typed(self) -> dict[str, str]:
        """What would go into a file: the cells that were changed, one emptied as 清空."""
        changed = {
            name: _clearing(cell) if self.space else cell.text
            for name, cell in self.cells.items()
            if cell.is_changed
        }
        # The row is found by the code it has; what else was typed there is a new name for it.
        return changed | {"code": self.space.code} if self.space and changed else changed


def _plain(text: str) -> str:
    return " ".join(text.split())


def _mark(text: str) -> str:
    raw = _plain(text).encode("utf-8", "replace")
    return hashlib.blake2b(raw, digest_size=_MARK // 2).hexdigest()


def _clearing(cell: Cell) -> str:
    try:
        is_blank = table_cells.read(cell.column, cell.text) is table_cells.BLANK
    except table_cells.Wrong:
        is_blank = False
    return "清空" if is_blank else cell.text


def most_lines(columns: Iterable[Column]) -> int:
    """As many rows as one form may send inputs for."""
    return MOST_INPUTS // (len(tuple(columns)) + 1)


def _columns(request: HttpRequest) -> tuple[Column, ...]:
    is_more = request.GET.get("cols") == "more"
    return COLUMNS if is_more else tuple(BY_NAME[name] for name in BASIC)


@require_http_methods(["GET", "HEAD", "POST"])
def grid(request: HttpRequest) -> HttpResponse:
    """The grid of a park's spaces, or the choice of a park."""
    if not request.user.has_perms(["parks.add_space", "parks.change_space"]):
        raise PermissionDenied
    key = request.GET.get("park", "")
    if not key and request.method != "POST":
        return _choice(request)
    if not is_key(key):
        raise Http404
    park = get_object_or_404(Park, pk=key)
    if not park.can_be_kept_by(request.user):
        raise PermissionDenied
    columns = _columns(request)
    if request.method != "POST":
        return _page(request, park, columns, *_shown(request, park, columns))
    return _posted(request, park, columns)


def _choice(request: HttpRequest) -> HttpResponse:
    parks = Park.objects.kept_by(request.user).order_by("name_zh")
    context = _context(request, "表格里改空间") | {"parks": parks.annotate(count=Count("spaces"))}
    return render(request, "admin/parks/space/grid.html", context)


def _context(request: HttpRequest, title: str) -> dict[str, Any]:
    return admin.site.each_context(request) | {"title": title, "opts": Space._meta}


def _shown(
    request: HttpRequest, park: Park, columns: tuple[Column, ...]
) -> tuple[list[Line], int | None]:
    """A page of rows by key, with empty ones below; the key the next page starts after."""
    spaces = Space.objects.filter(park=park).select_related("phase").defer("facets")
    after = request.GET.get("after", "")
    last = Space.objects.filter(park=park, pk=after).first() if is_key(after) else None
    if last:
        spaces = spaces.filter(Q(code__gt=last.code) | Q(code=last.code, pk__gt=last.pk))
    size = min(MOST_ROWS, most_lines(columns) - EMPTY)
    found = list(spaces.order_by("code", "pk")[: size + 1])
    lines = [_line_of(number, space, columns) for number, space in enumerate(found[:size], 1)]
    start = len(lines) + 1
    lines += [_new_line(number, columns, {}) for number in range(start, start + EMPTY)]
    return lines, found[size - 1].pk if len(found) > size else None


def _line_of(number: int, space: Space, columns: Iterable[Column]) -> Line:
    texts = {column.name: table_writing.cell(column, space) for column in columns}
    cells = {c.name: Cell(c, texts[c.name], texts[c.name]) for c in columns}
    return Line(number, space, cells)


def _new_line(number: int, columns: Iterable[Column], typed: dict[str, str]) -> Line:
    return Line(number, None, {c.name: Cell(c, typed.get(c.name, "")) for c in columns})


def _page(
    request: HttpRequest,
    park: Park,
    columns: tuple[Column, ...],
    lines: list[Line],
    following: int | None = None,
) -> HttpResponse:
    context = _context(request, f"{park.name_zh}：空间") | {
        "park": park,
        "columns": columns,
        "required": REQUIRED,
        "lines": lines,
        "following": following,
        "is_more": columns is COLUMNS,
        "most_lines": most_lines(columns),
        "is_first": not request.GET.get("after"),
        "wrong": [line for line in lines if line.errors or _wrong_cells(line)],
    }
    return render(request, "admin/parks/space/grid.html", context)


def _wrong_cells(line: Line) -> list[Cell]:
    return [cell for cell in line.cells.values() if cell.errors]


# --- what is sent ---------------------------------------------------------------------------


def _posted(request: HttpRequest, park: Park, columns: tuple[Column, ...]) -> HttpResponse:
    lines: list[Line] = []
    try:
        with transaction.atomic():
            _lock(park)
            lines, gone = _typed(request.POST, park, columns)
            checked = _checked(lines, park, request.user)
            if gone:
                codes = table_cells.joined(f"“{code}”" for code in gone)
                raise Refused("gone", f"{codes} 已经被别人删除，从表里去掉了。什么都没有保存。")
            if any(line.is_moved for line in lines):
                raise Refused(
                    "moved",
                    "有几行刚被别人改过，什么都没有保存。请核对标出的格，再按一次“全部保存”。",
                )
            if any(line.errors or _wrong_cells(line) for line in lines):
                raise Refused("problems", "有几格要先改，什么都没有保存。")
            _save(checked, request.user)
    except Refused as error:
        messages.error(request, str(error))
    except (IntegrityError, DataError):
        messages.error(request, "有一处同时被别人改了，或数字放不下，什么都没有保存。请再试一次。")
    else:
        _tell(request, checked)
        return HttpResponseRedirect(request.get_full_path())
    if not lines:
        return _page(request, park, columns, *_shown(request, park, columns))
    return _page(request, park, columns, lines)


def _lock(park: Park) -> None:
    """As an import does: of two who save the same park one waits."""
    Park.objects.select_for_update(no_key=True).get(pk=park.pk)
    spaces = Space.objects.filter(park=park).order_by("pk").select_for_update(of=("self",))
    list(spaces.values_list("pk", flat=True))


def _typed(
    post: QueryDict, park: Park, columns: tuple[Column, ...]
) -> tuple[list[Line], list[str]]:
    """The rows of the form against the spaces of this moment, and the codes of those deleted.

    Raises Refused where the form is none that was handed out.
    """
    numbers = sorted({int(found[1]) for name in post if (found := _NAME.fullmatch(name))})
    most = most_lines(columns)
    if len(numbers) > most:
        raise Refused("rows", f"一次最多 {most} 行。更多的请从 Excel 导入。")
    if not numbers:
        raise Refused("form", "表单不完整，什么都没有保存。请重新填写。")
    seen = {number: _seen(post.get(f"r{number}-seen", ""), columns) for number in numbers}
    keys = [one[0] for one in seen.values() if one]
    if len(set(keys)) < len(keys):
        raise Refused("form", "有一处空间在表里出现了两次，什么都没有保存。请重新打开再填。")
    found = Space.objects.filter(park=park, pk__in=keys).select_related("phase").defer("facets")
    spaces = {space.pk: space for space in found}
    lines, gone = [], []
    for number in numbers:
        typed = {c.name: text for c in columns
                 if (text := post.get(f"r{number}-{c.name}")) is not None}  # fmt: skip
        if (one := seen[number]) is None:
            lines.append(_new_line(number, columns, typed))
        elif one[0] in spaces:
            lines.append(_merged(_line_of(number, spaces[one[0]], columns), typed, one[1]))
        else:
            gone.append(_UNSEEN.sub("", typed.get("code", ""))[:40])
    return lines, gone


def _seen(text: str, columns: tuple[Column, ...]) -> tuple[int, list[str]] | None:
    """Key and marks of a row, None for a new one."""
    if not text:
        return None
    key, _, marks = text.partition(":")
    if not is_key(key) or len(marks) != _MARK * len(columns):
        raise Refused("form", "表单不完整，什么都没有保存。请重新打开再填。")
    return int(key), [marks[at : at + _MARK] for at in range(0, len(marks), _MARK)]


def _merged(line: Line, typed: dict[str, str], marks: list[str]) -> Line:
    """The space's row with what this person typed into it; what they left takes today's value."""
    touched = False
    for cell, mark in zip(line.cells.values(), marks, strict=True):
        text = typed.get(cell.column.name, cell.now)
        moved = _mark(cell.now) != mark
        if _mark(text) != mark:
            cell.text = text
            touched = touched or cell.is_changed
        cell.is_moved = moved and (cell.is_changed or _mark(text) == mark)
    if not touched:
        for cell in line.cells.values():
            cell.is_moved = False
    line.is_moved = any(cell.is_moved for cell in line.cells.values())
    return line


def _checked(lines: list[Line], park: Park, by: User) -> Checked:
    """The rows that say something, read and checked as those of a file; errors at their cells."""
    by_number = {line.number: line for line in lines}
    rows = [(line.number, typed) for line in lines if (typed := line.typed)]
    columns = [BY_NAME[name] for name in (lines[0].cells if lines else BASIC)]
    checked = table_checking.check(Table(columns, rows), park, by, timezone.localdate())
    codes = {pk: code_key(code) for pk, code in
             Space.objects.filter(park=park).order_by().values_list("pk", "code")}  # fmt: skip
    named: dict[str, int] = {}
    for row in checked.rows:
        line = by_number[row.number]
        if line.space is None and row.space is not None:
            row.wrong(BY_NAME["code"], f"已有“{row.space.code}”，请到它那一行去改")
        elif line.space is not None and line.cells["code"].is_changed:
            _rename(row, line.cells["code"].text, codes, named)
        elif line.space is None and row.code:
            named.setdefault(code_key(row.code), row.number)
        _place(line, row)
    return checked


def _rename(row: Row, text: str, codes: dict[int, str], named: dict[str, int]) -> None:
    column = BY_NAME["code"]
    try:
        code = table_cells.read(column, text)
    except table_cells.Wrong as error:
        return row.wrong(column, str(error))
    if code is table_cells.BLANK or code is table_cells.CLEAR:
        return row.wrong(column, "编号不能清空")
    key = code_key(code)
    if any(key == other for pk, other in codes.items() if pk != row.space.pk):
        return row.wrong(column, f"这个园区已有“{code}”")
    if named.setdefault(key, row.number) != row.number:
        return row.wrong(column, f"“{code}”和第 {named[key]} 行的编号一样")
    row.changes["code"] = (row.space.code, code)
    return None


def _place(line: Line, row: Row) -> None:
    """Put what is wrong with a row where it was typed."""
    cells = {cell.column.label: cell for cell in line.cells.values()}
    for problem in row.problems:
        if problem.label in cells:
            cells[problem.label].errors.append(problem.words)
        else:
            line.errors.append(f"{problem.label}：{problem.words}" if problem.label else
                               problem.words)  # fmt: skip


def _save(checked: Checked, by: User) -> None:
    now = timezone.now()
    rows = [*checked.of("new"), *checked.of("changed")]
    for confirm in (True, False):
        some = [row for row in rows if bool(CONFIRMING & set(row.changes)) is confirm]
        table_applying.save(
            Checked(some), by, now, publish=False, confirm=confirm, by_hand=True
        )  # fmt: skip


def _tell(request: HttpRequest, checked: Checked) -> None:
    new, changed = len(checked.of("new")), len(checked.of("changed"))
    if new or changed:
        draft = "（草稿）" if new else ""
        messages.success(request, f"已保存：改了 {changed} 处，新建 {new} 处{draft}。")
    else:
        messages.info(request, "没有改动，什么都没有保存。")
    codes = {row.number: row.code for row in checked.rows}
    for one in checked.warnings[:MOST_TOLD]:
        messages.warning(request, f"{codes[one.row]} · {one.label}：{one.words}")
