"""A second factor is set up at the desk, changed and turned off; its secrets are told once."""

import logging
import re
from base64 import b32decode
from datetime import UTC, datetime, timedelta

import pytest
from desk_forms import at_the_desk, desk_of, messages_of, words
from django.core import signing
from django.core.exceptions import ValidationError
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from factories import a_person, a_second_factor, code_of
from lxml import html

from parkcms.ledger.models import Act
from parkcms.people import second_factor
from parkcms.people.models import User

pytestmark = pytest.mark.django_db
PAGE = "/admin/second-factor/"
T0 = datetime(2026, 5, 4, 1, tzinfo=UTC)
HALF_A_MINUTE = timedelta(seconds=30)


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(T0, tick=False)
    return time_machine


@pytest.fixture
def editor():
    return a_person("editor", "编辑")


@pytest.fixture
def desk(client, editor):
    return at_the_desk(client, editor)


def fields_of(response, form="set_up_form"):
    tree = html.fromstring(response.content.decode())
    return dict(tree.get_element_by_id(form).form_values())


def secret_in(response):
    """The bytes a person would type into a phone from the page."""
    tree = html.fromstring(response.content.decode())
    (shown,) = tree.find_class("factor-secret")
    return b32decode(shown.text_content().replace(" ", ""))


def codes_in(response):
    tree = html.fromstring(response.content.decode())
    return [code.text_content() for code in tree.xpath("//ol[@id='codes']//code")]


def code_for(key):
    return f"{totp(key):06}"


def confirm(desk, page=None, code=None):
    page = page or desk.get(PAGE)
    return desk.post(PAGE, fields_of(page) | {"code": code or code_for(secret_in(page))})


def act(desk, name, code):
    prefix = {"turn_off": "off"}.get(name, name)
    return desk.post(PAGE, {"act": name, f"{prefix}-code": code})


def verbs():
    return [act.verb for act in Act.objects.order_by("id")]


def with_one(person, clock):
    """Somebody at the desk who has given the code, half a minute later; (desk, device, codes)."""
    device, codes = a_second_factor(person)
    clock.shift(HALF_A_MINUTE)
    desk = desk_of(person)
    desk.post(f"{PAGE}check/", {"code": code_of(device)})
    clock.shift(HALF_A_MINUTE)
    return desk, device, codes


def test_the_page_shows_a_picture_and_the_secret_in_groups_of_four(desk):
    page = desk.get(PAGE)
    tree = html.fromstring(page.content.decode())
    (shown,) = tree.find_class("factor-secret")
    assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", shown.text_content())
    (picture,) = tree.xpath("//*[local-name()='svg'][contains(@class, 'qr')]")
    assert picture.get("role") == "img"
    assert "no-store" in page["Cache-Control"]


def test_looking_at_the_page_keeps_nothing_and_each_look_is_another_secret(desk):
    secrets = {secret_in(desk.get(PAGE)) for _ in range(3)}
    assert len(secrets) == 3
    assert TOTPDevice.objects.count() == 0


def test_the_picture_says_who_where_and_the_secret(editor, settings):
    settings.OTP_TOTP_ISSUER = "www.example.cn"
    draft = second_factor.Draft(editor.pk, key="00" * 20)
    assert draft.address(editor) == (
        "otpauth://totp/www.example.cn%3Aeditor?secret=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "&algorithm=SHA1&digits=6&period=30&issuer=www.example.cn"
    )


def test_a_right_code_turns_it_on_and_ten_recovery_codes_are_told(desk, editor):
    answer = confirm(desk)
    codes = codes_in(answer)
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([a-z2-7]{4}-){3}[a-z2-7]{4}", code) for code in codes)
    assert "no-store" in answer["Cache-Control"]
    assert second_factor.has_one(editor)
    assert verbs() == ["second_factor_on"]
    assert desk.get("/admin/").status_code == 200


def test_who_has_just_set_it_up_goes_on_under_a_new_session_key(desk):
    before = desk.cookies["sessionid"].value
    confirm(desk)
    assert desk.cookies["sessionid"].value != before
    assert desk.get("/admin/").status_code == 200


@pytest.mark.parametrize("code", ["000000", "", "12345", "1234567", "abc", "a\x00b", "9" * 5000])
def test_a_wrong_code_turns_nothing_on_and_the_picture_stays(desk, code):
    page = desk.get(PAGE)
    answer = confirm(desk, page, code or " ")
    assert answer.status_code == 200
    assert secret_in(answer) == secret_in(page)
    assert html.fromstring(answer.content.decode()).find_class("errorlist")
    assert TOTPDevice.objects.count() == 0
    assert confirm(desk, answer).status_code == 200
    assert TOTPDevice.objects.count() == 1


@pytest.mark.parametrize("typed", ["{} {}", " {}{} ", "{}-{}", "{}\u3000{}"])
def test_a_code_is_read_however_it_is_typed(desk, editor, typed):
    page = desk.get(PAGE)
    code = code_for(secret_in(page))
    confirm(desk, page, typed.format(code[:3], code[3:]))
    assert second_factor.has_one(editor)


def test_full_width_digits_are_digits(desk, editor):
    page = desk.get(PAGE)
    code = code_for(secret_in(page)).translate({ord("0") + n: 0xFF10 + n for n in range(10)})
    confirm(desk, page, code)
    assert second_factor.has_one(editor)


def test_another_persons_draft_is_not_read(desk, editor):
    other = desk_of(a_person("other", "编辑"))
    page = other.get(PAGE)
    answer = confirm(desk, page)
    assert "过期" in words(answer)
    assert TOTPDevice.objects.count() == 0


# Named, for a signature tells the time: two workers would collect it under two names.
@pytest.mark.parametrize(
    "draft",
    ["", "x", "x" * 5000, signing.dumps([1, "00", None])],
    ids=["nothing", "a letter", "too long", "of another salt"],
)
def test_a_made_up_draft_is_not_read(desk, draft):
    page = desk.get(PAGE)
    answer = desk.post(PAGE, fields_of(page) | {"draft": draft, "code": "123456"})
    assert answer.status_code == 200
    assert secret_in(answer) != secret_in(page)
    assert TOTPDevice.objects.count() == 0


def test_a_draft_is_good_for_a_quarter_of_an_hour(desk, clock):
    page = desk.get(PAGE)
    clock.shift(timedelta(minutes=15, seconds=1))
    answer = confirm(desk, page)
    assert "过期" in words(answer)
    assert TOTPDevice.objects.count() == 0


def test_a_form_sent_twice_tells_the_codes_once(desk):
    page = desk.get(PAGE)
    sent = fields_of(page) | {"code": code_for(secret_in(page))}
    first = desk.post(PAGE, sent)
    again = desk.post(PAGE, sent, follow=True)
    assert len(codes_in(first)) == 10
    assert codes_in(again) == []
    assert messages_of(again) == ["两步验证刚才已经设过，以那一次为准。"]
    assert verbs() == ["second_factor_on"]


def test_of_two_windows_that_set_it_up_the_first_counts(desk, editor):
    pages = [desk.get(PAGE), desk.get(PAGE)]
    confirm(desk, pages[0])
    key = TOTPDevice.objects.get().key
    confirm(desk, pages[1])
    assert TOTPDevice.objects.get().key == key


def test_no_secret_is_told_again_or_written_down(desk, editor, caplog):
    caplog.set_level(logging.DEBUG)
    page = desk.get(PAGE)
    codes = codes_in(confirm(desk, page))
    device = TOTPDevice.objects.get()
    tree = html.fromstring(page.content.decode())
    typed = tree.find_class("factor-secret")[0].text_content()
    secrets = [typed, typed.replace(" ", ""), device.key, *codes]
    secrets += [code.replace("-", "") for code in codes]
    told = [desk.get(url).content.decode() for url in (PAGE, "/admin/", f"{PAGE}check/")]
    told += [str(list(Act.objects.values())), caplog.text]
    told.append(str(list(StaticToken.objects.values())))
    told.append(repr(second_factor.Draft(1, key=device.key)))
    assert [secret for secret in secrets for text in told if secret in text] == []
    assert "恢复码还剩 10 个" in words(desk.get(PAGE))


@pytest.mark.parametrize("with_recovery", [False, True])
def test_new_recovery_codes_take_a_code_and_end_the_old_ones(editor, clock, with_recovery):
    desk, device, old = with_one(editor, clock)
    answer = act(desk, "renew", old[0] if with_recovery else code_of(device))
    new = codes_in(answer)
    assert len(new) == 10
    assert set(new) & set(old) == set()
    with pytest.raises(ValidationError) as refused:
        second_factor.verify(editor, old[1])
    assert refused.value.code == "wrong"
    assert second_factor.recovery_left(editor) == 10
    used = ["recovery_used"] if with_recovery else []
    assert verbs() == ["second_factor_on", *used, "recovery_renewed"]


def test_turning_off_takes_a_code_and_then_the_password_is_enough(editor, clock):
    desk, device, _ = with_one(editor, clock)
    answer = desk.post(PAGE, {"act": "turn_off", "off-code": code_of(device)}, follow=True)
    assert messages_of(answer) == ["两步验证已关闭。"]
    assert (TOTPDevice.objects.count(), StaticToken.objects.count()) == (0, 0)
    assert verbs() == ["second_factor_on", "second_factor_off"]
    assert desk_of(editor).get("/admin/").status_code == 200


@pytest.mark.parametrize("name", ["turn_off", "renew", "replace"])
def test_nothing_is_done_for_a_wrong_code(editor, clock, name):
    desk, device, _ = with_one(editor, clock)
    answer = act(desk, name, "000000")
    assert answer.status_code == 200
    assert len(html.fromstring(answer.content.decode()).find_class("errorlist")) == 1
    assert codes_in(answer) == []
    assert TOTPDevice.objects.get().pk == device.pk
    assert second_factor.recovery_left(editor) == 10
    assert verbs() == ["second_factor_on"]


@pytest.mark.parametrize("who", ["role", "superuser"])
def test_who_must_have_one_does_not_turn_it_off(who, clock, settings):
    settings.SECOND_FACTOR_ROLES = {"站长"}
    person = a_person("boss", "站长" if who == "role" else "", is_superuser=who == "superuser")
    desk, device, _ = with_one(person, clock)
    assert "不能关闭" in words(desk.get(PAGE))
    answer = desk.post(PAGE, {"act": "turn_off", "off-code": code_of(device)}, follow=True)
    assert messages_of(answer) == ["您的角色必须使用两步验证，不能关闭。"]
    assert second_factor.has_one(person)
    with pytest.raises(ValidationError):
        second_factor.turn_off(person)
    assert second_factor.has_one(person)


def test_another_phone_takes_the_place_of_the_old_one_only_when_it_is_confirmed(editor, clock):
    desk, old, codes = with_one(editor, clock)
    page = act(desk, "replace", codes[0])
    assert TOTPDevice.objects.get().pk == old.pk
    answer = confirm(desk, page)
    assert len(codes_in(answer)) == 10
    new = TOTPDevice.objects.get()
    assert new.key != old.key
    assert desk.get("/admin/").status_code == 200
    clock.shift(HALF_A_MINUTE)
    for gone in (code_of(old), codes[1]):
        with pytest.raises(ValidationError):
            second_factor.verify(editor, gone)
    assert Act.objects.latest("id").after == {"换手机": True}


def test_a_draft_that_replaces_nothing_replaces_nothing(editor, clock):
    """Else who has the session and no code could put their own phone in the place of the old."""
    desk, old, _ = with_one(editor, clock)
    made = second_factor.draft(editor)
    key = bytes.fromhex(made.key)
    sent = {"act": "turn_on", "draft": made.sealed(), "code": code_for(key)}
    answer = desk.post(PAGE, sent, follow=True)
    assert codes_in(answer) == []
    assert TOTPDevice.objects.get().pk == old.pk


def test_other_sessions_are_asked_again_after_the_phone_was_changed(editor, clock):
    desk, _, codes = with_one(editor, clock)
    other = desk_of(editor)
    other.post(f"{PAGE}check/", {"code": codes[0]})
    assert other.get("/admin/").status_code == 200
    confirm(desk, act(desk, "replace", codes[1]))
    assert other.get("/admin/")["Location"] == "/admin/second-factor/check/?next=/admin/"


@pytest.mark.parametrize("data", [{}, {"act": "x"}, {"act": "turn_on\x00"}, {"act": ["a", "b"]}])
def test_an_act_nobody_was_handed_is_a_bad_request(desk, data):
    assert desk.post(PAGE, data).status_code == 400


@pytest.mark.parametrize("name", ["renew", "replace", "turn_off"])
def test_without_one_there_is_nothing_to_change(desk, name):
    assert act(desk, name, "123456").status_code == 302
    assert Act.objects.count() == 0


def test_what_can_not_be_told_about_is_not_done(desk, editor, monkeypatch):
    page = desk.get(PAGE)

    def fail(*args, **kwargs):
        raise RuntimeError("no ledger")

    monkeypatch.setattr(Act, "record", fail)
    with pytest.raises(RuntimeError):
        confirm(desk, page)
    assert not second_factor.has_one(editor)


def test_everybody_is_offered_it_in_the_tools_of_the_desk(desk):
    tree = html.fromstring(desk.get("/admin/").content.decode())
    (link,) = tree.xpath("//*[@id='user-tools']//a[@href='/admin/second-factor/']")
    assert link.text_content() == "两步验证"


def test_django_otps_own_pages_are_not_at_the_desk():
    root = User.objects.create(username="root", is_superuser=True, is_staff=True)
    desk = desk_of(root)
    for address in ("/admin/otp_totp/totpdevice/", "/admin/otp_static/staticdevice/"):
        assert desk.get(address).status_code == 404
