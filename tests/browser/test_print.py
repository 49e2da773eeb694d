"""On paper: an A4 document with the title, what it rests on, and where it can be found."""

import re

import addresses
import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

A4 = (595, 842)  # points


@pytest.mark.parametrize(
    "path",
    [addresses.REFERENCE, addresses.WENZHOU, addresses.EVERYTHING, addresses.RECEIPT],
)
def test_pages_are_a4(visit, path):
    page = visit(path)

    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", _pdf(page))

    assert boxes
    assert {(round(float(w)), round(float(h))) for w, h in boxes} == {A4}


def test_article_prints_title_source_figures_and_address(visit, site):
    shown = _printed(visit(addresses.REFERENCE))

    assert shown.index("产业园区招商网") < shown.index("温州（嘉定）科创园二期今在嘉定新城开工")
    assert "来源 上海市嘉定区融媒体中心" in shown
    assert "预计总投资9.5亿元" in shown
    # What the text says about parks comes after it, and the way back to the page last.
    order = ["今天下午", "文中提到的园区", "本文转载自", f"本文链接：{site}{addresses.REFERENCE}"]
    places = [shown.index(words) for words in order]
    assert places == sorted(places)


def test_park_prints_every_source_with_its_sentence(visit, site):
    page = visit(addresses.WENZHOU)
    sentences = page.locator(".notes blockquote").all_inner_texts()
    links = page.locator(".note-address").evaluate_all("all => all.map(a => a.href)")
    shown = _printed(page)

    assert len(sentences) == 5
    assert all(sentence in shown for sentence in sentences)
    assert _addresses_after(page, ".note-address") == [f'" {link}"' for link in links]
    assert f"{site}{addresses.WENZHOU}" in shown
    assert page.locator(".page-code svg").is_visible()


def test_older_statements_are_on_paper_though_folded_on_the_screen(visit):
    page = visit(addresses.WENZHOU)
    older = page.locator(".figure-history tbody tr").first
    assert older.is_hidden()

    page.emulate_media(media="print")

    assert older.bounding_box()["height"] > 0


def test_receipt_prints_its_reference_what_fits_what_was_said_and_whom_to_call(visit):
    page = visit(addresses.RECEIPT)
    reference = page.locator(".reference").inner_text()
    shown = _printed(page)

    order = [
        reference,
        "现在合适的 5 处空间",
        "建筑面积 720 ㎡",
        "您提交的内容",
        "拨打热线 400-000-0000",
    ]
    places = [shown.index(words) for words in order]
    assert places == sorted(places)
    for selector in (".receipt-ways", ".match-art"):
        assert page.locator(selector).first.is_hidden(), selector


def test_the_short_form_stays_off_the_paper_and_whom_to_call_is_on_it(visit):
    page = visit(addresses.WENZHOU)
    assert page.locator(".short-form").is_visible()

    page.emulate_media(media="print")

    assert page.locator(".short-form").is_hidden()
    assert page.locator(".service-card").get_by_text("400-000-0000").is_visible()


@pytest.mark.parametrize("path", [addresses.REFERENCE, addresses.WENZHOU])
def test_what_is_only_for_the_screen_stays_off_the_paper(visit, path):
    page = visit(path)
    page.emulate_media(media="print")

    for selector in (".rail", ".find", ".foot", ".skip", ".share", ".related", ".cta"):
        assert page.locator(f"{selector}:visible").count() == 0, selector


@pytest.mark.parametrize("path", [addresses.REFERENCE, addresses.WENZHOU])
def test_paper_stays_white_when_the_screen_is_dark(visit, path):
    page = visit(path, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")

    style = "selector => getComputedStyle(document.querySelector(selector))"
    assert page.evaluate(f"({style})('body').backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(f"({style})('h1').color") == "rgb(0, 0, 0)"
    assert page.evaluate(f"({style})('.service').backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(f"({style})('.service').color") == "rgb(0, 0, 0)"


def _pdf(page):
    return page.pdf(prefer_css_page_size=True)


def _printed(page):
    """The words a print shows, in the order they stand on the paper."""
    page.emulate_media(media="print")
    runs = page.evaluate(VISIBLE_RUNS)
    return "".join(words for _, words in sorted(runs, key=lambda run: run[0]))


def _addresses_after(page, selector):
    return page.locator(selector).evaluate_all(
        "all => all.map(e => getComputedStyle(e, '::after').content)"
    )


# Every run of visible text with the place where it begins, from top to bottom.
VISIBLE_RUNS = """() => {
  const runs = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const box = range.getBoundingClientRect();
    if (box.height) runs.push([[Math.round(box.top), box.left], walker.currentNode.data]);
  }
  return runs;
}"""
