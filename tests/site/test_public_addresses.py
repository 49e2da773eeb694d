"""Every address outside the desk only ever reads, and none steps around Django's own guards."""

import re

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

DESK = "admin/"


def patterns(resolver=None, before=""):
    """(whole pattern, entry) of every address the site knows."""
    for entry in (resolver or get_resolver()).url_patterns:
        whole = before + str(entry.pattern).removeprefix("^")
        if isinstance(entry, URLPattern):
            yield whole, entry
        else:
            yield from patterns(entry, whole)


PUBLIC = {whole: entry for whole, entry in patterns() if not whole.startswith(DESK)}


def test_the_addresses_outside_the_desk_are_seen():
    assert set(PUBLIC) >= {
        "",
        "health/live",
        "health/ready",
        "robots.txt",
        "sitemap.xml",
        "media/<path:name>",
        "parks/<slug:slug>/",
        "articles/<int:pk>/",
        "search/",
        "contact/",
        "index.php",
    }
    assert len(PUBLIC) > 30


def test_no_view_is_exempt_from_the_token_check():
    """The first public form will stand in this list, and pass its own guard (decision 4)."""
    exempt = [whole for whole, entry in patterns() if getattr(entry.callback, "csrf_exempt", False)]
    assert exempt == []


@pytest.mark.parametrize("pattern", sorted(PUBLIC))
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_a_view_refuses_every_method_but_reading(rf, pattern, method):
    """Before it looks at anything: no database is at hand here."""
    entry = PUBLIC[pattern]
    named = dict.fromkeys(re.findall(r"<(?:\w+:)?(\w+)>", pattern), 1)
    answer = entry.callback(rf.generic(method, "/"), **named, **entry.default_args)
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"


def test_no_public_address_has_a_slash_too_few(client, db):
    for address in ("/articles", "/parks", "/search", "/about", "/en", "/en/articles"):
        answer = client.get(address)
        assert (answer.status_code, answer["Location"]) == (301, f"{address}/"), address


def test_the_desk_is_closed_to_strangers(db):
    client = Client()
    for address in ("/admin/", "/admin/articles/article/", "/admin/parks/park/add/"):
        answer = client.get(address)
        assert answer.status_code == 302, address
        assert answer["Location"].startswith("/admin/login/"), address
