from django.urls import path

from . import comparing, park_page, space_page, views

app_name = "parks"
urlpatterns = [
    path("parks/", views.park_list, name="list"),
    path("parks/<slug:slug>/", park_page.park, name="park"),
    path("parks/<slug:slug>/spaces/<slug:space>/", space_page.space, name="space"),
    path("spaces/compare/", comparing.compare, name="compare"),
    path("spaces/", views.space_list, name="spaces"),
]
# Pictures have no language.
picture_urlpatterns = [
    path("parks/<slug:slug>/cover.svg", views.cover, name="park_cover"),
    path("parks/<slug:slug>/cover-dark.svg", views.cover, {"dark": True}, name="park_cover_dark"),
]
