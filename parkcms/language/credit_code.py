"""Unified social credit codes of organisations (GB 32100-2015)."""

import re
import unicodedata

# 31 characters: no I, O, S, V, Z, which look like 1, 0, 5 and 2.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
EXAMPLE = "91350100M000100Y43"  # the one printed in the standard

_SHAPE = re.compile(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")


class CreditCodeError(ValueError):
    """A text that is no credit code; the message is Chinese, ``code`` names the reason.

    Codes: ``empty``, ``length``, ``letters``, ``shape``, ``check``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def normalise(text: str) -> str:
    """Upper case, half width, without spaces and hyphens."""
    return re.sub(r"[\s\-‐-―]", "", unicodedata.normalize("NFKC", text)).upper()


def check_character(first: str) -> str:
    """The 18th character for the first 17: (31 − Σ Cᵢ·3^(i−1) mod 31) mod 31.

    Raises ValueError for a character outside the alphabet.
    """
    total = sum(ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(first))
    return ALPHABET[-total % 31]


def parse(text: str) -> str:
    """The code in its written form, 18 characters; raises CreditCodeError."""
    code = normalise(text)
    if not code:
        raise CreditCodeError("empty", f"请填写统一社会信用代码，18 位，如 {EXAMPLE}。")
    if len(code) != 18:
        raise CreditCodeError(
            "length", f"统一社会信用代码是 18 位，这里是 {len(code)} 位；如 {EXAMPLE}。"
        )
    if found := re.search("[IOSVZ]", code):
        raise CreditCodeError(
            "letters",
            f"统一社会信用代码里没有字母 {found[0]}；I、O、S、Z 请看是不是数字 1、0、5、2。",
        )
    if not _SHAPE.fullmatch(code):
        raise CreditCodeError(
            "shape", f"统一社会信用代码由数字和大写字母组成，第 3 到 8 位是数字；如 {EXAMPLE}。"
        )
    if check_character(code[:17]) != code[17]:
        raise CreditCodeError(
            "check", f"统一社会信用代码的校验位不对，请对照营业执照再看一遍；如 {EXAMPLE}。"
        )
    return code


def is_valid(text: str) -> bool:
    try:
        parse(text)
    except CreditCodeError:
        return False
    return True
