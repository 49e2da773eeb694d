"""Hostile addresses and requests: a clean refusal or a page, never an error of ours."""

from io import BytesIO
from urllib.parse import quote_from_bytes

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections, transaction
from django.test import Client, RequestFactory
from django.test.client import ClientHandler
from factories import a_category, a_park, a_space, a_tag, an_article
from hypothesis import example, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.django_db

SERVER = ClientHandler(enforce_csrf_checks=True)
FINE = {200, 301, 400, 403, 404, 405, 413, 414}
KNOWN = (
    "/", "/en/", "/parks/", "/parks/park/", "/parks/park/spaces/space/", "/spaces/",
    "/articles/", "/articles/1/", "/articles/year/2024/", "/articles/category/shelf/",
    "/articles/tag/topic/", "/articles/feed.xml", "/articles/category/shelf/feed.xml",
    "/search/", "/about/", "/about/versions/1/", "/contact/", "/sitemap.xml",
    "/sitemap-articles-0.xml", "/robots.txt", "/media/pictures/x.jpg", "/health/live",
    "/parks/park/cover.svg", "/articles/category/shelf/cover-1.svg", "/post/1.html", "/index.php",
    "/search.php", "/feed.php", "/date-2022-9.html", "/admin/login/", "/static/css/base.css",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def a_site(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        a_space(a_park(slug="park"), slug="space")
        shelf, tag = a_category(slug="shelf"), a_tag(slug="topic")
        for _ in range(25):
            an_article(category=shelf, tags=[tag])
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def visitor():
    return Client(raise_request_exception=False)


def raw(path, query="", method="GET", **environment):
    """The status of a request whose path and query are sent as these very bytes."""
    environ = RequestFactory().get("/").environ | {
        "REQUEST_METHOD": method,
        # WSGI hands bytes over as latin-1.
        "PATH_INFO": path if isinstance(path, str) else path.decode("latin-1"),
        "QUERY_STRING": query if isinstance(query, str) else query.decode("latin-1"),
        **environment,
    }
    answer = SERVER(environ)
    # As the test client does: the end of a request must not close the test's own connection.
    request_finished.disconnect(close_old_connections)
    answer.close()
    request_finished.connect(close_old_connections)
    for name, value in answer.items():
        assert not {"\r", "\n"} & {*name, *value}
    return answer.status_code


# --- paths --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        b"/\x00", b"/articles/\x00/", b"/articles/1\x00/", b"/parks/park\x00/", b"/admin/\x00",
        b"/\xff", b"/articles/\xff\xfe/", b"/parks/\xc3\x28/", b"/en/\xff/", b"/media/\xff",
        b"/\xed\xa0\x80/", b"/search/\xff", b"/post/\xff.html", b"/static/\x00", b"/static/\xff",
        b"/..", b"/../", b"/../../etc/passwd", b"/media/../../etc/passwd", b"/static/../x.py",
        b"/media/pictures/../../secret-key", b"/media/pictures/00/../../../secret-key",
        b"//evil.example", b"//evil.example/", b"///evil.example", b"/\\evil.example", b"\\\\evil",
        b"/en//evil.example", b"//en/articles", b"/en/en/", b"/en/en/articles/", b"/EN/",
        b"/articles/1", b"/articles/%2e%2e/", b"/articles/ 1/", b"/articles/+1/", b"/articles/-1/",
        b"/articles/0/", b"/articles/1e3/", b"/articles/1.0/", b"/articles/0x1/",
        b"/articles/" + b"9" * 30 + b"/", b"/articles/" + b"9" * 3000 + b"/",
        b"/articles/9223372036854775807/", b"/articles/9223372036854775808/",
        b"/articles/2147483648/", b"/articles/year/" + b"9" * 30 + b"/", b"/articles/year/0/",
        b"/articles/year/-1/", b"/articles/year/10000/", "/articles/１/".encode(),
        "/articles/year/２０２４/".encode(), "/articles/٣/".encode(), "/post/１.html".encode(),
        b"/about/versions/" + b"9" * 30 + b"/", b"/about/versions/0/",
        b"/post/" + b"9" * 20 + b".html", b"/post/" + b"9" * 300 + b".html", b"/post/0.html",
        b"/date-0000-1.html", b"/date-9999-99.html", b"/date-2022-.html",
        b"/sitemap-articles-" + b"9" * 30 + b".xml", b"/sitemap-articles-999999999999.xml",
        b"/sitemap-articles--1.xml", "/sitemap-articles-１.xml".encode(), b"/sitemap-.xml",
        b"/sitemap-pages-0.xml", b"/sitemap-evil-0.xml",
        b"/articles/category/shelf/cover-" + b"9" * 40 + b".svg",
        b"/articles/category/" + b"a" * 5000 + b"/", b"/parks/" + b"a" * 5000 + b"/",
        "/parks/园区/".encode(), "/articles/tag/标签/".encode(), b"/parks/Park/",
        b"/articles/1/\r\nSet-Cookie: a=b", b"/articles\r\nX: y/", b"/\t", b"/\x7f", b"/ ",
        b"/" + b"a/" * 2000, b"/" + b"%00" * 10, b"", b"articles/", b"*", b"http://evil.example/",
        b"/admin/articles/article/" + b"9" * 30 + b"/change/", b"/admin/jsi18n/\xff",
        b"/wp-login.php", b"/.env", b"/.git/config", b"/xmlrpc.php?rsd", b"/cgi-bin/x",
    ],
)  # fmt: skip
def test_a_hostile_path_is_refused_or_not_found(path):
    assert raw(path) in FINE | {302}


SEGMENTS = st.sampled_from(
    ["articles", "parks", "spaces", "en", "category", "tag", "year", "search", "post", "index.php",
     "about", "versions", "media", "pictures", "static", "admin", "health", "feed.xml", "cover.svg",
     "shelf", "park", "space", "topic", "1", "0", "-1", "99999999999999999999", "..", ".", "",
     "%00", "é", "１", "\\", "//", "sitemap-articles-0.xml", "sitemap.xml", "1.html"]
) | st.text(max_size=8)  # fmt: skip
PATHS = st.lists(SEGMENTS, max_size=6).map(
    lambda parts: ("/" + "/".join(parts)).encode("utf-8", "surrogatepass")
)


@given(PATHS | st.binary(max_size=40).map(lambda tail: b"/" + tail), st.binary(max_size=30))
@settings(max_examples=100, deadline=None)
@example(b"/articles/", b"before=\xff")
def test_no_path_and_no_query_is_an_error_of_ours(path, query):
    assert raw(path, query) in FINE | {302, 503}


# --- queries ------------------------------------------------------------------------------------

VALUES = (
    "", "0", "-1", "1", "9" * 30, "9" * 17 + "-" + "9" * 18, "0" * 13 + "-0", "1700000000000000-5",
    "%00", "%ff%fe", "%c3%28", "%ed%a0%80", "%F0%9F%98%80", "%e5%98%89%e5%ae%9a", "a" * 4000,
    "a" * 5000, "%25", "_", "%5C", "%27%22%3Cscript%3E", "%27%3B%20DROP%20TABLE%20articles--",
    "../../etc/passwd", "%0d%0aSet-Cookie:%20a=b", "%E2%80%AE", "1e309", "NaN", "null", "[]",
    "%7B%7D", "park", "parkk", "%EF%BC%91", "%", "%zz", "+", "%20", "\\", "{{7*7}}", "${7*7}",
)  # fmt: skip


# Which page reads which parameter.
READ = (
    ("/", "id"), ("/index.php", "id"), ("/parks/", "after"), ("/spaces/", "before"),
    ("/articles/", "before"), ("/articles/category/shelf/", "before"), ("/search/", "q"),
    ("/articles/tag/topic/", "before"), ("/articles/year/2024/", "before"), ("/search.php", "q"),
    ("/search/", "q=a&before"), ("/en/articles/", "before"), ("/admin/login/", "next"),
)  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
def test_a_hostile_parameter_never_fails(value):
    for path, name in READ:
        assert raw(path, f"{name}={value}") in FINE, (path, name)


def test_no_page_minds_a_parameter_it_does_not_know():
    everything = "&".join(f"{name}=%ff%27" for name in ("id", "page", "next", "utm_source", "_"))
    for path in KNOWN:
        assert raw(path, everything) == raw(path), path


@pytest.mark.parametrize(
    "query",
    ["q=a&q=b&q=c", "before=1&before=2", "q", "=", "&&&&", "q=%", "?" * 100, "q[]=a", "q[0][a]=b",
     "&".join(f"a{n}=1" for n in range(2000)), ";".join("a=b" for _ in range(50)), "id=1&id=2",
     "after=" + "a" * 61, "after=%ff", "after=park%00", "id=%D9%A3", "id=1%00", "id=" + "1" * 21],
)  # fmt: skip
def test_odd_query_strings_never_fail(query):
    for path in ("/", "/parks/", "/articles/", "/search/", "/spaces/", "/en/", "/index.php"):
        assert raw(path, query) in FINE, path


@given(st.text(max_size=80), st.text(max_size=20))
@settings(max_examples=30, deadline=None)
def test_no_words_searched_for_are_an_error_of_ours(words, key):
    query = f"q={quote_from_bytes(words.encode('utf-8', 'surrogatepass'))}"
    assert raw("/search/", query) in {200, 400}
    query += f"&before={quote_from_bytes(key.encode('utf-8', 'surrogatepass'))}"
    assert raw("/search/", query) in {200, 400, 404}


# --- methods and bodies -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method",
    ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "X" * 99],
)
def test_no_other_method_changes_or_breaks_anything(method):
    for path in KNOWN:
        if path not in {"/admin/login/", "/static/css/base.css"}:
            assert raw(path, method=method) in {301, 403, 404, 405}, path
    assert raw("/admin/login/", method=method) in {200, 403, 405}


@pytest.mark.parametrize("size", [5_000_000, 100])
@pytest.mark.parametrize("path", ["/", "/articles/", "/search/", "/contact/", "/admin/login/"])
@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "multipart/form-data; boundary=" + "x" * 500,
        "multipart/form-data; boundary=\xe9",
        "application/json",
        "text/plain; charset=utf-7",
        "text/plain; charset=nonsense",
        "application/x-www-form-urlencoded; charset=nonsense",
        "",
    ],
)
def test_a_body_of_any_size_and_kind_is_refused(visitor, path, kind, size):
    answer = visitor.generic("POST", path, b"a=" + b"x" * size, content_type=kind)
    assert answer.status_code in {200, 400, 403, 405, 413}


PART = b'--x\r\nContent-Disposition: form-data; name="a"'
BROKEN = {
    "without an end": PART + b"\r\n\r\n",
    "with a path for a name": PART + b'; filename="../../x"\r\n\r\nx\r\n--x--',
    "without a head": b"--x\r\n\r\n--x\r\n--x--\r\n",
    "not the base64 it says": PART + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--",
    "of NUL bytes": b"\x00" * 1000,
    "of boundaries": b"--x\r\n" * 5000,
    "with an endless name": PART[:-2] + b"a" * 100_000 + b'"\r\n\r\nx\r\n--x--',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_broken_multipart_body_is_refused(visitor, body):
    for path in ("/articles/", "/admin/login/"):
        answer = visitor.generic("POST", path, body, content_type="multipart/form-data; boundary=x")
        assert answer.status_code in {200, 400, 403, 405}


def test_thousands_of_fields_are_refused(visitor):
    body = "&".join(f"a{n}=1" for n in range(3000)).encode()
    form = "application/x-www-form-urlencoded"
    assert visitor.generic("POST", "/admin/login/", body, content_type=form).status_code == 400


@pytest.mark.parametrize("length", ["-1", "abc", "99999999999", "", "5"])
def test_a_body_that_lies_about_its_length_is_refused(length):
    environment = {"CONTENT_LENGTH": length, "wsgi.input": BytesIO(b"a=1")}
    assert raw("/admin/login/", method="POST", **environment) in {200, 400, 403}
    assert raw("/articles/", method="POST", **environment) in {400, 403, 405}


# --- headers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_COOKIE", "a=" + "b" * 100_000),
        ("HTTP_COOKIE", "sessionid=" + "x" * 8000),
        ("HTTP_COOKIE", "sessionid=\xff\xfe; csrftoken=\x80"),
        ("HTTP_COOKIE", ";" * 5000),
        ("HTTP_COOKIE", "sessionid=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("HTTP_ACCEPT_LANGUAGE", "x" * 100_000),
        ("HTTP_ACCEPT_LANGUAGE", ",".join(f"{n}-{n};q=0.{n}" for n in range(2000))),
        ("HTTP_USER_AGENT", "\x00\x01\x02"),
        ("HTTP_REFERER", "javascript:alert(1)"),
        ("HTTP_REFERER", "http://[::1"),
        ("HTTP_IF_MODIFIED_SINCE", "yesterday"),
        ("HTTP_IF_MODIFIED_SINCE", "Mon, 99 Foo 99999 99:99:99 GMT"),
        ("HTTP_IF_NONE_MATCH", '"' * 9999),
        ("HTTP_RANGE", "bytes=99999999999-"),
        ("HTTP_RANGE", "bytes=-,,,,"),
        ("HTTP_ACCEPT_ENCODING", "br;q=nonsense, gzip;q=9"),
        ("HTTP_X_FORWARDED_FOR", "1.2.3.4, " * 5000),
        ("HTTP_X_FORWARDED_PROTO", "https\r\nX: y"),
        ("HTTP_ORIGIN", "null"),
        ("HTTP_AUTHORIZATION", "Basic " + "A" * 9999),
        ("REMOTE_ADDR", ""),
        ("REMOTE_ADDR", "unix:"),
        ("SCRIPT_NAME", "/en"),
        ("SERVER_PORT", "99999"),
        ("CONTENT_TYPE", "\xff" * 100),
    ],
)
def test_a_hostile_header_never_fails(name, value):
    for path in (
        "/",
        "/articles/",
        "/admin/login/",
        "/static/css/base.css",
        "/media/x",
        "/nothing/",
    ):
        assert raw(path, **{name: value}) in {200, 301, 302, 304, 400, 404, 416}, path


@pytest.mark.parametrize(
    "host",
    ["evil.example", "testserver.evil.example", "127.0.0.1.evil.example", "a@evil.example",
     "testserver:99999999", "a" * 5000, "[::1]:x", "\xff", "testserver\r\nX: y", "ｔｅｓｔｓｅｒ"],
)  # fmt: skip
def test_another_hosts_name_is_refused(host):
    assert raw("/articles/", HTTP_HOST=host.encode("utf-8").decode("latin-1")) in {200, 400}
    if "evil" in host:
        assert raw("/articles/", HTTP_HOST=host) == 400


def test_no_redirect_leads_to_another_host(visitor):
    for path in ("//evil.example", "//evil.example/articles", "/\\evil.example/articles",
                 "/en//evil.example", "/%5cevil.example", "//evil.example/%2e%2e",
                 "/index.php/post/1.html/../..//evil.example"):  # fmt: skip
        answer = visitor.get(path)
        if answer.status_code in {301, 302}:
            assert answer["Location"].startswith("/"), path
            assert not answer["Location"].startswith(("//", "/\\")), path
