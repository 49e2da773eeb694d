"""How facts of a space are shown: a measure with its unit, and 待确认 where nobody knows."""

from decimal import Decimal

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from parks.availability import CONFIRMED
from parks.forms import written
from parks.models import Space

register = template.Library()


@register.simple_tag
def measure(value: Decimal | int | None, unit: str) -> SafeString:
    """``1,850 ㎡``, in English ``1,850 m²``; 待确认 for None: unknown is not no."""
    if value is None:
        return unknown()
    if get_language() == "en":
        unit = unit.replace("㎡", "m²")
    return format_html(
        '<span class="number">{}</span> <span class="unit">{}</span>', plain(value), unit
    )


@register.simple_tag
def fact(value: bool | None) -> SafeString | str:
    """是, 否 or 待确认."""
    if value is None:
        return unknown()
    return _("是") if value else _("否")


@register.simple_tag
def choice(label: str) -> SafeString | str:
    return label or unknown()


@register.simple_tag
def machines(rows: list[dict]) -> SafeString | str:
    return "、".join(map(written, rows)) if rows else unknown()


@register.simple_tag
def rent(space: Space) -> SafeString | str:
    """Rent a day while its quotation is valid; 面议 where it is to be agreed."""
    if space.shown_rent is not None:
        return format_html(
            '<span class="number">{}</span> <span class="unit">{}</span>',
            plain(space.shown_rent),
            _("元/㎡/天"),
        )
    if space.rent_cny_m2_day is not None:
        return _("报价已过期")
    return _("面议") if space.rent_negotiable else unknown()


@register.simple_tag
def availability(space: Space) -> SafeString:
    """可租, 2027年1月1日可租, 预订 …"""
    if space.state == Space.State.LETTABLE and not space.available_now:
        on = space.available_from
        shown = f"{on.day} {on:%B %Y}" if get_language() == "en" else date_format(on, "Y年n月j日")
        text = _("%(date)s起可租") % {"date": shown}
        return format_html('<span class="state soon">{}</span>{}', text, _unsure(space))
    shown = format_html('<span class="state {}">{}</span>', space.state, space.get_state_display())
    return format_html("{}{}", shown, _unsure(space))


def _unsure(space: Space) -> SafeString | str:
    """Behind what is said to be free: that nobody has confirmed it within 30 days."""
    if space.state != Space.State.LETTABLE or space.standing == CONFIRMED:
        return ""
    if space.checked_at is None:
        return format_html(' <span class="unknown">{}</span>', _("待确认"))
    told = {"date": f"{localtime(space.checked_at):%Y-%m-%d}"}
    text = _("待确认（上次确认 %(date)s）") % told
    return format_html(' <span class="unknown">{}</span>', text)


def plain(value: Decimal | int) -> str:
    """Thousands separated, no trailing zeros."""
    text = f"{value:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def unknown() -> SafeString:
    return format_html('<span class="unknown">{}</span>', _("待确认"))
