"""A quote whose words are gone from the text shows no mark, and editors are told."""

import pytest
from factories import a_citation, a_figure, a_park, a_person, an_article
from reading import every, parse

from articles.models import Article, Mention

pytestmark = pytest.mark.django_db


@pytest.fixture
def cited():
    """An article that says 29家 of a park, tied to the park's figure."""
    park = a_park()
    article = an_article(parks=[park], body="<p>目前入驻企业29家。</p>")
    a_citation(article, a_figure(park, value=29, as_of="2021-H1"), "入驻企业29家")
    return article


def marks(client, article):
    page = parse(client.get(article.get_absolute_url()))
    return [a.text_content() for a in every(page, ".prose.body a.cite")]


def rewrite(article, body):
    article.body = body
    article.save()
    article.settle_citations()


def test_a_quote_that_stands_in_the_text_is_marked(cited, client):
    cited.settle_citations()
    assert not cited.citations.get().is_lost
    assert marks(client, cited) == ["入驻企业29家"]


def test_a_quote_that_went_is_noted_and_not_marked(cited, client):
    rewrite(cited, "<p>目前入驻企业三十家。</p>")
    assert cited.citations.get().is_lost
    assert marks(client, cited) == []


def test_it_is_found_again_when_the_words_come_back_in_other_widths(cited, client):
    rewrite(cited, "<p>改过了。</p>")
    rewrite(cited, "<p>目前入驻企业２９家。</p>")
    assert not cited.citations.get().is_lost
    assert marks(client, cited) == ["入驻企业２９家"]


def test_a_second_occurrence_that_went_is_lost(cited):
    citation = cited.citations.get()
    citation.occurrence = 2
    citation.save()
    cited.settle_citations()
    assert cited.citations.get().is_lost


def test_a_quote_over_the_end_of_a_paragraph_is_lost(cited):
    rewrite(cited, "<p>目前入驻企业</p><p>29家。</p>")
    assert cited.citations.get().is_lost


def test_editors_see_the_article_on_their_first_screen_and_authors_do_not(cited, client):
    rewrite(cited, "<p>改过了。</p>")
    client.force_login(a_person(role="编辑"))
    assert "引文找不到了" in client.get("/admin/").content.decode()
    listed = client.get("/admin/articles/article/?citations__is_lost=1")
    assert cited.title in listed.content.decode()
    client.force_login(a_person(role="作者"))
    assert "引文找不到了" not in client.get("/admin/").content.decode()


def test_a_cited_park_becomes_a_mentioned_one_behind_the_others(cited):
    other = a_park()
    a_citation(cited, a_figure(other, value=30), "入驻企业")
    cited.settle_citations()
    assert [m.park for m in cited.mentions.all()] == [cited.mentions.first().park, other]
    cited.settle_citations()
    assert Mention.objects.filter(article=cited).count() == 2


def test_a_figure_that_went_takes_its_citation_along_and_leaves_the_article(cited, client):
    cited.citations.get().figure.delete()
    assert Article.objects.filter(pk=cited.pk).exists()
    assert marks(client, cited) == []


def test_the_figure_of_a_park_taken_down_is_not_linked(cited, client):
    cited.mentions.get().park.take_down(None)
    assert marks(client, cited) == []
