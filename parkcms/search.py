"""Search over names and titles by plain substring: small, right, and not yet fast at any size."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from articles import lists
from articles.models import Article, Mention, Tag, Tagging
from parkcms.language.widths import fold
from parkcms.publication import pages
from parks.models import Alias, Park

MAX_LENGTH = 60
MAX_TERMS = 5
TITLED = ("title", "title_en", "original_title", "summary_zh", "summary_en")


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Parks, tags and articles that hold every word of ``q``; a space means "and"."""
    text = " ".join(request.GET.get("q", "").split())[:MAX_LENGTH]
    terms = text.split()[:MAX_TERMS]
    key = pages.parse_key(request.GET.get("before"))
    page = pages.page(_articles(terms).before(key)) if terms else pages.Page([])
    is_first = key is None
    return render(
        request,
        "site/search.html",
        {
            "query": text,
            "page": page,
            "parks": list(_parks(terms)[:12]) if terms and is_first else [],
            "tags": list(_tags(terms)[:12]) if terms and is_first else [],
            "is_first": is_first,
        },
    )


def _parks(terms: list[str]) -> QuerySet[Park]:
    parks = Park.objects.published()
    for term in terms:
        parks = parks.filter(_named(term))
    return parks


def _named(term: str) -> Q:
    alias = Alias.objects.filter(park=OuterRef("pk"), folded__contains=fold(term).lower())
    return _any_of(("name_zh", "name_en"), term) | Q(Exists(alias))


def _tags(terms: list[str]) -> QuerySet[Tag]:
    tags = Tag.objects.all()
    for term in terms:
        tags = tags.filter(_any_of(("name", "name_en"), term))
    return tags


def _articles(terms: list[str]) -> QuerySet[Article]:
    found = lists.listed()
    for term in terms:
        parks = Park.objects.published().filter(_named(term))
        mention = Mention.objects.filter(article=OuterRef("pk"), park__in=parks)
        tagging = Tagging.objects.filter(content_object=OuterRef("pk"))
        tagging = tagging.filter(_any_of(("tag__name",), term))
        found = found.filter(_any_of(TITLED, term) | Q(Exists(mention)) | Q(Exists(tagging)))
    return found


def _any_of(fields: tuple[str, ...], term: str) -> Q:
    """Rows that hold the term in one of the fields: as typed, half width, or with wide marks."""
    folded = fold(term)
    found = Q()
    for spelling in {term, folded, full_width(folded)}:
        for field in fields:
            found |= Q(**{f"{field}__icontains": spelling})
    return found


def full_width(term: str) -> str:
    """The folded term with its brackets and marks full width, as titles have them."""
    return term.translate(str.maketrans("(),:;!?", "（），：；！？"))
