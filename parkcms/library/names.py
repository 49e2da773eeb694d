"""File names as people's machines send them: kept for finding a file again, never for storing."""

import re
import unicodedata
from pathlib import PurePosixPath

LONGEST = 120  # characters
_PATH = re.compile(r"[\\/]+")
_SPACES = re.compile(r"\s+")


def cleaned(given: str) -> str:
    """The name without folders, control characters and what hides in text; '' where none is left.

    >>> cleaned("../../C:\\\\图\\x00片 .jpg")
    '图片 .jpg'
    """
    last = _PATH.split(given or "")[-1]
    # C: controls, direction marks and halves of characters; none of them is part of a name.
    plain = "".join(c for c in last if c.isspace() or unicodedata.category(c)[0] != "C")
    name = _SPACES.sub(" ", plain).strip(" .")
    if len(name) <= LONGEST:
        return name
    suffix = PurePosixPath(name).suffix[:10]
    return name[: LONGEST - len(suffix)] + suffix


def stem(name: str) -> str:
    """A cleaned name without its ending, as a first title."""
    return PurePosixPath(name).stem if name else ""
