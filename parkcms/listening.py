"""The address the site listens on: HOST and PORT from the environment.

Standard library only: bin/bootstrap.py asks before the slow steps.
"""

import errno
import ipaddress
import os
import re
import socket


def address() -> tuple[str, int]:
    """HOST (127.0.0.1) and PORT (8000); ends with a sentence when PORT is no port."""
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if not (re.fullmatch("[0-9]{1,5}", port) and 0 < int(port) < 65536):
        raise SystemExit(f"PORT={port} 不是端口号：请写 1 到 65535 之间的整数。")
    return host, int(port)


def require_free(host: str, port: int) -> None:
    """Ends with a sentence when nobody can listen there."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        raise SystemExit(f"HOST={host} 不是这台机器能用的地址。") from None
    with socket.socket(family, kind, protocol) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(place)
            door.listen(1)
        except OSError as error:
            raise SystemExit(_why(host, port, error)) from None


def _why(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port % 65535 + 1
        return f"端口 {port} 已被占用：请停掉占用它的程序，或换一个，如 PORT={other} bin/serve。"
    if error.errno == errno.EACCES:
        return f"没有权限使用端口 {port}：请用 1024 以上的端口，如 PORT=8000 bin/serve。"
    return f"不能在 {host} 的端口 {port} 上提供服务：{error.strerror}。"


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def reached_at(host: str, port: int) -> tuple[str, str]:
    """(the host to connect to from this machine, the site's URL without a last slash)."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    written = f"[{near}]" if ":" in near else near
    return near, f"http://{written}:{port}"
