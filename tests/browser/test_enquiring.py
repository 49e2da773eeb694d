"""An investor says what they look for, gets a receipt, and thinks again."""

import re
from urllib.parse import parse_qs

import addresses
import pytest
from guests import PHONE
from playwright.sync_api import expect

from leads.models import Enquiry

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

NO_SCRIPT = {"java_script_enabled": False}
RECEIPT = re.compile(r"/enquiries/[\w-]{32}/$")
SEND = "提交，马上看合适的空间"


def test_the_whole_form_is_filled_in_by_mouse(visit):
    page = visit(f"{addresses.FORM}?park=lingang-u-valley")

    fill_in_everything(page, "139 0000 0031")
    with page.expect_request(lambda request: request.method == "POST") as post:
        page.get_by_role("button", name=SEND).click()

    page.wait_for_url(RECEIPT)
    assert int(parse_qs(post.value.post_data)["elapsed_ms"][0]) > 0
    check_everything(sent("31"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"编号 {sent('31').reference}")
    assert page.context.cookies() == []


def test_the_whole_form_is_filled_in_where_no_script_runs(visit):
    page = visit(f"{addresses.FORM}?park=lingang-u-valley", **NO_SCRIPT)

    fill_in_everything(page, "139 0000 0032")
    page.get_by_role("button", name=SEND).click()

    page.wait_for_url(RECEIPT)
    check_everything(sent("32"))


def test_the_form_is_filled_in_by_keyboard_alone(visit):
    page = visit(addresses.FORM)
    keys = page.keyboard

    tab_to(page, "intent")
    keys.press("ArrowRight")
    tab_to(page, "uses")
    keys.press("Space")
    tab_to(page, "area_text")
    keys.type("1500 ㎡")
    keys.press("Tab")
    keys.press("Enter")  # unfolds what is folded away
    tab_to(page, "move_in")
    keys.press("ArrowDown")
    tab_to(page, "districts")
    keys.press("Space")
    tab_to(page, "company")
    keys.type("示例有限公司")
    tab_to(page, "phone")
    keys.type("139 0000 0033")
    tab_to(page, "consent")
    keys.press("Space")
    while not page.evaluate("document.activeElement.matches('.send [type=submit]')"):
        keys.press("Tab")
    keys.press("Enter")

    page.wait_for_url(RECEIPT)
    row = sent("33")
    assert (row.intent, row.uses, row.area_text) == ("buy", ["production"], "1500 ㎡")
    assert (row.move_in, row.districts, row.company) == ("now", ["310114"], "示例有限公司")
    assert not row.consent_operator


def test_focus_is_seen_on_every_stop_of_the_form(visit):
    page = visit(addresses.FORM, color_scheme="dark")
    page.get_by_text("预算、区域、时间").click()
    page.evaluate("document.querySelector('.enquiry').tabIndex = -1")
    page.evaluate("document.querySelector('.enquiry').focus()")
    names = set()

    while True:
        page.keyboard.press("Tab")
        if page.evaluate("!document.activeElement.closest('.enquiry')"):
            break
        names.add(page.evaluate("document.activeElement.name || ''"))
        assert page.evaluate(SEEN), page.evaluate("document.activeElement.outerHTML")
    assert names >= {"intent", "uses", "districts", "phone", "consent", "consent_operator"}


@pytest.mark.parametrize("path", [addresses.FORM, addresses.WENZHOU, addresses.RECEIPT])
def test_what_is_meant_to_be_pressed_is_large_enough_for_a_thumb(visit, path):
    page = visit(path, **PHONE)

    assert page.evaluate(LESS_THAN_44) == []


WENZHOU, B3 = ("park", "wenzhou-science-park"), ("space", "lingang-u-valley/b3")


@pytest.mark.parametrize(
    ("number", "path", "about", "origin"),
    [
        ("41", addresses.REFERENCE, WENZHOU, ("article", "3661")),
        ("42", addresses.WENZHOU, WENZHOU, WENZHOU),
        ("43", "/parks/lingang-u-valley/spaces/b3/", B3, B3),
    ],
)
def test_the_short_form_knows_which_page_it_stands_on(visit, number, path, about, origin):
    page = visit(path)
    panel = page.locator("#enquiry")

    panel.get_by_label("需求").select_option(label="注册")
    panel.get_by_label("面积").fill("1500 ㎡")
    panel.get_by_label("称呼或公司").fill("王女士")
    panel.get_by_label("电话").fill(f"139 0000 00{number}")
    panel.locator("#short-consent").check()
    panel.get_by_role("button", name=SEND).click()

    page.wait_for_url(RECEIPT)
    row = sent(number)
    assert (row.about_kind, row.about_id, row.about_known) == (*about, True)
    assert (row.origin_kind, row.origin_id, row.origin_path) == (*origin, path)
    assert (row.intent, row.area_text, row.contact_name) == ("register", "1500 ㎡", "王女士")
    assert row.consent_version == "privacy-1"
    assert "honeypot" not in row.signals


def test_an_error_in_the_short_form_leads_to_the_whole_one_with_all_that_was_typed(visit):
    page = visit(addresses.WENZHOU)
    page.locator("#short-intent").select_option("buy")
    page.locator("#short-area").fill("800 ㎡")
    page.locator("#short-phone").fill("1380013800")

    page.locator("#enquiry").get_by_role("button", name=SEND).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("还差一点就能提交")
    assert page.get_by_label("购买").is_checked()
    assert page.get_by_label("面积").input_value() == "800 ㎡"
    assert page.get_by_role("textbox", name="电话").input_value() == "1380013800"
    assert page.locator(".about").inner_text().endswith("温州（嘉定）科技创新园")


@pytest.mark.parametrize("options", [{}, NO_SCRIPT])
def test_an_error_keeps_ticks_choices_and_words(visit, options):
    page = visit(addresses.FORM, **options)
    fill_in_everything(page, "1380013800")
    page.get_by_label("我已阅读并同意").uncheck()
    typed = filled(page)

    page.get_by_role("button", name=SEND).click()

    said = page.get_by_role("alert").get_by_role("listitem").all_inner_texts()
    assert said == [
        "电话：手机号是 11 位，这里是 10 位，如 138 0013 8000。",
        "同意：要先勾选同意，我们才能保存并使用您填写的联系方式。",
    ]
    assert filled(page) == typed
    assert page.get_by_role("group", name="区域").is_visible()


@pytest.mark.parametrize(("name", "field"), [("联系人", "contact_name"), ("同意", "consent")])
def test_the_list_of_errors_leads_to_the_field(visit, name, field):
    page = visit(addresses.FORM, **PHONE)
    page.get_by_role("button", name=SEND).click()

    page.get_by_role("alert").get_by_role("link", name=name).click()

    box = page.locator(f".enquiry [name={field}]")
    expect(box).to_be_focused()
    assert box.get_attribute("aria-invalid") == "true"
    described = page.locator(f"#{box.get_attribute('aria-describedby').split()[-1]}")
    assert described.inner_text()
    label = page.locator(f"label[for={box.get_attribute('id')}]").bounding_box()
    header = page.locator(".top-bar").bounding_box()
    assert header["y"] + header["height"] <= label["y"] < 844


@pytest.mark.parametrize(("number", "options"), [("51", {}), ("52", NO_SCRIPT)])
def test_pressing_twice_is_one_enquiry(visit, number, options):
    page = visit(addresses.FORM, **options)
    fill_in_everything(page, f"139 0000 00{number}")

    page.get_by_role("button", name=SEND).dblclick()

    page.wait_for_url(RECEIPT)
    assert page.url.endswith(f"/{sent(number).token}/")


def test_a_second_press_is_stopped_before_it_is_sent(visit):
    page = visit(addresses.FORM)
    fill_in_everything(page, "139 0000 0055")

    assert page.evaluate(SUBMITTED_WHEN_PRESSED_TWICE) == 1

    page.wait_for_url(RECEIPT)
    assert page.url.endswith(f"/{sent('55').token}/")


@pytest.mark.parametrize("options", [{}, NO_SCRIPT])
def test_the_back_button_leads_to_the_form_and_the_form_to_the_same_receipt(visit, options):
    number = "53" if options else "54"
    page = visit(addresses.FORM, **options)
    fill_in_everything(page, f"139 0000 00{number}")
    page.get_by_role("button", name=SEND).click()
    page.wait_for_url(RECEIPT)
    receipt = page.url

    page.go_back()
    assert page.get_by_label("联系人").input_value() == "王女士"
    page.get_by_role("button", name=SEND).click()

    page.wait_for_url(RECEIPT)
    assert page.url == receipt
    assert sent(number).token in receipt


def test_the_receipt_shows_what_fits_with_the_reason_of_each(visit):
    page = visit(addresses.RECEIPT)
    first = page.locator(".match").first

    assert first.get_by_role("heading").inner_text() == "6号楼-1层 示例"
    assert first.get_by_role("listitem").all_inner_texts() == [
        "△\n接近：\n建筑面积 720 ㎡，比需要的 800–1,900 ㎡ 少 10%",
        "✓\n符合：\n在嘉定区",
        "✓\n符合：\n可作生产",
        "✓\n符合：\n现在可租",
        "△\n接近：\n租金 0.98 元/㎡/天，略高于预算 0.9",
        "?\n待确认：\n能否注册公司待确认",
    ]
    first.get_by_role("link", name="6号楼-1层").click()
    page.wait_for_url("**/parks/lingang-u-valley/spaces/b6-f1/")


def test_the_receipt_tells_its_address_to_no_other_page(visit, site):
    page = visit(addresses.RECEIPT)
    asked = []
    page.on("request", lambda request: asked.append(request))

    page.locator(".match h3 a").first.click()
    page.wait_for_url("**/spaces/b6-f1/")
    page.get_by_role("link", name="找空间").click()
    page.wait_for_url("**/spaces/")

    pages = [one for one in asked if one.is_navigation_request()]
    space = f"{site}/parks/lingang-u-valley/spaces/b6-f1/"
    assert [(one.url, referrer(one)) for one in pages] == [
        (space, None),
        (f"{site}/spaces/", space),
    ]
    assert [one.url for one in asked if addresses.RECEIPT in (referrer(one) or "")] == []


@pytest.mark.parametrize(("number", "options"), [("61", {}), ("62", NO_SCRIPT)])
def test_it_is_corrected_then_withdrawn_then_erased(visit, number, options):
    page = visit(addresses.FORM, **options)
    fill_in_everything(page, f"139 0000 00{number}")
    page.get_by_role("button", name=SEND).click()
    page.wait_for_url(RECEIPT)
    receipt, reference = page.url, sent(number).reference

    page.get_by_role("link", name="更正内容").click()
    assert page.get_by_role("textbox", name="预算").input_value() == "1.2 元/㎡/天"
    page.get_by_role("textbox", name="面积").fill("2000 ㎡")
    page.get_by_label("仓储").uncheck()
    page.get_by_role("button", name="保存更正").click()
    page.wait_for_url(receipt)
    assert "2000 ㎡" in page.locator(".submitted").inner_text()
    assert "更正过" in page.locator(".submitted").inner_text()
    assert sent(number).uses == ["production"]

    page.get_by_role("link", name="撤回需求").click()
    page.get_by_role("link", name="返回回执").click()
    page.wait_for_url(receipt)
    assert sent(number).withdrawn_at is None
    page.get_by_role("link", name="撤回需求").click()
    page.get_by_role("button", name="撤回").click()
    page.wait_for_url(receipt)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{reference} 已撤回")
    assert page.get_by_role("link", name="更正内容").count() == 0

    page.get_by_role("link", name="删除我的信息").click()
    page.get_by_role("button", name="删除，不再保留").click()
    page.wait_for_url(receipt)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{reference} 的个人信息已删除")
    assert "王女士" not in page.content()
    row = Enquiry.objects.get(reference=reference)
    assert (row.contact_name, row.phone_raw, row.message) == ("", "", "")


def test_a_correction_with_an_error_says_so_and_keeps_what_was_typed(visit):
    page = visit(f"{addresses.RECEIPT}correct/")
    page.get_by_role("textbox", name="邮箱").fill("wang@")
    page.get_by_label("购买").check(force=True)

    page.get_by_role("button", name="保存更正").click()

    page.get_by_role("alert").get_by_role("link", name="邮箱").click()
    expect(page.get_by_role("textbox", name="邮箱")).to_be_focused()
    assert page.get_by_role("textbox", name="邮箱").input_value() == "wang@"
    assert page.get_by_label("购买").is_checked()
    page.get_by_role("link", name="不改了").click()
    page.wait_for_url(f"**{addresses.RECEIPT}")
    assert "注册" in page.locator(".submitted").inner_text()


def test_a_receipt_is_found_by_reference_and_phone(visit):
    page = visit(addresses.FORM)
    page.get_by_role("textbox", name="联系人").fill("王女士")
    page.get_by_role("textbox", name="电话").fill("139 0000 0071")
    page.get_by_label("我已阅读并同意").check()
    page.get_by_role("button", name=SEND).click()
    page.wait_for_url(RECEIPT)
    receipt, reference = page.url, sent("71").reference

    page.get_by_role("link", name="查需求回执").click()
    page.get_by_role("textbox", name="编号").fill(reference)
    page.get_by_role("textbox", name="提交时填的电话").fill("139 0000 0072")
    page.get_by_role("button", name="打开回执").click()
    expect(page.get_by_role("alert")).to_contain_text("没有找到")
    assert page.get_by_role("textbox", name="编号").input_value() == reference

    page.get_by_role("textbox", name="编号").fill(reference.lower().replace("-", " "))
    page.get_by_role("textbox", name="提交时填的电话").fill("+86 139-0000-0071")
    page.get_by_role("button", name="打开回执").click()
    page.wait_for_url(receipt)


def test_an_investor_walks_through_in_english(visit):
    page = visit("/en/", locale="en-GB")
    page.get_by_role("link", name="Tell us your needs").first.click()
    page.wait_for_url("**/en/enquiries/new/")
    page.get_by_role("radio", name="Company registration").check(force=True)
    page.get_by_role("checkbox", name="Headquarters").check(force=True)
    page.get_by_role("textbox", name="Area").fill("1,000–1,600 sqm")
    page.get_by_role("textbox", name="Phone").fill("+49 30 901820")
    page.get_by_role("checkbox", name="I have read and agree").check()
    page.get_by_role("button", name="Send and see fitting spaces").click()
    assert page.get_by_role("alert").get_by_role("listitem").all_inner_texts() == [
        "Contact: Please give a name or a company, one of them will do, e.g. “Ms Wang”."
    ]
    page.get_by_role("textbox", name="Contact").fill("Sample GmbH")
    page.get_by_role("button", name="Send and see fitting spaces").click()

    page.wait_for_url(re.compile(r"/en/enquiries/[\w-]{32}/$"))
    row = Enquiry.objects.get(phone_e164="+4930901820")
    assert row.language == "en"
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Received: {row.reference}")
    reasons = page.locator(".match").first.get_by_role("listitem").all_inner_texts()
    assert "✓\nMet:\nCompany registration" in reasons
    assert page.evaluate(CHINESE_WITHOUT_SAYING_SO) == []
    page.get_by_role("link", name="Withdraw the enquiry").click()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{row.reference} is withdrawn")


# --- what they all do ---------------------------------------------------------------------------


def referrer(request):
    return request.all_headers().get("referer")


def sent(number):
    """The one row of the mobile number that ends so."""
    # Rows the site was filled with were sent from no network.
    return Enquiry.objects.exclude(network="").get(phone_e164=f"+86139000000{number}")


def fill_in_everything(page, phone):
    """As somebody does who fills in everything, from top to bottom."""
    for name in ("租赁", "生产", "仓储"):
        page.locator(".choice", has_text=name).click()
    page.get_by_role("textbox", name="面积").fill("1000-2000 平")
    page.get_by_text("预算、区域、时间").click()
    page.get_by_role("textbox", name="预算").fill("1.2 元/㎡/天")
    page.get_by_label("入驻时间").select_option(label="三个月内")
    page.locator(".choice", has_text="嘉定区").click()
    page.get_by_role("textbox", name="预计年税收").fill("200 万元")
    page.get_by_role("textbox", name="补充说明").fill("层高 7 米以上。\n要行车。")
    page.get_by_role("textbox", name="联系人").fill("王女士")
    page.get_by_role("textbox", name="公司").fill("示例有限公司")
    page.get_by_role("textbox", name="电话").fill(phone)
    page.get_by_role("textbox", name="微信号").fill("sample-wechat")
    page.get_by_role("textbox", name="邮箱").fill("wang@example.cn")
    page.get_by_label("我已阅读并同意").check()
    page.get_by_label("我另外同意").check()


def check_everything(row):
    """The row says what fill_in_everything typed."""
    assert (row.intent, row.uses, row.area_text) == (
        "rent",
        ["production", "storage"],
        "1000-2000 平",
    )
    assert (row.budget_text, row.move_in, row.districts) == ("1.2 元/㎡/天", "3m", ["310114"])
    assert (row.tax_text, row.message) == ("200 万元", "层高 7 米以上。\n要行车。")
    assert (row.contact_name, row.company) == ("王女士", "示例有限公司")
    assert (row.wechat, row.email) == ("sample-wechat", "wang@example.cn")
    assert (row.park.slug, row.about_known) == ("lingang-u-valley", True)
    assert (row.consent_version, row.consent_operator) == ("privacy-1", True)
    assert "honeypot" not in row.signals


def filled(page):
    """``[(name, value), …]`` of what the form would send, as it stands; not how long it took."""
    fields = page.locator(".enquiry :is(input, select, textarea)")
    found = fields.evaluate_all(
        "all => all.filter(e => !['radio', 'checkbox'].includes(e.type) || e.checked)"
        ".map(e => [e.name, e.value])"
    )
    return [(name, value) for name, value in found if name != "elapsed_ms"]


def tab_to(page, name):
    """Tab until a field of that name has the focus."""
    for _press in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            return
    raise AssertionError(f"Tab never comes to {name}")


# The focus on what a person sees: of a choice that is its label.
SEEN = """() => {
  const element = document.activeElement;
  const shown = element.closest(".choice") ? element.nextElementSibling : element;
  const style = getComputedStyle(shown);
  return shown.getBoundingClientRect().width > 20 && style.opacity === "1"
    && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""

# How many of two submissions nobody stopped.
SUBMITTED_WHEN_PRESSED_TWICE = """() => {
  let sent = 0;
  addEventListener("submit", event => { if (!event.defaultPrevented) sent += 1; });
  const form = document.querySelector(".enquiry");
  form.requestSubmit();
  form.requestSubmit();
  return sent;
}"""

LESS_THAN_44 = """() => [...document.querySelectorAll(
    "main :is(.button, .choice, select, textarea, summary, input[type=text], input[type=tel])")]
  .filter(e => e.checkVisibility() && e.tabIndex !== -1 || e.matches(".choice"))
  .filter(e => e.checkVisibility() && !e.closest(".figure, .trap"))
  .map(e => [e, e.getBoundingClientRect()])
  .filter(([e, box]) => box.height < 44 || box.width < 44)
  .map(([e, box]) => `${box.width}x${box.height} ${e.outerHTML.slice(0, 80)}`)"""

# Names of spaces and words of the visitor are as they were written.
CHINESE_WITHOUT_SAYING_SO = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (/[\\u4e00-\\u9fff]/.test(text.data) && !text.parentElement.closest("[lang|=zh], .foot"))
      found.push(text.data.trim());
  }
  return found;
}"""
