"""The enquiry form: no field of it is a model field, and reading it asks no database.

Park, space, page and privacy text come as text in hidden fields and are looked up only after the
journal has the enquiry.
"""

import unicodedata
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from parkcms.language import credit_code, phones
from parks import regions
from parks.models import Space

from .models import Enquiry
from .wishes import read_area, read_budget

DISTRICTS = [code for code, one in regions.REGIONS.items() if one.parent == "310000"]
# Chosen first in this order; the rest stays as GB/T 2260 has it.
NEAR = ("310114", "310113", "310117", "310118")
HIDDEN = ("about_kind", "about_id", "origin_kind", "origin_id", "consent_version")


def district_choices() -> list[tuple[str, str]]:
    ordered = [*NEAR, *(code for code in DISTRICTS if code not in NEAR)]
    return [(code, regions.name(code)) for code in ordered]


TOO_LONG = {"max_length": lazy("太长了，最多 %(limit_value)d 个字。")}


class PlainText(forms.CharField):
    """One line of text: full-width letters as they are, no line breaks, no control characters."""

    default_error_messages = TOO_LONG

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        return " ".join(_visible(text).split())


class Paragraphs(forms.CharField):
    """Text of several lines; cleaned before it is measured."""

    default_error_messages = TOO_LONG

    def to_python(self, value: Any) -> str:
        return _visible(super().to_python(value), keep="\n").strip()


def _text(purpose: str) -> forms.TextInput:
    """An input the browser may fill in by itself."""
    return forms.TextInput(attrs={"autocomplete": purpose})


class Silent(forms.CharField):
    """What a page of ours put there. A visitor can't see or mend it, so it is never wrong."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False)
        self.validators = []


class EnquiryForm(forms.Form):
    """What an investor fills in. Required: a name or a company, one way to reach them, consent."""

    required_css_class = "required"
    use_required_attribute = False
    # As the page has them, so that the list of errors goes down the page.
    field_order = ("intent", "uses", "area_text", "budget_text", "move_in", "districts", "tax_text",
                   "message", "contact_name", "company", "phone", "wechat", "email",
                   "credit_code")  # fmt: skip

    intent = forms.ChoiceField(
        label=lazy("需求"),
        choices=Enquiry.Intent.choices,
        required=False,
        widget=forms.RadioSelect,
        initial=Enquiry.Intent.RENT,
    )
    uses = forms.MultipleChoiceField(
        label=lazy("用途"),
        choices=Space.Use.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    area_text = PlainText(
        label=lazy("面积"),
        max_length=60,
        required=False,
        help_text=lazy("如 1500 ㎡、1000–2000 平；找土地写亩，如 20 亩。"),
    )
    budget_text = PlainText(
        label=lazy("预算"),
        max_length=60,
        required=False,
        help_text=lazy("如 1 元/㎡/天、每月 25 元/㎡，或每月总价。"),
    )
    districts = forms.MultipleChoiceField(
        label=lazy("区域"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=district_choices,
    )
    move_in = forms.ChoiceField(
        label=lazy("入驻时间"),
        required=False,
        choices=[("", lazy("请选择")), *Enquiry.MoveIn.choices],
    )
    tax_text = PlainText(
        label=lazy("预计年税收"),
        max_length=60,
        required=False,
        help_text=lazy("可以不填。部分园区对入驻企业有税收要求，填了能少走弯路；如 200 万元。"),
    )
    company = PlainText(
        label=lazy("公司"), max_length=80, required=False, widget=_text("organization")
    )
    credit_code = PlainText(
        label=lazy("统一社会信用代码"),
        max_length=40,
        required=False,
        help_text=lazy("可以不填，18 位。"),
    )
    contact_name = PlainText(
        label=lazy("联系人"), max_length=40, required=False, widget=_text("name")
    )
    phone = PlainText(
        label=lazy("电话"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        help_text=lazy("手机、座机（带分机）或境外号码都可以，如 138 0013 8000。"),
    )
    wechat = PlainText(label=lazy("微信号"), max_length=40, required=False)
    email = forms.EmailField(
        label=lazy("邮箱"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages=TOO_LONG | {"invalid": lazy("邮箱写得不完整，应像 name@example.cn。")},
    )
    message = Paragraphs(
        label=lazy("补充说明"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=lazy("层高、承重、用电、环评、行车等要求，写得越具体找得越准。"),
    )
    consent = forms.BooleanField(
        required=True,
        error_messages={"required": lazy("要先勾选同意，我们才能保存并使用您填写的联系方式。")},
    )
    consent_operator = forms.BooleanField(required=False)

    about_kind = Silent()
    about_id = Silent()
    origin_kind = Silent()
    origin_id = Silent()
    consent_version = Silent()
    elapsed_ms = Silent()
    website = Silent()

    # --- fields ---

    def clean_phone(self) -> str:
        typed = self.cleaned_data["phone"]
        if not typed:
            return ""
        try:
            self.cleaned_data["parsed_phone"] = phones.parse(typed)
        except phones.PhoneError as error:
            raise ValidationError(_phone_words(error), code=f"phone_{error.code}") from None
        return typed[:60]

    def clean_credit_code(self) -> str:
        typed = self.cleaned_data["credit_code"]
        if not typed:
            return ""
        try:
            return credit_code.parse(typed)
        except credit_code.CreditCodeError as error:
            raise ValidationError(_code_words(error), code=f"code_{error.code}") from None

    def clean_email(self) -> str:
        return self.cleaned_data["email"].strip()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self._all_empty("contact_name", "company"):
            words = _("请填写联系人或公司，二者填一个就行，如“王女士”。")
            self.add_error("contact_name", ValidationError(words, code="nobody"))
        if self._all_empty("phone", "wechat", "email"):
            words = _("请留一种联系方式：电话、微信或邮箱，如 138 0013 8000。")
            self.add_error("phone", ValidationError(words, code="unreachable"))
        return cleaned

    def _all_empty(self, *names: str) -> bool:
        """Whether none of these was filled in; one with an error was."""
        return not any(self.cleaned_data.get(name) or name in self.errors for name in names)

    # --- what the journal gets ---

    def content(self) -> dict[str, Any]:
        """The cleaned fields as plain values, under the names of an Enquiry's columns."""
        data = self.cleaned_data
        least, most = read_area(data["area_text"], is_land=data["intent"] == Enquiry.Intent.LAND)
        phone = data.get("parsed_phone")
        plain = ("intent", "uses", "area_text", "budget_text", "districts", "move_in", "tax_text",
                 "company", "credit_code", "contact_name", "wechat", "email", "message",
                 "consent_operator")  # fmt: skip
        return {
            **{name: data[name] for name in plain},
            **{name: list(dict.fromkeys(data[name])) for name in ("uses", "districts")},
            "area_min_m2": _number(least),
            "area_max_m2": _number(most),
            "budget_cny_m2_day": _number(read_budget(data["budget_text"])),
            "phone_raw": data["phone"],
            "phone_e164": phone.e164 if phone else "",
            "phone_extension": phone.extension if phone else "",
            "phone_doubts": list(phone.doubtful) if phone else [],
            **self._hidden(),
        }

    def _hidden(self) -> dict[str, Any]:
        """What came in hidden fields, cut to what a column has room for."""
        data = self.cleaned_data
        room = {"about_kind": 10, "origin_kind": 10, "about_id": 130, "origin_id": 130,
                "consent_version": 40}  # fmt: skip
        cut = {name: _visible(data.get(name) or "")[:size] for name, size in room.items()}
        elapsed = (data.get("elapsed_ms") or "").strip()
        is_number = elapsed.isascii() and elapsed.isdigit() and len(elapsed) < 10
        return cut | {
            "elapsed_ms": int(elapsed) if is_number else None,
            "honeypot": bool((data.get("website") or "").strip()),
        }

    def same(self) -> str:
        """The content normalised: equal for two submissions that say the same."""
        content = self.content()
        texts = ("intent", "area_text", "budget_text", "move_in", "tax_text", "company",
                 "credit_code", "contact_name", "wechat", "email", "message")  # fmt: skip
        parts = [content["phone_e164"], content["phone_extension"]]
        parts += [_folded(content[name]) for name in texts]
        parts += [",".join(sorted(set(content[name]))) for name in ("uses", "districts")]
        parts += [content["about_kind"], content["about_id"], str(content["consent_operator"])]
        return "\x1e".join(parts)


def _visible(text: str, keep: str = "") -> str:
    """Without control and direction characters; line ends as \\n."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        char if char in keep or char in " \n\t" or unicodedata.category(char)[0] != "C" else ""
        for char in text
    )


def _folded(text: str) -> str:
    """Without what two people who mean the same write differently: widths, case, spaces."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def _number(value: Decimal | None) -> str | None:
    """As a text, which neither JSON nor a column rounds."""
    return None if value is None else str(value)


def _phone_words(error: phones.PhoneError) -> str:
    if get_language() != "en":
        return str(error)
    words = _PHONE_EN.get(error.code, "We cannot read this phone number")
    return f"{words}, e.g. 138 0013 8000, 021-5950 1234 ext. 8012 or +49 30 901820."


_PHONE_EN = {
    "too_long": "This is too long for one phone number",
    "several": "Please give one number only",
    "letters": "There is a letter O, l or I in the number, perhaps for a 0 or a 1",
    "characters": "A phone number has digits only",
    "service": "This is a service number; please give your own",
    "area_code": "A landline needs its area code",
    "mobile_length": "A mobile number in mainland China has 11 digits",
    "shanghai": "A landline in Shanghai has 8 digits",
    "landline": "A landline is an area code and 7 or 8 digits",
    "hotline": "A 400 or 800 number has 10 digits",
    "extension": "We cannot read the extension",
    "abroad": "A number abroad begins with + and the country code",
}


def _code_words(error: credit_code.CreditCodeError) -> str:
    if get_language() != "en":
        return str(error)
    return (
        "This is not a valid unified social credit code: 18 characters, the last one checks the "
        f"others, e.g. {credit_code.EXAMPLE}. You may leave it empty."
    )
