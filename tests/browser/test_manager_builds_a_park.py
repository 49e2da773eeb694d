"""A manager fills a park's page from three documents, in one form; readers can check it."""

import addresses
import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

PARK = "温州（嘉定）科技创新园"
STATEMENTS = (
    # metric, typed as people write it, state, as of, document
    ("从业人员", "1280人", "实际", "2025-12", "园区人气"),
    ("从业人员", "约1500人", "实际", "2026-03", "园区见闻"),
    ("从业人员", "3000人", "计划", "2027", "园区规划"),
)
PUBLISHED = {"园区人气": "2026-01-05", "园区见闻": "2026-04-01", "园区规划": "2026-02-01"}


@pytest.fixture
def form(visit):
    page = visit("/admin/parks/park/", who="manager")
    page.get_by_role("link", name=PARK, exact=True).click()
    return page


def _source(page, row, title):
    """A new document by the plus in the row, in the window it opens."""
    with page.expect_popup() as opened:
        row.locator(".field-source .add-related").click()
    popup = opened.value
    popup.locator("#id_publisher").fill("某某晚报")
    popup.locator("#id_title").fill(title)
    popup.locator("#id_published").fill(PUBLISHED[title])
    with popup.expect_event("close"):
        popup.get_by_role("button", name="保存", exact=True).first.click()
    expect(row.locator(".field-source .select2-selection__rendered")).to_contain_text(title)


def _state(page, metric, typed, state, as_of, title):
    row = page.locator("#figures-group tr.form-row:not(.empty-form)").last
    row.locator("[name$=-metric]").select_option(label=metric)
    row.locator("[name$=-state]").select_option(label=state)
    row.locator("[name$=-value]").fill(typed)
    row.locator("[name$=-as_of]").fill(as_of)
    _source(page, row, title)
    row.locator("[name$=-sentence]").fill(f"{title}：园区从业人员{typed}。")


def test_statements_of_three_documents_stand_on_the_park_page(form):
    for number, statement in enumerate(STATEMENTS):
        if number:
            form.locator("#figures-group .add-row a").click()
        _state(form, *statement)
    form.get_by_role("button", name="保存", exact=True).first.click()
    expect(form.locator(".messagelist .success")).to_be_visible()

    form.goto(addresses.WENZHOU)
    words = " ".join(form.locator("main").inner_text().split())
    assert "约 1,500 人" in words  # the newest actual value, as it was said
    assert "3,000 人" in words  # what is planned stands beside it
    assert "来源说法不一" in words  # 1,280 and 1,500 within a year
    assert "某某晚报《园区见闻》" in words


def test_what_can_not_be_read_is_said_in_its_row_and_nothing_typed_is_lost(form):
    row = form.locator("#figures-group tr.form-row:not(.empty-form)").last
    row.locator("[name$=-metric]").select_option(label="从业人员")
    row.locator("[name$=-value]").fill("很多人")
    form.locator("#id_intro_zh").fill("写了一半的简介")
    form.get_by_role("button", name="保存", exact=True).first.click()

    wrong = form.locator("#figures-group tr.form-row .field-value .errorlist")
    expect(wrong).to_contain_text("看不懂")
    expect(form.locator("#id_intro_zh")).to_have_value("写了一半的简介")
    expect(form.locator(".park-nav a.wrong")).to_have_text("指标（有错）")


def test_the_sections_are_reached_by_keyboard(form):
    link = form.locator(".park-nav").get_by_role("link", name="指标", exact=True)
    link.focus()
    form.keyboard.press("Enter")
    expect(form.locator("#figures")).to_be_in_viewport()
    assert form.url.endswith("#figures")
