"""What a keyboard needs: a way past the header, and a focus that can be seen."""

import addresses
import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

OUTLINE = """() => {
  const element = document.activeElement;
  return [element, element.closest(".find")].filter(Boolean).map(e => getComputedStyle(e))
    .some(style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
}"""


def test_first_tab_offers_the_way_past_the_header(visit):
    page = visit(addresses.REFERENCE)

    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到正文")
    expect(skip).to_be_focused()
    assert skip.bounding_box()["y"] >= 0
    page.keyboard.press("Enter")

    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize(
    ("path", "scheme"),
    [
        (addresses.HOME, "light"),
        (addresses.REFERENCE, "light"),
        (addresses.WENZHOU, "dark"),
        (addresses.RECEIPT, "light"),
        (addresses.FIND, "dark"),
    ],
)
def test_focus_is_visible_wherever_tab_goes(visit, path, scheme):
    page = visit(path, color_scheme=scheme)
    seen = 0

    while True:
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        assert page.evaluate(OUTLINE), page.evaluate("document.activeElement.outerHTML")
        seen += 1
    assert seen > 20


def test_header_does_not_cover_what_a_link_leads_to(visit):
    page = visit(f"{addresses.WENZHOU}#sources")

    header = page.locator(".top").bounding_box()
    heading = page.locator("#sources").bounding_box()
    assert heading["y"] >= header["y"] + header["height"]
