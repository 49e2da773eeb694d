"""The drawn cover: what every picture must hold, whoever's park it is for."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from parks.cover import PALETTES, draw, palette_for
from parks.scenery import town
from parks.scenery.inks import INKS
from parks.scenery.isometry import Dice, Rect, Thing, back_to_front
from parks.scenery.sheet import Sheet

ROOT = Path(__file__).resolve().parents[2]
PARKS = ("lingang-u-valley", "hydrogen-port", "wenzhou-science-park")
VARIANTS = list(product((False, True), repeat=2))  # by night, quiet
ELEMENTS = {
    "svg", "title", "defs", "g", "use", "path", "rect", "circle", "ellipse", "linearGradient",
    "radialGradient", "stop",
}  # fmt: skip
ATTRIBUTES = {
    "viewBox", "width", "height", "preserveAspectRatio", "role", "id", "href", "x", "y", "x2", "y2",
    "d", "cx", "cy", "r", "rx", "ry", "transform", "opacity", "fill", "fill-opacity", "stroke",
    "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap", "offset",
    "stop-color", "stop-opacity",
}  # fmt: skip
PAINT = re.compile(r"none|#[0-9a-f]{3}|#[0-9a-f]{6}|url\(#[A-Z]\)")
PATH_DATA = re.compile(r"([MmLlHhVvAaz]|-?(\d+(\.\d)?|\.\d)|[ ])+")

# any text at all, lone surrogates and control characters too
texts = st.text(st.characters(exclude_categories=()), max_size=40)
switches = st.booleans()


def parsed(svg: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return etree.fromstring(svg.encode(), parser)


def tags(root: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    for element in root.iter():
        yield etree.QName(element).localname, element


def scene(seed: str, *, dark: bool = False, quiet: bool = False) -> list[Thing]:
    """What stands in a scene, in painting order."""
    sheet = Sheet(INKS["blue", dark], dark, Dice(seed), Dice(f"night {seed}"))
    return town.build(sheet, quiet=quiet)


def is_building(thing: Thing) -> bool:
    return 'fill="url(#L)"' in thing.svg


def is_tree(thing: Thing) -> bool:
    return thing.svg.startswith(('<use href="#a"', '<use href="#b"', '<use href="#g"'))


def side_by_side(one: Thing, other: Thing) -> bool:
    """Whether the two stand side by side on the picture, so that their order does not matter.

    A point of the world lies at x - y across the picture.
    """
    a, b = one.rect, other.rect
    return a.x1 - a.y0 <= b.x0 - b.y1 or b.x1 - b.y0 <= a.x0 - a.y1


@pytest.mark.parametrize("slug", PARKS)
@pytest.mark.parametrize(("dark", "quiet"), VARIANTS)
def test_only_plain_shapes_and_presentation_attributes_are_used(slug, dark, quiet):
    root = parsed(draw(slug, dark=dark, quiet=quiet, title="示意图"))
    for name, element in tags(root):
        assert name in ELEMENTS
        assert set(element.attrib) <= ATTRIBUTES
        assert etree.QName(element).namespace == "http://www.w3.org/2000/svg"
        for paint in ("fill", "stroke", "stop-color"):
            assert PAINT.fullmatch(element.get(paint, "none"))
        assert PATH_DATA.fullmatch(element.get("d", "M"))


@pytest.mark.parametrize("slug", PARKS)
@pytest.mark.parametrize(("dark", "quiet"), VARIANTS)
def test_what_is_referred_to_is_in_the_document(slug, dark, quiet):
    svg = draw(slug, dark=dark, quiet=quiet)
    ids = [element.get("id") for _, element in tags(parsed(svg)) if element.get("id")]
    referred = set(re.findall(r'href="#(\w+)"', svg)) | set(re.findall(r"url\(#(\w+)\)", svg))
    assert len(ids) == len(set(ids))
    assert referred <= set(ids)
    assert svg.count("href=") == len(re.findall(r'href="#\w+"', svg))


def test_the_picture_of_a_park_never_changes():
    svg = draw("hydrogen-port", title="嘉定氢能港")
    assert (
        sha256(svg.encode()).hexdigest()
        == "024365d86dcb1a5ed6bb6dfdca4eda4123ca48c590968752f7e0d6b8a8183528"
    )


def test_another_python_run_draws_the_same_bytes():
    code = "import sys; from parks.cover import draw; sys.stdout.write(draw('港', dark=True))"
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("0", "1", "4242")
    }
    assert runs == {draw("港", dark=True).encode()}


def test_every_park_has_a_picture_of_its_own():
    covers = [draw(f"park-{i}", palette="green") for i in range(60)]
    assert len(set(covers)) == 60


def test_the_demo_parks_have_one_palette_each():
    assert tuple(palette_for(slug) for slug in PARKS) == ("blue", "green", "sand")
    assert tuple(PALETTES) == ("blue", "green", "sand")


def test_seeds_spread_over_all_palettes():
    counts = [sum(palette_for(f"park-{i}") == name for i in range(600)) for name in PALETTES]
    assert sum(counts) == 600
    assert min(counts) > 150


def test_a_palette_that_is_asked_for_wins_over_the_seed():
    assert draw(PARKS[0], palette="sand") != draw(PARKS[0])
    assert draw(PARKS[0], palette="blue") == draw(PARKS[0])


def test_an_unknown_palette_is_refused():
    with pytest.raises(KeyError):
        draw("x", palette="mauve")


def test_another_size_crops_the_same_scene():
    wide = draw("x", width=1440, height=420)
    assert wide.startswith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 420"')
    assert 'width="1440" height="420" preserveAspectRatio="xMidYMid slice" role="img"' in wide
    assert wide.replace('width="1440" height="420"', 'width="1200" height="630"') == draw("x")


def test_a_hostile_title_stays_text():
    title = "</title><script>alert('\"&amp;')</script>]]>\x00\x1b\ud800\uffff园区"
    root = parsed(draw("x", title=title))
    found = [element for name, element in tags(root) if name == "title"]
    assert [element.text for element in found] == [
        "</title><script>alert('\"&amp;')</script>]]>园区"
    ]
    assert root[0] is found[0]


@pytest.mark.parametrize("title", ["", "\x00\x08"])
def test_no_title_element_without_a_title(title):
    assert "<title" not in draw("x", title=title)


@settings(max_examples=60, deadline=None)
@given(seed=texts, title=texts, dark=switches, quiet=switches)
def test_any_seed_and_title_give_a_small_well_formed_document(seed, title, dark, quiet):
    svg = draw(seed, dark=dark, quiet=quiet, title=title)
    root = parsed(svg)
    assert {name for name, _ in tags(root)} <= ELEMENTS
    assert len(svg.encode()) <= (35_000 if quiet else 45_000)


@settings(max_examples=40, deadline=None)
@given(seed=texts, quiet=switches)
def test_nothing_is_painted_over_what_stands_before_it(seed, quiet):
    things = scene(seed, quiet=quiet)
    for earlier, later in combinations(things, 2):
        assert not earlier.rect.meets(later.rect)
        assert not later.rect.hides_behind(earlier.rect) or side_by_side(earlier, later)


@settings(max_examples=40, deadline=None)
@given(seed=texts, quiet=switches)
def test_no_tree_and_no_building_stands_in_a_street_or_the_canal(seed, quiet):
    streets = town.plan(Dice(seed))  # the plan is the first thing the dice decide
    bands = [Rect(s.at - s.half, -999, s.at + s.half, 999) for s in streets.xs]
    bands += [Rect(-999, s.at - s.half, 999, s.at + s.half) for s in streets.ys]
    standing = [t for t in scene(seed, quiet=quiet) if is_tree(t) or is_building(t)]
    assert len(standing) > 40
    assert not [t for t in standing for band in bands if t.rect.meets(band)]


@settings(max_examples=30, deadline=None)
@given(seed=texts, quiet=switches)
def test_night_falls_on_the_same_scene(seed, quiet):
    day, night = scene(seed, quiet=quiet), scene(seed, dark=True, quiet=quiet)
    assert [(t.rect, t.height) for t in day] == [(t.rect, t.height) for t in night]


def test_windows_are_lit_by_night_only():
    lit = INKS["green", True].lit
    assert draw("hydrogen-port", dark=True).count(f'stroke="{lit}"') > 10
    assert INKS["green", False].lit not in draw("hydrogen-port").split("</defs>")[1]


@pytest.mark.parametrize("slug", [*PARKS, "news", "policy", "enclave"])
def test_quiet_scenes_are_emptier_lower_and_greener(slug):
    busy, quiet = scene(slug), scene(slug, quiet=True)
    assert sum(map(is_building, quiet)) < sum(map(is_building, busy))
    assert max(t.height for t in quiet) < max(t.height for t in busy)


@settings(max_examples=200, deadline=None)
@given(
    st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=24),
    st.randoms(use_true_random=False),
)
def test_any_disjoint_footprints_have_a_painting_order(cells, random):
    """Cells of a grid, some stretched over free neighbours, in any order."""
    taken, rects = set(cells), []
    for x, y in cells:
        w, d = 1, 1
        while random.random() < 0.6 and not {(x + w, y + i) for i in range(d)} & taken:
            taken |= {(x + w, y + i) for i in range(d)}
            w += 1
        while random.random() < 0.6 and not {(x + i, y + d) for i in range(w)} & taken:
            taken |= {(x + i, y + d) for i in range(w)}
            d += 1
        rects.append(Rect(x, y, x + w, y + d))
    random.shuffle(rects)
    order = back_to_front([Thing(rect, "") for rect in rects])
    assert sorted(thing.rect for thing in order) == sorted(rects)
    for earlier, later in combinations(order, 2):
        assert not later.rect.hides_behind(earlier.rect)
