"""Structured data for search engines, as JSON-LD: what each page is about, in schema.org's words.

Beside it stands what Baidu asks for (its "time factor" context): local time without a zone.
"""

from typing import Any

from django.conf import settings
from django.utils import timezone

from articles.models import Article
from parkcms.language.names import localized
from parkcms.models import SiteProfile
from parks.models import Park, Space

BAIDU_CONTEXT = "https://ziyuan.baidu.com/contexts/cambrian.jsonld"


def absolute(path: str) -> str:
    return path if path.startswith(("http://", "https://")) else settings.PARKCMS_ORIGIN + path


def organisation(site: SiteProfile) -> dict[str, Any]:
    data = {
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": site.name,
        "url": absolute("/"),
    }
    if site.phone:
        data["telephone"] = site.phone.display
    if site.address:
        data["address"] = site.address
    return data


def article(row: Article, site: SiteProfile, parks: list[Park]) -> dict[str, Any]:
    """Article of ours, or NewsArticle for a repost; its publisher is the source medium."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle" if row.kind == Article.Kind.NEWS else "Article",
        "headline": row.shown_title,
        "mainEntityOfPage": absolute(row.get_absolute_url()),
        "inLanguage": "zh-Hans",
        "datePublished": _zoned(row.publish_at),
        "dateModified": _zoned(row.updated_at),
        "publisher": {"@type": "Organization", "name": row.publisher or site.name},
    }
    if row.summary:
        data["description"] = row.summary
    people = [{"@type": "Person", "name": name} for role, name in row.credits]
    author = {"@type": "Organization", "name": row.byline or row.publisher or site.name}
    data["author"] = people or author
    if row.cover:
        data["image"] = [absolute(row.cover.url("wide"))]
    if parks:
        data["about"] = [
            {"@type": "Place", "name": park.name, "url": absolute(park.get_absolute_url())}
            for park in parks
        ]
    return data


def baidu(row: Article) -> dict[str, Any]:
    local = timezone.localtime(row.publish_at) if row.publish_at else None
    updated = timezone.localtime(row.updated_at)
    return {
        "@context": BAIDU_CONTEXT,
        "@id": absolute(row.get_absolute_url()),
        "title": row.shown_title,
        "description": row.summary,
        "images": [absolute(row.cover.url("wide"))] if row.cover else [],
        "pubDate": f"{local:%Y-%m-%dT%H:%M:%S}" if local else "",
        "upDate": f"{updated:%Y-%m-%dT%H:%M:%S}",
    }


def park(row: Park) -> dict[str, Any]:
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Place",
        "name": row.name,
        "url": absolute(row.get_absolute_url()),
        "address": {
            "@type": "PostalAddress",
            "addressCountry": "CN",
            "addressRegion": row.region_name,
            "streetAddress": localized(row, "address"),
        },
    }
    if getattr(row, "other_names", None):
        data["alternateName"] = row.other_names
    if row.latitude is not None:
        data["geo"] = {
            "@type": "GeoCoordinates",
            "latitude": float(row.latitude),
            "longitude": float(row.longitude),
        }
    return data


def space(row: Space) -> dict[str, Any]:
    """Offer of a place to let. Only for a space that is offered at a price valid today."""
    return {
        "@context": "https://schema.org",
        "@type": "Offer",
        "url": absolute(row.get_absolute_url()),
        "businessFunction": "http://purl.org/goodrelations/v1#LeaseOut",
        "availability": "https://schema.org/InStock",
        "priceValidUntil": f"{row.valid_until:%Y-%m-%d}",
        "priceSpecification": {
            "@type": "UnitPriceSpecification",
            "price": float(row.shown_rent),
            "priceCurrency": "CNY",
            "unitText": "m2/day",
            **({} if row.rent_incl_tax is None else {"valueAddedTaxIncluded": row.rent_incl_tax}),
        },
        "itemOffered": {
            "@type": "Place",
            "name": f"{row.park.name} {row.code}",
            "containedInPlace": {
                "@type": "Place",
                "name": row.park.name,
                "url": absolute(row.park.get_absolute_url()),
            },
        },
    }


def breadcrumb(trail: list[tuple[str, str]]) -> dict[str, Any]:
    """``trail``: (name, path) from home to the page itself."""
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": absolute(path)}
            for place, (name, path) in enumerate(trail, 1)
        ],
    }


def _zoned(moment: Any) -> str:
    return timezone.localtime(moment).isoformat("T", "seconds") if moment else ""
