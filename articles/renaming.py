"""A tag gets another name, or several become one. No article loses its place, and what waits as a
draft is renamed with the rest: published later, it would bring the old name back.
"""

import json
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils.translation import override

from parkcms.addresses.models import Redirect
from parkcms.language import pinyin
from parkcms.language.address import CHINESE
from parkcms.ledger.models import Act
from parkcms.people.models import User

from .models import Article, Tag, Tagging

MOST_COMPARED = 5_000

# The names in a draft's content: each once, sorted, the old one in its new spelling.
_IN_DRAFTS = """
UPDATE articles_revision SET content = jsonb_set(content, '{tags}', (
    SELECT coalesce(jsonb_agg(name ORDER BY name COLLATE "C"), '[]'::jsonb) FROM (
        SELECT DISTINCT CASE WHEN lower(said) = lower(%s) THEN %s ELSE said END AS name
        FROM jsonb_array_elements_text(content->'tags') AS said) AS renamed))
WHERE id IN (SELECT draft_id FROM articles_article WHERE draft_id IS NOT NULL)
    AND content->'tags' @> %s::jsonb
RETURNING article_id
"""


def follow(old: str, new: str, tag: Tag) -> None:
    """After ``tag`` got its new name: the drafts that say the old one, and the forms that are
    open with it. Call it in the transaction of the change."""
    _touched(Q(taggings__tag=tag), _in_drafts(old, new))


@transaction.atomic
def merge(into: Tag, others: Iterable[Tag], by: User | None) -> int:
    """All articles of ``others`` stand under ``into``; the others are gone and their addresses
    lead to it. How many articles came over; one Act for each tag that vanished.

    Raises ValidationError where there is nothing to merge, or a tag is gone already.
    """
    keys = {tag.pk for tag in others} - {into.pk}
    locked = {
        tag.pk: tag
        for tag in Tag.objects.select_for_update().filter(pk__in={*keys, into.pk}).order_by("pk")
    }
    if not keys or set(locked) != {*keys, into.pk}:
        raise ValidationError("要合并的标签不在了，请回列表再选。", code="gone")
    into = locked.pop(into.pk)
    return sum(_fold(into, tag, by) for tag in locked.values())


def _fold(into: Tag, other: Tag, by: User | None) -> int:
    taggings = Tagging.objects.filter(tag=other)
    number = taggings.count()
    _touched(Q(taggings__tag=other), _in_drafts(other.name, into.name))
    there = Tagging.objects.filter(tag=into).values("content_object")
    moved = taggings.exclude(content_object__in=there).update(tag=into)
    with override(CHINESE):
        old, new = other.get_absolute_url(), into.get_absolute_url()
    Act.record(
        by,
        "merge",
        other,
        before={"标签": other.name, "地址名": other.slug, "篇数": number},
        after={"并入": into.name, "移过来": moved, "本来就有": number - moved},
    )
    other.delete()  # and the taggings of articles that had both
    Redirect.objects.moved(old, new, by=by, is_prefix=True, why=f"标签“{other}”并入“{into}”")
    return moved


def _in_drafts(old: str, new: str) -> list[int]:
    """Renames in what waits over published texts or was never published; their articles."""
    with connection.cursor() as cursor:
        cursor.execute(_IN_DRAFTS, [old, new, json.dumps([old], ensure_ascii=False)])
        return [row[0] for row in cursor.fetchall()]


def _touched(tagged: Q, drafts: list[int]) -> None:
    """A form that is open with the old name would write it back: it is out of date now."""
    rows = Article.objects.filter(tagged).order_by().values("pk")
    Article.objects.filter(Q(pk__in=rows) | Q(pk__in=drafts)).update(version=F("version") + 1)


def alike(tags: Iterable[Tag]) -> list[list[Tag]]:
    """Groups of tags that may be one: the same but for widths and capitals, or read the same."""
    groups: dict[str, list[Tag]] = {}
    for tag in tags:
        keys = pinyin.keys(tag.name)
        groups.setdefault(keys.pinyin or keys.folded, []).append(tag)
    return [sorted(group, key=lambda tag: tag.name) for group in groups.values() if len(group) > 1]
