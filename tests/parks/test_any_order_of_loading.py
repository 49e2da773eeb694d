"""The same statements, loaded in any order, give the same page to the byte."""

import random

import pytest
import time_machine
from django.test import Client
from factories import a_figure, a_milestone, a_park, a_phase, a_source

from parks.models import Figure, Park, Source

pytestmark = pytest.mark.django_db

SOURCES = {
    "old": {"publisher": "甲报", "title": "旧闻", "published": "2021-06"},
    "new": {"publisher": "乙报", "title": "新闻", "published": "2024-06-13"},
    "undated": {"publisher": "丙网", "title": "介绍", "published": ""},
}
STATEMENTS = [
    ("figure", {"metric": "tenants", "value": 29, "as_of": "2021-H1", "source": "old"}),
    ("figure", {"metric": "tenants", "value": 30, "as_of": "2024-06", "source": "new"}),
    (
        "figure",
        {"metric": "tenants", "value": 31, "as_of": "2024-06", "source": "new", "sentence": "31家"},
    ),
    ("figure", {"metric": "tenants", "value": 31, "as_of": "2024-06", "source": "undated"}),
    ("figure", {"metric": "tenants", "value": 40, "as_of": "2023", "source": None}),
    ("figure", {"metric": "tenants", "value": 99, "as_of": "", "source": "undated"}),
    ("figure", {"metric": "tenants", "value": 50, "as_of": "2026", "state": "planned",
                "source": "new"}),
    ("figure", {"metric": "gfa", "value": 92000, "unit": "m2", "as_of": "2021-H1",
                "state": "planned", "source": "old", "phase": True}),
    ("figure", {"metric": "gfa", "value": "9.1", "unit": "ha", "as_of": "2024-06",
                "source": "new", "phase": True}),
    ("milestone", {"kind": "started", "title_zh": "开工", "happened": "2021-H1", "source": "old"}),
    ("milestone", {"kind": "started", "title_zh": "开工", "happened": "2021-05", "source": "new"}),
    ("milestone", {"kind": "other", "title_zh": "无日期", "happened": "", "source": "undated"}),
]  # fmt: skip
FIRST = list(range(len(STATEMENTS)))


def loaded(order):
    """The page after loading the statements in this order."""
    Park.objects.all().delete()
    Source.objects.all().delete()
    park = a_park(slug="anywhere", name_zh="某园", name_en="Some Park")
    phase, sources = a_phase(park), {}
    for place in order:
        kind, fields = STATEMENTS[place]
        fields = dict(fields)
        if name := fields["source"]:
            sources.setdefault(name, None)
            sources[name] = sources[name] or a_source(**SOURCES[name])
            fields["source"] = sources[name]
        if fields.pop("phase", False):
            fields["phase"] = phase
        (a_figure if kind == "figure" else a_milestone)(park, **fields)
    return [
        Client().get(path).content
        for path in ("/parks/anywhere/", "/en/parks/anywhere/", "/parks/anywhere/?as_of=2023")
    ]


@pytest.mark.parametrize("seed", range(8))
def test_the_page_is_the_same_whatever_was_loaded_first(seed):
    order = FIRST.copy()
    random.Random(seed).shuffle(order)  # noqa: S311
    with time_machine.travel("2026-06-01 02:00Z", tick=False):
        expected = loaded(FIRST)
        assert loaded(order) == expected
        assert loaded(FIRST[::-1]) == expected


def test_the_page_would_tell_another_newest_value():
    with time_machine.travel("2026-06-01 02:00Z", tick=False):
        before = loaded(FIRST)
        Figure.objects.filter(value=31, source__publisher="丙网").delete()
        assert Client().get("/parks/anywhere/").content != before[0]
