"""What the fields of an article's form say, as far as it can be read: nothing is refused here.

A form as a browser posts it is ``{name: [values]}`` (``Posted``). Read, it is a content
(articles/content.py) that can be compared with what was saved, and be shown in the form again. What
no field can read, like a date of the 31st of February, comes back letter by letter.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from parkcms.ledger.guarded import MOST_ROWS, is_key

from . import content as contents
from . import markup
from .content import Content, Difference
from .models import Article

Posted = dict[str, list[str]]
PREFIXES = {"parks": "mentions", "citations": "citations"}
MOST_POSITION = 32_767  # what a small integer column holds


@dataclass(frozen=True)
class Typed:
    """A form's content. ``unread``: the raw values of fields that can't be read, whose content is
    what stood before; ``beside``: those of fields that are no content, like the author."""

    content: Content
    unread: Posted = field(default_factory=dict)
    beside: Posted = field(default_factory=dict)

    @property
    def initial(self) -> dict[str, Any]:
        """What a form is to show where the content does not say it."""
        raw = self.unread | self.beside
        return {name: values if len(values) > 1 else values[0] for name, values in raw.items()}


def posted(data: QueryDict, form_class: type[forms.ModelForm]) -> Posted:
    """The fields and tables of this form out of what was posted, as Postgres can keep it."""
    names = {part for name in form_class.base_fields for part in (name, f"{name}_0", f"{name}_1")}
    tables = tuple(f"{prefix}-" for prefix in PREFIXES.values())
    return {
        name: [value.replace("\x00", "") for value in data.getlist(name)]
        for name in data
        if (name in names or name.startswith(tables)) and name != "version" and "\x00" not in name
    }


def blank() -> Content:
    """What the empty form of a new article says."""
    return contents.own(Article()) | {name: [] for name in contents.LISTS}


def read(form_class: type[forms.ModelForm], kept: Posted, before: Content) -> Typed:
    """The content of a posted form; a field that was not in it says what ``before`` says. No
    query."""
    data = MultiValueDict({name: list(values) for name, values in kept.items()})
    said, unread, beside = dict(before), {}, {}
    for name, one in form_class.base_fields.items():
        if name == "version" or one.widget.value_omitted_from_data(data, {}, name):
            continue
        if name not in (*contents.FIELDS, "tags"):
            beside[name] = [data.get(name, "")]
            continue
        raw = one.widget.value_from_datadict(data, {}, name)
        try:
            said[name] = _value(name, one, raw, before.get(name))
        except ValidationError:
            unread[name] = [str(part or "") for part in (raw if isinstance(raw, list) else [raw])]
    return Typed(said | _tables(data), unread, beside)


def differences(typed: Typed, before: Content) -> list[Difference]:
    """Where what was typed differs from ``before``; what can't be read differs as it was typed."""
    found = contents.differences(before, typed.content)
    for name, values in typed.unread.items():
        raw = " ".join(filter(None, values))
        found.append(Difference(name, contents.label_of(name), contents.said(before, name), raw))
    return found


def fingerprints(content: Content) -> str:
    """A few letters for each field that says something, for a page to carry along: by them it is
    known later which fields were typed into."""
    told = {name: _fingerprint(content.get(name)) for name in (*contents.FIELDS, *contents.LISTS)}
    return " ".join(f"{name}:{letters}" for name, letters in told.items())


def untouched(carried: str, typed: Content) -> set[str]:
    """The fields that say what they said when the page with these fingerprints was opened."""
    known = dict(part.split(":", 1) for part in carried.split() if ":" in part)
    return {
        name
        for name in (*contents.FIELDS, *contents.LISTS)
        if known.get(name) == _fingerprint(typed.get(name))
    }


def _fingerprint(value: Any) -> str:
    plain = json.dumps(value or None, sort_keys=True, default=str)
    return sha256(plain.encode()).hexdigest()[:8]


def written(names: Iterable[str], content: Content) -> Posted:
    """The mirror of ``read``: how a form posts these fields of a content."""
    told: Posted = {}
    for name in names:
        value = content.get(name)
        if name in PREFIXES:
            told |= _table(PREFIXES[name], name, value or [])
        elif name == "tags":
            told[name] = ["，".join(value or [])]
        elif name in contents.TIMES:
            at = contents.as_time(value)
            local = timezone.localtime(at) if at else None
            told[f"{name}_0"] = [f"{local:%Y-%m-%d}" if local else ""]
            told[f"{name}_1"] = [f"{local:%H:%M:%S}" if local else ""]
        elif value is True or value is False:
            told[name] = ["on"] if value else []
        else:
            told[name] = ["" if value is None else str(value)]
    return told


def _value(name: str, one: forms.Field, raw: Any, before: Any) -> Any:
    """Raises ValidationError for what the field can't read. Too long a text is no such thing."""
    if name == "body":
        return markup.clean(raw or "")
    if isinstance(one, forms.ModelChoiceField):
        if raw and not is_key(raw):
            raise ValidationError("no key")
        return int(raw) if raw else None
    if name == "tags":
        return sorted(one.clean(raw or ""))
    if isinstance(one, forms.MultiValueField):
        return _moment(one.clean(raw), before)
    value = one.to_python(raw)
    return value if value is None or isinstance(value, bool | int) else str(value)


def _moment(at: datetime | None, before: str | None) -> str | None:
    """A form knows minutes only; one that says the same minute means the same moment."""
    stood = contents.as_time(before)
    if at and stood and at.replace(second=0) == stood.replace(second=0, microsecond=0):
        return before
    return at.replace(second=0, microsecond=0).isoformat() if at else None


def _tables(data: MultiValueDict) -> Content:
    said: Content = {}
    if (rows := _rows(data, "mentions", "park")) is not None:
        parks = {int(row["park"]): min(_number(row["position"]), MOST_POSITION) for row in rows}
        said["parks"] = [[key, parks[key]] for key in sorted(parks, key=parks.get)]
    if (rows := _rows(data, "citations", "figure")) is not None:
        cited = {
            int(row["figure"]): {
                "figure": int(row["figure"]),
                "quote": row["quote"].strip(),
                "occurrence": min(_number(row["occurrence"]) or 1, MOST_POSITION),
            }
            for row in rows
        }
        said["citations"] = list(cited.values())
    return said


def _rows(data: MultiValueDict, prefix: str, key: str) -> list[dict[str, str]] | None:
    """Rows that name something and stay; None where the form had no such table."""
    total = data.get(f"{prefix}-TOTAL_FORMS", "")
    if not is_key(total):
        return None
    names = (key, "position", "quote", "occurrence", "DELETE")
    rows = [
        {name: data.get(f"{prefix}-{number}-{name}", "") for name in names}
        for number in range(min(int(total), MOST_ROWS))
    ]
    return [row for row in rows if is_key(row[key]) and not row["DELETE"]]


def _table(prefix: str, name: str, value: list) -> Posted:
    rows = [{"park": row[0], "position": row[1]} for row in value] if name == "parks" else value
    told = {
        f"{prefix}-TOTAL_FORMS": [str(len(rows))],
        f"{prefix}-INITIAL_FORMS": ["0"],
        f"{prefix}-MIN_NUM_FORMS": ["0"],
        f"{prefix}-MAX_NUM_FORMS": [str(MOST_ROWS)],
    }
    for number, row in enumerate(rows):
        told |= {f"{prefix}-{number}-{column}": [str(said)] for column, said in row.items()}
    return told


def _number(text: str) -> int:
    return int(text) if is_key(text) else 0
