"""The key by which a list goes on: what was handed out is read back, all else was never there."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.http import Http404
from factories import a_park
from hypothesis import given
from hypothesis import strategies as st

from parkcms.publication.pages import make_key, page, parse_key
from parks.models import Park

moments = st.datetimes(datetime(2001, 9, 9, 1, 46, 40), datetime(4000, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)


@given(moments, st.integers(1, 10**18 - 1))
def test_a_key_comes_back_as_what_it_was_made_of(at, pk):
    assert parse_key(make_key(at, pk)) == (at, pk)


def test_another_zone_gives_the_same_key():
    at = datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert make_key(at, 7) == make_key(at.astimezone(ZoneInfo("Asia/Shanghai")), 7)


def test_no_key_is_the_start_of_the_list():
    assert parse_key(None) is None


@given(st.text(max_size=40) | st.from_regex(r"[0-9]{0,30}-?[0-9]{0,30}", fullmatch=True))
def test_any_other_text_is_read_or_not_found(text):
    try:
        at, pk = parse_key(text)
    except Http404:
        return
    assert make_key(at, pk).split("-")[0].lstrip("0") == text.split("-")[0].lstrip("0")
    assert pk == int(text.split("-")[1])


@pytest.mark.parametrize(
    "text", ["", "0", "-", "1-1", "x", "9" * 18 + "-1", "1709267400000000-",
             "１７０９２６７４０００００００-1",
             "1709267400000000-1\n", "-1709267400000000-1", "1709267400000000--1"],
)  # fmt: skip
def test_what_was_never_handed_out_is_not_found(text):
    with pytest.raises(Http404):
        parse_key(text)


@pytest.mark.django_db
@pytest.mark.parametrize(("total", "size", "more"), [(0, 3, False), (3, 3, False), (4, 3, True)])
def test_a_page_knows_whether_more_follow(total, size, more, django_assert_num_queries):
    for n in range(total):
        a_park(publish_at=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=n))
    rows = Park.objects.order_by("-publish_at", "-id")
    with django_assert_num_queries(1):
        found = page(rows, size)
    assert list(found.rows) == list(rows[:size])
    last = found.rows[-1] if more else None
    assert found.next_key == (make_key(last.publish_at, last.pk) if more else "")
