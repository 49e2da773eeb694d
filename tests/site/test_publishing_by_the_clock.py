"""A page comes and goes by the clock alone, everywhere at the same moment."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from factories import a_category, a_park, a_space, a_tag, an_article
from reading import every, parse

from articles import lists
from parkcms.models import OwnersText, SiteProfile

pytestmark = pytest.mark.django_db
COMES = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
GOES = datetime(2026, 6, 8, 4, 0, tzinfo=UTC)
A_MOMENT = timedelta(microseconds=1)
MOMENTS = [
    (COMES - A_MOMENT, False),
    (COMES, True),
    (GOES - A_MOMENT, True),
    (GOES, False),
    (GOES + timedelta(days=900), False),
]


def places(client, row, lists_of):
    """{place: whether the row can be seen there}"""
    path = row.get_absolute_url()
    found = {"its page": client.get(path).status_code == 200}
    for place, address in lists_of.items():
        content = client.get(address).content.decode()
        found[place] = f'{path}"' in content or f"{path}<" in content
    return found


@pytest.mark.parametrize(("moment", "is_live"), MOMENTS)
def test_an_article_is_everywhere_or_nowhere(client, moment, is_live):
    SiteProfile.objects.update(legacy_site="old.example")
    shelf, tag = a_category(slug="shelf"), a_tag(slug="topic")
    park = a_park(slug="park")
    beside = an_article(category=shelf, tags=[tag], parks=[park])
    article = an_article(
        title="来去", category=shelf, tags=[tag], parks=[park], publish_at=COMES, expire_at=GOES,
        legacy_site="old.example", legacy_id="77", pinned_until=GOES + timedelta(days=9999),
    )  # fmt: skip
    with time_machine.travel(moment, tick=False):
        found = places(
            client,
            article,
            {
                "home": "/",
                "list": "/articles/",
                "category": "/articles/category/shelf/",
                "tag": "/articles/tag/topic/",
                "park": "/parks/park/",
                "neighbour": beside.get_absolute_url(),
                "feed": "/articles/feed.xml",
                "category feed": "/articles/category/shelf/feed.xml",
                "sitemap": f"/sitemap-articles-{article.pk // 10_000}.xml",
                "search": "/search/?q=来去",
            },
        )
        found["old address"] = client.get("/post/77.html").status_code == 301
        found["year"] = client.get("/articles/year/2026/").status_code == 200
        found["years"] = 2026 in lists.years()
    assert [place for place, is_seen in found.items() if is_seen != is_live] == []


@pytest.mark.parametrize(("moment", "is_live"), MOMENTS)
def test_a_park_is_everywhere_or_nowhere_and_its_spaces_with_it(client, moment, is_live):
    park = a_park(slug="park", name_zh="来去园", publish_at=COMES, expire_at=GOES)
    space = a_space(park, slug="space")
    article = an_article(parks=[park])
    with time_machine.travel(moment, tick=False):
        found = places(
            client,
            park,
            {
                "home": "/",
                "list": "/parks/",
                "article": article.get_absolute_url(),
                "footer": "/spaces/",
                "sitemap": "/sitemap-parks-0.xml",
                "search": "/search/?q=来去",
            },
        )
        in_lists = {"spaces": "/spaces/", "sitemap of spaces": "/sitemap-spaces-0.xml"}
        found |= {f"space: {k}": v for k, v in places(client, space, in_lists).items()}
        found["cover"] = client.get("/parks/park/cover.svg").status_code == 200
        found["borrowed cover"] = "/parks/park/cover.svg" in str(client.get("/articles/").content)
    assert [place for place, is_seen in found.items() if is_seen != is_live] == []


@pytest.mark.parametrize(("moment", "is_live"), MOMENTS)
def test_a_space_comes_and_goes_in_a_park_that_stays(client, moment, is_live):
    space = a_space(a_park(slug="park"), slug="space", publish_at=COMES, expire_at=GOES)
    with time_machine.travel(moment, tick=False):
        found = places(
            client,
            space,
            {
                "park": "/parks/park/",
                "spaces": "/spaces/",
                "sitemap": "/sitemap-spaces-0.xml",
            },
        )
        card = parse(client.get("/parks/"))
        found["counted on the card"] = bool(every(card, ".card-spaces"))
    assert [place for place, is_seen in found.items() if is_seen != is_live] == []


@pytest.mark.parametrize(("moment", "is_live"), MOMENTS)
def test_a_category_comes_and_goes_with_its_articles(client, moment, is_live):
    shelf = a_category(slug="shelf", publish_at=COMES, expire_at=GOES)
    article = an_article(category=shelf)
    with time_machine.travel(moment, tick=False):
        found = places(
            client, shelf, {"list": "/articles/", "sitemap": "/sitemap-pages.xml"}
        ) | places(client, article, {"feed": "/articles/feed.xml"})
        found["cover"] = client.get("/articles/category/shelf/cover-0.svg").status_code == 200
    assert [place for place, is_seen in found.items() if is_seen != is_live] == []


def test_a_page_of_the_owners_takes_force_at_its_time(client):
    OwnersText.objects.update(publish_at=COMES - timedelta(days=900))
    OwnersText.objects.create(
        key="privacy", title_zh="新版", title_en="New", body_zh="<p>新</p>", publish_at=COMES
    )
    for moment, is_new in ((COMES - A_MOMENT, False), (COMES, True)):
        with time_machine.travel(moment, tick=False):
            assert ("<h1>新版</h1>" in client.get("/privacy/").content.decode()) == is_new
            assert (client.get("/privacy/versions/2/").status_code == 200) == is_new
            assert client.get("/privacy/versions/1/").status_code == 200


def test_a_taken_down_article_is_gone_at_once_and_back_under_its_first_time(client):
    article = an_article(publish_at=COMES)
    with time_machine.travel(GOES, tick=False):
        article.take_down(None, reason="侵权投诉")
        assert client.get(article.get_absolute_url()).status_code == 410
        article.put_back(None)
        assert client.get(article.get_absolute_url()).status_code == 200
    article.refresh_from_db()
    assert article.publish_at == COMES


def test_a_quotation_past_its_day_is_not_shown(client):
    a_space(a_park(slug="park"), slug="space", rent_cny_m2_day="0.95", valid_until="2026-06-08")
    # The day ends at midnight in Shanghai, which is 16:00 UTC.
    for moment, is_valid in (
        (datetime(2026, 6, 8, 15, 59, tzinfo=UTC), True),
        (datetime(2026, 6, 8, 16, 0, tzinfo=UTC), False),
    ):
        with time_machine.travel(moment, tick=False):
            for address in ("/parks/park/spaces/space/", "/parks/park/", "/spaces/"):
                content = client.get(address).content.decode()
                assert ("0.95" in content) == is_valid, address
                assert ("报价已过期" in content) == (not is_valid), address
