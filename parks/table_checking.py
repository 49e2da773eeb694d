"""What a table of spaces would change, and what is wrong with it: nothing is saved here.

Every row is read against the spaces as they are now: new, changed, unchanged or with problems.
A problem stops the whole table; a warning is only said. The number of queries does not depend on
the number of rows.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from parkcms.language.widths import fold
from parkcms.people.models import User

from . import table_cells
from .models import Alias, Park, Phase, Space
from .table_cells import BLANK, CLEAR, KN, MONTH, Wrong
from .table_columns import BY_NAME, HAVING, REQUIRED, Column
from .table_reading import Formula, Table

NULLABLE_KINDS = {"decimal", "whole", "fact", "date", "phase"}


@dataclass(frozen=True)
class Problem:
    """A sentence about a cell; ``label`` is the heading of its column, '' for the whole row."""

    row: int
    label: str
    words: str

    def __str__(self) -> str:
        return f"第 {self.row} 行 · {self.label}：{self.words}" if self.label else (
            f"第 {self.row} 行：{self.words}"
        )  # fmt: skip


@dataclass
class Row:
    """A row of the table: the space it is about (None: a new one) and what it changes."""

    number: int
    park: Park | None = None
    code: str = ""
    space: Space | None = None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)  # field → before, after
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    @property
    def kind(self) -> str:
        if self.problems:
            return "wrong"
        if self.space is None:
            return "new"
        return "changed" if self.changes else "unchanged"

    def wrong(self, column: Column | None, words: str) -> None:
        self.problems.append(Problem(self.number, column.label if column else "", words))

    def warn(self, name: str, words: str) -> None:
        self.warnings.append(Problem(self.number, BY_NAME[name].label, words))

    def says(self, name: str) -> Any:
        """The value the space would have."""
        if name in self.changes:
            return self.changes[name][1]
        return (
            getattr(self.space, name) if self.space else Space._meta.get_field(name).get_default()
        )


@dataclass
class Checked:
    """All rows of a table, checked."""

    rows: list[Row]

    def of(self, kind: str) -> list[Row]:
        return [row for row in self.rows if row.kind == kind]

    @property
    def problems(self) -> list[Problem]:
        return [problem for row in self.rows for problem in row.problems]

    @property
    def warnings(self) -> list[Problem]:
        return [warning for row in self.rows for warning in row.warnings]

    def digest(self) -> str:
        """The same for the same changes: what was shown is what will be done."""
        told = [
            (row.number, row.space.pk if row.space else None, row.changes)
            for row in self.rows
            if row.kind in {"new", "changed"}
        ]
        text = json.dumps(told, cls=_Plainly, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


class _Plainly(DjangoJSONEncoder):
    def default(self, o: Any) -> Any:
        return f"phase:{o.pk}" if isinstance(o, Phase) else super().default(o)


def check(table: Table, park: Park | None, by: User, today: date) -> Checked:
    """Check a table: of one ``park``, or (None) of those its column 园区 names. Six queries."""
    rows = [Row(number) for number, _cells in table.rows]
    _find_parks(rows, table, park, by)
    known = _known_spaces({row.park.pk for row in rows if row.park})
    phases = _known_phases({row.park.pk for row in rows if row.park})
    seen: dict[tuple[int, str], int] = {}
    for row, (_number, cells) in zip(rows, table.rows, strict=True):
        values = _read_row(row, cells)
        _find_space(row, values, known, seen)
        _find_phase(row, values, phases)
        if row.park and not row.problems:
            _compare(row, values)
            _check_new(row)
            if row.changes or row.space is None:
                _check_together(row, today)
    return Checked(rows)


def code_key(code: str) -> str:
    """Codes are the same whatever their width, case and spaces."""
    return "".join(fold(code).split()).casefold()


def _find_parks(rows: list[Row], table: Table, park: Park | None, by: User) -> None:
    has_column = any(column.name == "park" for column in table.columns)
    if park is not None and not has_column:
        for row in rows:
            row.park = park
        return
    kept = {one.pk: one for one in Park.objects.kept_by(by)}
    names: dict[str, set[int]] = defaultdict(set)
    for pk, name in Park.objects.values_list("pk", "name_zh"):
        names[code_key(name)].add(pk)
    for pk, name in Alias.objects.values_list("park_id", "name"):
        names[code_key(name)].add(pk)
    for row, (_number, cells) in zip(rows, table.rows, strict=True):
        _find_park(row, cells.get("park"), names, kept, park)


def _find_park(
    row: Row, raw: Any, names: dict[str, set[int]], kept: dict[int, Park], chosen: Park | None
) -> None:
    column = BY_NAME["park"]
    try:
        name = table_cells.read(column, raw)
    except Wrong as error:
        return row.wrong(column, str(error))
    if name is BLANK or name is CLEAR:
        row.park = chosen
        return None if chosen else row.wrong(column, "没有写是哪个园区")
    found = names.get(code_key(name), set())
    if len(found) != 1:
        why = "有几个园区都叫这个名字" if found else "没有这个园区"
        return row.wrong(column, f"“{name[:40]}”：{why}")
    (pk,) = found
    if chosen and chosen.pk != pk:
        return row.wrong(column, f"“{name[:40]}”不是上传时选的{chosen.name_zh}")
    if pk not in kept:
        return row.wrong(column, f"“{name[:40]}”不归你管，不能改它的空间")
    row.park = kept[pk]
    return None


def _known_spaces(parks: set[int]) -> dict[tuple[int, str], list[Space]]:
    known: dict[tuple[int, str], list[Space]] = defaultdict(list)
    spaces = Space.objects.filter(park__in=parks).select_related("phase").defer("facets").order_by()
    for space in spaces:
        known[space.park_id, code_key(space.code)].append(space)
    return known


def _known_phases(parks: set[int]) -> dict[tuple[int, str], Phase]:
    phases = Phase.objects.filter(park__in=parks).order_by()
    return {(one.park_id, code_key(one.name_zh)): one for one in phases}


def _read_row(row: Row, cells: dict[str, Any]) -> dict[str, Any]:
    """``{field: value}`` of the cells that say something; CLEAR for those that take away."""
    values = {}
    for name, raw in cells.items():
        if name == "park":
            continue
        column = BY_NAME[name]
        if raw is Formula:
            row.wrong(column, "这一格是公式，没有存下结果；请复制后“只粘贴数值”")
            continue
        try:
            value = table_cells.read(column, raw)
        except Wrong as error:
            row.wrong(column, str(error))
            continue
        if value is not BLANK:
            values[name] = value
    return values


def _find_space(
    row: Row,
    values: dict[str, Any],
    known: dict[tuple[int, str], list[Space]],
    seen: dict[tuple[int, str], int],
) -> None:
    column = BY_NAME["code"]
    code = values.pop("code", CLEAR)
    if code is CLEAR:
        if not any(one.label == column.label for one in row.problems):
            row.wrong(column, "没有写编号")
        return
    row.code = code
    if row.park is None:
        return
    key = (row.park.pk, code_key(code))
    if key in seen:
        row.wrong(column, f"“{code}”和第 {seen[key]} 行的编号一样")
        return
    seen[key] = row.number
    found = known.get(key, [])
    exact = [space for space in found if space.code == code]
    if len(found) > 1 and not exact:
        codes = "、".join(f"“{space.code}”" for space in found)
        row.wrong(column, f"“{code}”可以是 {codes} 里的任何一个，请写得一模一样")
        return
    row.space = (exact or found or [None])[0]


def _find_phase(row: Row, values: dict[str, Any], phases: dict[tuple[int, str], Phase]) -> None:
    name = values.get("phase", CLEAR)
    if name is CLEAR or row.park is None:
        return
    phase = phases.get((row.park.pk, code_key(name)))
    if phase is None:
        row.wrong(BY_NAME["phase"], f"{row.park.name_zh}没有“{name[:40]}”这一期")
    else:
        values["phase"] = phase


def _compare(row: Row, values: dict[str, Any]) -> None:
    """Fill ``row.changes``; what the file says and what stands there already are no change."""
    for name, value in values.items():
        for field_name, after in _fields_of(row, name, value):
            before = row.says(field_name)
            if before != after or (row.space is None and name == "state"):
                row.changes[field_name] = (before, after)


def _fields_of(row: Row, name: str, value: Any) -> Iterable[tuple[str, Any]]:
    if value is CLEAR and (name in REQUIRED or name in {"state", "is_whole_building"}):
        row.wrong(BY_NAME[name], "这一项不能清空")
    elif name in HAVING:
        yield from _machines(name, value)
    elif value is CLEAR:
        nothing = None if BY_NAME[name].kind in NULLABLE_KINDS else ""
        yield name, [] if BY_NAME[name].kind == "choices" else nothing
    else:
        yield name, value


def _machines(name: str, value: Any) -> Iterable[tuple[str, Any]]:
    if value is CLEAR:
        yield from ((name, []), (HAVING[name], None))
    elif value is True:
        yield HAVING[name], True
    elif value is False:
        yield from ((name, []), (HAVING[name], False))
    else:
        yield from ((name, value), (HAVING[name], True if value else None))


def _check_new(row: Row) -> None:
    has_area = "area_gross_m2" in row.changes
    if row.space is None and not has_area and not row.problems:
        row.wrong(BY_NAME["area_gross_m2"], "新空间要写建筑面积")


def _check_together(row: Row, today: date) -> None:
    """What must hold between the values of one row: the constraints of Space, in words."""
    area = row.says("area_gross_m2")
    for name in ("area_net_m2", "min_divisible_m2"):
        value = row.says(name)
        if value is not None and area is not None and value > area:
            row.wrong(BY_NAME[name], f"{value:f} ㎡ 比建筑面积 {area:f} ㎡ 还大")
    clear, storey = row.says("clear_height_m"), row.says("storey_height_m")
    if clear is not None and storey is not None and clear >= storey:
        row.wrong(BY_NAME["clear_height_m"], f"净高 {clear:f} m 要小于层高 {storey:f} m")
    if row.says("is_whole_building") and row.says("floor") is not None:
        row.wrong(BY_NAME["floor"], "整栋出租就不填楼层（已有的楼层写“清空”）")
    _check_price(row, today)
    _check_load(row)


def _check_price(row: Row, today: date) -> None:
    rent, valid = row.says("rent_cny_m2_day"), row.says("valid_until")
    if rent is not None and rent > 8 and "rent_cny_m2_day" in row.changes:
        daily = (rent / MONTH).quantize(Decimal("0.01")).normalize()
        row.wrong(
            BY_NAME["rent_cny_m2_day"],
            f"{rent.normalize():f} 像是每月的价：合 {daily:f} 元/㎡/天，请改成每天的价",
        )
    has_price = rent is not None or row.says("sale_price_cny_m2") is not None
    if has_price and valid is None:
        row.wrong(BY_NAME["valid_until"], "写了价格就要写到哪天有效（《房地产广告发布规定》）")
    if "valid_until" in row.changes and valid is not None and valid < today:
        row.wrong(BY_NAME["valid_until"], f"{valid.isoformat()} 已经过去了")
    if rent is not None and "rent_cny_m2_day" in row.changes and not (
        Decimal("0.3") <= rent <= 6
    ):  # fmt: skip
        row.warn("rent_cny_m2_day", f"{rent.normalize():f} 元/㎡/天 少见，请核对")


def _check_load(row: Row) -> None:
    load = row.says("floor_load_t_m2")
    if load is None or load < 5 or "floor_load_t_m2" not in row.changes:
        return
    tonnes = (load / KN).quantize(Decimal("0.01")).normalize()
    row.warn(
        "floor_load_t_m2",
        f"{load.normalize():f} t/㎡ 少见；要是 kN/㎡，就合 {tonnes:f} t/㎡，请核对",
    )
