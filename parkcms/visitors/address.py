"""Which network a request comes from, believing only the proxies the owner named."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNIX = "unix"  # in TRUSTED_PROXIES: the peer of a Unix socket, which has no address


def client_address(request: HttpRequest) -> str:
    """The visitor's IP address, or '' where there is none to be had.

    It is REMOTE_ADDR. Where that is one of TRUSTED_PROXIES (addresses or networks), it is the
    last entry of X-Forwarded-For that no such proxy is: what stands before it may be made up.
    """
    address = _plain(request.META.get("REMOTE_ADDR", ""))
    if not _is_trusted(address):
        return address
    for entry in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        given = _plain(entry)
        if not given:
            break
        if not _is_trusted(given):
            return given
    return address


def network_of(address: str) -> str:
    """What counts as one visitor: an IPv4 address, or the /64 of an IPv6 one; '' for none."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if ip.version == 4:
        return str(ip)
    return str(ipaddress.ip_network((int(ip), 64), strict=False))


def _plain(text: str) -> str:
    """An address in its one spelling, without port, brackets or the IPv6 clothes of an IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        ip = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def _is_trusted(address: str) -> bool:
    if not address:
        return UNIX in settings.TRUSTED_PROXIES
    ip = ipaddress.ip_address(address)
    return any(ip in network for network in _networks(tuple(settings.TRUSTED_PROXIES)))


def _networks(proxies: tuple[str, ...]) -> list:
    return [ipaddress.ip_network(one, strict=False) for one in proxies if one != UNIX]
