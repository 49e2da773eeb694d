"""For a purpose the settings open, the door leads to any public host, and to nothing else."""

import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tls_server import Server, read_request, respond

from parkcms.outbox import door

HOST = "www.example.com"
PUBLIC = "223.5.5.5"


@pytest.fixture(autouse=True)
def opened(settings, monkeypatch):
    settings.OUTGOING_PURPOSES = {"links", "pictures"}
    settings.OUTGOING_HOSTS = frozenset()
    monkeypatch.setattr(door, "PAUSE", 0)
    monkeypatch.setattr(door, "_turns", {})


class Internet:
    """Names and their addresses; each connection ends at a server of ours, whatever it asks for."""

    def __init__(self):
        self.names, self.servers, self.reached, self.asked = {}, {}, [], []

    def getaddrinfo(self, host, port, **_):
        self.asked.append(host)
        found = self.names.get(host, [])
        return [(0, 0, 0, "", (one, port)) for one in (found() if callable(found) else found)]

    def create_connection(self, address, timeout):
        self.reached.append(address)
        server = self.servers.get(address[1])
        if server is None:
            raise ConnectionRefusedError
        plain = socket.socket()
        plain.settimeout(timeout)
        plain.connect(("127.0.0.1", server.port))
        return plain


@pytest.fixture
def internet(monkeypatch, tmp_path):
    world = Internet()
    monkeypatch.setattr(door.socket, "getaddrinfo", world.getaddrinfo)
    monkeypatch.setattr(door.socket, "create_connection", world.create_connection)
    world.names[HOST] = [PUBLIC]

    def serve(answer, port=80):
        over_tls = port == 443
        server = world.servers[port] = Server(HOST, tmp_path, answer, over_tls=over_tls)
        if over_tls:
            monkeypatch.setattr(door, "tls_context", server.trusting)
        return server

    world.serve = serve
    yield world
    for server in world.servers.values():
        server.close()


def answering(table, seen=None):
    """Answers by method and path: (status, body, headers)."""

    def answer(connection):
        first, headers, _body = read_request(connection)
        method, path, _version = first.split(" ")
        if seen is not None:
            seen.append((method, path, headers))
        status, body, more = table.get((method, path)) or table.get(path) or ("404 No", b"", "")
        if method == "HEAD":
            connection.sendall(
                f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode()
            )
        else:
            respond(connection, body, status=status, headers=more)

    return answer


def refused(url, call=door.head, **options):
    with pytest.raises(door.Closed) as told:
        call(url, **{"purpose": "links"} | options)
    return told.value.code


def get(url, **options):
    return door.get(url, **{"purpose": "pictures", "most_bytes": 1_000} | options)


# --- what is never asked ---


@pytest.mark.parametrize("purpose", ["links", "pictures", "", "mail"])
def test_a_purpose_the_settings_do_not_open_asks_nobody(settings, internet, purpose):
    settings.OUTGOING_PURPOSES = {"links", "pictures"} - {purpose}
    assert refused(f"http://{HOST}/", purpose=purpose) == "closed"
    assert refused(f"http://{HOST}/", door.get, purpose=purpose, most_bytes=9) == "closed"
    assert internet.reached == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "closed"),
        ("/a", "closed"),
        (f"//{HOST}/", "closed"),
        (f"ftp://{HOST}/", "closed"),
        ("file:///etc/passwd", "closed"),
        (f"http://{HOST}:8080/", "closed"),
        (f"http://{HOST}:443/", "closed"),
        (f"https://{HOST}:80/", "closed"),
        (f"https://{HOST}:22/", "closed"),
        (f"http://{HOST}:x/", "closed"),
        (f"http://{HOST}:99999/", "closed"),
        (f"http://user:word@{HOST}/", "closed"),
        (f"http://@{HOST}/", "closed"),
        ("http://[::1", "closed"),
        ("http://exa mple.com/", "unknown_host"),
        ("http://a..b/", "unknown_host"),
        ("http://" + "字" * 80 + "/", "unknown_host"),
        ("http://nobody.example/", "unknown_host"),
    ],
)
def test_what_is_no_plain_web_address_is_not_asked(internet, url, code):
    assert refused(url) == code
    assert refused(url, door.get, purpose="pictures", most_bytes=9) == code
    assert internet.reached == []


PRIVATE = [
    "127.0.0.1", "10.0.0.5", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "255.255.255.255", "224.0.0.1", "::1",  # noqa: S104
    "::", "fe80::1", "fc00::1", "ff02::1",
    "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
    "fe80::1%eth0",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_refused_as_it_is_and_behind_a_name(internet, address):
    literal = f"[{address}]" if ":" in address else address
    internet.names |= {address: [address], "inside.example": [address]}
    internet.names["both.example"] = [PUBLIC, address]
    for host in (literal, "inside.example", "both.example"):
        for scheme in ("http", "https"):
            assert refused(f"{scheme}://{host}/") == "private"
    assert internet.reached == []


@pytest.mark.parametrize("number", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
def test_a_number_that_resolvers_take_for_an_address_is_one(internet, number):
    internet.names[number] = ["127.0.0.1"]
    assert refused(f"http://{number}/") == "private"
    assert internet.reached == []


@pytest.mark.parametrize("address", PRIVATE)
def test_a_redirect_leads_to_no_private_address(internet, address):
    literal = f"[{address}]" if ":" in address else address
    internet.names |= {address: [address], "inside.example": [address]}
    targets = [f"http://{literal}/", "http://inside.example/", "//inside.example/x"]
    table = {f"/{n}": ("302 Found", b"", f"Location: {to}\r\n") for n, to in enumerate(targets)}
    internet.serve(answering(table))
    for path in table:
        assert refused(f"http://{HOST}{path}") == "private"
        assert refused(f"http://{HOST}{path}", get, purpose="pictures") == "private"
    assert {reached for reached, _port in internet.reached} == {PUBLIC}


@pytest.mark.parametrize(
    "target", ["ftp://a/", "http://www.example.com:8080/", "http://a:b@www.example.com/", "file:/x"]
)
def test_a_redirect_leads_to_no_other_door(internet, target):
    internet.serve(answering({"/": ("301 Moved", b"", f"Location: {target}\r\n")}))
    assert refused(f"http://{HOST}/") == "closed"
    assert len(internet.reached) == 1


def test_a_name_that_answers_differently_the_second_time_gains_nothing(internet):
    """The address that was checked is the one connected to; the name is asked once a request."""
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    internet.names[HOST] = lambda: next(answers)
    internet.serve(answering({"/": ("200 OK", b"x", "")}))
    assert door.head(f"http://{HOST}/", purpose="links").status == 200
    assert internet.asked == [HOST]
    assert internet.reached == [(PUBLIC, 80)]
    assert refused(f"http://{HOST}/") == "private"


@given(st.text(max_size=60))
def test_whatever_stands_in_a_text_is_read_or_refused(text):
    for url in (text, f"http://{text}", f"http://a.example/{text}", f"http://a.example?{text}"):
        try:
            scheme, host, target = door._read(url)
        except door.Closed:
            continue
        assert scheme in door.WEB_PORTS
        assert (host + target).isascii()
        assert not any(letter.isspace() or ord(letter) < 33 for letter in host + target)


# --- asking whether it is there ---


@pytest.mark.parametrize("port", [80, 443])
def test_a_page_is_asked_for_without_being_read(internet, port):
    seen = []
    internet.serve(answering({"/a?b=%E5%98%89": ("200 OK", b"x" * 9, "")}, seen), port)
    scheme = "https" if port == 443 else "http"
    url = f"{scheme}://{HOST}/a?b=嘉#part"
    assert door.head(url, purpose="links") == door.Reply(200, url)
    ((method, _path, headers),) = seen
    assert method == "HEAD"
    assert headers["host"] == HOST
    assert headers["user-agent"].startswith("parkcms (+http")
    assert not {"cookie", "authorization", "referer"} & set(headers)


@pytest.mark.parametrize("status", ["405 No", "501 No", "403 No", "404 No", "500 Oh"])
def test_who_refuses_head_is_asked_as_a_reader_would(internet, status):
    seen = []
    table = {("HEAD", "/"): (status, b"", ""), ("GET", "/"): ("200 OK", b"x" * 100_000, "")}
    internet.serve(answering(table, seen))
    assert door.head(f"http://{HOST}/", purpose="links").status == 200
    assert [method for method, *_ in seen] == ["HEAD", "GET"]


@pytest.mark.parametrize("status", [404, 410, 500])
def test_what_is_not_there_is_said_with_its_status(internet, status):
    internet.serve(answering({"/": (f"{status} No", b"", "")}))
    assert door.head(f"http://{HOST}/", purpose="links").status == status


def test_three_redirects_are_followed_and_a_fourth_is_not(internet):
    table = {
        f"/{n}": ("301 Moved", b"", f"Location: {to}\r\n")
        for n, to in enumerate(["1", "/2", f"http://{HOST}/3", "/4"])
    }
    table["/4"] = ("200 OK", b"", "")
    internet.serve(answering(table))
    assert door.head(f"http://{HOST}/1", purpose="links") == door.Reply(200, f"http://{HOST}/4")
    assert refused(f"http://{HOST}/0") == "too_many"


def test_a_host_that_does_not_answer_is_not_waited_for(internet):
    gate = threading.Event()
    internet.serve(lambda connection: gate.wait(20))
    assert refused(f"http://{HOST}/", timeout=0.2) == "timeout"
    gate.set()


def test_a_host_that_refuses_is_said_so(internet):
    assert refused(f"http://{HOST}/") == "unreachable"


def test_a_certificate_of_another_host_is_refused(internet):
    internet.serve(answering({"/": ("200 OK", b"", "")}), 443)
    internet.names["other.example"] = [PUBLIC]
    assert refused("https://other.example/") == "tls"


def test_a_host_is_asked_one_at_a_time_and_after_a_pause(internet, monkeypatch):
    """While one request is under way, a second waits, and gives up when its time is over."""
    held, gate, waits = threading.Event(), threading.Event(), []

    def answer(connection):
        held.set()
        gate.wait(20)
        respond(connection, b"")

    internet.serve(answer)
    first = threading.Thread(target=lambda: door.head(f"http://{HOST}/", purpose="links"))
    first.start()
    assert held.wait(10)
    assert refused(f"http://{HOST}/", timeout=0.1) == "timeout"
    assert len(internet.reached) == 1
    gate.set()
    first.join(10)
    monkeypatch.setattr(door, "PAUSE", 30.0)
    monkeypatch.setattr(door.time, "sleep", waits.append)
    assert door.head(f"http://{HOST}/", purpose="links", timeout=60).status == 200
    assert len(waits) == 1
    assert 0 < waits[0] <= 30


# --- fetching ---


def test_a_body_comes_whole(internet):
    internet.serve(answering({"/a.png": ("200 OK", b"p" * 1_000, "")}), 443)
    assert get(f"https://{HOST}/a.png") == b"p" * 1_000


@pytest.mark.parametrize("status", ["404 No", "500 Oh", "204 None"])
def test_any_other_status_brings_nothing(internet, status):
    internet.serve(answering({"/": (status, b"", "")}))
    assert refused(f"http://{HOST}/", get, purpose="pictures") == f"http_{status[:3]}"


def test_too_much_is_refused_before_it_is_read(internet):
    internet.serve(answering({"/": ("200 OK", b"x" * 1_001, "")}))
    assert refused(f"http://{HOST}/", get, purpose="pictures") == "too_large"


def test_too_much_is_refused_where_its_size_was_not_told(internet):
    def answer(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 50_000)

    internet.serve(answer)
    assert refused(f"http://{HOST}/", get, purpose="pictures") == "too_large"


def test_half_a_body_is_none(internet):
    def answer(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nxxx")

    internet.serve(answer)
    assert refused(f"http://{HOST}/", get, purpose="pictures") == "unreachable"


def test_a_body_that_drips_is_given_up(internet):
    gate = threading.Event()

    def answer(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
        while not gate.wait(0.02):
            connection.sendall(b"x")

    internet.serve(answer)
    assert refused(f"http://{HOST}/", get, purpose="pictures", timeout=0.3) == "timeout"
    gate.set()


def test_what_is_posted_still_goes_to_listed_hosts_only(internet):
    with pytest.raises(door.Closed) as told:
        door.post_json(f"https://{HOST}/", {"a": 1})
    assert told.value.code == "closed"
    assert internet.reached == []
