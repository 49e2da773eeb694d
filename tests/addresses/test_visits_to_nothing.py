"""What visitors find nothing under is counted, in bounds, and nothing about them is kept."""

import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from factories import LONG_AGO, a_category, a_missing
from hypothesis import given
from hypothesis import strategies as st

from leads.bounded import Bounded
from parkcms import strayed
from parkcms.addresses import strays
from parkcms.addresses.models import Missing
from parkcms.addresses.models import missing as missing_rows
from parkcms.addresses.models.missing import MissingQuerySet
from parkcms.logs import masked

pytestmark = pytest.mark.django_db
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; PEEM00) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0.50"
)


@pytest.fixture(autouse=True)
def nothing_counted_yet():
    strayed._met.clear()
    yield
    strayed._met.clear()


def visit(address, *, agent=PHONE, method="get", **headers):
    answer = getattr(Client(), method)(address, headers={"user-agent": agent, **headers})
    return answer.status_code


def counted():
    strayed.write()
    return dict(Missing.objects.values_list("path", "count"))


def test_visits_are_counted_by_their_path_without_its_query():
    for address in ("/news/12.html", "/news/12.html?from=singlemessage", "/关于我们"):
        assert visit(address) == 404
    assert counted() == {"/news/12.html": 2, "/关于我们": 1}
    assert visit("/news/12.html") == 404
    assert counted() == {"/news/12.html": 3, "/关于我们": 1}


def test_it_is_known_when_it_was_met_first_and_last():
    with time_machine.travel(LONG_AGO, tick=False) as clock:
        visit("/a")
        strayed.write()
        clock.shift(timedelta(days=2))
        visit("/a")
        strayed.write()
    row = Missing.objects.get()
    assert (row.first_at, row.last_at) == (LONG_AGO, LONG_AGO + timedelta(days=2))


REFERRERS = {
    "http://testserver/articles/12/?q=secret#x": ("/articles/12/", ""),
    "https://www.Example.com/s?wd=13800138000": ("", "www.example.com"),
    "https://user:secret@www.example.com:8443/a": ("", "www.example.com"),
    "http://testserver/enquiries/" + "a" * 32 + "/": ("", ""),
    "http://testserver/preview/abc:def/": ("", ""),
    "http://testserver/admin/leads/enquiry/7/change/": ("", ""),
    "https://10.0.0.5/intranet": ("", ""),
    "javascript:alert(1)": ("", ""),
    "https://[::1": ("", ""),
    "": ("", ""),
}


@pytest.mark.parametrize("referrer", REFERRERS)
def test_of_where_they_came_from_only_our_page_or_a_host_is_kept(referrer):
    visit("/a", referer=referrer)
    strayed.write()
    row = Missing.objects.get()
    assert (row.from_path, row.from_host) == REFERRERS[referrer]


def test_where_the_last_one_came_from_stays_until_another_says():
    visit("/a", referer="https://www.example.com/")
    strayed.write()
    visit("/a")
    strayed.write()
    assert Missing.objects.get().came_from == "www.example.com"
    visit("/a", referer="http://testserver/parks/")
    strayed.write()
    assert Missing.objects.get().came_from == "/parks/"


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "  ",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
        "Sogou web spider/4.0",
        "Mozilla/5.0 (compatible; bingbot/2.0)",
        "Mozilla/5.0 (compatible; YandexBot/3.0)",
        "Bytespider; spider-feedback@bytedance.com",
        "curl/8.5.0",
        "Wget/1.21",
        "python-requests/2.31",
        "Go-http-client/1.1",
        "Mozilla/5.0 HeadlessChrome/126.0",
        "Java/17.0.2",
    ],
)
def test_robots_are_not_counted(agent):
    visit("/a", agent=agent)
    assert counted() == {}


def test_a_person_whose_phone_is_called_like_a_robot_is():
    visit("/a", agent="Mozilla/5.0 (Linux; Android 12; CUBOT NOTE 20) Chrome/126.0 Mobile")
    assert counted() == {"/a": 1}


@pytest.mark.parametrize(
    "path",
    [
        "/wp-login.php",
        "/en/wp-admin/setup-config.php",
        "/.env",
        "/.git/config",
        "/.well-known/security.txt",
        "/xmlrpc.php",
        "/phpMyAdmin/index.php",
        "/cgi-bin/luci",
        "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
        "/backup.sql",
        "/config.json",
        "/favicon.ico",
        "/apple-touch-icon-precomposed.png",
        "/enquiries/abc/",
        "/en/enquiries/abc/",
        "/ENQUIRIES/abc/x",
        "/x/enquiries/abc",
        "/preview/abc:def:ghi/",
        "/spaces/watch/Ab-c/",
        "/en/spaces//confirm/abc:def:ghi",
        "/en/preview/abc",
        "/report/abc/",
        "/admin/x/",
        "/health/x",
        "/people/wang@example.cn/",
        "/tel/13800138000",
        "/tel/138 0013 8000",
        "/id/310114199001011234",
        "/r/" + "a1B2" * 8,
        "/" + "x" * 10 + "/y" * 100,
        "/a//b",
        "/a%2541",
        "/a%ff",
        "/a%0ab",
    ],
)
def test_what_is_nobodys_business_is_not_counted(path):
    assert visit(path) in {301, 302, 400, 404}
    assert counted() == {}


@pytest.mark.parametrize("method", ["head", "post", "put", "options"])
def test_only_reading_is_counted(method):
    visit("/a", method=method)
    assert counted() == {}


@pytest.mark.parametrize(
    "address",
    ["/", "/parks", "/articles/?before=junk", "/articles/category/shelf/?before=junk",
     "/?id=77"],
)  # fmt: skip
def test_an_address_that_is_right_is_not_counted(address):
    a_category(slug="shelf")
    visit(address)
    assert counted() == {}


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_whatever_is_asked_for_is_judged(path, agent, referrer):
    strays.is_robot(agent)
    if strays.is_worth_noting("/" + path):
        assert "@" not in path
        assert len(path) < 200
    from_path, from_host = strays.came_from(referrer)
    assert not (from_path and from_host)


# --- floods ---------------------------------------------------------------------------------------


def test_a_flood_of_addresses_fills_no_memory():
    for number in range(strayed.MOST_PATHS + 50):
        strayed.note(f"/flood/{number}/x", PHONE, "")
    assert len(strayed._met) == strayed.MOST_PATHS
    assert strayed.note("/flood/0/x", PHONE, "")  # what is known is counted on
    assert counted()["/flood/0/x"] == 2


def test_what_was_met_often_outlives_a_flood(monkeypatch):
    monkeypatch.setattr(missing_rows, "MOST_ROWS", 20)
    a_missing("/often", count=3)
    ignored = [a_missing(f"/ignored/{n}", ignored_at=LONG_AGO) for n in range(4)]
    for number in range(50):
        strayed.note(f"/flood/{number}/x", PHONE, "")
    strayed.write()
    assert Missing.objects.filter(ignored_at=None).count() == 10
    assert Missing.objects.filter(path="/often").exists()
    assert set(Missing.objects.filter(ignored_at__isnull=False)) == set(ignored)


def test_one_writing_is_a_few_short_statements(django_assert_max_num_queries):
    for number in range(strayed.MOST_PATHS):
        strayed.note(f"/flood/{number}/x", PHONE, "")
    with django_assert_max_num_queries(6):
        strayed.write()
    with django_assert_max_num_queries(0):
        assert strayed.write() == 0


def test_a_count_never_runs_over():
    a_missing("/a", count=2_000_000_000)
    visit("/a")
    assert counted() == {"/a": 2_000_000_000}


def test_at_night_what_nobody_met_for_ninety_days_goes():
    now = timezone.now()
    for days, path in ((89, "/kept"), (91, "/gone")):
        a_missing(path, last_at=now - timedelta(days=days))
    a_missing("/gone-too", last_at=now - timedelta(days=91), ignored_at=now)
    assert Missing.objects.forget() == 2
    assert [row.path for row in Missing.objects.all()] == ["/kept"]


# --- the clock and the database -----------------------------------------------------------------


def test_the_page_waits_for_no_writing(monkeypatch):
    def fail(*_args):
        raise AssertionError("written")

    monkeypatch.setattr(MissingQuerySet, "tally", fail)
    assert visit("/a") == 404
    assert list(strayed._met) == ["/a"]


@pytest.fixture
def own_clock(settings):
    """The clock as in production, but one that strikes at once."""
    settings.MISSING_SECONDS = 0.001
    yield
    for thread in threading.enumerate():
        if thread.name == "missing":
            thread.join(5)


@pytest.mark.django_db(transaction=True)
def test_a_clock_writes_it_on_a_connection_that_is_closed_again(settings, own_clock):
    settings.ENQUIRY_OWN_CONNECTION = True
    before = set(threading.enumerate())
    strayed.note("/a/b", PHONE, "")
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert list(Missing.objects.values_list("path", "count")) == [("/a/b", 1)]
    assert strayed._timer is None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'parkcms enquiries'"
            " AND datname = current_database()"
        )
        assert cursor.fetchone() == (0,)


def test_with_the_database_away_the_page_comes_and_the_note_is_dropped(settings, monkeypatch):
    def gone(*_args, **_options):
        raise OperationalError("gone")

    settings.ENQUIRY_OWN_CONNECTION = True
    monkeypatch.setattr(MissingQuerySet, "tally", gone)
    strayed.note("/a", PHONE, "")
    assert strayed.write() == 0
    assert strayed._met == {}


@pytest.mark.django_db(transaction=True)
def test_a_database_that_hangs_is_given_up_and_the_note_dropped(settings, monkeypatch):
    released = threading.Event()
    settings.ENQUIRY_OWN_CONNECTION = True
    monkeypatch.setattr(MissingQuerySet, "tally", lambda *_: released.wait(20))
    monkeypatch.setattr(strayed, "Bounded", lambda: Bounded(seconds=0.1))
    strayed.note("/a", PHONE, "")
    assert strayed.write() == 0
    released.set()
    assert Missing.objects.count() == 0


def test_with_the_database_away_a_missing_page_is_still_one(monkeypatch):
    def gone(*_args, **_options):
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", gone)
        assert visit("/a") == 404
    assert counted() == {"/a": 1}


def test_a_server_that_cannot_be_reached_is_waited_for_once(monkeypatch):
    """Who comes next is told by the breaker and does not wait as well."""

    def gone(*_args, **_options):
        raise OperationalError("gone")

    told = []
    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", gone)
        patch.setattr(strayed, "connection", SimpleNamespace(connection=None))
        patch.setattr(strayed, "breaker", lambda: SimpleNamespace(failed=lambda: told.append(1)))
        assert visit("/a") == 404
    assert told == [1]


def test_who_sees_a_missing_page_sees_what_all_see():
    pages = {
        Client().get("/a", headers={"user-agent": agent}).content for agent in ("", PHONE, "curl/8")
    }
    assert len(pages) == 1


@pytest.mark.parametrize(
    "address",
    ["/preview/eyJhIjoxfQ:1tXyZ0:abc_DEF-123/", "/en/preview/abc:def/", "/PREVIEW/abc%3Adef"],
)
def test_no_log_names_the_secret_of_a_preview(address):
    said = masked(f"Not Found: {address}?x")
    assert said.lower().replace("/en", "").startswith("not found: /preview/***")
    assert not {"abc", "def", "eyJ"} & set(said.replace(":", " ").replace("/", " ").split())
    assert masked("/previews/2024/") == "/previews/2024/"
