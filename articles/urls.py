from django.urls import path

from . import feeds, previewing, views

app_name = "articles"
urlpatterns = [
    path("articles/", views.article_list, name="list"),
    path("articles/feed.xml", feeds.newest, name="feed"),
    path("articles/<int:pk>/", views.article, name="article"),
    path("preview/<str:signed>/", previewing.outside, name="preview"),
    path("articles/year/<int:year>/", views.year, name="year"),
    path("articles/category/<slug:slug>/", views.category, name="category"),
    path("articles/category/<slug:slug>/feed.xml", feeds.category, name="category_feed"),
    path("articles/tag/<slug:slug>/", views.tag, name="tag"),
]
# Pictures have no language.
picture_urlpatterns = [
    path(
        "articles/category/<slug:slug>/cover-<int:variant>.svg", views.cover, name="category_cover"
    ),
    path(
        "articles/category/<slug:slug>/cover-<int:variant>-dark.svg",
        views.cover,
        {"dark": True},
        name="category_cover_dark",
    ),
]
