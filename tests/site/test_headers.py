"""The headers that keep visitors safe stand on every answer there is, errors and files included."""

import pytest
from crawling import crawl
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.test import Client

from parkcms.library.models import Picture
from parkcms.people.models import User

pytestmark = pytest.mark.django_db

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def policy(answer):
    parts = (part.split() for part in answer["Content-Security-Policy"].split(";"))
    return {name: " ".join(values) for name, *values in parts}


def check(answer):
    for name, value in ALWAYS.items():
        assert answer.headers.get(name) == value, name
    assert policy(answer) == STRICT


def raising(error):
    def raise_it(*args, **kwargs):
        raise error

    return raise_it


@pytest.fixture
def client():
    """Answers errors as the real server does, instead of raising them into the test."""
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def test_every_public_address_has_them(demo, client):
    for answer in crawl(client).values():
        check(answer)


@pytest.mark.parametrize(
    ("status", "method", "address"),
    [
        (200, "get", "/static/css/base.css"),
        (200, "get", "/static/js/share.js"),
        (200, "get", "/static/img/mark.svg"),
        (200, "get", "/health/live"),
        (200, "get", "/parks/hydrogen-port/cover.svg"),
        (301, "get", "/articles"),
        (301, "get", "/post/3661.html"),
        (400, "get", "/?q=%00"),
        (400, "get", "/search/?q=" + "a" * 5000),
        (403, "post", "/admin/login/"),
        (404, "get", "/static/css/nothing.css"),
        (404, "get", "/media/pictures/nothing.jpg"),
        (404, "get", "/no/such/page/"),
        (404, "get", "/en/no/such/page/"),
        (403, "post", "/articles/"),
        (403, "delete", "/articles/3661/"),
        (403, "put", "/"),
        (403, "post", "/health/live"),
        (405, "options", "/"),
    ],
)
def test_every_kind_of_answer_has_them(demo, client, status, method, address):
    answer = getattr(client, method)(address)
    assert answer.status_code == status
    check(answer)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_a_method_that_would_change_something_is_refused_with_them(demo, method):
    answer = getattr(Client(), method)("/articles/")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"
    check(answer)


def test_a_picture_of_the_library_has_them_and_may_be_kept(demo, client):
    answer = client.get(Picture.objects.first().url("thumb"))
    assert answer.status_code == 200
    check(answer)
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_foreign_host_is_refused_with_them(demo, client):
    for host in ("evil.example", "testserver.evil.example", "testserver:80:80", "[::1", ""):
        answer = client.get("/", headers={"host": host})
        assert answer.status_code == 400, host
        check(answer)
        assert b"evil" not in answer.content


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError("secret word"), 500),
        (OperationalError("secret word"), 503),
        (PermissionDenied("secret word"), 403),
        (RecursionError("secret word"), 500),
        (MemoryError("secret word"), 500),
    ],
)
@pytest.mark.parametrize("address", ["/articles/", "/en/articles/"])
def test_an_error_of_ours_has_them_and_tells_no_secret(
    demo, client, monkeypatch, error, status, address
):
    monkeypatch.setattr("articles.lists.listed", raising(error))
    answer = client.get(address)
    assert answer.status_code == status
    check(answer)
    assert b"secret" not in answer.content
    assert b"Traceback" not in answer.content
    assert answer["Cache-Control"] == "no-store"


def test_the_desk_has_them_with_a_nonce_of_its_own_each_time(demo, client):
    client.force_login(User.objects.get(username="owner"))
    answers = [client.get("/admin/articles/article/add/") for _ in range(2)]
    nonces = set()
    for answer in answers:
        assert answer.status_code == 200
        for name, value in ALWAYS.items():
            assert answer.headers.get(name) == value
        found = policy(answer)
        assert found["default-src"] == "'none'"
        assert "'unsafe-inline'" not in found["script-src"]
        assert "'unsafe-eval'" not in found["script-src"]
        nonces.add(found["script-src"])
    assert len(nonces) == 2
