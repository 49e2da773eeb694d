"""Loads the content files of this folder, by the code real content uses. Safe to run again."""

import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from articles.importing import Incoming, Landed, land
from articles.models import Category, Tag
from parkcms.language import pinyin
from parkcms.library.models import Picture
from parkcms.models import SiteProfile
from parkcms.people.models import User
from parks.importing import land_park, land_sources, land_spaces
from parks.models import ContactCard, Space

from . import enquiries, people

HERE = Path(__file__).parent
_LOCK = 0x64656D6F
SAMPLES_CONFIRMED = timedelta(days=20)  # then they are confirmed again


@transaction.atomic
def load(password_file: Path) -> list[str]:
    """Load everything that is not there yet; returns lines saying what was new.

    The demo people's passwords go to ``password_file``, once. All articles carry the time of
    loading; of two landings at once the second waits and then finds everything known.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    now = timezone.now()
    told = people.make(password_file)
    _site()
    _shelves(now)
    _parks(now)
    told += [
        f"文章 {one.article.pk}《{one.article.title}》" for one in _articles(now) if one.is_new
    ]
    if made := enquiries.make(now):
        told.append(f"示例需求 {made} 份")
    SiteProfile.objects.filter(pk=1, demo_loaded_at=None).update(demo_loaded_at=now)
    return told


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text("utf-8"))


def _site() -> None:
    """Fill the site's row where nobody has filled it yet."""
    profile = SiteProfile.objects.get(pk=1)
    if profile.demo_loaded_at or profile.hot_line:
        return
    data = _read("site.toml")
    card = data.pop("contact")
    profile.contact, _ = ContactCard.objects.get_or_create(name=card["name"], defaults=card)
    for name, value in data.items():
        setattr(profile, name, value)
    profile.official_account_qr = _picture("official-account.png", "公众号二维码（示例）")
    profile.service_qr = _picture("service.png", "客服微信二维码（示例）")
    profile.full_clean()
    profile.save()


def _picture(name: str, alt: str) -> Picture:
    with (HERE / "pictures" / name).open("rb") as file:
        return Picture.objects.add(
            file, alt_zh=alt, alt_en="QR code (sample)", rights=Picture.Rights.OWN
        )


def _shelves(now: datetime) -> None:
    data = _read("categories.toml")
    for row in data["categories"]:
        Category.objects.get_or_create(slug=row["slug"], defaults={**row, "publish_at": now})
    for name, name_en in data["tags"].items():
        slug = pinyin.slug(name)
        Tag.objects.get_or_create(name=name, defaults={"name_en": name_en, "slug": slug})


def _parks(now: datetime) -> None:
    sources = land_sources(_read("sources.toml"))
    card = ContactCard.objects.filter(is_sample=True).first()
    manager = people.manager()
    for path in sorted((HERE / "parks").glob("*.toml")):
        park = land_park(_read(f"parks/{path.name}"), sources, publish_at=now)
        if card and park.contact is None and park.created_at >= now:
            park.contact = card
            park.save(update_fields=["contact"])
            if manager:
                park.managers.add(manager)
    land_spaces(_read("spaces.toml")["spaces"], publish_at=now, is_sample=True)
    _confirm_samples(manager, now)


def _confirm_samples(manager: User | None, now: datetime) -> None:
    """Samples stay on offer as long as the demo is loaded now and then; their prices do not."""
    old = Q(checked_at=None) | Q(checked_at__lt=now - SAMPLES_CONFIRMED)
    Space.objects.filter(old, is_sample=True, state=Space.State.LETTABLE).update(
        checked_at=now, checked_by=manager
    )


def _articles(now: datetime) -> Iterator[Landed]:
    """In the order of their ids; our own last, so that it takes the next free one."""
    for path in sorted((HERE / "articles").glob("*.html"), key=_order):
        landed = land(read_article(path), publish_at=now, author=people.editor())
        if landed.remarks:
            raise ValueError(f"{path.name}: {landed.remarks}")
        yield landed


def read_article(path: Path) -> Incoming:
    """A content file: TOML between two lines of ``+++``, then the body as HTML."""
    _, head, body = path.read_text("utf-8").split("+++\n", 2)
    return Incoming(**tomllib.loads(head), body=body.strip())


def _order(path: Path) -> tuple[bool, int]:
    number = path.stem.split("-")[0]
    return not number.isdigit(), int(number) if number.isdigit() else 0
