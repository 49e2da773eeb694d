"""References that can be read aloud, tokens nobody guesses, hashes nobody reverses."""

import re

import pytest

from leads.references import ALPHABET, TOKEN, keyed, new_reference, new_token, read_reference


def test_a_reference_has_no_letter_that_is_taken_for_another():
    assert not set("0O1IL") & set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET) == 30
    drawn = {new_reference() for _ in range(2000)}
    assert len(drawn) == 2000
    assert all(read_reference(one) == one for one in drawn)


@pytest.mark.parametrize(
    "typed", ["q7k2m-9m4dx", " Q7K2M 9M4DX ", "Q7K2M9M4DX", "编号：Q7K2M—9M4DX"]
)
def test_a_reference_is_read_however_it_is_typed(typed):
    assert read_reference(typed) == "Q7K2M-9M4DX"


@pytest.mark.parametrize("typed", ["", "Q7K2M", "Q7K2M-9M4DXX", "O7K2M-9M4DX", "%00", "１" * 10])
def test_what_can_be_none_is_none(typed):
    assert read_reference(typed) == ""


def test_a_token_fits_its_address_and_is_never_the_same():
    drawn = {new_token() for _ in range(500)}
    assert len(drawn) == 500
    assert all(re.fullmatch(TOKEN, one) for one in drawn)


def test_a_keyed_hash_depends_on_secret_purpose_and_parts(settings):
    first = keyed("a", "b", "c")
    assert first == keyed("a", "b", "c")
    assert len({first, keyed("a", "bc"), keyed("b", "b", "c"), keyed("a", "c", "b")}) == 4
    settings.SECRET_KEY = "another"
    assert keyed("a", "b", "c") != first
