"""A site with many rows, made in bulk: for counting queries and reading their plans."""

from datetime import timedelta
from itertools import count

from django.db import connection
from django.utils import timezone
from factories import a_category, a_contact, a_tag

from articles.models import Article, Category, Citation, Mention, Tag, Tagging
from parkcms.library.models import Picture
from parks.models import (
    Alias,
    Amenity,
    Figure,
    Industry,
    Milestone,
    Park,
    ParkIndustry,
    Phase,
    Source,
    Space,
    TransportLink,
)

_number = count(1)
FIRST = "park-first"


def fill(parks=3, articles=30, rows=6):
    """Add ``parks`` parks with ``rows`` rows of every kind each, and ``articles`` articles.

    The first park and the first article of the site get as many rows again at every call, so
    that their own pages grow as well.
    """
    made = [*Park.objects.filter(slug=FIRST), *_parks(parks)]
    sources = Source.objects.bulk_create(_source() for _ in range(rows))
    for park in made:
        _rows_of(park, sources, rows)
    _articles(articles, made)
    first = Article.objects.order_by("id").first()
    _rows_of_article(first, made)
    return made[0], first


def _parks(number):
    contact, cover = a_contact(), _picture()
    has_first = Park.objects.filter(slug=FIRST).exists()
    return Park.objects.bulk_create(
        Park(
            name_zh=f"量产园区{n}", name_en=f"Park {n}", sort_key=f"park{n:06}",
            slug=FIRST if not has_first and place == 0 else f"park-of-many-{n}",
            region_code="310114", town_zh="安亭镇", intro_zh="简介。", address_zh="地址",
            origin_region="330300", host_region="310114", contact=contact, cover=cover,
            publish_at=_long_ago(),
        )
        for place, n in enumerate(next(_number) for _ in range(number))
    )  # fmt: skip


def _rows_of(park, sources, rows):
    numbers = [next(_number) for _ in range(rows)]
    phases = Phase.objects.bulk_create(
        Phase(park=park, ordinal=n % 30_000, name_zh=f"{n}期") for n in numbers
    )
    Alias.objects.bulk_create(
        Alias(park=park, name=f"别名{n}", folded=f"别名{n}", kind="short") for n in numbers
    )
    TransportLink.objects.bulk_create(
        TransportLink(park=park, kind="metro", name_zh=f"{n}号站", source=sources[0])
        for n in numbers
    )
    Amenity.objects.bulk_create(
        Amenity(park=park, state="planned", name_zh=f"食堂{n}", source=sources[0]) for n in numbers
    )
    industries = Industry.objects.bulk_create(Industry(name_zh=f"产业{n}") for n in numbers)
    ParkIndustry.objects.bulk_create(
        ParkIndustry(park=park, industry=one, stance="leading") for one in industries
    )
    told = [(None, "tenants", "家"), (phases[0], "gfa", "m2"), (None, "occupancy", "percent")]
    Figure.objects.bulk_create(
        Figure(
            park=park, phase=phase, metric=metric, unit=unit, value=n % 100, as_of="2024-06",
            source=sources[place % len(sources)], sentence=f"第{n}句。",
        )
        for place, n in enumerate(numbers)
        for phase, metric, unit in told
    )  # fmt: skip
    Milestone.objects.bulk_create(
        Milestone(park=park, phase=phases[0], kind="other", title_zh=f"第{n}件事",
                  happened="2024-06", source=source)
        for n, source in zip(numbers, sources, strict=True)
    )  # fmt: skip
    Space.objects.bulk_create(
        Space(park=park, phase=phases[0], code=f"{n}号楼", slug=f"space-{n}", area_gross_m2=1000,
              rent_cny_m2_day="0.9", valid_until="2199-12-31", publish_at=_long_ago(),
              source=sources[0])
        for n in numbers
    )  # fmt: skip


def _articles(number, parks):
    shelves = list(Category.objects.filter(slug__startswith="many-")) or [
        a_category(slug=f"many-{n}") for n in range(12)
    ]
    tags = list(Tag.objects.filter(slug__startswith="many-")) or [
        a_tag(f"许多{n}", slug=f"many-{n}") for n in range(4)
    ]
    numbers = [next(_number) for _ in range(number)]
    rows = Article.objects.bulk_create(
        Article(
            title=f"第{n}篇关于园区的文章", summary_zh="摘要。" * 20, summary_en="In English.",
            body="<p>正文。</p>" * 20, rights="public", publisher="某报",
            category=shelves[n % 12], publish_at=_long_ago() + timedelta(minutes=n),
        )
        for n in numbers
    )  # fmt: skip
    pairs = list(zip(numbers, rows, strict=True))
    Tagging.objects.bulk_create(
        Tagging(tag=tags[(n + step) % 4], content_object=row) for n, row in pairs for step in (0, 1)
    )
    Mention.objects.bulk_create(
        Mention(article=row, park=parks[n % len(parks)], position=0) for n, row in pairs
    )


def _rows_of_article(article, parks):
    """More mentions, tags and citations for the article whose page is looked at."""
    known = set(article.mentions.values_list("park_id", flat=True))
    Mention.objects.bulk_create(
        Mention(article=article, park=park, position=place)
        for place, park in enumerate(parks)
        if park.pk not in known
    )
    tags = Tag.objects.bulk_create(
        Tag(name=f"标签{n}", slug=f"tag-{n}") for n in (next(_number) for _ in range(len(parks)))
    )
    Tagging.objects.bulk_create(Tagging(tag=tag, content_object=article) for tag in tags)
    cited = set(article.citations.values_list("figure_id", flat=True))
    figures = Figure.objects.filter(park__in=parks).exclude(pk__in=cited)[: 5 * len(parks)]
    article.body = "".join(f"<p>第{figure.pk}处引文。</p>" for figure in figures) or "<p>甲</p>"
    article.save(update_fields=["body"])
    Citation.objects.bulk_create(
        Citation(article=article, figure=figure, quote=f"第{figure.pk}处引文") for figure in figures
    )


def multiply_articles(times):
    """Every article ``times`` more times, each copy filed and mentioning a park: by SQL."""
    columns = [
        field.column
        for field in Article._meta.concrete_fields
        if not field.primary_key and not field.generated
    ]
    values = ["publish_at - n * interval '7 hours'" if c == "publish_at" else c for c in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO articles_article ({', '.join(columns)})"  # noqa: S608
            f" SELECT {', '.join(values)} FROM articles_article, generate_series(1, %s) n",
            [times],
        )
        cursor.execute(
            "INSERT INTO articles_tagging (tag_id, content_object_id) SELECT tags[1 + id % n], id"
            " FROM articles_article, (SELECT array_agg(id) AS tags, count(*) AS n"
            " FROM articles_tag WHERE slug LIKE 'many-%%') t ON CONFLICT DO NOTHING"
        )
        cursor.execute(
            "INSERT INTO articles_mention (park_id, article_id, position)"
            " SELECT parks[1 + id % n], id, 0 FROM articles_article,"
            " (SELECT array_agg(id) AS parks, count(*) AS n FROM parks_park) p"
            " ON CONFLICT DO NOTHING"
        )


def _source():
    n = next(_number)
    return Source(publisher="某报", title=f"来源{n}", published="2024-06-13", key=f"many-{n:08}")


def _picture():
    n = next(_number)
    forms = [["thumb", "jpg", 240, 150], ["card", "jpg", 480, 300], ["body", "jpg", 960, 600]]
    return Picture.objects.create(
        sha256=f"{n:064x}", width=960, height=600, forms=forms, alt_zh="厂房"
    )


def _long_ago():
    return timezone.now() - timedelta(days=400)
