"""The desk's own screens: accessible, quiet, and usable on a phone.

What the stock admin leaves unsaid about its own widgets is listed in STOCK and not held against
our pages: fields of date and time and of inline rows without a label of their own, the empty head
of an inline's first column, the box of an autocomplete, the search field named by its title.
"""

import axe
import pytest
from guests import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

STOCK = ("label", "label-title-only", "empty-table-header", "aria-input-field-name")
SCREENS = (
    ("", "/admin/login/"),
    ("manager", "/admin/"),
    ("owner", "/admin/"),
    ("editor", "/admin/articles/article/"),
    ("editor", "/admin/articles/article/3661/change/"),
    ("editor", "/admin/articles/article/3661/history/"),
    ("editor", "/admin/library/picture/add/"),
    ("manager", "/admin/parks/figure/add/"),
    ("manager", "/admin/parks/space/add/"),
)


@pytest.mark.parametrize(("who", "path"), SCREENS)
@pytest.mark.parametrize("looks", [DESK, PHONE | {"color_scheme": "dark"}], ids=["desk", "phone"])
def test_axe_finds_nothing_of_ours(visit, who, path, looks):
    page = visit(path, who=who, **looks)
    page.wait_for_load_state("networkidle")

    assert axe.violations(page, ignored=STOCK) == []


@pytest.mark.parametrize(("who", "path"), SCREENS)
def test_nothing_scrolls_sideways_on_a_phone(visit, who, path):
    page = visit(path, who=who, **PHONE)

    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_text_field_has_a_name_and_its_buttons_speak_chinese(visit):
    page = visit("/admin/articles/article/add/", who="editor")
    page.get_by_role("textbox", name="正文").wait_for()

    names = page.locator(".prose-menubar button[title]").evaluate_all("all => all.map(b => b.title)")

    assert len(names) > 15
    assert [name for name in names if name.isascii()] == ["看源码"][1:]
    assert page.evaluate("document.documentElement.lang") == "zh-hans"


def test_guest_who_misbehaves_is_noticed(browser, site):
    """The watch itself: an inline script, a request elsewhere and an error are written down."""
    from guests import Guest

    guest = Guest(browser, site)
    guest.page.goto("/")
    guest.page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: '1'}))")
    guest.page.evaluate("fetch('https://example.com/').catch(() => 0)")
    guest.page.evaluate("new Image().src = '/no/such/picture.png'")
    guest.page.evaluate("setTimeout(() => { throw new Error('oh') })")
    guest.page.wait_for_load_state("networkidle")
    said = " ".join(guest.leave())

    for part in ("script-src 'self'", "connect-src", "/no/such/picture.png", "script: oh"):
        assert part in said, part
