"""A reader complains, an editor deals with it, and the reader finds the answer."""

import re

import axe
import pytest
from guests import PHONE, Guest
from playwright.sync_api import expect

from parkcms.models import Complaint

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
NO_SCRIPT = {"java_script_enabled": False}
STATUS = re.compile(r"/report/[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/$")


def complain(page, words):
    """From the article's own sentence to the status page; its address."""
    page.get_by_role("link", name="告知我们").click()
    expect(page.get_by_label("哪一页")).to_have_value("/articles/3661/")
    page.get_by_label("侵犯我的权利", exact=True).check()
    page.get_by_label("哪里不对").fill(words)
    page.get_by_role("button", name="提交", exact=True).click()
    page.get_by_role("link", name="姓名或单位").click()  # in the list of what is missing
    page.get_by_label("姓名或单位").fill("陈测试")
    page.get_by_label("电话或邮箱").fill("139 0000 0051")
    page.get_by_label("什么权利、有什么证据").fill("我是作者。")
    expect(page.get_by_label("哪里不对")).to_have_value(words)
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url(STATUS)
    return page.url


@pytest.mark.parametrize("options", [{}, PHONE | NO_SCRIPT], ids=["screen", "phone, no script"])
def test_from_the_article_to_the_answer(visit, options):
    words = f"照片是我拍的 {sorted(options)}"
    reader = visit("/articles/3661/", **options)
    status = complain(reader, words)
    assert reader.context.cookies() == []

    editor = visit("/admin/parkcms/complaint/", who="editor", **options)
    reference = status.rstrip("/").rpartition("/")[2]
    editor.locator("#searchbar").fill(reference)
    editor.locator("#changelist-search [type=submit]").click()
    editor.get_by_role("link", name=re.compile("侵犯我的权利")).click()
    expect(editor.locator("body")).not_to_contain_text("陈测试")
    editor.get_by_role("button", name="认领").click()
    editor.get_by_label("原因").select_option("verify")
    editor.get_by_role("button", name="显示联系方式").click()
    expect(editor.locator(".revealed")).to_contain_text("139 0000 0051")
    editor.get_by_label("答复").fill("已核对，照片已下线。")
    editor.get_by_role("button", name="答复", exact=True).click()
    editor.get_by_label("结果").select_option("taken_down")
    editor.get_by_role("button", name="结案", exact=True).click()
    expect(editor.locator(".messagelist")).to_contain_text("已结案。")

    reader.goto(status)
    expect(reader.locator(".answer")).to_contain_text("已核对，照片已下线。")
    expect(reader.locator("main")).to_contain_text("已办结：已下线")
    assert Complaint.objects.get(reference=reference).state == "closed"


@pytest.fixture(scope="module")
def seen(site, browser, cookies):
    """``{name: path}`` of the pages of one answered complaint."""
    guest = Guest(browser, site)
    guest.page.goto("/articles/3661/")
    status = complain(guest.page, "为了看页面").removeprefix(site)
    guest.leave()
    guest = Guest(browser, site, cookies["editor"])
    guest.page.goto("/admin/parkcms/complaint/?q=" + status.rstrip("/").rpartition("/")[2])
    guest.page.get_by_role("link", name=re.compile("侵犯我的权利")).click()
    desk = guest.page.url.removeprefix(site)
    guest.page.get_by_label("答复").fill("已核对。")
    guest.page.get_by_role("button", name="答复", exact=True).click()
    guest.leave()
    return {"form": "/report/?about=/articles/3661/", "status": status, "desk": desk}


@pytest.mark.parametrize("language", ["", "/en"])
@pytest.mark.parametrize("name", ["form", "status"])
def test_axe_finds_nothing_on_the_public_pages(browser, site, seen, name, language):
    guest = Guest(browser, site, bypass_csp=True, reduced_motion="reduce")
    looked_at(guest, language + seen[name], ignored=())


@pytest.mark.parametrize("path", ["list", "desk"])
def test_axe_finds_nothing_at_the_desk(browser, site, cookies, seen, path):
    guest = Guest(browser, site, cookies["editor"], bypass_csp=True, reduced_motion="reduce")
    # The stock search field is named by its title alone.
    looked_at(guest, seen.get(path, "/admin/parkcms/complaint/"), ignored=("label-title-only",))


def test_axe_finds_nothing_where_something_is_wrong(browser, site):
    guest = Guest(browser, site, bypass_csp=True, reduced_motion="reduce")
    guest.page.goto("/report/")
    guest.page.get_by_role("button", name="提交", exact=True).click()
    expect(guest.page.get_by_role("alert")).to_be_visible()
    assert axe.violations(guest.page) == []
    guest.look(390, "dark")
    assert axe.violations(guest.page, axe.LOOKS) == []
    assert guest.leave() == []


def looked_at(guest, path, ignored):
    """By day on a screen with all rules; by night and on a phone with those of looks."""
    guest.page.goto(path)
    assert axe.violations(guest.page, ignored=ignored) == []
    for width in (390, 1440):
        for scheme in ("light", "dark"):
            guest.look(width, scheme)
            guest.page.reload()
            assert axe.violations(guest.page, axe.LOOKS) == []
            assert guest.page.evaluate("document.documentElement.scrollWidth") <= width
    assert guest.leave() == []
