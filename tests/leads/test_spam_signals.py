"""Signals of spam mark an enquiry; they never refuse one."""

from dataclasses import replace

import pytest

from leads.record import Record
from leads.spam import SIGNALS, is_held, signals_of


def a_record(language="zh-hans", **content):
    return Record.make(content, same="x", network="203.0.113.1", language=language)


HONEST = {"message": "找 1500 平厂房，层高 7 米，承重 2 吨，年前入驻。", "company": "某某有限公司"}


def test_an_honest_enquiry_has_none():
    assert signals_of(a_record(**HONEST)) == []
    assert signals_of(a_record(**HONEST, elapsed_ms=40_000)) == []
    assert signals_of(a_record("en", message="Looking for 1,500 sqm near metro line 11")) == []


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("honeypot", {"honeypot": True}),
        ("fast", {"elapsed_ms": 900}),
        ("links", {"message": "请看 https://example.cn"}),
        ("advert", {"message": "专业代开发票，量大从优"}),
        ("foreign", {"message": "Hello dear friend, I have an offer for you"}),
        ("repeated", {"message": "啊啊啊啊啊啊啊啊啊啊啊"}),
        ("fake_phone", {"phone_doubts": ["fake"]}),
    ],
)
def test_each_signal_alone(code, content):
    assert signals_of(a_record(**HONEST | content)) == [code]


def test_many_from_one_network():
    assert signals_of(replace(a_record(**HONEST), burst=5)) == ["burst"]
    assert signals_of(replace(a_record(**HONEST), burst=4)) == []


def test_without_a_script_the_time_is_no_signal():
    assert signals_of(a_record(**HONEST, elapsed_ms=None)) == []


def test_one_weak_signal_holds_nobody_back_and_a_strong_one_or_two_do():
    assert not is_held([])
    assert not is_held(["links"])
    assert is_held(["honeypot"])
    assert is_held(["advert"])
    assert is_held(["links", "fast"])


def test_every_signal_has_words_for_the_agent():
    assert all(SIGNALS.values())
