"""Taking a table over: all of it in one transaction, or none."""

from datetime import datetime, timedelta
from typing import Any

from django.db import DataError, IntegrityError, models, transaction
from django.utils import timezone

from parkcms.language import pinyin
from parkcms.ledger.models import Act
from parkcms.library.refusals import Refused
from parkcms.people.models import User

from . import table_checking, table_reading
from .models import Park, Space, Upload
from .table_checking import Checked, Row
from .table_reading import Table

BATCH = 500
KEPT_DAYS = 30


def forget_old(now: datetime | None = None) -> int:
    """Delete the files handed in more than KEPT_DAYS ago; how many."""
    edge = (now or timezone.now()) - timedelta(days=KEPT_DAYS)
    return Upload.objects.filter(created_at__lt=edge).delete()[0]


def look(upload: Upload, by: User) -> tuple[Table, Checked]:
    """An upload as it reads against the spaces of this moment; saves nothing.

    Raises Refused where the file holds no table.
    """
    table = table_reading.read(upload.name, bytes(upload.content))
    return table, table_checking.check(table, upload.park, by, timezone.localdate())


def take_over(
    upload: Upload, by: User, digest: str, *, publish: bool = False, confirm: bool = True
) -> Checked:
    """Save what the table says, if that is what was shown (``digest``).

    Raises Refused: ``applied``, ``problems``, ``moved`` (the spaces changed since they were
    compared), ``clash`` (the database would not have it).

    The parks are locked in the order of their keys, so that of two tables one waits.
    """
    try:
        with transaction.atomic():
            return _take_over(upload, by, digest, publish, confirm)
    except (IntegrityError, DataError) as error:
        raise Refused(
            "clash", "有一处同时被别人改了，或数字放不下，一行都没有导入。请再看一遍再导入。"
        ) from error


def _take_over(upload: Upload, by: User, digest: str, publish: bool, confirm: bool) -> Checked:
    upload = Upload.objects.select_for_update(of=("self",)).get(pk=upload.pk)
    if upload.applied_at:
        at = timezone.localtime(upload.applied_at)
        raise Refused("applied", f"这张表 {at:%Y-%m-%d %H:%M} 已经导入过，这次什么都没有改。")
    _lock(upload.park, by)
    _table, checked = look(upload, by)
    if checked.problems:
        raise Refused("problems", "现在有问题要先改，一行都没有导入。")
    if checked.digest() != digest:
        raise Refused("moved", "这期间有人改过这些空间，一行都没有导入。请再看一遍会改什么。")
    now = timezone.now()
    save(checked, by, now, publish=publish, confirm=confirm)
    counts = {kind: len(checked.of(kind)) for kind in ("new", "changed", "unchanged")}
    upload.applied_at, upload.report = now, counts
    upload.save(update_fields=["applied_at", "report"])
    Act.record(by, "import", upload, after=counts)
    return checked


def _lock(park: Park | None, by: User) -> None:
    parks = Park.objects.filter(pk=park.pk) if park else Park.objects.kept_by(by)
    keys = sorted(parks.order_by().values_list("pk", flat=True))
    list(Park.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True))
    list(Space.objects.filter(park__in=keys).order_by("pk").select_for_update(of=("self",))
         .values_list("pk", flat=True))  # fmt: skip


def save(
    checked: Checked,
    by: User,
    now: datetime,
    *,
    publish: bool,
    confirm: bool,
    by_hand: bool = False,
) -> None:
    """Write the rows in batches, with an act for each space; call it inside a transaction.

    Rows typed ``by_hand`` are added and changed, not imported, and their acts say it confirms them.
    """
    said = {"checked_at": now} if confirm and by_hand else {}
    adds, changes = ("add", "change") if by_hand else ("import", "import")
    stamp = {"checked_at": now, "checked_by": by} if confirm else {}
    new = _created(checked.of("new"), stamp, now if publish else None)
    changed = checked.of("changed")
    for row in (*changed, *checked.of("unchanged")):
        row.space.park = row.park  # or each act would ask for it
    _update(changed, now)
    touched = [row.space.pk for row in (*changed, *checked.of("unchanged"))]
    if confirm and touched:
        Space.objects.filter(pk__in=touched).update(updated_at=now, **stamp)
    acts = [
        Act.of(by, adds, space, after=_after(row) | _published(space) | said) for row, space in new
    ]
    for row in changed:
        before = {name: _plain(pair[0]) for name, pair in row.changes.items()}
        acts.append(Act.of(by, changes, row.space, before=before, after=_after(row) | said))
    if confirm:
        acts += [
            Act.of(
                by,
                "import",
                row.space,
                before={"checked_at": row.space.checked_at},
                after={"checked_at": now},
            )
            for row in checked.of("unchanged")
        ]
    for act in acts:
        act.at = now
    Act.objects.bulk_create(acts, batch_size=BATCH)


def _published(space: Space) -> dict[str, Any]:
    return {"publish_at": space.publish_at} if space.publish_at else {}


def _created(
    rows: list[Row], stamp: dict[str, Any], publish_at: datetime | None
) -> list[tuple[Row, Space]]:
    parks = {row.park.pk for row in rows}
    taken: dict[int, set[str]] = {pk: set() for pk in parks}
    for pk, slug in Space.objects.filter(park__in=parks).order_by().values_list("park_id", "slug"):
        taken[pk].add(slug)
    made = []
    for row in rows:
        slugs = taken[row.park.pk]
        # As Space.save does, which bulk_create passes by.
        slug = pinyin.unique_slug(row.code, slugs.__contains__, fallback="space")
        slugs.add(slug)
        values = {name: pair[1] for name, pair in row.changes.items()}
        space = Space(park=row.park, code=row.code, slug=slug, publish_at=publish_at, **values)
        for name, value in stamp.items():
            setattr(space, name, value)
        made.append((row, space))
    Space.objects.bulk_create([space for _row, space in made], batch_size=BATCH)
    return made


def _update(rows: list[Row], now: datetime) -> None:
    by_fields: dict[tuple[str, ...], list[Space]] = {}
    for row in rows:
        for name, (_before, after) in row.changes.items():
            setattr(row.space, name, after)
        row.space.updated_at = now
        by_fields.setdefault(tuple(sorted(row.changes)), []).append(row.space)
    if len(by_fields) > 20:  # one statement for a set of fields, unless there are many sets
        names = tuple(sorted({name for fields in by_fields for name in fields}))
        by_fields = {names: [row.space for row in rows]}
    for names, spaces in by_fields.items():
        Space.objects.bulk_update(spaces, [*names, "updated_at"], batch_size=BATCH)


def _after(row: Row) -> dict[str, Any]:
    after = {name: _plain(pair[1]) for name, pair in row.changes.items()}
    return after if row.space else {"code": row.code, **after}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, models.Model) else value
