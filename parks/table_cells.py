"""One cell of a table of spaces, read kindly and never guessed at.

``read(column, raw)`` gives the value the field takes, BLANK for a cell that says nothing, or CLEAR
for one that says the value is to go. Raises Wrong with a sentence for the person who wrote it.
"""

import math
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError

from parkcms.language.widths import fold

from .forms import MachinesField
from .models.measures import validate_cranes, validate_lifts
from .table_columns import Column

BLANK = object()
CLEAR = object()
LONGEST = 2000  # characters of a cell that are looked at
MONTH = Decimal(365) / 12
KN = Decimal("9.80665")  # kN to the tonne

_EMPTY = {"", "-", "--", "—", "——", "/", "\\"}
_CLEARING = {"清空", "待确认", "未知", "不详"}
_YES = {"是", "有", "可", "可以", "能", "对", "需", "y", "yes", "true", "√", "✓", "✔", "1"}
_NO = {
    "否",
    "无",
    "没有",
    "不可",
    "不可以",
    "不能",
    "不",
    "没",
    "n",
    "no",
    "false",
    "×",
    "x",
    "✗",
    "✘",
    "0",
}
_ERRORS = {"#REF!", "#VALUE!", "#N/A", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}
_NUMBER = re.compile(
    r"(?P<number>[+-]?(?:\d{1,3}(?:[, ]\d{3})+|\d+)(?:\.\d+)?)\s*(?P<unit>[^\d\s.~至到-].{0,20})?"
)
_DAY = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?: 0{1,2}:00(?::00)?)?"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

# Units as people write them, folded, without spaces, a dot before 平方 none.
_UNITS: dict[str, set[str]] = {
    "㎡": {"m2", "m^2", "平方米", "平方", "平米", "平"},
    "m": {"m", "米"},
    "t/㎡": {"t", "吨", "t/m2", "吨/m2", "吨/平方米", "吨/平方", "吨/平米", "t/平方米"},
    "个": {"个"},
    "kVA": {"kva", "千伏安"},
    "元/㎡/天": {
        "元",
        "元/m2/天",
        "元/m2/日",
        "元/平方米/天",
        "元/平米/天",
        "元/天/m2",
        "元/m2·天",
    },
    "元/㎡/月": {"元", "元/m2/月", "元/平方米/月", "元/平米/月", "元/m2·月"},
    "元/㎡": {"元", "元/m2", "元/平方米", "元/平米"},
    "天": {"天", "日"},
    "月": {"月", "个月"},
    "": {"层", "f", "楼"},
}
# (unit of the column, unit as written) → factor to the column's unit.
_OTHERS: dict[str, dict[str, Decimal]] = {
    "㎡": {"亩": Decimal(2000) / 3, "sqft": Decimal("0.09290304"), "公顷": Decimal(10000)},
    "m": {"mm": Decimal("0.001"), "毫米": Decimal("0.001"), "cm": Decimal("0.01"),
          "厘米": Decimal("0.01"), "ft": Decimal("0.3048")},
    "t/㎡": dict.fromkeys(("kn", "kn/m2", "千牛", "千牛/m2", "kn/平方米"), 1 / KN)
    | {unit: Decimal("0.001") for unit in ("kg", "kg/m2", "公斤", "公斤/m2", "千克/m2")},
    "元/㎡/天": dict.fromkeys(_UNITS["元/㎡/月"] - {"元"}, 1 / MONTH)
    | {"元/m2/年": Decimal(1) / 365, "元/平方米/年": Decimal(1) / 365},
    "元/㎡/月": dict.fromkeys(_UNITS["元/㎡/天"] - {"元"}, MONTH),
    "月": {"年": Decimal(12)},
    "天": {"月": MONTH, "个月": MONTH},
    "kVA": {"mva": Decimal(1000)},
}  # fmt: skip


class Wrong(ValueError):  # noqa: N818 - it says what is so
    """A cell nobody can take as it is; the message says why, and what to write where it can."""


def read(column: Column, raw: object) -> Any:
    """The value of a cell; a Wrong for anything that isn't certain."""
    if raw is None:
        return BLANK
    if isinstance(raw, str):
        text = raw[: LONGEST + 1]
        if len(text) > LONGEST:
            raise Wrong(f"有 {len(raw):,} 个字，太长了")
        if _CONTROL.search(text):
            raise Wrong("里面有看不见的控制字符，请重新输入")
        # What an export wrote so that no spreadsheet runs it.
        raw = text[1:] if re.match(r"'[=+\-@\t\r]", text) else text
        folded = fold(raw).strip()
        if folded in _EMPTY and not (column.kind == "text" and folded):
            return BLANK
        if folded == "清空" or (folded in _CLEARING and column.kind != "text"):
            return CLEAR
        if folded in _ERRORS:
            raise Wrong(f"这一格是公式，结果是错误 {folded}")
    return _READERS[column.kind](column, raw)


def _text(column: Column, raw: object) -> str:
    if isinstance(raw, datetime | date | time):
        raise Wrong(f"被表格软件当成了日期（{raw}），请把这一列设成“文本”再写一次")
    if isinstance(raw, bool):
        raise Wrong("被表格软件当成了“真/假”，请把这一列设成“文本”再写一次")
    text = f"{_exact(raw):f}" if isinstance(raw, int | float | Decimal) else str(raw)
    text = " ".join(text.split())
    if column.longest and len(text) > column.longest:
        raise Wrong(f"有 {len(text)} 个字，最多 {column.longest} 个")
    return text


def _exact(raw: float | Decimal) -> Decimal:
    """The number a person typed: 0.1 + 0.2 of a spreadsheet is 0.3."""
    if isinstance(raw, int):
        if abs(raw) >= 10**15:
            raise Wrong(f"{str(raw)[:20]}… 大得不像真的")
        return Decimal(raw)
    if isinstance(raw, float) and not math.isfinite(raw):
        raise Wrong("不是数字")
    number = Decimal(repr(raw)) if isinstance(raw, float) else raw
    if not number.is_finite() or abs(number) >= 10**15:
        raise Wrong("大得不像真的")
    return Decimal(format(round(number, 9).normalize(), "f"))


def _number(column: Column, raw: object) -> Decimal:
    if isinstance(raw, bool):
        raise Wrong("要写数字，这里是“真/假”")
    if isinstance(raw, datetime | date | time):
        raise Wrong(f"要写数字，这里是日期（{raw}）")
    if isinstance(raw, int | float | Decimal):
        return _exact(raw)
    text = fold(str(raw)).strip()
    found = _NUMBER.fullmatch(text)
    if not found:
        raise Wrong(_no_number(column, text))
    try:
        number = _exact(Decimal(re.sub("[, ]", "", found["number"])))
    except InvalidOperation:
        raise Wrong(f"“{_cut(text)}”不是数字") from None
    return _in_unit(column, number, text, found["unit"] or "")


def _no_number(column: Column, text: str) -> str:
    if column.name == "rent_cny_m2_day" and "议" in text:
        return f"“{_cut(text)}”不是数字；租金留空，“租金可议”写“是”"
    if re.fullmatch(r"[\d.,]+\s*[-~至到]\s*[\d.,]+\D*", text):
        return f"“{_cut(text)}”是一个范围，请只写一个数"
    if re.fullmatch(r"\d+,\d+", text):
        return f"“{_cut(text)}”里的逗号不清楚：小数用“.”，千分位每三位一个逗号"
    return f"“{_cut(text)}”不是数字"


def _in_unit(column: Column, number: Decimal, text: str, unit: str) -> Decimal:
    unit = re.sub(r"\s+", "", unit).casefold()
    if not unit or unit in _UNITS.get(column.unit, set()):
        return number
    if unit.startswith("万"):
        raise Wrong(f"“{_cut(text)}”请写成 {_rounded(number * 10_000, 2)}")
    factor = _OTHERS.get(column.unit, {}).get(unit)
    if factor is None:
        wanted = column.unit or "不带单位的数"
        raise Wrong(f"“{_cut(text)}”的单位看不懂，这一列是 {wanted}")
    shown = _rounded(number * factor, max(column.places, 0))
    written = unit.replace("m2", "㎡").replace("kn", "kN")
    if column.unit == "t/㎡" and "㎡" not in written and "平" not in written:
        written += "/㎡"
    raise Wrong(f"“{_cut(text)}”写的是 {written}，合 {shown} {column.unit}，请改")


def _rounded(number: Decimal, places: int) -> str:
    return f"{number.quantize(Decimal(1).scaleb(-places)).normalize():f}"


def _decimal(column: Column, raw: object) -> Decimal:
    number = _number(column, raw)
    _within(column, number)
    if -number.as_tuple().exponent > column.places and number != round(number, column.places):
        near = _rounded(number, column.places)
        raise Wrong(f"{number:f} 的小数太多，最多 {column.places} 位（如 {near}）")
    return number


def _within(column: Column, number: Decimal) -> None:
    low, high = column.low, column.high
    if column.name == "rent_cny_m2_day" and number > 8:
        return  # said as a question about months (table_checking.py)
    if (low is not None and number < low) or (high is not None and number > high):
        load = column.name == "floor_load_t_m2" and number > high
        hint = f"，像是 kN/㎡：合 {_rounded(number / KN, 2)} t/㎡" if load else ""
        raise Wrong(f"{number:f} 不在 {low:,f} 到 {high:,f} 之间{hint}")


def _whole(column: Column, raw: object) -> int:
    number = _number(column, raw)
    if number != number.to_integral_value():
        raise Wrong(f"{number:f} 要是整数")
    _within(column, number)
    return int(number)


def _fact(column: Column, raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, datetime | date | time):
        raise Wrong("要写“是”或“否”，这里是日期")
    text = f"{_exact(raw):f}" if isinstance(raw, int | float) else fold(str(raw)).strip()
    if text.casefold() in _YES:
        return True
    if text.casefold() in _NO:
        return False
    raise Wrong(f"“{_cut(text)}”看不懂，请写“是”或“否”，不知道就留空")


def _choice(column: Column, raw: object) -> str:
    text = f"{_exact(raw):f}" if isinstance(raw, int | float) else fold(str(raw)).strip()
    wanted = _plain(text)
    for code, word in column.choices:
        if wanted in {_plain(code), _plain(word)} or wanted == _plain(word).removesuffix("类"):
            return code
        if column.name == "land_zone" and wanted in {code, f"{code}区块", f"{code}区域"}:
            return code
    raise Wrong(f"“{_cut(text)}”不在可选的里面：{'、'.join(column.words.values())}")


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", fold(text)).casefold()


def _choices(column: Column, raw: object) -> list[str]:
    parts = [part for part in re.split(r"[、,;/|\s]+", fold(str(raw))) if part]
    chosen = {_choice(column, part) for part in parts}
    return [code for code, _word in column.choices if code in chosen]


def _date(column: Column, raw: object) -> date:
    if isinstance(raw, datetime):
        if raw.time() != time():
            raise Wrong(f"“{raw:%Y-%m-%d %H:%M}”带着钟点，只写日期")
        return _sane(raw.date())
    if isinstance(raw, date):
        return _sane(raw)
    if isinstance(raw, bool | int | float | time):
        raise Wrong("是数字不是日期，请写成 2027-01-31")
    text = fold(str(raw)).strip()
    found = _DAY.fullmatch(text)
    if not found:
        raise Wrong(f"“{_cut(text)}”不是日期，请写成 2027-01-31")
    try:
        return _sane(date(*map(int, found.groups())))
    except ValueError as error:
        if isinstance(error, Wrong):
            raise
        raise Wrong(f"“{_cut(text)}”：没有这一天") from None


def _sane(day: date) -> date:
    if not 1990 <= day.year < 2200:
        raise Wrong(f"{day.isoformat()} 的年份不像真的")
    return day


def _machines(
    field: MachinesField, check: Callable[[object], None]
) -> Callable[[Column, object], Any]:
    def reader(column: Column, raw: object) -> Any:
        text = fold(str(raw)).strip()
        if text.casefold() in _YES | _NO:
            return text.casefold() in _YES  # that there are some, or none: not which
        try:
            rows = field.clean(text)
            check(rows)
        except ValidationError as error:
            raise Wrong("".join(error.messages).rstrip("。")) from None
        return rows

    return reader


def _name(column: Column, raw: object) -> str:
    return _text(column, raw)


_READERS: dict[str, Callable[[Column, Any], Any]] = {
    "text": _text,
    "decimal": _decimal,
    "whole": _whole,
    "fact": _fact,
    "flag": _fact,
    "choice": _choice,
    "choices": _choices,
    "date": _date,
    "lifts": _machines(MachinesField(), validate_lifts),
    "cranes": _machines(MachinesField(hooks=True), validate_cranes),
    "phase": _name,
    "park": _name,
}


def shown(column: Column, value: Any) -> str:
    """A value as a cell or a sentence has it; what ``read`` takes back as the same value."""
    if value is None or value == "" or value == []:
        return ""
    if column.kind in {"fact", "flag"}:
        return "是" if value else "否"
    if column.kind == "choice":
        return column.words.get(value, str(value))
    if column.kind == "choices":
        return "、".join(column.words.get(one, one) for one in value)
    if column.kind in HOOKED:
        if isinstance(value, bool):
            return "有" if value else "无"
        return MachinesField().prepare_value(value)
    if isinstance(value, Decimal | float):
        return f"{Decimal(str(value)).normalize():f}"
    return value.isoformat() if isinstance(value, date) else str(value)


HOOKED = ("lifts", "cranes")


def _cut(text: str, most: int = 30) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def joined(parts: Iterable[str]) -> str:
    """Some words in one sentence, the first twelve of them."""
    words = list(parts)
    tail = f" 等 {len(words)} 处" if len(words) > 12 else ""
    return "、".join(words[:12]) + tail
