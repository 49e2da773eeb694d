"""An author at the desk: writes and keeps their own drafts, and hands them to an editor."""

from datetime import timedelta

import pytest
from desk_forms import act_on, at_the_desk, errors, filled, page_of, send, words
from django.test import Client
from django.utils import timezone
from factories import LONG_AGO, a_category, a_citation, a_figure, a_park, a_person, an_article

from articles.models import Article, Mention

pytestmark = pytest.mark.django_db
ADD = "/admin/articles/article/add/"
LIST = "/admin/articles/article/"
TOMORROW = timezone.now() + timedelta(days=1)

# What an author has no field for, sent all the same.
CRAFTED = {
    "_publish": "1",
    "publish_at_0": "2024-01-01",
    "publish_at_1": "08:00:00",
    "expire_at_0": "2099-01-01",
    "expire_at_1": "08:00:00",
    "pinned_until_0": "2099-01-01",
    "pinned_until_1": "08:00:00",
    "taken_down_at": "2024-01-01",
    "legacy_site": "280380.com",
    "legacy_id": "1",
    "legacy_views": "999999",
}


@pytest.fixture
def author():
    return a_person("zuozhe", "作者", display_name="示例作者")


@pytest.fixture
def desk(client, author):
    return at_the_desk(client, author)


def a_draft(author, **fields):
    return an_article(**{"publish_at": None, "author": author} | fields)


def test_an_author_writes_a_draft_that_no_reader_sees(desk, author):
    answers = {
        "title": "嘉定园区走访",
        "category": a_category().pk,
        "summary_zh": "一句话。",
        "body": "<p>正文<script>alert(1)</script>一段。</p>",
        "tags": "氢能，嘉定",
        "event_date": "2021年上半年",
    }
    response = send(desk, ADD, **answers)
    assert response.status_code == 302
    article = Article.objects.get()
    assert (article.author, article.publish_at, article.event_date) == (author, None, "2021-H1")
    assert article.body == "<p>正文一段。</p>"
    assert sorted(tag.name for tag in article.tags.all()) == ["嘉定", "氢能"]
    assert Client().get(article.get_absolute_url()).status_code == 404
    assert "嘉定园区走访" not in Client().get("/articles/").content.decode()


def test_the_page_says_who_publishes(desk, author):
    text = words(desk.get(page_of(a_draft(author))))
    assert "写好后送审，由编辑发布。" in text
    assert "保存并发布" not in text
    assert "发布改动" not in text


@pytest.mark.parametrize("is_new", [True, False])
def test_an_author_does_not_publish_pin_or_backdate_by_a_crafted_form(desk, author, is_new):
    other = a_person(role="作者")
    url = ADD if is_new else page_of(a_draft(author))
    told = {"title": "自己发布", "category": str(a_category().pk), "body": "<p>文。</p>"}
    data = filled(desk, url, **told, **CRAFTED, author=str(other.pk), rights="original")
    assert desk.post(url, data).status_code == 302
    article = Article.objects.get()
    assert (article.title, article.author) == ("自己发布", author)
    kept = ("publish_at", "expire_at", "pinned_until", "taken_down_at", "legacy_views")
    assert [getattr(article, name) for name in kept] == [None] * 5
    assert (article.legacy_site, article.legacy_id) == ("", "")


def test_an_author_does_not_publish_in_the_list(desk, author):
    draft = a_draft(author)
    assert "publish_selected" not in desk.get(LIST).content.decode()
    act_on(desk, Article, "publish_selected", [draft])
    act_on(desk, Article, "take_down_selected", [draft])
    draft.refresh_from_db()
    assert (draft.publish_at, draft.taken_down_at) == (None, None)


def test_an_author_sees_their_own_articles_only(desk, author):
    mine = a_draft(author, title="我的稿子")
    mine_live = an_article(author=author, title="我的旧文")
    for fields in ({"publish_at": None}, {}):
        an_article(title="别人的稿子", author=a_person(role="作者"), **fields)
    an_article(title="没有主人的稿子", author=None)
    text = words(desk.get(LIST))
    assert ("我的稿子" in text, "我的旧文" in text) == (True, True)
    assert "别人的稿子" not in text
    assert "没有主人的稿子" not in text
    assert "别人的稿子" not in words(desk.get(f"{LIST}?q=别人"))
    assert {mine, mine_live} < set(Article.objects.all())


@pytest.mark.parametrize("page", ["change", "delete", "history"])
def test_anothers_draft_is_as_if_it_were_not_there(desk, page):
    draft = a_draft(a_person(role="作者"))
    url = page_of(draft, page)
    assert desk.get(url).status_code in {302, 403}
    assert desk.post(url, {"title": "改了", "post": "yes"}).status_code in {302, 403}
    again = Article.objects.get()
    assert (again.title, again.updated_at) == (draft.title, draft.updated_at)


LIVES = {
    "live": {},
    "scheduled": {"publish_at": TOMORROW},
    "taken down": {"taken_down_at": LONG_AGO},
    "expired": {"expire_at": LONG_AGO + timedelta(days=1)},
}


@pytest.mark.parametrize("life", LIVES)
def test_what_an_author_writes_over_a_published_text_waits_for_an_editor(desk, author, life):
    article = an_article(author=author, title="读者看到的", **LIVES[life])
    row = Article.objects.filter(pk=article.pk).values("title", "body", "publish_at", "updated_at")
    before = row.get()
    assert send(desk, page_of(article), title="想改成的", _publish="1").status_code == 302
    assert row.get() == before
    article = Article.objects.get()
    assert (article.has_draft, article.draft.content["title"]) == (True, "想改成的")
    assert 'value="想改成的"' in desk.get(page_of(article)).content.decode()


def test_a_draft_published_while_it_was_open_is_not_overwritten(desk, author):
    draft = a_draft(author, title="草稿")
    data = filled(desk, page_of(draft), title="迟到的保存")
    draft.publish(a_person(role="编辑"))
    assert errors(desk.post(page_of(draft), data)) == {"__all__": ["outdated"]}
    draft.refresh_from_db()
    assert (draft.title, draft.draft) == ("草稿", None)


def test_an_author_deletes_nothing(desk, author):
    draft = a_draft(author)
    assert desk.post(page_of(draft, "delete"), {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": [draft.pk], "post": "yes"}
    desk.post(LIST, data)
    assert Article.objects.get() == draft


def add_inline(data, prefix, number, **fields):
    """The data with one more row of an inline."""
    added = {f"{prefix}-{number}-{name}": [str(value)] for name, value in fields.items()}
    return data | added | {f"{prefix}-TOTAL_FORMS": [str(number + 1)]}


def test_an_author_names_parks_and_cites_figures(desk, author):
    draft = a_draft(author, body="<p>目前入驻企业29家。</p>")
    park, cited = a_park(), a_park()
    figure = a_figure(cited, value=29)
    data = filled(desk, page_of(draft))
    data = add_inline(data, "mentions", 0, park=park.pk, position=1)
    data = add_inline(data, "citations", 0, figure=figure.pk, quote="入驻企业２９家", occurrence=1)
    assert desk.post(page_of(draft), data).status_code == 302
    citation = draft.citations.get()
    assert (citation.quote, citation.is_lost) == ("入驻企业２９家", False)
    assert set(draft.mentions.values_list("park", flat=True)) == {park.pk, cited.pk}


def test_a_quote_that_is_not_in_the_text_is_marked_as_lost(desk, author):
    draft = a_draft(author, body="<p>目前入驻企业29家。</p>")
    citation = a_citation(draft, a_figure(a_park()), "入驻企业29家")
    assert send(desk, page_of(draft), body="<p>改写了。</p>").status_code == 302
    citation.refresh_from_db()
    assert citation.is_lost
    send(desk, page_of(draft), body="<p>又写回入驻企业29家。</p>")
    citation.refresh_from_db()
    assert not citation.is_lost


@pytest.mark.parametrize("is_new", [True, False])
def test_the_same_park_twice_is_said_in_the_form(desk, author, is_new):
    park = a_park()
    url = ADD if is_new else page_of(a_draft(author))
    data = filled(desk, url, title="题", category=str(a_category().pk), body="<p>文。</p>")
    for number in range(2):
        data = add_inline(data, "mentions", number, park=park.pk, position=number)
    assert "mentions" in " ".join(errors(desk.post(url, data)))
    assert Mention.objects.count() == 0


@pytest.mark.parametrize("is_new", [True, False])
def test_the_same_figure_twice_is_said_in_the_form(desk, author, is_new):
    figure = a_figure(a_park())
    url = ADD if is_new else page_of(a_draft(author))
    data = filled(desk, url, title="题", category=str(a_category().pk), body="<p>文。</p>")
    for number in range(2):
        data = add_inline(data, "citations", number, figure=figure.pk, quote="文", occurrence=1)
    assert "citations" in " ".join(errors(desk.post(url, data)))


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("title", "", "required"),
        ("title", "题" * 121, "max_length"),
        ("category", "", "required"),
        ("category", "999999", "invalid_choice"),
        ("body", "", "required"),
        ("body", "<p>字</p>" * 30_000, "too_long"),
        ("source_url", "not an address", "invalid"),
        ("event_date", "2023年2月29日", "partial_date"),
        ("source_date", "09-21", "partial_date"),
        ("tags", "长" * 101, "max_length"),
        ("kind", "poem", "invalid_choice"),
        ("summary_zh", "字" * 301, "max_length"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(desk, author, field, value, code):
    draft = a_draft(author)
    assert errors(send(desk, page_of(draft), **{field: value})) == {field: [code]}


def test_an_author_looks_at_parks_and_changes_none(desk):
    park = a_park()
    figure = a_figure(park)
    for row in (park, figure, figure.source):
        assert desk.get(page_of(row)).status_code == 200
        assert desk.post(page_of(row), {}).status_code == 403
        assert desk.post(page_of(row, "delete"), {"post": "yes"}).status_code == 403
