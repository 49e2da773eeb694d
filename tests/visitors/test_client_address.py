"""Which network a request comes from: what a visitor says of it counts only behind our proxies."""

import pytest
from django.test import RequestFactory, override_settings
from hypothesis import given
from hypothesis import strategies as st

from parkcms.visitors.address import client_address, network_of


def asked(remote, forwarded=None):
    extra = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=remote, **extra))


@pytest.mark.parametrize("forwarded", [None, "198.51.100.1", "1.2.3.4, 5.6.7.8", "x", "::1"])
def test_without_proxies_it_is_the_peer_whatever_is_claimed(settings, forwarded):
    settings.TRUSTED_PROXIES = []
    assert asked("203.0.113.7", forwarded) == "203.0.113.7"


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("6.6.6.6, 198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("198.51.100.1:4321", "198.51.100.1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("6.6.6.6, nonsense", "127.0.0.1"),
        ("", "127.0.0.1"),
        (None, "127.0.0.1"),
        ("10.1.2.3", "127.0.0.1"),
    ],
)
def test_behind_proxies_it_is_the_last_entry_they_added(settings, forwarded, expected):
    settings.TRUSTED_PROXIES = ["127.0.0.1", "10.0.0.0/8"]
    assert asked("127.0.0.1", forwarded) == expected


def test_the_peer_of_a_unix_socket_is_trusted_where_it_is_said_so(settings):
    settings.TRUSTED_PROXIES = ["unix"]
    assert asked("", "198.51.100.1") == "198.51.100.1"
    settings.TRUSTED_PROXIES = []
    assert asked("", "198.51.100.1") == ""


def test_a_version_six_address_counts_by_its_first_half():
    assert (
        network_of("2001:db8:0:1:2:3:4:5") == network_of("2001:db8:0:1::9") == "2001:db8:0:1::/64"
    )
    assert network_of("2001:db8:0:2::9") != "2001:db8:0:1::/64"
    assert network_of("203.0.113.7") == "203.0.113.7"
    assert network_of("") == network_of("x") == ""


@given(st.text(st.characters(max_codepoint=255), max_size=60), st.text(max_size=40))
def test_no_header_fails(forwarded, remote):
    with override_settings(TRUSTED_PROXIES=["127.0.0.1", "unix"]):
        for peer in ("127.0.0.1", "", remote):
            network_of(asked(peer, forwarded))
