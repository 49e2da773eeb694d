"""What the story of an article says more than another row's: names of its content, and the
revision that came of an act."""

from collections.abc import Sequence

from django.urls import reverse

from parkcms.ledger.models import Act

from . import content as contents
from .models import Article

# Acts on the text; each made a revision or went on with an open one.
_ON_TEXT = {"add", "change", "publish", "restore", "tag", "untag", "move", "clear_rights"}


def label(name: str) -> str:
    """What the form calls a part of the content that is no field of the row; '' for others."""
    return contents.LISTS.get(name, "")


def links(article: Article, acts: Sequence[Act], *, may_open: bool) -> dict[int, tuple[str, str]]:
    """``{act: (第几版, its address)}``: the newest revision begun when the act was written, for the
    article's row is locked from the one to the other. The address is '' for people who may not
    open it. One query, none where no act is on the text.
    """
    on_text = [act for act in acts if act.verb in _ON_TEXT]
    if not on_text:
        return {}
    revisions = list(article.revisions.defer("content"))
    found = {}
    for act in on_text:
        row = next((one for one in revisions if one.started_at <= act.at), None)
        if row is not None:
            address = _address(article, row.number) if may_open else ""
            found[act.pk] = (str(row), address)
    return found


def _address(article: Article, number: int) -> str:
    """Where the revision stands against the one before it."""
    if number == 1:
        return reverse("admin:articles_article_revisions", args=[article.pk])
    address = reverse("admin:articles_article_compare", args=[article.pk])
    return f"{address}?a={number - 1}&b={number}"
