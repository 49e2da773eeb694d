"""Error pages: clear words, a way on, no database, no secret, no index."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.test import Client
from reading import every, one, parse, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


def failing(monkeypatch, error):
    def raise_it(*args, **kwargs):
        raise error

    monkeypatch.setattr("articles.lists.shelves", raise_it)


ERRORS = {
    400: SuspiciousOperation("secret"),
    403: PermissionDenied("secret"),
    404: Http404("secret"),
    500: RuntimeError("secret"),
}


@pytest.mark.parametrize("status", ERRORS)
@pytest.mark.parametrize("language", ["", "/en"])
def test_an_error_page_is_whole_and_leads_on(client, monkeypatch, status, language):
    failing(monkeypatch, ERRORS[status])
    answer = client.get(f"{language}/articles/")
    assert answer.status_code == status
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"
    page = parse(answer)
    assert page.get("lang") == ("en" if language else "zh-Hans")
    assert one(page, "meta[name=robots]").get("content") == "noindex"
    heading = words(one(page, "h1"))
    assert words(one(page, "title")) == f"{heading} ({status})"
    assert words(one(page, "main > p.error-code")) == str(status)
    assert [a.get("href") for a in every(page, ".error-ways a")] == [
        f"{language}/",
        f"{language}/parks/",
        f"{language}/articles/",
    ]
    assert "secret" not in answer.content.decode()


def test_each_says_its_own_thing(client, monkeypatch):
    headings = set()
    for error in ERRORS.values():
        failing(monkeypatch, error)
        headings.add(words(one(parse(client.get("/articles/")), "h1")))
    assert headings == {"这个请求看不懂", "不能这样打开", "没有这个页面", "页面出错了"}


@pytest.mark.parametrize("address", ["/?q=%00", "/search/?q=%00"])
def test_a_malformed_address_asks_no_database(client, address, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get(address).status_code == 400


@pytest.mark.parametrize("status", ERRORS)
def test_an_error_page_asks_no_database(client, monkeypatch, status, django_assert_num_queries):
    def raise_it(*args, **kwargs):
        raise ERRORS[status]

    monkeypatch.setattr("articles.lists.listed", raise_it)
    with django_assert_num_queries(0):
        assert client.get("/articles/").status_code == status


def test_a_foreign_host_gets_a_page_without_its_name(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/articles/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert words(one(parse(answer), "h1")) == "这个请求看不懂"
    assert "evil" not in answer.content.decode()


def test_no_error_page_repeats_what_the_visitor_sent(client):
    answer = client.get("/nowhere/<script>alert(1)</script>/?q=<script>")
    assert answer.status_code == 404
    assert "alert" not in answer.content.decode()


def test_a_missing_page_below_the_desk_leads_back_to_the_desk(admin_client):
    answer = admin_client.get("/admin/no/such/page/")
    assert answer.status_code == 404
    assert [a.get("href") for a in every(parse(answer), ".error-ways a")] == ["/admin/"]


def test_a_form_without_its_token_is_told_in_chinese():
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "a"})
    assert answer.status_code == 403
    assert "返回上一页刷新" in words(one(parse(answer), "main"))


def test_an_error_page_needs_no_script_and_no_other_file_than_ours(client):
    page = parse(client.get("/nowhere/"))
    assert every(page, "script") == []
    assert all(link.get("href").startswith("/static/") for link in every(page, "link"))
