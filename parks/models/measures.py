"""Bounded measures of a space: fields that may be unknown, and the checks behind them."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q


def decimal(
    label: str, low: str, high: str, digits: int, places: int, **options: object
) -> models.DecimalField:
    """A bounded, optional measure; the same bounds stand as a constraint in Meta."""
    return models.DecimalField(
        label,
        max_digits=digits,
        decimal_places=places,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(low)), MaxValueValidator(Decimal(high))],
        **options,
    )


def whole(label: str, high: int, low: int = 0, **options: object) -> models.IntegerField:
    """A bounded, optional count."""
    return models.IntegerField(
        label,
        null=True,
        blank=True,
        validators=[MinValueValidator(low), MaxValueValidator(high)],
        **options,
    )


def fact(label: str, **options: object) -> models.BooleanField:
    """Yes, no or unknown: unknown is not no."""
    return models.BooleanField(label, null=True, blank=True, **options)


def between(field: str, low: str, high: str, label: str) -> models.CheckConstraint:
    """The constraint beside a measure's validators."""
    return models.CheckConstraint(
        name=f"parks_space_{field}_bounds",
        condition=Q(**{field: None})
        | Q(**{f"{field}__gte": Decimal(low), f"{field}__lte": Decimal(high)}),
        violation_error_message=f"{label}应在 {low} 到 {high} 之间。",
    )


def validate_lifts(rows: object) -> None:
    """A list of ``{"t", "count"}``; tonnes 0.1 to 500, a whole count 1 to 50."""
    _validate_machines(rows, {"t", "count"}, "货梯写成“3t×2”：每台吨位 × 台数。")


def validate_cranes(rows: object) -> None:
    """A list of ``{"t", "count", "hook_m"}``; the hook height in metres may be null."""
    _validate_machines(rows, {"t", "count", "hook_m"}, "行车写成“5t×1@7.5m”：吨位 × 台数 @ 钩高。")


def _validate_machines(rows: object, keys: set[str], message: str) -> None:
    ok = isinstance(rows, list) and len(rows) <= 20
    for row in rows if ok else ():
        ok = ok and isinstance(row, dict) and set(row) <= keys and {"t", "count"} <= set(row)
        ok = ok and _is_number(row["t"], 0.1, 500)
        ok = ok and isinstance(row["count"], int) and _is_number(row["count"], 1, 50)
        ok = ok and (row.get("hook_m") is None or _is_number(row["hook_m"], 1, 40))
    if not ok:
        raise ValidationError(message, code="machines")


def _is_number(value: object, low: float, high: float) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and low <= value <= high
