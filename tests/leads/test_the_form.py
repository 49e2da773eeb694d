"""What the form asks, takes and refuses. Each error says why, with an example."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from submissions import WANG, a_form

from leads.forms import EnquiryForm


def errors(**fields):
    data = {name: value for name, value in (WANG | fields).items() if value is not None}
    form = EnquiryForm(data)
    form.is_valid()
    return {name: [error.code for error in list_.as_data()] for name, list_ in form.errors.items()}


def test_a_name_a_phone_and_consent_are_enough():
    bare = {"intent": None, "area_text": None, "consent_version": None}
    assert errors(**bare) == {}
    assert errors(**bare, contact_name=None, company="某某有限公司") == {}
    assert errors(**bare, phone=None, wechat="wang_2026") == {}
    assert errors(**bare, phone=None, email="wang@example.cn") == {}


def test_nobody_and_nothing_to_reach_are_said_at_their_fields():
    assert errors(contact_name=None) == {"contact_name": ["nobody"]}
    assert errors(phone=None) == {"phone": ["unreachable"]}
    assert errors(consent=None) == {"consent": ["required"]}
    assert errors(contact_name=" \u3000 ", phone=" ") == {
        "contact_name": ["nobody"],
        "phone": ["unreachable"],
    }


def test_a_wrong_phone_is_said_once_and_not_called_missing():
    assert errors(phone="021-5950123") == {"phone": ["phone_shanghai"]}
    assert errors(email="wang@", phone=None) == {"email": ["invalid"]}


@pytest.mark.parametrize(
    ("typed", "e164", "extension"),
    [
        ("１３９ ００００ ００１１", "+8613900000011", ""),
        ("+86 139-0000-0011", "+8613900000011", ""),
        ("0086 13900000011", "+8613900000011", ""),
        ("(021)5950 1234转8012", "+862159501234", "8012"),
        ("400-000-0000", "+864000000000", ""),
        ("+852 2345 6789", "+85223456789", ""),
        ("+49 30 901820", "+4930901820", ""),
    ],
)
def test_phones_as_people_write_them(typed, e164, extension):
    content = a_form(phone=typed).content()
    assert (content["phone_e164"], content["phone_extension"]) == (e164, extension)
    assert content["phone_raw"] == typed


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("1390000001", "phone_mobile_length"),
        ("l3900000011", "phone_letters"),
        ("59501234", "phone_area_code"),
        ("110", "phone_service"),
        ("13900000011 13900000012", "phone_several"),
        ("打电话给我", "phone_characters"),
        ("9" * 150, "phone_too_long"),
    ],
)
def test_what_is_no_phone_says_why_with_an_example(typed, code):
    form = EnquiryForm(WANG | {"phone": typed})
    assert not form.is_valid()
    (error,) = form.errors.as_data()["phone"]
    assert error.code == code
    assert any(char.isdigit() for char in form.errors["phone"][0])


def test_a_credit_code_is_checked_and_may_be_left_out():
    assert errors(credit_code="91350100M000100Y4Z") == {"credit_code": ["code_letters"]}
    assert errors(credit_code="91310115MA1H8R7C6D") == {"credit_code": ["code_check"]}
    assert a_form(credit_code=" 91350100m000100y43 ").content()["credit_code"] == (
        "91350100M000100Y43"
    )


def test_choices_nobody_was_offered_are_refused():
    assert errors(intent="steal") == {"intent": ["invalid_choice"]}
    assert errors(uses=["casino"]) == {"uses": ["invalid_choice"]}
    assert errors(districts=["310114", "999999"]) == {"districts": ["invalid_choice"]}


def test_a_text_that_is_too_long_says_how_long_it_may_be():
    form = EnquiryForm(WANG | {"message": "啊" * 2001})
    form.is_valid()
    assert form.errors["message"] == ["太长了，最多 2000 个字。"]


def test_hidden_fields_are_never_wrong():
    junk = {
        "about_kind": "x" * 5000,
        "about_id": "\x00\x00",
        "origin_kind": "文章",
        "origin_id": "9" * 3000,
        "consent_version": "<script>",
        "elapsed_ms": "-1e9",
    }
    content = a_form(**junk).content()
    assert content["about_kind"] == "x" * 10
    assert content["about_id"] == ""
    assert content["origin_id"] == "9" * 130
    assert content["elapsed_ms"] is None


def test_control_and_direction_characters_do_not_get_in():
    content = a_form(contact_name="王\u202e女\x07士", message="一\r\n二\x00\u200b三").content()
    assert content["contact_name"] == "王女士"
    assert content["message"] == "一\n二三"


# --- the same again -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        {"phone": "+86 13900000011"},
        {"phone": "１３９００００００１１"},
        {"contact_name": "王 女士"},
        {"area_text": "1500平"},
        {"consent_version": "privacy-2"},
        {"elapsed_ms": "123456"},
        {"origin_kind": "article", "origin_id": "7"},
    ],
)
def test_what_says_the_same_is_the_same(other):
    assert a_form(**other).same() == a_form().same()


@pytest.mark.parametrize(
    "other",
    [
        {"phone": "139 0000 0012"},
        {"area_text": "1600 平"},
        {"message": "要行车"},
        {"intent": "buy"},
        {"consent_operator": "on"},
        {"about_kind": "park", "about_id": "hydrogen-port"},
        {"uses": ["production"]},
    ],
)
def test_what_says_something_else_is_another(other):
    assert a_form(**other).same() != a_form().same()


TEXT_FIELDS = ("contact_name", "company", "area_text", "budget_text", "tax_text", "wechat",
               "message", "phone", "email", "credit_code", "about_id", "origin_kind",
               "consent_version", "elapsed_ms", "website", "intent", "move_in")  # fmt: skip
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


@given(st.dictionaries(st.sampled_from(TEXT_FIELDS), anything))
def test_no_input_fails(fields):
    form = EnquiryForm(WANG | fields)
    if form.is_valid():
        content = form.content()
        assert content["contact_name"] or content["company"]
        assert content["phone_e164"] or content["wechat"] or content["email"]
        assert form.same()
