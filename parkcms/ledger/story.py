"""The story of one row in words: its Acts from the newest, a page at a time, with what changed
under the labels of the form."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q
from django.http import Http404
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from .guarded import is_key
from .models import Act

PAGE = 100
_EMPTY = "（空）"


@dataclass(frozen=True)
class Told:
    """One act as it is read. ``changes``: (label, before, after) of what differs, before None where
    the act names none. ``link``: (words, address) of what came of it, the address '' without one.
    """

    act: Act
    changes: list[tuple[str, str | None, str]]
    link: tuple[str, str] | None = None


def page(obj: models.Model, key: str | None) -> tuple[list[Act], str]:
    """(acts, key of the next page) after the act ``key`` names, from the newest for None; the key
    is '' at the end. Raises Http404 for an act that is not of this story."""
    rows = Act.objects.about(obj)
    if key is not None:
        last = rows.filter(pk=key).first() if is_key(key) else None
        if last is None:
            raise Http404("no such place in the story")
        rows = rows.filter(at__lte=last.at).filter(Q(at__lt=last.at) | Q(pk__lt=last.pk))
    found = list(rows[: PAGE + 1])
    if len(found) <= PAGE:
        return found, ""
    return found[:PAGE], str(found[PAGE - 1].pk)


def told(
    model: type[models.Model],
    acts: Sequence[Act],
    label: Callable[[str], str],
    links: dict[int, tuple[str, str]],
) -> list[Told]:
    """The acts in words; one query for each kind of row they point at."""
    names = _names(model, acts)

    def said(name: str, value: Any) -> str:
        return _said(_field(model, name), value, names)

    return [
        Told(
            act,
            [
                (label(name), None if before is None else said(name, before), said(name, after))
                for name, before, after in act.changes
                if before != after
            ],
            links.get(act.pk),
        )
        for act in acts
    ]


def label_of(model: type[models.Model], name: str) -> str:
    """What the form calls a field; a name that is none of the model's stands as it is."""
    field = _field(model, name)
    return str(field.verbose_name) if field else name


def _field(model: type[models.Model], name: str) -> models.Field | None:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, models.Field) else None


def _names(model: type[models.Model], acts: Sequence[Act]) -> dict[str, dict[int, str]]:
    """``{field: {key: name}}`` of the rows that acts point at by their keys."""
    wanted: dict[str, set[int]] = {}
    for act in acts:
        for name, *sides in act.changes:
            field = _field(model, name)
            if field is not None and field.many_to_one:
                keys = {side for side in sides if type(side) is int}
                wanted.setdefault(name, set()).update(keys)
    return {
        name: {
            row.pk: str(row)
            for row in _field(model, name).related_model._default_manager.filter(pk__in=keys)
        }
        for name, keys in wanted.items()
        if keys
    }


def _said(field: models.Field | None, value: Any, names: dict[str, dict[int, str]]) -> str:
    if value is None or value == "":
        return _EMPTY
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(str(one) for one in value) or _EMPTY
    if isinstance(field, models.DateTimeField) and isinstance(value, str):
        return _moment(value)
    if field is not None and field.many_to_one and type(value) is int:
        return names.get(field.name, {}).get(value, f"{value}（已不在）")
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return str(value)


def _moment(text: str) -> str:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return text
    if moment is None or timezone.is_naive(moment):
        return text
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"
