"""SQL functions behind two generated columns of a space: its strongest crane, and its facets.

Self-contained, bound when created (RETURN, not a string) and made of pg_catalog only, so that a
dump restores with an empty search_path. The edges are those of parks/facets.py at this time.
"""

from django.db import migrations

AREA = "200, 500, 1000, 2000, 3000, 5000, 10000"
RENT = "0.6, 0.8, 1, 1.2, 1.5, 2, 3"
HEIGHT = "4, 4.5, 5, 6, 7, 8, 9, 10"
LOAD = "0.5, 0.8, 1, 1.5, 2, 3, 5"
POWER = "100, 200, 315, 400, 630, 800, 1000, 2000"
CRANE = "3, 5, 10, 16, 20, 32"

FORMS = ("standalone", "semi", "floor", "single_storey", "multi_storey", "high_rise",
         "built_to_suit", "office")  # fmt: skip
USES = ("production", "rnd", "pilot", "storage", "headquarters", "office")

MAX_TONNES = "(SELECT max((crane->>'t')::numeric) FROM jsonb_array_elements(cranes) AS crane)"

STRONGEST = f"""
CREATE FUNCTION parks_strongest(cranes jsonb) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN {MAX_TONNES}
"""


def class_of(measure: str, edges: str) -> str:
    """A measure's class as a character: 'a' below the first edge, 'b' at it, 'c' above, …"""
    array = f"ARRAY[{edges}]::numeric[]"
    at_edge = f"CASE WHEN {measure} = ANY ({array}) THEN 1 ELSE 0 END"
    return f"coalesce(chr(97 + 2 * width_bucket({measure}, {array}) - {at_edge}), '?')"


def one_of(value: str, choices: tuple[str, ...]) -> str:
    whens = " ".join(f"WHEN '{one}' THEN '{chr(97 + n)}'" for n, one in enumerate(choices))
    return f"CASE {value} {whens} ELSE '?' END"


def any_of(values: str, choices: tuple[str, ...]) -> str:
    bits = " + ".join(
        f"CASE WHEN '{one}' = ANY ({values}) THEN {1 << n} ELSE 0 END"
        for n, one in enumerate(choices)
    )
    return f"coalesce(chr(192 + nullif({bits}, 0)), '?')"


FACETS = f"""
CREATE FUNCTION parks_space_facets(
    form text, uses text[], area numeric, divisible numeric, rent numeric, height numeric,
    load numeric, power numeric, cranes jsonb, has_crane boolean, floor integer, whole boolean,
    fire text, eia text
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN {one_of("form", FORMS)}
    || {any_of("uses", USES)}
    || {class_of("coalesce(divisible, area)", AREA)}
    || {class_of("area", AREA)}
    || {class_of("rent", RENT)}
    || {class_of("height", HEIGHT)}
    || {class_of("load", LOAD)}
    || {class_of("power", POWER)}
    || CASE WHEN has_crane IS FALSE THEN '0' ELSE {class_of(MAX_TONNES, CRANE)} END
    || CASE WHEN whole OR floor = 1 THEN 'y' WHEN floor IS NOT NULL THEN 'n' ELSE '?' END
    || coalesce(nullif(fire, ''), '?')
    || CASE eia WHEN 'yes' THEN 'y' WHEN 'light' THEN 'l' WHEN 'no' THEN 'n' ELSE '?' END
"""


class Migration(migrations.Migration):
    dependencies = [("parks", "0002_pictures_of_a_park")]

    operations = [
        migrations.RunSQL(STRONGEST, "DROP FUNCTION parks_strongest(jsonb)"),
        migrations.RunSQL(
            FACETS,
            "DROP FUNCTION parks_space_facets(text, text[], numeric, numeric, numeric, numeric,"
            " numeric, numeric, jsonb, boolean, integer, boolean, text, text)",
        ),
    ]
