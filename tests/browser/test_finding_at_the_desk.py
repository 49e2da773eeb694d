"""Ctrl-K in a real browser: keys, focus, a screen reader's view, and the same without scripts."""

import axe
import pytest
from guests import Guest

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
BULK = "/admin/articles/article/"


def opened(page):
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="查找").wait_for()
    return page.get_by_role("combobox", name="查找")


def chosen(page):
    return page.locator("[role=option][aria-selected=true]")


def test_an_article_is_reached_by_keys_alone(visit):
    page = visit("/admin/", who="editor")
    field = opened(page)
    page.get_by_role("option").first.wait_for()
    assert field.evaluate("node => node === document.activeElement")

    # Enter before the answer came goes to what was asked for, not to what stood there before.
    page.keyboard.type("wenzhou ekc")
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    page.keyboard.type("erqi")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/articles/article/3661/change/")


def test_arrows_choose_escape_closes_and_focus_goes_back(visit):
    page = visit("/admin/", who="editor")
    page.get_by_role("link", name="查找").focus()
    page.keyboard.press("Enter")
    field = page.get_by_role("combobox", name="查找")
    page.keyboard.type("jiading")
    page.locator("[role=listbox][aria-busy=false]").wait_for()
    first = chosen(page).inner_text()
    assert field.get_attribute("aria-activedescendant") == chosen(page).get_attribute("id")
    page.keyboard.press("ArrowDown")
    second = chosen(page).inner_text()
    assert second != first
    assert field.get_attribute("aria-activedescendant") == chosen(page).get_attribute("id")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert chosen(page).inner_text() == page.get_by_role("option").last.inner_text()
    for _ in range(4):  # Tab stays within
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.id") == "find-open"


def test_nothing_found_is_said(visit):
    page = visit("/admin/", who="agent")
    opened(page)
    page.keyboard.type("没有这样的东西")
    page.locator("dialog [role=status]", has_text="没有找到").wait_for()
    assert page.get_by_role("option").count() == 0


def test_without_scripts_the_page_does_the_same(visit):
    page = visit("/admin/", who="editor", java_script_enabled=False)
    page.get_by_role("link", name="查找").click()
    page.get_by_role("searchbox").fill("kcyeq")
    page.get_by_role("button", name="查找").click()
    page.locator("a[href='/admin/articles/article/3661/change/']").click()
    assert page.url.endswith("/admin/articles/article/3661/change/")


def test_axe_finds_nothing_in_the_dialog_and_on_the_page(browser, site, cookies):
    guest = Guest(browser, site, cookies["editor"], bypass_csp=True, reduced_motion="reduce")
    page = guest.page
    for width, scheme in ((1440, "light"), (390, "dark")):
        guest.look(width, scheme)
        page.goto("/admin/")
        opened(page)
        page.keyboard.type("jiading")
        page.locator("[role=listbox][aria-busy=false]").wait_for()
        assert axe.violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto("/admin/find/?q=jiading")
    assert axe.violations(page) == []
    assert guest.leave() == []


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        BULK,
        f"{BULK}rights/",
        f"{BULK}rights/?publisher=%E5%A4%AE%E5%B9%BF%E7%BD%91",
        "/admin/articles/tag/",
    ],
)
def test_axe_finds_nothing_of_ours_on_the_lists(browser, site, cookies, path):
    guest = Guest(browser, site, cookies["editor"], bypass_csp=True, reduced_motion="reduce")
    for width, scheme in ((1440, "light"), (390, "dark")):
        guest.look(width, scheme)
        guest.page.goto(path)
        # What the stock list leaves unsaid about its own boxes (tests/browser/test_desk_pages.py).
        assert axe.violations(guest.page, ignored=("label", "label-title-only")) == []
        assert guest.page.evaluate("document.documentElement.scrollWidth") <= width
    assert guest.leave() == []


def test_articles_are_tagged_at_once_on_the_page_between(visit):
    page = visit(BULK, who="editor")
    for box in page.locator("input.action-select").all()[:2]:
        box.check()
    page.get_by_label("动作").select_option(label="打标签…")
    page.get_by_role("button", name="执行").click()
    page.get_by_role("heading", name="打标签：2 篇").wait_for()
    page.get_by_role("button", name="打标签").click()
    page.get_by_text("请写至少一个标签。").wait_for()
    page.get_by_label("标签", exact=True).fill("一起打的")
    page.get_by_role("button", name="打标签").click()
    page.get_by_text("已打标签 2 条。").wait_for()
    page.locator(".narrow", has_text="标签").locator("summary").click()
    page.get_by_role("link", name="一起打的").click()
    assert page.locator("#result_list tbody tr").count() == 2
