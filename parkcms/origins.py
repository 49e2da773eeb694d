"""What enquiries name and their room may not know: pages they come from, the privacy text.

Called by the names in the settings ENQUIRY_ORIGINS and ENQUIRY_CONSENTS.
"""

import re

from django.urls import reverse

from articles.models import Article
from leads.origins import find_about

from .models import OwnersText

_ID = re.compile(r"[0-9]{1,18}")
_CONSENT = re.compile(r"privacy-([0-9]{1,9})")
# Pages that are neither an article, a park nor a space, by the name of their address.
PAGES = {"home": "首页", "contact": "联系我们", "form": "提交租赁需求", "spaces": "找空间"}
_ADDRESSES = {"form": "leads:new", "spaces": "parks:spaces"}


def find(kind: str, pk: str) -> tuple[str, str] | None:
    """(title, address) of the page; None when there is no such page. One query at most."""
    if kind == "page" and pk in PAGES:
        return PAGES[pk], reverse(_ADDRESSES.get(pk, pk))
    if kind == "article" and _ID.fullmatch(pk):
        article = Article.objects.published().filter(pk=int(pk)).only("title").first()
        return (article.title, reverse("articles:article", args=[article.pk])) if article else None
    about = find_about(kind, pk)
    if about is None:
        return None
    return about.title, (about.space or about.park).get_absolute_url()


_known_consents: set[str] = set()  # a text that was published stays the one consented to


def is_known_consent(version: str) -> bool:
    """Whether ``privacy-3`` is a privacy text that is or was in force. Asked once a process."""
    if version in _known_consents:
        return True
    number = _CONSENT.fullmatch(version)
    if not number:
        return False
    texts = OwnersText.objects.filter(key=OwnersText.Key.PRIVACY, publish_at__isnull=False)
    is_known = texts.filter(number=int(number[1])).exists()
    if is_known:
        _known_consents.add(version)
    return is_known
