"""Remarks of colleagues at passages of an article: said, answered, settled, opened again.

A remark stands on the text that was saved last, draft or not; readers see neither.
"""

from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from parkcms.ledger.models import Act
from parkcms.people.models import User

from . import citations, drafting
from .models import Article, Comment
from .reviewing import Refused

MOST_QUOTED = 300  # characters, as the column
MOST_SAID = 2_000
MOST_TOLD = 80  # characters of a remark in an Act
MOST_OCCURRENCES = 9_999


@dataclass(frozen=True)
class Thread:
    """A remark and its answers; ``place`` is where its passage starts in the text, None where it
    is gone or the remark is on the whole."""

    comment: Comment
    answers: list[Comment] = field(default_factory=list)
    place: int | None = None

    @property
    def is_gone(self) -> bool:
        """Whether the passage the remark stood at is no longer in the text."""
        return bool(self.comment.quote) and self.place is None


@transaction.atomic
def comment(article: Article, by: User, text: str, quote: str = "", occurrence: int = 1) -> Comment:
    """A remark at ``quote`` (its ``occurrence``, counted from one), or on the whole where that is
    empty. Raises Refused where the words are not in the text that was saved last."""
    _require_words(text)
    if len(quote) > MOST_QUOTED:
        raise Refused(f"没有批注：引用的原话超过 {MOST_QUOTED} 字，请选短一点。")
    if quote and not 1 <= occurrence <= MOST_OCCURRENCES:
        raise Refused("没有批注：第几处要从 1 数起。")
    if quote and citations.find(_text(article), quote, occurrence) is None:
        raise Refused(
            "没有批注：保存过的正文里找不到这句原话。刚写的内容先保存草稿，再批注；原话不能跨段。"
        )
    row = Comment.objects.create(
        article=article, author=by, text=text, quote=quote, occurrence=occurrence if quote else 1
    )
    _told(by, "comment", row, {"批注": text, "原话": quote})
    return row


@transaction.atomic
def answer(thread: Comment, by: User, text: str) -> Comment:
    """A word more in an open thread. Raises Refused where it is settled."""
    _require_words(text)
    row = _locked(thread)
    if row.settled_at:
        raise Refused("这条批注已经解决，要接着谈先重开。")
    made = Comment.objects.create(article=row.article, author=by, answers_to=row, text=text)
    _told(by, "comment", row, {"回复": text})
    return made


@transaction.atomic
def settle(thread: Comment, by: User) -> None:
    """Close a thread; twice is once."""
    row = _locked(thread)
    if row.settled_at:
        return
    row.settled_at, row.settled_by = timezone.now(), by
    row.save(update_fields=["settled_at", "settled_by"])
    _told(by, "settle", row, {"批注": row.text})


@transaction.atomic
def reopen(thread: Comment, by: User) -> None:
    """Open a settled thread again; an open one stays as it is."""
    row = _locked(thread)
    if row.settled_at is None:
        return
    row.settled_at, row.settled_by = None, None
    row.save(update_fields=["settled_at", "settled_by"])
    _told(by, "reopen", row, {"批注": row.text})


def threads(article: Article) -> tuple[list[Thread], list[Thread]]:
    """(open, settled): the open ones in the order of their places in the text that was saved last,
    then those without a place; the newest first where two share one. Settled: newest first."""
    rows = list(article.comments.select_related("author", "settled_by"))
    text = _text(article) if rows else ""
    by_thread: dict[int, list[Comment]] = {}
    for row in rows:
        if row.answers_to_id:
            by_thread.setdefault(row.answers_to_id, []).append(row)
    found = [
        Thread(row, by_thread.get(row.pk, []), _place(text, row))
        for row in reversed(rows)
        if row.answers_to_id is None
    ]
    unsettled = [one for one in found if one.comment.settled_at is None]
    unsettled.sort(key=lambda one: (one.place is None, one.place or 0))
    settled = [one for one in found if one.comment.settled_at]
    return unsettled, sorted(settled, key=lambda one: one.comment.settled_at, reverse=True)


def count_open(article: Article) -> int:
    """How many threads wait for somebody."""
    return article.comments.filter(answers_to=None, settled_at=None).count()


def _text(article: Article) -> str:
    # The form has read it already (articles/desk_drafting.py).
    content = getattr(article, "working_content", None) or drafting.working(article)
    return citations.text_of(content.get("body") or "")


def _place(text: str, row: Comment) -> int | None:
    found = citations.find(text, row.quote, row.occurrence) if row.quote else None
    return found[0] if found else None


def _require_words(text: str) -> None:
    if not text:
        raise Refused("没有保存：请写下意见。")
    if len(text) > MOST_SAID:
        raise Refused(f"没有保存：意见超过 {MOST_SAID:,} 字，请拆成几条。")


def _locked(thread: Comment) -> Comment:
    return (
        Comment.objects.select_for_update(of=("self",)).select_related("article").get(pk=thread.pk)
    )


def _told(by: User, verb: str, row: Comment, said: dict[str, str]) -> None:
    """The act is the article's: its story is where people look."""
    after = {name: text[:MOST_TOLD] for name, text in said.items() if text}
    Act.record(by, verb, row.article, after=after)
