"""The eight openings the old page listed, and one article of our own beside them."""

import re

import pytest
from reading import every, one, parse, words

from articles import markup
from articles.models import Article

pytestmark = pytest.mark.django_db

EXCERPTS = range(1, 9)
EVENTS = {2: "2022-06-16"}  # the others name no year


@pytest.fixture
def excerpts(demo, db):
    return {article.pk: article for article in Article.objects.filter(is_excerpt=True)}


def test_they_have_the_ids_one_to_eight_and_claim_no_old_id(excerpts):
    assert sorted(excerpts) == list(EXCERPTS)
    for article in excerpts.values():
        assert (article.legacy_site, article.legacy_id, article.legacy_views) == ("", "", None)
        assert article.posted_stamp == ""
        assert article.rights == Article.Rights.UNVERIFIED
        assert article.publisher


def test_only_what_names_a_year_has_an_event_date(excerpts):
    assert {pk: str(a.event_date) for pk, a in excerpts.items() if a.event_date} == EVENTS
    assert {pk: str(a.source_date) for pk, a in excerpts.items() if a.source_date} == {
        2: "2022-06-18"
    }


def test_no_opening_ends_in_the_middle_of_a_sentence(excerpts):
    for article in excerpts.values():
        text = markup.plain(article.body)
        assert text == "" or text[-1] in "。！？）策…", article.title
        assert "..." not in text


def test_no_badge_text_no_original_title_line_and_no_dateline_is_left(excerpts):
    for article in excerpts.values():
        for junk in (
            "勋章级别",
            "综合表现",
            "原标题",
            "央广网上海",
            "记者",
            "通讯员",
            "受访者供图",
        ):
            assert junk not in article.body, article.title
        assert "蕞" not in article.body + article.title


def test_the_title_a_hundred_times_too_high_is_put_right_and_says_so(excerpts, client):
    article = excerpts[2]
    assert article.title == "总投资额44.63亿元！上海嘉定4个重大产业项目集中开工"
    assert article.original_title == "总投资额4463亿元！上海嘉定4个重大产业项目集中开工"
    assert "总投资额44.63亿元" in article.body
    page = parse(client.get("/articles/2/"))
    assert words(one(page, "h1")) == article.title
    assert words(one(page, ".original-title")) == f"原标题：{article.original_title}"
    assert "4463亿元" in words(one(page, ".editorial"))
    assert "相差一百倍" in words(one(page, ".editorial"))


def test_the_number_lost_on_the_way_is_not_made_up(excerpts):
    assert "距离轨交13号线分钟" in excerpts[3].body
    assert "没有补" in excerpts[3].correction


def test_what_was_saved_as_a_title_alone_says_so(excerpts, client):
    for pk in (4, 5):
        assert excerpts[pk].body == ""
        page = parse(client.get(f"/articles/{pk}/"))
        notices = [words(e) for e in every(page, "p.notice")]
        assert notices == ["本站只收录了这篇文章的标题，没有正文。"]


def test_every_excerpt_is_marked_on_its_page_and_in_lists(excerpts, client):
    listed = parse(client.get("/articles/"))
    for pk in EXCERPTS:
        labels = every(parse(client.get(f"/articles/{pk}/")), ".labels .badge")
        assert "节选" in [words(label) for label in labels]
        (item,) = [
            item
            for item in every(listed, "ul.items > li")
            if every(item, "h3 a")[0].get("href") == f"/articles/{pk}/"
        ]
        assert [words(badge) for badge in every(item, ".badge")] == ["节选"]


def test_half_width_marks_between_han_characters_are_full_width(excerpts):
    for article in excerpts.values():
        text = article.title + markup.plain(article.body) + article.summary_zh + article.correction
        assert not re.search(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]", text), text


def test_all_carry_the_time_of_loading_and_sort_by_time_and_id(demo, client):
    rows = list(Article.objects.newest_first())
    assert len({row.publish_at for row in rows}) == 1
    ids = [row.pk for row in rows]
    assert ids == sorted(ids, reverse=True)
    listed = [
        a.get("href") for a in every(parse(client.get("/articles/")), "ul.items h3 a")
    ]  # the whole list fits on one page
    assert listed == [f"/articles/{pk}/" for pk in ids]


def test_ours_takes_the_next_free_id_and_is_for_everyone(demo, client):
    (ours,) = Article.objects.filter(rights=Article.Rights.ORIGINAL)
    assert ours.pk > 3661
    assert (ours.legacy_site, ours.legacy_id) == ("", "")
    assert ours.title == "怎样读一份园区资料：先看日期，再看来源"
    assert ours.title_en == "How to read a park profile and its sources"
    assert ours.is_indexable
    page = parse(client.get(f"/en/articles/{ours.pk}/"))
    assert words(one(page, "h1")) == ours.title_en
    assert words(one(page, ".summary-en")) == ours.summary_en
    assert every(page, "meta[name=robots]") == []
    assert one(page, ".prose.body").get("lang") == "zh-Hans"


def test_what_ours_says_about_a_park_is_what_the_park_page_says(demo):
    (ours,) = Article.objects.filter(rights=Article.Rights.ORIGINAL)
    cited = {c.quote: (f"{c.figure.value:.0f}", str(c.figure.as_of)) for c in ours.citations.all()}
    assert cited == {
        "2019年12月开园时是21家": ("21", "2019-12"),
        "2021年上半年是29家": ("29", "2021-H1"),
        "2024年6月是30家": ("30", "2024-06"),
    }
