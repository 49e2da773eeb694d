"""``?as_of=`` shows what was known by a day, whenever it was entered here."""

import re
from datetime import date

import pytest
import time_machine
from factories import LONG_AGO, a_figure, a_milestone, a_park, a_source, a_space
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading import every, one, parse, words

from parkcms.language.dates import PartialDate
from parks import known
from parks.models import AdmissionTerm, Amenity, Benefit, Policy, Source, TransportLink

pytestmark = pytest.mark.django_db
DATES = ["", "2019", "2019-12", "2020-H1", "2020-06", "2020-06-30", "2020-07-01", "2021"]
DAYS = [date(2019, 12, 30), date(2019, 12, 31), date(2020, 6, 30), date(2021, 1, 1)]


@pytest.mark.parametrize(
    ("text", "day"),
    [("2020", date(2020, 12, 31)), ("2020-02", date(2020, 2, 29)), ("2020-06-30", DAYS[2])],
)
def test_a_year_a_month_and_a_day_mean_their_last_day(text, day):
    assert known.asked(text).end == day


@pytest.mark.parametrize(
    "text",
    ["", "2020-H1", "2020-13", "2020-02-30", "20", "2020-6", "2020-06-30T00", "١٩٩٩", " 2020",
     "2020\n", "1899", "2200", "now", "2020年"],
)  # fmt: skip
def test_anything_else_is_no_page(client, text):
    park = a_park()
    assert client.get(park.get_absolute_url(), {"as_of": text}).status_code == 404


@settings(deadline=None, max_examples=40,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    st.lists(st.tuples(st.sampled_from(DATES), st.none() | st.sampled_from(DATES)), max_size=8),
    st.sampled_from(DAYS),
)
def test_what_is_shown_is_what_was_published_or_over_by_the_day(told, day):
    """Against the rule written out again, by brute force."""
    rows = []
    for as_of, published in told:
        source = None if published is None else _unsaved_source(published)
        rows.append(_Row(as_of, source))
    sieve = known.Sieve(day)
    shown = sieve.rows(rows)

    expected, undated = [], 0
    for row in rows:
        published = row.source and PartialDate(row.source.published).end
        ended = PartialDate(row.as_of).end
        if published:
            expected += [row] if published <= day else []
        elif ended:
            expected += [row] if ended <= day else []
        else:
            undated += 1
    assert shown == expected
    assert sieve.undated == undated
    assert sieve.later == len(rows) - len(expected) - undated


class _Row:
    def __init__(self, as_of, source):
        self.as_of, self.source = as_of, source


def _unsaved_source(published):
    return Source(publisher="某报", title="报道", published=published)


@pytest.fixture
def park():
    """Statements of 2019, of 2024, and of no date."""
    park = a_park(slug="the-park", latitude="31.3", longitude="121.2")
    old, new = a_source(published="2019-12-24"), a_source(published="2024-06-13")
    undated = a_source(published="")
    a_figure(park, value=21, as_of="2019-12", source=old)
    a_figure(park, value=30, as_of="2019-06", source=new)
    a_figure(park, metric="rd_centres", unit="个", value=23, as_of="2018", source=None)
    a_figure(park, metric="employees", unit="人", value=500, as_of="", source=undated)
    a_milestone(park, title_zh="签约", kind="signed", happened="2018-07", source=old)
    a_milestone(park, title_zh="竣工", kind="completed", happened="2018-09", source=new)
    AdmissionTerm.objects.create(park=park, kind="eia", text_zh="报告书", source=new, as_of="2018")
    TransportLink.objects.create(park=park, kind="metro", name_zh="老站", source=old)
    TransportLink.objects.create(park=park, kind="metro", name_zh="新站", source=new)
    Amenity.objects.create(park=park, name_zh="食堂", state="planned", source=undated)
    a_space(park, code="三号楼")
    return park


def test_the_page_of_a_day_leaves_out_what_came_later_and_counts_what_has_no_date(client, park):
    page = parse(client.get("/parks/the-park/?as_of=2020"))
    told = words(one(page, "main"))
    figures = [words(row) for row in every(page, ".figure-value .number")]
    assert figures == ["21", "23"]
    assert [text for text in ("签约", "竣工", "报告书", "老站", "新站", "食堂", "三号楼")
            if text in told] == ["签约", "老站"]  # fmt: skip
    notice = words(one(page, ".as-of"))
    assert "到2020年为止" in notice
    assert "有 2 条说法没有任何日期" in notice
    assert "有 4 条说法在此之后" in notice
    assert one(page, ".as-of a").get("href") == "/parks/the-park/"


def test_the_page_of_a_day_is_kept_out_of_indexes_and_names_the_plain_address(client, park):
    page = parse(client.get("/parks/the-park/?as_of=2020-06"))
    assert one(page, "meta[name=robots]").get("content") == "noindex"
    assert one(page, "link[rel=canonical]").get("href").endswith("/parks/the-park/")
    assert one(page, "#as-of").get("value") == "2020-06-30"
    plain = parse(client.get("/parks/the-park/"))
    assert every(plain, "meta[name=robots]") == []
    assert every(plain, ".as-of") == []


def test_without_a_day_everything_stands_there(client, park):
    told = words(one(parse(client.get("/parks/the-park/")), "main"))
    assert all(text in told for text in ("竣工", "报告书", "新站", "食堂", "三号楼"))


def test_shelf_life_is_judged_on_the_day_asked_for(client):
    park = a_park()
    a_figure(park, value=29, as_of="2021-H1", source=a_source(published="2021-06"))
    with time_machine.travel("2026-01-01", tick=False):
        now = parse(client.get(park.get_absolute_url()))
        then = parse(client.get(park.get_absolute_url() + "?as_of=2022-12-30"))
    assert [words(row) for row in every(now, ".age")] == ["2021年上半年的说法，已过 18 个月"]
    assert every(then, ".age") == []


def a_policy(park, title, **fields):
    fields = {"issuer_zh": "某区政府", "level": "district", "valid_from": "2024-01-01",
              "publish_at": LONG_AGO, "source": a_source()} | fields  # fmt: skip
    policy = Policy.objects.create(title_zh=title, **fields)
    policy.parks.add(park)
    return policy


@time_machine.travel("2026-06-01 12:00:00+08:00", tick=False)
def test_only_policies_in_force_are_shown_today_and_on_a_day(client):
    park = a_park()
    policy = a_policy(park, "现行办法", document_number="某府规〔2024〕1号", valid_to="2028-12-31")
    Benefit.objects.create(policy=policy, kind="rent", amount_zh="租金的一半", cap_cny=500_000)
    a_policy(park, "到期办法", valid_from="2020-01-01", valid_to="2025-12-31")
    a_policy(park, "未载有效期的办法")
    a_policy(park, "未发布办法", valid_to="2028-12-31", publish_at=None)
    a_policy(a_park(), "别处办法", valid_to="2028-12-31")

    def titles(query=""):
        page = parse(client.get(park.get_absolute_url() + query))
        return [re.sub(r"\s*\d+$", "", words(row)) for row in every(page, ".policies h3")]

    assert titles() == ["现行办法"]
    assert titles("?as_of=2021") == ["到期办法"]
    assert titles("?as_of=2025") == ["现行办法", "到期办法"]
    told = words(one(parse(client.get(park.get_absolute_url())), ".policies"))
    assert "某府规〔2024〕1号" in told
    assert "租金的一半 · 最高 50万元" in told
