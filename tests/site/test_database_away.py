"""The database does not answer: pages say so with 503, and nothing else breaks."""

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.test.client import ClientHandler
from reading import every, one, parse, words

from parkcms import database
from parkcms.postgres.base import DatabaseWrapper


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


@pytest.fixture(params=[OperationalError, InterfaceError])
def away(request, monkeypatch, db):
    """Every statement fails as it does when the server is gone."""
    error = request.param("connection refused at 10.0.0.5 as user parkcms")

    def gone(*args, **kwargs):
        raise error

    monkeypatch.setattr(connection, "cursor", gone)
    monkeypatch.setattr(connection, "connect", gone)
    yield
    monkeypatch.undo()


PAGES = (
    "/", "/parks/", "/parks/park/", "/parks/park/spaces/space/", "/spaces/", "/articles/",
    "/articles/1/", "/articles/year/2024/", "/articles/category/shelf/", "/articles/tag/topic/",
    "/articles/feed.xml", "/search/?q=a", "/about/", "/contact/", "/sitemap.xml",
    "/sitemap-articles-0.xml", "/post/1.html", "/?id=1", "/parks/park/cover.svg",
)  # fmt: skip


@pytest.mark.parametrize("address", PAGES)
def test_a_page_says_so_and_when_to_come_again(away, client, address):
    answer = client.get(address)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"
    assert answer["Cache-Control"] == "no-store"
    page = parse(answer)
    assert words(one(page, "h1")) == "资料库暂时连不上"
    assert "10.0.0.5" not in answer.content.decode()


def test_it_says_so_in_english_too(away, client):
    answer = client.get("/en/articles/")
    assert answer.status_code == 503
    page = parse(answer)
    assert page.get("lang") == "en"
    assert [a.get("href") for a in every(page, ".error-ways a")] == [
        "/en/",
        "/en/parks/",
        "/en/articles/",
    ]


def test_the_desk_says_so_too(away, client):
    client.cookies["sessionid"] = "a" * 32
    assert client.get("/admin/").status_code == 503


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/health/live", 200),
        ("/robots.txt", 200),
        ("/static/css/base.css", 200),
        ("/nowhere/", 404),
        ("/?q=%00", 400),
        ("/articles", 301),
        ("/articles/?before=junk", 404),
        ("/media/pictures/x.jpg", 404),
    ],
)
def test_what_needs_no_database_goes_on(away, client, address, status):
    assert client.get(address).status_code == status


def test_ready_says_no_and_why_in_a_word(away, client):
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "why": "database away"}


def test_it_goes_on_when_the_database_is_back(db, client, monkeypatch):
    def gone(*args, **kwargs):
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", gone)
        assert client.get("/articles/").status_code == 503
    assert client.get("/articles/").status_code == 200


@pytest.mark.parametrize("where", ["articles.lists.shelves", "parkcms.models.SiteProfile.current"])
def test_losing_it_halfway_through_a_page_is_told_as_well(db, client, monkeypatch, where):
    """While the view asks, and while the template does."""

    def gone(*args, **kwargs):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(where, gone)
    answer = client.get("/articles/")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"


def test_an_error_that_is_not_the_databases_is_no_503(db, client, monkeypatch):
    monkeypatch.setattr("articles.lists.shelves", lambda: 1 / 0)
    answer = client.get("/articles/")
    assert answer.status_code == 500
    assert "Retry-After" not in answer.headers


def test_a_server_that_cannot_be_found_is_away_too(monkeypatch, db):
    """The private Postgres that does not start, as the backend tells it."""

    def unavailable(folder):
        raise database.DatabaseUnavailable("no room on the disk")

    monkeypatch.setattr("parkcms.postgres.base.database.ensure", unavailable)
    fresh = DatabaseWrapper(dict(connection.settings_dict), alias="fresh")
    with pytest.raises(OperationalError, match="no room on the disk"):
        fresh.connect()


def test_the_handler_itself_does_not_need_it(away):
    environ = Client()._base_environ(PATH_INFO="/health/live")
    assert ClientHandler()(environ).content == b"ok\n"
