"""A TLS server on this machine with a certificate of its own, made anew for each run.

Written out by hand since nothing installed here makes certificates: an ECDSA key on P-256
(FIPS 186-4) and a self-signed X.509 certificate (RFC 5280), both as short as they can be.
"""

import base64
import contextlib
import hashlib
import secrets
import socket
import ssl
import threading

# The curve P-256.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def add(one, other):
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    rise, run = (3 * x1 * x1 - 3, 2 * y1) if one == other else (y2 - y1, x2 - x1)
    slope = rise * pow(run, -1, P) % P
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def times(number, point=G):
    sum_ = None
    while number:
        if number & 1:
            sum_ = add(sum_, point)
        point, number = add(point, point), number >> 1
    return sum_


def der(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([0x82, *size.to_bytes(2)])
    return bytes([tag]) + length + body


def integer(number):
    return der(2, number.to_bytes(number.bit_length() // 8 + 1))


def oid(text):
    first, second, *rest = map(int, text.split("."))
    out = bytes([first * 40 + second])
    for number in rest:
        groups = [number & 127]
        while number := number >> 7:
            groups.append(number & 127 | 128)
        out += bytes(reversed(groups))
    return der(6, out)


def pem(label, data):
    lines = base64.encodebytes(data).decode()
    return f"-----BEGIN {label}-----\n{lines}-----END {label}-----\n"


def certificate(host):
    """PEM of a key and of the certificate it signs for itself, good for ``host``."""
    key = secrets.randbelow(N - 1) + 1
    x, y = times(key)
    point = b"\4" + x.to_bytes(32) + y.to_bytes(32)
    curve = der(0x30, oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7"))
    signing = der(0x30, oid("1.2.840.10045.4.3.2"))
    name = der(0x30, der(0x31, der(0x30, oid("2.5.4.3"), der(12, host.encode()))))
    life = der(0x30, der(24, b"20200101000000Z"), der(24, b"20991231235959Z"))
    names = der(0x30, oid("2.5.29.17"), der(4, der(0x30, der(0x82, host.encode()))))
    issuer = der(0x30, oid("2.5.29.19"), der(1, b"\xff"), der(4, der(0x30, der(1, b"\xff"))))
    body = der(
        0x30,
        der(0xA0, integer(2)),
        integer(secrets.randbits(63)),
        signing,
        name,
        life,
        name,
        der(0x30, curve, der(3, b"\0", point)),
        der(0xA3, der(0x30, names, issuer)),
    )
    digest = int.from_bytes(hashlib.sha256(body).digest())
    nonce = secrets.randbelow(N - 1) + 1
    r = times(nonce)[0] % N
    s = pow(nonce, -1, N) * (digest + r * key) % N
    signed = der(0x30, body, signing, der(3, b"\0", der(0x30, integer(r), integer(s))))
    private = der(
        0x30,
        integer(1),
        der(4, key.to_bytes(32)),
        der(0xA0, oid("1.2.840.10045.3.1.7")),
    )
    return pem("EC PRIVATE KEY", private), pem("CERTIFICATE", signed)


class Server:
    """Answers each connection by ``answer(connection)``, in a thread of its own."""

    def __init__(self, host, folder, answer, *, over_tls=True):
        key, self.certificate = certificate(host)
        (folder / "pair.pem").write_text(key + self.certificate)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / "pair.pem")
        self.answer, self.over_tls = answer, over_tls
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self.visits = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def trusting(self):
        """A client's context that knows this server's certificate, and no other."""
        return ssl.create_default_context(cadata=self.certificate)

    def _serve(self):
        while True:
            try:
                connection, _ = self.door.accept()
            except OSError:
                return
            self.visits += 1
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection):
        with contextlib.suppress(OSError), connection:
            if self.over_tls:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection:
                self.answer(connection)

    def close(self):
        self.door.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits there
        self.door.close()


def read_request(connection):
    """(first line, {header in small letters: value}, body) of one HTTP request."""
    file = connection.makefile("rb")
    first = file.readline().decode().strip()
    headers = {}
    while line := file.readline().decode().strip():
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    return first, headers, file.read(int(headers.get("content-length", 0)))


def respond(connection, body, status="200 OK", headers=""):
    connection.sendall(
        f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body
    )
