"""Partial dates: what a text tells about when, and no more.

A partial date is kept as text in one of five forms: ``''`` (the source gives no date), ``2021``,
``2021-H1``/``2021-H2`` (half a year), ``2024-06`` and ``2019-12-16``, in the years 1900 to 2199.
A stamp without a year ("09-21") is no date.
"""

import datetime as dt
import re
import unicodedata
from calendar import monthrange
from contextlib import suppress
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import get_language

FIRST_YEAR, LAST_YEAR = 1900, 2199
EXAMPLES = "如 2021、2021年上半年、2024年6月、2019年12月16日；不知道就留空。"
UNDATED = {"zh": "日期未载", "en": "undated"}
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

_CANONICAL = re.compile(
    r"(?P<year>[0-9]{4})(?:-H(?P<half>[12])|-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?"
)
_TYPED = re.compile(
    r"(?P<year>[0-9]{4})"
    r"(?:年?"
    r"|(?:年|[-/.])?(?:H(?P<half>[12])|(?P<word>[上下])半年)"
    r"|(?:年|[-/.])(?P<month>[0-9]{1,2})月?"
    r"|(?:年|[-/.])(?P<month2>[0-9]{1,2})(?:月|[-/.])(?P<day>[0-9]{1,2})[日号]?"
    r"|(?P<month3>[0-9]{2})(?P<day3>[0-9]{2}))"
)
_WITHOUT_YEAR = re.compile(r"[0-9]{1,2}[-/.月][0-9]{1,2}[日号]?|[0-9]{1,2}月|[上下]半年|H[12]")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))


class PartialDateError(ValueError):
    """A text that is no partial date; the message is Chinese and says what to type."""


class PartialDate(str):
    """A partial date in its stored form; as text it is that form.

    Takes the stored form only and raises PartialDateError for anything else; ``parse`` takes what
    people type. Compares as text, not in time: for order use ``start`` and ``end``.
    """

    __slots__ = ()

    def __new__(cls, text: str = "") -> "PartialDate":
        found = _CANONICAL.fullmatch(text)
        if text and not found:
            raise PartialDateError(f"“{text[:40]}”不是日期。{EXAMPLES}")
        if found:
            _check(found["year"], found["month"], found["day"])
        return super().__new__(cls, text)

    @property
    def precision(self) -> str:
        """One of ``''`` (undated), ``year``, ``half``, ``month``, ``day``."""
        if self[5:6] == "H":
            return "half"
        return {0: "", 4: "year", 7: "month", 10: "day"}[len(self)]

    @property
    def start(self) -> dt.date | None:
        """The first day it may mean; None when undated."""
        if not self:
            return None
        year, month, day = self._parts()
        return dt.date(year, month or 1, day or 1)

    @property
    def end(self) -> dt.date | None:
        """The last day it may mean, inclusive; None when undated."""
        if not self:
            return None
        year, month, day = self._parts()
        if self.precision == "half":
            month += 5
        month = month or 12
        return dt.date(year, month, day or monthrange(year, month)[1])

    @property
    def iso(self) -> str | None:
        """A value for ``<time datetime>``, or None: HTML has no half years."""
        return None if self.precision in {"", "half"} else str(self)

    def display(self, language: str = "") -> str:
        """For readers: ``2024年6月`` or ``June 2024``; without a language in the active one."""
        if (language or get_language() or "").startswith("en"):
            return self._in_english()
        return self._in_chinese()

    def _parts(self) -> tuple[int, int, int]:
        """Year, month (0 when unknown; a half gives its first), day (0 when unknown)."""
        month = {"H1": "1", "H2": "7"}.get(self[5:7], self[5:7])
        return int(self[:4]), int(month or 0), int(self[8:] or 0)

    def _in_chinese(self) -> str:
        if not self:
            return UNDATED["zh"]
        year, month, day = self._parts()
        if self.precision == "half":
            return f"{year}年{'上' if month == 1 else '下'}半年"
        return f"{year}年" + (f"{month}月" if month else "") + (f"{day}日" if day else "")

    def _in_english(self) -> str:
        if not self:
            return UNDATED["en"]
        year, month, day = self._parts()
        if self.precision == "half":
            return f"{'first' if month == 1 else 'second'} half of {year}"
        return (f"{day} " if day else "") + (f"{MONTHS[month - 1]} " if month else "") + f"{year}"


def parse(text: str) -> PartialDate:
    """Read what an editor types: full-width digits, 年月日, dots, slashes, ``2021h1``, 上半年.

    Blank text and 日期未载 are the unknown date. Raises PartialDateError (a ValueError) with a
    Chinese message; a stamp without a year is refused, for the year must not be guessed.
    """
    typed = "".join(unicodedata.normalize("NFKC", text).translate(_DASHES).split()).upper()
    if typed in {"", "日期未载", "不详", "UNDATED"}:
        return PartialDate()
    found = _TYPED.fullmatch(typed)
    if not found:
        if _WITHOUT_YEAR.fullmatch(typed):
            raise PartialDateError(f"“{text.strip()}”没有年份，不能当日期用；请查明年份或留空。")
        raise PartialDateError(f"看不懂日期“{text.strip()[:40]}”。{EXAMPLES}")
    if half := found["half"] or {"上": "1", "下": "2"}.get(found["word"] or ""):
        return PartialDate(f"{found['year']}-H{half}")
    month = found["month"] or found["month2"] or found["month3"]
    day = found["day"] or found["day3"]
    return PartialDate("-".join(part.zfill(2) for part in (found["year"], month, day) if part))


def _check(year: str, month: str | None, day: str | None) -> None:
    """Refuse a year out of range, a month or day the calendar hasn't."""
    if not FIRST_YEAR <= int(year) <= LAST_YEAR:
        raise PartialDateError(f"年份要在 {FIRST_YEAR} 到 {LAST_YEAR} 之间，不能是 {year}。")
    if month and not 1 <= int(month) <= 12:
        raise PartialDateError(f"一年没有第 {int(month)} 个月，请改正月份。")
    if month and day and not 1 <= int(day) <= monthrange(int(year), int(month))[1]:
        raise PartialDateError(f"{year}年{int(month)}月没有{int(day)}日，请改正日期。")


def validate_partial_date(value: str) -> None:
    """Refuse a text that is not in the stored form (code ``partial_date``)."""
    try:
        PartialDate(value)
    except PartialDateError as error:
        raise ValidationError(str(error), code="partial_date") from error


class PartialDateFormField(forms.CharField):
    """Takes what ``parse`` takes and cleans it to the stored form."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        if value in self.empty_values:
            return value
        try:
            return parse(value)
        except PartialDateError as error:
            raise ValidationError(str(error), code="partial_date") from error


class PartialDateAttribute(DeferredAttribute):
    """Makes each readable text set on a row a PartialDate; what can't be read stays, for clean."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        if isinstance(value, str) and not isinstance(value, PartialDate):
            with suppress(PartialDateError):
                value = parse(value)
        instance.__dict__[self.field.attname] = value


class PartialDateField(models.CharField):
    """A partial date as text, with two generated columns ``<name>_start`` and ``<name>_end``.

    The database refuses an impossible date and computes both columns itself (inclusive days, NULL
    when undated). On a row in memory they are those of the last load or insert: after a change
    read ``row.as_of.start`` or refresh the row. Migrations of apps that use the field depend on
    ``("language", "0001_partial_dates")``. One that drops or renames the field drops the two
    columns first: makemigrations lists them after it, and Postgres lets no column go before those
    computed from it.
    """

    description = "Partial date"
    default_validators = [validate_partial_date]
    descriptor_class = PartialDateAttribute

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 10
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list, dict]:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        kwargs["blank"] = self.blank
        return name, path, args, kwargs

    def contribute_to_class(
        self, cls: type[models.Model], name: str, private_only: bool = False
    ) -> None:
        super().contribute_to_class(cls, name, private_only)
        # An abstract model has no table; a migration's model lists the two columns itself.
        if cls._meta.abstract or cls.__module__ == "__fake__":
            return
        for edge in ("start", "end"):
            column = models.GeneratedField(
                expression=models.Func(name, function=f"partial_date_{edge}"),
                output_field=models.DateField(),
                db_persist=True,
                null=True,
            )
            cls.add_to_class(f"{name}_{edge}", column)

    def db_check(self, connection: Any) -> str:
        return f"partial_date_valid({connection.ops.quote_name(self.column)})"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return value if value is None else PartialDate(value)

    def to_python(self, value: Any) -> Any:
        if value is None or isinstance(value, PartialDate):
            return value
        try:
            return parse(str(value))
        except PartialDateError as error:
            raise ValidationError(str(error), code="partial_date") from error

    def get_prep_value(self, value: Any) -> Any:
        """Plain text; not parsed, so that lookups by the beginning of a date work."""
        value = models.Field.get_prep_value(self, value)
        return str(value) if isinstance(value, str) else value

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        usual = {
            "form_class": PartialDateFormField,
            "max_length": None,  # 2019年12月16日 is longer than what is stored
            "help_text": self.help_text or EXAMPLES,
        }
        return super().formfield(**(usual | kwargs))
