from django.urls import path

from . import views

app_name = "parks"
urlpatterns = [
    path("parks/", views.park_list, name="list"),
    path("parks/<slug:slug>/", views.park, name="park"),
    path("parks/<slug:slug>/spaces/<slug:space>/", views.space, name="space"),
    path("spaces/", views.space_list, name="spaces"),
]
# Pictures have no language.
picture_urlpatterns = [
    path("parks/<slug:slug>/cover.svg", views.cover, name="park_cover"),
    path("parks/<slug:slug>/cover-dark.svg", views.cover, {"dark": True}, name="park_cover_dark"),
]
