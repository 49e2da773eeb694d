"""From the form to the page: saving a draft over a live text, publishing it, bringing one back.

What readers see changes in ``publish``, ``take_down`` and ``put_back`` only. Everything here takes
the article's row under a lock, checks that nobody saved in between, and writes its Act in the same
transaction.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from parkcms.ledger.models import Act
from parkcms.people.models import User

from . import content as contents
from . import illustrating, markup
from .content import Content
from .models import Article, Category, Revision

COALESCE = timedelta(minutes=10)
MOST_TOLD = 300  # characters of a field in an Act
# What an obstacle to clearing the rights of a repost stands at.
RIGHTS_FIELDS = (
    "rights", "publisher", "original_title", "writer", "source_date", "rights_basis"
)  # fmt: skip


class Outdated(Exception):  # noqa: N818 - it says what is so
    """Somebody saved the article after the text at hand was opened."""


@dataclass(frozen=True)
class Obstacle:
    """Why an article can't be published: the form's field, a code and the sentence."""

    field: str
    code: str
    sentence: str


class Unready(ValidationError):  # noqa: N818 - it says what is so
    """The content can't be published; ``obstacles`` say why."""

    def __init__(self, obstacles: list[Obstacle]) -> None:
        super().__init__([ValidationError(one.sentence, code=one.code) for one in obstacles])
        self.obstacles = obstacles


def working(article: Article) -> Content:
    """What an editor goes on from: the draft if there is one, else the row (up to four queries)."""
    said = contents.of(article)
    return said | article.draft.content if article.draft else said


@transaction.atomic
def begin(article: Article, content: Content, by: User | None) -> None:
    """Store a new article: its row, and its first revision as the draft it is."""
    contents.put_on(article, content | {"publish_at": None, "expire_at": None})
    article.save(force_insert=True)
    contents.write(article, content | {"publish_at": None, "expire_at": None})
    article.draft = _revise(article, content, by, Revision.Kind.DRAFT)
    _finish(article, article)
    _told(by, "add", article, {}, content)


@transaction.atomic
def save(
    article: Article, content: Content, by: User | None, *, version: int | None
) -> Revision | None:
    """Keep ``content`` as the article's draft; None where it says what was saved already. Readers
    go on seeing what they saw.

    ``version`` is the article's when its text was opened; None where nobody opened it (bulk
    actions). Raises Outdated.
    """
    row = _locked(article, version)
    before = working(row)
    content = _lifecycle_of(row, content)
    if not contents.differences(before, content):
        return None
    _keep_base(row)
    revision = _revise(row, content, by, Revision.Kind.DRAFT)
    row.draft = revision
    if row.publish_at is None:
        _mirror(row, content)
    _finish(row, article)
    _told(by, "change", row, before, content)
    return revision


@transaction.atomic
def publish(
    article: Article,
    by: User | None,
    *,
    content: Content | None = None,
    at: datetime | None = None,
    version: int | None = None,
) -> None:
    """Put ``content`` (None: what was saved last) on the site, from ``at``, its own time, the time
    it was published at first, or now. What was taken down comes back.

    Raises Unready, and Outdated as ``save`` does.
    """
    row = _locked(article, version)
    before = contents.of(row)
    said = {"publish_at": row.publish_at, "taken_down_at": row.taken_down_at}
    _keep_base(row)
    content = as_published(content or working(row), row, at)
    if obstacles := obstacles_to(content, row):
        raise Unready(obstacles)
    contents.write(row, content)
    row.taken_down_at = None
    _revise(row, content, by, Revision.Kind.PUBLISHED)
    row.draft, row.stage, row.stage_at = None, "", None
    _finish(row, article)
    changed = {one.name: one.after[:MOST_TOLD] for one in contents.differences(before, content)}
    changed.pop("publish_at", None)
    if "body" in changed:
        changed["body"] = f"{len(content['body'])} 字"
    Act.record(by, "publish", row, before=said, after={"publish_at": row.publish_at} | changed)


@transaction.atomic
def restore(article: Article, revision: Revision, by: User, *, version: int) -> Revision:
    """Make a draft that says what ``revision`` said; the times of publication stay as they are.

    The page changes only when that draft is published. Raises Outdated.
    """
    row = _locked(article, version)
    before = working(row)
    _keep_base(row)
    content = as_restored(before, revision)
    made = _revise(row, content, by, Revision.Kind.RESTORED, restored_from=revision.number)
    row.draft = made
    if row.publish_at is None:
        _mirror(row, content)
    _finish(row, article)
    Act.record(by, "restore", row, after={"第几版": revision.number, "成为": made.number})
    return made


def as_restored(before: Content, revision: Revision) -> Content:
    """What an article that says ``before`` will say once ``revision`` is restored."""
    times = {name: before.get(name) for name in ("publish_at", "expire_at")}
    return before | revision.content | times


@transaction.atomic
def discard(article: Article, by: User, *, version: int) -> None:
    """Drop the draft over a published text; its revisions stay. Raises Outdated."""
    row = _locked(article, version)
    if row.draft_id is None or row.publish_at is None:
        return
    number = row.draft.number
    row.draft, row.stage, row.stage_at = None, "", None
    _finish(row, article)
    Act.record(by, "discard", row, before={"草稿": f"第 {number} 版"})


def retag(
    article: Article, by: User | None, *, add: Iterable[str] = (), drop: Iterable[str] = ()
) -> bool:
    """Tags put on and taken off, for readers and in the draft. False where nothing changed."""
    add, dropped = list(add), {name.lower() for name in drop}

    def changed(said: Content) -> Content:
        kept = [name for name in said["tags"] if name.lower() not in dropped]
        known = {name.lower() for name in kept}
        return {"tags": sorted([*kept, *(name for name in add if name.lower() not in known)])}

    return _amend(article, by, "tag" if add else "untag", changed)


def move(article: Article, by: User | None, category: Category) -> bool:
    """Onto another shelf, for readers and in the draft alike. False where it stands there."""
    return _amend(article, by, "move", lambda said: {"category": category.pk})


def clear_rights(
    article: Article,
    by: User | None,
    *,
    rights: str,
    basis: str,
    reason: str,
    missing: dict[str, Callable[[Content], str]] | None = None,
) -> bool:
    """What was a repost of unknown standing is one by permission, or public; the draft too.

    ``missing`` gives words for fields that are empty. Raises Unready where a published one would
    print less than the law asks. False where its rights are known.
    """

    def changed(said: Content) -> Content:
        if said["rights"] not in ("", Article.Rights.UNVERIFIED):
            return {}
        filled = {name: word(said) for name, word in (missing or {}).items() if not said.get(name)}
        return {"rights": rights, "rights_basis": basis} | filled

    return _amend(article, by, "clear_rights", changed, reason, check=RIGHTS_FIELDS)


@transaction.atomic
def assign(article: Article, by: User | None, person: User | None) -> bool:
    """Somebody else answers for the article from now on. False where they do already."""
    row = (
        Article.objects.select_for_update(of=("self",)).select_related("author").get(pk=article.pk)
    )
    if row.author == person:
        return False
    Article.objects.filter(pk=row.pk).update(author=person)
    article.author = person
    told = {"before": {"author": str(row.author or "")}, "after": {"author": str(person or "")}}
    Act.record(by, "assign", row, **told)
    return True


@transaction.atomic
def _amend(
    article: Article,
    by: User | None,
    verb: str,
    change: Callable[[Content], Content],
    reason: str = "",
    check: Iterable[str] = (),
) -> bool:
    """Changes what is no text at once, in what readers see and in the draft over it; they are told
    of no new version of the text. ``check`` names fields whose obstacles stop it."""
    row = _locked(article, None)
    before, draft = contents.of(row), working(row)
    after = before | change(before)
    draft_after = draft | change(draft)
    sides = (before, after) if before != after else (draft, draft_after)
    if before == after and draft == draft_after:
        return False
    is_public = row.publish_at is not None
    if is_public and (found := [o for o in obstacles_to(after, row) if o.field in set(check)]):
        raise Unready(found)
    _keep_base(row)
    _write_amended(row, before, after)
    if is_public and before != after:
        _revise(row, after, by, Revision.Kind.PUBLISHED)
    if row.draft_id or not is_public:
        row.draft = _revise(row, draft_after, by, Revision.Kind.DRAFT)
    _stamp(row, article)
    _told(by, verb, row, *sides, reason=reason)
    return True


def _write_amended(row: Article, before: Content, after: Content) -> None:
    contents.put_on(row, after | {"publish_at": row.publish_at, "expire_at": row.expire_at})
    if fields := [name for name in contents.FIELDS if before[name] != after[name]]:
        row.save(update_fields=fields)
    if before["tags"] != after["tags"]:
        row.tags.set(after["tags"])


def as_published(content: Content, row: Article, at: datetime | None = None) -> Content:
    """``content`` with the times it gets when it is published as ``row``, at this moment."""
    now = timezone.now()
    own = contents.as_time(content.get("publish_at"))
    until = contents.as_time(content.get("expire_at"))
    times = {"publish_at": (at or own or row.publish_at or now).isoformat()}
    # The end that has come is no end one could want for what is published now.
    if until and until <= now and until == row.expire_at:
        times["expire_at"] = None
    return content | times


def obstacles_to(content: Content, article: Article) -> list[Obstacle]:
    """What keeps ``content`` from being published as ``article``; empty when nothing does."""
    found = []
    rights = content.get("rights", "")
    if not rights:
        text = "发布前要写明权利：原创、授权、公开信息还是待核实。"
        found.append(Obstacle("rights", "rights_missing", text))
    elif rights != Article.Rights.ORIGINAL and not content.get("publisher"):
        text = "转载要写明来源媒体，如“嘉定区融媒体中心”。"
        found.append(Obstacle("publisher", "source_missing", text))
    if rights == Article.Rights.AUTHORISED:
        found += _authorised(content)
    at, until = (contents.as_time(content.get(name)) for name in ("publish_at", "expire_at"))
    if at and until and until <= at:
        found.append(Obstacle("expire_at", "expires_first", "到期时间要晚于发布时间。"))
    if at and at > timezone.now() and article.is_published():
        text = (
            "这篇正在线上，发布时间改到将来会让它马上消失：要换内容就直接发布，要撤下就点“下线”。"
        )
        found.append(Obstacle("publish_at", "would_vanish", text))
    for picture in illustrating.pictures_of(content):
        if picture.is_pending:
            text = f"图片 {picture.pk} 还没有写图上有什么：到图库补好替代文字再发布。"
            found.append(Obstacle("body", "picture_pending", text))
    return found


def _authorised(content: Content) -> list[Obstacle]:
    """What an authorised repost has to print (互联网新闻信息服务管理规定, art. 15)."""
    wanted = {
        "original_title": "授权转载要写原标题。",
        "writer": "授权转载要写原作者；原文没有署名就写“未署名”。",
        "source_date": "授权转载要写原文日期。",
        "rights_basis": "授权转载要写依据，如“2026-03-02 来源媒体邮件同意”。",
    }
    return [
        Obstacle(name, f"{name}_missing", text)
        for name, text in wanted.items()
        if not content.get(name)
    ]


def _locked(article: Article, version: int | None) -> Article:
    # Of the row alone: its draft is joined as an outer side, which can't be locked.
    row = Article.objects.select_for_update(of=("self",)).select_related("draft").get(pk=article.pk)
    if version is not None and row.version != version:
        raise Outdated
    return row


def _keep_base(row: Article) -> None:
    """The text that stood before the desk touched it becomes the first revision."""
    if not row.revisions.exists():
        said = contents.of(row)
        Revision.objects.create(
            article=row, number=1, kind=Revision.Kind.BASE, content=said,
            started_at=row.updated_at, saved_at=row.updated_at,
        )  # fmt: skip


def _revise(row: Article, content: Content, by: User | None, kind: str, **fields: Any) -> Revision:
    """A new revision, or the newest one when it is this person's draft of less than ten minutes."""
    # Only what the allow-list names waits here: a revision comes back as a draft without a form.
    content = content | {"body": markup.clean(content.get("body") or "")}
    now = timezone.now()
    newest = row.revisions.first()
    is_same_hand = newest and (newest.by_id, newest.kind) == (by and by.pk, Revision.Kind.DRAFT)
    is_open = newest and newest.pk == row.draft_id and now - newest.started_at < COALESCE
    if kind == Revision.Kind.DRAFT and is_same_hand and is_open:
        newest.content, newest.saved_at = content, now
        newest.save(update_fields=["content", "saved_at"])
        return newest
    number = (row.revisions.aggregate(last=Max("number"))["last"] or 0) + 1
    return Revision.objects.create(
        article=row, number=number, kind=kind, content=content, by_id=by.pk if by else None,
        by_name=str(by)[:150] if by else "系统", started_at=now, saved_at=now, **fields,
    )  # fmt: skip


def _lifecycle_of(row: Article, content: Content) -> Content:
    """A draft that names no time of its own keeps the row's."""
    times = {"publish_at": row.publish_at, "expire_at": row.expire_at}
    kept = {name: value.isoformat() if value else None for name, value in times.items()}
    return kept | content


def _mirror(row: Article, content: Content) -> None:
    """A text nobody has seen yet: the row says what was saved, apart from when it is to appear."""
    contents.write(row, content | {"publish_at": None, "expire_at": None})


def _finish(row: Article, article: Article) -> None:
    _stamp(row, article)
    illustrating.settle(row)


def _stamp(row: Article, article: Article) -> None:
    """One version more; ``article``, which the caller holds, says what the row says now."""
    row.version += 1
    row.edited_at = timezone.now()
    # Named, so that the time readers see as the last change stays where only the draft changed.
    names = ["version", "draft", "stage", "stage_at", "taken_down_at", "edited_at"]
    row.save(update_fields=names)
    for name in (*names, "publish_at", "expire_at"):
        setattr(article, name, getattr(row, name))


def _told(
    by: User | None, verb: str, row: Article, before: Content, after: Content, reason: str = ""
) -> None:
    """An Act with what changed; none where nothing did."""
    found = contents.differences(before, after)
    if not found:
        return
    sides = [
        {one.name: _short(one.name, side, getattr(one, word)) for one in found}
        for side, word in ((before, "before"), (after, "after"))
    ]
    before = sides[0] if before else {}
    Act.record(by, verb, row, reason=reason, before=before, after=sides[1])


def _short(name: str, content: Content, text: str) -> str:
    if name == "body":
        return f"{len(content.get('body') or '')} 字"
    return text[:MOST_TOLD]
