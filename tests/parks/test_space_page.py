"""One space's page: how sure it is, what it costs, in which units, and what it was."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from factories import a_park, a_person, a_space
from reading import data, every, one, parse, words

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 2, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def priced(**fields):
    later = timezone.localdate() + timedelta(days=30)
    fields = {
        "area_gross_m2": 1850,
        "rent_cny_m2_day": "0.95",
        "valid_until": later,
        "checked_at": NOW,
    } | fields
    return a_space(a_park(slug="garden", name_zh="某园"), slug="a", code="甲", **fields)


def shown(client, space, **query):
    page = parse(client.get(space.get_absolute_url(), query))
    return page, {
        words(one(row, "dt")): words(row).removeprefix(words(one(row, "dt"))).strip()
        for row in every(page, "dl.facts > div")
    }


def test_a_month_is_the_day_times_365_twelfths_times_the_area(client):
    page, told = shown(client, priced())
    assert told["每月约"] == "53,457 元"
    assert "日租金 × 365 ÷ 12 × 建筑面积" in words(one(page, ".headline-facts"))


def test_a_landlord_who_bills_thirty_days_is_reckoned_with_thirty(client):
    page, told = shown(client, priced(billing_days=30))
    assert told["每月约"] == "52,725 元"
    assert "日租金 × 30 天（出租方每月按此收）× 建筑面积" in words(one(page, ".headline-facts"))


def test_the_units_of_the_address_are_used_and_marked(client):
    units = {"area_unit": "mu", "rent_unit": "month", "load_unit": "kN"}
    page, told = shown(client, priced(floor_load_t_m2=2), **units)
    assert (told["建筑面积"], told["租金"], told["楼面荷载"]) == (
        "2.775 亩", "约 28.9 元/㎡/月", "约 19.61 kN/㎡",
    )  # fmt: skip
    current = [words(a) for a in every(page, ".units a[aria-current]")]
    assert current == ["亩", "元/㎡/月", "kN/㎡"]


def test_unknown_units_are_the_usual_ones(client):
    _page, told = shown(client, priced(), area_unit="acre", rent_unit="year")
    assert told["建筑面积"] == "1,850 ㎡"


def test_an_expired_price_is_not_shown_and_no_offer_is_told(client):
    page, told = shown(client, priced(valid_until=timezone.localdate() - timedelta(days=1)))
    assert told["租金"] == "报价已过期"
    assert told["每月约"] == "待确认"
    assert "0.95" not in words(one(page, "main"))
    assert "Offer" not in data(page)


def test_what_is_offered_at_a_valid_price_is_an_offer_for_machines(client):
    page, _told = shown(client, priced(rent_incl_tax=True))
    offer = data(page)["Offer"]
    assert (offer["priceValidUntil"], offer["priceSpecification"]["price"]) == ("2026-12-02", 0.95)
    assert offer["priceSpecification"]["valueAddedTaxIncluded"] is True


@pytest.mark.parametrize(
    "fields", [{"is_sample": True}, {"state": "let"}, {"checked_at": NOW - timedelta(days=90)}],
    ids=["a sample", "let", "gone"],
)  # fmt: skip
def test_what_is_not_offered_is_no_offer(client, fields):
    page, _told = shown(client, priced(**fields))
    assert "Offer" not in data(page)


def test_after_ninety_days_the_page_says_that_nobody_confirmed_it(client):
    gone = "已超过 90 天没有确认：现在是否可租、价格多少，请先问招商人员。"
    page, told = shown(client, priced(checked_at=NOW - timedelta(days=90)))
    assert [words(p) for p in every(page, ".page > .notice")] == [gone]
    assert told["状态"] == "久未确认"
    fresh, _told = shown(client, priced_again(89))
    assert every(fresh, ".page > .notice") == []


def priced_again(days):
    return a_space(a_park(), checked_at=NOW - timedelta(days=days))


def test_after_thirty_days_it_is_to_be_confirmed(client):
    said = [
        "超过 30 天，待确认" in words(one(shown(client, priced_again(days))[0], ".headline-facts"))
        for days in (29, 31)
    ]
    assert said == [False, True]


def test_records_of_state_and_price_stand_newest_first(client):
    space = priced(state="let")
    space.records.all().delete()
    past = {"rent_cny_m2_day": "0.77", "valid_until": timezone.localdate() - timedelta(days=1)}
    space.records.create(at=NOW - timedelta(days=200), state="lettable", **past)
    space.records.create(at=NOW - timedelta(days=2), state="let")
    page, _told = shown(client, space)
    rows = [[words(cell) for cell in row] for row in every(page, ".space-records tbody tr")]
    assert rows == [
        ["2026-10-31", "已租", "—", "—", "—"],
        ["2026-04-16", "可租", "报价已过期", "2026-11-01", "—"],
    ]


def test_the_page_leads_to_comparing_and_to_an_enquiry_about_it(client):
    page, _told = shown(client, priced(checked_by=a_person()), area_unit="sqft")
    links = [a.get("href") for a in every(page, ".space-acts a")]
    assert links[:2] == [
        "/enquiries/new/?space=garden/a",
        "/spaces/compare/?space=garden%2Fa&area_unit=sqft",
    ]


def test_only_other_spaces_still_offered_are_named(client):
    space = priced()
    a_space(space.park, code="仍可租", checked_at=NOW)
    a_space(space.park, code="早已不确定", checked_at=NOW - timedelta(days=91))
    page, _told = shown(client, space)
    assert [words(a) for a in every(page, "table.spaces tbody th a")] == ["仍可租"]
