"""What holds on every type of public page: each is opened once and looked at from all sides."""

import addresses
import axe
import guests
import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture(scope="module", params=addresses.ALL)
def guest(request, site, browser):
    """A guest standing on one page; the tests of a page run together."""
    guest = guests.Guest(browser, site, **guests.PHONE)
    guest.page.goto(request.param)
    yield guest
    guest.leave()


# The whole set of rules on a light phone and a dark desk, and what depends on colours and on
# room again on the other two.
@pytest.mark.parametrize(
    ("width", "scheme", "rules"),
    [
        (390, "light", None),
        (1440, "dark", None),
        (390, "dark", axe.LOOKS),
        (1440, "light", axe.LOOKS),
    ],
)
def test_axe_finds_nothing(guest, width, scheme, rules):
    guest.page.set_viewport_size({"width": width, "height": 844})
    guest.page.emulate_media(color_scheme=scheme)

    assert axe.violations(guest.page, rules) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_nothing_scrolls_sideways(guest, width):
    guest.page.set_viewport_size({"width": width, "height": 844})

    assert guest.page.evaluate("document.documentElement.scrollWidth") <= width
    assert guest.page.evaluate(WIDER_THAN_THE_WINDOW) == []


# Elements that stick out where nothing scrolls; what is hidden from sight does not count.
WIDER_THAN_THE_WINDOW = """() => [...document.querySelectorAll("main *, header *, footer *")]
  .filter(e => !e.closest(".scroll, .visually-hidden, .park-hero-art, .rail"))
  .filter(e => { const box = e.getBoundingClientRect();
    return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1); })
  .map(e => e.outerHTML.slice(0, 120))"""


def test_no_complaint_and_no_request_to_another_host(guest):
    guest.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    guest.page.wait_for_load_state("networkidle")

    assert guest.complaints == []
