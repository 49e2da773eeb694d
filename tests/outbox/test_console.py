"""In a local copy every channel ends at the terminal, word for word."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parkcms.outbox import channels, door

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@pytest.fixture(autouse=True)
def only_console(settings, monkeypatch):
    settings.OUTBOX_CHANNELS = {"console", "mail", "wecom"}
    monkeypatch.setattr(door, "connect", None)  # whoever went out would fail


@pytest.mark.parametrize(
    ("channel", "address", "shown"),
    [
        ("mail", "li.si@example.cn", "mail l***@example.cn"),
        ("mail", "no address", "mail ***"),
        ("wecom", "693a91f6-7aec-4bc4-97a0-0ec2sifa5aaa", "wecom …5aaa"),
        ("console", "", "console"),
    ],
)
def test_a_notice_is_written_with_its_address_masked(capsys, channel, address, shown):
    channels.deliver(
        channel=channel,
        address=address,
        subject="新需求 LE-1",
        body="需求：租赁\n联系：138****8000",
        link="/admin/leads/enquiry/1/change/",
    )
    assert capsys.readouterr().out == (
        f"── 通知（{shown}）新需求 LE-1\n需求：租赁\n联系：138****8000\n"
        "http://127.0.0.1:8000/admin/leads/enquiry/1/change/\n"
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=WORDS)
def test_the_words_are_not_changed(capsys, body):
    channels.deliver(channel="mail", address="a@example.cn", subject="题", body=body)
    assert capsys.readouterr().out == f"── 通知（mail a***@example.cn）题\n{body}\n"


def test_a_link_may_be_absolute(capsys):
    channels.deliver(channel="console", address="", subject="题", body="", link="https://a.cn/x")
    assert capsys.readouterr().out == "── 通知（console）题\nhttps://a.cn/x\n"


def test_nothing_is_written_when_nothing_is_on(settings, capsys):
    settings.OUTBOX_CHANNELS = set()
    for channel in ("mail", "wecom", "console"):
        with pytest.raises(channels.Undeliverable) as told:
            channels.deliver(channel=channel, address="", subject="题", body="文")
        assert (told.value.code, told.value.is_final) == ("channel_off", True)
    assert capsys.readouterr().out == ""
