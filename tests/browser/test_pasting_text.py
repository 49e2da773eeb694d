"""What is pasted into the text, dropped on it, chosen for it and typed in Chinese."""

import base64
import re
from pathlib import Path

import factories
import pytest
from playwright.sync_api import expect

from articles import markup
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
  const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  document.querySelector("#id_body").closest(".prose-editor").querySelector("[contenteditable]").dispatchEvent(event);
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
