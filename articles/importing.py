"""Landing articles from elsewhere: each once, under its old id where that is free.

An article from an old site is known by (legacy_site, legacy_id); one without, by its source
address and title. What is known is left as it is, so a second landing changes nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from parkcms.language.widths import fold
from parkcms.ledger.models import Act
from parkcms.people.models import User
from parks.models import Figure, Park

from . import citations, illustrating, pasting, picturing
from .models import Article, Category, Citation, Mention

# One landing at a time, so that two can't take the same free id.
_LOCK = 0x6C616E64


@dataclass(frozen=True)
class Incoming:
    """One article as it arrives: Article's own fields, and names for what it points at.

    ``wanted_id`` asks for an id without claiming an old site had it. ``citations`` are tables with
    quote, park, metric and, where needed, phase, state, as_of, occurrence.
    """

    title: str
    category: str
    body: str = ""
    kind: str = "news"
    title_en: str = ""
    original_title: str = ""
    correction: str = ""
    summary_zh: str = ""
    summary_en: str = ""
    byline: str = ""
    writer: str = ""
    photographer: str = ""
    editor: str = ""
    publisher: str = ""
    source_url: str = ""
    rights: str = Article.Rights.UNVERIFIED
    is_excerpt: bool = False
    event_date: str = ""
    source_date: str = ""
    posted_stamp: str = ""
    legacy_site: str = ""
    legacy_id: str = ""
    legacy_views: int | None = None
    wanted_id: int | None = None
    tags: Sequence[str] = ()
    parks: Sequence[str] = ()
    citations: Sequence[dict[str, Any]] = field(default_factory=tuple)


_POINTERS = {"category", "wanted_id", "tags", "parks", "citations"}


@dataclass(frozen=True)
class Landed:
    """What became of an incoming article; why a quote could not be tied to a figure, and which
    pictures were left out."""

    article: Article
    is_new: bool
    remarks: tuple[str, ...] = ()


@transaction.atomic
def land(
    incoming: Incoming, publish_at: datetime | None = None, author: User | None = None
) -> Landed:
    """Make the article unless it is known; publish it from ``publish_at`` (None: a draft).

    Raises ValidationError for what the model refuses and Category.DoesNotExist for an unknown
    shelf; then nothing of it is stored.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    known = _known(incoming)
    if known:
        return Landed(known, is_new=False)
    body, left_out = _body(incoming.body, author)
    article = _new(incoming, body, publish_at, author)
    article.tags.set(incoming.tags)
    for position, slug in enumerate(incoming.parks):
        Mention.objects.create(article=article, park=Park.objects.get(slug=slug), position=position)
    remarks = (*left_out, *(_cite(article, row) for row in incoming.citations))
    article.settle_citations()
    illustrating.settle(article)
    Act.record(author, "import", article, after={"source_url": article.source_url})
    return Landed(article, is_new=True, remarks=tuple(filter(None, remarks)))


def _known(incoming: Incoming) -> Article | None:
    if incoming.legacy_id:
        same = {"legacy_site": incoming.legacy_site, "legacy_id": incoming.legacy_id}
    else:
        same = {"title": incoming.title, "source_url": incoming.source_url, "legacy_id": ""}
    return Article.objects.filter(**same).first()


def _body(text: str, author: User | None) -> tuple[str, list[str]]:
    """The text as it will stand, its own pictures in the library, and what was left out of it."""
    taken = picturing.take_in(pasting.tidy(text) if pasting.is_foreign(text) else text, author)
    remarks = [f"一张图没有收进来：{why}" for why in taken.refused]
    if foreign := +(picturing.flags(taken.body) - Counter({"": len(taken.refused)})):
        remarks.append(f"{picturing.said_of(foreign)}。")
    return picturing.without_flags(taken.body), remarks


def _new(
    incoming: Incoming, body: str, publish_at: datetime | None, author: User | None
) -> Article:
    own = {f.name: getattr(incoming, f.name) for f in fields(incoming) if f.name not in _POINTERS}
    own["body"] = body
    article = Article(
        **own,
        category=Category.objects.get(slug=incoming.category),
        publish_at=publish_at,
        author=author,
    )
    article.pk = _free_id(incoming)
    # An excerpt may be no more than its title.
    article.full_clean(exclude=["body", "tags"])
    article.save(force_insert=True)
    if incoming.wanted_id or incoming.legacy_id:
        _move_sequence()
    return article


def _free_id(incoming: Incoming) -> int | None:
    """The old or wanted id if it is a number nobody has; None lets the database choose."""
    text = str(incoming.wanted_id or incoming.legacy_id)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**31):
        return None
    return None if Article.objects.filter(pk=int(text)).exists() else int(text)


def _move_sequence() -> None:
    """Past the highest id, in the same transaction; a sequence never goes back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('articles_article', 'id'), "
            "greatest(max(id), (SELECT last_value FROM articles_article_id_seq))) "
            "FROM articles_article"
        )


def _cite(article: Article, row: dict[str, Any]) -> str:
    """Tie one quote to its figure; the reason, in Chinese, if that can't be done."""
    found = Figure.objects.filter(
        park__slug=row["park"], metric=row["metric"], as_of=row.get("as_of", "")
    )
    found = (
        found.filter(phase__ordinal=row["phase"]) if "phase" in row else found.filter(phase=None)
    )
    if "state" in row:
        found = found.filter(state=row["state"])
    figures = sorted(found.select_related("source"), key=_preference, reverse=True)
    if not figures:
        return f"“{row['quote']}”没有对应的园区数字。"
    occurrence = row.get("occurrence", 1)
    if citations.find(citations.text_of(article.body), row["quote"], occurrence) is None:
        return f"正文里找不到“{row['quote']}”。"
    citation = Citation(
        article=article,
        figure=_told_by(article, figures),
        quote=row["quote"],
        occurrence=occurrence,
    )
    try:
        citation.full_clean()
    except ValidationError as error:
        return f"“{row['quote']}”没有引用：{'；'.join(error.messages)}"
    citation.save()
    return ""


def _told_by(article: Article, figures: list[Figure]) -> Figure:
    """The statement whose source is this very article, if there is one."""
    title = fold(article.title)
    own = [f for f in figures if f.source and fold(f.source.title) == title]
    return (own or figures)[0]


def _preference(figure: Figure) -> tuple[bool, str]:
    return bool(figure.sentence), figure.source.key if figure.source else ""
