"""A visitor in a browser context of its own, who writes down what should not happen."""

import re

from django.conf import settings
from django.test import Client

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESK = {"viewport": {"width": 1440, "height": 900}}


class Guest:
    """One browser context with one page; ``complaints`` grows as the pages misbehave."""

    def __init__(self, browser, site, user=None, **options):
        self.site = site
        self.complaints = []
        self.context = browser.new_context(
            **DESK | {"base_url": site, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"} | options
        )
        if user:
            self.context.add_cookies([_session(user, site)])
        foreign = re.compile(rf"^(?!{re.escape(site)}/|data:|blob:)")
        self.context.route(foreign, self._refuse)
        self.page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self._complain(f"script: {error}"))

    def go(self, path):
        return self.page.goto(path)

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


def _session(user, site):
    client = Client()
    client.force_login(user, backend="parkcms.people.backends.PeopleBackend")
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": value,
        "domain": site.split("/")[2].split(":")[0],
        "path": settings.SESSION_COOKIE_PATH,
    }
