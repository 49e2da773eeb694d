"""By what an article is found at the desk: its title with widths folded, the original title, the
medium, and the title's whole pinyin and first letters. Kept in a column of the article, so that one
walk of one index looks at all of them.
"""

from typing import Any

from parkcms.language import pinyin
from parkcms.language.widths import fold

# Together under what one entry of an index holds (2,704 bytes), also where each letter takes four.
MOST_TITLE, MOST_ORIGINAL, MOST_MEDIUM, MOST_PINYIN, MOST_INITIALS = 140, 180, 100, 600, 140
AT_ONCE = 500


FROM = ("title", "original_title", "publisher")


def of(title: str, original_title: str = "", publisher: str = "") -> str:
    """The five, a line each; at most 2,430 bytes. The arguments are those named in FROM."""
    read = pinyin.keys(title)
    lines = (
        read.folded[:MOST_TITLE],
        fold(original_title).lower()[:MOST_ORIGINAL],
        fold(publisher).lower()[:MOST_MEDIUM],
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
        .only(*FROM, "updated_at", "draft__saved_at")[:AT_ONCE]
    ):
        for row in rows:
            row.title_keys = of(*(getattr(row, name) for name in FROM))
            row.edited_at = row.draft.saved_at if row.draft else row.updated_at
        articles.bulk_update(rows, ["title_keys", "edited_at"])
        done, last = done + len(rows), rows[-1].pk
    return done
