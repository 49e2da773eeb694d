"""A real server with the demo content, and a browser that notices what it should not.

Playwright keeps an event loop in this thread, which Django would take for asynchronous code;
so both, and the rows the server shows, live as long as a file of tests, and no longer.
"""

import threading
from wsgiref.simple_server import WSGIRequestHandler

import chromium
import demo_content
import guests
import pytest
import rich_content
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import override_settings
from playwright.sync_api import sync_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker, tmp_path_factory):
    """The address of a running site with the demo content and rows that fill every page.

    A test's own rows (mark django_db) are never committed, so the server does not see them.
    """
    folder = tmp_path_factory.mktemp("site")
    server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet)
    server.set_app(get_wsgi_application())
    origin = f"http://127.0.0.1:{server.server_address[1]}"
    own = override_settings(
        PARKCMS_ORIGIN=origin,
        MEDIA_ROOT=folder / "media",
        JOURNAL_DIR=folder / "journal",
        PASSWORD_HASHERS=demo_content.QUICK,
    )
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), own:
        # A connection left open would keep the test database from being dropped.
        patch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            rich_content.load(folder / "passwords.txt")
            yield origin
        finally:
            server.shutdown()
            server.server_close()
            call_command("flush", verbosity=0, interactive=False)


@pytest.fixture(scope="module")
def cookies(site):
    """``{username: session cookie}`` of the demo people."""
    return guests.session_cookies(site)


@pytest.fixture(scope="module")
def browser(site):
    """After the site: what its content has the worker do is deferred where no event loop runs."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        started = playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        yield started
        started.close()
        # While the event loop runs, this thread has a database connection apart from its usual one.
        connections.close_all()


@pytest.fixture
def visit(site, browser, cookies):
    """``visit(path, who="", **options of a browser context)``: the page a new guest sees.

    ``who`` is a demo person who has logged in. What no guest should meet (an error in the
    console, a broken policy, a request to another host) fails the test at its end.
    """
    came = []

    def open_page(path="/", who="", **options):
        guest = guests.Guest(browser, site, cookies.get(who), **options)
        came.append(guest)
        guest.page.goto(path)
        return guest.page

    yield open_page
    complaints = [complaint for guest in came for complaint in guest.leave()]
    assert complaints == []
