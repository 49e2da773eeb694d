"""Walking the public site as a search engine does: every address a page leads to."""

from collections import deque
from urllib.parse import urldefrag, urljoin, urlsplit

import reading
from django.conf import settings

# What no page links to but programs and old bookmarks ask for.
UNLINKED = (
    "/robots.txt",
    "/sitemap.xml",
    "/health/live",
    "/en/articles/feed.xml",
    "/articles/?before=1700000000000000-5",
    "/parks/?after=hydrogen-port",
    "/search/?q=嘉定",
    "/en/search/?q=hydrogen",
    "/search/?q=nothing-at-all",
    "/enquiries/new/?space=no-such/space",
    "/about/versions/1/",
    "/?id=3661",
    "/post/3661.html",
    "/index.php/post/3661.html",
    "/articles",
    "/no/such/page/",
    "/en/no/such/page/",
    "/articles/999999/",
    "/en/articles/3661/",
    "/media/pictures/00/no.jpg",
)
_LINKS = {"href", "src", "action", "srcset", "data-copy", "data-url"}


def crawl(client, start=("/", *UNLINKED)):
    """``{address: response}`` of everything reachable on this site, static files left out."""
    waiting, answers = deque(start), {}
    while waiting:
        address = waiting.popleft()
        if address in answers:
            continue
        answers[address] = response = client.get(address)
        if not response.streaming:
            waiting.extend(own_links(address, response))
    return answers


def own_links(address, response):
    """Addresses on this site, without fragments, in the order of the page."""
    for link in links(response):
        joined = urlsplit(urljoin(settings.PARKCMS_ORIGIN + address, link))
        whole, _ = urldefrag(joined.geturl())
        own = whole.removeprefix(settings.PARKCMS_ORIGIN)
        if own.startswith("/") and not own.startswith(("/static/", "/admin/")):
            yield own


def links(response):
    """Every address in an HTML or XML answer, as it is written there."""
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    if "Location" in response.headers:
        yield response["Location"]
    elif kind == "text/html":
        for element in reading.parse(response).iter():
            if "nofollow" in element.get("rel", "").split():
                continue  # choices that combine without end, and other people's sites
            for name in _LINKS & set(element.keys()):
                value = element.get(name)
                # srcset: "address width, address width"
                parts = value.split(",") if name == "srcset" else [value]
                yield from (part.split()[0] for part in parts if part.strip())
    elif kind in {"application/xml", "application/rss+xml"}:
        for element in reading.xml(response).iter():
            if isinstance(element.tag, str) and element.tag.rpartition("}")[2] in {"loc", "link"}:
                yield element.get("href") or (element.text or "").strip() or "/"
