"""Axes of drawn charts: a true time axis in whole years, and a value axis from zero."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import ceil

_YEAR_STEPS = (1, 2, 5, 10, 20, 50, 100)
_VALUE_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


@dataclass(frozen=True)
class TimeAxis:
    """From the first of January of one year to the end of another; a day is as long as a day."""

    first: int
    last: int
    left: float
    right: float

    @classmethod
    def over(cls, days: list[date], left: float, right: float) -> "TimeAxis":
        return cls(min(days).year, max(days).year, left, right)

    def x(self, day: date) -> float:
        """Where the day begins."""
        start, end = date(self.first, 1, 1), date(self.last, 12, 31) + timedelta(days=1)
        share = (day - start).days / (end - start).days
        return round(self.left + share * (self.right - self.left), 1)

    def after(self, day: date) -> float:
        """Where the day is over."""
        return self.x(day + timedelta(days=1))

    def years(self, most: int = 6) -> list[int]:
        """Years to write, evenly apart, no more than ``most``."""
        span = self.last - self.first + 1
        step = next(step for step in _YEAR_STEPS if ceil(span / step) <= most)
        return list(range(self.first, self.last + 1, step))


@dataclass(frozen=True)
class ValueAxis:
    """From zero at ``bottom`` up to the last tick at ``top``."""

    ticks: tuple[Decimal, ...]
    bottom: float
    top: float

    @classmethod
    def up_to(cls, value: Decimal, bottom: float, top: float, most: int = 3) -> "ValueAxis":
        """Round ticks, at most ``most`` above zero; the last is not below ``value``."""
        value = value or Decimal(1)
        power = Decimal(1).scaleb(value.adjusted() - 1)
        step = next(
            step
            for scale in (power, power * 10)
            for step in (mantissa * scale for mantissa in _VALUE_STEPS)
            if step * most >= value
        )
        return cls(tuple(step * n for n in range(ceil(value / step) + 1)), bottom, top)

    def y(self, value: Decimal | float) -> float:
        share = float(value) / float(self.ticks[-1])
        return round(self.bottom - share * (self.bottom - self.top), 1)
