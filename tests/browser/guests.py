"""A visitor in a browser context of its own, who writes down what should not happen."""

import re
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
        foreign = re.compile(rf"^(?!{re.escape(site)}/|data:|blob:)")
        self.context.route(foreign, self._refuse)
        self.page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self._complain(f"script: {error}"))

    def leave(self):
        self.context.close()
        return self.complaints

    def _refuse(self, route):
        self._complain(f"asks another host: {route.request.url}")
        route.abort()

    def _hear(self, message):
        # The page asked for may itself be an error page; Chromium says so in the console.
        own_status = message.location["url"] == self.page.url and "status of" in message.text
        if message.type in {"error", "warning"} and not own_status:
            self._complain(f"{message.type}: {message.text}")

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
