"""Passing an article on: the copied link is the article's own, whatever address was visited."""

import addresses
import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


def test_copy_button_copies_the_address_and_says_so(visit, site):
    page = visit(f"{addresses.OWN}?from=wechat", permissions=["clipboard-read", "clipboard-write"])

    page.get_by_role("button", name="复制链接").click()

    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == site + addresses.OWN
    expect(page.get_by_role("button", name="复制链接")).to_be_visible()


def test_address_is_shown_where_copying_is_forbidden(visit, site):
    page = visit(addresses.OWN)
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.default_value), dialog.dismiss()))

    page.get_by_role("button", name="复制链接").click()

    assert asked == [site + addresses.OWN]


def test_system_share_sheet_gets_title_and_address(visit, site):
    page = visit(addresses.REFERENCE)
    assert page.get_by_role("button", name="更多方式").is_hidden()
    page.add_init_script("navigator.share = async data => { window.shared = data; }")
    page.reload()

    page.get_by_role("button", name="更多方式").click()

    assert page.evaluate("window.shared") == {
        "title": "温州（嘉定）科创园二期今在嘉定新城开工",
        "url": site + addresses.REFERENCE,
    }
