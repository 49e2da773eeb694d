"""Sentences are whole, and an opening ends where one does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkcms.language.sentences import excerpt, sentences

TEXTS = st.text("嘉定。！？，”“）!?a1. \n", max_size=300) | st.text(max_size=300)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今天开工。明天签约！好吗？好", ["今天开工。", "明天签约！", "好吗？", "好"]),
        ("“今天开工。”他说。", ["“今天开工。”", "他说。"]),
        ("（见附件。）下一句", ["（见附件。）", "下一句"]),
        ("真的？！是的。", ["真的？！", "是的。"]),
        ("总投资44.63亿元。占地9.2公顷", ["总投资44.63亿元。", "占地9.2公顷"]),
        ("开工!上海嘉定", ["开工!", "上海嘉定"]),
        ("见http://example.com/?id=1页", ["见http://example.com/?id=1页"]),
        ("标题\n\u3000\u3000正文。", ["标题", "正文。"]),
        ("还有……没完", ["还有……没完"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_a_text_comes_apart_at_its_sentence_ends(text, expected):
    assert sentences(text) == expected


@given(TEXTS)
def test_no_word_is_lost_between_sentences(text):
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@given(TEXTS)
def test_a_sentence_is_one_sentence(text):
    for one in sentences(text):
        assert sentences(one) == [one]


def test_an_excerpt_ends_with_the_last_sentence_that_fits():
    text = "一" * 39 + "。" + "二" * 39 + "。" + "三" * 59 + "。"
    assert excerpt(text) == "一" * 39 + "。" + "二" * 39 + "。"
    assert excerpt(text, limit=200) == text


def test_a_sentence_that_ends_too_early_is_not_all_there_is():
    text = "短。" + "一" * 70 + "，" + "二" * 80 + "。"
    assert excerpt(text) == "短。" + "一" * 70 + "…"


def test_without_a_clause_it_is_cut_between_words():
    assert excerpt("word " * 40) == ("word " * 23 + "word") + "…"
    assert excerpt("一" * 200) == "一" * 119 + "…"


def test_line_breaks_and_indents_become_one_space():
    assert excerpt("\u3000\u3000今天\n\n开工。") == "今天 开工。"


@given(TEXTS, st.integers(10, 150))
def test_an_excerpt_is_a_beginning_within_its_limit(text, limit):
    line = " ".join(text.split())
    short = excerpt(text, limit)
    assert len(short) <= limit
    assert line.startswith((short, short.removesuffix("…")))
    if len(line) > limit and not short.endswith("…"):
        assert len(short) >= limit / 2 - 1
