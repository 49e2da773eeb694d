"""Unified social credit codes: the standard's example, made-up ones, and every single slip."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from parkcms.language.credit_code import (
    ALPHABET,
    CreditCodeError,
    check_character,
    is_valid,
    parse,
)

VALID = ["91350100M000100Y43", "91310114MA1K00001P", "91330300MA2C000129"]
FIRST_17 = st.builds(
    "{}{}{}".format,
    st.text(ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=9, max_size=9),
)


@pytest.mark.parametrize("code", VALID)
def test_known_codes_are_valid(code):
    assert parse(code) == code


@pytest.mark.parametrize(
    "typed", ["９１３５０１００ｍ０００１００ｙ４３", " 9135 0100-m000 100y43 "]
)
def test_width_case_spaces_and_hyphens_do_not_matter(typed):
    assert parse(typed) == "91350100M000100Y43"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "empty"),
        ("91350100M000100Y4", "length"),
        ("91350100M000100Y431", "length"),
        ("91350100M000100Y4Z", "letters"),
        ("9135O100M000100Y43", "letters"),
        ("913501A0M000100Y43", "shape"),
        ("91350100M000100Y4#", "shape"),
        ("91310115MA1H8R7C6D", "check"),
        ("9135010٠M000100Y43", "shape"),
    ],
)
def test_each_mistake_has_its_code_and_a_reason(typed, code):
    with pytest.raises(CreditCodeError) as caught:
        parse(typed)
    assert (caught.value.code, str(caught.value).endswith("。")) == (code, True)


@given(FIRST_17)
def test_a_computed_check_character_makes_a_valid_code(first):
    assert is_valid(first + check_character(first))


@given(FIRST_17, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_noticed(first, place, other):
    assume(first[place] != other)
    slipped = first[:place] + other + first[place + 1 :]
    assert not is_valid(slipped + check_character(first))


@given(FIRST_17, st.integers(0, 15))
def test_two_neighbours_swapped_are_always_noticed(first, place):
    assume(first[place] != first[place + 1])
    swapped = first[:place] + first[place + 1] + first[place] + first[place + 2 :]
    assert not is_valid(swapped + check_character(first))


@given(st.text())
def test_any_text_is_answered(text):
    assert is_valid(text) in {True, False}
