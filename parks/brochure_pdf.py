"""Setting a brochure in type: JSON and pictures in, the bytes of a PDF out, no network.

Only the template is source; everything else reaches it as data. The same input gives the same
bytes: the date of the edition is part of the data, and no font of the machine takes part.
"""

import json
import re
import tempfile
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

import pylopdf_fonts_zh_cn as fonts
import typst
from django.core.files.storage import default_storage

from .brochure import Brochure

# Control characters, as JSON writes them (after no or an even number of backslashes), and DEL.
_UNSEEN = re.compile(r"(?<!\\)((?:\\\\)*)\\u00[01][0-9a-f]|\x7f")
TEMPLATE = Path(__file__).resolve().parent / "typeset" / "brochure.typ"


def key(brochure: Brochure) -> str:
    """64 hex digits of everything an edition is made of, without reading a picture: a stored
    picture's name is made of its content."""
    told = sha256(_standing_parts())
    told.update(_as_json(brochure))
    for name, drawing in sorted(brochure.files.items()):
        told.update(name.encode() + sha256(drawing).digest())
    told.update(json.dumps(brochure.pictures, sort_keys=True).encode())
    return told.hexdigest()


def compile_pdf(brochure: Brochure) -> bytes:
    """The PDF, tagged for readers by ear (PDF/UA-1). Raises typst.TypstError.

    PDF/UA refuses a character that no font has. Then the fonts of the machine are asked as well,
    and what they don't have either is an empty box in a PDF that claims no standard.
    """
    try:
        return _compile(brochure, format="pdf", pdf_standards=["ua-1"])
    except typst.TypstError:
        return _compile(brochure, format="pdf", font_paths=_fonts(of_the_machine=True))


def compile_pages(brochure: Brochure, ppi: float = 72) -> list[bytes]:
    """Each page as PNG, to look at."""
    made = _compile(brochure, format="png", ppi=ppi)
    return made if isinstance(made, list) else [made]


def _compile(brochure: Brochure, **how: object) -> bytes | list[bytes]:
    with tempfile.TemporaryDirectory(prefix="brochure-") as folder:
        root = Path(folder)
        (root / "main.typ").write_bytes(_template())
        (root / "data.json").write_bytes(_as_json(brochure))
        for name, drawing in brochure.files.items():
            (root / name).write_bytes(drawing)
        for name, stored in brochure.pictures.items():
            (root / name).symlink_to(default_storage.path(stored))
        day = datetime(*brochure.data["date"], tzinfo=UTC)
        return typst.compile(
            root / "main.typ",
            root=root,
            # An empty folder: nothing is found there, and the template asks for nothing.
            package_path=root,
            package_cache_path=root,
            timestamp=day,
            **{"font_paths": _fonts(), **how},
        )


@cache
def _fonts(*, of_the_machine: bool = False) -> typst.Fonts:
    """Read once a process; some 20 MB, mapped and not copied."""
    return typst.Fonts(
        include_system_fonts=of_the_machine,
        include_embedded_fonts=False,
        font_paths=[str(fonts.sans_path().parent)],
    )


@cache
def _template() -> bytes:
    return TEMPLATE.read_bytes()


@cache
def _standing_parts() -> bytes:
    """The template and the versions of what sets it."""
    return _template() + f"{typst.__version__} {fonts.__version__}".encode()


def _as_json(brochure: Brochure) -> bytes:
    # Half of a surrogate pair is no text and no UTF-8.
    text = json.dumps(brochure.data, sort_keys=True, ensure_ascii=False)
    return _UNSEEN.sub(r"\1", text).encode("utf-8", "replace")
