"""Every address outside the desk only reads, but the forms; and each of those has its guard."""

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


# The public forms: without a token, each behind same_site_post.
_RECEIPT = "enquiries/(?P<token>[A-Za-z0-9_-]{32})/"
FORMS = {
    "enquiries/new/",
    "enquiries/find/",
    "report/",
    "spaces/watch/",
    "spaces/watch/(?P<token>[A-Za-z0-9_-]{32})/$",
    "spaces/confirm/(?P<token>[A-Za-z0-9_:-]{20,200})/$",
    f"{_RECEIPT}correct/$",
    f"{_RECEIPT}withdraw/$",
    f"{_RECEIPT}erase/$",
}


def test_only_the_public_forms_are_exempt_from_the_token_check_and_each_has_its_guard():
    exempt = {
        whole: entry.callback
        for whole, entry in patterns()
        if getattr(entry.callback, "csrf_exempt", False)
    }
    assert set(exempt) == FORMS
    assert all(getattr(view, "takes_posts_of_this_site", False) for view in exempt.values())


def answer_to(rf, pattern, method):
    """Before the view looks at anything: no database is at hand here."""
    entry = PUBLIC[pattern]
    named = dict.fromkeys(re.findall(r"<(?:\w+:)?(\w+)>", pattern), 1)
    return entry.callback(rf.generic(method, "/"), **named, **entry.default_args)


@pytest.mark.parametrize("pattern", sorted(set(PUBLIC) - FORMS))
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_a_view_refuses_every_method_but_reading(rf, pattern, method):
    answer = answer_to(rf, pattern, method)
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("pattern", sorted(FORMS))
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_a_form_refuses_every_method_but_reading_and_posting(rf, pattern, method):
    answer = answer_to(rf, pattern, method)
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD, POST"


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
