"""Spaces in a brochure: a row of the table, and a page with everything an engineer asks."""

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from . import availability, facts
from .models import Park, Space

# What a page of a space tells in its head already.
ABOVE = {"park", "region", "area", "rent", "total", "valid", "state", "checked"}


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
             "below": facts.how_computed(space)},
        ],
        "groups": [
            {
                "label": label,
                "rows": [
                    {"label": one.label, "text": one.text or _unknown(), "unknown": not one.known}
                    for one in rows
                ],
            }
            for label, rows in _groups(space)
        ],
        "remark": _plain_note(space),
        "checked": _checked(space),
    }  # fmt: skip


def _groups(space: Space) -> list[tuple[str, list[facts.Fact]]]:
    """All facts in the three columns of the page, without what stands above them."""
    made = {group.key: group.facts for group in facts.facts(space)}
    columns = (
        (_("空间与结构"), ("place", "area", "structure")),
        (_("水电气与环境"), ("supply", "safety")),
        (_("租约与产权"), ("price", "letting")),
    )
    return [
        (label, [one for key in keys for one in made[key] if one.key not in ABOVE])
        for label, keys in columns
    ]


def _rent(space: Space) -> tuple[str, str]:
    """The rent and, below it, its tax, fee and validity (a price is never told without them)."""
    if space.shown_rent is None:
        if space.rent_cny_m2_day is not None:
            return _("报价已过期"), ""
        return (_("面议") if space.rent_negotiable else _unknown()), ""
    until = _("有效至 %(date)s") % {"date": space.valid_until.isoformat()}
    terms = " · ".join((*facts.price_terms(space), until))
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
