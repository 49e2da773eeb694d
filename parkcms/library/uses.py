"""Where a row of the library is used: found over the relations that point at it, so that the
library knows of no room above it. What stands inside a text counts where a row says so."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.db import models
from django.urls import NoReverseMatch, reverse

SHOWN = 200  # of one relation


@dataclass(frozen=True)
class Use:
    """A place that shows a row: what it is called and its page at the desk, '' where none."""

    label: str
    url: str
    model: type[models.Model]
    pk: int


@dataclass(frozen=True)
class _Link:
    """A foreign key to the library, and the row people know it by: its own, or the ``owner``."""

    key: models.ForeignKey
    owner: models.ForeignKey | None
    what: str  # 封面, 照片

    @property
    def rows(self) -> models.QuerySet:
        rows = self.key.model._base_manager.order_by("-pk")
        return rows.select_related(self.owner.name) if self.owner else rows

    def use(self, row: models.Model) -> Use:
        place = getattr(row, self.owner.name) if self.owner else row
        opts = place._meta
        label = f"{opts.verbose_name}“{place}”的{self.what}"
        page = _page(type(place))
        return Use(label, reverse(page, args=[place.pk]) if page else "", type(place), place.pk)


def used_in(row: models.Model) -> list[Use]:
    """Every place that shows ``row``, at most SHOWN of a kind. One query, and one for each
    kind of place that has any."""
    return uses_of([row])[row.pk]


def uses_of(rows: Iterable[models.Model]) -> dict[int, list[Use]]:
    """``used_in`` for rows of one model, by key; the cost does not grow with their number."""
    found: dict[int, dict[Use, None]] = {row.pk: {} for row in rows}
    model = next((type(row) for row in rows), None)
    if model is None:
        return {}
    for number in _kinds_found(model, list(found)):
        link = _links(model)[number]
        column = link.key.attname
        for one in link.rows.filter(**{f"{column}__in": list(found)})[: SHOWN * len(found)]:
            found[getattr(one, column)][link.use(one)] = None
    return {pk: list(uses) for pk, uses in found.items()}


def each_use(model: type[models.Model]) -> Iterator[models.Exists]:
    """For each relation to ``model``: whether a row of a queryset of it is used there."""
    for link in _links(model):
        rows = link.key.model._base_manager.filter(**{link.key.attname: models.OuterRef("pk")})
        yield models.Exists(rows)


def _kinds_found(model: type[models.Model], keys: list[int]) -> list[int]:
    """Numbers of the relations that any of the rows is used by."""
    tests = {f"use_{number}": found for number, found in enumerate(each_use(model))}
    if not tests:
        return []
    rows = model._base_manager.filter(pk__in=keys).annotate(**tests).values_list(*tests)
    return [number for number, seen in enumerate(zip(*rows, strict=True)) if any(seen)]


@lru_cache
def _links(model: type[models.Model]) -> tuple[_Link, ...]:
    """Foreign keys of other rooms to ``model``, those of hidden tables between two included."""
    relations = [
        one
        for one in model._meta.get_fields(include_hidden=True)
        if one.auto_created and not one.concrete and (one.one_to_many or one.one_to_one)
    ]
    keys = [one.field for one in relations]
    return tuple(_link(key) for key in keys if key.model._meta.app_label != model._meta.app_label)


def _link(key: models.ForeignKey) -> _Link:
    between = key.model._meta.auto_created
    if not between and _page(key.model):
        return _Link(key, None, str(key.verbose_name))
    what = key.model._meta.verbose_name
    if between:
        tables = between._meta.many_to_many
        what = next(one.verbose_name for one in tables if one.remote_field.through is key.model)
    others = [one for one in key.model._meta.fields if one.many_to_one and one is not key]
    owner = next((one for one in others if _page(one.related_model)), None)
    return _Link(key, owner, str(what))


def _page(model: type[models.Model]) -> str:
    """The name of its rows' page at the desk; '' where it has none."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    try:
        reverse(name, args=[1])
    except NoReverseMatch:
        return ""
    return name
