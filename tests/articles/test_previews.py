"""Previews: the page itself, for the desk and for whoever has an address; found by nobody."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from desk_forms import desk_of
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from factories import (
    a_category,
    a_citation,
    a_figure,
    a_park,
    a_person,
    a_picture,
    a_preview_link,
    a_tag,
    an_article,
    an_autosave,
)
from lxml import html
from previewed import desk_page, draft_over, main_of, outside, preview_of

from articles import content as contents
from articles import drafting, preview_links, previewing
from articles.models import Article, Category
from parkcms.ledger.models import Act
from parkcms.library.models import Picture

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # ten o'clock in Shanghai
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def at_ten(time_machine, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def editor():
    return a_person("bianji", "编辑", display_name="示例编辑")


# --- the same page --------------------------------------------------------------------------------


def a_rich_article(**fields):
    park, cited = a_park(), a_park()
    a_figure(park)
    figure = a_figure(cited, value=29)
    article = an_article(
        tags=[a_tag("嘉定"), a_tag("氢能")],
        parks=[park, cited],
        title="旧标题",
        body="<p>目前入驻企业29家。</p>",
        **fields,
    )
    a_citation(article, figure, "入驻企业29家")
    for _ in range(3):
        an_article(parks=[park])
    return article


def rich_changes():
    picture, other = a_picture(), a_park()
    return {
        "title": "新标题",
        "summary_zh": "新的一句话。",
        "body": f'<h2>题</h2><p>如今入驻企业29家。</p><p><img src="{picture.url()}" alt="x"></p>'
        "<table><tbody><tr><td>甲</td></tr></tbody></table>",
        "category": a_category().pk,
        "cover": a_picture().pk,
        "tags": ["新标签", "氢能"],
        "event_date": "2025-H2",
        "writer": "张三",
        "parks": [[other.pk, 0]],
    }


@pytest.mark.parametrize("who", ["the desk", "outside"])
def test_the_preview_of_a_draft_is_the_page_its_publication_brings(editor, who):
    article = draft_over(a_rich_article(), editor, **rich_changes())
    seen = preview_of(editor, article) if who == "the desk" else outside(a_preview_link(article))
    previewed = main_of(seen)
    public = main_of(Client().get(article.get_absolute_url()))
    article.publish(editor)
    assert main_of(Client().get(article.get_absolute_url())) == previewed
    assert previewed != public
    for word in ("新标题", "<h2>题</h2>", "新标签", "2025", "张三"):
        assert word in previewed
        assert word not in public


def test_a_planned_article_looks_as_it_will(editor, at_ten):
    at = NOW + timedelta(days=1)
    draft = a_rich_article(publish_at=None)
    draft_over(draft, editor, publish_at=at.isoformat(), cover=None)
    previewed = main_of(preview_of(editor, draft))
    draft.publish(editor)
    at_ten.move_to(at, tick=False)
    assert main_of(Client().get(draft.get_absolute_url())) == previewed


def test_what_was_never_published_says_so_in_the_place_of_its_date(editor):
    draft = a_rich_article(publish_at=None)
    previewed = html.fromstring(main_of(preview_of(editor, draft)))
    assert "未发布" in previewed.xpath("//ul[@class='facts-line']")[0].text_content()
    draft.publish(editor)
    public = html.fromstring(main_of(Client().get(draft.get_absolute_url())))
    for page in (previewed, public):
        for other in page.xpath("//ul[@class='facts-line']|//nav[@class='beside']"):
            other.drop_tree()
    told = [re.sub(r">\s+<", "><", html.tostring(page, encoding="unicode"))
            for page in (previewed, public)]  # fmt: skip
    assert told[0] == told[1]


def test_without_a_draft_the_preview_is_the_public_page(editor):
    article = a_rich_article()
    public = main_of(Client().get(article.get_absolute_url()))
    assert main_of(preview_of(editor, article)) == public
    assert main_of(outside(a_preview_link(article))) == public


def test_a_preview_stores_nothing(editor):
    article = draft_over(a_rich_article(), editor, **rich_changes())
    link = a_preview_link(article)
    rows = Article.objects.filter(pk=article.pk).values()
    before = (rows.get(), Act.objects.count(), list(article.tags.names()), contents.of(article))
    preview_of(editor, article)
    outside(link)
    article.refresh_from_db()
    after = (rows.get(), Act.objects.count(), list(article.tags.names()), contents.of(article))
    assert after == before


def test_previewing_costs_no_more_with_more_tags_parks_and_quotes(editor):
    def cost(number):
        parks = [a_park() for _ in range(number)]
        article = an_article(
            tags=[a_tag() for _ in range(number)], parks=parks, body="<p>入驻企业29家。</p>"
        )
        for park in parks:
            a_citation(article, a_figure(park), "入驻企业29家")
        link = preview_links.path_of(a_preview_link(article))
        with CaptureQueriesContext(connection) as captured:
            assert Client().get(link).status_code == 200
        return len(captured)

    cost(1)
    assert cost(4) == cost(2) <= 30


# --- drafts with holes ----------------------------------------------------------------------------

HOLES = {
    "no title": {"title": ""},
    "no body": {"body": ""},
    "unknown category": {"category": 999_999_999},
    "unknown cover": {"cover": 999_999_999},
    "unknown kind and rights": {"kind": "poem", "rights": "mine"},
    "unknown parks": {"parks": [[999_999_999, 0], [-1, 1]]},
    "unknown figures": {"citations": [{"figure": 9**15, "quote": "x", "occurrence": 1}]},
    "lost picture": {"body": '<p><img src="/media/pictures/gone.jpg" alt=""></p>'},
    "tags of any kind": {"tags": ["😀", "...", "a/b", "İ", "长" * 100]},
    "times that are over": {"publish_at": "1990-01-01T00:00:00+00:00", "expire_at": None},
    "scripts": {"body": "<p onclick=x>文<script>alert(1)</script></p>"},
    "dates": {"event_date": "", "source_date": "2024-02"},
}


@pytest.mark.parametrize("hole", HOLES)
def test_a_draft_with_a_hole_has_a_preview_all_the_same(editor, hole):
    article = an_article(publish_at=None)
    row, around = previewing.shown(article, drafting.working(article) | HOLES[hole])
    assert (row.pk, around.parks) == (article.pk, [])
    draft_over(article, editor, **HOLES[hole])
    said = article.draft.content | HOLES[hole]
    article.revisions.filter(pk=article.draft_id).update(content=said)
    for answer in (preview_of(editor, article), outside(a_preview_link(article))):
        assert answer.status_code == 200
        assert "alert(1)" not in answer.content.decode().split("<main", 1)[1]


def test_a_content_from_before_a_field_came_has_a_preview(editor):
    article = draft_over(an_article(), editor, title="新")
    article.revisions.filter(pk=article.draft_id).update(content={"title": "只有标题"})
    assert "只有标题" in main_of(outside(a_preview_link(article)))


def test_a_shelf_and_a_picture_that_went_leave_the_articles_own(editor):
    article, shelf, picture = an_article(), a_category(), a_picture()
    draft_over(article, editor, category=shelf.pk, cover=picture.pk)
    article.illustrations.all().delete()
    Category.objects.filter(pk=shelf.pk).delete()
    Picture.objects.filter(pk=picture.pk).delete()
    assert preview_of(editor, article).status_code == 200


# --- what is being typed --------------------------------------------------------------------------


def test_a_persons_own_typing_is_shown_to_them_and_to_nobody_else(editor, at_ten):
    article = draft_over(an_article(), editor, title="保存过的")
    at_ten.move_to(NOW + timedelta(seconds=5), tick=False)
    an_autosave(article, editor, title=["正在写的"], body=["<p>新的一段<script>x()</script></p>"])
    mine = preview_of(editor, article, "?mine=1").content.decode()
    assert ("正在写的" in mine, "新的一段" in mine, "x()" in mine) == (True, True, False)
    assert "还没有保存" in mine
    other = a_person(role="编辑")
    for seen in (
        preview_of(editor, article),
        preview_of(other, article, "?mine=1"),
        outside(a_preview_link(article)),
    ):
        assert "保存过的" in main_of(seen)
        assert "正在写的" not in seen.content.decode()


def test_typing_older_than_what_was_saved_is_not_shown(editor, at_ten):
    article = an_article(publish_at=None)
    an_autosave(article, editor, title=["早先写的"])
    at_ten.move_to(NOW + timedelta(seconds=5), tick=False)
    draft_over(article, editor, title="后来保存的")
    assert "后来保存的" in main_of(preview_of(editor, article, "?mine=1"))


def test_typed_tables_tags_and_choices_are_in_the_preview(editor, at_ten):
    article = an_article(body="<p>入驻企业29家。</p>", publish_at=None)
    park, shelf = a_park(name_zh="某某园"), a_category(name_zh="某类")
    figure = a_figure(a_park(name_zh="另一园"), value=29)
    at_ten.move_to(NOW + timedelta(seconds=5), tick=False)
    an_autosave(
        article,
        editor,
        **{
            "tags": ["甲，乙"], "category": [str(shelf.pk)], "kind": ["policy"],
            "mentions-TOTAL_FORMS": ["2"], "mentions-0-park": [str(park.pk)],
            "mentions-0-position": ["1"], "mentions-1-park": ["x"],
            "citations-TOTAL_FORMS": ["1"], "citations-0-figure": [str(figure.pk)],
            "citations-0-quote": ["入驻企业29家"], "citations-0-occurrence": ["1"],
        },
    )  # fmt: skip
    seen = main_of(preview_of(editor, article, "?mine=1"))
    for word in ("甲", "乙", "某类", "政策解读", "某某园", "另一园", 'class="cite"'):
        assert word in seen


JUNK = {
    "no form": {},
    "no dictionary": ["x"],
    "numbers": {"title": 5, "category": [7.5], "mentions-TOTAL_FORMS": [9**9]},
    "huge tables": {"mentions-TOTAL_FORMS": ["99999"], "citations-TOTAL_FORMS": ["x"]},
    "wrong everywhere": {
        "title": ["题" * 500], "category": ["999999999"], "event_date": ["09-21"],
        "publish_at_0": ["0001-01-01"], "publish_at_1": ["25:00"], "cover": ["x"],
        "tags": ["长" * 300],
        "source_url": ["javascript:1"], "_publish": ["1"], "rights": ["authorised"],
    },
    "nothing": {"title": [], "body": [""], "tags": [""]},
}  # fmt: skip


@pytest.mark.parametrize("junk", JUNK)
def test_typing_that_can_not_be_read_has_a_preview_all_the_same(editor, at_ten, junk):
    article = an_article()
    at_ten.move_to(NOW + timedelta(seconds=5), tick=False)
    an_autosave(article, editor).__class__.objects.update(form=JUNK[junk])
    assert preview_of(editor, article, "?mine=1").status_code == 200
    assert Act.objects.count() == 0


def test_an_emptied_title_is_shown_as_missing(editor, at_ten):
    article = an_article(title="有过标题")
    at_ten.move_to(NOW + timedelta(seconds=5), tick=False)
    an_autosave(article, editor, title=[""])
    seen = main_of(preview_of(editor, article, "?mine=1"))
    assert ("（还没有标题）" in seen, "有过标题" in seen) == (True, False)


# --- the headers ----------------------------------------------------------------------------------


def policy(answer):
    parts = (part.split() for part in answer["Content-Security-Policy"].split(";"))
    return {name: " ".join(values) for name, *values in parts}


def test_only_the_desks_preview_may_stand_in_a_frame_and_only_in_ours(editor):
    article = an_article()
    desk = desk_of(editor)
    framed = desk.get(desk_page(article))
    assert (framed["X-Frame-Options"], policy(framed)["frame-ancestors"]) == (
        "SAMEORIGIN",
        "'self'",
    )
    assert policy(framed)["script-src"] == "'self'"
    others = [
        desk.get(desk_page(article, "change")),
        desk.get(desk_page(article, "preview_links")),
        outside(a_preview_link(article)),
        Client().get(article.get_absolute_url()),
    ]
    for answer in others:
        assert (answer["X-Frame-Options"], policy(answer)["frame-ancestors"]) == ("DENY", "'none'")


def test_a_preview_is_kept_and_found_by_nobody(editor):
    link = a_preview_link(an_article(publish_at=None))
    for answer in (preview_of(editor, link.article), outside(link)):
        assert answer["Cache-Control"].startswith("no-store, private")
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert answer["Referrer-Policy"] == "no-referrer"
        page = html.fromstring(answer.content.decode())
        assert page.xpath("//meta[@name='robots']/@content") == ["noindex, nofollow"]
        for absent in (
            "//link[@rel='canonical']",
            "//link[@hreflang]",
            "//script[contains(@type, 'json')]",
        ):
            assert page.xpath(absent) == []


def test_the_signed_address_stands_nowhere_in_its_own_page_but_in_the_language_switch(editor):
    link = a_preview_link(an_article(summary_en="In English.", publish_at=None))
    signed = preview_links.path_of(link).split("/")[-2]
    page = html.fromstring(outside(link).content.decode())
    holders = [
        (element.tag, name)
        for element in page.iter()
        for name, value in element.items()
        if signed in value
    ]
    assert holders == [("a", "href")]
    assert signed not in page.text_content()


def test_whoever_opens_the_address_gets_no_cookie(editor):
    link = a_preview_link(an_article(publish_at=None))
    answer = outside(link)
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    assert answer.content == desk_of(editor).get(preview_links.path_of(link)).content
