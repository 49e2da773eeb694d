"""What a brochure says, as plain JSON: every text ready in the active language, no markup.

The typesetting reads it as data (typeset/brochure.typ), so whatever a name is made of is printed
and never run. Pictures are named here by their files and only read when an edition is set.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import unescape
from io import BytesIO
from typing import Any

import segno
from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from parkcms.language.dates import PartialDate
from parkcms.language.names import localized
from parkcms.language.quantities import Shown
from parkcms.library.models import Picture

from . import brochure_spaces, cover, profile
from .figure_blocks import Block, Part
from .models import ContactCard, Park, ParkIndustry, Space
from .notes import Note, Notes

MAX_SPACES = 12  # chosen ones, each on a page of its own
MAX_TABLE = 200  # rows of the table of spaces; the site has the rest
# What a brochure of spaces alone has nothing of.
_LISTS = (
    "intro", "figures", "phases", "events", "industries", "admission", "policies", "about",
    "transport", "amenities", "photos",
)  # fmt: skip
_WIDEST = 1440  # pixels: more is not seen on paper and weighs


@dataclass
class Brochure:
    """``data`` is what is printed; ``files`` holds drawings by name, ``pictures`` stored files."""

    data: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)

    def draw(self, name: str, drawing: bytes) -> str:
        self.files[name] = drawing
        return name

    def picture(self, one: Picture | None) -> dict[str, Any] | None:
        """The picture as the typesetting needs it; None where no stored form can be printed."""
        forms = [row for row in one.forms if row[1] in {"jpg", "png"}] if one else []
        fitting = [row for row in forms if row[2] <= _WIDEST] or forms
        if not fitting:
            return None
        size, suffix, width, height = max(fitting, key=lambda row: row[2])
        name = f"picture-{one.pk}.{suffix}"
        self.pictures[name] = f"pictures/{one.sha256[:2]}/{one.sha256[2:32]}-{size}.{suffix}"
        if not default_storage.exists(self.pictures[name]):
            del self.pictures[name]
            return None
        said = [one.caption, localized(one, "credit") if one.credit else ""]
        return {
            "file": name,
            "alt": one.alt or one.caption or _("照片"),
            "ratio": round(width / max(height, 1), 4),
            "caption": " · ".join(part for part in said if part),
            "label": _("效果图") if one.is_rendering else "",
        }


def of_park(park: Park, chosen: list[Space], site_name: str) -> Brochure:
    """The brochure of a park (from ``parks_with_names``); with chosen spaces, of those only."""
    page = profile.read(park)
    made = Brochure({})
    table = chosen or list(brochure_spaces.offered(park)[:MAX_TABLE])
    made.data = {
        **_frame(site_name, park.get_absolute_url(), made, table),
        "title": park.name,
        "place": _joined(park.region_name, park.town, page.level),
        "kind": _("选定空间") if chosen else _("园区手册"),
        "aliases": list(park.other_names),
        "cover": _cover(park, made),
        "intro": [] if chosen else _paragraphs(localized(park, "intro")),
        "figures": _figures(page.blocks),
        "phases": [] if chosen else [_phase(one) for one in page.phase_blocks],
        "events": [] if chosen else [_event(e) for e in (*page.events, *page.undated_events)],
        "industries": [
            {"label": str(label), "names": [row["name"] for row in names]}
            for stance, label in ParkIndustry.Stance.choices
            if (names := profile.industry_names(park, stance))
        ],
        "admission": [_term(*one) for one in page.admission],
        "policies": [_policy(*one) for one in page.policies],
        "about": _about(park),
        "transport": [_link(*one) for one in page.transport],
        "amenities": [_amenity(*one) for one in page.amenities],
        "plan": made.picture(page.site_plan),
        "photos": [] if chosen else _photos(page.pictures, made),
        "contact": _contact(park.contact),
    }
    _tell_spaces(made, table, chosen, page.notes, with_park=False)
    return made


def of_spaces(chosen: list[Space], site_name: str, address: str) -> Brochure:
    """The brochure of chosen spaces of several parks; rows know park, cover, source and plan."""
    made = Brochure({})
    parks = list(dict.fromkeys(space.park for space in chosen))
    contacts = {park.contact_id: park.contact for park in parks}
    made.data = {
        **_frame(site_name, address, made, chosen),
        "title": _("空间手册"),
        "place": _joined(*(park.name for park in parks)),
        "kind": _("选定空间"),
        "aliases": [],
        "cover": _cover(parks[0], made),
        "contact": _contact(next(iter(contacts.values())) if len(contacts) == 1 else None),
    }
    _tell_spaces(made, chosen, chosen, Notes(), with_park=True)
    return made


def _frame(site_name: str, path: str, made: Brochure, table: list[Space]) -> dict[str, Any]:
    today, english = timezone.localdate(), get_language() == "en"
    url = settings.PARKCMS_ORIGIN + path
    ends = [one.valid_until for one in table if one.shown_rent is not None and one.valid_until]
    drawing = BytesIO()
    segno.make(url, error="m", micro=False).save(drawing, kind="svg", border=4, dark="#14222e")
    made.draw("qr.svg", drawing.getvalue())
    dated = _("本手册 %(date)s 生成") % {"date": today.isoformat()}
    valid = _("价格有效至 %(date)s（最早的一个）") % {"date": min(ends).isoformat()} if ends else ""
    return {
        "lang": "en" if english else "zh",
        "date": [today.year, today.month, today.day],
        "site": site_name,
        "url": url,
        "edition": dated,
        "validity": valid,
        "words": _words(),
        **{part: [] for part in _LISTS},
        "plan": None,
    }  # fmt: skip


def _words() -> dict[str, str]:
    """Everything the pages say that is not about one park."""
    return {
        "figures": _("关键数字"), "spaces": _("可租空间"), "phases": _("分期"),
        "events": _("园区大事"), "industries": _("产业"), "admission": _("准入条件"),
        "policies": _("现行政策"), "place": _("位置与配套"), "transport": _("交通"),
        "amenities": _("配套"), "plan": _("总平面图"), "photos": _("照片"),
        "sources": _("数据来源"), "contact": _("联系"), "service": _("招商服务"),
        "ad": _("广告"), "planned": _("计划"), "sample": _("示例"),
        "no_spaces": _("目前没有可租的空间。"),
        "sample_note": _("标“示例”的是演示用的虚构空间，园区里并没有它，数字也不作数。"),
        "numbers_note": _("每个数字后的小号数字是出处，列在“数据来源”。"),
        "web": _("资料以网页为准"), "floor_plan": _("平面图"), "park": _("园区"),
        "rent_note": _(
            "每月约数 = 日租金 × 365 ÷ 12 × 建筑面积，出租方按固定天数收租的照那个天数；"
            "税和物业费见租金下面的小字。"
        ),
        "qr": _("网页的二维码"),
        "policies_note": _("只列今天有效的；过期的不作依据。"),
    }  # fmt: skip


def _tell_spaces(
    made: Brochure, table: list[Space], chosen: list[Space], notes: Notes, *, with_park: bool
) -> None:
    """The table, a page for each chosen space, and the notes, which both may add to."""
    rows, has_plans = [], {}
    for space in table:
        note = notes.take(space.source) if space.source_id else None
        rows.append(brochure_spaces.row(space, note.number if note else 0, with_park=with_park))
    for space in chosen:
        photos = [made.picture(one.picture) for one in space.pictures.all()[:2]]
        has_plans[space.pk] = {
            "plan": made.picture(space.floor_plan),
            "photos": [one for one in photos if one],
        }
    made.data["spaces"] = {"columns": brochure_spaces.columns(with_park=with_park), "rows": rows}
    made.data["details"] = [
        {**brochure_spaces.detail(space, with_park=with_park), **has_plans[space.pk]}
        for space in chosen
    ]
    made.data["notes"] = [_note(note) for note in notes]


def _cover(park: Park, made: Brochure) -> dict[str, Any]:
    if photo := made.picture(park.cover):
        return photo
    alt = _("%(name)s（绘制的示意图）") % {"name": park.name}
    made.draw("cover.svg", cover.draw(park.slug, title=alt, width=1000, height=1000).encode())
    return {"file": "cover.svg", "alt": alt, "label": _("示意图"), "ratio": 1, "caption": ""}


def _photos(pictures: Iterable[Picture], made: Brochure) -> list[dict]:
    return [one for one in map(made.picture, list(pictures)[:6]) if one]


def _figures(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    return [
        {
            "label": str(block.label),
            **_value(block.lead),
            "planned": block.lead.is_planned,
            "beside": _value(block.beside) if block.beside else None,
            "differs": _("来源说法不一，见网页") if block.conflicts else "",
        }
        for block in blocks
    ]


def _value(part: Part) -> dict[str, Any]:
    told = part.row.newest
    shown: Shown = told.shown
    return {
        "number": shown.number,
        "unit": shown.unit,
        "before": "" if shown.follows else shown.qualifier,
        "after": shown.qualifier if shown.follows else "",
        "also": str(part.also or ""),
        "when": _when(told.figure.as_of),
        "age": part.age,
        "note": told.note.number,
    }


def _when(as_of: PartialDate) -> str:
    return _("截至%(date)s") % {"date": as_of.display()} if as_of else _("日期未载")


def _phase(one: profile.PhaseBlocks) -> dict[str, Any]:
    return {
        "name": one.phase.name,
        "status": one.phase.get_status_display() if one.phase.status else "",
        "developer": one.phase.developer,
        "dates": [
            {
                "label": event.milestone.get_kind_display(),
                "text": event.milestone.happened.display(),
                "planned": event.is_planned,
                "note": event.note.number,
            }
            for event in one.events
        ],
        "figures": _figures(one.blocks),
    }


def _event(event: profile.Event) -> dict[str, Any]:
    late = _("计划的日期已过，还没有做到的说法。") if event.is_overdue else ""
    return {
        "when": event.milestone.happened.display(),
        "text": event.milestone.plain_title,
        "planned": event.is_planned,
        "late": late,
        "note": event.note.number,
    }


def _term(term: Any, note: Note | None) -> dict[str, Any]:
    said = [_joined(term.value_text, term.unit, by=" "), localized(term, "text")]
    if term.value is None:
        said.append({True: _("要求"), False: _("不要求"), None: _("待确认")}[term.required])
    text = _joined(*said)
    return {"label": term.get_kind_display(), "text": text, "when": _when(term.as_of),
            **_noted(note)}  # fmt: skip


def _policy(policy: Any, note: Note | None) -> dict[str, Any]:
    dates = {"start": policy.valid_from.display(), "end": policy.valid_to.display()}
    told = _("%(start)s起，有效至%(end)s") if policy.valid_to else _("%(start)s起，文件未设期限")
    return {
        "title": policy.plain_title,
        "meta": _joined(localized(policy, "issuer"), policy.document_number, told % dates),
        "benefits": [
            {
                "kind": one.get_kind_display(),
                "text": _joined(
                    localized(one, "amount"),
                    localized(one, "condition"),
                    _("最高 %(amount)s") % {"amount": one.most} if one.most else "",
                ),
            }
            for one in policy.granted
        ],
        **_noted(note),
    }


def _about(park: Park) -> list[dict[str, str]]:
    origin = {"origin": park.origin_name, "host": park.host_name}
    rows = [
        (_("地址"), localized(park, "address")),
        (_("四至"), localized(park, "boundary")),
        (_("行政区划"), park.region_name),
        (_("运营单位"), park.operator),
        (_("开发单位"), park.developer),
        (_("产权"), localized(park, "tenure") or park.get_title_type_display()),
        (_("飞地"), _("%(origin)s设在%(host)s") % origin if park.origin_region else ""),
    ]
    return [{"label": label, "text": str(text)} for label, text in rows if text]


def _link(link: Any, note: Note | None) -> dict[str, Any]:
    km = f"{link.distance_km.normalize():f} km" if link.distance_km is not None else ""
    return {"label": link.get_kind_display(), "name": link.name, "km": km or _("距离待确认"),
            **_noted(note)}  # fmt: skip


def _amenity(amenity: Any, note: Note | None) -> dict[str, Any]:
    return {"name": amenity.name, "state": amenity.get_state_display(), **_noted(note)}


def _noted(note: Note | None) -> dict[str, int]:
    return {"note": note.number if note else 0}


def _note(note: Note) -> dict[str, Any]:
    source = note.source
    if source is None:
        return {"n": note.number, "head": _("来源缺失"), "url": "", "sentence": note.sentence}
    head = source.publisher + (f"《{source.title}》" if source.title else "")
    return {
        "n": note.number,
        "head": _joined(head, source.published.display()),
        "url": source.url,
        "sentence": note.sentence,
    }


def _contact(card: ContactCard | None) -> dict[str, Any] | None:
    if card is None:
        return None
    english = get_language() == "en"
    phone = card.parsed_phone
    rows = [
        (_("联系人"), (english and card.name_en) or card.name),
        (_("机构"), (english and card.organisation_en) or card.organisation),
        (_("电话"), phone.display if phone else card.phone),
        (_("微信"), card.wechat),
        (_("时间"), localized(card, "hours")),
    ]
    return {
        "rows": [{"label": label, "text": text} for label, text in rows if text],
        "sample": card.is_sample,
    }


def _paragraphs(text: str) -> list[str]:
    plain = unescape(strip_tags(text))
    return [line.strip() for line in plain.splitlines() if line.strip()]


def _joined(*parts: object, by: str = " · ") -> str:
    return by.join(str(part) for part in parts if part)
