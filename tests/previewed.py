"""How previews are looked at in a test: the desk's, and the one of whoever has an address."""

import re

from desk_forms import desk_of
from django.test import Client
from django.urls import reverse
from lxml import html

from articles import drafting, preview_links


def draft_over(article, by, **said):
    """The article with a draft that says ``said`` over what it says now."""
    article.refresh_from_db()
    content = drafting.working(article) | said
    drafting.save(article, content, by, version=article.version)
    article.refresh_from_db()
    return article


def main_of(response):
    """What a page says: everything within main but the banner, in which previews differ."""
    assert response.status_code == 200
    main = html.fromstring(response.content.decode()).xpath("//main")[0]
    for other in main.xpath(".//*[contains(@class, 'preview-banner')]|.//script"):
        other.drop_tree()
    return re.sub(r"\s+", " ", html.tostring(main, encoding="unicode"))


def desk_page(article, page="preview"):
    return reverse(f"admin:articles_article_{page}", args=[article.pk])


def preview_of(person, article, query=""):
    return desk_of(person).get(desk_page(article) + query)


def outside(link):
    return Client().get(preview_links.path_of(link))
