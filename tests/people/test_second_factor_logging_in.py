"""After name and password the code: before it nothing of the desk opens, and it counts once."""

import json
import re
import secrets
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axes.utils import reset as reset_axes
from desk_forms import desk_of, messages_of, page_of, words
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django_otp.plugins.otp_totp.models import TOTPDevice
from factories import PASSWORD, a_park, a_person, a_second_factor, an_article, code_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parkcms.ledger.models import Act
from parkcms.people import second_factor
from parkcms.people.models import User

pytestmark = pytest.mark.django_db
CHECK, SET_UP = "/admin/second-factor/check/", "/admin/second-factor/"
T0 = datetime(2026, 5, 4, 1, tzinfo=UTC)
HALF_A_MINUTE = timedelta(seconds=30)
WORD = "quite-a-long-secret-9"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(T0, tick=False)
    reset_axes()
    return time_machine


@pytest.fixture
def editor():
    return a_person("editor", "编辑")


@pytest.fixture
def both(editor, clock):
    both = a_second_factor(editor)
    clock.shift(HALF_A_MINUTE)
    return both


@pytest.fixture
def phone(both):
    return both[0]


@pytest.fixture
def codes(both):
    return both[1]


def asked(response):
    """Where a page leads that does not open."""
    return response.status_code, response.get("Location", "")


def give(desk, code, next_="", **how):
    return desk.post(CHECK, {"code": code, "next": next_}, **how)


def is_in(desk):
    return desk.get("/admin/").status_code == 200


def error_in(response):
    assert response.status_code == 200
    (error,) = response.context["form"].errors["code"].as_data()
    return error.code, error.message


def demand(settings, *roles):
    settings.SECOND_FACTOR_ROLES = frozenset(roles)


# --- the code ---------------------------------------------------------------------------------


def test_name_password_and_code_lead_to_the_page_that_was_asked_for(phone):
    article = an_article()
    page = page_of(article)
    client = Client()
    answer = client.post(
        "/admin/login/", {"username": "editor", "password": PASSWORD, "next": page}, follow=True
    )
    assert answer.redirect_chain == [(page, 302), (f"{CHECK}?next={page}", 302)]
    answer = give(client, code_of(phone), answer.context["next"])
    assert asked(answer) == (302, page)
    assert client.get(page).status_code == 200


def test_before_the_code_the_page_shows_no_way_into_the_desk(editor, phone):
    page = desk_of(editor).get(CHECK)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    text = page.content.decode()
    assert "nav-sidebar" not in text
    assert "password_change" not in text
    assert 'id="logout-form"' in text


def test_who_has_none_is_not_asked(editor):
    desk = desk_of(editor)
    assert is_in(desk)
    assert asked(desk.get(CHECK)) == (302, "/admin/")


@pytest.mark.parametrize("code", ["000000", "999999", "１２３４５６"])
def test_a_wrong_code_does_not_help(editor, phone, code):
    desk = desk_of(editor)
    assert error_in(give(desk, code))[0] == "wrong"
    assert not is_in(desk)


@pytest.mark.parametrize("code", ["1", "12345", "1234567", "abc", "a\x00b", "-1", "1e5", "９" * 41])
def test_what_is_no_code_is_said_to_be_none_and_is_not_counted(editor, phone, code):
    desk = desk_of(editor)
    assert error_in(give(desk, code))[0] in {"shape", "null_characters_not_allowed", "max_length"}
    assert is_in(desk) is False
    give(desk, code_of(phone))
    assert is_in(desk)


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_no_words_get_in(editor, phone, typed):
    TOTPDevice.objects.update(throttling_failure_count=0)
    desk = desk_of(editor)
    assert give(desk, typed).status_code == 200
    assert not is_in(desk)


def test_a_code_counts_once(editor, phone):
    code = code_of(phone)
    first, second = desk_of(editor), desk_of(editor)
    assert give(first, code).status_code == 302
    assert error_in(give(second, code))[0] == "wrong"
    assert (is_in(first), is_in(second)) == (True, False)


def test_the_code_that_set_it_up_does_not_log_in(editor):
    device, _ = a_second_factor(editor)
    assert error_in(give(desk_of(editor), code_of(device)))[0] == "wrong"


@pytest.mark.parametrize(("steps", "helps"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off(editor, phone, clock, steps, helps):
    clock.shift(4 * HALF_A_MINUTE)
    desk = desk_of(editor)
    give(desk, code_of(phone, steps))
    assert is_in(desk) is helps


def test_another_persons_code_does_not_help(editor, phone, clock):
    other, _ = a_second_factor(a_person("other", "编辑"))
    clock.shift(HALF_A_MINUTE)
    desk = desk_of(editor)
    give(desk, code_of(other))
    assert not is_in(desk)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_with_one_code_one_gets_in():
    person = User.objects.create(username="twice", is_staff=True)
    device, codes = a_second_factor(person)
    TOTPDevice.objects.update(last_t=-1)
    both = threading.Barrier(2)

    def attempt(code):
        try:
            both.wait(timeout=20)
            second_factor.verify(person, code)
        except ValidationError as error:
            return error.code
        else:
            return "in"
        finally:
            connections.close_all()

    for code in (code_of(device), codes[0]):
        with ThreadPoolExecutor(2) as pool:
            told = sorted(pool.map(attempt, [code, code]))
        assert told == ["in", "wrong"]


# --- how often --------------------------------------------------------------------------------


def test_each_wrong_code_makes_the_next_wait_longer_and_says_how_long(editor, phone, clock):
    desk = desk_of(editor)
    for number, seconds in enumerate([1, 2, 4, 8, 16, 32], 1):
        assert error_in(give(desk, "000000"))[0] == "wrong"
        told = (f"已连续输错 {number} 次，请等 {seconds} 秒再试。",)
        assert error_in(give(desk, "000000")) == ("wait", *told)
        clock.shift(timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("failures", "told"), [(7, "2 分钟"), (12, "35 分钟"), (15, "5 小时"), (20, "7 天")]
)
def test_a_long_wait_is_told_in_longer_words(editor, phone, failures, told):
    TOTPDevice.objects.update(
        throttling_failure_count=failures, throttling_failure_timestamp=datetime.now(UTC)
    )
    answer = give(desk_of(editor), "000000")
    assert error_in(answer) == ("wait", f"已连续输错 {failures} 次，请等 {told}再试。")


def test_while_waiting_the_right_code_does_not_help_and_afterwards_it_does(editor, phone, clock):
    desk = desk_of(editor)
    give(desk, "000000")
    assert error_in(give(desk, code_of(phone)))[0] == "wait"
    assert not is_in(desk)
    clock.shift(timedelta(seconds=1))
    give(desk, code_of(phone))
    assert is_in(desk)
    phone.refresh_from_db()
    assert phone.throttling_failure_count == 0


def test_a_fresh_session_does_not_start_the_count_again(editor, phone):
    give(desk_of(editor), "000000")
    assert error_in(give(desk_of(editor), "000000"))[0] == "wait"


def test_recovery_codes_are_counted_apart_and_still_help(editor, phone, codes):
    desk = desk_of(editor)
    give(desk, "000000")
    assert error_in(give(desk, "000000"))[0] == "wait"
    give(desk, codes[0])
    assert is_in(desk)


# --- recovery codes ---------------------------------------------------------------------------


@pytest.mark.parametrize("change", [str, str.upper, lambda code: code.replace("-", " "),
                                    lambda code: code.replace("-", "")])  # fmt: skip
def test_a_recovery_code_gets_in_says_how_many_are_left_and_is_told_of(editor, codes, change):
    desk = desk_of(editor)
    answer = give(desk, change(codes[3]), follow=True)
    assert messages_of(answer) == ["您用了一个恢复码，还剩 9 个。手机丢了就到“两步验证”换手机。"]
    act = Act.objects.latest("id")
    assert (act.verb, act.actor_id, act.after) == ("recovery_used", editor.pk, {"剩余": 9})
    assert act.object_id == str(editor.pk)


def test_each_recovery_code_counts_once(editor, codes, clock):
    for left, code in zip(range(9, -1, -1), codes, strict=True):
        desk = desk_of(editor)
        assert give(desk, code).status_code == 302
        assert is_in(desk)
        assert second_factor.recovery_left(editor) == left
        assert error_in(give(desk_of(editor), code))[0] == "wrong"
        clock.shift(timedelta(seconds=2))


def test_the_last_recovery_codes_come_with_advice(editor, codes):
    for code in codes[:7]:
        answer = give(desk_of(editor), code, follow=True)
    assert messages_of(answer)[0].endswith("换手机，并换一批新恢复码。")


def test_a_session_begun_with_a_recovery_code_lasts_when_the_codes_are_renewed(editor, codes):
    desk = desk_of(editor)
    give(desk, codes[0])
    second_factor.renew_recovery(editor)
    assert is_in(desk)


# --- what does not open before ----------------------------------------------------------------


OPEN = {"login/", "logout/", "jsi18n/", "token/", "second-factor/check/"}


def pages_of_the_desk():
    """Every address of the desk, those about a row with a number in it; not those of OPEN."""
    ends = {str(url.pattern) for url in admin.site.get_urls()} - OPEN
    for model in admin.site._registry:
        prefix = f"{model._meta.app_label}/{model._meta.model_name}/"
        ends |= {prefix + str(url.pattern) for url in admin.site._registry[model].get_urls()}
    ends = {re.sub(r"<\w+:\w+>|<\w+>", "1", end) for end in ends}
    return sorted(f"/admin/{end}" for end in ends if "(" not in end)


def test_no_page_of_the_desk_opens_before_the_code(clock):
    root = User.objects.create(username="root", is_superuser=True, is_staff=True)
    a_second_factor(root)
    a_park()
    desk = desk_of(root)
    pages = [*pages_of_the_desk(), "/admin/articles/", "/admin/nothing/"]
    assert len(pages) > 100
    for page in pages:
        assert asked(desk.get(page)) == (302, f"{CHECK}?next={page}"), page
        assert desk.post(page, {"a": "b"}).status_code in {302, 403}, page
    assert Act.objects.exclude(verb="second_factor_on").count() == 0
    assert desk.get("/admin/jsi18n/").status_code == 200
    assert desk.get("/static/admin/css/base.css").status_code == 200
    assert desk.get("/admin/token/").status_code == 401


def test_a_password_is_not_changed_before_the_code(editor, phone):
    desk = desk_of(editor)
    answers = {"old_password": PASSWORD, "new_password1": WORD, "new_password2": WORD}
    desk.post("/admin/password_change/", answers)
    editor.refresh_from_db()
    assert editor.check_password(PASSWORD)


def test_nothing_of_the_second_factor_is_changed_before_the_code(editor, phone, codes):
    desk = desk_of(editor)
    for act in ("turn_off", "renew", "replace"):
        prefix = "off" if act == "turn_off" else act
        answer = desk.post(SET_UP, {"act": act, f"{prefix}-code": codes[0]})
        assert asked(answer) == (302, f"{CHECK}?next=/admin/")
    assert second_factor.recovery_left(editor) == 10


def test_logging_out_is_possible_before_the_code(editor, phone):
    desk = desk_of(editor)
    assert desk.post("/admin/logout/").status_code == 200
    assert desk.get("/admin/")["Location"] == "/admin/login/?next=/admin/"


# --- who must have one ------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["站长", "招商主管", "superuser"])
def test_who_must_have_one_and_has_none_is_led_to_set_it_up(settings, role):
    demand(settings, "站长", "招商主管")
    person = a_person("boss", "" if role == "superuser" else role, is_superuser=role == "superuser")
    desk = desk_of(person)
    for page in pages_of_the_desk():
        if page not in {SET_UP, "/admin/password_change/", "/admin/password_change/done/"}:
            assert asked(desk.get(page)) == (302, f"{SET_UP}?next={page}"), page
    page = desk.get(f"{SET_UP}?next=/admin/parks/park/")
    assert "您的角色必须使用两步验证" in words(page)
    assert desk.get("/admin/password_change/").status_code == 200
    assert desk.get("/admin/jsi18n/").status_code == 200


def test_once_it_is_set_up_the_desk_opens(settings):
    demand(settings, "站长")
    person = a_person("boss", "站长")
    desk = desk_of(person)
    page = desk.get(f"{SET_UP}?next=/admin/parks/park/")
    made = second_factor.Draft.unsealed(page.context["sealed"], person)
    code = code_of(TOTPDevice(key=made.key))
    sent = {"act": "turn_on", "draft": made.sealed(), "code": code, "next": "/admin/parks/park/"}
    answer = desk.post(SET_UP, sent)
    assert answer.context["next"] == "/admin/parks/park/"
    assert desk.get("/admin/parks/park/").status_code == 200


@pytest.mark.parametrize("role", ["作者", "编辑", "园区经理", "招商专员"])
def test_others_need_none(settings, role):
    demand(settings, "站长", "招商主管")
    assert is_in(desk_of(a_person("other", role)))


def test_nobody_needs_one_where_no_role_is_named():
    for name, more in (("站长", {}), ("招商主管", {}), ("", {"is_superuser": True})):
        assert is_in(desk_of(a_person(role=name, **more)))


@pytest.mark.parametrize(
    ("profile", "roles"),
    [("production", ["招商主管", "站长"]), ("local", []), ("test", [])],
)
def test_it_is_demanded_in_production_alone(tmp_path, profile, roles):
    """Read by a program of its own: this one has the settings of the tests."""
    code = "import json, parkcms.settings as s; print(json.dumps(sorted(s.SECOND_FACTOR_ROLES)))"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parents[2],
        env={
            "PARKCMS_PROFILE": profile,
            "PARKCMS_VAR": str(tmp_path),
            "PARKCMS_SECRET_KEY": secrets.token_urlsafe(60),
            "PARKCMS_ORIGIN": "https://www.example.cn",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(answer.stdout) == roles


def test_it_costs_one_query_a_page_and_none_once_the_code_was_given(editor, clock):
    desk = desk_of(editor)
    desk.get("/admin/")

    def asks():
        with CaptureQueriesContext(connection) as captured:
            desk.get("/admin/")
        return [q["sql"] for q in captured if "otp_" in q["sql"]]

    assert len(asks()) == 1
    device, _ = a_second_factor(editor)
    clock.shift(HALF_A_MINUTE)
    give(desk, code_of(device))
    desk.get("/admin/")
    assert len(asks()) == 1  # the device of the session


# --- the session and the way on ---------------------------------------------------------------


def test_the_code_gives_the_session_a_new_key(editor, phone):
    desk = desk_of(editor)
    planted = desk.cookies["sessionid"].value
    give(desk, code_of(phone))
    assert desk.cookies["sessionid"].value != planted
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert thief.get("/admin/")["Location"].startswith("/admin/login/")


def test_a_session_of_one_does_not_count_for_another(editor, phone, clock):
    desk = desk_of(editor)
    give(desk, code_of(phone))
    other = a_person("other", "编辑")
    a_second_factor(other)
    desk.force_login(other, backend="parkcms.people.backends.PeopleBackend")
    assert asked(desk.get("/admin/")) == (302, f"{CHECK}?next=/admin/")


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "\\\\evil.example", "/\\evil.example/",
     "javascript:alert(1)", "/articles/", "http:///evil.example", "/admin/second-factor/check/",
     "https://testserver.evil.example/admin/", "admin/", "\t//evil.example", "%2f%2fevil.example",
     "/admin/second-factor/check/?next=/admin/", "x" * 4000, ""],
)  # fmt: skip
def test_the_code_leads_to_no_other_site_and_not_in_a_circle(editor, phone, target):
    desk = desk_of(editor)
    assert desk.get(CHECK, {"next": target[:900]}).context["next"] == "/admin/"
    assert asked(give(desk, code_of(phone), target)) == (302, "/admin/")
    assert asked(desk.get(CHECK, {"next": target[:900]})) == (302, "/admin/")


def test_a_line_break_in_the_way_on_makes_no_header(editor, phone):
    desk = desk_of(editor)
    answer = give(desk, code_of(phone), "/admin/\r\nSet-Cookie: a=b")
    assert answer.status_code == 302
    assert "a" not in answer.cookies
    assert answer["Location"].startswith("/admin/")


def test_public_pages_ask_nothing_about_who_is_there(editor, phone):
    desk = desk_of(editor)
    give(desk, code_of(phone))
    with CaptureQueriesContext(connection) as captured:
        answer = desk.get("/contact/")
    assert [q for q in captured if "otp_" in q["sql"] or "django_session" in q["sql"]] == []
    assert not answer.cookies


def test_no_address_of_the_desk_stands_beside_its_door():
    under = [one for one in get_resolver().url_patterns if str(one.pattern).startswith("admin")]
    assert [one.app_name for one in under] == ["admin"]
