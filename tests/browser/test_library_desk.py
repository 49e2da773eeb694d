"""The library at the desk in a real browser: many files at once, a paste, a click for the focus."""

import axe
import factories
import pytest
from guests import Guest
from test_desk_pages import STOCK

from parkcms.library.models import Document, Picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
PASTE = """(bytes) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "image.jpg", { type: "image/jpeg" }));
  document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
}"""
DROP = """(bytes) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "拖来的.jpg", { type: "image/jpeg" }));
  for (const name of ["dragover", "drop"]) {
    document.querySelector(".upload-drop").dispatchEvent(
      new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true }));
  }
}"""


def an_image(number):
    """Each number has bytes of its own."""
    return factories.image_bytes(1000, 600 + number)


def a_file(name, data):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def results(page, count):
    page.locator(f".upload-results li[data-state] >> nth={count - 1}").wait_for()
    return page.locator(".upload-results li").all_inner_texts()


def test_editor_chooses_drops_and_pastes_pictures_and_describes_one(visit):
    page = visit("/admin/library/picture/", who="editor")
    files = [a_file(f"厂房{n}.jpg", an_image(n)) for n in (11, 12)]
    page.set_input_files("#upload-files", [*files, files[0]])
    told = results(page, 3)
    assert [line.splitlines()[:2] for line in told[:2]] == [
        ["厂房11.jpg", "已上传。"],
        ["厂房12.jpg", "已上传。"],
    ]
    assert "早已上传过，就是“厂房11.jpg”" in told[2]
    page.evaluate(DROP, list(an_image(13)))
    page.evaluate(PASTE, list(an_image(14)))
    assert [line.splitlines()[0] for line in results(page, 5)[3:]] == ["拖来的.jpg", "image.jpg"]
    page.get_by_role("link", name="补上说明：厂房12.jpg").click()
    page.get_by_label("替代文字:", exact=True).fill("二期厂房外景")
    page.locator("[name=_save]").first.click()
    page.get_by_role("link", name="二期厂房外景").first.wait_for()
    assert Picture.objects.pending().filter(name__in=["厂房11.jpg", "拖来的.jpg"]).count() == 2
    assert not Picture.objects.get(name="厂房12.jpg").is_pending


def test_without_scripts_the_same_form_sends_them(visit):
    page = visit("/admin/library/picture/", who="editor", java_script_enabled=False)
    files = [a_file(f"无脚本{n}.jpg", an_image(n)) for n in (21, 22)]
    page.set_input_files("#upload-files", files)
    page.get_by_role("button", name="上传", exact=True).click()
    assert page.locator(".messagelist li").all_inner_texts() == [
        "无脚本21.jpg：已上传。",
        "无脚本22.jpg：已上传。",
    ]


def test_a_click_on_the_preview_sets_the_focus_and_moves_the_crop(visit):
    page = visit("/admin/library/picture/", who="editor")
    page.set_input_files("#upload-files", [a_file("焦点.jpg", an_image(31))])
    results(page, 1)
    page.get_by_role("link", name="补上说明：焦点.jpg").click()
    image = page.locator("[data-focal] img")
    image.wait_for()
    box = image.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.2)
    assert [page.input_value(f"#id_focal_{axis}") for axis in "xy"] == ["90", "20"]
    crop = page.locator("[data-crops] img").first
    assert crop.evaluate("crop => getComputedStyle(crop).objectPosition") == "90% 20%"
    page.get_by_label("焦点：从左（%）:").fill("10")
    assert crop.evaluate("crop => getComputedStyle(crop).objectPosition") == "10% 20%"
    page.get_by_label("替代文字:", exact=True).fill("测试图")
    page.locator("[name=_save]").first.click()
    page.locator(".messagelist .success").wait_for()
    assert Picture.objects.get(name="焦点.jpg").focus_class == "fx-10 fy-20"


def test_a_document_is_uploaded_and_taken_home_by_its_title(visit):
    page = visit("/admin/library/document/", who="editor")
    page.set_input_files("#upload-files", [a_file("园区手册 2026.pdf", factories.pdf_bytes())])
    assert "已上传。" in results(page, 1)[0]
    url = Document.objects.get(name="园区手册 2026.pdf").url
    with page.expect_download() as download:
        page.evaluate("url => { location.href = url; }", url)
    assert download.value.suggested_filename == "园区手册 2026.pdf"


@pytest.mark.parametrize("where", ["list", "form", "replace", "documents"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(browser, site, cookies, where):
    picture = Picture.objects.order_by("-pk").first()
    path = {
        "list": "/admin/library/picture/",
        "form": f"/admin/library/picture/{picture.pk}/change/",
        "replace": f"/admin/library/picture/{picture.pk}/replace/",
        "documents": "/admin/library/document/",
    }[where]
    guest = Guest(browser, site, cookies["editor"], bypass_csp=True, reduced_motion="reduce")
    guest.page.goto(path)
    assert axe.violations(guest.page, ignored=STOCK) == []
    for width, scheme in ((390, "dark"), (1440, "light")):
        guest.look(width, scheme)
        guest.page.reload()
        assert axe.violations(guest.page, axe.LOOKS) == []
        assert guest.page.evaluate("document.documentElement.scrollWidth") <= width
    assert guest.leave() == []
