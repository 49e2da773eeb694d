"""What is pasted into the text, dropped on it, chosen for it and typed in Chinese."""

import base64
import re
from pathlib import Path

import factories
import pytest
from playwright.sync_api import expect

from articles import markup
from articles.models import Category
from parkcms.library.models import Picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

PASTED = Path(__file__).parent.parent / "articles/pasted"
SOURCES = sorted(path.stem for path in PASTED.glob("*.html") if ".clean" not in path.name)
PASTE = """([html, files]) => {
  const data = new DataTransfer();
  if (html) { data.setData("text/html", html); data.setData("text/plain", "x"); }
  for (const file of files) {
    const bytes = Uint8Array.from(atob(file), (char) => char.charCodeAt(0));
    data.items.add(new File([bytes], "图.jpg", { type: "image/jpeg" }));
  }
  const usual = { bubbles: true, cancelable: true };
  const event = new ClipboardEvent("paste", { clipboardData: data, ...usual });
  document.querySelector(".field-body [contenteditable]").dispatchEvent(event);
}"""
DROP = PASTE.replace(
    'new ClipboardEvent("paste", { clipboardData: data,',
    'new DragEvent("drop", { dataTransfer: data, clientX: 400, clientY: 400,',
)


def paste(page, html="", files=(), how=PASTE):
    page.evaluate(how, [html, [base64.b64encode(one).decode() for one in files]])


def text_of(page):
    return page.get_by_role("textbox", name="正文")


def kept(page):
    """The body as the server would keep it, without what the editor says of every cell and list."""
    body = markup.clean(page.locator("#id_body").input_value())
    return re.sub(r' (?:(?:col|row)span="1"|data-type="decimal"|type="1")', "", body)


def an_empty_form(visit):
    page = visit("/admin/articles/article/add/", who="editor")
    text_of(page).click()
    return page


def clean_of(source):
    return "".join((PASTED / f"{source}.clean.html").read_text("utf-8").split("\n"))


@pytest.mark.parametrize("source", SOURCES)
def test_a_paste_comes_out_as_the_server_would_tidy_it(visit, source):
    page = an_empty_form(visit)
    paste(page, (PASTED / f"{source}.html").read_text("utf-8"))
    assert kept(page) == clean_of(source)


def test_a_paste_of_our_own_text_comes_back_the_same(visit):
    page = an_empty_form(visit)
    paste(page, (PASTED / "word.html").read_text("utf-8"))
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+C")
    page.keyboard.press("Delete")
    assert kept(page) == ""
    page.keyboard.press("Control+V")
    assert kept(page) == clean_of("word")


# --- pictures -----------------------------------------------------------------------------------


def a_photo(*colour):
    return factories.image_bytes(colour=colour)


def figures(page):
    return re.findall(r'<figure><img src="(/media/pictures/[^"]*)" alt="([^"]*)">', kept(page))


def notes(page):
    return page.locator(".editor-notes")


def test_pictures_on_the_clipboard_go_to_the_library_and_want_words(visit):
    page = an_empty_form(visit)
    paste(page, files=[a_photo(1, 2, 3), a_photo(3, 2, 1), a_photo(2, 1, 3)])
    expect(notes(page)).to_contain_text("3 张图已进图库，发布前要写图上有什么：")
    assert len(figures(page)) == 3
    page.keyboard.type("图下面接着写")
    assert kept(page).endswith("</figure><p>图下面接着写</p>")

    with page.context.expect_page() as opened:
        notes(page).get_by_role("link").first.click()
    expect(opened.value.get_by_label("替代文字:", exact=True)).to_be_visible()


def test_a_picture_within_pasted_html_goes_there_too_and_a_foreign_one_is_listed(visit):
    page = an_empty_form(visit)
    data = base64.b64encode(a_photo(7, 7, 9)).decode()
    paste(page, f'<p>甲</p><img src="data:image/jpeg;base64,{data}" alt="开工">'
                '<p>乙</p><img src="https://img.example.com/b.jpg">')  # fmt: skip
    expect(notes(page)).to_contain_text("1 张图已进图库")
    expect(notes(page)).to_contain_text("1 张外部图片没有收进来")
    assert [alt for _src, alt in figures(page)] == ["开工"]
    assert page.request.get(figures(page)[0][0]).ok
    assert kept(page).endswith(
        '<p>乙</p><p><a href="https://img.example.com/b.jpg">'
        "【外部图片未收录：img.example.com】</a></p>"
    )


def test_a_foreign_picture_is_fetched_into_its_place(visit, monkeypatch):
    monkeypatch.setattr("parkcms.outbox.door.get", lambda url, **how: a_photo(9, 1, 9))
    page = an_empty_form(visit)
    paste(page, '<p>甲</p><img src="https://img.example.com/b.jpg"><p>乙</p>')
    page.get_by_role("button", name="取回 img.example.com 的图").click()
    expect(notes(page)).to_contain_text("1 张图已进图库")
    expect(notes(page)).not_to_contain_text("外部图片")
    assert re.sub(r'src="[^"]*"', "src", kept(page)) == (
        '<p>甲</p><figure><img src alt=""></figure><p>乙</p>'
    )


def test_pictures_dropped_on_the_text_land_where_they_were_dropped(visit):
    page = an_empty_form(visit)
    page.keyboard.type("甲")
    box = text_of(page).bounding_box()
    place = f"clientX: {box['x'] + 20}, clientY: {box['y'] + box['height'] - 20},"
    paste(page, files=[a_photo(4, 4, 1)], how=DROP.replace("clientX: 400, clientY: 400,", place))
    expect(notes(page)).to_contain_text("1 张图已进图库")
    assert re.sub(r'src="[^"]*"', "src", kept(page)) == '<p>甲</p><figure><img src alt=""></figure>'


def test_what_is_no_picture_leaves_the_text_and_is_said(visit):
    page = an_empty_form(visit)
    page.keyboard.type("甲")
    refusal = {"error": "图片只有 8×8 像素，至少要 16×16。", "code": "too_small"}
    # With its real status, 422, Chromium would write an error into the console.
    page.route("**/picture/upload/", lambda route: route.fulfill(json=refusal))
    paste(page, files=[factories.image_bytes(8, 8)])
    expect(notes(page)).to_contain_text("图.jpg：图片只有 8×8 像素，至少要 16×16。")
    assert kept(page) == "<p>甲</p>"


def test_a_form_sent_too_early_waits_for_its_pictures(visit):
    page = an_empty_form(visit)
    page.get_by_label("标题:", exact=True).fill("等图的一篇")
    shelf = Category.objects.values_list("pk", flat=True).first()
    page.evaluate("(pk) => id_category.append(new Option('x', pk, true, true))", shelf)
    paste(page, files=[a_photo(5, 6, 7)])
    page.get_by_role("button", name="保存草稿").first.click()
    expect(page.locator(".messagelist .success")).to_contain_text("草稿已保存")
    assert len(figures(page)) == 1


def test_a_picture_of_the_library_is_chosen_by_keyboard_alone(visit):
    shown = Picture.objects.exclude(alt_zh="").filter(is_pending=False).order_by("-pk").first()
    page = an_empty_form(visit)
    page.keyboard.type("甲")
    page.get_by_role("button", name="图片", exact=True).press("Enter")
    dialog = page.get_by_role("dialog", name="插入图片")
    expect(dialog.get_by_label("在图库里找")).to_be_focused()
    page.keyboard.type(shown.alt_zh[:6])
    expect(dialog.get_by_role("option").first).to_contain_text(shown.alt_zh)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("图上有什么（替代文字）")).to_be_focused()
    assert dialog.get_by_label("图上有什么（替代文字）").input_value() == shown.alt_zh
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("开工现场")
    page.keyboard.press("Enter")
    expect(text_of(page).locator("figcaption")).to_have_text("开工现场")
    assert kept(page) == (
        f'<p>甲</p><figure><img src="{shown.url("wide")}" alt="{shown.alt_zh}">'
        "<figcaption>开工现场</figcaption></figure>"
    )


# --- links --------------------------------------------------------------------------------------


def test_a_page_of_the_site_is_linked_by_its_name(visit):
    page = an_empty_form(visit)
    page.keyboard.type("看")
    page.keyboard.press("Control+K")
    dialog = page.get_by_role("dialog", name="加链接")
    page.keyboard.type("氢能港")
    expect(dialog.get_by_role("option").first).to_contain_text("氢能港")
    page.keyboard.press("Enter")
    address = dialog.get_by_label("网址或站内地址").input_value()
    words = dialog.get_by_label("链接文字").input_value()
    page.keyboard.press("Enter")
    expect(text_of(page).get_by_role("link", name=words)).to_be_visible()
    assert address.startswith(("/parks/", "/articles/"))
    assert kept(page) == f'<p>看<a href="{address}">{words}</a></p>'
    assert page.request.get(address).ok


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//evil.example/", "example.com", ""])
def test_what_is_no_address_is_not_taken(visit, address):
    page = an_empty_form(visit)
    page.keyboard.type("甲")
    page.keyboard.press("Control+A")
    page.get_by_role("button", name="链接", exact=True).click()
    dialog = page.get_by_role("dialog", name="加链接")
    dialog.get_by_label("网址或站内地址").fill(address)
    dialog.get_by_role("button", name="加上").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_role("button", name="取消").click()
    assert kept(page) == "<p>甲</p>"


# --- Chinese as it is typed ---------------------------------------------------------------------


def compose(page, *steps, chosen):
    """Types letters as an input method shows them, then takes what was chosen."""
    keys = page.context.new_cdp_session(page)
    for typed in steps:
        keys.send(
            "Input.imeSetComposition",
            {"text": typed, "selectionStart": len(typed), "selectionEnd": len(typed)},
        )
    keys.send("Input.insertText", {"text": chosen})


def test_composing_in_a_list_leaves_no_trace(visit):
    page = an_empty_form(visit)
    page.get_by_role("button", name="项目列表").click()
    compose(page, "q", "qing", "qingneng", chosen="氢能")
    page.keyboard.press("Enter")
    compose(page, "chang", "changfang", chosen="厂房")
    assert kept(page) == "<ul><li><p>氢能</p></li><li><p>厂房</p></li></ul>"


def test_composing_in_a_cell_leaves_no_trace(visit):
    page = an_empty_form(visit)
    paste(page, "<table><tr><td>楼栋</td><td></td></tr></table>")
    text_of(page).locator("td").last.click()
    compose(page, "mian", "mianji", chosen="面积")
    page.keyboard.press("Shift+Tab")
    compose(page, "hao", chosen="号")
    assert text_of(page).locator("td").all_inner_texts()[1] == "面积"
    assert "hao" not in kept(page)
    assert "号" in kept(page)


def test_composing_beside_bold_words_keeps_both(visit):
    page = an_empty_form(visit)
    paste(page, "<p>甲<b>乙</b>丙</p>")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    compose(page, "z", "zhong", chosen="重")
    assert kept(page) == "<p>甲<strong>乙重</strong>丙</p>"
    page.keyboard.press("ArrowRight")
    compose(page, "q", "qing", chosen="轻")
    assert kept(page) == "<p>甲<strong>乙重</strong>丙轻</p>"


def test_an_autosave_meanwhile_takes_nothing_from_what_is_composed(visit):
    page = an_empty_form(visit)
    page.keyboard.type("甲")
    keys = page.context.new_cdp_session(page)
    keys.send("Input.imeSetComposition", {"text": "jia", "selectionStart": 3, "selectionEnd": 3})
    with page.expect_response(lambda answer: "autosave" in answer.url, timeout=20_000):
        page.evaluate("id_title.dispatchEvent(new Event('input', { bubbles: true }))")
    keys.send("Input.insertText", {"text": "嘉定"})
    assert kept(page) == "<p>甲嘉定</p>"


def test_full_width_marks_stay_as_they_were_typed(visit):
    page = an_empty_form(visit)
    compose(page, "，", chosen="，")
    page.keyboard.insert_text("“园区”：１２００㎡（约）——……")
    assert kept(page) == "<p>，“园区”：１２００㎡（约）——……</p>"


# --- into WeChat --------------------------------------------------------------------------------


def test_the_text_is_copied_with_its_styles_for_wechat(visit):
    page = visit("/admin/articles/article/3661/wechat/", who="editor")
    page.evaluate(
        "addEventListener('copy', (event) => { window.copied = Object.fromEntries("
        "event.clipboardData.types.map((type) => [type, event.clipboardData.getData(type)])); })"
    )
    page.get_by_role("button", name="复制正文").click()
    expect(page.get_by_role("status")).to_contain_text("已复制")
    copied = page.evaluate("window.copied")
    assert copied["text/html"] == page.locator("#wechat-text").input_value()
    assert copied["text/html"].startswith('<section style="font-size:16px;')
    assert copied["text/plain"].startswith("今天下午，温州与嘉定合作的")
    page.get_by_role("button", name="复制标题").click()
    assert page.evaluate("window.copied") == {
        "text/plain": "温州（嘉定）科创园二期今在嘉定新城开工"
    }

    frame = page.frame_locator(".wechat-view").locator("section").first
    expect(frame).to_contain_text("今天下午")
    assert frame.evaluate("one => getComputedStyle(one).lineHeight") == "28.8px"
