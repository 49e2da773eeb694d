"""How the desk words an enquiry: one line for lists, the submission in the order of thought.

Until somebody asks for the contact, which is an Act, nothing here gives a number away: not the
masked contact, and not a number that was typed into some other field.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from parkcms.language import phones
from parkcms.ledger.models import Act
from parks.regions import name as region_name

from . import office
from .models import Activity, Enquiry
from .spam import SIGNALS

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_WECHAT = re.compile(
    r"(?i)((?:微信号?|wechat|weixin|vx|wx)(?:\s*id)?\s*(?:同号|是|为)?\s*[:：]?\s*)"
    r"([A-Za-z][\w-]{5,19})"
)
# Ten digits with or without separators are a number; so are seven in a row, as a local one is
# written. An area such as 1500-2000 is neither.
_DIGITS = re.compile(r"\+?\d(?:[ .·()‐-―−-]{0,2}\d){9,}|\d{7,}")
_HIDDEN = "（已遮住）"
SHOWN_ACTS = 50
Hide = Callable[[str], str]


def hide(text: str) -> str:
    """The text without phone numbers, mail addresses and WeChat names that stand in it."""
    for found in reversed(phones.find_mobiles(text)):
        text = f"{text[: found.start]}{_HIDDEN}{text[found.end :]}"
    text = _WECHAT.sub(rf"\1{_HIDDEN}", _MAIL.sub(_HIDDEN, text))
    return _DIGITS.sub(_HIDDEN, text)


def show(text: str) -> str:
    """The text as it is: for the one answer that shows the contact."""
    return text


def masked_name(name: str) -> str:
    """王小明 → 王**; a name in letters keeps its first letter."""
    return f"{name[:1]}**" if name else ""


def who(enquiry: Enquiry) -> str:
    """The company, else the person by surname."""
    if enquiry.company:
        return hide(enquiry.company)
    if enquiry.contact_name:
        return masked_name(enquiry.contact_name)
    return "（个人信息已删）" if enquiry.erased_at else "（未留名）"


def wish(enquiry: Enquiry) -> str:
    """租赁 · 生产、仓储 · 1,500–2,000 ㎡ · 嘉定区; what was not filled in is left out."""
    parts = [
        enquiry.get_intent_display(),
        "、".join(map(str, enquiry.use_labels)),
        area(enquiry) or hide(enquiry.area_text),
        districts(enquiry),
    ]
    return " · ".join(str(part) for part in parts if part)


def area(enquiry: Enquiry) -> str:
    """1,500–2,000 ㎡ as it was understood, '' where it was not."""
    low, high = enquiry.area_min_m2, enquiry.area_max_m2
    if low is not None and high is not None:
        return f"{low:,.0f} ㎡" if low == high else f"{low:,.0f}–{high:,.0f} ㎡"
    if low is not None:
        return f"{low:,.0f} ㎡ 起"
    return f"{high:,.0f} ㎡ 以内" if high is not None else ""


def districts(enquiry: Enquiry) -> str:
    """Names of the districts; a code nobody knows stays as it came."""
    return "、".join(region_name(code) or code for code in enquiry.districts)


def place(enquiry: Enquiry) -> str:
    """What it is about: a space with its park, a park, or the text that named neither."""
    if enquiry.space:
        return str(enquiry.space)
    if enquiry.park:
        return enquiry.park.name_zh
    return hide(enquiry.about_id)


def marks(enquiry: Enquiry) -> list[tuple[str, str]]:
    """(tone, words) of all that an agent must know before calling; tones: bad, warn, calm."""
    told = [
        (enquiry.withdrawn_at, "bad", "已撤回"),
        (enquiry.held, "bad", "疑似垃圾"),
        (not enquiry.held and enquiry.signals, "calm", "有可疑处"),
        (enquiry.duplicate_of, "warn", "重复"),
        (not enquiry.about_known, "warn", "园区不明"),
        (not enquiry.origin_known, "warn", "来源不明"),
        (not enquiry.consent_known, "warn", "隐私文本不明"),
        (enquiry.corrected_at, "calm", "已更正"),
        (enquiry.erased_at, "calm", "已删除"),
        (enquiry.is_sample, "calm", "示例"),
    ]
    return [(tone, words) for holds, tone, words in told if holds]


def signals(enquiry: Enquiry) -> list[str]:
    return [SIGNALS.get(code, code) for code in enquiry.signals]


def is_late(enquiry: Enquiry) -> bool:
    """Nobody has answered by the time the receipt promised."""
    is_waiting = enquiry.status == Enquiry.Status.NEW and enquiry.is_open and not enquiry.held
    return is_waiting and office.answer_by(enquiry.submitted_at) < timezone.now()


def ago(at: datetime) -> str:
    """How long ago, in the coarsest unit that says something: 刚刚, 12 分钟前, 3 小时前, 2 天前."""
    minutes = int((timezone.now() - at).total_seconds() // 60)
    if minutes < 1:
        return "刚刚"
    if minutes < 60:
        return f"{minutes} 分钟前"
    return f"{minutes // 60} 小时前" if minutes < 48 * 60 else f"{minutes // 1440} 天前"


# --- the submission -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """Some rows of the submission under one heading; a row without a value is left out."""

    title: str
    rows: list[tuple[str, str]] = field(default_factory=list)


def submission(enquiry: Enquiry, *, revealed: bool = False) -> list[Group]:
    """What was sent, in the order of thought: what is wanted, who asks, from where, consents."""
    plain: Hide = show if revealed else hide
    groups = [
        Group("要什么", _wanted(enquiry, plain)),
        Group("谁", _asker(enquiry, plain, revealed=revealed)),
        Group("从哪里来", _origin(enquiry, plain)),
        Group("同意", _consents(enquiry)),
    ]
    return [
        Group(one.title, [(label, str(value)) for label, value in one.rows if value])
        for one in groups
    ]


def _wanted(enquiry: Enquiry, plain: Hide) -> list[tuple[str, str]]:
    budget = enquiry.budget_cny_m2_day
    return [
        ("需求", enquiry.get_intent_display() if enquiry.intent else ""),
        ("用途", "、".join(map(str, enquiry.use_labels))),
        ("面积", _understood(area(enquiry), plain(enquiry.area_text))),
        (
            "预算",
            _understood(
                f"最多 {_short(budget)} 元/㎡/天" if budget else "", plain(enquiry.budget_text)
            ),
        ),
        ("区域", districts(enquiry)),
        ("入驻时间", enquiry.get_move_in_display() if enquiry.move_in else ""),
        ("预计年税收", plain(enquiry.tax_text)),
        ("补充说明", plain(enquiry.message)),
    ]


def _asker(enquiry: Enquiry, plain: Hide, *, revealed: bool) -> list[tuple[str, str]]:
    name = enquiry.contact_name
    return [
        ("公司", plain(enquiry.company)),
        ("统一社会信用代码", enquiry.credit_code),
        ("联系人", name if revealed else masked_name(name)),
        ("语言", "英文页提交" if enquiry.language == "en" else ""),
    ]


def _origin(enquiry: Enquiry, plain: Hide) -> list[tuple[str, str]]:
    came_from = plain(enquiry.origin_title) or plain(
        " ".join(part for part in (enquiry.origin_kind, enquiry.origin_id) if part)
    )
    unknown = "" if enquiry.origin_known else "（核对不到这一页）"
    known = "" if enquiry.about_known else "（核对不到这个园区或空间）"
    return [
        ("关于", f"{place(enquiry)}{known}"),
        ("来源页", f"{came_from}{unknown}"),
        ("提交时间", _moment(enquiry.submitted_at)),
        ("访客更正", _moment(enquiry.corrected_at)),
        ("访客撤回", _moment(enquiry.withdrawn_at)),
        ("个人信息已删", _moment(enquiry.erased_at)),
        ("首次联系", _moment(enquiry.first_contact_at)),
        ("最近联系", _moment(enquiry.last_contact_at)),
    ]


def _consents(enquiry: Enquiry) -> list[tuple[str, str]]:
    version = hide(enquiry.consent_version) or "没有注明"
    known = "" if enquiry.consent_known else "（核对不到这个版本）"
    return [
        ("隐私文本", f"{version}{known}"),
        ("转给园区运营方", "同意" if enquiry.consent_operator else "未同意"),
    ]


def _understood(read: str, typed: str) -> str:
    """What was read beside what was typed, where the two say different things."""
    if not read or not typed:
        return read or typed
    is_same = "".join(read.split()).replace(",", "") == "".join(typed.split())
    return read if is_same else f"{read}（原文：{typed}）"


def _short(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _moment(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


# --- its story ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an enquiry's story: a note somebody wrote, or an Act."""

    at: datetime
    who: str
    what: str
    text: str = ""
    is_note: bool = False


def story(enquiry: Enquiry, *, revealed: bool = False) -> list[Entry]:
    """Notes and Acts together, newest first; two queries."""
    plain: Hide = show if revealed else hide
    notes = Activity.objects.filter(enquiry=enquiry).select_related("author")
    entries = [
        Entry(one.at, str(one.author or ""), one.get_kind_display(), plain(one.text), is_note=True)
        for one in notes[:SHOWN_ACTS]
    ]
    entries += [
        Entry(act.at, act.actor_name, act.verb_label, _said(act))
        for act in Act.objects.about(enquiry).exclude(verb="note")[:SHOWN_ACTS]
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _said(act: Act) -> str:
    parts = [act.reason] if act.reason else []
    for name, before, after in changes(act):
        if name == "跟进":  # stands beside it as the note itself
            continue
        parts.append(f"{name} {before} → {after}" if before else f"{name} {after}")
    return "；".join(parts)


def changes(act: Act) -> list[tuple[str, str | None, str]]:
    """(field, before, after) of an Act about an enquiry, in the words of the desk."""
    return [
        (_label(name), None if before is None else _value(name, before), _value(name, after))
        for name, before, after in act.changes
    ]


def _label(name: str) -> str:
    found = _columns().get(name)
    return str(found.verbose_name) if found else name


def _value(name: str, value: object) -> str:
    if isinstance(value, list):
        return "、".join(_label(one) if isinstance(one, str) else str(one) for one in value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if name == "status":
        return dict(Enquiry.Status.choices).get(value, value)
    return "—" if value in (None, "") else str(value)


def _columns() -> dict[str, object]:
    return {column.name: column for column in Enquiry._meta.concrete_fields}
