"""Addresses of the old site: where each of them leads today.

The old site ran Z-Blog PHP, whose address forms these are. An article is found by its old site
and old id; an address without a host means the site named in SiteProfile.legacy_site.
"""

from django.db.models import Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import path, re_path, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from articles.models import Article
from parkcms.publication.models import Gone

from .models import SiteProfile


def article_by_legacy_id(legacy_id: str) -> Article | None:
    """The live article that had this id at the old site (one query). Raises Gone for one that was
    taken down."""
    found = (
        (Article.objects.published() | Article.objects.taken_down())
        .filter(legacy_site=Subquery(SiteProfile.objects.values("legacy_site")[:1]))
        .filter(legacy_id=legacy_id)
        .only("id", "taken_down_at")
        .first()
    )
    if found and found.taken_down_at:
        raise Gone("taken down")
    return found


@require_safe
def post(request: HttpRequest, legacy_id: str) -> HttpResponse:
    article = article_by_legacy_id(legacy_id)
    if article is None:
        raise Http404("no article had this address")
    return HttpResponsePermanentRedirect(article.get_absolute_url())


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    query = urlencode({"q": request.GET["q"]}) if request.GET.get("q") else ""
    return HttpResponsePermanentRedirect(reverse("search") + (f"?{query}" if query else ""))


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    return HttpResponsePermanentRedirect(reverse("articles:feed"))


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    legacy_id = request.GET.get("id", "")
    if legacy_id.isascii() and legacy_id.isdigit() and len(legacy_id) <= 20:
        return post(request, legacy_id)
    return HttpResponsePermanentRedirect(reverse("home"))


@require_safe
def year(request: HttpRequest, year: int) -> HttpResponse:
    return HttpResponsePermanentRedirect(reverse("articles:year", args=[year]))


urlpatterns = [
    re_path(r"^(?:index\.php/)?post/(?P<legacy_id>[0-9]{1,20})\.html$", post),
    re_path(r"^(?:index\.php/)?date-(?P<year>[0-9]{4})(?:-[0-9]{1,2})?(?:_[0-9]+)?\.html$", year),
    path("index.php", front),
    path("index.php/", front),
    path("search.php", search),
    path("feed.php", feed),
]
