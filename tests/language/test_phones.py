"""Telephone numbers: every way of writing one gives the same number, and refusals say why."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkcms.language.phones import DOUBTS, PhoneError, find_mobiles, parse, split_run

# Service and example numbers of operators: nobody's own.
MOBILES = ["13800138000", "13900139000", "13700137000"]
PEOPLE = st.sampled_from(["130", "138", "139", "150", "166", "175", "188", "198"])
NUMBERS = st.builds(lambda head, tail: f"{head}{tail:08}", PEOPLE, st.integers(0, 10**8 - 1))
SEPARATORS = st.sampled_from(["", " ", "-", "\u00a0", "·", "—", "  "])


@pytest.mark.parametrize(
    "typed",
    [
        "13900139000",
        "139 0013 9000",
        "139-0013-9000",
        "139\u00a00013\u00a09000",
        "１３９００１３９０００",
        "＋８６ 139 0013 9000",
        "+8613900139000",
        "+86-139-0013-9000",
        "(+86) 139 0013 9000",
        "0086 13900139000",
        "8613900139000",
        "86-139-0013-9000",
        "013900139000",
        "手机：139 0013 9000",
        "139.0013.9000",
        "\u202a13900139000\u202c",
    ],
)
def test_a_mobile_is_one_number_however_it_is_typed(typed):
    phone = parse(typed)
    assert (phone.kind, phone.e164, phone.extension, phone.doubtful) == (
        "mobile",
        "+8613900139000",
        "",
        (),
    )
    assert phone.raw == typed


@pytest.mark.parametrize(
    "typed",
    [
        "021-59501234转8012",
        "(021)5950 1234转8012",
        "（021）５９５０１２３４（转８０１２）",
        "021-59501234-8012",
        "021-5950-1234-8012",
        "021 5950 1234 ext. 8012",
        "021 5950 1234 ext 8012",
        "02159501234 x8012",
        "02159501234#8012",
        "021-59501234 分机 8012",
        "021-59501234转分机8012",
        "021-59501234，8012",
        "+86 21 5950 1234 转 8012",
        "+86 (0)21 5950 1234-8012",
        "86-21-59501234-8012",
        "Tel: 021-59501234 转8012",
    ],
)
def test_a_landline_keeps_its_extension_apart(typed):
    phone = parse(typed)
    assert (phone.kind, phone.e164, phone.extension) == ("landline", "+862159501234", "8012")
    assert phone.display == "021-5950 1234 转 8012"
    assert phone.display_en == "+86 21 5950 1234 ext. 8012"
    assert phone.href == "tel:+862159501234,8012"


@pytest.mark.parametrize(
    ("typed", "kind", "display", "display_en", "href", "masked"),
    [
        (
            "13900139000",
            "mobile",
            "139 0013 9000",
            "+86 139 0013 9000",
            "tel:+8613900139000",
            "139****9000",
        ),
        (
            "021-59501234",
            "landline",
            "021-5950 1234",
            "+86 21 5950 1234",
            "tel:+862159501234",
            "021-****1234",
        ),
        (
            "+86 10 5950 1234",
            "landline",
            "010-5950 1234",
            "+86 10 5950 1234",
            "tel:+861059501234",
            "010-****1234",
        ),
        (
            "0577-88881234",
            "landline",
            "0577-8888 1234",
            "+86 577 8888 1234",
            "tel:+8657788881234",
            "0577-****1234",
        ),
        (
            "0878-3123456",
            "landline",
            "0878-312 3456",
            "+86 878 312 3456",
            "tel:+868783123456",
            "0878-***3456",
        ),
        (
            "400 000 0021",
            "hotline",
            "400-000-0021",
            "400-000-0021",
            "tel:4000000021",
            "400-***-0021",
        ),
        (
            "+86 400-000-0021转3",
            "hotline",
            "400-000-0021 转 3",
            "400-000-0021 ext. 3",
            "tel:4000000021,3",
            "400-***-0021",
        ),
        (
            "8001230021",
            "hotline",
            "800-123-0021",
            "800-123-0021",
            "tel:8001230021",
            "800-***-0021",
        ),
        (
            "+852 2345 6789",
            "abroad",
            "+852 2345 6789",
            "+852 2345 6789",
            "tel:+85223456789",
            "+852 ****6789",
        ),
        (
            "0049 30 901820",
            "abroad",
            "+49 30 901820",
            "+49 30 901820",
            "tel:+4930901820",
            "+49 ****1820",
        ),
    ],
)
def test_each_kind_is_shown_linked_and_masked(typed, kind, display, display_en, href, masked):
    phone = parse(typed)
    assert (phone.kind, phone.display, phone.display_en, phone.href, phone.masked) == (
        kind,
        display,
        display_en,
        href,
        masked,
    )


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "empty"),
        (" \u3000", "empty"),
        ("电话：", "empty"),
        ("9" * 61, "too_long"),
        ("13900139000/13800138000", "several"),
        ("13900139000;13800138000", "several"),
        ("139001390001380013800013700137000", "several"),
        ("021-59501234/021-59505678", "several"),
        ("139OO139000", "letters"),
        ("l3900139000", "letters"),
        ("1390013900o", "letters"),
        ("13900139000 李", "characters"),
        ("139001390٠٠", "characters"),
        ("+86+13900139000", "characters"),
        ("\x00", "characters"),
        ("+", "unreadable"),
        ("12345", "service"),
        ("95588", "service"),
        ("962288", "service"),
        ("10086", "service"),
        ("110", "service"),
        ("021-12345", "service"),
        ("59501234", "area_code"),
        ("5950123", "area_code"),
        ("1390013900", "mobile_length"),
        ("139001390001", "mobile_length"),
        ("021-5950123", "shanghai"),
        ("0999-31234567", "landline"),
        ("0577-123", "landline"),
        ("021-1234 5678", "landline"),
        ("400-000-002", "hotline"),
        ("021-5950 1234 转", "extension"),
        ("021-5950 1234 转 1234567", "extension"),
        ("+852 123", "abroad"),
        ("+999 12345678", "abroad"),
        ("1", "unreadable"),
    ],
)
def test_a_refusal_has_a_code_and_a_chinese_sentence(typed, code):
    with pytest.raises(PhoneError) as caught:
        parse(typed)
    message = str(caught.value)
    assert caught.value.code == code
    assert message.endswith("。")
    assert any("\u4e00" <= char <= "\u9fff" for char in message)


@pytest.mark.parametrize("code", ["letters", "mobile_length", "shanghai", "area_code", "abroad"])
def test_refusals_give_an_example_that_is_accepted(code):
    typed = {
        "letters": "139OO139000",
        "mobile_length": "1390013900",
        "shanghai": "021-5950123",
        "area_code": "59501234",
        "abroad": "+852 123",
    }[code]
    with pytest.raises(PhoneError) as caught:
        parse(typed)
    example = str(caught.value).rpartition("如 ")[2].rstrip("。").partition(" 或 ")[0]
    assert parse(example).e164


@pytest.mark.parametrize(
    ("typed", "doubts"),
    [
        ("13800138000", ("fake",)),
        ("12345678901", ("fake",)),
        ("11111111111", ("fake",)),
        ("13912345678", ("fake",)),
        ("021-22222222", ("fake",)),
        ("400-000-0000", ("fake",)),
        ("14400139000", ("iot",)),
        ("14900139000", ("iot",)),
        ("17400139000", ("satellite",)),
        ("15400139000", ("unknown_range",)),
        ("19400139000", ("unknown_range",)),
        ("17900139000", ("unknown_range",)),
        ("16100139000", ("unknown_range",)),
        ("14412345678", ("fake", "iot")),
        ("14500139000", ()),
        ("19900139000", ()),
        ("021-59501234", ()),
    ],
)
def test_odd_numbers_are_doubted_not_refused(typed, doubts):
    assert parse(typed).doubtful == doubts
    assert set(doubts) <= set(DOUBTS)


def test_another_region_reads_its_own_numbers():
    assert parse("2345 6789", region="HK").e164 == "+85223456789"
    assert parse("+86 139 0013 9000", region="HK").kind == "mobile"
    assert parse("011 86 21 5950 1234", region="US").display == "021-5950 1234"


@given(NUMBERS, st.sampled_from(["", "+86", "0086 ", "86-"]), SEPARATORS, SEPARATORS)
def test_prefix_and_separators_never_change_a_mobile(number, prefix, first, second):
    phone = parse(f"{prefix}{number[:3]}{first}{number[3:7]}{second}{number[7:]}")
    assert (phone.e164, phone.kind) == (f"+86{number}", "mobile")


@given(NUMBERS | st.integers(20_000_000, 89_999_999).map(lambda local: f"021{local}"))
def test_what_is_shown_reads_back_as_the_same_number(number):
    phone = parse(number)
    for shown in (phone.display, phone.display_en, phone.e164):
        assert parse(shown).e164 == phone.e164


@given(NUMBERS)
def test_a_masked_mobile_hides_four_digits(number):
    assert parse(number).masked == f"{number[:3]}****{number[7:]}"


@given(st.text(max_size=70) | st.text("0123456789+-() 转oOl,;#ext\u00a0", max_size=40))
def test_any_text_is_a_phone_or_a_phone_error(text):
    try:
        phone = parse(text)
    except PhoneError as error:
        told = (error.code, str(error))
    else:
        told = (phone.display, phone.masked)
        assert re.fullmatch(r"\+[0-9]{6,15}", phone.e164)
        assert re.fullmatch(r"[0-9]{0,6}", phone.extension)
    assert all(told)


@given(st.lists(NUMBERS, min_size=1, max_size=6))
def test_glued_mobiles_come_apart(numbers):
    assert split_run("".join(numbers)) == numbers


def test_a_run_of_33_digits_is_three_mobiles():
    assert split_run(" 139001390001380013800013700137000 \n") == [
        "13900139000",
        "13800138000",
        "13700137000",
    ]


@pytest.mark.parametrize(
    "run",
    ["", "1390013900", "139001390001", "1390013900001234567890", "13900139000x13800138000"],
)
def test_other_digits_are_no_run_of_mobiles(run):
    assert split_run(run) == []


def test_mobiles_in_a_text_are_found_where_they_stand():
    text = (
        "电话１３９００１３９０００，或 +86 138-0013-8000；"
        "手机139001390001380013800013700137000，139–0013–9000"
    )
    found = find_mobiles(text)
    assert [(one.digits, text[one.start : one.end]) for one in found] == [
        ("13900139000", "１３９００１３９０００"),
        ("13800138000", "+86 138-0013-8000"),
        ("13900139000", "13900139000"),
        ("13800138000", "13800138000"),
        ("13700137000", "13700137000"),
        ("13900139000", "139–0013–9000"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "身份证 310114199001011234",
        "订单 2013900139000",
        "税号 91350100M000100Y43",
        "0.13900139000",
        "1700000000000",
        "139001390001",
        "",
    ],
)
def test_other_long_numbers_are_no_mobiles(text):
    assert find_mobiles(text) == []
