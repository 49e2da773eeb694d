"""A row whose address may change: whoever kept the old one is led to the new one."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import override

from parkcms.language.address import CHINESE

from .models import Redirect


@contextmanager
def followed(
    row: models.Model, *fields: str, saved: Collection[str] | None = None
) -> Iterator[None]:
    """Around the save of a row whose address is made of ``fields``: what was public under the
    old address leads to the new one, with all that lies below, in the same transaction.

    ``saved`` is the ``update_fields`` of the save. The row is locked meanwhile, so that of two
    renames at once the second starts from what the first made. What never was public leaves
    nothing: its address is nobody's to know.
    """
    if saved is not None and not set(fields) & set(saved):
        yield
        return
    with transaction.atomic():
        stood = None if row._state.adding else _stored(row, is_locked=True)
        old = _address(stood) if stood and _differ(stood, row, fields) else ""
        yield
        if old and _has_been_public(stood):
            # Read again: what the row knows of the one it lies in may be out of date.
            new = _address(_stored(row))
            Redirect.objects.moved(old, new, is_prefix=True, why=f"“{row}”改了地址名")
        elif stood is None and _has_been_public(row):
            Redirect.objects.lives(_address(row))


def _stored(row: models.Model, *, is_locked: bool = False) -> models.Model | None:
    rows = type(row)._default_manager.filter(pk=row.pk).order_by()
    return (rows.select_for_update(no_key=True, of=("self",)) if is_locked else rows).first()


def _differ(stood: models.Model, row: models.Model, fields: tuple[str, ...]) -> bool:
    names = [row._meta.get_field(name).attname for name in fields]
    return any(getattr(stood, name) != getattr(row, name) for name in names)


def _has_been_public(row: models.Model) -> bool:
    """By its time of publication, where its kind has one; also if it was taken down since."""
    if not hasattr(row, "publish_at"):
        return True
    return row.publish_at is not None and row.publish_at <= timezone.now()


def _address(row: models.Model) -> str:
    with override(CHINESE):
        return row.get_absolute_url()
