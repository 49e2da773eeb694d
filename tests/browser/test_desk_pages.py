"""The desk's own screens: accessible, quiet, and usable on a phone.

What the stock admin leaves unsaid is listed in STOCK and not held against our pages: the empty head
of an inline's first column.
"""

import axe
import pytest
from guests import Guest

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

STOCK = ("empty-table-header",)
SCREENS = (
    ("", "/admin/login/"),
    ("manager", "/admin/"),
    ("owner", "/admin/"),
    ("editor", "/admin/articles/article/"),
    ("editor", "/admin/articles/article/3661/change/"),
    ("editor", "/admin/articles/article/3661/history/"),
    ("editor", "/admin/articles/tag/"),
    ("editor", "/admin/library/picture/"),
    ("author", "/admin/articles/article/add/"),
    ("owner", "/admin/parks/space/"),
    ("owner", "/admin/people/user/"),
    ("editor", "/admin/library/picture/add/"),
    ("manager", "/admin/parks/figure/add/"),
    ("manager", "/admin/parks/space/add/"),
    ("lead", "/admin/"),
    ("lead", "/admin/leads/enquiry/"),
    ("agent", "/admin/leads/enquiry/"),
    ("lead", "/admin/leads/recipient/add/"),
    ("lead", "/admin/outbox/notice/"),
)


@pytest.mark.parametrize(("who", "path"), SCREENS)
def test_axe_finds_nothing_of_ours_and_nothing_scrolls_sideways(browser, site, cookies, who, path):
    # axe measures with styles of its own, which the desk's policy would refuse.
    guest = Guest(browser, site, cookies.get(who), bypass_csp=True, reduced_motion="reduce")
    guest.page.goto(path)
    if who == "editor" and "change" in path:
        guest.page.get_by_role("textbox", name="正文").wait_for()

    assert axe.violations(guest.page, ignored=STOCK) == []
    guest.look(390, "dark")
    guest.page.reload()
    assert axe.violations(guest.page, axe.LOOKS) == []
    assert guest.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert guest.leave() == []


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("owner", "/admin/"),
        ("owner", "/admin/parkcms/ownerstext/add/"),
        ("editor", "/admin/articles/article/"),
        ("manager", "/admin/parks/space/add/"),
    ],
)
def test_screen_no_other_test_walks_through_keeps_the_policy(visit, who, path):
    page = visit(path, who=who)

    assert page.get_by_role("heading", level=1).count() == 1


def test_agent_looks_at_an_enquiry_and_asks_for_the_number(browser, site, cookies):
    guest = Guest(browser, site, cookies["lead"], bypass_csp=True, reduced_motion="reduce")
    page = guest.page
    page.goto("/admin/leads/enquiry/")
    page.locator("#result_list tbody tr", has_text="139****").locator("th a").first.click()
    page.get_by_role("button", name="显示联系方式").wait_for()

    assert axe.violations(page, ignored=STOCK) == []
    guest.look(390, "dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    guest.look(1440, "light")
    page.get_by_role("button", name="显示联系方式").click()
    page.locator("a[href^='tel:']").first.wait_for()
    assert guest.leave() == []


def test_text_field_has_a_name_and_its_buttons_speak_chinese(visit):
    page = visit("/admin/articles/article/add/", who="editor")
    page.get_by_role("textbox", name="正文").wait_for()

    names = page.locator(".prose-menubar button[title]").evaluate_all(
        "all => all.map(b => b.title)"
    )

    assert len(names) > 15
    assert [name for name in names if name.isascii()] == []
    assert page.evaluate("document.documentElement.lang") == "zh-hans"


def test_guest_who_misbehaves_is_noticed(browser, site):
    """The watch itself: whatever it is there for is written down."""
    guest = Guest(browser, site)
    guest.page.goto("/")
    guest.page.evaluate(MISBEHAVE)
    guest.page.wait_for_load_state("networkidle")
    said = " ".join(guest.leave())

    for part in ("script-src 'self'", "connect-src", "/no/such/picture.png", "script: oh"):
        assert part in said, part


def test_request_to_another_host_is_noticed_even_where_the_policy_would_allow_it(browser, site):
    guest = Guest(browser, site, bypass_csp=True)
    guest.page.goto("/")
    guest.page.evaluate("fetch('https://example.com/tell').catch(() => 0)")

    assert "/: asks another host: https://example.com/tell" in guest.leave()


MISBEHAVE = """() => {
  document.body.append(Object.assign(document.createElement("script"), {text: "1"}));
  fetch("https://example.com/").catch(() => 0);
  new Image().src = "/no/such/picture.png";
  setTimeout(() => { throw new Error("oh"); });
}"""
