"""Nothing typed is lost: not to a colleague who saves first, not to a session that ends, not to a
line that breaks or a window that is closed."""

import axe
import pytest
from guests import Guest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
SOON = 20_000  # milliseconds; a page keeps what was typed after three seconds
LIST = "/admin/articles/article"
# Stock widgets of the admin (tests/browser/test_desk_pages.py).
STOCK = ("empty-table-header",)


def address(article, page="change/"):
    return f"{LIST}/{article}/{page}"


def kept(page, words="已自动保存"):
    """The line beside the buttons, once it says so."""
    line = page.locator(".writing-status")
    expect(line).to_contain_text(words, timeout=SOON)
    return line


def kept_here(page):
    """What waits in this browser's own store."""
    return page.evaluate(
        "Object.keys(localStorage).filter(key => key.startsWith('writing:'))"
        ".map(key => localStorage[key])"
    )


def write(page, words):
    text = page.get_by_role("textbox", name="正文")
    text.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(words)


@pytest.fixture
def guest(site, browser, cookies):
    """Guests who meet refusals on purpose: what their console says of them is not held against
    the page."""
    came = []

    def enter(who):
        one = Guest(browser, site, cookies[who])
        came.append(one)
        return one

    yield enter
    scripts = [told for one in came for told in one.leave() if ": script:" in told]
    assert scripts == []


def test_two_people_at_one_article_see_each_other_and_neither_loses_a_word(visit):
    first = visit(address(3661), who="editor")
    expect(first.get_by_role("textbox", name="正文")).to_be_visible()
    second = visit(address(3661), who="owner")
    expect(second.locator("#presence")).to_contain_text("示例编辑 正在编辑这篇")

    write(first, "编辑补上的一句。")
    kept(first)
    second.get_by_label("标题:", exact=True).fill("站长改的标题")
    second.get_by_role("button", name="保存草稿").first.click()
    expect(second.locator(".messagelist .success")).to_be_visible()
    first.get_by_label("署名").fill("编辑部")
    expect(first.locator("#presence")).to_contain_text("保存了新的一版", timeout=SOON)

    first.get_by_role("button", name="保存草稿").first.click()
    conflict = first.locator("#conflict")
    expect(conflict).to_contain_text("示例站长")
    expect(conflict).to_contain_text("编辑补上的一句。")
    expect(first.get_by_role("textbox", name="正文")).to_contain_text("编辑补上的一句。")
    conflict.get_by_role("button", name="这些都采用对方的").click()
    expect(first.get_by_label("标题:", exact=True)).to_have_value("站长改的标题")
    expect(first.get_by_role("textbox", name="正文")).to_contain_text("编辑补上的一句。")
    first.get_by_role("button", name="以我的为准，保存草稿").first.click()
    expect(first.locator(".messagelist .success")).to_be_visible()
    assert first.locator("#writing section").count() == 0

    first.goto(address(3661, "revisions/"))
    first.get_by_role("button", name="比较选中的两版").click()
    expect(first.locator(".passages ins")).to_contain_text("编辑补上的一句。")


def test_a_session_that_ends_while_somebody_types_costs_nothing(guest, cookies):
    editor = guest("editor")
    page = editor.page
    page.goto(address(2))
    page.get_by_label("署名").fill("还登录着")
    kept(page)

    editor.context.clear_cookies()
    page.get_by_label("署名").fill("登录过期以后写的")
    line = kept(page, "登录已过期：重新登录，写的内容都还在。")
    expect(line.get_by_role("link", name="重新登录")).to_have_attribute("target", "_blank")
    assert len(kept_here(page)) == 1

    editor.context.add_cookies([cookies["owner"]])
    kept(page, "现在登录的是示例站长，这一页是示例编辑写的")
    editor.context.clear_cookies()
    editor.context.add_cookies([cookies["editor"]])
    kept(page)
    assert kept_here(page) == []
    page.get_by_role("button", name="保存草稿").first.click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    expect(page.get_by_label("署名")).to_have_value("登录过期以后写的")


def test_what_was_written_without_a_line_is_found_when_the_form_is_opened_again(guest):
    editor = guest("editor")
    page = editor.page
    page.goto(address(9001))
    editor.context.set_offline(True)
    page.get_by_label("署名").fill("断网时写的")
    kept(page, "连不上服务器，写的内容先存在这台电脑上。")
    page.close()
    editor.context.set_offline(False)

    page = editor.context.new_page()
    page.goto(address(9001))
    note = page.locator("#writing").get_by_text("上次没来得及存到服务器上的内容找回来了")
    expect(note).to_be_visible(timeout=SOON)
    assert kept_here(page) == []
    note.get_by_role("link", name="恢复到表单").click()
    expect(page.get_by_label("署名")).to_have_value("断网时写的")
    page.get_by_role("button", name="保存草稿").first.click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    expect(page.get_by_label("署名")).to_have_value("断网时写的")


def test_leaving_a_page_before_it_kept_anything_keeps_it(visit):
    page = visit(f"{LIST}/add/", who="author")
    page.get_by_label("标题:", exact=True).fill("没等三秒就走")
    page.goto("/admin/")
    for _ in range(20):  # what is sent in leaving may come after what is asked next
        page.goto(f"{LIST}/add/")
        if page.locator("#writing", has_text="没等三秒就走").count():
            break
        page.wait_for_timeout(300)
    expect(page.locator("#writing")).to_contain_text("没等三秒就走")
    page.locator("#writing").get_by_role("link", name="恢复到表单").click()
    expect(page.get_by_label("标题:", exact=True)).to_have_value("没等三秒就走")


def test_without_a_script_what_was_kept_is_offered_and_restored(visit):
    page = visit(address(2), who="owner")
    page.get_by_label("署名").fill("有脚本时写的")
    kept(page)
    page.close()

    page = visit(address(2), who="owner", java_script_enabled=False)
    page.get_by_role("link", name="恢复到表单").click()
    assert page.get_by_label("署名").input_value() == "有脚本时写的"
    page.goto(address(2))
    page.get_by_role("button", name="丢弃", exact=True).click()
    assert page.get_by_text("没保存的那一份已经丢弃").is_visible()
    assert page.get_by_role("link", name="恢复到表单").count() == 0


def test_axe_finds_nothing_in_versions_comparisons_and_conflicts(site, browser, cookies):
    guest = Guest(browser, site, cookies["editor"], bypass_csp=True, reduced_motion="reduce")
    page = guest.page
    page.goto(address(3661))
    page.get_by_label("署名").fill("一稿")
    page.get_by_role("button", name="保存草稿").first.click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    for width, scheme, rules in ((1440, "light", None), (390, "dark", axe.LOOKS)):
        guest.look(width, scheme)
        for name in ("revisions/", "compare/", "revisions/1/restore/", "change/"):
            page.goto(address(3661, name))
            if name == "change/":
                into_conflict(page)
            assert axe.violations(page, rules, ignored=STOCK) == [], (name, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
    assert guest.leave() == []


def into_conflict(page):
    """As if somebody had saved since the form was opened."""
    page.get_by_role("textbox", name="正文").wait_for()
    page.get_by_label("署名").fill("二稿")
    page.evaluate("document.querySelector('[name=version]').value = '1'")
    page.get_by_role("button", name="保存草稿").first.click()
    page.locator("#conflict").wait_for()
