"""Tags as people write them in one line: parted by commas of either width, 、 or ；."""

import re
from collections.abc import Iterable

from .models import Tag

_PARTING = re.compile(r"[,，、;；\r\n]+")


def split(text: str) -> list[str]:
    """The names in ``text``, each once, sorted. Words of one name may be parted by spaces."""
    names = (" ".join(name.split()) for name in _PARTING.split(text or ""))
    return sorted({name for name in names if name})


def joined(tags: Iterable[Tag]) -> str:
    """The mirror of ``split``."""
    return "，".join(sorted(tag.name for tag in tags))
