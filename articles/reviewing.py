"""From author to editor and back: an article is sent for review, sent back with a reason, or
withdrawn. None of it changes what readers see, nor the text.

Publishing ends a review (articles/drafting.py). Who said what stands in the ledger alone.
"""

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from parkcms.ledger.models import Act
from parkcms.people.models import User

from . import drafting
from .models import Article, Comment

_KEY = models.BigIntegerField()
VERBS = ("submit", "return", "withdraw_submission")


class Refused(Exception):  # noqa: N818 - it says what is so
    """A step that can't be taken now; its text is the sentence for the person."""


@transaction.atomic
def submit(article: Article, by: User, note: str = "", *, version: int | None = None) -> None:
    """Ask the editors to look at what was saved last. Raises Refused where nothing waits to be
    published or it was submitted before, drafting.Outdated where ``version`` is not the row's."""
    row = _locked(article)
    if version is not None and row.version != version:
        raise drafting.Outdated
    if row.stage == Article.Stage.SUBMITTED:
        raise Refused("这篇已经送审，正等编辑看。")
    if row.publish_at is not None and row.draft_id is None:
        raise Refused("没有送审：这篇没有未发布的改动。")
    _move(row, article, Article.Stage.SUBMITTED, by, "submit", note)


@transaction.atomic
def send_back(article: Article, by: User, reason: str) -> None:
    """Ask the author for changes. Raises Refused without a reason or without a submission."""
    row = _locked(article)
    if not reason:
        raise Refused("没有退回：请写明要改什么，作者会看到。")
    _require_submitted(row)
    _move(row, article, Article.Stage.RETURNED, by, "return", reason)


@transaction.atomic
def withdraw(article: Article, by: User) -> None:
    """Take a submission back. Raises Refused where there is none."""
    row = _locked(article)
    _require_submitted(row)
    _move(row, article, Article.Stage.WRITING, by, "withdraw_submission")


def latest(article: Article) -> Act | None:
    """The act that brought the article into the stage it is in; None where it is just written."""
    if not article.stage:
        return None
    return Act.objects.about(article).filter(verb__in=VERBS).first()


def to_review() -> QuerySet[Article]:
    """What waits for an editor, the longest first."""
    return Article.objects.filter(stage=Article.Stage.SUBMITTED).order_by("stage_at", "id")


def returned_to(user: User) -> QuerySet[Article]:
    """This person's articles that want changes, the newest first."""
    rows = Article.objects.filter(stage=Article.Stage.RETURNED, author=user)
    return rows.order_by("-stage_at", "-id")


def commented_for(user: User) -> QuerySet[Article]:
    """Articles with an open comment in which the last word is a colleague's: this person's own
    articles, and those where this person takes part in the thread."""
    answers = Comment.objects.filter(answers_to=OuterRef("pk"))
    last = answers.order_by("-at", "-id").values("author")[:1]
    threads = Comment.objects.filter(answers_to=None, settled_at=None, article=OuterRef("pk"))
    waiting = (
        threads.annotate(last_author=Coalesce(Subquery(last), "author", output_field=_KEY))
        .exclude(last_author=user.pk)
        .filter(Q(article__author=user) | Q(author=user) | Exists(answers.filter(author=user)))
    )
    return Article.objects.filter(Exists(waiting)).order_by("-updated_at", "-id")


def _locked(article: Article) -> Article:
    return Article.objects.select_for_update(of=("self",)).get(pk=article.pk)


def _require_submitted(row: Article) -> None:
    if row.stage != Article.Stage.SUBMITTED:
        raise Refused("这篇不在待审：可能刚被发布、退回或撤回。")


def _move(
    row: Article, article: Article, stage: str, by: User, verb: str, reason: str = ""
) -> None:
    """Update by name: the time readers see as the last change of the text stays."""
    before = row.get_stage_display()
    row.stage, row.stage_at = stage, timezone.now() if stage else None
    row.save(update_fields=["stage", "stage_at"])
    article.stage, article.stage_at = row.stage, row.stage_at
    told = {"before": {"stage": before}, "after": {"stage": row.get_stage_display()}}
    Act.record(by, verb, row, reason=reason, **told)


def open_comments() -> models.Expression:
    """How many threads of an article are open, to annotate rows with."""
    rows = Comment.objects.filter(article=OuterRef("pk"), answers_to=None, settled_at=None)
    counted = rows.order_by().values("article").annotate(number=models.Count("pk"))
    return Coalesce(Subquery(counted.values("number")), 0)
