"""Texts are found whatever their width, and Chinese punctuation gets its full one."""

import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parkcms.language.widths import fold, fold_with_map, full_width_punctuation, strip_indents

# Everything the rules look at, dense enough to meet in every order.
DENSE = st.text("嘉定，。《》“”（）；：？！ab1 ,;:?!()/.`\n\u3000#-=\\", max_size=30)
CHUNKS = st.lists(
    st.sampled_from(
        ["http://", "www.", "x.cn/", "温州", "(", ")", "（", "）", ",", ":", "?", "a=b", " ", "`"]
    ),
    max_size=14,
).map("".join)


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("当前位置:首页", "当前位置：首页"),
        ("今天下午,温州与嘉定合作", "今天下午，温州与嘉定合作"),
        ("开工;签约!可以吗?可以", "开工；签约！可以吗？可以"),
        ("温州(嘉定)科创园", "温州（嘉定）科创园"),
        ("CDN(内容分发网络)平台", "CDN（内容分发网络）平台"),
        ("级别越高(),代表", "级别越高（），代表"),
        ("温州(嘉定)科技创新园,“A股”,“B股”", "温州（嘉定）科技创新园，“A股”，“B股”"),
        ("达到79.5%,建立研发中心23个", "达到79.5%，建立研发中心23个"),
        ("微信/手机:400-000-0000", "微信/手机：400-000-0000"),
        ("《规划》,《方案》", "《规划》，《方案》"),
        ("比例3:1,时间10:30", "比例3:1，时间10:30"),
        ("下一行,\n开工", "下一行，\n开工"),
        ("温州, 嘉定", "温州， 嘉定"),
        ("(外(内)外)", "（外（内）外）"),
        ("（嘉定)园", "（嘉定）园"),
        ("好!?", "好！？"),
        ("见http://www.example.com/post/1.html,标签", "见http://www.example.com/post/1.html，标签"),
        ("(官网http://example.com)好", "（官网http://example.com）好"),
        ("本文链接:http://example.com/?id=1", "本文链接：http://example.com/?id=1"),
    ],
)
def test_punctuation_in_chinese_becomes_full_width(text, fixed):
    assert full_width_punctuation(text) == fixed


@pytest.mark.parametrize(
    "text",
    [
        "G1501(north)",
        "1,000,000",
        "3:1",
        "10:30",
        "He said, then (quietly): no!",
        "嘉定, then left",
        "嘉定 (Jiading)",
        "`f(嘉定),x:好`",
        "http://example.com/wiki/嘉定:历史?标题=好",
        "温州.嘉定.",
        "3.5米",
        "1)嘉定",
        "(嘉定\n)",
        "",
    ],
)
def test_everything_else_stays(text):
    assert full_width_punctuation(text) == text


@given(DENSE | CHUNKS | st.text())
@example("A,,好")
@example("http://x,,温")
@example("(http://x.cn)，好")
def test_doing_it_twice_changes_nothing_more(text):
    once = full_width_punctuation(text)
    assert full_width_punctuation(once) == once


@given(DENSE | CHUNKS | st.text())
def test_only_the_width_of_seven_marks_changes(text):
    fixed = full_width_punctuation(text)
    assert len(fixed) == len(text)
    changed = {(old, new) for old, new in zip(text, fixed, strict=True) if old != new}
    assert changed <= set(zip(",;:?!()", "，；：？！（）", strict=True))
    assert fold(fixed) == fold(text)


@given(st.text(st.characters(codec="ascii")))
def test_a_text_without_chinese_stays(text):
    assert full_width_punctuation(text) == text


def test_folding_makes_widths_and_signs_one():
    assert fold("（９，０００㎡）") == "(9,000m2)"


@given(st.text() | st.text("嘉９㎡e\u0301\u0327か\u3099ﾊﾞ\u1100\u1161\u11a8ﬁ…½a,，", max_size=20))
def test_folding_with_a_map_folds_alike_and_points_into_the_text(text):
    folded, places = fold_with_map(text)
    assert folded == unicodedata.normalize("NFKC", text)
    assert len(places) == len(folded)
    assert places == sorted(places)
    assert all(0 <= place < len(text) for place in places)


@given(st.text(), st.text("嘉定（）㎡９，a", min_size=1), st.text())
def test_a_folded_quote_is_found_at_its_place(before, quote, after):
    text = f"{before}【{quote}】{after}"
    folded, places = fold_with_map(text)
    start = folded.index(f"【{fold(quote)}】", len(fold(before))) + 1
    end = start + len(fold(quote))
    assert text[places[start] : places[end]] == quote


@pytest.mark.parametrize("indent", ["  ", "\u3000\u3000", "\u00a0", "\t", " \u3000\ufeff"])
def test_indents_go_from_every_line(indent):
    assert strip_indents(f"{indent}今天\n{indent}开工 了\n\n好") == "今天\n开工 了\n\n好"


@given(st.text() | st.text(" \u3000\u00a0\na嘉", max_size=20))
def test_stripping_twice_changes_nothing_more(text):
    once = strip_indents(text)
    assert strip_indents(once) == once


@pytest.mark.parametrize(
    "hostile",
    [
        "!" * 50_000 + "好",
        "(" * 50_000 + "好",
        "http://" + "(" * 50_000 + "a",
        "a" * 50_000,
        "`" * 50_001,
    ],
    ids=["marks", "brackets", "address", "letters", "backticks"],
)
def test_long_runs_take_no_longer_than_their_length(hostile):
    # Looking from each mark along the whole run would take minutes here.
    before = time.process_time()
    assert len(full_width_punctuation(hostile)) == len(hostile)
    assert time.process_time() - before < 5
