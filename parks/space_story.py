"""The history of a space's state and price, each with the person whose act it was.

A trigger writes the records, whoever changes the row; the Acts say who. An Act belongs to the
record it follows within seconds: both are written in one transaction.
"""

from dataclasses import dataclass
from datetime import timedelta

from parkcms.ledger.models import Act

from .models import Space, SpaceRecord

MOST = 50  # records shown, the newest
TOGETHER = timedelta(seconds=10)
VERBS = ("add", "change", "import", "let", "reserve", "let_again", "off_market")


@dataclass(frozen=True)
class Line:
    """What a space was from a moment on; ``act`` is None where no person at the desk did it."""

    record: SpaceRecord
    act: Act | None


def told(space: Space) -> list[Line]:
    """The records from the newest; two queries."""
    records = list(space.records.all()[:MOST])
    if not records:
        return []
    acts = list(
        Act.objects.about(space)
        .filter(verb__in=VERBS, at__gte=records[-1].at - TOGETHER)
        .order_by("at", "id")
    )
    return [Line(record, _act_of(record, acts)) for record in records]


def _act_of(record: SpaceRecord, acts: list[Act]) -> Act | None:
    near = [act for act in acts if abs(act.at - record.at) <= TOGETHER]
    return min(near, key=lambda act: abs(act.at - record.at), default=None)
