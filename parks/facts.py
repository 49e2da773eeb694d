"""What is known of a space, as one table: for its page, the comparison and the brochure alike.

A fact without text is unknown, which is not no: readers see 待确认. ``rank`` orders values of one
key; ``better`` says which end of the order is the better one, '' where nobody can decide that.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from parkcms.language.quantities import written

from . import availability
from .forms import written as machine
from .models import Space
from .units import Units

HIGHER, LOWER = "higher", "lower"


@dataclass(frozen=True, slots=True)
class Fact:
    """One line; ``text`` is for readers of the active language, ``lang`` where it is in another."""

    key: str
    label: str
    text: str = ""
    rank: Decimal | None = None
    better: str = ""
    lang: str = ""

    @property
    def known(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True, slots=True)
class Group:
    key: str
    label: str
    facts: list[Fact]


def facts(space: Space, units: Units | None = None) -> list[Group]:
    """All facts in a fixed order of groups and keys. Reads space.park and space.phase."""
    chosen = units or Units()
    groups: tuple[tuple[str, str, Callable[[Space, Units], list[Fact]]], ...] = (
        ("place", _("位置"), _place),
        ("area", _("面积"), _area),
        ("structure", _("结构"), _structure),
        ("supply", _("电力与设备"), _supply),
        ("safety", _("消防与环评"), _safety),
        ("price", _("价格"), _price),
        ("letting", _("可租"), _letting),
    )
    return [Group(key, label, made(space, chosen)) for key, label, made in groups]


def some(space: Space, units: Units, keys: Iterable[str]) -> list[Fact]:
    """The facts a list asks of each of many spaces, without making the others: keys of SINGLE."""
    return [SINGLE[key](space, units) for key in keys]


def how_computed(space: Space) -> str:
    """How ``Space.monthly_total_cny`` is reckoned, in words."""
    if space.billing_days:
        return _("日租金 × %(days)s 天（出租方每月按此收）× 建筑面积") % {
            "days": written(space.billing_days)
        }
    return _("日租金 × 365 ÷ 12 × 建筑面积")


def price_terms(space: Space) -> tuple[str, str]:
    """What a rent holds: tax and service charge, each yes, no or to be confirmed."""
    tax = {True: _("含税"), False: _("不含税"), None: _("是否含税待确认")}
    fee = {True: _("含物业费"), False: _("不含物业费"), None: _("是否含物业费待确认")}
    return tax[space.rent_incl_tax], fee[space.rent_incl_service]


def label_of(space: Space, field: str) -> str:
    """As ``get_…_display`` says it, which reads the choices anew each time."""
    value = getattr(space, field)
    return str(_labels(field).get(value, value))


def shown_date(on: object) -> str:
    return f"{on.day} {on:%B %Y}" if get_language() == "en" else date_format(on, "Y年n月j日")


def _place(space: Space, units: Units) -> list[Fact]:
    park = space.park
    return [
        Fact("park", _("所在园区"), park.name, lang=_foreign(park.name)),
        Fact("region", _("行政区划"), park.region_name),
        Fact("phase", _("期次"), space.phase.name if space.phase else "",
             lang=_foreign(space.phase.name if space.phase else "")),
        _chinese("building", _("所在楼栋"), space.building),
        *some(space, units, ("floor", "form", "uses")),
    ]  # fmt: skip


def _area(space: Space, units: Units) -> list[Fact]:
    net = _in_area_unit("net", _("套内面积"), space.area_net_m2, units)
    return [_gross(space, units), net, _divisible(space, units)]


def _structure(space: Space, units: Units) -> list[Fact]:
    return [
        _storey(space, units),
        _measure("clear", _("净高"), space.clear_height_m, "m", HIGHER),
        _measure("eaves", _("檐口高"), space.eaves_height_m, "m", HIGHER),
        _load(space, units),
        _chinese("grid", _("柱网"), space.column_grid),
        _measure("span", _("跨度"), space.span_m, "m"),
        _fact("title", _("产权"), label_of(space, "title_type")),
        _fact("zone", _("用地区块"), label_of(space, "land_zone")),
        _fact("land_term", _("土地到期"), shown_date(space.land_term_end)
              if space.land_term_end else ""),
        _fact("fit_out", _("装修"), label_of(space, "fit_out")),
    ]  # fmt: skip


def _supply(space: Space, units: Units) -> list[Fact]:
    return [
        _power(space, units),
        _yes("expandable", _("可增容"), space.power_expandable),
        _yes("dual_feed", _("双回路"), space.dual_feed),
        _machines("lifts", _("货梯"), space.lifts, space.has_lift),
        _cranes(space, units),
        _measure("docks", _("卸货平台"), space.docks, _("个"), HIGHER),
        _yes("gas", _("天然气"), space.gas),
        _yes("steam", _("蒸汽"), space.steam),
        _yes("water", _("生产用水"), space.process_water),
        _fact("air", _("空调"), label_of(space, "air_conditioning")),
        _yes("cleanroom", _("洁净车间"), space.cleanroom),
    ]


def _safety(space: Space, units: Units) -> list[Fact]:
    return [
        _fire(space, units),
        _yes("sprinkler", _("自动喷淋"), space.sprinkler),
        _eia(space, units),
        _yes("sewage", _("可排生产废水"), space.sewage),
        _yes("exhaust", _("可设废气排放"), space.exhaust),
        _yes("hazardous", _("可存危化品"), space.hazardous_goods),
    ]


def _price(space: Space, units: Units) -> list[Fact]:
    total = space.monthly_total_cny
    months = _("个月")
    return [
        _rent(space, units),
        _yes("tax", _("租金含税"), space.rent_incl_tax),
        _yes("service", _("租金含物业费"), space.rent_incl_service),
        _measure("fee", _("物业费"), space.service_fee_cny_m2_month, _("元/㎡/月"), LOWER),
        _fact("total", _("每月约"),
              " ".join((written(total), _("元"))) if total is not None else ""),
        _fact("valid", _("报价有效至"), f"{space.valid_until:%Y-%m-%d}"
              if space.valid_until else ""),
        _measure("deposit", _("押金"), space.deposit_months, months, LOWER),
        _measure("prepay", _("预付"), space.prepay_months, months, LOWER),
        _measure("rent_free", _("免租期"), space.rent_free_days, _("天"), HIGHER),
        _chinese("escalation", _("递增"), space.escalation),
        _sale(space),
    ]  # fmt: skip


def _letting(space: Space, units: Units) -> list[Fact]:
    state = str(space.get_state_display())
    if space.state == Space.State.LETTABLE and space.standing == availability.GONE:
        state = _("久未确认")
    begins = ""
    if space.available_from:
        begins = shown_date(space.available_from)
    elif space.state == Space.State.LETTABLE and space.standing != availability.GONE:
        begins = _("随时")
    checked = f"{timezone.localtime(space.checked_at):%Y-%m-%d}" if space.checked_at else ""
    return [
        _fact("state", _("状态"), state),
        _fact("from", _("可入驻"), begins),
        _measure("term", _("最短租期"), space.min_term_months, _("个月"), LOWER),
        _yes("register", _("可注册公司"), space.can_register),
        _fact("checked", _("确认于"), checked),
    ]


def _floor(space: Space, units: Units) -> Fact:
    text = ""
    if space.is_whole_building:
        text = _("整栋")
    elif space.floor is not None:
        text = _("%(n)s 层") % {"n": space.floor}
    return Fact("floor", _("楼层"), text)


def _form(space: Space, units: Units) -> Fact:
    return Fact("form", _("形态"), label_of(space, "form"))


def _uses(space: Space, units: Units) -> Fact:
    return Fact("uses", _("可作用途"), _joined(str(use) for use in space.use_labels))


def _gross(space: Space, units: Units) -> Fact:
    return _in_area_unit("area", _("建筑面积"), space.area_gross_m2, units)


def _divisible(space: Space, units: Units) -> Fact:
    return _in_area_unit("divisible", _("起租面积"), space.min_divisible_m2, units)


def _storey(space: Space, units: Units) -> Fact:
    return _measure("storey", _("层高"), space.storey_height_m, "m", HIGHER)


def _load(space: Space, units: Units) -> Fact:
    load = space.floor_load_t_m2
    text = _with_unit(units.load(load)) if load is not None else ""
    return Fact("load", _("楼面荷载"), text, load, HIGHER)


def _power(space: Space, units: Units) -> Fact:
    return _measure("power", _("配电"), space.power_kva, "kVA", HIGHER)


def _cranes(space: Space, units: Units) -> Fact:
    return _machines("cranes", _("行车"), space.cranes, space.has_crane)


def _fire(space: Space, units: Units) -> Fact:
    return _fact("fire", _("火灾危险性"), label_of(space, "fire_class"))


def _eia(space: Space, units: Units) -> Fact:
    return _fact("eia", _("环评"), label_of(space, "eia"))


SINGLE = {
    "floor": _floor, "form": _form, "uses": _uses, "area": _gross, "divisible": _divisible,
    "storey": _storey, "load": _load, "power": _power, "cranes": _cranes, "fire": _fire,
    "eia": _eia,
}  # fmt: skip


def _in_area_unit(key: str, label: str, value: Decimal | None, units: Units) -> Fact:
    return Fact(key, label, _with_unit(units.area(value)) if value is not None else "", value)


def _rent(space: Space, units: Units) -> Fact:
    label, rent = _("租金"), space.shown_rent
    if rent is not None:
        return Fact("rent", label, _with_unit(units.rent(rent)), rent, LOWER)
    if space.rent_cny_m2_day is not None:
        return Fact("rent", label, _("报价已过期"), better=LOWER)
    return Fact("rent", label, _("面议") if space.rent_negotiable else "", better=LOWER)


def _sale(space: Space) -> Fact:
    price = None if space.quotation_expired else space.sale_price_cny_m2
    if price is None and space.sale_price_cny_m2 is not None:
        return Fact("sale", _("售价"), _("报价已过期"), better=LOWER)
    return _measure("sale", _("售价"), price, _("元/㎡"), LOWER)


def _measure(
    key: str, label: str, value: Decimal | int | None, unit: str, better: str = ""
) -> Fact:
    if value is None:
        return Fact(key, label, better=better)
    number = Decimal(value)
    return Fact(key, label, f"{written(number)} {unit}", number, better)


def _machines(key: str, label: str, rows: list[dict], has: bool | None) -> Fact:
    """The most that can be lifted at once is what counts: the strongest of them."""
    if rows:
        strongest = max(Decimal(str(row["t"])) for row in rows)
        return Fact(key, label, _joined(map(machine, rows)), strongest, HIGHER)
    none = has is False
    return Fact(key, label, _("没有") if none else "", Decimal(0) if none else None, HIGHER)


def _yes(key: str, label: str, value: bool | None) -> Fact:
    return Fact(key, label, "" if value is None else _("是") if value else _("否"))


def _fact(key: str, label: str, text: str) -> Fact:
    return Fact(key, label, text)


def _chinese(key: str, label: str, text: str) -> Fact:
    return Fact(key, label, text, lang=_foreign(text))


def _foreign(text: str) -> str:
    return "zh-Hans" if get_language() == "en" and not text.isascii() else ""


@cache
def _labels(field: str) -> dict[str, object]:
    return dict(Space._meta.get_field(field).flatchoices)


def _joined(parts: object) -> str:
    return (", " if get_language() == "en" else "、").join(parts)


def _with_unit(shown: tuple[str, str]) -> str:
    return f"{shown[0]} {shown[1]}"
