from django.urls import path, re_path

from . import (
    brochure_page,
    comparing,
    confirm_page,
    feeds,
    finder_page,
    park_finder,
    park_page,
    policy_pages,
    space_page,
    views,
    watch_pages,
)
from .reconfirming import SIGNED

app_name = "parks"
urlpatterns = [
    path("parks/", park_finder.parks, name="list"),
    path("parks/<slug:slug>/", park_page.park, name="park"),
    path("parks/<slug:slug>/brochure.pdf", brochure_page.park, name="brochure"),
    path("parks/<slug:slug>/spaces/<slug:space>/", space_page.space, name="space"),
    path("policies/", policy_pages.policies, name="policies"),
    path("policies/<int:pk>/", policy_pages.policy, name="policy"),
    path("spaces/brochure.pdf", brochure_page.spaces, name="spaces_brochure"),
    path("spaces/compare/", comparing.compare, name="compare"),
    re_path(rf"^spaces/confirm/(?P<token>{SIGNED})/$", confirm_page.confirm, name="confirm"),
    path("parks/<slug:slug>/feed.xml", feeds.park, name="park_feed"),
    path("spaces/feed.xml", feeds.spaces, name="spaces_feed"),
    path("spaces/watch/", watch_pages.ask, name="watch_ask"),
    path("spaces/watch/sent/", watch_pages.sent, name="watch_sent"),
    re_path(rf"^spaces/watch/(?P<token>{watch_pages.TOKEN})/$", watch_pages.watch, name="watch"),
    path("spaces/", finder_page.finder, name="spaces"),
]
# Pictures have no language.
picture_urlpatterns = [
    path("parks/<slug:slug>/cover.svg", views.cover, name="park_cover"),
    path("parks/<slug:slug>/cover-dark.svg", views.cover, {"dark": True}, name="park_cover_dark"),
]
