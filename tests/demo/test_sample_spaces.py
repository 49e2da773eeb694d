"""A dozen invented spaces: wherever one is shown it says that it is a sample."""

import pytest
from reading import data, every, one, parse, words

from parks.models import Park, Space

pytestmark = pytest.mark.django_db


def test_a_dozen_spaces_and_every_one_a_sample(demo):
    assert Space.objects.count() == 12
    assert Space.objects.filter(is_sample=True).count() == 12
    assert {s.park.slug for s in Space.objects.select_related("park")} == {
        "lingang-u-valley",
        "hydrogen-port",
        "wenzhou-science-park",
    }


def test_a_price_has_a_validity(demo):
    assert not Space.objects.filter(rent_cny_m2_day__isnull=False, valid_until=None).exists()
    assert not Space.objects.filter(source__isnull=False).exists()


@pytest.mark.parametrize("language", ["", "/en"])
def test_each_row_of_every_list_is_marked(demo, client, language):
    sample = "示例" if not language else "Sample"
    parks = Park.objects.values_list("slug", flat=True)
    for address in ("/spaces/", *(f"/parks/{slug}/" for slug in parks)):
        page = parse(client.get(language + address))
        rows = every(page, "table.spaces tbody tr") + every(page, "li.result")
        assert rows
        for row in rows:
            assert [words(badge) for badge in every(row, ".badge.sample")] == [sample]


@pytest.mark.parametrize("language", ["", "/en"])
def test_each_page_is_marked_warned_of_not_indexed_and_offers_nothing(demo, client, language):
    for space in Space.objects.select_related("park"):
        page = parse(client.get(language + space.get_absolute_url()))
        assert len(every(page, "h1 .badge.sample")) == 1
        assert len(every(page, "p.notice")) == 1
        assert one(page, "meta[name=robots]").get("content") == "noindex"
        assert set(data(page)) == {"BreadcrumbList"}


def test_the_sitemap_knows_none_of_them(demo, client):
    assert b"/spaces/b1-f1-east/" in client.get("/parks/lingang-u-valley/").content
    assert b"/spaces/b1-f1-east/" not in client.get("/sitemap-spaces-0.xml").content
    assert client.get("/sitemap-spaces-0.xml").content.count(b"<loc>") == 0


def test_the_strip_on_the_front_page_says_that_samples_are_counted(demo, client):
    strip = one(parse(client.get("/")), "section.strip")
    (cell,) = [d for d in every(strip, "dl > div") if "处可租空间" in words(d)]
    lettable = Space.objects.published().lettable().count()
    assert words(cell) == f"处可租空间{lettable}含标明“示例”的演示空间"
