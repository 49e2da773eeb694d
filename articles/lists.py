"""The lists articles stand in, and the article's neighbours in them."""

from datetime import UTC, datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.fields import IntegerField
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import get_language, override

from parkcms.publication.models import live_at

from .models import Article, Category, Mention, Tag, Tagging

RELATED = 8
CANDIDATES = 60
WALKS = 12  # parks, and tags, that an article's related ones are looked for by
FIRST_YEAR, LAST_YEAR = 1990, 2199  # of the lists by year


def listed() -> QuerySet[Article]:
    """Published articles of the active language, newest first, with what a list shows."""
    return with_cover_park(_readable().in_lists().newest_first())


def _readable() -> QuerySet[Article]:
    """Published articles on published shelves that have a page in the active language."""
    live = Article.objects.published().filter(live_at(prefix="category__"))
    return live.readable_in(get_language() or "")


def with_cover_park(articles: QuerySet[Article]) -> QuerySet[Article]:
    """Adds ``cover_park``: the slug of the first mentioned park, whose cover an article without a
    picture borrows."""
    mentions = Mention.objects.filter(article=OuterRef("pk")).filter(live_at(prefix="park__"))
    return articles.annotate(
        cover_park=ArraySubquery(mentions.order_by("position", "id").values("park__slug")[:1])
    )


def in_year(year: int) -> QuerySet[Article]:
    """Articles of a calendar year of the site's own time zone."""
    return listed().filter(_within(year))


def has_articles(year: int) -> bool:
    """Whether the year has any in Chinese, the language of all of them."""
    with override("zh-hans"):
        return _readable().filter(_within(year)).exists()


def _within(year: int) -> Q:
    zone = timezone.get_default_timezone()
    start, end = (datetime(y, 1, 1, tzinfo=zone) for y in (year, year + 1))
    return Q(publish_at__gte=start, publish_at__lt=end)


def years() -> list[int]:
    """The years that have articles, newest first: two queries, each a few probes of the index."""
    live = _readable()
    ends = (
        live.order_by("publish_at")
        .values("publish_at")[:1]
        .union(live.order_by("-publish_at").values("publish_at")[:1], all=True)
    )
    found = sorted(timezone.localtime(row["publish_at"]).year for row in ends)
    if not found:
        return []
    probes = [
        live.filter(_within(year))
        .order_by("publish_at")
        .annotate(year=_number(year))
        .values("year")[:1]
        for year in range(max(found[0], FIRST_YEAR), found[-1] + 1)
    ]
    rows = probes[0].union(*probes[1:], all=True) if probes else []
    return sorted((row["year"] for row in rows), reverse=True)


def under_tag(tag: Tag, key: tuple[datetime, int] | None) -> QuerySet[Tagging]:
    """Taggings of published articles from the newest, walking the tag's own index."""
    rows = Tagging.objects.filter(tag=tag, publish_at__lte=timezone.now())
    if key:
        at, pk = key
        rows = rows.filter(publish_at__lte=at).filter(
            Q(publish_at__lt=at) | Q(content_object_id__lt=pk)
        )
    readable = listed().order_by().filter(pk=OuterRef("content_object"))
    return rows.filter(Exists(readable)).order_by("-publish_at", "-content_object")


def neighbours(article: Article) -> tuple[dict | None, dict | None]:
    """(newer, older): ``{"id", "title"}`` of the articles beside this one in its category."""
    live = (
        Article.objects.published()
        .readable_in(get_language() or "")
        .filter(category=article.category_id)
    )
    at, pk = article.publish_at, article.pk
    newer = live.filter(publish_at__gte=at).filter(Q(publish_at__gt=at) | Q(id__gt=pk))
    older = live.before((at, pk))
    fields = ("id", "title", "title_en", "side")
    rows = (newer.order_by("publish_at", "id").annotate(side=_number(1)).values(*fields)[:1]).union(
        older.newest_first().annotate(side=_number(2)).values(*fields)[:1], all=True
    )
    by_side = {row["side"]: row for row in rows}
    return by_side.get(1), by_side.get(2)


def related(article: Article, park_ids: list[int], tag_ids: list[int]) -> list[Article]:
    """Up to eight articles near this one: shared parks weigh most, then tags, then the category.

    Looks at the newest of each park, each tag and the category only: the same at any size.
    """
    same_category = Article.objects.published().filter(category=article.category_id)
    # A UNION of walks, one for each park and tag: IN and OR would read and sort all their rows.
    near = (
        same_category.newest_first()
        .values("pk")[:CANDIDATES]
        .union(
            *(_newest(Mention.objects.filter(park=pk), "article_id") for pk in park_ids[:WALKS]),
            *(
                _newest(Tagging.objects.filter(tag=pk), "content_object_id")
                for pk in tag_ids[:WALKS]
            ),
        )
    )
    rows = (
        listed()
        .filter(pk__in=near)
        .exclude(pk=article.pk)
        .order_by()
        .annotate(
            shared_parks=ArraySubquery(
                Mention.objects.filter(article=OuterRef("pk"), park__in=park_ids).values("park")
            ),
            shared_tags=ArraySubquery(
                Tagging.objects.filter(content_object=OuterRef("pk"), tag__in=tag_ids).values("tag")
            ),
        )
    )
    return sorted(rows, key=lambda other: _nearness(article, other), reverse=True)[:RELATED]


def tags_of(articles: QuerySet[Article]) -> QuerySet[Article]:
    """Adds ``tag_rows``: ``{"id", "name", "name_en", "slug"}`` of each article's tags."""
    rows = Tag.objects.filter(taggings__content_object=OuterRef("pk")).order_by("name")
    return articles.annotate(
        tag_rows=ArraySubquery(
            rows.values(row=JSONObject(id="pk", name_zh="name", name_en="name_en", slug="slug"))
        )
    )


def shelves() -> QuerySet[Category]:
    return Category.objects.published()


def _number(value: int) -> Value:
    return Value(value, output_field=IntegerField())


def _newest(rows: QuerySet, column: str) -> QuerySet:
    return (
        rows.filter(publish_at__lte=timezone.now())
        .order_by("-publish_at", f"-{column}")
        .values(column)[:CANDIDATES]
    )


def _nearness(article: Article, other: Article) -> tuple:
    # A subquery over no parks or no tags is left out by Django, and gives None.
    score = 4 * len(other.shared_parks or ()) + 2 * len(other.shared_tags or ())
    score += other.category_id == article.category_id
    return score, other.publish_at or datetime.min.replace(tzinfo=UTC), other.pk
