"""Slugs and order by pinyin."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkcms.language.pinyin import MAX_SLUG, slug, sort_key, unique_slug


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("长三角", "chang-san-jiao"),
        ("长三角一体化", "chang-san-jiao-yi-ti-hua"),
        ("重庆", "chong-qing"),
        ("重工", "zhong-gong"),
        ("厦门", "xia-men"),
        ("长宁", "chang-ning"),
        ("六合", "lu-he"),
        ("绿地", "lv-di"),
        ("联东U谷", "lian-dong-u-gu"),
        ("联东Ｕ谷·嘉定国际企业港", "lian-dong-u-gu-jia-ding-guo-ji-qi-ye-gang"),
        ("G1501嘉松北路", "g1501-jia-song-bei-lu"),
        ("温州（嘉定）科技创新园", "wen-zhou-jia-ding-ke-ji-chuang-xin-yuan"),
        ("Lingang U-Valley", "lingang-u-valley"),
        ("café", "cafe"),
        ("3+16", "3-16"),
        ("A-1/2#", "a-1-2"),
    ],
)
def test_a_slug_is_read_from_the_name(text, expected):
    assert slug(text) == expected


@pytest.mark.parametrize("text", ["", "——", "\x00", "Ω", "😀"])
def test_where_nothing_can_be_read_the_fallback_stands(text):
    assert slug(text) == "item"
    assert slug(text, fallback="space") == "space"


@given(st.text() | st.text("嘉定长三角U ·-_/a1", max_size=80))
def test_every_slug_is_short_ascii_and_stays_itself(text):
    name = slug(text)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert len(name) <= MAX_SLUG
    assert slug(name) == name


def test_a_long_name_is_cut_at_a_hyphen():
    name = slug("嘉定工业区" * 12)
    assert len(name) <= 60
    assert set(name.split("-")) == {"jia", "ding", "gong", "ye", "qu"}
    assert slug("a" * 70) == "a" * 60


@given(st.sampled_from(["嘉定", "嘉定工业区" * 12, "a" * 70, ""]), st.integers(0, 120))
def test_names_that_collide_are_numbered(text, rows):
    names: list[str] = []
    for _ in range(rows):
        names.append(unique_slug(text, names.__contains__))
    assert len(set(names)) == rows
    assert all(len(name) <= 60 for name in names)
    assert [name.rpartition("-")[2] for name in names[1:]] == [str(n) for n in range(2, rows + 1)]


def test_names_sort_by_pinyin_tone_and_number():
    names = ["重庆", "10号楼", "嘉定", "长三角", "2号楼", "安亭", "Liando", "外冈", "妈", "马"]
    assert sorted(names, key=sort_key) == [
        "2号楼", "10号楼", "安亭", "长三角", "重庆", "嘉定", "Liando", "妈", "马", "外冈",
    ]  # fmt: skip


@given(st.text(), st.text())
def test_different_names_have_different_keys(one, other):
    assert (sort_key(one) == sort_key(other)) == (one.strip() == other.strip())
