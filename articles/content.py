"""What an article says, apart from its row: plain JSON, so that it can wait, be compared and come
back. Revisions and drafts are kept in this form.

``{field: value}`` for FIELDS (keys of pointers, times as ISO text), and

* ``tags``       sorted names
* ``parks``      ``[park id, position]`` in the order of the page
* ``citations``  ``{"figure", "quote", "occurrence"}``

What is not content: the number, the responsible person, the old site's facts, and whether the
article was taken down.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from parkcms.library.models import Picture
from parks.models import Figure, Park

from . import markup
from .models import Article, Category, Citation, Mention

Content = dict[str, Any]

FIELDS = (
    "title",
    "title_en",
    "original_title",
    "correction",
    "kind",
    "category",
    "summary_zh",
    "summary_en",
    "body",
    "cover",
    "byline",
    "writer",
    "photographer",
    "editor",
    "publisher",
    "source_url",
    "rights",
    "rights_basis",
    "is_excerpt",
    "event_date",
    "source_date",
    "posted_stamp",
    "publish_at",
    "expire_at",
    "pinned_until",
)
LISTS = {"tags": "标签", "parks": "提到的园区", "citations": "引用"}
_POINTERS = {"category": Category, "cover": Picture}
TIMES = {"publish_at", "expire_at", "pinned_until"}


def of(article: Article) -> Content:
    """What the row says now (three queries for what hangs on it)."""
    content = own(article)
    content["tags"] = sorted(article.tags.names()) if article.pk else []
    content["parks"] = [list(row) for row in article.mentions.values_list("park_id", "position")]
    rows = article.citations.values("figure_id", "quote", "occurrence")
    content["citations"] = [
        {"figure": row["figure_id"], "quote": row["quote"], "occurrence": row["occurrence"]}
        for row in rows
    ]
    return content


def own(article: Article) -> Content:
    """The fields of the row itself; no query."""
    return {
        name: _plain(article._meta.get_field(name).value_from_object(article)) for name in FIELDS
    }


def put_on(article: Article, content: Content) -> None:
    """Lets the instance at hand say what ``content`` says; stores nothing.

    A category or picture that is gone leaves the article's own category, and no picture.
    """
    for name in FIELDS:
        if name not in content:
            continue  # a field that came after the revision was made
        value = content[name]
        field = article._meta.get_field(name)
        if name in _POINTERS:
            if value is not None and not _POINTERS[name].objects.filter(pk=value).exists():
                value = article.category_id if name == "category" else None
            setattr(article, field.attname, value)
        else:
            setattr(article, name, as_time(value) if name in TIMES else value)


def write(article: Article, content: Content) -> None:
    """Stores ``content`` in the article's row and in what hangs on it. Call it in a transaction."""
    before = own(article)
    put_on(article, content)
    changed = [name for name, value in own(article).items() if value != before[name]]
    # Publishing again what is there is no change of the text, and readers are told of none.
    article.save(update_fields=changed if set(changed) <= {"publish_at", "expire_at"} else None)
    article.tags.set(content.get("tags", []))
    _write_parks(article, content.get("parks", []))
    _write_citations(article, content.get("citations", []))
    article.settle_citations()


def _write_parks(article: Article, wanted: list) -> None:
    positions = dict(wanted)
    article.mentions.exclude(park__in=positions).delete()
    known = set(article.mentions.values_list("park_id", flat=True))
    for park in Park.objects.filter(pk__in=positions).only("pk"):
        row = {"position": positions[park.pk]}
        if park.pk in known:
            article.mentions.filter(park=park).update(**row)
        else:
            Mention.objects.create(article=article, park=park, **row)


def _write_citations(article: Article, wanted: list[dict]) -> None:
    """Known rows keep their key: the address of a marked passage is made from it."""
    by_figure = {row["figure"]: row for row in wanted}
    article.citations.exclude(figure__in=by_figure).delete()
    for figure in Figure.objects.filter(pk__in=by_figure).only("pk"):
        row = by_figure[figure.pk]
        said = {"quote": row["quote"], "occurrence": row["occurrence"]}
        Citation.objects.update_or_create(article=article, figure=figure, defaults=said)


def as_time(value: str | datetime | None) -> datetime | None:
    """A time as the content keeps it, read back."""
    return parse_datetime(value) if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int) else str(value)


@dataclass(frozen=True)
class Difference:
    """One field in which two contents differ; ``before`` and ``after`` in words a person reads."""

    name: str
    label: str
    before: str
    after: str

    @property
    def is_text(self) -> bool:
        """Whether it is a running text, to be compared passage by passage."""
        return self.name in {"body", "summary_zh", "summary_en"}


def differences(before: Content, after: Content) -> list[Difference]:
    """The fields in which two contents differ, in the order of the form. Reads names of what is
    pointed at: at most one query for each kind."""
    return [
        Difference(name, label_of(name), said(before, name), said(after, name))
        for name in changed(before, after)
    ]


def changed(before: Content, after: Content) -> list[str]:
    """The names of the fields in which two contents differ, in the order of the form; no query."""
    return [name for name in (*FIELDS, *LISTS) if _known(before, name) != _known(after, name)]


def _known(content: Content, name: str) -> Any:
    """A missing field and an empty one say the same."""
    value = content.get(name)
    if name in TIMES:
        return as_time(value)
    return value or None


def label_of(name: str) -> str:
    return LISTS.get(name) or str(Article._meta.get_field(name).verbose_name)


def said(content: Content, name: str) -> str:
    """One field of a content in words: names in the place of keys, the body as plain text."""
    value = content.get(name)
    if value in (None, "", [], False):
        return ""
    if name in _POINTERS:
        return str(_POINTERS[name].objects.filter(pk=value).first() or "（已不在）")
    if name in _SAID:
        return _SAID[name](value)
    if name in TIMES:
        return f"{timezone.localtime(as_time(value)):%Y-%m-%d %H:%M}"
    return _choice(name, value)


def _choice(name: str, value: Any) -> str:
    if value is True:
        return "是"
    field: models.Field = Article._meta.get_field(name)
    return str(dict(field.flatchoices).get(value, value)) if field.choices else str(value)


def _said_parks(rows: list) -> str:
    names = dict(Park.objects.filter(pk__in=[row[0] for row in rows]).values_list("pk", "name_zh"))
    return "、".join(names.get(park, "（已不在）") for park, _ in rows)


def _said_citations(rows: list[dict]) -> str:
    return "\n".join(f"“{row['quote']}”" for row in rows)


_SAID = {
    "body": markup.plain,
    "tags": "、".join,
    "parks": _said_parks,
    "citations": _said_citations,
}
