"""What a keyboard and a finger need: a way past the header, a visible focus, room to touch."""

import addresses
import pytest
from guests import PHONE
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

PATHS = (
    addresses.HOME,
    addresses.REFERENCE,
    addresses.EVERYTHING,
    addresses.WENZHOU,
    "/parks/everything/",
    "/spaces/",
    "/articles/",
    "/search/?q=嘉定",
    "/contact/",
    "/en/parks/",
    "/no/such/page/",
)

# Links inside running text are as high as their line; all else is at least 24 by 24 (WCAG 2.5.8).
TOO_SMALL = """() => [...document.querySelectorAll("a, button, input, summary, [tabindex='0']")]
  .filter(e => e.checkVisibility() && e.tabIndex >= 0 && !e.closest(".skip, .prose, .rights, .note-source, .lede"))
  .map(e => [e, e.getBoundingClientRect()])
  .filter(([e, box]) => box.width > 0 && (box.width < 24 || box.height < 24))
  .map(([e, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${e.outerHTML.slice(0, 100)}`)"""

OUTLINE = """() => { const style = getComputedStyle(document.activeElement),
  around = getComputedStyle(document.activeElement.closest(".find") || document.activeElement);
  return [style, around].some(s => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2); }"""


@pytest.mark.parametrize("path", PATHS)
def test_targets_have_room_for_a_finger(visit, path):
    page = visit(path, **PHONE)

    assert page.evaluate(TOO_SMALL) == []


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


@pytest.mark.parametrize("path", [addresses.HOME, addresses.REFERENCE, addresses.WENZHOU])
@pytest.mark.parametrize("scheme", ["light", "dark"])
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
