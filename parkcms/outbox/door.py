"""The one door to other hosts. Closed until OUTGOING_HOSTS names a host.

Whoever goes through it reaches only a host of that list, at an address of the public internet,
over TLS for the host's name. The address that was checked is the one connected to: a name that
answers differently the second time (DNS rebinding) gains nothing. For a purpose that the settings
open (OUTGOING_PURPOSES), ``head`` and ``get`` read from any host, as long as it is a public one.
"""

import contextlib
import http.client
import ipaddress
import json
import queue
import re
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from django.conf import settings
from django.core.mail.backends import smtp

HTTPS = 443
MOST_BYTES = 65_536  # of an answer
WEB_PORTS = {"http": 80, "https": HTTPS}
MOST_MOVES = 3  # redirects one after another
SAMPLE = 16_384  # bytes of a page that are read where a host refuses HEAD
PAUSE = 1.0  # seconds between two requests to one host
MAIL_SECONDS = 60  # a mail takes some ten exchanges; its claim lasts two minutes


class Closed(Exception):  # noqa: N818 - it says what is so
    """The other host was not asked, or gave no answer. ``code`` says why and names nobody:

    closed (not in the list, no https, or a purpose that is not open), unknown_host, private,
    unreachable, tls, timeout, too_large, too_many (redirects), answer (no JSON object),
    http_<status>.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def post_json(url: str, data: dict[str, Any], *, timeout: float = 10) -> dict[str, Any]:
    """Sends JSON and reads a JSON object of at most 64 kB; all within ``timeout`` seconds.

    Follows no redirect. Raises Closed.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise Closed("closed")
    port = parts.port or HTTPS
    with within(timeout) as clock:
        plain = connect(parts.hostname, port, timeout=timeout)
        with contextlib.closing(plain), clock.guarding(plain):
            body = _exchange(plain, parts, json.dumps(data).encode(), clock)
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise Closed("answer") from error
    if not isinstance(answer, dict):
        raise Closed("answer")
    return answer


@dataclass(frozen=True)
class Reply:
    """What a page of another site answered in the end: its status, and the address it has now."""

    status: int
    url: str


def head(url: str, *, purpose: str, timeout: float = 10) -> Reply:
    """Asks whether there is such a page. Reads none of it, or SAMPLE bytes where the host does not
    answer HEAD as it would answer a reader. Raises Closed."""
    with within(timeout) as clock:
        status, url, _ = _followed("HEAD", url, purpose, clock, 0)
        if status >= 400 and status not in {410, 429}:
            status, url, _ = _followed("GET", url, purpose, clock, SAMPLE)
    return Reply(status, url)


def get(url: str, *, purpose: str, most_bytes: int, timeout: float = 20) -> bytes:
    """The whole body of what is there now, of at most ``most_bytes``. Raises Closed, also for any
    status but 200 (http_404), for more bytes (too_large) and for an answer cut short."""
    with within(timeout) as clock:
        status, _, body = _followed("GET", url, purpose, clock, most_bytes, is_whole=True)
    if status != 200:
        raise Closed(f"http_{status}")
    return body


def connect(host: str, port: int, *, timeout: float) -> socket.socket:
    """A plain connection to a listed host at an address of the public internet. Raises Closed."""
    if not is_listed(host, port):
        raise Closed("closed")
    return connect_public(host, port, timeout=timeout)


def connect_public(host: str, port: int, *, timeout: float) -> socket.socket:
    """A plain connection to an address of the public internet, listed or not. Raises Closed.

    For this room only, behind a question whether the settings allow it.
    """
    deadline = time.monotonic() + timeout
    found = addresses_of(host, port, timeout)
    if not found:
        raise Closed("unknown_host")
    # One private address among public ones is no oversight but somebody's attempt.
    if not all(map(is_public, found)):
        raise Closed("private")
    for address in found:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Closed("timeout")
        with contextlib.suppress(OSError):
            return socket.create_connection((address, port), timeout=left)
    raise Closed("timeout" if time.monotonic() >= deadline else "unreachable")


def is_listed(host: str, port: int) -> bool:
    """Whether OUTGOING_HOSTS has ``host:port``, or ``host`` alone for port 443."""
    names = {f"{host.lower()}:{port}"} | ({host.lower()} if port == HTTPS else set())
    return not names.isdisjoint(settings.OUTGOING_HOSTS)


def addresses_of(host: str, port: int, timeout: float) -> list[str]:
    """The addresses of a name, the preferred first; none where it has none. Raises Closed."""
    answer: queue.SimpleQueue[list[str]] = queue.SimpleQueue()

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            rows = []
        answer.put(list(dict.fromkeys(str(row[4][0]) for row in rows)))

    # A resolver has no deadline of its own; left behind, it ends by itself.
    threading.Thread(target=ask, name="resolver", daemon=True).start()
    try:
        return answer.get(timeout=timeout)
    except queue.Empty:
        raise Closed("timeout") from None


def is_public(address: str) -> bool:
    """Whether it is an address of the public internet, also when it wraps one of IPv4."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # fe80::1%eth0 too
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped or ip.sixtofour:
            return is_public(str(ip.ipv4_mapped or ip.sixtofour))
        if ip.teredo or ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def tls_context() -> ssl.SSLContext:
    return ssl.create_default_context()


# --- the exchange -------------------------------------------------------------------------------


class Clock:
    """Ends a connection at the deadline, however slowly the other side goes on."""

    def __init__(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self.has_struck = False

    @property
    def left(self) -> float:
        return max(self.deadline - time.monotonic(), 0.001)

    @contextlib.contextmanager
    def guarding(self, connection: socket.socket) -> Iterator[None]:
        # A second handle on it: TLS takes the first one over.
        handle = connection.dup()

        def strike() -> None:
            self.has_struck = True
            with contextlib.suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self.left, strike)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            handle.close()


@contextlib.contextmanager
def within(seconds: float) -> Iterator[Clock]:
    """Turns what may go wrong on the way into Closed."""
    clock = Clock(seconds)
    try:
        yield clock
    except ssl.SSLCertVerificationError as error:
        raise Closed("tls") from error
    except TimeoutError as error:
        raise Closed("timeout") from error
    except (OSError, http.client.HTTPException) as error:
        is_late = clock.has_struck or time.monotonic() >= clock.deadline
        code = "tls" if isinstance(error, ssl.SSLError) else "unreachable"
        raise Closed("timeout" if is_late else code) from error


def _exchange(plain: socket.socket, parts: Any, data: bytes, clock: Clock) -> bytes:
    plain.settimeout(clock.left)
    with tls_context().wrap_socket(plain, server_hostname=parts.hostname) as secure:
        asked = http.client.HTTPSConnection(parts.hostname, parts.port or HTTPS)
        asked.sock = secure
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        headers = {"Content-Type": "application/json; charset=utf-8", "Connection": "close"}
        asked.request("POST", target, data, headers)
        with asked.getresponse() as answer:
            if answer.status != 200:
                raise Closed(f"http_{answer.status}")
            body = answer.read(MOST_BYTES + 1)
            if len(body) > MOST_BYTES:
                raise Closed("too_large")
            if clock.has_struck or answer.length:  # http.client takes half an answer for a whole
                raise http.client.IncompleteRead(body)
    return body


# --- any public host, for a purpose the settings open -------------------------------------------

_MOVES = {301, 302, 303, 307, 308}
_IN_ADDRESS = "/%:@!$&'()*+,;=~-._?"
_turns: dict[str, tuple[threading.Lock, list[float]]] = {}  # host: its lock, when it was asked
_turns_guard = threading.Lock()
_MOST_TURNS = 1_000


def _followed(
    method: str, url: str, purpose: str, clock: Clock, most: int, *, is_whole: bool = False
) -> tuple[int, str, bytes]:
    """(status, address, body) at the end of at most MOST_MOVES redirects, each judged anew."""
    if purpose not in settings.OUTGOING_PURPOSES:
        raise Closed("closed")
    for _move in range(MOST_MOVES + 1):
        status, location, body = _visit(method, url, clock, most, is_whole)
        if status not in _MOVES or not location:
            return status, url, body
        try:
            url = urljoin(url, location)
        except ValueError:
            raise Closed("closed") from None
    raise Closed("too_many")


def _visit(
    method: str, url: str, clock: Clock, most: int, is_whole: bool
) -> tuple[int, str, bytes]:
    """(status, Location, body) of one request. The body is read of a 200 only."""
    scheme, host, target = _read(url)
    port = WEB_PORTS[scheme]
    with _turn(host, clock):
        plain = connect_public(host, port, timeout=clock.left)
        with contextlib.closing(plain), clock.guarding(plain):
            plain.settimeout(clock.left)
            asked = http.client.HTTPConnection(host, port)
            if scheme == "https":
                asked = http.client.HTTPSConnection(host, port)
                plain = tls_context().wrap_socket(plain, server_hostname=host)
            asked.sock = plain
            with contextlib.closing(asked):
                asked.request(method, target, headers=_polite())
                with asked.getresponse() as answer:
                    location = answer.headers.get("Location", "")
                    body = b""
                    if answer.status == 200 and method == "GET":
                        body = _body(answer, clock, most, is_whole)
    return answer.status, location.encode("latin-1", "replace").decode("utf-8", "replace"), body


def _body(answer: http.client.HTTPResponse, clock: Clock, most: int, is_whole: bool) -> bytes:
    if not is_whole:
        return answer.read(most)
    if answer.length is not None and answer.length > most:
        raise Closed("too_large")
    body = answer.read(most + 1)
    if len(body) > most:
        raise Closed("too_large")
    if clock.has_struck or answer.length:
        raise http.client.IncompleteRead(body)
    return body


def _read(url: str) -> tuple[str, str, str]:
    """(scheme, host, path with query), all ASCII. Raises Closed for what is no plain web address:
    another scheme or port, a user name."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise Closed("closed") from None
    if not host or parts.scheme not in WEB_PORTS or "@" in parts.netloc:
        raise Closed("closed")
    if port not in {None, WEB_PORTS[parts.scheme]}:
        raise Closed("closed")
    try:
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise Closed("unknown_host") from None
    if not _HOST_NAME.fullmatch(host):
        raise Closed("unknown_host")
    query = f"?{parts.query}" if parts.query else ""
    return parts.scheme, host, quote((parts.path or "/") + query, safe=_IN_ADDRESS)


_HOST_NAME = re.compile(r"[0-9A-Za-z._:%-]{1,253}")


def _polite() -> dict[str, str]:
    return {
        "User-Agent": f"parkcms (+{settings.PARKCMS_ORIGIN}/)",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


@contextlib.contextmanager
def _turn(host: str, clock: Clock) -> Iterator[None]:
    """One request to a host at a time in this process, PAUSE apart. Raises Closed (timeout)."""
    with _turns_guard:
        if len(_turns) > _MOST_TURNS:
            _turns.clear()
        lock, asked_at = _turns.setdefault(host, (threading.Lock(), [-PAUSE]))
    if not lock.acquire(timeout=clock.left):
        raise Closed("timeout")
    try:
        if (early := asked_at[0] + PAUSE - time.monotonic()) > 0:
            time.sleep(min(early, clock.left))
        yield
    finally:
        asked_at[0] = time.monotonic()
        lock.release()


# --- mail ---------------------------------------------------------------------------------------


class _Doored:
    """An SMTP client that goes through the door, and whose mail is sent within MAIL_SECONDS."""

    _guard: contextlib.ExitStack | None = None

    def _pass(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = connect(host, port, timeout=timeout)
        self._guard = contextlib.ExitStack()
        self._guard.enter_context(Clock(MAIL_SECONDS).guarding(plain))
        return plain

    def close(self) -> None:
        super().close()  # type: ignore[misc]
        if self._guard:
            self._guard.close()


class _Smtp(_Doored, smtplib.SMTP):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._pass(host, port, timeout)


class _SmtpOverTls(_Doored, smtplib.SMTP_SSL):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.context.wrap_socket(self._pass(host, port, timeout), server_hostname=host)


class MailBackend(smtp.EmailBackend):
    """Django's mail over SMTP, through the door: its server is a host like any other."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _SmtpOverTls if self.use_ssl else _Smtp

    @property
    def ssl_context(self) -> ssl.SSLContext:
        """Unlike Django's own, it asks for a certificate of the host's name."""
        return tls_context()
