"""Roles as Django groups. The table of who may do what stands on the roof (parkcms/roles.py)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db.models import Q


@dataclass(frozen=True)
class Role:
    """A job at the desk: its Chinese name and its permissions as ``app_label.codename``."""

    name: str
    permissions: tuple[str, ...] = ()


def upsert(roles: Iterable[Role]) -> None:
    """Make the groups of ``roles`` and set their permissions exactly; safe to run again.

    Raises ``LookupError`` naming the permissions that do not exist.
    """
    for role in roles:
        group, _ = Group.objects.get_or_create(name=role.name)
        group.permissions.set(_permissions(role))


def _permissions(role: Role) -> list[Permission]:
    wanted = set(role.permissions)
    if not wanted:
        return []
    which = Q()
    for name in wanted:
        app_label, codename = name.split(".")
        which |= Q(content_type__app_label=app_label, codename=codename)
    found = list(Permission.objects.filter(which).select_related("content_type"))
    missing = wanted - {f"{p.content_type.app_label}.{p.codename}" for p in found}
    if missing:
        raise LookupError(f"{role.name}: no such permission {sorted(missing)}")
    return found
