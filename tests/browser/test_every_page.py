"""What holds on every type of public page: each is opened once and looked at from all sides."""

import addresses
import axe
import guests
import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture(scope="module")
def walker(site, browser):
    guest = guests.Guest(browser, site, **guests.PHONE)
    yield guest
    guest.leave()


@pytest.fixture(scope="module", params=addresses.ALL)
def guest(request, walker):
    """A guest standing on one page, on a phone in daylight; the tests of a page run together."""
    walker.complaints.clear()
    walker.look(390, "light")
    walker.page.goto(request.param)
    return walker


def test_axe_finds_nothing(guest):
    assert axe.violations(guest.page) == []
    guest.look(1440, "dark")
    assert axe.violations(guest.page, axe.LOOKS) == []


@pytest.mark.long
def test_axe_finds_nothing_in_the_other_two_looks_either(guest):
    for width, scheme in ((390, "dark"), (1440, "light")):
        guest.look(width, scheme)
        assert axe.violations(guest.page, axe.LOOKS) == [], (width, scheme)


def test_nothing_scrolls_sideways(guest):
    for width in (320, 390, 768, 1440):
        guest.look(width, "light")

        assert guest.page.evaluate("document.documentElement.scrollWidth") <= width
        assert guest.page.evaluate(WIDER_THAN_THE_WINDOW) == [], width


def test_targets_have_room_for_a_finger(guest):
    guest.look(390, "light")

    assert guest.page.evaluate(TOO_SMALL) == []


def test_no_complaint_and_no_request_to_another_host(guest):
    guest.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    guest.page.evaluate(ALL_PICTURES)

    assert guest.complaints == []


# Elements that stick out where nothing scrolls; what is hidden from sight does not count.
WIDER_THAN_THE_WINDOW = """() => [...document.querySelectorAll("main *, header *, footer *")]
  .filter(e => !e.closest(".scroll, .visually-hidden, .park-hero-art, .rail"))
  .filter(e => { const box = e.getBoundingClientRect();
    return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1); })
  .map(e => e.outerHTML.slice(0, 120))"""

# At least 24 by 24 (WCAG 2.5.8); links inside running text are as high as their line.
TOO_SMALL = """() => [...document.querySelectorAll("a, button, input, summary, [tabindex='0']")]
  .filter(e => e.checkVisibility() && e.tabIndex >= 0)
  .filter(e => !e.closest(".skip, .prose, .rights, .note-source, .nothing, .notice"))
  .map(e => [e, e.getBoundingClientRect()])
  .filter(([e, box]) => box.width > 0 && (box.width < 24 || box.height < 24))
  .map(([e, box]) => `${box.width}x${box.height} ${e.outerHTML.slice(0, 100)}`)"""

# Lazy ones too; a picture that can't be read is a complaint of its own.
ALL_PICTURES = """() => Promise.all([...document.images].filter(i => i.checkVisibility())
  .map(i => { i.loading = "eager"; return i.decode(); }))"""
