"""By what a title is found at the desk: itself with its widths folded, the original title, the
whole pinyin and the first letters of it. Kept in a column of the article, so that one walk of one
index looks at all of them.
"""

from typing import Any

from parkcms.language import pinyin
from parkcms.language.widths import fold

# Together under what one entry of an index holds (2,704 bytes), also where each letter takes four.
MOST_TITLE, MOST_ORIGINAL, MOST_PINYIN, MOST_INITIALS = 140, 200, 720, 140
AT_ONCE = 500


def of(title: str, original_title: str = "") -> str:
    """The four, a line each; at most 2,300 bytes."""
    read = pinyin.keys(title)
    lines = (
        read.folded[:MOST_TITLE],
        fold(original_title).lower()[:MOST_ORIGINAL],
        read.pinyin[:MOST_PINYIN],
        read.initials[:MOST_INITIALS],
    )
    return "\n".join(lines)


def fill(articles: Any) -> int:
    """Gives those of ``articles`` their keys that have none: rows that came by bulk or from before
    there were any, whose last edit nobody noted either. How many; a few hundred a statement."""
    done, last = 0, 0
    while rows := list(
        articles.filter(title_keys="", pk__gt=last)
        .order_by("pk")
        .select_related("draft")
        .only("title", "original_title", "updated_at", "draft__saved_at")[:AT_ONCE]
    ):
        for row in rows:
            row.title_keys = of(row.title, row.original_title)
            row.edited_at = row.draft.saved_at if row.draft else row.updated_at
        articles.bulk_update(rows, ["title_keys", "edited_at"])
        done, last = done + len(rows), rows[-1].pk
    return done
