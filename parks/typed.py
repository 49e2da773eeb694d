"""A number as people type it, with its unit: 9.5亿元, 约351亩, 2.15 km², 29家, 2至3万㎡.

Reads what stands there and adds nothing: without a unit the unit stays open.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from parkcms.language.widths import fold

_POWERS = {
    "": 1,
    "百": 10**2,
    "千": 10**3,
    "万": 10**4,
    "百万": 10**6,
    "千万": 10**7,
    "亿": 10**8,
    "万亿": 10**12,
}
_UNITS = {
    "㎡": "m2",
    "m2": "m2",
    "m²": "m2",
    "平方米": "m2",
    "平米": "m2",
    "亩": "mu",
    "公顷": "ha",
    "ha": "ha",
    "平方公里": "km2",
    "平方千米": "km2",
    "km2": "km2",
    "km²": "km2",
    "元": "CNY",
    "元人民币": "CNY",
    "人民币": "CNY",
    "cny": "CNY",
    "%": "percent",
    "家": "家",
    "个": "个",
    "栋": "栋",
    "幢": "栋",
    "人": "人",
    "名": "人",
    "年": "年",
}
_QUALIFIERS = {
    "约": "about",
    "大约": "about",
    "近": "nearly",
    "超": "over",
    "超过": "over",
    "逾": "over",
    "突破": "over",
    "不低于": "at_least",
    "不少于": "at_least",
    "达": "",
    "达到": "",
}
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_POWER = "|".join(sorted(filter(None, _POWERS), key=len, reverse=True))
_TYPED = re.compile(
    rf"(?P<word>{'|'.join(sorted(_QUALIFIERS, key=len, reverse=True))})?"
    rf"(?P<low>{_NUMBER})(?P<low_power>{_POWER})?"
    rf"(?:[-–—~至到](?P<high>{_NUMBER}))?(?P<power>{_POWER})?"
    rf"(?P<unit>{'|'.join(sorted(map(re.escape, _UNITS), key=len, reverse=True))})?"
    r"(?P<more>以上)?",
    re.I,
)


class TypedError(ValueError):
    """What was typed is no number; the message is Chinese and says how to write one."""


@dataclass(frozen=True, slots=True)
class Typed:
    """``unit`` is a code of language.quantities or '' where none was typed."""

    value: Decimal
    value_max: Decimal | None = None
    unit: str = ""
    qualifier: str = ""


def read(text: str) -> Typed:
    """The number, its range, unit and qualifier. Raises TypedError."""
    plain = re.sub(r"\s+", "", fold(text)).replace("m²", "m2")
    found = _TYPED.fullmatch(plain) if len(plain) <= 60 else None
    if not found:
        raise TypedError(
            f"看不懂“{text.strip()[:30]}”。写数字，也可以带单位：9.5亿元、351亩、29家。"
        )
    power = _POWERS[found["power"] or ""]
    low = _number(found["low"], _POWERS[found["low_power"]] if found["low_power"] else power)
    high = _number(found["high"], power) if found["high"] else None
    if found["low_power"] and found["power"] and not found["high"]:
        raise TypedError(f"“{text.strip()[:30]}”有两个数量级。")
    if high is not None and high <= low:
        raise TypedError(f"“{text.strip()[:30]}”的后一个数要大于前一个，如 2至3万㎡、9.5亿元。")
    unit = _UNITS.get((found["unit"] or "").lower(), "")
    word = "at_least" if found["more"] else _QUALIFIERS.get(found["word"] or "", "")
    return Typed(low, high, unit, word)


def _number(digits: str, power: int) -> Decimal:
    try:
        return Decimal(digits.replace(",", "")) * power
    except InvalidOperation as error:  # pragma: no cover - the pattern takes digits only
        raise TypedError("不是数字。") from error
