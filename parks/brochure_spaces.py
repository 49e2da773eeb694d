"""Spaces in a brochure: a row of the table, and a page with everything an engineer asks."""

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from . import availability
from .forms import written
from .models import Park, Space


def offered(park: Park) -> QuerySet[Space]:
    """The spaces of a park on offer, by code; knows park and source."""
    return Space.objects.offered().filter(park=park).select_related("park", "source").order_by(
        "code", "id"
    )  # fmt: skip


def columns(*, with_park: bool) -> list[str]:
    heads = [
        _("空间"), _("形态"), _("建筑面积"), _("层高"), _("荷载"), _("配电"), _("租金"),
        _("每月约"), _("状态"),
    ]  # fmt: skip
    return [heads[0], _("园区"), *heads[2:]] if with_park else heads


def row(space: Space, note: int, *, with_park: bool) -> dict[str, Any]:
    """One line; the cells under ``columns``, the rent with tax, fee and validity below it."""
    rent, terms = _rent(space)
    cells = [
        space.park.name if with_park else space.get_form_display() or "—",
        _measure(space.area_gross_m2, "㎡"),
        _measure(space.storey_height_m, "m"),
        _measure(space.floor_load_t_m2, "t/㎡"),
        _measure(space.power_kva, "kVA"),
        rent,
        _total(space) or "—",
        _availability(space),
    ]
    return {
        "code": space.code, "cells": cells, "terms": terms, "sample": space.is_sample,
        "note": note, "standing": _standing(space),
    }  # fmt: skip


def detail(space: Space, *, with_park: bool) -> dict[str, Any]:
    """Everything known of a space in groups; what nobody knows is told as 待确认."""
    rent, terms = _rent(space)
    return {
        "code": space.code,
        "sub": " · ".join(
            part
            for part in (
                space.park.name if with_park else "",
                space.phase.name if space.phase_id else "",
                _availability(space),
            )
            if part
        ),
        "sample": space.is_sample,
        "headline": [
            {"label": _("建筑面积"), "text": _measure(space.area_gross_m2, "㎡"), "below": ""},
            {"label": _("租金"), "text": rent, "below": terms},
            {"label": _("每月约"), "text": _total(space) or _unknown(),
             "below": _("日租金 × 365 ÷ 12 × 建筑面积")},
        ],
        "groups": [
            {"label": label, "rows": [{"label": one, "text": text or _unknown(),
                                       "unknown": not text} for one, text in rows]}
            for label, rows in (
                (_("空间与结构"), _structure(space)),
                (_("水电气与环境"), _supply(space)),
                (_("租约与产权"), _lease(space)),
            )
        ],
        "remark": _plain_note(space),
        "checked": _checked(space),
    }  # fmt: skip


def _structure(space: Space) -> list[tuple[str, str]]:
    floor = _("整栋") if space.is_whole_building else ""
    if space.floor is not None:
        floor = _("%(n)s 层") % {"n": space.floor}
    joint = ", " if get_language() == "en" else "、"
    rows = [
        (_("形态"), space.get_form_display()),
        (_("可作用途"), joint.join(map(str, space.use_labels))),
        (_("楼栋与楼层"), f"{space.building} {floor}".strip()),
        (_("套内面积"), _known(space.area_net_m2, "㎡")),
        (_("起租面积"), _known(space.min_divisible_m2, "㎡")),
        (_("层高"), _known(space.storey_height_m, "m")),
        (_("净高"), _known(space.clear_height_m, "m")),
        (_("楼面荷载"), _known(space.floor_load_t_m2, "t/㎡")),
        (_("柱网"), space.column_grid),
        (_("货梯"), _machines(space.lifts, space.has_lift)),
        (_("行车"), _machines(space.cranes, space.has_crane)),
        (_("卸货平台"), _known(space.docks, "")),
    ]
    extra = [(_("檐口高"), space.eaves_height_m), (_("跨度"), space.span_m)]
    return rows + [(label, _known(value, "m")) for label, value in extra if value]


def _supply(space: Space) -> list[tuple[str, str]]:
    return [
        (_("配电"), _known(space.power_kva, "kVA")),
        (_("可增容"), _fact(space.power_expandable)),
        (_("双回路"), _fact(space.dual_feed)),
        (_("天然气"), _fact(space.gas)),
        (_("蒸汽"), _fact(space.steam)),
        (_("生产用水"), _fact(space.process_water)),
        (_("可排生产废水"), _fact(space.sewage)),
        (_("可设废气排放"), _fact(space.exhaust)),
        (_("可存危化品"), _fact(space.hazardous_goods)),
        (_("火灾危险性"), space.get_fire_class_display()),
        (_("自动喷淋"), _fact(space.sprinkler)),
        (_("环评"), space.get_eia_display()),
        (_("洁净车间"), _fact(space.cleanroom)),
        (_("空调"), space.get_air_conditioning_display()),
        (_("装修"), space.get_fit_out_display()),
    ]


def _lease(space: Space) -> list[tuple[str, str]]:
    months, days = _("个月"), _("天")
    return [
        (_("可入驻"), space.available_from.isoformat() if space.available_from else ""),
        (_("物业费"), _known(space.service_fee_cny_m2_month, _("元/㎡/月"))),
        (_("押金"), _known(space.deposit_months, months)),
        (_("预付"), _known(space.prepay_months, months)),
        (_("免租期"), _known(space.rent_free_days, days)),
        (_("递增"), space.escalation),
        (_("最短租期"), _known(space.min_term_months, months)),
        (_("产权"), space.get_title_type_display()),
        (_("用地区块"), space.get_land_zone_display()),
        (_("可注册公司"), _fact(space.can_register)),
    ]


def _rent(space: Space) -> tuple[str, str]:
    """The rent and, below it, its tax, fee and validity (a price is never told without them)."""
    if space.shown_rent is None:
        if space.rent_cny_m2_day is not None:
            return _("报价已过期"), ""
        return (_("面议") if space.rent_negotiable else _unknown()), ""
    tax = {True: _("含税"), False: _("不含税"), None: _("是否含税待确认")}
    fee = {True: _("含物业费"), False: _("不含物业费"), None: _("是否含物业费待确认")}
    until = _("有效至 %(date)s") % {"date": space.valid_until.isoformat()}
    terms = " · ".join((tax[space.rent_incl_tax], fee[space.rent_incl_service], until))
    return " ".join((_plain(space.shown_rent), _("元/㎡/天"))), terms


def _total(space: Space) -> str:
    total = space.monthly_total_cny
    return " ".join((_plain(total), _("元"))) if total is not None else ""


def _availability(space: Space) -> str:
    if space.state != Space.State.LETTABLE or space.available_now:
        return space.get_state_display()
    on = space.available_from
    shown = f"{on.day} {on:%B %Y}" if get_language() == "en" else date_format(on, "Y年n月j日")
    return _("%(date)s起可租") % {"date": shown}


def _standing(space: Space) -> str:
    """Said only where it is less than sure."""
    standing = space.standing
    return "" if standing == availability.CONFIRMED else str(availability.LABELS[standing])


def _checked(space: Space) -> str:
    if space.checked_at is None:
        return _("以上信息还没有人核对过。")
    told = {"date": f"{space.checked_at:%Y-%m-%d}"}
    return _("招商人员于 %(date)s 核对过以上信息。") % told


def _plain_note(space: Space) -> str:
    return (get_language() == "en" and space.note_en) or space.note_zh


def _machines(rows: list[dict], has: bool | None) -> str:
    return "、".join(map(written, rows)) if rows else _fact(has)


def _fact(value: bool | None) -> str:
    return "" if value is None else (_("是") if value else _("否"))


def _known(value: Decimal | int | None, unit: str) -> str:
    return "" if value is None else _measure(value, unit)


def _measure(value: Decimal | int | None, unit: str) -> str:
    if value is None:
        return _unknown()
    if get_language() == "en":
        unit = unit.replace("㎡", "m²")
    return f"{_plain(value)} {unit}".strip()


def _plain(value: Decimal | int) -> str:
    text = f"{value:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _unknown() -> str:
    return _("待确认")
