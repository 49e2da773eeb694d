"""gunicorn's threaded worker, whose own error answers carry the headers of every other answer.

A request that can't be parsed never reaches Django, so its middleware can't add them.
"""

import socket
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

HEADERS = (
    b"Cross-Origin-Opener-Policy: same-origin\r\n"
    b"Referrer-Policy: strict-origin-when-cross-origin\r\n"
    b"X-Content-Type-Options: nosniff\r\n"
)


class _Answering:
    """A socket that puts HEADERS behind the first line of what is sent through it."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def sendall(self, answer: bytes) -> None:
        status, rest = answer.split(b"\r\n", 1)
        self._client.sendall(status + b"\r\n" + HEADERS + rest)


class Worker(ThreadWorker):
    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        super().handle_error(req, _Answering(client), addr, exc)
