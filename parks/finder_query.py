"""The one pass over the table of spaces that answers a search and counts every facet.

Of each offered space the database says which asked facets it fails; only those failing none or
one matter, the others no single choice brings back. It hands back, for each park and failed
facet, the facet texts of its spaces end to end (see facets.py): counting letters in them gives the
number behind every option. The page of results comes from the same rows.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Case, F, IntegerField, TextField, Value, When
from django.db.models.expressions import RawSQL
from django.http import Http404
from django.utils import timezone

from . import facets
from .finder import SOON, Search
from .finder_wants import ParkFacts, Want, public_parks, wants
from .models import Space

PAGE = 24
WIDTH = facets.WIDTH + 1  # and the class of when it is free
AVAILABLE = facets.WIDTH
NOW, IN_3_MONTHS, IN_6_MONTHS, LATER = "abcd"
_KEY = re.compile(r"(-?\d{1,18}(?:\.\d{1,8})?)_(-?\d{1,18}(?:\.\d{1,8})?)_(\d{1,18})", re.ASCII)
NO_RENT = 1_000_000  # behind every rent there is

# Two numbers that grow in the order of the list, then the newest row.
_SORTS = {
    "fit": ("to_confirm::numeric", "coalesce(-extract(epoch FROM checked_at), 0)"),
    "newest": ("-extract(epoch FROM publish_at)", "0::numeric"),
    "area": ("area_gross_m2", "0::numeric"),
    "-area": ("-area_gross_m2", "0::numeric"),
    "rent": (f"coalesce(shown_rent, {NO_RENT})", "to_confirm::numeric"),
    "-rent": (f"coalesce(-shown_rent, {NO_RENT})", "to_confirm::numeric"),
    "checked": ("coalesce(-extract(epoch FROM checked_at), 0)", "0::numeric"),
}


@dataclass
class Found:
    """What the pass brought back."""

    search: Search
    parks: list[ParkFacts]
    keys: list[int] = field(default_factory=list)  # of the page, in order
    next_key: str = ""
    # {failed facet or "": {park: facet texts end to end}}
    texts: dict[str, dict[int, str]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.failing("")

    def failing(self, facet: str) -> int:
        """How many spaces fail this facet only ('' none)."""
        return sum(map(len, self.texts.get(facet, {}).values())) // WIDTH

    def of_facet(self, facet: str) -> str:
        """The texts of all spaces that fail no other facet."""
        sides = [self.texts.get(side, {}) for side in {"", facet}]
        return "".join(text for side in sides for text in side.values())

    def by_park(self, facet: str) -> dict[int, int]:
        """How many spaces of each park fail no other facet."""
        counts: dict[int, int] = defaultdict(int)
        for side in {"", facet}:
            for park, text in self.texts.get(side, {}).items():
                counts[park] += len(text) // WIDTH
        return counts


def run(search: Search, sort: str = "fit", after: str = "", now: datetime | None = None) -> Found:
    """Three queries: parks, their industries, and the pass. Raises Http404 for a key that was
    never handed out."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    parks = public_parks(now)
    asked = wants(search, parks, today)
    bits = {1 << n: name for n, name in enumerate(asked)}
    inner, params = _judged(asked, today, now)
    sql = _outer(inner, sort, bool(after))
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, [0, *bits], *_read_key(after), PAGE + 1])
        rows = cursor.fetchall()
    found = Found(search, parks)
    page = []
    for part, failed, park, text, *key in rows:
        if part:
            page.append((park, key))
        else:
            found.texts.setdefault(bits.get(failed, ""), {})[park] = text
    page.sort(key=lambda row: (row[1][0], row[1][1], -row[0]))
    found.keys = [pk for pk, _key in page[:PAGE]]
    if len(page) > PAGE:
        pk, (first, second) = page[PAGE - 1]
        found.next_key = f"{first:f}_{second:f}_{pk}"
    return found


def _judged(asked: dict[str, Want], today: date, now: datetime) -> tuple[str, tuple]:
    """The SELECT over offered spaces: what each fails, how much of it is to be confirmed."""
    failed, unknown = Value(0), Value(0)
    for n, want in enumerate(asked.values()):
        failed = failed + Case(
            When(want.meets | want.unknown, then=0), default=1 << n, output_field=IntegerField()
        )
        unknown = unknown + Case(When(want.unknown, then=1), default=0, output_field=IntegerField())
    rows = (
        Space.objects.offered(now)
        .order_by()
        .annotate(failed=failed, to_confirm=unknown, letters=_letters(today))
        .annotate(
            shown_rent=Case(When(valid_until__lt=today, then=None), default=F("rent_cny_m2_day"))
        )
        .values(
            "pk", "park_id", "failed", "to_confirm", "letters", "shown_rent", "area_gross_m2",
            "publish_at", "checked_at",
        )
    )  # fmt: skip
    return rows.query.sql_with_params()


def _letters(today: date) -> RawSQL:
    """The stored text, without a rent that is no longer offered, and when the space is free."""
    soon, later = (today + timedelta(days=SOON[name]) for name in ("3m", "6m"))
    place = facets.RENT + 1
    return RawSQL(  # noqa: S611 - values are parameters; no input takes part in the text
        f"CASE WHEN parks_space.valid_until < %s"
        f" THEN overlay(parks_space.facets placing '{facets.UNKNOWN}' from {place})"
        f" ELSE parks_space.facets END"
        f" || CASE WHEN parks_space.available_from <= %s OR parks_space.available_from IS NULL"
        f" THEN '{NOW}' WHEN parks_space.available_from <= %s THEN '{IN_3_MONTHS}'"
        f" WHEN parks_space.available_from <= %s THEN '{IN_6_MONTHS}' ELSE '{LATER}' END",
        [today, today, soon, later],
        output_field=TextField(),
    )


def _outer(inner: str, sort: str, is_later: bool) -> str:
    first, second = _SORTS[sort if sort in _SORTS else "fit"]
    behind = f"AND ({first}, {second}, -pk) > (%s, %s, %s)" if is_later else ""
    # The names of the columns are ours; every value is a parameter.
    return f"""
WITH found AS MATERIALIZED (SELECT * FROM ({inner}) AS judged WHERE failed = ANY (%s))
SELECT 0, failed, park_id, string_agg(letters, ''), NULL::numeric, NULL::numeric
  FROM found GROUP BY failed, park_id
UNION ALL
(SELECT 1, 0, pk, '', {first}, {second} FROM found WHERE failed = 0 {behind}
  ORDER BY 5, 6, pk DESC LIMIT %s)
"""  # noqa: S608


def _read_key(after: str) -> list[Decimal | int]:
    if not after:
        return []
    found = _KEY.fullmatch(after)
    if not found:
        raise Http404("no such place in the list")
    return [Decimal(found[1]), Decimal(found[2]), -int(found[3])]
