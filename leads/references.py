"""References and tokens of enquiries, and the keyed hashes by which sameness is told."""

import hashlib
import hmac
import re
import secrets

from django.conf import settings

# No I, L, O, U, 0 or 1: read aloud and written down without a doubt. 30 characters.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
TOKEN = r"[A-Za-z0-9_-]{32}"  # noqa: S105 - the shape of one
_REFERENCE = re.compile(rf"[{ALPHABET}]{{5}}-[{ALPHABET}]{{5}}")


def new_reference() -> str:
    """Ten characters in two groups, such as Q7K2M-9M4DX: 590 million million of them."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(10))
    return f"{drawn[:5]}-{drawn[5:]}"


def new_token() -> str:
    """What makes a receipt's address unguessable: 192 random bits."""
    return secrets.token_urlsafe(24)


def read_reference(text: str) -> str:
    """A reference as somebody typed it, in its one spelling; '' when it can't be one."""
    plain = re.sub(r"[^0-9A-Z]", "", text.upper())
    written = f"{plain[:5]}-{plain[5:]}"
    return written if _REFERENCE.fullmatch(written) else ""


def keyed(purpose: str, *parts: str) -> str:
    """64 hex digits that stand for the parts and that nobody without the secret can try out."""
    text = "\x1f".join((purpose, *parts))
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
