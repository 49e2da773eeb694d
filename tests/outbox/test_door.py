"""The one door to other hosts: closed by default, public addresses only, in bounded time."""

import ipaddress
import json
import socket
import ssl
import threading
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tls_server import read_request, respond

from parkcms.outbox import door

HOST = "api.example.cn"
# RFC 6890 and its later additions: what is not the public internet.
NOT_PUBLIC = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128", "::ffff:10.0.0.0/104",
    "::ffff:127.0.0.0/104", "::ffff:169.254.0.0/112", "::ffff:192.168.0.0/112", "64:ff9b::/96",
    "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32", "2002:a00::/24", "2002:7f00::/24",
    "2002:c0a8::/32", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
]  # fmt: skip


def address_in(network):
    net = ipaddress.ip_network(network)
    return st.integers(0, net.num_addresses - 1).map(lambda n: str(net[n]))


@given(st.sampled_from(NOT_PUBLIC).flatmap(address_in))
@example("169.254.169.254")
@example("::ffff:7f00:1")
@example("::127.0.0.1")
@example("fe80::1%eth0")
@example("localhost")
@example("")
@example("0x7f000001")
@example("2130706433")
def test_no_address_outside_the_public_internet_is_public(address):
    assert not door.is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "223.5.5.5", "2400:3200::1", "::ffff:223.5.5.5", "2002:df05:505::1"]
)
def test_an_address_of_the_public_internet_is(address):
    assert door.is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_of_four_bytes_is_judged_alike_in_any_dress(ip):
    dresses = [str(ip), f"::ffff:{ip}"]
    assert len({door.is_public(dress) for dress in dresses}) == 1


def refused(url=f"https://{HOST}/", **options):
    with pytest.raises(door.Closed) as told:
        door.post_json(url, {"a": 1}, **options)
    return told.value.code


@pytest.fixture
def nobody_is_asked(monkeypatch):
    def fail(*_args, **_options):
        raise AssertionError("asked")

    monkeypatch.setattr(socket, "create_connection", fail)
    monkeypatch.setattr(socket, "getaddrinfo", fail)


@pytest.mark.usefixtures("nobody_is_asked")
@pytest.mark.parametrize(
    ("hosts", "url"),
    [
        (set(), f"https://{HOST}/"),
        ({"other.example.cn"}, f"https://{HOST}/"),
        ({HOST}, f"http://{HOST}/"),
        ({HOST}, f"https://{HOST}:8443/"),
        ({f"{HOST}:8443"}, f"https://{HOST}/"),
        ({HOST}, f"https://x.{HOST}/"),
        ({HOST}, f"https://{HOST}.evil.example/"),
        ({HOST}, f"https://{HOST}@evil.example/"),
        ({HOST}, f"https://evil@{HOST}/"),
        ({HOST}, f"ftp://{HOST}/"),
        ({HOST}, "https:///x"),
        ({HOST}, f"//{HOST}/"),
        ({HOST}, ""),
    ],
)
def test_the_door_is_closed_to_what_the_list_does_not_name(settings, hosts, url):
    settings.OUTGOING_HOSTS = hosts
    assert refused(url) == "closed"


def test_the_list_is_empty_unless_somebody_fills_it(settings):
    assert not settings.OUTGOING_HOSTS


@pytest.mark.parametrize(
    ("addresses", "code"),
    [
        (["10.0.0.1"], "private"),
        (["127.0.0.1"], "private"),
        (["::1"], "private"),
        (["::ffff:192.168.1.1"], "private"),
        (["169.254.169.254"], "private"),
        (["223.5.5.5", "192.168.1.1"], "private"),
        ([], "unknown_host"),
    ],
)
def test_a_name_that_leads_to_no_public_address_is_not_asked(
    settings, monkeypatch, addresses, code
):
    settings.OUTGOING_HOSTS = {HOST}
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (one, 443)) for one in addresses]
    )
    monkeypatch.setattr(socket, "create_connection", None)
    assert refused() == code


def test_a_name_nobody_knows_is_said(settings, monkeypatch):
    def fail(*_args, **_options):
        raise socket.gaierror

    settings.OUTGOING_HOSTS = {HOST}
    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert refused() == "unknown_host"


def test_a_resolver_that_hangs_is_not_waited_for(settings, monkeypatch):
    gate = threading.Event()
    settings.OUTGOING_HOSTS = {HOST}
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: gate.wait(20) and [])
    assert refused(timeout=0.1) == "timeout"
    gate.set()


def test_the_checked_address_is_the_one_connected_to(settings, monkeypatch):
    """A name that answers differently the second time gains nothing: it is asked once."""
    asked, reached = [], []
    settings.OUTGOING_HOSTS = {HOST}
    monkeypatch.setattr(
        door, "addresses_of", lambda host, port, timeout: asked.append(host) or ["223.5.5.5"]
    )

    def connect(place, timeout):
        reached.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    assert refused() == "unreachable"
    assert (asked, reached) == ([HOST], [("223.5.5.5", 443)])


def test_all_addresses_are_tried_in_their_order(settings, monkeypatch):
    reached = []
    settings.OUTGOING_HOSTS = {HOST}
    monkeypatch.setattr(door, "addresses_of", lambda *_: ["2400:3200::1", "223.5.5.5"])

    def connect(place, timeout):
        reached.append(place[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    assert refused() == "unreachable"
    assert reached == ["2400:3200::1", "223.5.5.5"]


# --- the exchange -------------------------------------------------------------------------------


def answering(body, **options):
    def answer(connection):
        read_request(connection)
        respond(connection, body, **options)

    return answer


def test_json_goes_there_and_comes_back(open_door):
    seen = []

    def answer(connection):
        seen.append(read_request(connection))
        respond(connection, '{"好": [1, null]}'.encode())

    port = open_door(HOST, answer).port
    assert door.post_json(f"https://{HOST}:{port}/a/b?c=d&e", {"词": "值"}) == {"好": [1, None]}
    ((first, headers, body),) = seen
    assert first == "POST /a/b?c=d&e HTTP/1.1"
    assert headers["host"] == f"{HOST}:{port}"
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert json.loads(body) == {"词": "值"}


@pytest.mark.parametrize(
    ("body", "options", "code"),
    [
        (b"", {}, "answer"),
        (b"<html>", {}, "answer"),
        (b"[1]", {}, "answer"),
        (b"1", {}, "answer"),
        (b"\xff\xfe\xfd", {}, "answer"),
        (b"{}", {"status": "404 Not Found"}, "http_404"),
        (b"{}", {"status": "500 Oh"}, "http_500"),
        (b"{}", {"status": "302 Found", "headers": "Location: https://127.0.0.1/\r\n"}, "http_302"),
        (b'{"a":"' + b"x" * 65_536 + b'"}', {}, "too_large"),
    ],
)
def test_an_answer_that_is_none_is_said(open_door, body, options, code):
    server = open_door(HOST, answering(body, **options))
    assert refused(f"https://{HOST}:{server.port}/") == code
    assert server.visits == 1  # no redirect is followed


def test_the_longest_answer_is_read_whole(open_door):
    words = "x" * (65_536 - 8)
    server = open_door(HOST, answering(f'{{"a":"{words}"}}'.encode()))
    assert door.post_json(f"https://{HOST}:{server.port}/", {}) == {"a": words}


@pytest.mark.parametrize(
    "words", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"]
)
def test_a_connection_that_breaks_off_is_said(open_door, words):
    def answer(connection):
        read_request(connection)
        connection.sendall(words)

    server = open_door(HOST, answer)
    assert refused(f"https://{HOST}:{server.port}/") == "unreachable"


def drip(connection):
    """One byte now and then: no single wait is ever too long."""
    while True:
        connection.sendall(b"\0")
        threading.Event().wait(0.02)


def slow_answer(connection):
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n")
    drip(connection)


def slow_head(connection):
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    drip(connection)


def slow_handshake(connection):
    connection.sendall(b"\x16\x03\x03\x40\0")  # a handshake record of 16 kB
    drip(connection)


def silence(connection):
    threading.Event().wait(20)


@pytest.mark.parametrize(
    ("answer", "over_tls"),
    [(slow_answer, True), (slow_head, True), (silence, True), (silence, False),
     (slow_handshake, False)],
)  # fmt: skip
def test_the_whole_of_it_ends_in_time(open_door, answer, over_tls):
    server = open_door(HOST, answer, over_tls=over_tls)
    began = time.monotonic()
    assert refused(f"https://{HOST}:{server.port}/", timeout=0.3) == "timeout"
    assert time.monotonic() - began < 5


def test_a_certificate_of_another_name_is_refused(open_door, monkeypatch, settings):
    server = open_door("other.example.cn", answering(b"{}"))
    settings.OUTGOING_HOSTS = {f"{HOST}:{server.port}"}
    assert refused(f"https://{HOST}:{server.port}/") == "tls"


def test_a_certificate_nobody_vouches_for_is_refused(open_door, monkeypatch):
    server = open_door(HOST, answering(b"{}"))
    monkeypatch.setattr(door, "tls_context", ssl.create_default_context)
    assert refused(f"https://{HOST}:{server.port}/") == "tls"


def test_a_server_without_tls_is_refused(open_door):
    server = open_door(HOST, lambda connection: respond(connection, b"{}"), over_tls=False)
    assert refused(f"https://{HOST}:{server.port}/") == "tls"


def test_an_error_names_neither_the_address_nor_what_was_sent(open_door):
    server = open_door(HOST, answering(b"{}", status="500 Oh"))
    with pytest.raises(door.Closed) as told:
        door.post_json(f"https://{HOST}:{server.port}/?key=secret", {"a": "13800138000"})
    assert str(told.value) == "http_500"
