"""A public page is the same bytes for every visitor, whoever asks, in whatever browser's name."""

import pytest
from crawling import crawl
from django.contrib.sessions.models import Session
from django.test import Client

from parkcms.people.models import User

pytestmark = pytest.mark.django_db

# Everything by which servers tell visitors apart. The cookies are malformed ones, for which
# Django's session and CSRF middleware would set new ones.
STRANGER = {
    "headers": {
        "cookie": "sessionid=abc; csrftoken=xyz; django_language=en; messages=hello",
        "accept-language": "en-GB,de;q=0.9,zh-TW;q=0.5",
        "user-agent": "Mozilla/5.0 (iPhone) MicroMessenger/8.0",
        "host": "localhost:9999",
        "x-forwarded-host": "evil.example",
        "x-forwarded-for": "203.0.113.7",
        "referer": "https://www.baidu.com/s?wd=x",
        "accept": "text/plain",
        "x-requested-with": "XMLHttpRequest",
    },
    "REMOTE_ADDR": "203.0.113.7",
}


def body(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def told(answer):
    """Status, headers, cookies and body: all that reaches the visitor."""
    headers = dict(answer.headers) | ({"Set-Cookie": str(answer.cookies)} if answer.cookies else {})
    return answer.status_code, headers, body(answer)


@pytest.fixture(scope="module")
def addresses(demo):
    """{address: what a first visitor is told}"""
    return {address: told(answer) for address, answer in crawl(Client()).items()}


def differing(addresses, client, **how):
    return [
        address
        for address, expected in addresses.items()
        if told(client.get(address, **how)) != expected
    ]


def test_all_kinds_of_pages_are_compared(addresses):
    statuses = {status for status, _headers, _body in addresses.values()}
    assert statuses == {200, 301, 404}
    kinds = {headers.get("Content-Type", "").partition(";")[0]
             for _status, headers, _body in addresses.values()}  # fmt: skip
    assert kinds >= {
        "text/html",
        "text/plain",
        "application/xml",
        "application/rss+xml",
        "image/svg+xml",
        "image/webp",
        "image/jpeg",
    }
    assert len(addresses) > 120


def test_a_stranger_in_every_header_is_told_the_same(addresses, client):
    assert differing(addresses, client, **STRANGER) == []


def test_someone_logged_in_at_the_desk_is_told_the_same(addresses, client):
    client.force_login(User.objects.get(username="owner"))
    assert client.get("/admin/").status_code == 200
    assert differing(addresses, client) == []


def test_no_answer_sets_a_cookie_or_varies_by_cookie_or_language(addresses):
    for address, (_status, headers, _body) in addresses.items():
        assert "Set-Cookie" not in headers, address
        varied = {word.strip().lower() for word in headers.get("Vary", "").split(",")}
        assert varied <= {"", "accept-encoding"}, address


def test_reading_leaves_no_cookie_and_no_session(addresses, client, django_assert_num_queries):
    for address in ("/", "/articles/3661/", "/contact/", "/search/?q=a", "/no/such/page/"):
        client.get(address)
    assert dict(client.cookies) == {}
    assert not Session.objects.exists()


def test_no_page_carries_a_token_a_nonce_or_a_message(addresses):
    for address, (_status, headers, content) in addresses.items():
        assert b"csrfmiddlewaretoken" not in content, address
        assert b"nonce" not in content, address
        assert "nonce" not in headers.get("Content-Security-Policy", ""), address


def test_absolute_addresses_come_from_the_setting_and_not_from_the_visitor(addresses, settings):
    assert settings.PARKCMS_ORIGIN == "http://127.0.0.1:8000"
    for address, (_status, _headers, content) in addresses.items():
        assert b"testserver" not in content, address


def test_head_tells_the_same_headers_without_the_body(addresses, client):
    for address, (status, headers, _body) in addresses.items():
        answer = client.head(address)
        assert told(answer)[:2] == (status, headers), address
        assert answer.streaming or answer.content == b"", address
