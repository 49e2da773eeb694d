"""Two texts side by side: nothing is lost or invented, and the smallest change is marked."""

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles import comparing
from articles.comparing import ADDED, REMOVED, SAME, Piece

ALPHABETS = ("ab", "ab。\n", "园区面积351亩，。！\n abc-9", "的\n")
TEXTS = st.one_of(
    *[st.text(alphabet=alphabet, max_size=80) for alphabet in ALPHABETS], st.text(max_size=60)
)
LETTERS = {"two letters": "ab", "lines": "a\n", "sentences": "ab。", "one line": "园区的"}
ORIGINAL = "园区占地351亩，已入驻企业29家。\n一期建成于2019年。\n联系电话见页脚。"


def side(pieces, gone):
    return "".join(piece.text for piece in pieces or () if piece.kind != gone)


def lines(rows, name):
    gone = ADDED if name == "before" else REMOVED
    return [side(getattr(r, name), gone) for r in rows if getattr(r, name) is not None]


@given(TEXTS, TEXTS)
def test_words_joined_are_the_two_texts(before, after):
    pieces = comparing.words(before, after)
    assert side(pieces, ADDED) == before
    assert side(pieces, REMOVED) == after
    assert all(piece.text for piece in pieces)
    assert all(one.kind != next_.kind for one, next_ in pairwise(pieces))


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text):
    assert comparing.words(text, text) == ((Piece(SAME, text),) if text else ())
    assert all(row.is_same for row in comparing.rows(text, text))


@given(TEXTS, TEXTS)
def test_rows_hold_every_paragraph_of_both_texts_in_order(before, after):
    rows = comparing.rows(before, after)
    assert "\n".join(lines(rows, "before")) == before
    assert "\n".join(lines(rows, "after")) == after
    for row in rows:
        assert (row.before, row.after) != (None, None)
        assert {piece.kind for piece in row.before or ()} <= {SAME, REMOVED}
        assert {piece.kind for piece in row.after or ()} <= {SAME, ADDED}


@given(TEXTS, TEXTS)
def test_folding_hides_unchanged_paragraphs_and_nothing_else(before, after):
    rows = comparing.rows(before, after)
    shown = comparing.folded(rows)
    opened = []
    for one in shown:
        opened += one.rows if isinstance(one, comparing.Fold) else [one]
    assert opened == rows
    assert all(row.is_same for one in shown if isinstance(one, comparing.Fold) for row in one.rows)


@given(TEXTS)
def test_tokens_joined_are_the_text(text):
    assert "".join(comparing.tokens(text)) == text


def test_chinese_goes_by_character_and_latin_and_numbers_by_word():
    assert comparing.tokens("占地3,510亩 Phase-II，") == [
        "占", "地", "3,510", "亩", " ", "Phase-II", "，",
    ]  # fmt: skip


def test_one_number_changed_is_all_that_is_marked():
    assert comparing.words(ORIGINAL, ORIGINAL.replace("351", "360")) == (
        Piece(SAME, "园区占地"),
        Piece(REMOVED, "351"),
        Piece(ADDED, "360"),
        Piece(SAME, ORIGINAL.partition("351")[2]),
    )


def test_a_paragraph_that_came_stands_alone_and_a_changed_one_beside_its_old_self():
    first, _, third = ORIGINAL.split("\n")
    after = "\n".join([first, "新的一段，前所未有。", "一期建成于2020年。", third])
    rows = comparing.rows(ORIGINAL, after)
    assert [row.is_same for row in rows] == [True, False, False, True]
    assert rows[1] == comparing.Row(None, (Piece(ADDED, "新的一段，前所未有。"),))
    assert rows[2] == comparing.Row(
        (Piece(SAME, "一期建成于"), Piece(REMOVED, "2019"), Piece(SAME, "年。")),
        (Piece(SAME, "一期建成于"), Piece(ADDED, "2020"), Piece(SAME, "年。")),
    )


def test_two_sentences_with_nothing_but_commonplaces_in_common_are_shown_whole():
    before, after = "今天的天气很好。", "他的公司在嘉定。"
    assert comparing.words(before, after) == (Piece(REMOVED, before), Piece(ADDED, after))


def test_from_nothing_and_to_nothing():
    assert comparing.rows("", "") == []
    assert comparing.rows("", "甲\n乙") == [
        comparing.Row(None, (Piece(ADDED, "甲"),)),
        comparing.Row(None, (Piece(ADDED, "乙"),)),
    ]
    assert comparing.words("甲", "") == (Piece(REMOVED, "甲"),)


def long_text(kind, seed):
    """20,000 characters of one kind of text; every seed another one."""
    draw = random.Random(seed)  # noqa: S311 - the same text every time
    if kind == "article":
        letters = [chr(0x4E00 + draw.randrange(2_000)) for _ in range(20_000)]
        for at in range(0, 20_000, 17):
            letters[at] = "，"
        for at in range(0, 20_000, 40):
            letters[at] = "。"
        for at in range(0, 20_000, 400):
            letters[at] = "\n"
        return "".join(letters)
    alphabet = {"two letters": "ab", "lines": "a\n", "sentences": "ab。", "one line": "园区的"}[
        kind
    ]
    return "".join(draw.choice(alphabet) for _ in range(20_000))


def edited(text, seed):
    draw, letters = random.Random(seed), list(text)  # noqa: S311
    for _ in range(200):
        letters[draw.randrange(len(letters))] = draw.choice("新旧加减。")
    return "".join(letters)


@pytest.mark.parametrize("kind", ["article", "two letters", "lines", "sentences", "one line"])
@pytest.mark.parametrize("other", ["edited", "unrelated"])
def test_twenty_thousand_characters_take_no_while(kind, other):
    before = long_text(kind, 1)
    after = edited(before, 2) if other == "edited" else long_text(kind, 2)
    began = time.process_time()
    rows = comparing.rows(before, after)
    pieces = comparing.words(before, after)
    assert time.process_time() - began < 6
    assert "\n".join(lines(rows, "after")) == after
    assert side(pieces, REMOVED) == after


def test_two_hundred_edits_of_a_long_article_are_found_one_by_one():
    before = long_text("article", 1)
    pieces = comparing.words(before, edited(before, 2))
    assert sum(len(piece.text) for piece in pieces if piece.kind == ADDED) < 1_000
