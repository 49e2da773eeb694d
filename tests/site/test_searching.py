"""Searching names, titles, summaries and tags by plain words."""

import pytest
from django.db import transaction
from django.test import Client
from factories import a_category, a_figure, a_park, a_tag, an_article
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import every, one, parse, words

from parks.models import Alias

pytestmark = pytest.mark.django_db


def found(client, query, language=""):
    page = parse(client.get(f"{language}/search/", {"q": query}))
    return {
        "parks": [words(a) for a in every(page, ".found-parks a")],
        "tags": [words(a) for a in every(page, ".tags a")],
        "articles": [words(a) for a in every(page, "ul.items h3 a")],
    }


def articles(client, query, language=""):
    return found(client, query, language)["articles"]


NOTHING = {"parks": [], "tags": [], "articles": []}


@pytest.mark.parametrize(
    "field", ["title", "title_en", "original_title", "summary_zh", "summary_en"]
)
def test_titles_and_summaries_are_searched(client, field):
    title = "题目" if field != "title" else "前面嘉定后面"
    an_article(**{"title": title, field: "前面嘉定后面"})
    an_article(title="另一篇")
    assert articles(client, "嘉定") == [title]


def test_bodies_are_not_searched_yet(client):
    an_article(body="<p>嘉定</p>")
    assert found(client, "嘉定") == NOTHING


@pytest.mark.parametrize("query", ["Hydrogen", "hydrogen", "HYDROGEN", "ydroge", "ＨＹＤＲＯ"])
def test_case_and_width_do_not_matter(client, query):
    an_article(title="Hydrogen Port")
    a_park(name_zh="氢能港", name_en="Hydrogen Port")
    assert found(client, query)["articles"] == ["Hydrogen Port"]
    assert found(client, query)["parks"] == ["氢能港"]


@pytest.mark.parametrize("written", ["温州（嘉定）科创园", "温州(嘉定)科创园"])
@pytest.mark.parametrize("query", ["温州（嘉定）", "温州(嘉定)", "（嘉定）科创园", "(嘉定)科创"])
def test_brackets_of_either_width_find_brackets_of_either(client, written, query):
    an_article(title=written)
    a_park(name_zh=written)
    assert found(client, query) == {"parks": [written], "tags": [], "articles": [written]}


@pytest.mark.parametrize(
    ("written", "query"),
    [
        ("联东U谷开园", "联东Ｕ谷"),
        ("联东Ｕ谷开园", "联东Ｕ谷"),
        ("面积9万㎡", "９万"),
        ("面积9万㎡", "9万㎡"),
        ("面积9万m2", "9万㎡"),
    ],
)
def test_letters_and_digits_are_found_as_written_and_half_width(client, written, query):
    an_article(title=written)
    assert articles(client, query) == [written]


@pytest.mark.parametrize("kind", Alias.Kind.values)
def test_every_other_name_of_a_park_finds_it(client, kind):
    park = a_park(name_zh="联东U谷嘉定产业园")
    park.aliases.create(name="Liando U-Valley（上海）", kind=kind)
    for query in ("liando", "Ｌiando u-valley", "valley(上海)", "U-Valley（上海）"):
        assert found(client, query)["parks"] == ["联东U谷嘉定产业园"], query


def test_an_article_is_found_by_the_names_of_the_parks_it_mentions(client):
    park = a_park(name_zh="联东U谷嘉定产业园")
    park.aliases.create(name="Liando", kind="foreign")
    an_article(title="题目", parks=[park])
    assert articles(client, "liando") == ["题目"]
    assert articles(client, "联东") == ["题目"]


def test_a_park_that_is_not_live_leads_to_nothing(client):
    park = a_park(name_zh="联东", publish_at=None)
    an_article(title="题目", parks=[park])
    assert found(client, "联东") == NOTHING


def test_tags_are_found_and_lead_to_their_articles(client):
    tag = a_tag("科创飞地", name_en="Innovation enclave", slug="enclave")
    an_article(title="题目", tags=[tag])
    assert found(client, "飞地") == {"parks": [], "tags": ["科创飞地"], "articles": ["题目"]}
    assert found(client, "innovation")["tags"] == ["科创飞地"]


def test_several_words_must_all_be_there_in_any_place_and_order(client):
    park = a_park(name_zh="氢能港")
    an_article(title="嘉定开工", summary_zh="共三家企业。", parks=[park], tags=[a_tag("飞地")])
    an_article(title="嘉定停工")
    for query in ("嘉定 开工", "开工 嘉定", "企业　嘉定", "飞地 氢能港 企业", "  嘉定\t开工 "):
        assert articles(client, query) == ["嘉定开工"], query
    assert articles(client, "嘉定 上海") == []
    assert len(articles(client, "嘉定")) == 2


@pytest.mark.parametrize("sign", ["%", "_", "\\", "'", '"', "--", ";", "*", ".", "[a]", "$", "\\%"])
def test_signs_are_searched_for_as_they_are(client, sign):
    an_article(title="无此字")
    an_article(title=f"含{sign}此字")
    a_park(name_zh="无此园")
    a_park(name_zh=f"含{sign}此园")
    assert found(client, f"含{sign}此") == {
        "parks": [f"含{sign}此园"],
        "tags": [],
        "articles": [f"含{sign}此字"],
    }
    assert articles(client, sign) == [f"含{sign}此字"]


@pytest.mark.parametrize("query", ["", " ", "　", "\t\n", "\u3000 \u3000"])
def test_nothing_asked_finds_nothing_and_says_how_to_ask(client, query):
    an_article()
    page = parse(client.get("/search/", {"q": query}))
    assert every(page, "ul.items") == []
    assert len(every(page, "p.hint")) == 1


def test_nothing_found_says_so_and_leads_on(client):
    page = parse(client.get("/search/", {"q": "<b>没有</b>"}))
    assert "没有找到“<b>没有</b>”" in words(one(page, "p.nothing"))
    assert [a.get("href") for a in every(page, "p.nothing a")] == ["/parks/", "/articles/"]


def test_what_was_asked_stands_in_the_form_again(client):
    page = parse(client.get("/search/", {"q": ' 嘉定 "氢能" '}))
    assert [i.get("value") for i in every(page, "input[name=q]")] == ['嘉定 "氢能"'] * 2


def test_a_long_question_is_cut_and_answered(client):
    an_article(title="甲" * 60)
    assert articles(client, "甲" * 300) == ["甲" * 60]
    page = parse(client.get("/search/", {"q": "甲" * 300}))
    assert one(page, "#big-q").get("value") == "甲" * 60


def test_no_more_than_five_words_are_looked_for(client):
    an_article(title="一 二 三 四 五")
    assert articles(client, "一 二 三 四 五 六") == ["一 二 三 四 五"]


def test_only_live_articles_of_live_categories_are_found(client):
    an_article(title="嘉定一", publish_at=None)
    an_article(title="嘉定二", category=a_category(publish_at=None))
    assert found(client, "嘉定") == NOTHING


def test_in_english_what_has_no_english_side_is_not_listed(client):
    an_article(title="甲", title_en="Jiading opens", summary_en="About it.")
    an_article(title="Jiading 乙")
    assert articles(client, "jiading", "/en") == ["Jiading opens"]


def test_figures_do_not_make_a_park_turn_up_twice(client):
    park = a_park(name_zh="氢能港")
    for n in range(3):
        park.aliases.create(name=f"氢能{n}", kind="short")
        a_figure(park, value=n + 1)
    assert found(client, "氢能")["parks"] == ["氢能港"]


WORDS = st.text("嘉定氢能aB（(）)%_ ", min_size=1, max_size=6)


@given(WORDS, WORDS)
@settings(max_examples=40, deadline=None)
def test_an_article_is_found_by_any_piece_of_its_title(title, other):
    piece = title.split()[0] if title.split() else ""
    with transaction.atomic():
        an_article(title=title or "甲", summary_zh=other)
        if piece:
            assert len(articles(Client(), piece)) == 1
            assert len(articles(Client(), piece.upper())) == 1
        transaction.set_rollback(True)
