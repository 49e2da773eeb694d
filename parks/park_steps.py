"""What a park's page still wants, in the order in which it helps readers most."""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from .desk_board import Board
from .figures import Series, is_old, series
from .models import Figure, Park


@dataclass(frozen=True)
class Step:
    """One thing to do, and the place in the form where it is done."""

    anchor: str
    words: str


def steps(park: Park, board: Board, today: date | None = None) -> list[Step]:
    """One query for the figures; what the board has read is not read again."""
    today = today or timezone.localdate()
    found = list(Figure.objects.filter(park=park).select_related("source", "phase", "park"))
    all_series = series(found)
    facts = (
        ("place", park.latitude is None, "没有坐标：示意图和附近园区里就没有它"),
        ("words", not park.intro_zh, "没有简介"),
        ("service", park.contact_id is None, "没有联系名片"),
        ("figures", not found, "还没有任何有来源的数字"),
        ("figures", _without_source(found), f"{_without_source(found)} 个数字的来源缺失"),
        ("figures", _conflicts(all_series), f"{_conflicts(all_series)} 处来源说法不一"),
        ("figures", _old(all_series, today), f"{_old(all_series, today)} 个指标过了保鲜期"),
        ("spaces", board.to_confirm, f"{board.to_confirm} 处空间要重新确认"),
        ("spaces", not board.buildings, "还没有空间"),
    )
    return [Step(anchor, words) for anchor, wanted, words in facts if wanted]


def _without_source(figures: list[Figure]) -> int:
    return sum(figure.source_id is None for figure in figures)


def _conflicts(all_series: list[Series]) -> int:
    return sum(bool(one.conflicts) for one in all_series)


def _old(all_series: list[Series], today: date) -> int:
    """Actual values whose metric keeps for some months, which have passed."""
    return sum(is_old(one.newest, today) for one in all_series)
