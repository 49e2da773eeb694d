"""Lifts and cranes as people write them: 3t×2, 5t×1@7.5m."""

from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from parks.forms import MachinesField, written
from parks.models.space import validate_cranes

LIFTS, CRANES = MachinesField(), MachinesField(hooks=True)

tonnes = st.integers(1, 999) | st.decimals("0.1", 99, places=1).map(float)
counts = st.integers(1, 50)
lifts = st.fixed_dictionaries({"t": tonnes, "count": counts})
cranes = st.fixed_dictionaries({"t": tonnes, "count": counts, "hook_m": st.none() | tonnes})


@given(st.lists(lifts, max_size=5))
def test_what_is_shown_of_lifts_is_read_back_as_it_was(rows):
    assert LIFTS.clean(LIFTS.prepare_value(rows)) == rows


@given(st.lists(cranes, max_size=5))
def test_what_is_shown_of_cranes_is_read_back_as_it_was(rows):
    assert CRANES.clean(CRANES.prepare_value(rows)) == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", []),
        ("  ", []),
        ("3t×2", [{"t": 3, "count": 2}]),
        ("3T X 2", [{"t": 3, "count": 2}]),
        ("３ｔ×２台", [{"t": 3, "count": 2}]),
        ("3吨*2部", [{"t": 3, "count": 2}]),
        ("3t", [{"t": 3, "count": 1}]),
        ("0.5t×1", [{"t": 0.5, "count": 1}]),
        ("3t×2、5t×1", [{"t": 3, "count": 2}, {"t": 5, "count": 1}]),
        ("3t×2，5t；2t x 4", [{"t": 3, "count": 2}, {"t": 5, "count": 1}, {"t": 2, "count": 4}]),
        ("3t×2、", [{"t": 3, "count": 2}]),
    ],
)
def test_lifts_are_read_however_people_write_them(text, rows):
    assert LIFTS.clean(text) == rows


@pytest.mark.parametrize(
    ("text", "hook"), [("5t×1@7.5m", 7.5), ("5吨×1＠７.５米", 7.5), ("5t@8", 8), ("5t×1", None)]
)
def test_a_crane_may_tell_the_height_of_its_hook(text, hook):
    assert CRANES.clean(text) == [{"t": 5, "count": 1, "hook_m": hook}]


@pytest.mark.parametrize(
    "text",
    ["两台", "3", "t", "×2", "3t×", "3t×2@7m", "3kg×2", "-3t×2", "3t×-2", "3t×2.5", "3,5t", "1e3t",
     "NaNt", "<script>", "3t×2 x 3", "9" * 400 + "t", "3t×" + "9" * 5_000, "3t×2@"],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_what_can_not_be_read_is_refused_with_an_example(text):
    with pytest.raises(ValidationError, match="3t×2、5t×1") as caught:
        LIFTS.clean(text)
    assert [error.code for error in caught.value.error_list] == ["machines"]


@pytest.mark.parametrize("text", ["5t×1@" + "9" * 400, "9" * 5_000 + "t@1", "3t×2\x00"])
def test_an_endless_number_is_refused_too(text):
    with pytest.raises(ValidationError):
        CRANES.clean(text)


@given(
    st.text(max_size=30)
    | st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,3})?t(@[0-9]{1,3})?", fullmatch=True)
)
def test_any_text_is_refused_or_read_and_shown_again_as_it_was_read(text):
    with suppress(ValidationError):
        rows = CRANES.clean(text)
        validate_cranes(rows)
        assert CRANES.clean("、".join(map(written, rows))) == rows


def test_a_form_sent_back_unchanged_has_no_change():
    rows = [{"t": 5, "count": 1, "hook_m": 7.5}, {"t": 3, "count": 2, "hook_m": None}]
    assert not CRANES.has_changed(rows, CRANES.prepare_value(rows))
    assert not CRANES.has_changed([], "")
    assert not CRANES.has_changed(None, None)
    assert CRANES.has_changed(rows, "5t×1@8m")
    assert CRANES.has_changed(rows, "")
