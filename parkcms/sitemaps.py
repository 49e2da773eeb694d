"""The sitemap: one index, and files cut by ranges of ids, so no file grows and none needs OFFSET.

At most 50,000 addresses or 10 MB a file (sitemaps.org; the same for Baidu).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles.models import Article, Category
from parkcms.language.address import in_language
from parks.models import Park, Policy, Space

from .models import OwnersText

SPAN = 10_000  # ids a file


@dataclass(frozen=True)
class Address:
    """One page: its Chinese path, its last change, and whether it stands in English too."""

    path: str
    changed: datetime | None
    english: bool = True


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    names = ["pages", *(f"{kind}-{n}" for kind in sorted(_KINDS) for n in _ranges(kind))]
    locations = [settings.PARKCMS_ORIGIN + reverse("sitemap", args=[name]) for name in names]
    return _xml(request, "site/sitemap_index.xml", {"locations": locations})


@require_safe
def section(request: HttpRequest, name: str) -> HttpResponse:
    if name == "pages":
        return _urlset(request, _pages())
    kind, _, number = name.rpartition("-")
    if kind not in _KINDS or not number.isascii() or not number.isdigit() or len(number) > 12:
        raise Http404("no such part of the sitemap")
    if int(number) not in _ranges(kind):
        raise Http404("the sitemap ends before this part")
    start = int(number) * SPAN
    rows, address = _KINDS[kind]
    return _urlset(
        request,
        (address(row) for row in rows().filter(id__gte=start, id__lt=start + SPAN).order_by("id")),
    )


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /search/",
        "Disallow: /en/search/",
        f"Sitemap: {settings.PARKCMS_ORIGIN}{reverse('sitemap_index')}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _articles() -> "Article.objects":
    rows = Article.objects.published().filter(category__in=Category.objects.published())
    return rows.exclude(rights__in=["", Article.Rights.UNVERIFIED]).only(
        "id", "updated_at", "summary_en"
    )


def _parks() -> "Park.objects":
    return Park.objects.published().only("id", "slug", "updated_at")


def _spaces() -> "Space.objects":
    shown = Space.objects.offered().filter(is_sample=False)
    return shown.select_related("park").only("id", "slug", "updated_at", "park__slug")


def _policies() -> "Policy.objects":
    return Policy.objects.published().only("id", "updated_at")


_KINDS = {
    "articles": (
        _articles,
        lambda row: Address(row.get_absolute_url(), row.updated_at, row.has_english),
    ),
    "parks": (_parks, lambda row: Address(row.get_absolute_url(), row.updated_at)),
    "policies": (_policies, lambda row: Address(row.get_absolute_url(), row.updated_at)),
    "spaces": (_spaces, lambda row: Address(row.get_absolute_url(), row.updated_at)),
}


_MODELS = {"articles": Article, "parks": Park, "policies": Policy, "spaces": Space}


def _ranges(kind: str) -> range:
    """Numbers of the ranges up to the highest id: one index probe, no counting."""
    model = _MODELS[kind]
    highest = model.objects.order_by("-id").values_list("id", flat=True).first()
    return range(0 if highest is None else highest // SPAN + 1)


def _pages() -> Iterator[Address]:
    yield Address(reverse("home"), None)
    for name in (
        "parks:list",
        "parks:spaces",
        "parks:policies",
        "articles:list",
        "leads:new",
        "leads:kept",
        "report",
    ):
        yield Address(reverse(name), None)
    for category in Category.objects.published():
        yield Address(category.get_absolute_url(), None)
    texts = OwnersText.objects.published().order_by("key", "-number").distinct("key")
    for text in texts.defer("body_zh", "body_en"):
        yield Address(text.get_absolute_url(), text.publish_at)


def _urlset(request: HttpRequest, addresses: Iterable[Address]) -> HttpResponse:
    origin = settings.PARKCMS_ORIGIN
    rows = []
    for address in addresses:
        english = origin + in_language(address.path, "en") if address.english else ""
        changed = (
            timezone.localtime(address.changed).isoformat("T", "seconds") if address.changed else ""
        )
        chinese = origin + address.path
        rows.append({"location": chinese, "changed": changed, "zh": chinese, "en": english})
        if english:
            rows.append({"location": english, "changed": changed, "zh": chinese, "en": english})
    return _xml(request, "site/sitemap.xml", {"rows": rows})


def _xml(request: HttpRequest, template: str, context: dict) -> HttpResponse:
    return render(request, template, context, content_type="application/xml; charset=utf-8")
