"""Telephone numbers as people in China write them: mobiles, landlines with extension, 400 numbers.

Numbers of other places need their ``+`` and country code and are judged by libphonenumber.
"""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass

import phonenumbers

from .widths import fold_with_map

MOBILE_EXAMPLE, LANDLINE_EXAMPLE = "138 0013 8000", "021-5950 1234"
EXAMPLES = f"如 {MOBILE_EXAMPLE} 或 {LANDLINE_EXAMPLE} 转 8012"
MAX_LENGTH = 60

# Why a number that has the right form may still not be a person's: code and words.
DOUBTS = {
    "fake": "像是随手填的号码",
    "iot": "物联网号段，通常不是个人手机",
    "satellite": "卫星电话号段",
    "unknown_range": "目前没有分配给个人的号段",
}

# Ranges given to people's mobiles; new ones appear, so the others are doubted and not refused.
_PEOPLE = re.compile(r"1(?:[38]\d|4[57]|5[0-35-9]|6[2567]|7[0-35-8]|9[0-35-9])\d{8}")
_IOT = re.compile(r"14[014689]")
_HOTLINE = re.compile(r"[48]00\d{7}")
_LANDLINE = re.compile(r"0(?P<area>10|2\d|[3-9]\d\d)(?P<local>[2-9]\d{6,7})")
_SERVICE = re.compile(
    r"(?:0(?:10|2\d|[3-9]\d\d))?(?:9[56]\d{3,4}|12\d{3})|100\d\d|11\d|11[68]\d{3}|12[0-2]"
)
_COUNTRY = re.compile(r"(?:\+|00)86|86(?=1\d{10}$|[48]00\d{7}$|0?[2-9]\d{8,10}$|0?10\d{8}$)")
_WITHOUT_ZERO = re.compile(r"(?:10|2\d|[3-9]\d\d)[2-9]\d{6,7}")
# What is typed to get past a field. The first two are no numbers at all and pass, marked: refused,
# they would be made up better. The third is an operator's own service number.
_FAKES = {"11111111111", "12345678901", "13800138000"}
_FAKE_LOCALS = {"12345678", "23456789", "00000000", "2345678", "0000000"}

_LABEL = re.compile(r"(?:联系电话|电话|手机号?|座机|热线|tel|phone|mobile)\s*[:：.]?\s*", re.I)
_EXTENSION = re.compile(
    r"[\s,(;-]*(?:转\s*分机号?|转|分机号?|extension|ext\.?|x|[#,;])[\s:]*([0-9]{1,6})\s*\)?\s*",
    re.I,
)
_HYPHEN_EXTENSION = re.compile(r"(?P<number>.*[0-9]\)?)\s*-\s*(?P<extension>[0-9]{1,6})")
_SEPARATORS = re.compile(r"[\s\u00a0\u200b-\u200f\u202a-\u202e\u2060\ufeff·.()‐-―−-]+")
_LETTERS = re.compile(r"[\d+\s().·-]*[OolI|][\dOolI|+\s().·-]*")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))
_MOBILE_IN_TEXT = re.compile(
    r"(?<![0-9])(?<![0-9]\.)(?:(?:\+|00)?86[ -]?)?"
    r"(?P<number>1[3-9][0-9](?:[ .·‐-―−-]?[0-9]{4}){2})(?![0-9])"
    r"|(?<![0-9])(?P<run>(?:[0-9]{11}){2,})(?![0-9])"
)


class PhoneError(ValueError):
    """A text that is no number to call back; the message is Chinese and gives an example.

    Codes: ``empty``, ``too_long``, ``several``, ``letters``, ``characters``, ``service``,
    ``area_code``, ``mobile_length``, ``shanghai``, ``landline``, ``hotline``, ``extension``,
    ``abroad``, ``unreadable``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Phone:
    """One number. ``e164`` is +86…; ``kind`` is mobile, landline, hotline (400, 800) or abroad.

    ``doubtful`` holds keys of DOUBTS: reasons to look twice, never to refuse.
    """

    raw: str
    e164: str
    kind: str
    extension: str = ""
    doubtful: tuple[str, ...] = ()

    @property
    def national(self) -> str:
        """The digits dialled within China (with the 0 of a landline), or after + from abroad."""
        if self.kind == "abroad":
            return self.e164[1:]
        return ("0" if self.kind == "landline" else "") + self.e164[3:]

    @property
    def display(self) -> str:
        """For Chinese readers: 138 0013 8000, 021-5950 1234 转 8012, 400-000-0000."""
        return self._number() + (f" 转 {self.extension}" if self.extension else "")

    @property
    def display_en(self) -> str:
        """For readers abroad: +86 21 5950 1234 ext. 8012; a hotline, not reached from there, as
        at home."""
        number = self._number()
        if self.kind in {"mobile", "landline"}:
            number = "+86 " + number.removeprefix("0").replace("-", " ")
        return number + (f" ext. {self.extension}" if self.extension else "")

    @property
    def href(self) -> str:
        """For a link: tel:+862159501234,8012. 400 and 800 numbers are dialled without +86."""
        number = self.national if self.kind == "hotline" else self.e164
        return f"tel:{number}" + (f",{self.extension}" if self.extension else "")

    @property
    def masked(self) -> str:
        """For lists and logs: 138****8000, 021-****1234; the extension is left out."""
        digits = self.national
        if self.kind == "landline":
            area, local = _area_and_local(digits)
            return f"{area}-{'*' * (len(local) - 4)}{local[-4:]}"
        if self.kind == "hotline":
            return f"{digits[:3]}-***-{digits[6:]}"
        head = f"+{_country_code(self.e164)} " if self.kind == "abroad" else digits[:3]
        return f"{head}****{digits[-4:]}"

    def _number(self) -> str:
        digits = self.national
        if self.kind == "mobile":
            return f"{digits[:3]} {digits[3:7]} {digits[7:]}"
        if self.kind == "hotline":
            return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
        if self.kind == "landline":
            area, local = _area_and_local(digits)
            return f"{area}-{local[:-4]} {local[-4:]}"
        number = phonenumbers.parse(self.e164)
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)

    def __str__(self) -> str:
        return self.display


@dataclass(frozen=True, slots=True)
class Found:
    """A mobile number in a text: ``text[start:end]`` is how it is written, ``digits`` are 11."""

    start: int
    end: int
    digits: str


def parse(text: str, region: str = "CN") -> Phone:
    """Read one number; full width, +86, 0086, brackets and extensions are understood.

    ``region`` is the country of numbers written without ``+``. Raises PhoneError.
    """
    raw = text.strip()
    typed = unicodedata.normalize("NFKC", raw).translate(_DASHES).strip()
    typed = typed[found.end() :] if (found := _LABEL.match(typed)) else typed
    if not typed:
        raise PhoneError("empty", f"请填写电话，{EXAMPLES}。")
    if len(typed) > MAX_LENGTH:
        raise PhoneError("too_long", f"电话太长，请只填一个号码，{EXAMPLES}。")
    if len(find_mobiles(typed)) > 1:
        raise PhoneError("several", f"这里有几个号码连在一起，请只填一个，{EXAMPLES}。")
    number, extension = _split_extension(typed)
    try:
        return _read(raw, number, extension, region)
    except PhoneError:
        # libphonenumber would swallow “-8012” into the number, so a last group of digits is
        # tried as an extension, but only where the whole makes no number.
        found = _HYPHEN_EXTENSION.fullmatch(number)
        if extension or not found:
            raise
        with suppress(PhoneError):
            return _read(raw, found["number"], found["extension"], region)
        raise


def split_run(text: str) -> list[str]:
    """The mobiles in a run of n × 11 digits without separators; [] unless each is a person's."""
    digits = "".join(unicodedata.normalize("NFKC", text).split())
    if not re.fullmatch(r"(?:[0-9]{11})+", digits):
        return []
    parts = [digits[start : start + 11] for start in range(0, len(digits), 11)]
    return parts if all(_PEOPLE.fullmatch(part) for part in parts) else []


def find_mobiles(text: str) -> list[Found]:
    """The mobiles in a text, in order; glued runs are taken apart."""
    folded, places = fold_with_map(text)
    ends = [*places, len(text)]
    found: list[Found] = []
    for match in _MOBILE_IN_TEXT.finditer(folded):
        group = "number" if match["number"] else "run"
        start = match.start(group)
        if group == "number":
            pieces = [(match.start(), match.end(), re.sub(r"\D", "", match["number"]))]
        else:
            pieces = [
                (start + 11 * place, start + 11 * (place + 1), part)
                for place, part in enumerate(split_run(match["run"]))
            ]
        found += [Found(ends[first], ends[last], digits) for first, last, digits in pieces]
    return found


def _split_extension(typed: str) -> tuple[str, str]:
    """The number and its extension; what looks like one but is too long is an error."""
    for found in _EXTENSION.finditer(typed):
        if found.end() == len(typed) and re.search(r"\d", typed[: found.start()]):
            return typed[: found.start()], found[1]
    if re.search(r"转|分机|ext", typed, re.I):
        raise PhoneError("extension", f"分机号看不懂，请写成 {LANDLINE_EXAMPLE} 转 8012。")
    return typed, ""


def _read(raw: str, number: str, extension: str, region: str) -> Phone:
    _refuse_characters(number)
    digits = _SEPARATORS.sub("", number)
    if found := _COUNTRY.match(digits):
        return _chinese(raw, _at_home(digits[found.end() :]), extension)
    if digits.startswith(("+", "00")) or region != "CN":
        return _abroad(raw, digits, extension, region)
    return _chinese(raw, digits, extension)


def _at_home(digits: str) -> str:
    """What follows +86 as it is dialled in China: a landline's area code begins with 0."""
    if _WITHOUT_ZERO.fullmatch(digits) and not _HOTLINE.fullmatch(digits):
        return "0" + digits
    return digits


def _refuse_characters(number: str) -> None:
    if re.search(r"[0-9]", number) and _LETTERS.fullmatch(number):
        raise PhoneError("letters", f"电话里有字母 O、l 或 I，是不是数字 0 或 1？{EXAMPLES}。")
    if re.search(r"\d{7}.*[/、;,或]+.*\d{7}", number):
        raise PhoneError("several", f"请只填一个号码，{EXAMPLES}。")
    if re.search(r"[^0-9+]", _SEPARATORS.sub("", number)) or "+" in number.strip(" (")[1:]:
        odd = re.search(r"[^0-9+\s().·‐-―−-]+", number)
        what = f"，这里多了“{odd[0][:12]}”" if odd else ""
        raise PhoneError("characters", f"电话只能由数字组成{what}；{EXAMPLES}。")
    if not re.search(r"[0-9]", number):
        raise PhoneError("unreadable", f"看不懂这个电话，{EXAMPLES}。")


def _chinese(raw: str, digits: str, extension: str) -> Phone:
    """A number of mainland China from its digits, without country code."""
    if _SERVICE.fullmatch(digits):
        raise PhoneError("service", f"{digits} 是服务号码，请填写手机或座机，{EXAMPLES}。")
    if re.fullmatch(r"01[3-9]\d{9}", digits):
        digits = digits[1:]
    if digits in _FAKES or re.fullmatch(r"1[3-9]\d{9}", digits):
        return Phone(raw, f"+86{digits}", "mobile", extension, _doubts_of_mobile(digits))
    if _HOTLINE.fullmatch(digits):
        doubts = ("fake",) if len(set(digits[3:])) == 1 else ()
        return Phone(raw, f"+86{digits}", "hotline", extension, doubts)
    if (found := _LANDLINE.fullmatch(digits)) and _is_assigned(digits):
        local = found["local"]
        doubts = ("fake",) if len(set(local)) == 1 or local in _FAKE_LOCALS else ()
        return Phone(raw, f"+86{digits[1:]}", "landline", extension, doubts)
    raise _why_not_chinese(digits)


def _why_not_chinese(digits: str) -> PhoneError:
    if re.match(r"1[3-9]", digits):
        return PhoneError(
            "mobile_length", f"手机号是 11 位，这里是 {len(digits)} 位，如 {MOBILE_EXAMPLE}。"
        )
    if re.match(r"[48]00", digits):
        return PhoneError(
            "hotline", f"{digits[:3]} 号码是 10 位，这里是 {len(digits)} 位，如 400-000-0000。"
        )
    if re.fullmatch(r"021\d{7}", digits):
        return PhoneError("shanghai", f"上海的座机是 8 位，这里是 7 位，如 {LANDLINE_EXAMPLE}。")
    if digits.startswith("0"):
        return PhoneError("landline", f"座机是区号加 7 或 8 位号码，如 {LANDLINE_EXAMPLE}。")
    if re.fullmatch(r"[2-9]\d{6,7}", digits):
        return PhoneError("area_code", f"座机请加上区号，如 {LANDLINE_EXAMPLE}。")
    abroad = "；境外电话写成 +国家码 号码，如 +852 2345 6789"
    return PhoneError("unreadable", f"看不懂这个电话，{EXAMPLES}{abroad}。")


def _abroad(raw: str, digits: str, extension: str, region: str) -> Phone:
    plus = f"+{digits[2:]}" if digits.startswith("00") else digits
    try:
        number = phonenumbers.parse(plus, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise PhoneError("abroad", "境外电话请写成 +国家码 号码，如 +852 2345 6789。")
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if number.country_code == 86:
        return _chinese(raw, _at_home(e164[3:]), extension)
    return Phone(raw, e164, "abroad", extension)


def _doubts_of_mobile(digits: str) -> tuple[str, ...]:
    doubts = []
    if digits in _FAKES or digits[3:] in _FAKE_LOCALS:
        doubts.append("fake")
    if _IOT.match(digits):
        doubts.append("iot")
    elif digits.startswith("174"):
        doubts.append("satellite")
    elif digits not in _FAKES and not _PEOPLE.fullmatch(digits):
        doubts.append("unknown_range")
    return tuple(doubts)


def _is_assigned(landline: str) -> bool:
    """Whether the area has numbers of this length.

    The ten largest cities have eight digits; the other areas are in libphonenumber, which refuses
    a few beginnings in those cities that are in use.
    """
    if landline[1] in "12":
        return len(landline) == 11 and landline[:3] != "026"
    return phonenumbers.is_valid_number(phonenumbers.parse(landline, "CN"))


def _area_and_local(digits: str) -> tuple[str, str]:
    size = 3 if digits[1] in "12" else 4
    return digits[:size], digits[size:]


def _country_code(e164: str) -> int:
    return phonenumbers.parse(e164).country_code or 0
