"""Reposts of unknown standing are cleared by medium, many at once, with what the law wants."""

import pytest
from desk_forms import desk_of, messages_of, words
from factories import LONG_AGO, a_person, an_article
from lxml import html

from articles import content as contents
from articles import desk_rights, drafting
from articles.models import Article
from parkcms.ledger.models import Act

pytestmark = pytest.mark.django_db
PAGE = "/admin/articles/article/rights/"
SAID = {"rights": "public", "basis": "政府网站公开信息", "said_by": "版权部邮件"}
PERMITTED = SAID | {"rights": "authorised", "basis": "2026-03-02 邮件同意"}


@pytest.fixture
def editor():
    return a_person("bianji", "编辑")


@pytest.fixture
def desk(editor):
    return desk_of(editor)


def a_repost(publisher="某报", **fields):
    fields = {"rights": "unverified", "publisher": publisher} | fields
    return an_article(**fields)


def whole(**fields):
    """A repost that says all that an authorised one has to."""
    said = {"original_title": "原题", "writer": "原作者", "source_date": "2026-03-01"}
    return a_repost(**said | fields)


def clear(desk, articles, publisher="某报", **answers):
    data = SAID | {"publisher": publisher, "article": [row.pk for row in articles]} | answers
    return desk.post(PAGE, data, follow=True)


def rights_of(*articles):
    by_key = dict(Article.objects.values_list("pk", "rights"))
    return [by_key[article.pk] for article in articles]


def test_media_stand_by_their_number_of_unclear_articles(desk):
    for publisher in ("某报", "某报", "晨报"):
        a_repost(publisher)
    a_repost("", publish_at=None)
    an_article(rights="authorised", publisher="已清的")
    page = html.fromstring(desk.get(PAGE).content.decode())
    rows = [[words_of(cell) for cell in row] for row in page.xpath("//tbody/tr")]
    assert rows == [
        ["某报", "2 篇", "2024-03-01"],
        ["（没写来源）", "1 篇", "未发布"],
        ["晨报", "1 篇", "2024-03-01"],
    ]


def words_of(node):
    return " ".join(node.text_content().split())


def test_ticked_articles_are_cleared_each_with_its_act(desk):
    one, two, left = (a_repost() for _ in range(3))
    stood = one.updated_at
    told = messages_of(clear(desk, [one, two]))
    assert told == ["已确认权利 2 条。"]
    assert rights_of(one, two, left) == ["public", "public", "unverified"]
    acts = Act.objects.filter(verb="clear_rights").order_by("object_id")
    assert [act.object_id for act in acts] == sorted([str(one.pk), str(two.pk)])
    assert acts[0].reason == "版权部邮件"
    assert acts[0].after == {"rights": "公开信息", "rights_basis": "政府网站公开信息"}
    one.refresh_from_db()
    assert one.updated_at == stood


def test_all_of_a_medium_are_cleared_and_no_other(desk, monkeypatch):
    monkeypatch.setattr(desk_rights, "MOST", 3)
    ours, other = [a_repost() for _ in range(4)], a_repost("晨报")
    told = messages_of(clear(desk, [], all="1"))
    assert told == ["一次最多 3 篇，后面的还在列表里：再做一次。", "已确认权利 3 条。"]
    clear(desk, [], all="1")
    assert rights_of(*ours, other) == ["public"] * 4 + ["unverified"]


def test_a_draft_over_the_live_text_is_cleared_with_it(desk, editor):
    article = a_repost()
    said = contents.of(article) | {"title": "草稿题"}
    drafting.save(article, said, editor, version=article.version)
    own = a_repost(publish_at=None)
    clear(desk, [article, own])
    article.refresh_from_db()
    assert (article.rights, article.draft.content["rights"]) == ("public", "public")
    assert article.draft.content["title"] == "草稿题"
    assert rights_of(own) == ["public"]


def test_what_the_law_wants_printed_is_asked_for_by_name(desk):
    ready = whole(title="都写了")
    bare, drafted = a_repost(title="没写全"), a_repost(title="草稿", publish_at=None)
    told = messages_of(clear(desk, [ready, bare, drafted], **PERMITTED))
    wanted = (
        "授权转载要写原标题。授权转载要写原作者；原文没有署名就写“未署名”。授权转载要写原文日期。"
    )
    assert told == [f"“没写全”没有确认权利：{wanted}", "已确认权利 2 条。"]
    assert rights_of(ready, bare, drafted) == ["authorised", "unverified", "authorised"]


def test_words_for_what_is_empty_can_be_given_for_all(desk):
    article = a_repost(title="本站标题", source_date="2026-03-01")
    signed = whole(writer="某人")
    clear(desk, [article, signed], **PERMITTED, unsigned="on", same_title="on")
    article.refresh_from_db()
    signed.refresh_from_db()
    assert (article.rights, article.writer, article.original_title) == (
        "authorised", "未署名", "本站标题",
    )  # fmt: skip
    assert (signed.writer, signed.original_title) == ("某人", "原题")


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"basis": ""}, "请写依据。"),
        ({"said_by": " "}, "请写是谁说的。"),
        ({"rights": ""}, "请选是授权转载还是公开信息。"),
        ({"rights": "original"}, ""),
        ({"basis": "长" * 301}, ""),
        ({"article": []}, "请勾选文章，或选“这个来源的全部”。"),
        ({"article": ["x", "-1"]}, "请勾选文章，或选“这个来源的全部”。"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_cleared(desk, answers, told):
    article = a_repost()
    page = clear(desk, [article], **answers)
    assert "还没有改动任何文章" in words(page)
    assert told in words(page)
    assert (rights_of(article), Act.objects.count()) == (["unverified"], 0)


def test_articles_of_another_medium_or_already_cleared_are_left(desk):
    other, clear_one = a_repost("晨报"), an_article(rights="authorised", publisher="某报")
    a_repost()
    clear(desk, [other, clear_one])
    assert rights_of(other, clear_one) == ["unverified", "authorised"]
    assert Act.objects.count() == 0


def test_a_medium_is_read_by_key(desk, monkeypatch):
    monkeypatch.setattr(desk_rights, "AT_ONCE", 2)
    titles = [a_repost(title=f"第{n}篇").title for n in range(5)]
    seen, url = [], f"{PAGE}?publisher=某报"
    while url:
        page = html.fromstring(desk.get(url).content.decode())
        seen += [words_of(one) for one in page.xpath("//input[@name='article']/..")]
        more = page.xpath("//a[text()='更早的']/@href")
        url = f"{PAGE}{more[0]}" if more else ""
    assert seen == titles[::-1]


@pytest.mark.parametrize("query", ["?publisher=没有", "?publisher=", "?publisher=某报&before=x"])
def test_a_medium_nobody_has_is_answered(desk, query):
    a_repost("晨报")
    assert "没有权利待核实的文章" in words(desk.get(PAGE + query))


@pytest.mark.parametrize("role", ["作者", "园区经理", "招商专员", "招商主管"])
def test_only_who_publishes_clears(role):
    article = a_repost()
    desk = desk_of(a_person(role=role))
    assert desk.get(PAGE).status_code == 403
    assert clear(desk, [article]).status_code == 403
    assert rights_of(article) == ["unverified"]


def test_search_engines_get_it_only_after(desk, client):
    article = a_repost()
    page = f"/articles/{article.pk}/"

    def told():
        sitemap = client.get(f"/sitemap-articles-{article.pk // 10_000}.xml").content.decode()
        return 'name="robots" content="noindex"' in client.get(page).content.decode(), (
            f"{page}</loc>" in sitemap
        )

    assert told() == (True, False)
    clear(desk, [article])
    assert told() == (False, True)


def test_the_page_prints_source_author_date_and_the_basis(desk, client):
    article = whole(
        title="本站标题",
        source_url="https://example.cn/a",
        publish_at=LONG_AGO,
        source_date="2024-02",
    )
    clear(desk, [article], **PERMITTED)
    page = html.fromstring(client.get(f"/articles/{article.pk}/").content.decode())
    facts = [words_of(item) for item in page.xpath("//ul[@class='facts-line']/li")]
    assert facts[2:] == [
        f"分类 {article.category.name_zh}", "来源 某报", "原文日期 2024年2月", "撰稿 原作者",
    ]  # fmt: skip
    assert page.xpath("//ul[@class='facts-line']//a[@rel]/@href") == ["https://example.cn/a"]
    assert words_of(page.xpath("//p[@class='original-title']")[0]) == "原标题：原题"
    assert "授权依据：2026-03-02 邮件同意。" in words_of(
        page.xpath("//section[@class='rights']")[0]
    )


def test_a_text_of_our_own_prints_no_date_of_a_source(client):
    article = an_article(source_date="2024-02", rights_basis="不该印")
    page = words(client.get(f"/articles/{article.pk}/"))
    assert "原文日期" not in page
    assert "不该印" not in page
