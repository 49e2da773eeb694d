from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from parkcms.language.address import ENGLISH, in_language
from parkcms.publication import pages
from parkcms.publication.models import Gone, live_at
from parks import cover as covers
from parks import profile
from parks.figures import Series, key_figures
from parks.models import Figure, Park

from . import citations, illustrating, lists
from .models import COVER_VARIANTS, Article, Category, Citation, Tag


@require_safe
def article_list(request: HttpRequest) -> HttpResponse:
    key = pages.parse_key(request.GET.get("before"))
    page = pages.page(lists.listed().before(key))
    pinned = list(lists.listed().pinned()[:3]) if key is None else []
    shown = {article.pk for article in pinned}
    return _list(
        request,
        page,
        key,
        title=_("招商资讯"),
        rows=[article for article in page.rows if article.pk not in shown],
        pinned=pinned,
        years=lists.years(),
        categories=lists.shelves(),
    )


@require_safe
def year(request: HttpRequest, year: int) -> HttpResponse:
    if not lists.FIRST_YEAR <= year <= lists.LAST_YEAR:
        raise Http404("no such year")
    key = pages.parse_key(request.GET.get("before"))
    page = pages.page(lists.in_year(year).before(key))
    # A year without English articles has a page all the same: the Chinese one leads to it.
    if not page.rows and (key or not lists.has_articles(year)):
        raise Http404("nothing in that year")
    return _list(
        request,
        page,
        key,
        title=_("%(year)s 年的资讯") % {"year": year},
        years=lists.years(),
        categories=lists.shelves(),
        current_year=year,
    )


@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponse:
    shelf = get_object_or_404(Category.objects.published(), slug=slug)
    key = pages.parse_key(request.GET.get("before"))
    page = pages.page(lists.listed().filter(category=shelf).before(key))
    return _list(
        request,
        page,
        key,
        title=shelf.name,
        description=shelf.description,
        category=shelf,
        categories=lists.shelves(),
    )


@require_safe
def tag(request: HttpRequest, slug: str) -> HttpResponse:
    topic = get_object_or_404(Tag, slug=slug)
    key = pages.parse_key(request.GET.get("before"))
    taggings = pages.page(
        lists.under_tag(topic, key),
        key=lambda row: pages.make_key(row.publish_at, row.content_object_id),
    )
    by_id = lists.listed().in_bulk([row.content_object_id for row in taggings.rows])
    rows = [by_id[row.content_object_id] for row in taggings.rows if row.content_object_id in by_id]
    page = pages.Page(rows, taggings.next_key)
    title = _("标签：%(name)s") % {"name": topic.shown_name}
    return _list(request, page, key, title=title, tag=topic, categories=lists.shelves())


def _list(
    request: HttpRequest, page: pages.Page, key: object, *, title: str, **context: object
) -> HttpResponse:
    context = {"title": title, "page": page, "rows": page.rows, "is_first": key is None, **context}
    return render(request, "articles/list.html", context)


@require_safe
def article(request: HttpRequest, pk: int) -> HttpResponse:
    return render_article(request, get_article(pk))


def get_article(pk: int) -> Article:
    """The published article with what its page joins; Http404 where the language has no page, Gone
    where it was taken down."""
    articles = Article.objects.published().filter(live_at(prefix="category__"))
    articles = articles.readable_in(get_language() or "").select_related(
        "category", "cover", "author"
    )
    row = lists.with_cover_park(lists.tags_of(articles)).filter(pk=pk).first()
    if row is None:
        known = Article.objects.taken_down().readable_in(get_language() or "")
        raise Gone("taken down") if known.filter(pk=pk).exists() else Http404("no such article")
    return row


@dataclass(frozen=True)
class Supported:
    """A figure an article supports: the figure, the article's mark, and newer statements of it."""

    citation: Citation
    figure: Figure
    series: Series

    @property
    def newer(self) -> Figure | None:
        """The newest statement, if it is not the article's own."""
        return self.series.newest if self.series.newest != self.figure else None


@dataclass(frozen=True)
class Beside:
    """What an article's page shows beside the row's own fields."""

    parks: list[Park]
    citations: list[Citation]


def beside(row: Article) -> Beside:
    """What stands in the tables (two queries)."""
    parks = shown_parks().filter(mentions__article=row)
    parks = parks.order_by("mentions__position", "mentions__id")
    return Beside(list(parks), list(row.citations.all()))


def shown_parks() -> QuerySet[Park]:
    return Park.objects.published().select_related("cover", "contact__wechat_qr")


def render_article(
    request: HttpRequest, row: Article, around: Beside | None = None, **extra: object
) -> HttpResponse:
    """The page of an article, published or not: previews call this too, with what the draft says
    ``around`` it and what their page says on top (``extra``)."""
    around = around or beside(row)
    parks = around.parks
    figures = profile.figures_of(parks)
    cited = _supported(around.citations, figures)
    newer, older = lists.neighbours(row) if row.publish_at else (None, None)
    context = {
        "article": row,
        "english_path": "" if row.has_english else _english_list(),
        "body": illustrating.drawn(citations.mark(row.body, [_mark(one) for one in cited])),
        "parks": [_park_card(park, figures.get(park.pk, []), cited) for park in parks],
        "contact": next((park.contact for park in parks if park.contact), None),
        "newer": newer,
        "older": older,
        "related": lists.related(
            row, [park.pk for park in parks], [tag["id"] for tag in row.tag_rows]
        ),
        **extra,
    }
    return render(request, "articles/article.html", context)


def _english_list() -> str:
    """Where the switch leads from an article that has no English side."""
    return in_language(reverse("articles:list"), ENGLISH)


def _supported(rows: list[Citation], figures: dict[int, list[Series]]) -> list[Supported]:
    by_figure = {
        figure.pk: (figure, one)
        for park_series in figures.values()
        for one in park_series
        for figure in one.statements
    }
    return [
        Supported(citation, *by_figure[citation.figure_id])
        for citation in rows
        if citation.figure_id in by_figure
    ]


def _mark(one: Supported) -> citations.Mark:
    figure = one.figure
    label = _("%(park)s：%(metric)s，看来源与其他年份") % {
        "park": figure.park.name,
        "metric": figure.get_metric_display(),
    }
    href = f"{figure.park.get_absolute_url()}#{figure.anchor}"
    return citations.Mark(
        one.citation.quote, one.citation.occurrence, href, one.citation.anchor, label
    )


def _park_card(park: Park, park_series: list[Series], cited: list[Supported]) -> dict:
    """A mentioned park: the figures this text supports, or else the park's key figures."""
    own = [one for one in cited if one.figure.park_id == park.pk]
    others = [] if own else key_figures(park_series)
    return {"park": park, "supported": own, "figures": others}


@require_safe
@cache_control(public=True, max_age=86_400)
def cover(request: HttpRequest, slug: str, variant: int, dark: bool = False) -> HttpResponse:
    """The quiet drawing for articles of a category that have neither picture nor park."""
    if variant >= COVER_VARIANTS:
        raise Http404("no such drawing")
    shelf = get_object_or_404(Category.objects.published(), slug=slug)
    drawing = covers.draw(
        f"{shelf.slug}/{variant}", dark=dark, quiet=True, title=f"{shelf.name_zh}（示意图）"
    )
    return HttpResponse(drawing, content_type="image/svg+xml; charset=utf-8")
