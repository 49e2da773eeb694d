"""Places drawn from coordinates: nothing overlaps or sticks out, the list tells the same."""

from math import cos, radians

import pytest
from django.urls import reverse
from factories import a_park
from hypothesis import given
from hypothesis import strategies as st
from reading import every, one, parse, words

from parks import places, schematic
from parks.models import Park, TransportLink
from parks.schematic import HEIGHT, WIDTH

near = st.tuples(st.floats(30.5, 32), st.floats(120.5, 122))
names = st.text("嘉定园区ABC号线", min_size=1, max_size=20)
china = st.tuples(st.floats(18, 53), st.floats(74, 134))


def parks_at(rows):
    return [
        (Park(slug=f"p{n}", name_zh=name, latitude=lat, longitude=lng), n)
        for n, ((lat, lng), name) in enumerate(rows)
    ]


@given(st.lists(st.tuples(near, names), min_size=1, max_size=80))
def test_labels_never_overlap_and_stay_inside(rows):
    drawing = schematic.of_parks(parks_at(rows), "/parks/")
    boxes = [label.box for label in drawing.labels]
    for at, box in enumerate(boxes):
        assert not any(box.meets(other) for other in boxes[at + 1 :])
        assert 0 <= box.x <= WIDTH - box.width
        assert 0 <= box.y <= HEIGHT - box.height
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for _place, x, y in drawing.points)


@given(st.lists(st.tuples(near, names), min_size=61, max_size=90))
def test_more_than_sixty_parks_are_gathered_and_none_is_lost(rows):
    listed = schematic.of_parks(parks_at(rows), "/parks/").listed
    gathered = [int(place.name.split()[0]) for place in listed if place.kind == "cluster"]
    alone = [place for place in listed if place.kind == "park"]
    assert sum(gathered) + len(alone) == len(rows)
    assert len(listed) <= 49


def test_north_is_up_and_east_is_right():
    rows = parks_at([((31.0, 121.0), "甲"), ((31.2, 121.3), "乙")])
    (_a, ax, ay), (_b, bx, by) = schematic.of_parks(rows, "/parks/").points[:2]
    assert ax < bx
    assert ay > by


def test_parks_without_coordinates_are_told_beside_the_drawing():
    bare = Park(slug="bare", name_zh="无坐标")
    drawing = schematic.of_parks([*parks_at([((31.0, 121.0), "甲")]), (bare, 3)], "/parks/")
    assert drawing.unplaced == [bare]
    assert schematic.of_parks([(bare, 3)]) is None


@given(china)
def test_the_shift_of_the_maps_is_some_hundred_metres_and_can_be_undone(point):
    for shift in (places.to_gcj02, places.to_bd09):
        moved = shift(*point)
        assert 0.05 <= places.distance_km(*point, *moved) <= 2.5
        guess = moved
        for _step in range(30):
            back = shift(*guess)
            guess = guess[0] - back[0] + moved[0], guess[1] - back[1] + moved[1]
        assert guess == pytest.approx(point, abs=1e-6)


@pytest.mark.parametrize("point", [(48.85, 2.35), (-33.9, 151.2), (0.0, 0.0)])
def test_outside_china_nothing_is_shifted(point):
    assert places.to_gcj02(*point) == point
    assert places.to_bd09(*point) == point


@given(near, near)
def test_over_short_ways_the_sphere_is_nearly_flat(a, b):
    north = (b[0] - a[0]) * 111.195
    east = (b[1] - a[1]) * 111.195 * cos(radians((a[0] + b[0]) / 2))
    assert places.distance_km(*a, *b) == pytest.approx((north**2 + east**2) ** 0.5, rel=0.01)


@pytest.mark.django_db
def test_a_parks_page_draws_what_has_coordinates_and_lists_it(client):
    park = a_park(slug="garden", name_zh="某园", latitude="31.380000", longitude="121.270000")
    TransportLink.objects.create(
        park=park, kind="metro", name_zh="某站", latitude="31.390000", longitude="121.270000"
    )
    TransportLink.objects.create(park=park, kind="motorway", name_zh="没坐标的出口")
    page = parse(client.get(reverse("parks:park", args=["garden"])))
    assert [words(row) for row in every(page, ".place-list li")] == ["某站 直线 1.1 km"]
    drawn = words(one(page, ".schematic"))
    assert "某站" in drawn
    assert "没坐标的出口" not in drawn
    links = every(page, ".place-maps a")
    assert [a.get("href").split("?")[0] for a in links] == [
        "https://uri.amap.com/marker",
        "https://api.map.baidu.com/marker",
        "https://apis.map.qq.com/uri/v1/marker",
    ]
    assert {a.get("rel") for a in links} == {"nofollow noopener"}


@pytest.mark.django_db
def test_a_park_without_coordinates_has_no_drawing_and_no_map_links(client):
    page = parse(client.get(a_park().get_absolute_url()))
    assert [*every(page, ".schematic"), *every(page, ".place-maps")] == []
