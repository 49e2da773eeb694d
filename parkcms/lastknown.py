"""What every page says of the site itself, and its last known state for when nobody can be asked.

The enquiry form and its receipts are shown while the database is away: with the name, the hot
line and the privacy text's version as they were read last. The file VAR/last-known.json holds
public words only.
"""

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from leads import bounded
from parks.models import Park

from .models import SiteProfile

FOOTER_PARKS = 8
# Columns of the site's row that pages show; its pictures are left out.
SHOWN = (
    "name_zh", "name_en", "tagline_zh", "tagline_en", "operator", "hot_line", "hours_zh",
    "hours_en", "address_zh", "address_en", "email", "icp_number", "police_number",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    site: SiteProfile
    parks: list[Park]


def site() -> SiteProfile:
    return SiteProfile.current()


def parks() -> list[Park]:
    return list(Park.objects.published().only("name_zh", "name_en", "slug")[:FOOTER_PARKS])


_last: Known | None = None
_written = ""


def read() -> Known:
    """As it stands in the database, within two seconds; else as it was read last."""
    global _last
    try:
        _last = bounded.call(lambda: Known(site(), parks()))
    except (bounded.DatabaseAway, DatabaseError):
        return _last or _from_file()
    _keep(_last)
    return _last


def _path() -> Path:
    return settings.VAR_DIR / "last-known.json"


def _keep(known: Known) -> None:
    """Writes it down where it is news; a full disk is no reason to fail a page."""
    global _written
    text = json.dumps(
        {
            "site": {name: getattr(known.site, name) for name in SHOWN},
            "parks": [[park.name_zh, park.name_en, park.slug] for park in known.parks],
            "privacy": known.site.privacy_number,
        },
        ensure_ascii=False,
    )
    if text == _written:
        return
    with contextlib.suppress(OSError):
        path = _path()
        fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
        fresh.write_text(text, "utf-8")
        fresh.replace(path)
        _written = text


def _from_file() -> Known:
    try:
        kept: dict[str, Any] = json.loads(_path().read_text("utf-8"))
        site = SiteProfile(pk=1, **kept["site"])
        site.privacy_number = kept["privacy"]
        parks = [Park(name_zh=zh, name_en=en, slug=slug) for zh, en, slug in kept["parks"]]
        return Known(site, parks)
    except (OSError, ValueError, KeyError, TypeError):
        return Known(SiteProfile(pk=1), [])
