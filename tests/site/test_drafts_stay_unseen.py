"""What is written over a published text changes no byte readers get; what is taken down is gone
from every place at once, and back as it was."""

from datetime import UTC, datetime

import pytest
from factories import a_category, a_figure, a_park, a_person, a_tag, an_article

from articles import content, drafting

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_noon(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def article():
    shelf, tag, park = a_category(slug="shelf"), a_tag(slug="topic"), a_park(slug="park")
    an_article(category=shelf, tags=[tag], parks=[park], title="旁边一篇")
    return an_article(
        title="来去",
        body="<p>入驻企业29家。</p>",
        summary_zh="摘要来去。",
        summary_en="Comes and goes.",
        category=shelf,
        tags=[tag],
        parks=[park],
        legacy_site="",
        legacy_id="",
    )


def addresses(article):
    number = article.pk // 10_000
    return [
        article.get_absolute_url(),
        f"/en{article.get_absolute_url()}",
        "/",
        "/articles/",
        "/en/articles/",
        "/articles/category/shelf/",
        "/articles/tag/topic/",
        "/parks/park/",
        f"/articles/{article.pk - 1}/",
        "/articles/feed.xml",
        "/articles/category/shelf/feed.xml",
        f"/sitemap-articles-{number}.xml",
        "/search/?q=来去",
    ]


def everything(client, article):
    """{address: the page's bytes, or the status of what is no page}"""
    answers = {url: client.get(url) for url in addresses(article)}
    return {
        url: answer.content if answer.status_code == 200 else answer.status_code
        for url, answer in answers.items()
    }


def rewritten(article, park):
    figure = a_figure(park, value=29)
    return content.of(article) | {
        "title": "改写的题目",
        "summary_zh": "改写的摘要。",
        "summary_en": "",
        "body": "<p>改写的正文，入驻企业30家。</p>",
        "category": a_category(slug="other").pk,
        "tags": ["别的标签"],
        "parks": [[park.pk, 0]],
        "citations": [{"figure": figure.pk, "quote": "入驻企业30家", "occurrence": 1}],
        "rights": "unverified",
        "publisher": "某报",
        "pinned_until": "2099-01-01T00:00:00+08:00",
        "expire_at": "2026-05-01T00:00:00+08:00",
    }


def test_a_draft_over_a_live_text_changes_no_byte(client, article, at_noon):
    other = a_park(slug="other-park")
    before = everything(client, article)
    said = rewritten(article, other)
    before |= everything(client, article)  # a figure and a category more are no part of this
    at_noon.move_to(NOW.replace(hour=5), tick=False)
    assert drafting.save(article, said, a_person(role="作者"), version=article.version)
    assert everything(client, article) == before
    assert all(value != 404 for value in before.values())


def test_publishing_it_changes_all_of_them(client, article):
    said = rewritten(article, a_park(slug="other-park")) | {"expire_at": None}
    drafting.save(article, said, a_person(role="作者"), version=article.version)
    before = everything(client, article)
    article.publish(a_person(role="编辑"))
    after = everything(client, article)
    assert [url for url, page in before.items() if after[url] == page] == []
    assert "改写的题目" in after["/articles/"].decode()


def test_what_is_taken_down_is_in_no_place_and_its_own_says_410(client, article):
    before = everything(client, article)
    path = article.get_absolute_url()
    article.take_down(a_person(role="编辑"), "侵权投诉")
    found = everything(client, article)
    assert (found.pop(path), found.pop(f"/en{path}")) == (410, 410)
    assert [url for url, page in found.items() if f'{path}"' in page.decode()] == []
    assert [url for url, page in found.items() if "来去" in page.decode()] == ["/search/?q=来去"]
    gone = client.get(path)
    assert (gone["Cache-Control"], "这个页面已经下线" in gone.content.decode()) == (
        "no-store",
        True,
    )
    article.put_back(a_person(role="编辑"))
    assert everything(client, article) == before


def test_what_was_never_public_is_404_and_not_410(client):
    draft = an_article(publish_at=None)
    draft.take_down(None, "没上过线")
    assert client.get(draft.get_absolute_url()).status_code == 404
