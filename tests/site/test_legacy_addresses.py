"""Addresses of the old site lead to where their pages are today."""

from datetime import timedelta

import pytest
from django.utils import timezone
from factories import LONG_AGO, a_category, an_article

from parkcms.models import SiteProfile

pytestmark = pytest.mark.django_db


@pytest.fixture
def article():
    SiteProfile.objects.update(legacy_site="old.example")
    return an_article(legacy_site="old.example", legacy_id="3661", rights="public", publisher="报")


def leads(client, address, **how):
    answer = client.get(address, **how)
    return answer.status_code, answer.headers.get("Location")


FORMS = (
    "/index.php/post/3661.html",
    "/post/3661.html",
    "/?id=3661",
    "/index.php?id=3661",
    "/index.php/?id=3661",
    "/?id=3661&utm_source=x&from=singlemessage&isappinstalled=0",
    "/post/3661.html?a=%ff&b[]=1&id=77",
    "/?x=1&id=3661",
)


@pytest.mark.parametrize("address", FORMS)
def test_every_form_of_an_old_address_leads_there_for_good(article, client, address):
    assert leads(client, address) == (301, f"/articles/{article.pk}/")


def test_the_new_address_has_the_new_id_where_the_old_was_taken(client, article):
    assert article.pk != 3661
    other = an_article(pk=3661, title="别的文章")
    assert leads(client, "/post/3661.html") == (301, f"/articles/{article.pk}/")
    assert client.get(other.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/post/3662.html", "/?id=3662", "/index.php/post/0.html", "/post/03661.html", "/post/abc.html",
     "/post/3661", "/post/3661.htm", "/post/.html", "/index.php/post/" + "9" * 20 + ".html"],
)  # fmt: skip
def test_an_old_address_nobody_had_is_not_found(article, client, address):
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("address", ["/?id=", "/?id=abc", "/?id=-1", "/?id=" + "9" * 21, "/?id=１"])
def test_an_id_that_was_never_one_is_just_the_front_page(article, client, address):
    assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"taken_down_at": LONG_AGO}, 410),
        ({"publish_at": None}, 404),
        ({"publish_at": LONG_AGO + timedelta(days=40_000)}, 404),
        ({"expire_at": LONG_AGO + timedelta(days=1)}, 404),
    ],
)
def test_an_article_that_is_not_live_is_not_found(article, client, fields, status):
    for name, value in fields.items():
        setattr(article, name, value)
    article.save()
    for address in FORMS:
        assert client.get(address).status_code == status


def test_the_id_of_another_old_site_does_not_count(client, article):
    an_article(legacy_site="other.example", legacy_id="77", rights="public", publisher="报")
    assert client.get("/post/77.html").status_code == 404
    SiteProfile.objects.update(legacy_site="other.example")
    assert client.get("/post/77.html").status_code == 301
    assert client.get("/post/3661.html").status_code == 404


def test_without_an_old_site_no_article_of_ours_answers(client):
    SiteProfile.objects.update(legacy_site="")
    article = an_article()
    assert article.legacy_id == ""
    assert client.get(f"/post/{article.pk}.html").status_code == 404
    assert client.get(f"/?id={article.pk}").status_code == 404


@pytest.mark.parametrize(
    ("address", "location"),
    [
        ("/search.php?q=%E5%98%89%E5%AE%9A", "/search/?q=%E5%98%89%E5%AE%9A"),
        ("/search.php?q=a%26b%3Dc%23", "/search/?q=a%26b%3Dc%23"),
        ("/search.php", "/search/"),
        ("/search.php?x=1", "/search/"),
        ("/feed.php", "/articles/feed.xml"),
        ("/index.php", "/"),
        ("/index.php/", "/"),
        ("/date-2022-9.html", "/articles/year/2022/"),
        ("/index.php/date-2022-9_3.html", "/articles/year/2022/"),
        ("/date-2022.html", "/articles/year/2022/"),
    ],
)
def test_other_pages_of_the_old_site_lead_to_their_like(client, address, location):
    assert leads(client, address) == (301, location)


def test_an_old_address_in_another_language_is_none(article, client):
    assert client.get("/en/post/3661.html").status_code == 404


def test_the_answer_hangs_on_no_host(article, client):
    for host in ("localhost", "127.0.0.1"):
        assert leads(client, "/post/3661.html", headers={"host": host}) == (
            301,
            f"/articles/{article.pk}/",
        )


def test_one_query_finds_it(article, client, django_assert_num_queries):
    with django_assert_num_queries(1):
        client.get("/post/3661.html")


def test_an_article_on_a_closed_shelf_is_not_found_behind_its_old_address(client, article):
    article.category = a_category(publish_at=timezone.now() + timedelta(days=1))
    article.save()
    answer = client.get("/post/3661.html", follow=True)
    assert answer.status_code == 404
