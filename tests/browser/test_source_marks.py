"""A figure's mark opens its source beside it; a mark in an article leads to the park's figure."""

import addresses
import pytest
from guests import PHONE
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

PARKS = (
    addresses.WENZHOU,
    "/parks/hydrogen-port/",
    "/parks/lingang-u-valley/",
    "/parks/everything/",
    f"/en{addresses.WENZHOU}",
)


@pytest.mark.parametrize("path", PARKS)
def test_every_mark_opens_its_own_note(visit, path):
    page = visit(path)
    for folded in page.locator(".figure-history summary").all():
        folded.click()
    marks = page.locator("main a.source-mark").all()
    assert marks

    for mark in marks:
        note = page.locator(mark.get_attribute("href"))
        mark.click()
        card = page.get_by_role("dialog")
        said = [_words(part) for part in note.locator("p, blockquote").all()]
        assert [_words(part) for part in card.locator("p, blockquote").all()] == said
        page.keyboard.press("Escape")
        expect(card).to_have_count(0)


def test_card_shows_the_exact_sentence_with_publisher_and_date(visit):
    page = visit(addresses.WENZHOU)

    page.locator(".figure:has(dt:text-is('入驻率'))").locator(".figure-value").get_by_role(
        "link", name="来源 2"
    ).click()

    card = page.get_by_role("dialog", name="来源 2")
    assert _words(card.locator("blockquote")) == (
        "目前入驻企业29家，入驻率达到79.5%，建立企业研发中心23个。"
    )
    first = _words(card.locator("p").first)
    assert first.startswith(
        "上海市嘉定区融媒体中心《温州（嘉定）科创园二期今在嘉定新城开工》，2021年上半年"
    )
    assert card.get_by_role("link", name="打开来源").get_attribute("href") == (
        "http://www.280380.com/index.php/post/3661.html"
    )


def test_source_without_its_sentence_says_so(visit):
    page = visit(addresses.WENZHOU)

    figure = page.locator(".figure", has_text="入驻企业").first
    figure.locator(".figure-value").get_by_role("link", name="来源 1").click()

    assert page.get_by_role("dialog").get_by_text("原句未收录").is_visible()


def test_keyboard_alone_opens_reads_and_closes(visit):
    page = visit(addresses.WENZHOU)
    mark = (
        page.locator(".figure:has(dt:text-is('入驻率'))")
        .locator(".figure-value")
        .get_by_role("link", name="来源 2")
    )
    _tab_to(page, mark)

    page.keyboard.press("Enter")
    card = page.get_by_role("dialog")
    expect(card).to_be_focused()
    expect(mark).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    expect(card.get_by_role("link", name="打开来源")).to_be_focused()
    page.keyboard.press("Escape")

    expect(card).to_have_count(0)
    expect(mark).to_be_focused()
    expect(mark).to_have_attribute("aria-expanded", "false")


def test_tab_past_the_card_goes_on_from_the_mark(visit):
    page = visit(addresses.WENZHOU)
    mark = (
        page.locator(".figure:has(dt:text-is('入驻率'))")
        .locator(".figure-value")
        .get_by_role("link", name="来源 2")
    )
    mark.focus()
    page.keyboard.press("Tab")
    following = page.evaluate("document.activeElement.outerHTML")
    mark.focus()

    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="关闭").focus()
    page.keyboard.press("Tab")

    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("document.activeElement.outerHTML") == following


def test_card_stays_inside_a_phone(visit):
    page = visit(addresses.WENZHOU, **PHONE)

    for mark in page.locator(".figure a.source-mark:visible").all():
        mark.scroll_into_view_if_needed()
        mark.tap()
        box = page.get_by_role("dialog").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert 0 <= box["y"] <= 844 - box["height"]
        page.get_by_role("button", name="关闭").tap()


def test_card_opens_above_a_mark_at_the_lower_edge_and_the_page_stays_where_it_was(visit):
    page = visit(addresses.WENZHOU, viewport={"width": 1440, "height": 500})
    mark = (
        page.locator(".figure:has(dt:text-is('入驻率'))")
        .locator(".figure-value")
        .get_by_role("link", name="来源 2")
    )
    mark.evaluate("mark => mark.scrollIntoView({ block: 'end' })")
    before = page.evaluate("scrollY")

    mark.click()

    card, place = page.get_by_role("dialog").bounding_box(), mark.bounding_box()
    assert card["y"] + card["height"] <= place["y"]
    assert page.evaluate("scrollY") == before > 0


def test_only_one_card_is_open_and_a_click_beside_it_closes_it(visit):
    page = visit(addresses.WENZHOU)

    page.locator(".figure:has(dt:text-is('入驻率'))").locator(".figure-value").get_by_role(
        "link", name="来源 2"
    ).click()
    page.locator(".figure:has(dt:text-is('企业研发中心'))").get_by_role(
        "link", name="来源 2"
    ).click()
    assert page.get_by_role("dialog").count() == 1
    page.get_by_role("heading", level=1).click()

    expect(page.get_by_role("dialog")).to_have_count(0)


def test_marked_sentence_leads_to_the_figure_and_the_note_leads_back(visit):
    page = visit(addresses.REFERENCE)

    page.get_by_role("link", name="入驻率达到79.5%").click()
    page.wait_for_url(f"**{addresses.WENZHOU}#figure-*")
    figure = page.locator(".figure:target")
    assert "79.5" in figure.inner_text()
    figure.get_by_role("link", name="来源 2").click()
    page.get_by_role("dialog").get_by_role("link", name="在本站文章里看原句").click()

    page.wait_for_url(f"**{addresses.REFERENCE}#*")
    assert page.locator(".cite:target").count() == 1


def test_sentence_of_an_older_statement_opens_the_fold_it_stands_in(visit):
    page = visit(addresses.REFERENCE)

    page.get_by_role("link", name="入驻企业29家").click()

    page.wait_for_url(f"**{addresses.WENZHOU}#figure-*")
    expect(page.locator(".figure-history tr:target")).to_be_visible()
    assert "29" in page.locator(".figure-history tr:target").inner_text()


def test_number_beside_the_article_leads_to_its_sentence(visit):
    page = visit(addresses.REFERENCE)

    page.locator(".mentioned dl > div", has_text="二期建筑面积").get_by_role("link").first.click()

    target = page.locator(".cite:target")
    assert target.inner_text() == "总建筑面积9.2万平方米"


def _words(locator):
    return " ".join(locator.inner_text().split())


def _tab_to(page, locator, most=60):
    for _ in range(most):
        page.keyboard.press("Tab")
        if locator.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("never reached by Tab")
