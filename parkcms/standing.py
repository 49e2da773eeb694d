"""What must stand in every database: the roles, the site's row and the owner's pages, and the keys
articles are found by.

Put up after every migrate, not by migrations: tests that flush tables get it back, and a changed
table of roles takes effect with the next migrate. What people have written is never overwritten.
"""

import re
from pathlib import Path

from django.apps import AppConfig
from django.db import connections
from django.utils import timezone

from parkcms.people import roles as people_roles

from . import roles

TEXTS = Path(__file__).parent / "owners_texts"


def put_up(sender: AppConfig, using: str, **kwargs: object) -> None:
    """Signal handler of post_migrate for the roof's app."""
    from .models import OwnersText, SiteProfile

    tables = connections[using].introspection.table_names()
    if OwnersText._meta.db_table not in tables:
        return  # migrated back to a state before these tables
    people_roles.upsert(roles.ROLES)
    SiteProfile.objects.get_or_create(pk=1)
    for key in OwnersText.Key.values:
        if not OwnersText.objects.filter(key=key).exists():
            first_version(key).save()
    if "articles_article" in tables:
        _fill_title_keys(using)


def _fill_title_keys(using: str) -> None:
    """Articles from before they had keys to be found by (articles/title_keys.py)."""
    from articles import title_keys
    from articles.models import Article

    inspected = connections[using].introspection
    with connections[using].cursor() as cursor:
        columns = {one.name for one in inspected.get_table_description(cursor, "articles_article")}
    if "title_keys" in columns:  # else migrated back to before them
        title_keys.fill(Article.objects.using(using))


def first_version(key: str) -> object:
    """The page as it comes with the software, from owners_texts/<key>.zh.html and .en.html."""
    from .models import OwnersText

    zh, en = (_read(key, language) for language in ("zh", "en"))
    return OwnersText(
        key=key,
        number=1,
        title_zh=zh[0],
        body_zh=zh[1],
        title_en=en[0],
        body_en=en[1],
        publish_at=timezone.now(),
    )


def _read(key: str, language: str) -> tuple[str, str]:
    """(title, body): the file's first line is its h1."""
    text = (TEXTS / f"{key}.{language}.html").read_text("utf-8")
    title, body = text.split("\n", 1)
    return re.sub(r"<[^>]+>", "", title).strip(), body.strip()
