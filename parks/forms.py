"""Form fields for what people write about spaces: lifts as “3t×2”, cranes as “5t×1@7.5m”."""

import re
from typing import Any

from django import forms

from parkcms.language.widths import fold

_ONE = re.compile(
    r"(?P<t>\d{1,6}(?:\.\d{1,2})?)\s*(?:t|吨)\s*(?:[x×*]\s*(?P<count>\d{1,6}))?\s*(?:台|部)?"
    r"\s*(?:@\s*(?P<hook>\d{1,6}(?:\.\d{1,2})?)\s*(?:m|米)?)?",
    re.I,
)


class MachinesField(forms.CharField):
    """Text for people, rows for the database: ``3t×2、5t×1`` is ``[{"t": 3, "count": 2}, …]``.

    With ``hooks`` a hook height may follow: ``5t×1@7.5m``. Raises ValidationError ``machines``.
    """

    def __init__(self, *, hooks: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        self.hooks = hooks
        example = "5t×1@7.5m（吨位×台数@钩高）" if hooks else "3t×2、5t×1（吨位×台数）"
        kwargs.setdefault("help_text", f"如 {example}")
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else "、".join(map(written, value or []))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial or []) != (data or "").strip()

    def clean(self, value: Any) -> list[dict[str, float | int | None]]:
        text = fold(super().clean(value) or "")
        return [self._row(part) for part in re.split(r"[、,;]+", text) if part.strip()]

    def _row(self, part: str) -> dict[str, float | int | None]:
        found = _ONE.fullmatch(part.strip())
        if not found or (found["hook"] and not self.hooks):
            raise forms.ValidationError(
                f"看不懂“{part.strip()}”，{self.help_text}。", code="machines"
            )
        row: dict[str, float | int | None] = {
            "t": _number(found["t"]),
            "count": int(found["count"] or 1),
        }
        if self.hooks:
            row["hook_m"] = _number(found["hook"]) if found["hook"] else None
        return row


def written(row: dict[str, Any]) -> str:
    """One machine as people write it: ``5t×1@7.5m``."""
    hook = f"@{row['hook_m']:g}m" if row.get("hook_m") else ""
    return f"{row['t']:g}t×{row['count']}{hook}"


def _number(text: str) -> float | int:
    value = float(text)
    return int(value) if value.is_integer() else value
