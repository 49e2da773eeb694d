"""Who kept the old address of a shelf, a topic, a park or a space is led to the new one."""

from datetime import timedelta

import pytest
from desk_forms import at_the_desk, page_of, send
from django.db import transaction
from django.utils import timezone
from factories import (
    LONG_AGO,
    a_category,
    a_park,
    a_person,
    a_redirect,
    a_space,
    a_tag,
    an_article,
    an_industry,
)

from parkcms.addresses.models import Redirect

pytestmark = pytest.mark.django_db


def leads(client, address):
    answer = client.get(address)
    return answer.status_code, answer.headers.get("Location")


def rename(row, slug):
    row.slug = slug
    row.save()


ROWS = {
    "category": (lambda: a_category(slug="old"), "/articles/category/{}/"),
    "tag": (lambda: a_tag(slug="old"), "/articles/tag/{}/"),
    "park": (lambda: a_park(slug="old"), "/parks/{}/"),
    "space": (lambda: a_space(a_park(slug="p"), slug="old"), "/parks/p/spaces/{}/"),
}


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize("language", ["", "/en"])
def test_the_old_address_leads_to_the_new_one_in_its_language(client, kind, language):
    make, address = ROWS[kind]
    row = make()
    article = an_article(tags=[row] if kind == "tag" else [], summary_en="x")
    if kind == "category":
        article.category = row
        article.save()
    old, new = (language + address.format(slug) for slug in ("old", "new"))
    assert client.get(old).status_code == 200
    rename(row, "new")
    assert leads(client, old) == (301, new)
    assert client.get(new).status_code == 200


@pytest.mark.parametrize("kind", ["category", "tag", "park"])
def test_saving_the_form_of_the_desk_does_it_too(client, kind):
    make, address = ROWS[kind]
    row = make()
    if kind == "park":
        an_industry(row)
    desk = at_the_desk(client, a_person(role="站长"))
    answer = send(desk, page_of(row), slug="new")
    assert answer.status_code == 302
    assert leads(client, address.format("old")) == (301, address.format("new"))


def test_what_lies_below_a_park_moves_with_it(client):
    park = a_park(slug="old")
    a_space(park, slug="b1")
    rename(park, "new")
    for below in ("spaces/b1/", "cover.svg", "cover-dark.svg"):
        assert leads(client, f"/parks/old/{below}") == (301, f"/parks/new/{below}")
        assert client.get(f"/parks/new/{below}").status_code == 200


def test_the_feed_of_a_shelf_moves_with_it(client):
    shelf = a_category(slug="old")
    rename(shelf, "new")
    feed = "/articles/category/{}/feed.xml"
    assert leads(client, feed.format("old")) == (301, feed.format("new"))
    assert client.get(feed.format("new")).status_code == 200


def test_a_space_renamed_below_a_renamed_park_is_found_under_every_old_name(client):
    park = a_park(slug="p1")
    space = a_space(park, slug="s1")
    rename(park, "p2")
    rename(space, "s2")
    rename(park, "p3")
    for old in ("p1/spaces/s1", "p2/spaces/s1", "p2/spaces/s2"):
        assert leads(client, f"/parks/{old}/") == (301, "/parks/p3/spaces/s2/")


def test_a_space_that_goes_to_another_park_is_found_there(client):
    first, second = a_park(slug="p1"), a_park(slug="p2")
    space = a_space(first, slug="s")
    space.park = second
    space.save()
    assert leads(client, "/parks/p1/spaces/s/") == (301, "/parks/p2/spaces/s/")
    assert client.get("/parks/p1/").status_code == 200


def test_a_row_that_knows_its_park_by_the_old_name_spoils_nothing(client):
    park = a_park(slug="p1")
    space = a_space(park, slug="s1")
    stale = type(space).objects.select_related("park").get(pk=space.pk)
    rename(park, "p2")
    rename(stale, "s2")
    assert leads(client, "/parks/p1/") == (301, "/parks/p2/")
    assert leads(client, "/parks/p2/spaces/s1/") == (301, "/parks/p2/spaces/s2/")


def test_what_the_site_asks_for_stays_behind_the_question_mark(client):
    rename(a_category(slug="old"), "new")
    assert leads(client, "/articles/category/old/?before=1-2&utm_source=x&before=3") == (
        301,
        "/articles/category/new/?before=1-2&before=3",
    )
    assert leads(client, "/articles/category/old/?utm_source=x") == (
        301,
        "/articles/category/new/",
    )


def test_an_address_without_its_slash_comes_there_as_well(client):
    rename(a_park(slug="old"), "new")
    assert client.get("/parks/old", follow=True).redirect_chain == [
        ("/parks/old/", 301),
        ("/parks/new/", 301),
    ]


def test_a_page_that_takes_the_old_address_over_wins(client):
    rename(a_category(slug="old"), "new")
    a_category(slug="old", name_zh="新的分类")
    answer = client.get("/articles/category/old/")
    assert answer.status_code == 200
    assert "新的分类" in answer.content.decode()
    assert Redirect.objects.count() == 0


def test_one_that_is_not_public_yet_takes_nothing_from_readers(client):
    rename(a_category(slug="old"), "new")
    draft = a_category(slug="old", publish_at=None)
    assert leads(client, "/articles/category/old/") == (301, "/articles/category/new/")
    draft.publish(None)
    assert client.get("/articles/category/old/").status_code == 200


@pytest.mark.parametrize("publish_at", [None, timezone.now() + timedelta(days=20_000)])
@pytest.mark.parametrize("kind", ["category", "park", "space"])
def test_what_never_was_public_leaves_nothing(client, kind, publish_at):
    make, address = ROWS[kind]
    row = make()
    type(row).objects.filter(pk=row.pk).update(publish_at=publish_at)
    row.refresh_from_db()
    rename(row, "new")
    assert client.get(address.format("old")).status_code == 404
    assert Redirect.objects.count() == 0


def test_what_was_taken_down_still_leads_to_where_it_will_be_again(client):
    park = a_park(slug="old", taken_down_at=LONG_AGO)
    rename(park, "new")
    assert leads(client, "/parks/old/") == (301, "/parks/new/")


def test_saving_without_a_new_name_leaves_nothing(client, django_assert_num_queries):
    park = a_park(slug="old")
    park.name_zh = "别的名字"
    park.save()
    park.slug = "never saved"
    with django_assert_num_queries(1):
        park.save(update_fields=["name_zh"])
    assert Redirect.objects.count() == 0


def test_what_is_rolled_back_leads_nowhere(client):
    park = a_park(slug="old")
    with transaction.atomic():
        rename(park, "new")
        transaction.set_rollback(True)
    assert client.get("/parks/old/").status_code == 200
    assert Redirect.objects.count() == 0


def test_pages_that_exist_ask_nothing_of_it(client, monkeypatch):
    a_redirect("/parks/", "/articles/")

    def fail(*_):
        raise AssertionError("asked")

    monkeypatch.setattr("parkcms.addresses.models.redirect.RedirectQuerySet.target_of", fail)
    park = a_park()
    for address in ("/", "/parks/", park.get_absolute_url(), "/articles/feed.xml", "/robots.txt"):
        assert client.get(address).status_code == 200


def test_an_unknown_address_costs_one_query(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert client.get("/nowhere/").status_code == 404


@pytest.mark.parametrize(
    "address", ["/admin/nowhere/", "/enquiries/" + "x" * 32 + "/", "/health/x"]
)
def test_what_is_not_for_readers_is_never_led_elsewhere(client, address):
    a_redirect(address, "/parks/")
    assert leads(client, address)[1] != "/parks/"


def test_a_target_stays_on_this_site_whatever_a_visitor_puts_behind_it(client):
    a_redirect("/old/", "/parks/", is_prefix=True)
    for behind in ("/evil.example", "%2Fevil.example", "%0d%0aSet-Cookie:a=b", "%5Cevil", "?//e"):
        status, location = leads(client, f"/old/{behind}")
        assert status == 404 or location.startswith("/parks/")
        assert "\n" not in (location or "")


def test_a_form_is_not_sent_on(client):
    a_redirect("/old/", "/parks/")
    assert client.post("/old/").status_code == 404
    assert client.head("/old/").status_code == 301
