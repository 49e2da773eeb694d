"""All addresses of the site. Pages stand once, and under /en/ again (see language/address.py)."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, re_path

import articles.urls
import parks.urls

from . import health, legacy, media, reporting, search, sitemaps, views
from .models import OwnersText

handler400 = "parkcms.errors.bad_request"
handler403 = "parkcms.errors.forbidden"
handler404 = "parkcms.errors.not_found"
handler500 = "parkcms.errors.server_error"

urlpatterns = [
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path("sitemap.xml", sitemaps.index, name="sitemap_index"),
    re_path(r"^sitemap-(?P<name>[a-z]+(?:-\d+)?)\.xml$", sitemaps.section, name="sitemap"),
    path("media/<path:name>", media.upload, name="media"),
    path("admin/", admin.site.urls),
    *parks.urls.picture_urlpatterns,
    *articles.urls.picture_urlpatterns,
    *legacy.urlpatterns,
]

pages = [
    path("", views.home, name="home"),
    path("", include("parks.urls")),
    path("", include("articles.urls")),
    path("", include("leads.urls")),
    path("search/", search.search, name="search"),
    path("report/", reporting.report, name="report"),
    re_path(
        rf"^report/(?P<reference>{reporting.REFERENCE})/$", reporting.status, name="report_status"
    ),
    re_path(rf"^report/(?P<reference>{reporting.REFERENCE})$", reporting.with_slash),
]
for key in OwnersText.Key.values:
    pages += [
        path(f"{key}/", views.owners_text, {"key": key}, name=key),
        path(
            f"{key}/versions/<int:number>/",
            views.owners_text,
            {"key": key},
            name=f"{key}_version",
        ),
    ]

urlpatterns += i18n_patterns(*pages, prefix_default_language=False)
