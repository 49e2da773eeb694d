"""A text goes from its author to the editor, with remarks at its passages, and to outsiders."""

import re

import axe
import pytest
from guests import Guest
from playwright.sync_api import expect

from articles.models import Article

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

MARK = """([number, words]) => {
  const line = document.querySelectorAll('.field-body [contenteditable] p')[number].firstChild;
  const at = line.data.indexOf(words);
  getSelection().setBaseAndExtent(line, at, line, at + words.length);
}"""
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def _text(page):
    return page.get_by_role("textbox", name="正文")


def _mark(page, line, words):
    """The editor may put its own selection back shortly after it got the focus."""
    for _ in range(30):
        page.evaluate(MARK, [line, words])
        page.wait_for_timeout(100)
        if page.locator(".comment-here").is_visible():
            return


def _write(page, *lines):
    _text(page).click()
    for number, line in enumerate(lines):
        if number:
            page.keyboard.press("Enter")
        page.keyboard.type(line)


def _new(page, title, *lines):
    """A new article of this title in the form, not saved yet."""
    page.get_by_label("标题:", exact=True).fill(title)
    page.locator("[aria-labelledby='select2-id_category-container']").click()
    page.locator(".select2-search__field").fill("上海厂房")
    page.get_by_role("option", name="上海厂房招商").click()
    _write(page, *lines)


def test_author_submits_editor_comments_and_returns_author_answers_and_submits_again(visit):
    author = visit("/admin/articles/article/add/", who="author")
    _new(author, "送审的一篇", "第一段说入驻企业29家。", "第二段也说入驻企业29家。")
    author.get_by_label("送审附言").first.fill("请看第二段")
    author.get_by_role("button", name="保存并送审").first.click()
    expect(author.locator(".messagelist")).to_contain_text("已送审")
    address = re.sub(r"^https?://[^/]+", "", author.url)

    editor = visit(address, who="editor")
    expect(editor.locator(".review-note")).to_contain_text("请看第二段")
    _text(editor).click()
    _mark(editor, 1, "入驻企业29家")
    editor.locator(".comment-here").click()
    expect(editor.get_by_label("原话")).to_have_value("入驻企业29家")
    expect(editor.locator("#comment_occurrence")).to_have_value("2")
    editor.keyboard.type("请附来源。")
    editor.get_by_role("button", name="批注", exact=True).click()
    expect(editor.locator(".thread")).to_contain_text("请附来源。")

    editor.get_by_label("原话").fill("没有写过的话")
    editor.get_by_label("意见").fill("还有一句")
    editor.get_by_role("button", name="批注", exact=True).click()
    expect(editor.locator(".comments-said")).to_contain_text("找不到这句原话")
    expect(editor.get_by_label("意见")).to_have_value("还有一句")

    editor.get_by_label("要改什么").fill("第二段请附来源")
    editor.get_by_role("button", name="退回修改").click()
    expect(editor.locator(".messagelist")).to_contain_text("已退回")

    author.goto(address)
    expect(author.locator(".review-note")).to_contain_text("第二段请附来源")
    author.locator(".thread .quote a").click()
    expect(author.locator(".comment-here")).to_be_visible()
    assert author.evaluate("getSelection().toString()") == "入驻企业29家"
    author.locator(".thread summary").click()
    author.locator(".thread textarea").fill("附在文末了。")
    author.locator(".thread form").filter(has=author.locator("textarea")).get_by_role(
        "button"
    ).click()
    expect(author.locator(".thread .reply")).to_contain_text("附在文末了。")
    author.get_by_role("button", name=re.compile("^解决批注")).click()
    expect(author.locator(".threads-settled summary")).to_have_text("已解决 1 条")
    author.get_by_role("button", name="改好了，再送审").first.click()
    expect(author.locator(".messagelist")).to_contain_text("已送审")


def test_what_is_typed_in_the_article_stays_while_a_remark_is_sent(visit):
    page = visit("/admin/articles/article/2/change/", who="editor")
    page.get_by_label("标题:", exact=True).fill("还没有保存的标题")
    page.get_by_label("意见").fill("全文都好。")
    page.get_by_role("button", name="批注", exact=True).click()
    expect(page.locator(".thread").first).to_contain_text("全文都好。")
    expect(page.get_by_label("标题:", exact=True)).to_have_value("还没有保存的标题")


def test_the_real_page_stands_beside_the_form_at_two_widths_and_is_remembered(visit):
    page = visit("/admin/articles/article/3661/change/", who="editor")
    title = Article.objects.get(pk=3661).title
    page.get_by_role("button", name="边写边看").click()
    shown = page.frame_locator(".preview-pane iframe")
    expect(shown.get_by_role("heading", level=1)).to_have_text(title)
    expect(shown.locator(".preview-banner")).to_be_visible()
    frame = page.locator(".preview-pane iframe")
    expect(frame).to_have_js_property("offsetWidth", 390)
    page.get_by_role("button", name="电脑").click()
    expect(frame).to_have_js_property("offsetWidth", 1200)
    box, outer = frame.bounding_box(), page.locator(".preview-box").bounding_box()
    assert box["width"] <= outer["width"] + 1

    page.reload()
    expect(shown.get_by_role("heading", level=1)).to_have_text(title)
    expect(frame).to_have_js_property("offsetWidth", 1200)
    page.get_by_role("button", name="关上").click()
    page.reload()
    expect(page.locator(".preview-box")).to_be_hidden()


def test_what_is_typed_appears_in_the_preview_after_it_was_kept(visit):
    page = visit("/admin/articles/article/3/change/", who="editor")
    page.get_by_role("button", name="边写边看").click()
    shown = page.frame_locator(".preview-pane iframe")
    expect(shown.get_by_role("heading", level=1)).not_to_be_empty()
    page.get_by_label("标题:", exact=True).fill("正在改的标题")
    expect(shown.get_by_role("heading", level=1)).to_have_text("正在改的标题", timeout=20_000)
    expect(shown.locator(".preview-banner")).to_contain_text("还没有保存")


def test_on_a_phone_the_preview_is_a_link_and_the_comments_stand_below_the_form(visit):
    page = visit("/admin/articles/article/3661/change/", who="editor", **PHONE)
    expect(page.locator(".preview-pane")).to_be_hidden()
    form, beside = (
        page.locator("#article_form").bounding_box(),
        page.locator(".beside").bounding_box(),
    )
    assert beside["y"] >= form["y"] + form["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    with page.expect_popup() as opened:
        page.get_by_role("link", name="预览", exact=True).click()
    expect(opened.value.locator(".preview-banner")).to_be_visible()


def test_somebody_outside_reads_it_by_its_address_until_that_is_revoked(visit):
    page = visit("/admin/articles/article/2/preview-links/", who="editor")
    page.get_by_label("给谁看").fill("某园区陈经理")
    page.get_by_role("button", name="做一个预览链接").click()
    address = page.locator(".links input[readonly]").input_value()

    reader = visit("/")
    answer = reader.goto(address)
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store, private")
    expect(reader.locator(".preview-banner")).to_contain_text("预览")
    assert reader.context.cookies() == []
    assert axe.violations(reader) == []

    page.get_by_role("button", name="收回").click()
    expect(page.locator(".links")).to_contain_text("已收回")
    assert reader.goto(address).status == 410
    expect(reader.get_by_role("heading", level=1)).to_have_text("这个预览已经收回")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("part", ["change", "preview-links", "history"])
def test_nothing_axe_objects_to(browser, site, cookies, part, width, scheme):
    # axe measures with styles of its own, which the desk's policy would refuse.
    guest = Guest(browser, site, cookies["editor"], bypass_csp=True, reduced_motion="reduce")
    guest.look(width, scheme)
    page = guest.page
    page.goto(f"/admin/articles/article/3661/{part}/")
    if part == "change":
        page.get_by_label("意见").fill("看这里。")
        page.get_by_role("button", name="批注", exact=True).click()
        expect(page.locator(".thread").first).to_be_visible()
    assert axe.violations(page, within=".beside" if part == "change" else "#content") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert guest.leave() == []
