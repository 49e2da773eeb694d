"""The form of a figure: the number as people type it, everything else chosen.

The value box takes 9.5亿元 or 351亩 as well as a bare number beside a chosen unit.
"""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from . import metrics
from .models import Figure
from .typed import Typed, TypedError, read

MOST = Decimal(10) ** 16
HELP = "照来源写，可以带单位：9.5亿元、351亩、29家；区间写 2至3万㎡。"


class TypedNumber(forms.CharField):
    """A text box of which the form reads value, upper end, unit and qualifier."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 60, **kwargs})
        self.widget.attrs |= {"inputmode": "text", "autocomplete": "off", "size": "14"}

    def prepare_value(self, value: Any) -> Any:
        return f"{value.normalize():f}" if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Typed | None:
        text = super().to_python(value)
        if not text:
            return None
        try:
            typed = read(text)
        except TypedError as error:
            raise ValidationError(str(error), code="invalid") from error
        if max(typed.value, typed.value_max or 0) >= MOST:
            raise ValidationError("这个数太大了。", code="too_large")
        if any(-(number.normalize().as_tuple().exponent) > 4 for number in _ends(typed)):
            raise ValidationError("小数最多四位。", code="max_decimal_places")
        return typed

    def has_changed(self, initial: Any, data: Any) -> bool:
        before = self.prepare_value(initial)
        try:
            after = self.to_python(data)
        except ValidationError:
            return True
        if after is None or not before:
            return bool(after) != bool(before)
        return after != read(str(before))

    def validate(self, value: Typed | None) -> None:
        if value is None and self.required:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """What the text says was checked in ``to_python``."""


class FigureForm(forms.ModelForm):
    """Typed units and qualifiers fill what was left open, and never contradict what was chosen."""

    value = TypedNumber(label="数值", help_text=HELP)

    class Meta:
        model = Figure
        fields = (
            "park", "phase", "metric", "state", "qualifier", "value", "value_max", "unit", "as_of",
            "source", "sentence",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "unit" in self.fields:
            self.fields["unit"].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        typed = cleaned.get("value")
        if not isinstance(typed, Typed):
            self._keep_unit(cleaned)
            return cleaned
        cleaned["value"] = typed.value
        self._take_end(typed, cleaned)
        self._take_unit(typed, cleaned)
        if typed.qualifier and not cleaned.get("qualifier"):
            cleaned["qualifier"] = typed.qualifier
        return cleaned

    def _take_end(self, typed: Typed, cleaned: dict[str, Any]) -> None:
        if typed.value_max is None:
            return
        chosen = cleaned.get("value_max")
        if chosen is not None and chosen != typed.value_max:
            self.add_error(
                "value_max", ValidationError("与数值里写的区间不一样。", code="two_ends")
            )
        cleaned["value_max"] = typed.value_max

    def _take_unit(self, typed: Typed, cleaned: dict[str, Any]) -> None:
        chosen, metric = cleaned.get("unit"), metrics.METRICS.get(cleaned.get("metric", ""))
        labels = dict(metrics.UNIT_CHOICES)
        if chosen and typed.unit and chosen != typed.unit:
            message = f"数值里写的是{labels[typed.unit]}，单位选的是{labels[chosen]}。"
            self.add_error("unit", ValidationError(message, code="two_units"))
        unit = chosen or typed.unit
        if not unit and metric and len(metric.units) == 1:
            unit = metric.units[0]  # only one is possible
        if not unit and "unit" not in self.errors:
            self.add_error("unit", ValidationError("请选单位，或写在数值后面。", code="required"))
        cleaned["unit"] = unit
        self._keep_unit(cleaned)

    @staticmethod
    def _keep_unit(cleaned: dict[str, Any]) -> None:
        """An empty unit never reaches the row: the page that is sent back still names it."""
        if not cleaned.get("unit"):
            cleaned.pop("unit", None)


def _ends(typed: Typed) -> list[Decimal]:
    return [end for end in (typed.value, typed.value_max) if end is not None]
