"""The links in the site's texts: which there are, which of them lead nowhere, and which page of
today a lost address may have meant.

Own links are followed inside this process, files looked for on the disk; other sites are asked
only where the settings open the door for it (PARKCMS_CHECK_LINKS).
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.db import models
from django.urls import reverse
from django.utils._os import safe_join
from django.utils.translation import override

from articles.models import Article, Category, Tag
from parkcms.addresses import answers, paths
from parkcms.addresses.models import BrokenLink
from parkcms.addresses.models.broken import Finding, Owner
from parkcms.language.address import CHINESE, in_language
from parkcms.outbox import door
from parks.models import Park, Source, Space

from .models import OwnersText

BATCH = 50  # rows read at once
SECONDS_FOR_ONE = 10.0  # that another site has for its answer
MOST_KNOWN = 2_000  # answers remembered within a round
# A site that keeps robots out, or is busy, says nothing about its pages.
SAYS_NOTHING = {401, 403, 405, 406, 418, 429, 451, 503, 999}
# What our own mail, telephone and page-internal links start with.
_NO_PAGE = ("#", "mailto:", "tel:", "sms:", "data:", "javascript:")
_IN_TEXT = re.compile(r"https?://[A-Za-z0-9./?&=%_~:#@!$+,;-]+[A-Za-z0-9/=&_~-]")


@dataclass
class Text:
    """One published row and the links its readers see, as (address, words)."""

    owner: Owner
    page: str
    links: list[tuple[str, str]]


# --- which there are ----------------------------------------------------------------------------


class _Links(HTMLParser):
    """Addresses of links and pictures in a body that was cleaned."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str]] = []
        self._open: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img" and given.get("src"):
            self.found.append((given["src"] or "", given.get("alt") or "图片"))
        if tag == "a" and given.get("href"):
            self._open = (given["href"] or "", [])

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._open:
            self.found.append((self._open[0], " ".join("".join(self._open[1]).split())))
            self._open = None


def in_html(body: str) -> list[tuple[str, str]]:
    """(address, words) of every link and picture in cleaned HTML, in their order."""
    parser = _Links()
    parser.feed(body)
    parser.close()
    return parser.found


def in_plain(text: str) -> list[tuple[str, str]]:
    """(address, address) of web addresses written out in a text."""
    return [(found, found) for found in _IN_TEXT.findall(text)]


def _of(row: models.Model, page: str, links: list[tuple[str, str]]) -> Text:
    opts = row._meta
    desk = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
    return Text(Owner(opts.label_lower, row.pk, str(row), desk), page, links)


def _article(row: Article) -> Text:
    links = in_html(row.body)
    if row.source_url:
        links.append((row.source_url, "来源网址"))
    return _of(row, row.get_absolute_url(), links)


def _park(row: Park) -> Text:
    return _of(row, row.get_absolute_url(), in_plain(f"{row.intro_zh}\n{row.intro_en}"))


def _source(row: Source) -> Text:
    return _of(row, "/", [(row.url, row.title or "来源网址")])


def _owners_text(row: OwnersText) -> Text:
    links = in_html(row.body_zh) + in_html(row.body_en)
    return _of(row, f"/{row.key}/", links)


KINDS: dict[str, tuple[Callable[[], models.QuerySet], Callable[[models.Model], Text]]] = {
    "article": (lambda: Article.objects.published(), _article),
    "park": (lambda: Park.objects.published(), _park),
    "source": (lambda: Source.objects.exclude(url=""), _source),
    "owners_text": (lambda: OwnersText.objects.published(), _owners_text),
}


def texts(kind: str, after: int = 0) -> Iterator[Text]:
    """Published rows of a kind of KINDS from the key ``after`` on, BATCH of them in memory."""
    rows, _read = KINDS[kind]
    while batch := list(rows().filter(pk__gt=after).order_by("pk")[:BATCH]):
        for row in batch:
            yield text_of(kind, row)
        after = batch[-1].pk


def text_of(kind: str, row: models.Model) -> Text:
    """One row of a kind of KINDS with its links."""
    with override(CHINESE):
        return KINDS[kind][1](row)


# --- which are broken ---------------------------------------------------------------------------


@dataclass
class Round:
    """One going through the texts; answers are remembered within it.

    ``foreign`` says whether other sites are asked as well, where the settings open the door. Where
    it is closed, nothing is said of them: what was known before goes.
    """

    foreign: bool = True
    _known: "OrderedDict[str, tuple[str, str]]" = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self._is_open = "links" in settings.OUTGOING_PURPOSES
        self.foreign = self.foreign and self._is_open

    def check(self, text: Text) -> list[Finding]:
        """Settles the broken links of one text (BrokenLink) and returns them."""
        found, not_asked = [], []
        words_of: dict[str, str] = {}
        for url, words in text.links:
            words_of.setdefault(url, words)
        for url, words in words_of.items():
            address = _absolute(url, text.page)
            if address is None:
                continue
            is_foreign = not address.startswith("/")
            if is_foreign and not self.foreign:
                why, moved_to = ("unsure" if self._is_open else ""), ""
            else:
                why, moved_to = self._answer(address, is_foreign)
            if why == "unsure":
                not_asked.append(url)
            elif why:
                found.append(Finding(url, words, why, is_foreign, moved_to))
        BrokenLink.objects.settle(text.owner, found, keep=not_asked)
        return found

    def _answer(self, address: str, is_foreign: bool) -> tuple[str, str]:
        """(why it is broken or '', where it has moved to); asked once a round."""
        if address not in self._known:
            while len(self._known) >= MOST_KNOWN:
                self._known.popitem(last=False)
            self._known[address] = _foreign(address) if is_foreign else _own(address)
        return self._known[address]


def _absolute(url: str, page: str) -> str | None:
    """A path of ours with its query, or the whole address of another site; None for neither."""
    url = url.strip()
    if not url or url.lower().startswith(_NO_PAGE):
        return None
    try:
        parts = urlsplit(urljoin(settings.PARKCMS_ORIGIN + page, url))
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host:
        return None
    if host not in paths.own_hosts():
        return parts._replace(fragment="").geturl()
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _own(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    path = unquote(parts.path)
    if path.startswith((settings.MEDIA_URL, settings.STATIC_URL)):
        return ("", "") if _is_file(path) else ("no_file", "")
    answer = answers.at(path, parts.query)
    if answer.is_broken:
        return f"http_{answer.status}", ""
    if not answer.has_moved:
        return "", ""
    target = unquote(answer.location)
    end, last = answers.final(target) if target.startswith("/") else (target, answer)
    return (f"http_{last.status}", "") if last.is_broken else ("moved", end)


def _is_file(path: str) -> bool:
    with suppress(SuspiciousFileOperation, ValueError, OSError):
        if path.startswith(settings.STATIC_URL):
            return finders.find(path.removeprefix(settings.STATIC_URL)) is not None
        return Path(safe_join(settings.MEDIA_ROOT, path.removeprefix(settings.MEDIA_URL))).is_file()
    return False


def _foreign(address: str) -> tuple[str, str]:
    try:
        reply = door.head(address, purpose="links", timeout=SECONDS_FOR_ONE)
    except door.Closed as error:
        return ("unsure" if error.code == "closed" else error.code), ""
    if reply.status in SAYS_NOTHING:
        return "unsure", ""
    return (f"http_{reply.status}", "") if reply.status >= 400 else ("", "")


# --- which page may have been meant ---------------------------------------------------------------

_NUMBER = re.compile(r"(?<![0-9])[1-9][0-9]{0,17}(?![0-9])")
_CLOSE = 0.6
MOST_COMPARED = 2_000


def nearest(path: str) -> str:
    """The page a missing path most probably meant: by a number in it, else by the nearest address
    name. '' where none comes near. Called by the name in the setting ADDRESS_NEAREST."""
    with override(CHINESE):
        rest = in_language(path, CHINESE)
        return _by_number(rest) or _by_name(rest)


def _by_number(path: str) -> str:
    numbers = _NUMBER.findall(path)
    if not numbers or path.startswith(("/parks/", "/spaces/")):
        return ""
    live = Article.objects.published()
    row = live.filter(legacy_id=numbers[-1]).only("id").first()
    row = row or live.filter(pk=int(numbers[-1])).only("id").first()
    return row.get_absolute_url() if row and row.get_absolute_url() != path else ""


def _by_name(path: str) -> str:
    words = [part.removesuffix(".html").lower() for part in path.split("/") if part]
    if not words:
        return ""
    if words[0] == "parks" and len(words) > 3:
        spaces = Space.objects.published().filter(park__slug=words[1]).select_related("park")
        if page := _nearest_of(words[3], spaces):
            return page
    parks, shelves = Park.objects.published(), Category.objects.published()
    # The kind of page the address names comes first; an unknown one may be of any.
    sought = {"parks": [parks], "category": [shelves], "tag": [Tag.objects.all()]}
    kind = next((word for word in words[:2] if word in sought), "")
    for rows in sought.get(kind, [parks, shelves, Tag.objects.all()]):
        for word in reversed(words if not kind else words[words.index(kind) + 1 :]):
            if page := _nearest_of(word, rows):
                return page
    return ""


def _nearest_of(word: str, rows: models.QuerySet) -> str:
    slugs = rows.order_by("pk").values_list("slug", flat=True)[:MOST_COMPARED]
    for slug in get_close_matches(word, list(chain(slugs)), n=1, cutoff=_CLOSE):
        return rows.filter(slug=slug).first().get_absolute_url()
    return ""
