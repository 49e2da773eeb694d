"""The columns of a table of spaces: what each holds, in which unit, under which heading.

One list for everything that reads or writes such a table: the template, the export, the import and
the grid. A heading is the Chinese name with the unit in brackets; it is recognised without them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import translation

from parkcms.language.widths import fold

from .models import Space


@dataclass(frozen=True)
class Column:
    """``name`` is the field of Space; ``kind`` says how a cell is read (see table_cells.py)."""

    name: str
    label: str
    kind: str
    unit: str = ""
    example: str = ""
    aliases: tuple[str, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    places: int = 0
    longest: int = 0
    choices: tuple[tuple[str, str], ...] = ()  # (code, word)

    @property
    def heading(self) -> str:
        return f"{self.label}（{self.unit}）" if self.unit else self.label

    @property
    def words(self) -> dict[str, str]:
        return dict(self.choices)


# name, label, kind, unit, example, other headings
_ROWS: tuple[tuple, ...] = (
    ("code", "编号", "text", "", "3号楼-201", ("房号", "单元编号", "空间编号")),
    ("building", "楼栋", "text", "", "3号楼", ("楼号", "楼宇")),
    ("floor", "楼层", "whole", "", "2", ("层",)),
    ("is_whole_building", "整栋", "flag", "", "否"),
    ("phase", "期次", "phase", "", "", ("期",)),
    ("form", "形态", "choice", "", "分层厂房", ("物业形态", "类型")),
    ("uses", "可作用途", "choices", "", "生产、研发办公", ("用途",)),
    ("area_gross_m2", "建筑面积", "decimal", "㎡", "1850", ("面积",)),
    ("area_net_m2", "套内面积", "decimal", "㎡", "1600", ("套内",)),
    ("min_divisible_m2", "起租面积", "decimal", "㎡", "800", ("起租", "最小分割面积")),
    ("storey_height_m", "层高", "decimal", "m", "7.2"),
    ("clear_height_m", "净高", "decimal", "m", "6.3"),
    ("eaves_height_m", "檐口高", "decimal", "m", "", ("檐口高度",)),
    ("floor_load_t_m2", "荷载", "decimal", "t/㎡", "1.5", ("楼面荷载", "承重")),
    ("column_grid", "柱网", "text", "m", "8.4×8.4"),
    ("span_m", "跨度", "decimal", "m", "18"),
    ("lifts", "货梯", "lifts", "", "3t×2"),
    ("cranes", "行车", "cranes", "", "5t×1@7.5m"),
    ("docks", "卸货平台", "whole", "个", "2"),
    ("power_kva", "配电", "whole", "kVA", "630", ("配电容量",)),
    ("power_expandable", "可增容", "fact", "", "是"),
    ("dual_feed", "双回路", "fact"),
    ("gas", "天然气", "fact"),
    ("steam", "蒸汽", "fact"),
    ("process_water", "生产用水", "fact"),
    ("sewage", "排废水", "fact", "", "", ("可排生产废水",)),
    ("exhaust", "排废气", "fact", "", "", ("可设废气排放",)),
    ("hazardous_goods", "危化品", "fact", "", "", ("可存危化品",)),
    ("fire_class", "火灾危险性", "choice", "", "丙类", ("火灾危险性类别",)),
    ("sprinkler", "喷淋", "fact", "", "", ("自动喷淋",)),
    ("eia", "环评", "choice", "", "可办环评"),
    ("cleanroom", "洁净", "fact", "", "", ("洁净车间",)),
    ("air_conditioning", "空调", "choice"),
    ("fit_out", "装修", "choice", "", "毛坯"),
    ("title_type", "产权", "choice"),
    ("land_zone", "用地区块", "choice"),
    ("land_term_end", "土地到期", "date"),
    ("can_register", "可注册", "fact", "", "是", ("可注册公司",)),
    ("rent_cny_m2_day", "租金", "decimal", "元/㎡/天", "0.95"),
    ("rent_incl_tax", "租金含税", "fact", "", "是", ("含税",)),
    ("rent_incl_service", "租金含物业费", "fact", "", "否", ("含物业费",)),
    ("rent_negotiable", "租金可议", "fact", "", "", ("可议",)),
    ("service_fee_cny_m2_month", "物业费", "decimal", "元/㎡/月", "3.5"),
    ("rent_free_days", "免租期", "whole", "天", "60"),
    ("deposit_months", "押金", "whole", "月", "2", ("押",)),
    ("prepay_months", "预付", "whole", "月", "3", ("付",)),
    ("escalation", "递增", "text", "", "第三年起每年 5%"),
    ("min_term_months", "最短租期", "whole", "月", "24"),
    ("billing_days", "每月按几天收", "decimal", "天", "", ("每月天数",)),
    ("sale_price_cny_m2", "售价", "decimal", "元/㎡"),
    ("valid_until", "报价有效至", "date", "", "2027-06-30", ("有效至",)),
    ("available_from", "可入驻日", "date", "", "2027-01-01", ("可入驻",)),
    ("state", "状态", "choice", "", "可租"),
    ("note_zh", "补充说明", "text", "", "", ("说明", "备注")),
    ("note_en", "补充说明（英文）", "text", "", "", ("英文说明",)),
)


def _column(
    name: str, label: str, kind: str, unit: str = "", example: str = "", aliases: tuple = ()
) -> Column:
    field = Space._meta.get_field(name)
    limits = {
        type(rule): rule.limit_value
        for rule in getattr(field, "validators", ())
        if isinstance(rule, MinValueValidator | MaxValueValidator)
    }
    with translation.override("zh-hans"):
        source = field.base_field if kind == "choices" else field
        choices = tuple((str(code), str(word)) for code, word in source.choices or ())
    low, high = limits.get(MinValueValidator), limits.get(MaxValueValidator)
    return Column(
        name, label, kind, unit, example, aliases,
        low=Decimal(low) if low is not None and kind in {"decimal", "whole"} else None,
        high=Decimal(high) if high is not None and kind in {"decimal", "whole"} else None,
        places=getattr(field, "decimal_places", 0) or 0,
        longest=(getattr(field, "max_length", 0) or 0) if kind == "text" else 0,
        choices=choices,
    )  # fmt: skip


PARK = Column("park", "园区", "park", aliases=("园区名称",))
COLUMNS: tuple[Column, ...] = tuple(_column(*row) for row in _ROWS)
BY_NAME = {column.name: column for column in (PARK, *COLUMNS)}
REQUIRED = ("code", "area_gross_m2")
# What a cell of one column says about two fields of the row: whether there are any, and which.
HAVING = {"lifts": "has_lift", "cranes": "has_crane"}

_BRACKETED = re.compile(r"\(([^()]*)\)\s*$")


def columns(with_park: bool) -> tuple[Column, ...]:
    """The columns of a table, the park first where it holds those of several."""
    return (PARK, *COLUMNS) if with_park else COLUMNS


def key_of(heading: str) -> str:
    """A heading as it is compared: folded, without spaces, stars and what stands in brackets."""
    return re.sub(r"[\s*:]+", "", _BRACKETED.sub("", fold(heading))).casefold()


def unit_of(heading: str) -> str:
    """What stands in brackets at its end, folded; '' for none."""
    found = _BRACKETED.search(fold(heading).strip())
    return re.sub(r"\s+", "", found[1]).casefold() if found else ""


def named(heading: str) -> Column | None:
    """The column a heading means, whatever unit it gives; None for a heading nobody knows."""
    whole = re.sub(r"[\s*:]+", "", fold(heading)).casefold()
    return _KNOWN.get(whole) or _KNOWN.get(key_of(heading))


def _known() -> Iterator[tuple[str, Column]]:
    for column in BY_NAME.values():
        for word in (column.label, *column.aliases):
            yield re.sub(r"\s+", "", fold(word)).casefold(), column


_KNOWN = dict(_known())
