"""A second factor in a browser: set up, asked for, recovered from; a form carried over a log-in."""

from base64 import b32decode

import axe
import factories
import pytest
from django_otp.oath import totp
from guests import Guest
from playwright.sync_api import expect

from parkcms.people.models import User
from parks.models import Park

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
PAGE, CHECK = "/admin/second-factor/", "/admin/second-factor/check/"
TODAY = "今天要办"


@pytest.fixture(scope="module")
def people(site):
    """People whose second factors no other test has seen; the server sees them, too."""
    roles = {
        "keeper": "站长",
        "looker": "站长",
        "lost": "编辑",
        "walker": "编辑",
        "writer": "园区经理",
    }
    for name, role in roles.items():
        person = factories.a_person(name, role)
        person.set_password(factories.PASSWORD)
        person.save()
    factories.a_second_factor(User.objects.get(username="lost"))
    Park.objects.first().managers.add(User.objects.get(username="writer"))


@pytest.fixture
def come(site, browser, people):
    """``come(**options)``: a page at the log-in, without the desk's policy where axe needs it."""
    guests = []

    def open_page(**options):
        guests.append(Guest(browser, site, reduced_motion="reduce", **options))
        guests[-1].page.goto("/admin/")
        return guests[-1]

    yield open_page
    complaints = [complaint for guest in guests for complaint in guest.leave()]
    # Chromium writes down that a script was told 401, which is the answer it asked for.
    assert [one for one in complaints if not ("401" in one and "/admin/token/" in one)] == []


def log_in(page, username):
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(factories.PASSWORD)
    page.get_by_role("button", name="登录").click()


def log_out(page):
    page.locator("#logout-form button").click()
    page.goto("/admin/")


def secret_of(page):
    """The key as a phone would take it from the page."""
    return b32decode(page.locator(".factor-secret").inner_text().replace(" ", ""))


def give(page, code, button="进入工作台"):
    page.locator(".code-field").first.fill(code)
    page.get_by_role("button", name=button).click()


def next_code(key):
    """Of the half minute to come, which is taken and not yet used up."""
    return f"{totp(key, drift=1):06}"


def test_set_up_then_log_in_with_the_phone_then_with_a_recovery_code(come):
    page = come().page
    log_in(page, "keeper")
    page.get_by_role("link", name="两步验证").click()
    key = secret_of(page)
    give(page, f"{totp(key):06}", "确认并打开")
    codes = page.locator("#codes code").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="收好了，继续").click()
    expect(page.get_by_role("heading", name=TODAY)).to_be_visible()

    log_out(page)
    log_in(page, "keeper")
    expect(page.get_by_role("heading", name="两步验证")).to_be_visible()
    page.goto("/admin/parks/park/")
    assert page.url.endswith(f"{CHECK}?next=/admin/parks/park/")
    give(page, next_code(key))
    page.wait_for_url("**/admin/parks/park/")

    log_out(page)
    log_in(page, "keeper")
    page.get_by_role("link", name="用恢复码").click()
    give(page, codes[4].upper())
    expect(page.locator(".messagelist")).to_contain_text("还剩 9 个")
    expect(page.get_by_role("heading", name=TODAY)).to_be_visible()


def test_codes_are_copied_and_without_a_script_stand_there_all_the_same(come):
    guest = come(permissions=["clipboard-read", "clipboard-write"])
    page = guest.page
    log_in(page, "walker")
    page.goto(PAGE)
    give(page, f"{totp(secret_of(page)):06}", "确认并打开")
    page.get_by_role("button", name="复制").click()
    expect(page.get_by_role("status")).to_have_text("已复制。")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.split("\n") == page.locator("#codes code").all_inner_texts()
    page.emulate_media(media="print")
    assert page.locator("#header").is_hidden()
    assert page.locator("#codes code").first.is_visible()


def test_axe_finds_nothing_on_any_of_its_screens_and_nothing_scrolls_sideways(come):
    guest = come(bypass_csp=True)  # axe measures with styles of its own
    page = guest.page
    log_in(page, "looker")
    page.goto(PAGE)
    key = secret_of(page)
    look_at(guest, "set up")
    give(page, "000000", "确认并打开")
    look_at(guest, "set up, wrong code")
    give(page, f"{totp(key):06}", "确认并打开")
    codes = page.locator("#codes code").all_inner_texts()
    look_at(guest, "codes")
    page.goto(PAGE)
    look_at(guest, "standing")
    log_out(page)
    log_in(page, "looker")
    look_at(guest, "check")
    give(page, "000000")
    look_at(guest, "check, wrong code")
    give(page, codes[0])
    page.goto(f"/admin/people/user/{User.objects.get(username='lost').pk}/second-factor/")
    look_at(guest, "reset")
    page.goto(f"/admin/parks/park/{Park.objects.first().pk}/change/")
    page.locator("#id_intro_zh").fill("一段够长的介绍。" * 20)
    guest.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="保存", exact=True).first.click()
    page.locator("summary").click()
    look_at(guest, "carried")


def look_at(guest, screen):
    page = guest.page
    guest.look(1440, "light")
    page.wait_for_function("document.getAnimations().length === 0")
    assert axe.violations(page) == [], screen
    guest.look(390, "dark")
    page.wait_for_function("document.getAnimations().length === 0")
    assert axe.violations(page, axe.LOOKS) == [], screen
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, screen
    guest.look(1440, "light")


def test_a_form_is_carried_over_a_log_in_in_another_window_and_saved(come):
    guest = come()
    page = guest.page
    log_in(page, "writer")
    park = Park.objects.filter(managers__username="writer").get()
    page.goto(f"/admin/parks/park/{park.pk}/change/")
    words = page.locator("#id_intro_zh")
    words.fill("写了一上午的介绍。\n第二段。")
    guest.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="保存", exact=True).first.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("登录已过期，您写的内容还在这一页上")
    page.get_by_role("button", name="我已登录，继续保存").click()
    expect(page.get_by_role("status")).to_contain_text("还没有登录")
    with guest.context.expect_page() as opened:
        page.get_by_role("link", name="在新窗口登录").click()
    log_in(opened.value, "writer")
    expect(opened.value.get_by_role("heading", name=TODAY)).to_be_visible()
    page.get_by_role("button", name="我已登录，继续保存").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    park.refresh_from_db()
    assert park.intro_zh.replace("\r\n", "\n") == "写了一上午的介绍。\n第二段。"
