"""Tags as people write them in one line: parted by commas of either width, 、 or ；."""

import re
from collections.abc import Iterable

from django.db.models.functions import Lower

from .models import Tag

_PARTING = re.compile(r"[,，、;；\r\n]+")


def split(text: str) -> list[str]:
    """The names in ``text``, each once, sorted. Words of one name may be parted by spaces."""
    names = (" ".join(name.split()) for name in _PARTING.split(text or ""))
    return sorted({name for name in names if name})


def joined(tags: Iterable[Tag]) -> str:
    """The mirror of ``split``."""
    return "，".join(sorted(tag.name for tag in tags))


def as_known(names: Iterable[str]) -> list[str]:
    """The names, each spelt as the tag that is there already, whatever its capitals (one query)."""
    names = list(names)
    wanted = {name.lower() for name in names}
    rows = Tag.objects.annotate(lower=Lower("name")).filter(lower__in=wanted)
    known = {name.lower(): name for name in rows.values_list("name", flat=True)}
    return sorted({known.get(name.lower(), name) for name in names})
