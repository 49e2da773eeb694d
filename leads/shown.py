"""A submission as its sender sees it again, and as a form can take it back."""

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from parks.regions import name as region_name

from .filing import COLUMNS, MEASURES
from .models import Enquiry

# What a correction may change: all that was typed, not where it came from or what was consented to.
KEPT = {"about_kind", "about_id", "origin_kind", "origin_id", "consent_version"}
CORRECTED = tuple(name for name in COLUMNS if name not in KEPT)


def rows(enquiry: Enquiry) -> list[tuple[str, str]]:
    """(label, value) of all that was submitted through this receipt, as it was typed."""
    joint = _("、")
    found = [
        (_("关于"), _about(enquiry)),
        (_("需求"), enquiry.get_intent_display()),
        (_("用途"), joint.join(str(label) for label in enquiry.use_labels)),
        (_("面积"), enquiry.area_text),
        (_("预算"), enquiry.budget_text),
        (_("区域"), joint.join(region_name(code) for code in enquiry.districts)),
        (_("入驻时间"), enquiry.get_move_in_display() if enquiry.move_in else ""),
        (_("预计年税收"), enquiry.tax_text),
        (_("公司"), enquiry.company),
        (_("统一社会信用代码"), enquiry.credit_code),
        (_("联系人"), enquiry.contact_name),
        (_("电话"), _phone(enquiry)),
        (_("微信号"), enquiry.wechat),
        (_("邮箱"), enquiry.email),
        (_("补充说明"), enquiry.message),
        (_("转给园区运营方"), _("同意") if enquiry.consent_operator else _("不同意")),
    ]
    return [(label, str(value)) for label, value in found if value]


def _about(enquiry: Enquiry) -> str:
    """The park or space asked about, in the reader's language; '' for none."""
    if enquiry.space:
        return f"{enquiry.space.park.name} {enquiry.space.code}"
    return enquiry.park.name if enquiry.park else ""


def _phone(enquiry: Enquiry) -> str:
    phone = enquiry.phone
    if phone is None:
        return enquiry.phone_raw
    return phone.display_en if get_language() == "en" else phone.display


def typed(enquiry: Enquiry) -> dict[str, Any]:
    """What the form is filled with to correct it."""
    names = ("intent", "uses", "area_text", "budget_text", "districts", "move_in", "tax_text",
             "company", "credit_code", "contact_name", "wechat", "email", "message",
             "consent_operator", "about_kind", "about_id")  # fmt: skip
    return {name: getattr(enquiry, name) for name in names} | {"phone": enquiry.phone_raw}


def apply(enquiry: Enquiry, content: dict[str, Any]) -> list[str]:
    """Puts corrected content on the row; the names of the columns that changed."""
    changed = []
    for name in CORRECTED:
        column = Enquiry._meta.get_field(name)
        value = column.to_python(content[name]) if name in MEASURES else content[name]
        if getattr(enquiry, name) != value:
            setattr(enquiry, name, value)
            changed.append(name)
    return changed
