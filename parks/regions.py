"""Places by their GB/T 2260 code: the few this site has to do with, not the whole country.

Source: GB/T 2260 (codes of the administrative divisions of the PRC), county level.
"""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import get_language


@dataclass(frozen=True)
class Region:
    """One administrative division; ``parent`` is the code of the next higher one, or ''."""

    code: str
    name_zh: str
    name_en: str
    parent: str = ""


_SHANGHAI, _ZHEJIANG, _JIANGSU, _YUNNAN = "310000", "330000", "320000", "530000"
REGIONS = {
    region.code: region
    for region in (
        Region(_SHANGHAI, "上海市", "Shanghai"),
        Region("310101", "黄浦区", "Huangpu", _SHANGHAI),
        Region("310104", "徐汇区", "Xuhui", _SHANGHAI),
        Region("310105", "长宁区", "Changning", _SHANGHAI),
        Region("310106", "静安区", "Jing'an", _SHANGHAI),
        Region("310107", "普陀区", "Putuo", _SHANGHAI),
        Region("310109", "虹口区", "Hongkou", _SHANGHAI),
        Region("310110", "杨浦区", "Yangpu", _SHANGHAI),
        Region("310112", "闵行区", "Minhang", _SHANGHAI),
        Region("310113", "宝山区", "Baoshan", _SHANGHAI),
        Region("310114", "嘉定区", "Jiading", _SHANGHAI),
        Region("310115", "浦东新区", "Pudong", _SHANGHAI),
        Region("310116", "金山区", "Jinshan", _SHANGHAI),
        Region("310117", "松江区", "Songjiang", _SHANGHAI),
        Region("310118", "青浦区", "Qingpu", _SHANGHAI),
        Region("310120", "奉贤区", "Fengxian", _SHANGHAI),
        Region("310151", "崇明区", "Chongming", _SHANGHAI),
        Region(_JIANGSU, "江苏省", "Jiangsu"),
        Region("320500", "苏州市", "Suzhou", _JIANGSU),
        Region(_ZHEJIANG, "浙江省", "Zhejiang"),
        Region("330300", "温州市", "Wenzhou", _ZHEJIANG),
        Region(_YUNNAN, "云南省", "Yunnan"),
        Region("532300", "楚雄彝族自治州", "Chuxiong", _YUNNAN),
    )
}


def region_choices() -> list[tuple[str, str]]:
    """(code, full Chinese name) for forms, in the order of the codes."""
    return [(code, full_name(code, "zh-hans")) for code in REGIONS]


def validate_region(code: str) -> None:
    if code not in REGIONS:
        raise ValidationError(
            "“%(code)s”不在行政区划表里；嘉定区是 310114。",
            code="unknown_region",
            params={"code": code},
        )


def name(code: str, language: str | None = None) -> str:
    """The place's own name in ``language`` (default: the active one); '' for an unknown code."""
    region = REGIONS.get(code)
    if region is None:
        return ""
    return region.name_en if (language or get_language()) == "en" else region.name_zh


def full_name(code: str, language: str | None = None) -> str:
    """The name with its parent's: 上海市嘉定区, or Jiading, Shanghai."""
    region = REGIONS.get(code)
    if region is None:
        return ""
    own, parent = name(code, language), name(region.parent, language)
    if (language or get_language()) == "en":
        return f"{own}, {parent}" if parent else own
    return parent + own
