"""Confirmed for a month, to confirm for three, gone after: to the second, and on every surface."""

from datetime import UTC, datetime, timedelta

import pytest
from factories import LONG_AGO, a_park, a_space
from lxml import html

from leads.matching import UNKNOWN, matches_for
from leads.models import Enquiry
from parks import profile
from parks.models import Space
from parks.space_wants import gone, price_ends, price_expired, to_confirm

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


def aged(age, *, confirmed=True, **fields):
    """Confirmed (or only made) that long ago."""
    space = a_space(**fields)
    at = NOW - age
    row = {"created_at": at, "checked_at": at if confirmed else None}
    Space.objects.filter(pk=space.pk).update(**row)
    space.refresh_from_db()
    return space


AGES = [
    (timedelta(days=29), True, "confirmed"),
    (timedelta(days=30) - SECOND, True, "confirmed"),
    (timedelta(days=30), True, "to_confirm"),
    (timedelta(days=89), True, "to_confirm"),
    (timedelta(days=90) - SECOND, True, "to_confirm"),
    (timedelta(days=90), True, "gone"),
    (timedelta(0), False, "to_confirm"),
    (timedelta(days=89), False, "to_confirm"),
    (timedelta(days=90), False, "gone"),
]


@pytest.mark.parametrize(("age", "is_confirmed", "standing"), AGES)
def test_the_row_and_the_list_agree_at_every_edge(age, is_confirmed, standing):
    space = aged(age, confirmed=is_confirmed)
    assert space.standing == standing
    assert Space.objects.offered().exists() is (standing != "gone")
    assert Space.objects.filter(to_confirm()).exists() is (standing != "confirmed")
    assert Space.objects.filter(gone()).exists() is (standing == "gone")


@pytest.mark.parametrize(
    ("left", "expired", "ends"),
    [(-1, True, False), (0, False, True), (14, False, True), (15, False, False)],
)
def test_a_price_expires_the_day_after_and_ends_soon_for_fourteen_days(left, expired, ends):
    until = datetime(2026, 11, 25, tzinfo=UTC).date() + timedelta(days=left)
    a_space(rent_cny_m2_day=1, valid_until=until)
    assert Space.objects.filter(price_expired()).exists() is expired
    assert Space.objects.filter(price_ends()).exists() is ends


def of_every_kind(park):
    """One of each kind; the codes of those on offer."""
    aged(timedelta(days=1), park=park, code="sure")
    aged(timedelta(days=60), park=park, code="unsure")
    aged(timedelta(days=90), park=park, code="old")
    for state in ("let", "own_use", "withdrawn"):
        aged(timedelta(days=1), park=park, code=state, state=state)
    aged(timedelta(days=1), park=park, code="draft", publish_at=None)
    return {"sure", "unsure"}


def slugs_linked(page):
    tree = html.fromstring(page.content)
    links = tree.xpath("//main//a/@href") or tree.xpath("//a/@href")
    return {link.rstrip("/").split("/")[-1] for link in links if "/spaces/b" in link}


def test_every_surface_shows_what_is_on_offer_and_nothing_else(client):
    park = a_park(slug="p")
    on_offer = of_every_kind(park)
    slugs = set(Space.objects.filter(code__in=on_offer).values_list("slug", flat=True))
    assert set(Space.objects.offered().values_list("code", flat=True)) == on_offer
    assert slugs_linked(client.get("/spaces/")) == slugs
    assert slugs_linked(client.get("/parks/p/")) == slugs
    assert client.get("/").context["strip"]["spaces"] == (len(slugs), False)
    assert client.get("/").context["cards"][0]["spaces"] == len(slugs)
    assert {space.code for space in profile.read(park).spaces} == on_offer
    enquiry = Enquiry(intent="rent", submitted_at=LONG_AGO)
    assert {match.space.code for match in matches_for(enquiry).fitting} == on_offer
    index = html.fromstring(client.get("/sitemap.xml").content)
    parts = [loc.text for loc in index.xpath("//loc") if "spaces" in loc.text]
    found = "".join(client.get(part.partition("testserver")[2] or part).content.decode()
                    for part in parts)  # fmt: skip
    every = Space.objects.values_list("slug", flat=True)
    assert {slug for slug in every if f"/spaces/{slug}/" in found} == slugs


def test_an_unsure_space_is_matched_with_the_day_it_was_last_confirmed():
    aged(timedelta(days=60))
    (match,) = matches_for(Enquiry(intent="rent", submitted_at=LONG_AGO)).fitting
    told = [(reason.state, reason.text) for reason in match.reasons]
    assert (UNKNOWN, "可租状态待确认（上次确认 2026-09-26）") in told


def test_a_gone_space_keeps_its_own_page(client):
    space = aged(timedelta(days=200))
    assert client.get(space.get_absolute_url()).status_code == 200
