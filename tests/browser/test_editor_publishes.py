"""An editor's morning: log in, add a picture, write an article, publish it, look at the page."""

import addresses
import factories
import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture
def password(site, tmp_path_factory):
    """The demo editor's password, as the file in the data folder tells it."""
    lines = next(tmp_path_factory.getbasetemp().glob("site*/passwords.txt")).read_text("utf-8")
    return next(line.split("\t")[2] for line in lines.splitlines() if "\teditor\t" in line)


def test_article_goes_from_an_empty_form_to_the_public_page(visit, password):
    page = visit("/admin/")
    page.get_by_label("用户名").fill("editor")
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="今天要办")).to_be_visible()

    _upload(page, alt="新厂房的南立面")
    page.goto("/admin/articles/article/add/")
    page.get_by_label("标题:", exact=True).fill("浏览器里写的一篇")
    _choose(page, "category", "上海厂房", "上海厂房招商")
    _choose(page, "cover", "南立面", "新厂房的南立面")
    _write(page)
    page.locator("#id_rights").select_option(label="原创")
    page.get_by_role("button", name="保存并发布").first.click()

    page.get_by_role("link", name="打开页面").first.click()
    page.wait_for_url("**/articles/*/")
    _looks_as_written(page)
    page.goto("/articles/")
    assert page.get_by_role("link", name="浏览器里写的一篇").count() == 1


def _upload(page, alt):
    page.goto("/admin/library/picture/add/")
    picture = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": factories.image_bytes()}
    page.get_by_label("图片文件").set_input_files(picture)
    page.get_by_label("替代文字:", exact=True).fill(alt)
    page.get_by_role("button", name="保存", exact=True).first.click()
    expect(page.locator(".messagelist .success")).to_be_visible()


def _choose(page, field, typed, wanted):
    page.locator(f"[aria-labelledby='select2-id_{field}-container']").click()
    page.locator(".select2-search__field").fill(typed)
    page.get_by_role("option", name=wanted).click()


def _write(page):
    page.get_by_role("textbox", name="正文").click()
    page.locator(".prose-menubar__selected").click()
    page.get_by_role("button", name="二级标题").click()
    page.keyboard.type("一个小标题")
    page.keyboard.press("Enter")
    page.keyboard.type("第一段，")
    page.get_by_role("button", name="加粗").click()
    page.keyboard.type("要紧的话")
    page.get_by_role("button", name="加粗").click()
    page.keyboard.type("。")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="项目列表").click()
    page.keyboard.type("第一条")
    page.keyboard.press("Enter")
    page.keyboard.type("第二条")


def _looks_as_written(page):
    assert page.get_by_role("heading", level=1).inner_text() == "浏览器里写的一篇"
    body = page.locator(".prose.body")
    assert body.locator("h2").inner_text() == "一个小标题"
    assert body.locator("p").first.inner_text() == "第一段，要紧的话。"
    assert body.locator("strong").inner_text() == "要紧的话"
    assert body.locator("li").all_inner_texts() == ["第一条", "第二条"]
    cover = page.locator(".lead img")
    assert cover.get_attribute("alt") == "新厂房的南立面"
    assert cover.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_pinyin_being_typed_leaves_no_trace(visit):
    """An input method composes in latin letters first; only what was chosen may stay."""
    page = visit("/admin/articles/article/add/", who="editor")
    text = page.get_by_role("textbox", name="正文")
    text.click()
    keys = page.context.new_cdp_session(page)

    for typed in ("j", "jia", "jiad", "jiading"):
        keys.send(
            "Input.imeSetComposition",
            {"text": typed, "selectionStart": len(typed), "selectionEnd": len(typed)},
        )
    keys.send("Input.insertText", {"text": "嘉定"})
    keys.send("Input.imeSetComposition", {"text": "chan", "selectionStart": 4, "selectionEnd": 4})
    keys.send("Input.insertText", {"text": "产业园"})
    page.keyboard.press("Enter")
    keys.send("Input.insertText", {"text": "第二段"})

    assert text.locator("p").all_inner_texts() == ["嘉定产业园", "第二段"]
    assert page.locator("#id_body").input_value() == "<p>嘉定产业园</p><p>第二段</p>"


def test_what_is_missing_is_said_at_its_field_and_the_text_is_kept(visit):
    page = visit("/admin/articles/article/add/", who="editor")
    page.get_by_label("标题:", exact=True).fill("没写权利的一篇")
    _choose(page, "category", "上海厂房", "上海厂房招商")
    page.get_by_role("textbox", name="正文").click()
    page.keyboard.type("写了很久的正文。")

    page.get_by_role("button", name="保存并发布").first.click()

    expect(page.locator(".field-rights .errorlist")).to_contain_text("发布前要写明权利")
    expect(page.get_by_role("textbox", name="正文")).to_have_text("写了很久的正文。")


def test_taking_down_asks_why_and_the_page_is_gone(visit):
    page = visit("/admin/articles/article/2/change/", who="editor")

    page.get_by_label("下线原因").fill("来源要求删除")
    page.get_by_role("button", name="下线", exact=True).click()

    expect(page.locator(".messagelist .success")).to_contain_text("已下线")
    assert page.goto("/articles/2/").status == 410
    page.goto("/admin/articles/article/2/history/")
    assert page.get_by_text("来源要求删除").is_visible()


def test_reference_article_opens_in_the_editor_and_comes_back_the_same(visit):
    page = visit(addresses.REFERENCE)
    before = page.locator(".prose.body").inner_html()
    page.close()

    page = visit("/admin/articles/article/3661/change/", who="editor")
    expect(page.get_by_role("textbox", name="正文")).to_contain_text("今天下午")
    page.get_by_role("button", name="发布改动", exact=True).first.click()
    expect(page.locator(".messagelist .success")).to_be_visible()

    page.goto(addresses.REFERENCE)
    assert page.locator(".prose.body").inner_html() == before
