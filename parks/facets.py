"""The facets of a space as one short text: a character for each facet, computed by the database.

The finder reads these texts of all spaces in one pass and counts every option of every facet from
them; so what stands here, in the SQL function ``parks_space_facets`` (migration 0003) and in
the column ``Space.facets`` must be the same. A changed edge wants a new version of the function
and of the column in a migration of its own; tests/parks/test_space_facets.py compares the two.

A measure becomes a *class*: with the edges 500 and 1000, 0 is below 500, 1 exactly 500, 2 between,
3 exactly 1000, 4 above. So ranges that begin and end at edges, both inclusive, are counted exactly.
"""

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal

UNKNOWN = "?"

AREA_EDGES = (200, 500, 1000, 2000, 3000, 5000, 10000)  # ㎡, gross
RENT_EDGES = (Decimal("0.6"), Decimal("0.8"), 1, Decimal("1.2"), Decimal("1.5"), 2, 3)  # 元/㎡/天
HEIGHT_EDGES = (4, Decimal("4.5"), 5, 6, 7, 8, 9, 10)  # m, storey height
LOAD_EDGES = (Decimal("0.5"), Decimal("0.8"), 1, Decimal("1.5"), 2, 3, 5)  # t/㎡
POWER_EDGES = (100, 200, 315, 400, 630, 800, 1000, 2000)  # kVA
CRANE_EDGES = (3, 5, 10, 16, 20, 32)  # t, the strongest

FORMS = (
    "standalone", "semi", "floor", "single_storey",
    "multi_storey", "high_rise", "built_to_suit", "office",
)  # fmt: skip
USES = ("production", "rnd", "pilot", "storage", "headquarters", "office")  # a bit each
EIA_LETTERS = {"yes": "y", "light": "l", "no": "n"}

# The places in the text. RENT is that of the quotation whether it is still valid or not.
FORM, USE, AREA_LOW, AREA_HIGH, RENT, HEIGHT, LOAD, POWER, CRANE, GROUND, FIRE, EIA = range(12)
WIDTH = 12
NO_CRANE = "0"
FIRST_USES = 192  # the character of a set of uses is this plus its bits


def class_of(value: Decimal | float | None, edges: Sequence[Decimal | int]) -> str:
    """The class of a measure as one character, ``'a'`` the lowest; ``'?'`` for None."""
    if value is None:
        return UNKNOWN
    below = bisect_left(edges, value)
    at_edge = below < len(edges) and edges[below] == value
    return chr(ord("a") + 2 * below + at_edge)
