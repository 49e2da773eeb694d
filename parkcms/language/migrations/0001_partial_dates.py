"""SQL functions that read a partial date: ``2021``, ``2021-H1``, ``2024-06`` or ``2019-12-16``.

Generated columns and check constraints call them, so a dump must be able to restore them with an
empty search_path: each is self-contained, its body is bound when it is created (RETURN, not a
string), and it uses nothing but pg_catalog. Regular expressions decide before anything is cast,
so that no text at all makes them raise.
"""

from django.db import migrations

YEAR = "(19|20|21)[0-9]{2}"
LEAP_YEAR = "((19|20|21)(0[48]|[2468][048]|[13579][26])|2000)"
MONTH = "(0[1-9]|1[0-2])"
DAY = (
    f"({YEAR}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
    "|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    "|02-(0[1-9]|1[0-9]|2[0-8]))"
    f"|{LEAP_YEAR}-02-29)"
)


def matches(pattern: str) -> str:
    return f"""stamp COLLATE pg_catalog."C" ~ '^{pattern}$'"""


VALID = f"""
CREATE FUNCTION partial_date_valid(stamp text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN stamp COLLATE pg_catalog."C" = '' OR {matches(f"({YEAR}(-H[12]|-{MONTH})?|{DAY})")}
"""

START = f"""
CREATE FUNCTION partial_date_start(stamp text) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN {matches(YEAR)} THEN make_date(stamp::int, 1, 1)
    WHEN {matches(f"{YEAR}-H1")} THEN make_date(left(stamp, 4)::int, 1, 1)
    WHEN {matches(f"{YEAR}-H2")} THEN make_date(left(stamp, 4)::int, 7, 1)
    WHEN {matches(f"{YEAR}-{MONTH}")}
        THEN make_date(left(stamp, 4)::int, right(stamp, 2)::int, 1)
    WHEN {matches(DAY)}
        THEN make_date(left(stamp, 4)::int, substr(stamp, 6, 2)::int, right(stamp, 2)::int)
END
"""

# The last day of a month is the day before the first of the next.
END = f"""
CREATE FUNCTION partial_date_end(stamp text) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN {matches(YEAR)} THEN make_date(stamp::int, 12, 31)
    WHEN {matches(f"{YEAR}-H1")} THEN make_date(left(stamp, 4)::int, 6, 30)
    WHEN {matches(f"{YEAR}-H2")} THEN make_date(left(stamp, 4)::int, 12, 31)
    WHEN {matches(f"{YEAR}-{MONTH}")}
        THEN make_date(left(stamp, 4)::int + right(stamp, 2)::int / 12,
                       right(stamp, 2)::int % 12 + 1, 1) - 1
    WHEN {matches(DAY)}
        THEN make_date(left(stamp, 4)::int, substr(stamp, 6, 2)::int, right(stamp, 2)::int)
END
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.RunSQL(sql, reverse_sql=f"DROP FUNCTION {name}(text)")
        for name, sql in (
            ("partial_date_valid", VALID),
            ("partial_date_start", START),
            ("partial_date_end", END),
        )
    ]
