"""Nothing typed is lost when the session ends or the token turns, and nothing forged is shown."""

import json

import pytest
from desk_forms import BACKEND, desk_of, filled, page_of, words
from django.contrib import admin
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from factories import PASSWORD, a_park, a_person, a_second_factor, an_article
from lxml import html

from parkcms.library.models import Picture
from parkcms.people.models import User
from parks.models import Park

pytestmark = pytest.mark.django_db
OURS = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
TOKEN = "/admin/token/"
LONG = (
    "嘉定的一块地，“引号”与 <b>尖括号</b> & 和号。\r\n第二行\t缩进\r\n" * 3_000
)  # 200 kB and more
WORD = "quite-a-long-secret-9"


@pytest.fixture(autouse=True)
def quick(settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]


@pytest.fixture
def owner():
    return a_person("zhanzhang", "站长", display_name="站长甲")


@pytest.fixture
def tab(owner):
    """A browser that sends what browsers send, checked as in production, with the owner in it."""
    client = browser()
    client.force_login(owner, backend=BACKEND)
    return client


def browser(**headers):
    return Client(enforce_csrf_checks=True, headers=OURS | headers)


def expire():
    Session.objects.all().delete()


def log_in(tab, username="zhanzhang"):
    """In another window of the same browser."""
    page = tab.get("/admin/login/")
    token = page.context["csrf_token"]
    data = {"username": username, "password": PASSWORD, "csrfmiddlewaretoken": str(token)}
    assert tab.post("/admin/login/", data).status_code == 302


def carried(answer):
    """What the page would send from its form: (address, fields)."""
    tree = html.fromstring(answer.content.decode())
    form = tree.get_element_by_id("continue_form")
    assert form.get("enctype") == "multipart/form-data"
    data = {}
    for name, value in form.form_values():
        data.setdefault(name, []).append(_sent(value))
    return form.get("action"), data


def _sent(value):
    """Line ends as browsers send them."""
    return value.replace("\r\n", "\n").replace("\n", "\r\n")


def press(tab, answer):
    """“我已登录，继续保存”, without a script."""
    return tab.post(*carried(answer))


def press_with_script(tab, answer):
    """The same by static/js/continue-saving.js: with the token of the newest log-in."""
    address, data = carried(answer)
    return tab.post(address, data | {"csrfmiddlewaretoken": [tab.get(TOKEN).json()["token"]]})


def typed(data):
    """All but the token."""
    rest = {name: values for name, values in data.items() if name != "csrfmiddlewaretoken"}
    return {name: [_sent(value) for value in values] for name, values in rest.items()}


def heading(answer):
    return html.fromstring(answer.content.decode()).xpath("string(//h1)")


def links(answer):
    return html.fromstring(answer.content.decode()).xpath("//main//a/@href")


# --- the session has ended --------------------------------------------------------------------


def test_a_long_text_posted_after_the_end_of_the_session_is_kept_and_then_saved(tab):
    park = a_park()
    sent = filled(tab, page_of(park), intro_zh=LONG, name_zh="改过的名字")
    assert len(LONG.encode()) > 200_000
    expire()
    answer = tab.post(page_of(park), sent)
    assert answer.status_code == 403
    assert answer["Cache-Control"] == "no-store"
    assert heading(answer) == "登录已过期，您写的内容还在这一页上"
    address, data = carried(answer)
    assert address == page_of(park)
    assert typed(data) == typed(sent)
    assert links(answer) == ["/admin/login/?next=/admin/"]
    log_in(tab)
    saved = press_with_script(tab, answer)
    assert saved.status_code == 302
    park.refresh_from_db()
    assert park.name_zh == "改过的名字"
    assert park.intro_zh.replace("\r\n", "\n").strip() == LONG.replace("\r\n", "\n").strip()


def test_without_a_script_the_log_in_turns_the_token_and_a_second_press_saves(tab):
    park = a_park()
    sent = filled(tab, page_of(park), intro_zh=LONG)
    expire()
    first = tab.post(page_of(park), sent)
    log_in(tab)
    second = press(tab, first)
    assert second.status_code == 403
    assert heading(second) == "还没有保存，您写的内容还在这一页上"
    assert links(second) == []
    assert press(tab, second).status_code == 302
    park.refresh_from_db()
    assert park.intro_zh.startswith("嘉定的一块地")


def test_two_ends_in_a_row_lose_nothing_and_add_nothing(tab):
    park = a_park()
    sent = filled(tab, page_of(park), intro_zh=LONG)
    expire()
    answer = tab.post(page_of(park), sent)
    for _ in range(2):
        answer = press(tab, answer)
        assert answer.status_code == 403
        log_in(tab)
        expire()
    answer = press(tab, answer)
    address, data = carried(answer)
    assert (address, typed(data)) == (page_of(park), typed(sent))
    log_in(tab)
    assert press_with_script(tab, answer).status_code == 302
    park.refresh_from_db()
    assert park.intro_zh.startswith("嘉定的一块地")


def test_a_new_article_is_kept_over_the_end_with_its_button(tab):
    url = "/admin/articles/article/add/"
    sent = filled(tab, url, title="写了一上午", body="<p>正文</p>", _publish="")
    expire()
    answer = tab.post(url, sent)
    address, data = carried(answer)
    assert (address, typed(data)) == (url, typed(sent))
    assert data["_publish"] == [""]


def test_a_query_in_the_address_goes_on_with_it(tab):
    url = f"{page_of(Park, 'changelist')}?q=<b>&o=1"
    expire()
    assert (
        carried(tab.post(url, {"action": "x"}))[0] == f"{page_of(Park, 'changelist')}?q=%3Cb%3E&o=1"
    )


def test_what_was_written_is_escaped_and_the_policy_stays_strict(tab):
    park = a_park()
    evil = '"><script>alert(1)</script></textarea><img src=x onerror=alert(1)>' * 2
    expire()
    answer = tab.post(page_of(park), {evil: evil, "intro_zh": evil})
    tree = html.fromstring(answer.content.decode())
    assert [script.get("src") for script in tree.iter("script")] == [
        "/static/js/continue-saving.js"
    ]
    assert tree.xpath("//main//img") == []
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert carried(answer)[1][evil] == [evil]
    assert tree.xpath("string(//textarea)").strip() == evil


def test_passwords_and_files_are_not_carried_and_that_is_said(tab):
    expire()
    data = {"username": "xinren", "password1": WORD, "password2": WORD, "usable_password": "true"}
    answer = tab.post(page_of(User, "add"), data)
    assert WORD not in answer.content.decode()
    assert typed(carried(answer)[1]) == {
        "username": ["xinren"], "usable_password": ["true"]
    }  # fmt: skip
    assert "密码不会带到这一页" in words(answer)
    file = SimpleUploadedFile("南立面.jpg", b"not shown", "image/jpeg")
    answer = tab.post(page_of(Picture, "add"), {"file": file, "alt_zh": "南立面"})
    assert typed(carried(answer)[1]) == {"alt_zh": ["南立面"]}
    assert "文件要重新选：南立面.jpg。" in words(answer)
    assert "not shown" not in answer.content.decode()


@pytest.mark.parametrize("step", ["check", "set_up"])
def test_a_log_in_without_its_second_step_loses_nothing_either(tab, owner, settings, step):
    park = a_park()
    sent = filled(tab, page_of(park), intro_zh=LONG)
    settings.SECOND_FACTOR_ROLES = {"站长"}
    codes = a_second_factor(owner)[1] if step == "check" else []
    door = "/admin/second-factor/check/" if step == "check" else "/admin/second-factor/"
    expire()
    first = tab.post(page_of(park), sent)
    log_in(tab)
    again = press(tab, first)
    assert links(again) == [f"{door}?next=/admin/"]
    assert typed(carried(again)[1]) == typed(sent)
    if codes:
        token = str(tab.get(door).context["csrf_token"])
        tab.post(door, {"code": codes[0], "csrfmiddlewaretoken": token})
        assert press_with_script(tab, again).status_code == 302
        park.refresh_from_db()
        assert park.intro_zh.startswith("嘉定的一块地")


def test_who_has_left_is_not_let_in_by_the_page(tab, owner):
    park = a_park(name_zh="旧名")
    sent = filled(tab, page_of(park), name_zh="新名")
    User.objects.filter(pk=owner.pk).update(is_active=False)
    answer = tab.post(page_of(park), sent)
    assert answer.status_code == 403
    assert press(tab, answer).status_code == 403
    park.refresh_from_db()
    assert park.name_zh == "旧名"


def test_what_is_over_the_limits_is_a_bad_request_here_too(tab):
    url = page_of(a_park())
    expire()
    for data in ({"intro_zh": "x" * 3_000_000}, {f"f{n}": "x" for n in range(2_500)}):
        assert tab.post(url, data).status_code == 400


def test_as_much_as_the_limit_takes_can_be_sent_again(tab, settings):
    """Sent as multipart the same text is no longer than it was, however it came first."""
    url = page_of(a_park())
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100_000
    expire()
    data = {"intro_zh": "字" * 33_000, "csrfmiddlewaretoken": "x" * 64}
    answer = tab.post(url, data)
    assert answer.status_code == 403
    assert press(tab, answer).status_code == 403


def test_a_database_that_is_away_loses_nothing_either(tab, monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError("no server")

    monkeypatch.setattr(admin.site, "has_permission", away)
    answer = tab.post(page_of(a_park()), {"intro_zh": "写好的"})
    assert answer.status_code == 403
    assert carried(answer)[1]["intro_zh"] == ["写好的"]


# --- the token has turned ---------------------------------------------------------------------


def test_a_log_in_in_another_tab_costs_the_first_one_a_press(tab):
    park = a_park()
    sent = filled(tab, page_of(park), intro_zh=LONG)
    tab.post("/admin/logout/", {"csrfmiddlewaretoken": tab.get(TOKEN).json()["token"]})
    log_in(tab)
    answer = tab.post(page_of(park), sent)
    assert answer.status_code == 403
    assert heading(answer) == "还没有保存，您写的内容还在这一页上"
    assert press(tab, answer).status_code == 302
    park.refresh_from_db()
    assert park.intro_zh.startswith("嘉定的一块地")


def test_cookies_that_are_gone_lose_nothing_either(tab):
    park = a_park()
    sent = filled(tab, page_of(park), intro_zh=LONG)
    tab.cookies.clear()
    answer = tab.post(page_of(park), sent)
    assert heading(answer) == "登录已过期，您写的内容还在这一页上"
    log_in(tab)
    assert press_with_script(tab, answer).status_code == 302


def test_a_browser_that_says_only_the_origin_is_believed(tab):
    del tab.defaults["HTTP_SEC_FETCH_SITE"]
    answer = tab.post(page_of(a_park()), {"intro_zh": "写好的"})
    assert carried(answer)[1]["intro_zh"] == ["写好的"]


FORGED = [
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    {"origin": "https://evil.example"},
    {"origin": "http://testserver", "sec-fetch-site": "cross-site"},
    {"origin": "http://testserver", "sec-fetch-site": "same-site"},
    {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
    {"origin": "null", "sec-fetch-site": "cross-site"},
    {"origin": "null"},
    {"origin": "http://testserver.evil.example"},
    {"origin": "https://testserver"},
    {"origin": "http://testserver:81"},
    {"sec-fetch-site": "none"},
    {"referer": "http://testserver/admin/"},
    {"origin": "https://evil.example", "x-requested-with": "XMLHttpRequest"},
    {},
]


@pytest.mark.parametrize("headers", FORGED)
@pytest.mark.parametrize("logged_in", [True, False])
def test_a_forged_post_is_refused_and_not_shown(owner, headers, logged_in):
    park = a_park(name_zh="旧名")
    client = Client(enforce_csrf_checks=True, headers=headers)
    if logged_in:
        client.force_login(owner, backend=BACKEND)
        client.get(page_of(park))
    answer = client.post(page_of(park), {"name_zh": "骗来的字"})
    assert answer.status_code == 403
    assert heading(answer) == "不能这样打开"
    assert "骗来的字" not in answer.content.decode()
    park.refresh_from_db()
    assert park.name_zh == "旧名"


@pytest.mark.parametrize(
    "path", ["/admin/login/", "/admin/logout/", "/admin/second-factor/",
             "/admin/second-factor/check/", "/articles/", "/admin/token/"],
)  # fmt: skip
def test_log_ins_codes_and_pages_of_readers_are_not_kept(path):
    answer = browser().post(path, {"username": "x", "password": "y", "code": "123456"})
    assert answer.status_code in {403, 405}
    assert "continue_form" not in answer.content.decode()
    assert "123456" not in answer.content.decode()


def test_codes_posted_after_the_end_lead_to_the_log_in(tab):
    page = tab.get("/admin/second-factor/")
    expire()
    data = {"act": "turn_on", "code": "123456", "csrfmiddlewaretoken": page.context["csrf_token"]}
    answer = tab.post("/admin/second-factor/", data)
    assert answer["Location"] == "/admin/login/?next=/admin/second-factor/"


def test_another_kind_of_body_is_not_echoed(tab):
    expire()
    body = json.dumps({"intro_zh": "写好的"})
    answer = tab.post(page_of(a_park()), body, content_type="application/json")
    assert answer.status_code == 403
    assert "写好的" not in answer.content.decode()


# --- scripts ----------------------------------------------------------------------------------


def test_a_script_that_posts_after_the_end_is_told_where_the_log_in_is(tab):
    expire()
    headers = {"x-requested-with": "XMLHttpRequest"}
    answer = tab.post(page_of(a_park()), {"intro_zh": "x"}, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"login": "/admin/login/"})
    assert "no-store" in answer["Cache-Control"]


def test_a_script_with_an_old_token_is_told_where_a_fresh_one_is(tab):
    headers = {"x-requested-with": "XMLHttpRequest"}
    answer = tab.post(page_of(a_park()), {"csrfmiddlewaretoken": "x" * 64}, headers=headers)
    assert (answer.status_code, answer.json()) == (403, {"token": TOKEN})


def test_the_token_is_told_with_the_name_of_who_is_logged_in(tab):
    answer = tab.get(TOKEN)
    assert answer["Content-Type"] == "application/json"
    assert "no-store" in answer["Cache-Control"]
    told = answer.json()
    assert told["user"] == "站长甲"
    park = a_park()
    sent = filled(tab, page_of(park), name_zh="新名")
    answer = tab.post(page_of(park), sent | {"csrfmiddlewaretoken": [told["token"]]})
    assert answer.status_code == 302
    park.refresh_from_db()
    assert park.name_zh == "新名"


@pytest.mark.parametrize("who", ["nobody", "reader", "without code", "left"])
def test_who_is_not_in_is_told_no_token(who):
    client = browser()
    if who != "nobody":
        person = a_person("other", "编辑")
        client.force_login(person, backend=BACKEND)
        if who == "without code":
            a_second_factor(person)
        changes = {"reader": {"is_staff": False}, "left": {"is_active": False}}.get(who)
        User.objects.filter(pk=person.pk).update(**changes or {"is_demo": False})
    answer = client.get(TOKEN)
    assert (answer.status_code, answer.json()) == (401, {"login": "/admin/login/"})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("said", ["cross-site", "same-site", "none"])
def test_no_other_page_is_told_the_token(tab, said):
    answer = tab.get(TOKEN, headers={"sec-fetch-site": said})
    assert answer.status_code == 403
    assert "token" not in answer.json()


def test_a_form_that_is_let_through_knows_nothing_of_all_this(owner):
    article = an_article()
    desk = desk_of(owner)
    assert desk.get(page_of(article)).status_code == 200
    assert desk.post(page_of(article), filled(desk, page_of(article))).status_code == 302
