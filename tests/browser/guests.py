"""A visitor in a browser context of its own, who writes down what should not happen."""

from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client

from parkcms.people.models import User

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESK = {"viewport": {"width": 1440, "height": 900}}


class Guest:
    """One browser context with one page; ``complaints`` grows as the pages misbehave."""

    def __init__(self, browser, site, cookie=None, **options):
        self.site = site
        self.complaints = []
        usual = {"base_url": site, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
        self.context = browser.new_context(**DESK | usual | options)
        if cookie:
            self.context.add_cookies([cookie])
        self.context.on("request", self._watch)
        self.context.set_default_timeout(15_000)
        self.page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self._complain(f"script: {error}"))

    def look(self, width, scheme):
        """Through a window of that width, by day ("light") or by night ("dark")."""
        self.page.set_viewport_size({"width": width, "height": 844})
        self.page.emulate_media(color_scheme=scheme)

    def leave(self):
        self.context.close()
        return self.complaints

    def _watch(self, request):
        """Other hosts can't be reached (conftest.FLAGS); asking for one is what is wrong.

        Listening, not routing: a page whose requests are routed has no cache.
        """
        if not request.url.startswith((f"{self.site}/", "data:", "blob:")):
            self._complain(f"asks another host: {request.url}")

    def _hear(self, message):
        # The page asked for may itself be an error page; Chromium says so in the console.
        own_status = message.location["url"] == self.page.url and "status of" in message.text
        if message.type in {"error", "warning"} and not own_status:
            self._complain(f"{message.type}: {message.text} ({message.location['url']})")

    def _complain(self, words):
        self.complaints.append(f"{self.page.url.removeprefix(self.site)}: {words}")


def session_cookies(site):
    """``{username: cookie}`` of everyone who may log in, each with a session of their own."""
    return {user.username: _cookie(user, site) for user in User.objects.filter(is_active=True)}


def _cookie(user, site):
    client = Client()
    client.force_login(user, backend="parkcms.people.backends.PeopleBackend")
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "domain": urlsplit(site).hostname,
        "path": settings.SESSION_COOKIE_PATH,
    }
