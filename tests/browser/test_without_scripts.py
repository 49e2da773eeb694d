"""A visitor whose browser runs no script: everything is there and leads somewhere."""

import addresses
import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

NO_SCRIPT = {"java_script_enabled": False}


def test_navigation_leads_through_the_site(visit):
    page = visit(addresses.HOME, **NO_SCRIPT)

    for name, path in (("园区", "/parks/"), ("找空间", "/spaces/"), ("资讯", "/articles/")):
        page.get_by_role("navigation", name="主导航").get_by_role("link", name=name).click()
        page.wait_for_url(f"**{path}")
    page.get_by_role("link", name="提交租赁需求").first.click()
    page.wait_for_url("**/enquiries/new/")
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**/en/enquiries/new/")


def test_search_finds_a_park_and_an_article(visit):
    page = visit(addresses.HOME, **NO_SCRIPT)

    page.get_by_role("searchbox", name="搜索").fill("氢能港")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=*")

    main = page.get_by_role("main")
    assert main.get_by_role("link", name="嘉定氢能港", exact=True).is_visible()
    assert main.get_by_role("link", name="上海嘉定氢能港产业园-上海特色产业园区介绍").is_visible()


def test_source_mark_jumps_to_its_note(visit):
    page = visit(addresses.WENZHOU, **NO_SCRIPT)

    page.locator(".figure:has(dt:text-is('入驻率'))").locator(".figure-value").get_by_role(
        "link", name="来源 2"
    ).click()

    note = page.locator(".notes > li:target")
    assert (
        note.locator("blockquote").inner_text()
        == "目前入驻企业29家，入驻率达到79.5%，建立企业研发中心23个。"
    )
    assert _is_in_window(note)


def test_older_statements_unfold(visit):
    page = visit(addresses.WENZHOU, **NO_SCRIPT)
    figure = page.locator(".figure", has_text="入驻企业").first
    assert figure.get_by_text("截至2019年12月", exact=True).is_hidden()

    figure.get_by_text("全部 3 条说法").click()

    assert figure.get_by_text("截至2019年12月", exact=True).is_visible()


def test_share_links_and_the_code_are_there_and_empty_buttons_are_not(visit):
    page = visit(addresses.OWN, **NO_SCRIPT)

    names = page.locator(".share-links > li:visible").all_inner_texts()
    assert names == ["微信", "微博", "QQ", "QQ 空间"]
    page.get_by_role("link", name="微信").click()
    assert _is_in_window(page.locator("#page-code:target svg"))


def test_pictures_and_lists_do_not_wait_for_a_script(visit):
    page = visit(addresses.HOME, **NO_SCRIPT)

    hero = page.locator(".promise-art img")
    assert hero.evaluate("image => image.complete && image.naturalWidth > 0")
    assert page.locator(".park-card").count() == 4


def _is_in_window(locator):
    box = locator.bounding_box()
    return 0 <= box["y"] < locator.page.viewport_size["height"]
