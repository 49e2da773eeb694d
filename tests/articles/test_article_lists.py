"""What each list of articles shows: its own, live ones only, in the reader's language."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from factories import LONG_AGO, a_category, a_park, a_tag, an_article
from reading import every, one, parse, words

from articles import lists

pytestmark = pytest.mark.django_db


def listed(client, address):
    return [words(a) for a in every(parse(client.get(address)), "ul.items h3 a")]


def test_a_category_shows_its_own_articles_and_its_description(client):
    shelf = a_category(slug="shelf", name_zh="选址", description_zh="怎样选址。")
    an_article(title="甲", category=shelf)
    an_article(title="乙", category=a_category())
    page = parse(client.get("/articles/category/shelf/"))
    assert words(one(page, "h1")) == "选址"
    assert words(one(page, "p.lede")) == "怎样选址。"
    assert [words(a) for a in every(page, "ul.items h3 a")] == ["甲"]


def test_a_category_not_live_is_nowhere_and_neither_are_its_articles(client):
    shelf = a_category(slug="shelf", publish_at=None)
    article = an_article(title="甲", category=shelf)
    tag = a_tag(slug="topic")
    article.tags.add(tag)
    for address in ("/articles/category/shelf/", "/articles/category/shelf/feed.xml",
                    f"/articles/{article.pk}/", "/articles/category/shelf/cover-0.svg",
                    "/articles/year/2024/"):  # fmt: skip
        assert client.get(address).status_code == 404, address
    for address in ("/articles/", "/articles/tag/topic/", "/search/?q=甲"):
        assert listed(client, address) == [], address
    assert "shelf" not in client.get("/articles/").content.decode()


def test_a_tag_shows_what_is_filed_under_it(client):
    tag = a_tag("氢能", name_en="Hydrogen", slug="hydrogen")
    an_article(title="甲", tags=[tag], title_en="A", summary_en="About A.")
    an_article(title="乙", tags=[a_tag()])
    an_article(title="丙", tags=[tag], publish_at=None)
    assert listed(client, "/articles/tag/hydrogen/") == ["甲"]
    page = parse(client.get("/en/articles/tag/hydrogen/"))
    assert words(one(page, "h1")) == "Tag: Hydrogen"
    assert [words(a) for a in every(page, "ul.items h3 a")] == ["A"]


def test_a_tag_or_category_nobody_made_is_not_found(client):
    assert client.get("/articles/tag/nothing/").status_code == 404
    assert client.get("/articles/category/nothing/").status_code == 404


def test_a_year_is_the_sites_own_year(client):
    # Half past midnight on New Year's Day in Shanghai.
    an_article(title="新年", publish_at=datetime(2025, 12, 31, 16, 30, tzinfo=UTC))
    an_article(title="除夕", publish_at=datetime(2025, 12, 31, 15, 30, tzinfo=UTC))
    assert listed(client, "/articles/year/2026/") == ["新年"]
    assert listed(client, "/articles/year/2025/") == ["除夕"]


@pytest.mark.parametrize("year", [0, 1989, 2200, 9999, 99999, 10**30])
def test_a_year_out_of_reach_is_not_found(client, year):
    an_article()
    assert client.get(f"/articles/year/{year}/").status_code == 404


def test_only_years_with_articles_are_offered_and_each_leads_somewhere(client):
    for year in (2019, 2021, 2024):
        an_article(publish_at=datetime(year, 6, 1, tzinfo=UTC))
    an_article(publish_at=datetime(2020, 6, 1, tzinfo=UTC), taken_down_at=LONG_AGO)
    an_article(publish_at=datetime(2022, 6, 1, tzinfo=UTC), category=a_category(publish_at=None))
    an_article(publish_at=timezone.now() + timedelta(days=800))
    page = parse(client.get("/articles/"))
    links = [a.get("href") for a in every(page, "ul.years a")]
    assert links == [f"/articles/year/{year}/" for year in (2024, 2021, 2019)]
    assert [client.get(link).status_code for link in links] == [200, 200, 200]


def test_in_english_only_years_with_english_articles_are_offered(client):
    an_article(publish_at=datetime(2019, 6, 1, tzinfo=UTC))
    an_article(publish_at=datetime(2021, 6, 1, tzinfo=UTC), summary_en="In English.")
    page = parse(client.get("/en/articles/"))
    assert [words(a) for a in every(page, "ul.years a")] == ["2021"]


def test_a_year_without_english_articles_has_an_english_page_that_says_so(client):
    an_article(publish_at=datetime(2019, 6, 1, tzinfo=UTC))
    page = parse(client.get("/articles/year/2019/"))
    switch = one(page, "a.switch").get("href")
    assert switch == "/en/articles/year/2019/"
    assert words(one(parse(client.get(switch)), "p.nothing")) == "There are no articles here yet."
    assert client.get("/en/articles/year/2018/").status_code == 404
    assert client.get("/articles/year/2019/?before=1000000000000-1").status_code == 404


def test_years_before_the_lists_begin_are_not_offered(client):
    an_article(publish_at=datetime(1950, 6, 1, tzinfo=UTC))
    assert lists.years() == []
    an_article(publish_at=datetime(2021, 6, 1, tzinfo=UTC))
    assert lists.years() == [2021]


def test_no_article_no_year():
    assert lists.years() == []


# --- pinned -------------------------------------------------------------------------------------


def test_a_pinned_article_stands_on_top_and_not_twice(client):
    an_article(title="旧而置顶", pinned_until=timezone.now() + timedelta(days=1))
    an_article(title="新", publish_at=LONG_AGO + timedelta(days=1))
    page = parse(client.get("/articles/"))
    assert [words(a) for a in every(page, "ul.pinned h3 a")] == ["旧而置顶"]
    assert [words(a) for a in every(page, "ul.items h3 a")] == ["新"]


def test_a_pin_ends_at_its_time(client):
    end = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
    an_article(title="置顶", pinned_until=end)
    for moment, pinned in ((end - timedelta(seconds=1), ["置顶"]), (end, [])):
        with time_machine.travel(moment, tick=False):
            page = parse(client.get("/articles/"))
            assert [words(a) for a in every(page, "ul.pinned h3 a")] == pinned
            assert len(every(page, "h3 a")) == 1


def test_nothing_is_pinned_on_other_pages_and_lists(client):
    shelf = a_category(slug="shelf")
    an_article(title="甲", category=shelf, pinned_until=timezone.now() + timedelta(days=1))
    for address in ("/articles/category/shelf/", "/articles/year/2024/"):
        page = parse(client.get(address))
        assert every(page, "ul.pinned") == []
        assert [words(a) for a in every(page, "ul.items h3 a")] == ["甲"]


def test_a_pinned_article_that_is_not_live_is_not_shown(client):
    until = timezone.now() + timedelta(days=1)
    an_article(pinned_until=until, taken_down_at=LONG_AGO)
    an_article(pinned_until=until, publish_at=until)
    assert every(parse(client.get("/articles/")), "ul.pinned") == []


# --- what one entry shows -----------------------------------------------------------------------


def test_an_entry_borrows_the_cover_of_the_first_live_park_it_mentions(client):
    hidden, shown = a_park(slug="hidden", publish_at=None), a_park(slug="shown")
    an_article(parks=[hidden, shown])
    (image,) = every(parse(client.get("/articles/")), "ul.items img")
    assert image.get("src") == "/parks/shown/cover.svg"


def test_an_entry_without_park_and_picture_has_a_drawing_of_its_category(client):
    article = an_article(category=a_category(slug="shelf"))
    (image,) = every(parse(client.get("/articles/")), "ul.items img")
    assert image.get("src") == f"/articles/category/shelf/cover-{article.pk % 6}.svg"
    assert client.get(image.get("src")).status_code == 200


def test_an_english_list_shows_the_chinese_title_where_there_is_no_other(client):
    an_article(title="甲", summary_en="About A.")
    (link,) = every(parse(client.get("/en/articles/")), "ul.items h3 a")
    assert (words(link), link.get("lang")) == ("甲", "zh-Hans")
