"""A park manager adds a number with its source and the exact sentence; readers can check it."""

import addresses
import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

SENTENCE = "截至2025年12月，园区共有从业人员1280人。"


def test_figure_with_new_source_stands_on_the_park_page_with_its_mark(visit):
    page = visit("/admin/parks/figure/add/", who="manager")
    page.locator("#id_park").select_option(label="温州（嘉定）科技创新园")
    page.locator("#id_metric").select_option(label="从业人员")
    page.locator("#id_value").fill("1280")
    page.locator("#id_unit").select_option(label="人")
    page.locator("#id_as_of").fill("2025-12")
    _add_source(page)
    page.locator("#id_sentence").fill(SENTENCE)
    page.get_by_role("button", name="保存", exact=True).first.click()
    expect(page.locator(".messagelist .success")).to_be_visible()

    page.goto(addresses.WENZHOU)
    figure = page.locator(".figure", has_text="从业人员")
    words = " ".join(figure.inner_text().split())
    assert words.startswith("从业人员 1,280 人")
    assert "截至2025年12月" in words
    figure.locator("a.source-mark").click()

    card = page.get_by_role("dialog")
    assert card.locator("blockquote").inner_text() == SENTENCE
    assert "某某晚报《园区人气》，2026年1月5日" in card.locator("p").first.inner_text()


def _add_source(page):
    """By the plus beside the field, in the window it opens."""
    with page.expect_popup() as opened:
        page.locator("#add_id_source").click()
    popup = opened.value
    popup.locator("#id_publisher").fill("某某晚报")
    popup.locator("#id_title").fill("园区人气")
    popup.locator("#id_published").fill("2026-01-05")
    with popup.expect_event("close"):
        popup.get_by_role("button", name="保存", exact=True).first.click()
    expect(page.locator("#select2-id_source-container")).to_contain_text("某某晚报")


def test_impossible_date_is_refused_at_its_field(visit):
    page = visit("/admin/parks/figure/add/", who="manager")
    page.locator("#id_park").select_option(label="温州（嘉定）科技创新园")
    page.locator("#id_metric").select_option(label="从业人员")
    page.locator("#id_value").fill("1")
    page.locator("#id_unit").select_option(label="人")
    page.locator("#id_as_of").fill("2025-13")

    page.get_by_role("button", name="保存", exact=True).first.click()

    expect(page.locator(".field-as_of .errorlist")).to_be_visible()
