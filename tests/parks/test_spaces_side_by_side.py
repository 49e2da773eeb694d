"""Spaces side by side: what is marked best, what is said about the rest."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from factories import a_park, a_space
from hypothesis import given
from hypothesis import strategies as st
from reading import every, one, parse, words

from parks import comparing, facts
from parks.facts import Fact
from parks.models import Space
from parks.units import Units

HERE = "/spaces/compare/"


def page_of(client, *names, **more):
    return parse(client.get(HERE, {"space": list(names), **more}))


def marked(page):
    """The marked values of each row, by the row's name."""
    found = {}
    for row in every(page, ".compare tbody tr"):
        best = [words(cell) for cell in every(row, "td.is-best")]
        if best:
            found[words(one(row, "th"))] = best
    return found


@pytest.fixture
def park(db):
    return a_park(slug="garden", name_zh="某园")


@pytest.fixture
def two(park):
    later = timezone.localdate() + timedelta(days=30)
    a_space(park, slug="a", code="甲", storey_height_m=8, floor_load_t_m2=2, power_kva=315,
            rent_cny_m2_day="0.90", valid_until=later, docks=2)  # fmt: skip
    a_space(park, slug="b", code="乙", storey_height_m=6, floor_load_t_m2=3, power_kva=315,
            rent_cny_m2_day="0.80", valid_until=later)  # fmt: skip
    return "garden/a", "garden/b"


def test_the_best_known_value_of_a_row_is_marked_in_words(client, two):
    assert marked(page_of(client, *two)) == {
        "层高": ["8 m 最优"],
        "楼面荷载": ["3 吨/㎡ 最优"],
        "租金": ["0.8 元/㎡/天 最优"],
    }


def test_an_expired_rent_is_not_compared(client, park, two):
    yesterday = timezone.localdate() - timedelta(days=1)
    a_space(park, slug="c", code="丙", rent_cny_m2_day="0.3", valid_until=yesterday)
    page = page_of(client, *two, "garden/c")
    assert marked(page)["租金"] == ["0.8 元/㎡/天 最优"]
    assert "0.3 元" not in words(one(page, "table"))


ranks = st.none() | st.integers(0, 5).map(Decimal)


@given(st.lists(ranks, min_size=1, max_size=4), st.sampled_from(["", "higher", "lower"]))
def test_best_agrees_with_counting_who_is_beaten(row, better):
    beats = {"higher": lambda a, b: a > b, "lower": lambda a, b: a < b}.get(better)
    places = range(len(row))
    expected = {
        place
        for place in places
        if beats
        and row[place] is not None
        and any(row[other] is not None and beats(row[place], row[other]) for other in places)
        and not any(row[other] is not None and beats(row[other], row[place]) for other in places)
    }
    assert comparing.best(Fact("k", "l", "t", rank, better) for rank in row) == expected


def test_rows_that_agree_can_be_left_out(client, two):
    page = page_of(client, *two, only="different")
    names = {words(th) for th in every(page, ".compare-name")}
    assert "配电" not in names
    assert "层高" in names
    assert [words(a) for a in every(page, ".compare-acts a")] == ["显示全部行", "再加一个空间"]


def test_of_five_spaces_four_are_compared_and_that_is_said(client, park):
    names = [f"garden/{a_space(park, slug=f's{n}', code=f'{n}号').slug}" for n in range(5)]
    page = page_of(client, *names)
    heads = [words(a) for a in every(page, ".compare-space")]
    assert heads == ["0号", "1号", "2号", "3号"]
    assert [words(p) for p in every(page, ".notice")] == ["一次最多比较四个空间，这里列出前四个。"]


def test_unknown_hidden_and_repeated_ones_are_left_out_with_a_sentence(client, park, two):
    a_space(park, slug="draft", publish_at=None)
    page = page_of(client, "garden/a", "garden/a", "garden/draft", "nowhere", "x/y/z", "é/ü")
    assert len(every(page, ".compare thead th")) == 2
    assert [words(p) for p in every(page, ".notice")] == [
        "同一个空间只列一次。",
        "有的空间没有找到，可能已经下线。",
    ]


def test_nothing_to_compare_is_a_page_that_says_where_to_go(client, db):
    page = parse(client.get(HERE))
    assert words(one(page, ".page > p > a.button")) == "去挑选空间"
    assert every(page, "table") == []


def test_removing_one_keeps_the_others_and_the_units(client, two):
    page = page_of(client, *two, area_unit="mu")
    outs = [a.get("href") for a in every(page, ".compare-out")]
    assert outs == [
        "/spaces/compare/?space=garden%2Fb&area_unit=mu",
        "/spaces/compare/?space=garden%2Fa&area_unit=mu",
    ]


def test_every_space_has_the_same_facts_in_the_same_order(two, park):
    bare, full = park.spaces.order_by("slug")
    keys = [
        [fact.key for group in facts.facts(row) for fact in group.facts] for row in (bare, full)
    ]
    assert keys[0] == keys[1]
    assert len(set(keys[0])) == len(keys[0])


def test_four_spaces_take_as_many_queries_as_two(client, park, two, django_assert_max_num_queries):
    for n in range(2):
        a_space(park, slug=f"more{n}", code=f"又{n}")
    with django_assert_max_num_queries(5):
        client.get(HERE, {"space": [*two, "garden/more0", "garden/more1"]})


def test_an_unknown_value_says_so_and_no_is_no(park):
    row = a_space(park, has_crane=False)
    told = {fact.key: fact for group in facts.facts(row, Units()) for fact in group.facts}
    assert (told["cranes"].text, told["cranes"].rank) == ("没有", Decimal(0))
    assert (told["lifts"].known, told["lifts"].rank) == (False, None)


def test_rents_on_unlike_terms_are_not_ranked(client, park, two):
    Space.objects.filter(park=park, slug="a").update(rent_incl_tax=True)
    Space.objects.filter(park=park, slug="b").update(rent_incl_tax=False)
    assert "租金" not in marked(page_of(client, *two))
    Space.objects.filter(park=park).update(rent_incl_tax=True)
    assert marked(page_of(client, *two))["租金"] == ["0.8 元/㎡/天 最优"]
