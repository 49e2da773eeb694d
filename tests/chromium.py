"""The browser that the tests in tests/browser walk in."""

import os

PLACES = (
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def find() -> str | None:
    """The path of a Chromium: PARKCMS_CHROMIUM, or where systems put it."""
    named = os.environ.get("PARKCMS_CHROMIUM")
    for path in (named,) if named else PLACES:
        if os.access(path, os.X_OK):
            return path
    return None
