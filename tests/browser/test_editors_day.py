"""An editor's day, in one go: text from Word, three pictures, a look from outside, a time set, a
colleague in between, an older version back, the article taken down and put back."""

import re
from datetime import timedelta
from pathlib import Path

import factories
import pytest
from django.utils import timezone
from playwright.sync_api import expect
from test_pasting_text import paste

from articles.models import Article

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
WORD = Path(__file__).parent.parent / "articles/pasted/word.html"
TITLE = "编辑的一天"
COLOURS = [(20, 90, 80), (90, 20, 80), (80, 90, 20)]


def text_of(page):
    return page.get_by_role("textbox", name="正文")


def press(page, button):
    page.get_by_role("button", name=button, exact=True).first.click()
    expect(page.locator(".messagelist .success")).to_be_visible()


def write_from_word(page):
    page.get_by_label("标题:", exact=True).fill(TITLE)
    page.locator("[aria-labelledby='select2-id_category-container']").click()
    page.locator(".select2-search__field").fill("上海厂房")
    page.get_by_role("option", name="上海厂房招商").click()
    page.locator("#id_rights").select_option(label="原创")
    text_of(page).click()
    # Its one picture lies on the disk of whoever wrote it, and would have to be asked for.
    paste(page, re.sub(r"<img[^>]*>", "", WORD.read_text("utf-8")))
    expect(text_of(page).locator("strong").first).to_be_visible()


def add_three_pictures(page):
    page.keyboard.press("Control+End")
    files = [factories.image_bytes(640, 400, colour=colour) for colour in COLOURS]
    paste(page, files=files)
    expect(text_of(page).locator("img")).to_have_count(3, timeout=20_000)


def describe_pictures(visit):
    """In the library: what each of them shows."""
    page = visit("/admin/library/picture/?is_pending__exact=1", who="editor")
    for number in range(3):
        page.goto("/admin/library/picture/?is_pending__exact=1")
        page.locator("#changelist-form a[href*='/change/']").first.click()
        page.get_by_label("替代文字:", exact=True).fill(f"园区照片 {number + 1}")
        page.get_by_role("button", name="保存", exact=True).first.click()
        expect(page.locator(".messagelist .success")).to_be_visible()


def article_number(page):
    return int(page.url.rstrip("/").split("/")[-2])


def test_the_day_of_an_editor(visit):
    page = visit("/admin/articles/article/add/", who="editor")
    write_from_word(page)
    add_three_pictures(page)
    press(page, "保存草稿")
    number = article_number(page)
    assert Article.objects.get(pk=number).publish_at is None

    # Without words for the pictures it is not published.
    page.get_by_role("button", name="保存并发布", exact=True).first.click()
    expect(page.locator(".errorlist").first).to_contain_text("还没有写图上有什么")
    describe_pictures(visit)

    outside = seen_from_outside(page, visit, number)
    scheduled(page, number)
    assert visit(f"/articles/{number}/").get_by_text("没有这个页面").is_visible()
    assert TITLE in outside.get_by_role("heading", level=1).inner_text()


def seen_from_outside(page, visit, number):
    page.goto(f"/admin/articles/article/{number}/preview-links/")
    page.get_by_label("给谁看").fill("某园区陈经理")
    page.get_by_role("button", name="做一个预览链接").click()
    link = page.get_by_label("预览地址").first.input_value()
    outside = visit(link.partition("/preview/")[1] + link.partition("/preview/")[2])
    expect(outside.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(outside.locator(".prose.body picture img")).to_have_count(3)
    return outside


def scheduled(page, number):
    tomorrow = timezone.localtime() + timedelta(days=1)
    page.goto(f"/admin/articles/article/{number}/change/")
    page.locator("#id_publish_at_0").fill(f"{tomorrow:%Y-%m-%d}")
    page.locator("#id_publish_at_1").fill("09:30")
    press(page, "保存并发布")
    expect(page.locator(".publication .state").first).to_have_text("定时")
    at = timezone.localtime(Article.objects.get(pk=number).publish_at)
    assert f"{at:%Y-%m-%d %H:%M:%S}" == f"{tomorrow:%Y-%m-%d} 09:30:00"


def test_two_in_conflict_an_old_version_back_and_the_page_down_and_up_again(visit):
    address = "/admin/articles/article/3661/change/"
    public = visit("/articles/3661/")
    before = public.locator(".prose.body").inner_html()
    title = public.get_by_role("heading", level=1).inner_text()
    editor, owner = visit(address, who="editor"), visit(address, who="owner")

    owner.get_by_label("标题:", exact=True).fill("站长的题目")
    press(owner, "保存草稿")
    editor.get_by_label("标题:", exact=True).fill("编辑的题目")
    editor.get_by_role("button", name="保存草稿").first.click()
    expect(editor.locator("#conflict")).to_contain_text("示例站长")
    expect(editor.get_by_label("标题:", exact=True)).to_have_value("编辑的题目")
    press(editor, "以我的为准，保存草稿")
    public.reload()
    assert public.get_by_role("heading", level=1).inner_text() == title

    press(editor, "发布改动")
    public.reload()
    assert public.get_by_role("heading", level=1).inner_text() == "编辑的题目"

    editor.goto("/admin/articles/article/3661/revisions/")
    editor.goto("/admin/articles/article/3661/revisions/1/restore/")
    expect(editor.locator("#content-main")).to_contain_text("编辑的题目")
    editor.get_by_role("button", name="恢复成草稿").click()
    expect(editor.locator(".messagelist .success")).to_be_visible()
    public.reload()
    assert public.get_by_role("heading", level=1).inner_text() == "编辑的题目"
    editor.goto(address)
    expect(editor.get_by_label("标题:", exact=True)).to_have_value(title)
    press(editor, "发布改动")
    public.reload()
    assert public.get_by_role("heading", level=1).inner_text() == title
    assert public.locator(".prose.body").inner_html() == before

    editor.get_by_label("下线原因").fill("来源要求删除")
    press(editor, "下线")
    assert public.goto("/articles/3661/").status == 410
    press(editor, "恢复上线（内容和下线前一样）")
    assert public.goto("/articles/3661/").status == 200
    assert public.locator(".prose.body").inner_html() == before
