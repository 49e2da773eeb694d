"""The one door to other hosts. Closed until OUTGOING_HOSTS names a host.

Whoever goes through it reaches only a host of that list, at an address of the public internet,
over TLS for the host's name. The address that was checked is the one connected to: a name that
answers differently the second time (DNS rebinding) gains nothing.
"""

import contextlib
import http.client
import ipaddress
import json
import queue
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail.backends import smtp

HTTPS = 443
MOST_BYTES = 65_536  # of an answer
MAIL_SECONDS = 60  # a mail takes some ten exchanges; its claim lasts two minutes


class Closed(Exception):  # noqa: N818 - it says what is so
    """The other host was not asked, or gave no answer. ``code`` says why and names nobody:

    closed (not in the list, or no https), unknown_host, private, unreachable, tls, timeout,
    too_large, answer (no JSON object), http_<status>.
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
    with _within(timeout) as clock:
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


def connect(host: str, port: int, *, timeout: float) -> socket.socket:
    """A plain connection to a listed host at an address of the public internet. Raises Closed."""
    if not is_listed(host, port):
        raise Closed("closed")
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


class _Clock:
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
def _within(seconds: float) -> Iterator[_Clock]:
    """Turns what may go wrong on the way into Closed."""
    clock = _Clock(seconds)
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


def _exchange(plain: socket.socket, parts: Any, data: bytes, clock: _Clock) -> bytes:
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


# --- mail ---------------------------------------------------------------------------------------


class _Doored:
    """An SMTP client that goes through the door, and whose mail is sent within MAIL_SECONDS."""

    _guard: contextlib.ExitStack | None = None

    def _pass(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = connect(host, port, timeout=timeout)
        self._guard = contextlib.ExitStack()
        self._guard.enter_context(_Clock(MAIL_SECONDS).guarding(plain))
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
