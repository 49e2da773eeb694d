from django.urls import path, re_path

from . import comparing, confirm_page, park_page, space_page, views
from .reconfirming import TOKEN

app_name = "parks"
urlpatterns = [
    path("parks/", views.park_list, name="list"),
    path("parks/<slug:slug>/", park_page.park, name="park"),
    path("parks/<slug:slug>/spaces/<slug:space>/", space_page.space, name="space"),
    path("spaces/compare/", comparing.compare, name="compare"),
    re_path(rf"^spaces/confirm/(?P<token>{TOKEN})/$", confirm_page.confirm, name="confirm"),
    path("spaces/", views.space_list, name="spaces"),
]
# Pictures have no language.
picture_urlpatterns = [
    path("parks/<slug:slug>/cover.svg", views.cover, name="park_cover"),
    path("parks/<slug:slug>/cover-dark.svg", views.cover, {"dark": True}, name="park_cover_dark"),
]
