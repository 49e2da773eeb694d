"""Signals of spam in an enquiry. They only mark: every enquiry is kept and gets its receipt."""

import re

from .record import Record

# Code and what an agent reads.
SIGNALS = {
    "honeypot": "填了看不见的栏目",
    "fast": "三秒内填完",
    "burst": "同一网络短时间多次提交",
    "links": "留言里有网址",
    "advert": "像是推销",
    "foreign": "留言里没有一个汉字，也不是英文页提交",
    "repeated": "同一个字反复出现",
    "fake_phone": "号码像是随手填的",
}
# Signals that alone are enough to hold an enquiry back.
STRONG = {"honeypot", "advert"}
HELD_FROM = 2

QUICK_MS = 3_000
MANY = 5  # other new contents of one network in a quarter of an hour

_LINK = re.compile(r"https?://|www\.|\[url|<a\s", re.I)
_ADVERT = re.compile(
    r"(?:代开发票|开发票|刷单|贷款|博彩|彩票|网赚|加粉|引流|SEO|外链|casino|viagra|crypto|backlink"
    r"|guest post|rank(?:ing)? on google)",
    re.I,
)
_REPEATED = re.compile(r"(\S)\1{9,}")
_HAN = re.compile(r"[㐀-鿿]")


def signals_of(record: Record) -> list[str]:
    """Keys of SIGNALS that this record shows, in their order. Pure: asks nobody."""
    content = record.content
    message = content.get("message", "")
    everything = " ".join(
        str(content.get(name, "")) for name in ("message", "company", "contact_name", "budget_text")
    )
    elapsed = content.get("elapsed_ms")
    shown = {
        "honeypot": bool(content.get("honeypot")),
        "fast": elapsed is not None and elapsed < QUICK_MS,
        "burst": record.burst >= MANY,
        "links": bool(_LINK.search(everything)),
        "advert": bool(_ADVERT.search(everything)),
        "foreign": (len(message) > 20 and not _HAN.search(message) and record.language != "en"),
        "repeated": bool(_REPEATED.search(everything)),
        "fake_phone": "fake" in content.get("phone_doubts", ()),
    }
    return [code for code in SIGNALS if shown[code]]


def is_held(signals: list[str]) -> bool:
    """Whether a person should look before anybody is told of it."""
    return bool(STRONG & set(signals)) or len(signals) >= HELD_FROM
