"""The form of an article that goes into a WeChat public account."""

import re
from io import BytesIO

import pytest
from desk_forms import at_the_desk, words
from django.urls import reverse
from factories import a_person, an_article, image_bytes
from lxml import html

from articles import content as contents
from articles import drafting, wechat
from articles.models import Article
from parkcms.library.models import Picture

pytestmark = pytest.mark.django_db
ORIGIN = "https://parks.example.cn"
KEPT = {
    "section", "p", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "table", "tbody", "tr", "td",
    "th", "img", "strong", "em", "sub", "sup", "br", "hr",
}  # fmt: skip


@pytest.fixture(autouse=True)
def origin(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.PARKCMS_ORIGIN = ORIGIN


@pytest.fixture
def editor(client):
    return at_the_desk(client, a_person(role="编辑"))


def a_factory_picture(**fields):
    return Picture.objects.add(BytesIO(image_bytes(1600, 900)), alt_zh="厂房", **fields)


def copied(article):
    return wechat.copied(article, contents.of(article))


def tree_of(article):
    return html.fragment_fromstring(copied(article).html)


def whole_article(**fields):
    row = a_factory_picture(credit="摄影：陈测试", is_rendering=True)
    body = (
        "<h2>项目概况</h2><p>二期<strong>351亩</strong>，<em>明年</em>交付。</p>"
        "<ul><li><p>氢能</p></li></ul><ol start=3><li>第三</li></ol>"
        f'<figure><img src="{row.url("card", "webp")}" alt="开工"><figcaption>现场</figcaption>'
        "</figure>"
        "<table><tr><th colspan=2>楼栋</th></tr><tr><td>1</td><td>2</td></tr></table>"
        "<blockquote><p>欢迎</p></blockquote><hr>"
        "<p><a href=https://example.com/a>通知</a>、<a href=/parks/x/>园区</a>、"
        "<a href=tel:4000000000>400-000-0000</a></p>"
    )
    return an_article(body=body, **fields), row


def test_every_element_carries_its_own_style_and_nothing_else():
    article, _row = whole_article()
    for element in tree_of(article).iter():
        assert element.tag in KEPT
        extra = {"img": {"src", "alt"}, "th": {"colspan"}, "ol": {"start"}}.get(element.tag, set())
        assert set(element.attrib) <= {"style"} | extra
        if element.tag not in {"br", "tbody", "tr", "sub", "sup"}:
            assert element.get("style")


def test_a_picture_is_the_jpeg_by_its_whole_address_with_caption_and_credit():
    article, row = whole_article()
    image = tree_of(article).find(".//img")
    assert (image.get("src"), image.get("alt")) == (f"{ORIGIN}{row.url('wide', 'jpg')}", "开工")
    assert image.get("src").endswith("-wide.jpg")
    assert image.getnext().text == "现场　效果图　摄影：陈测试"


def test_a_link_is_its_address_in_words():
    article, _row = whole_article()
    line = tree_of(article).xpath(".//p[contains(., '通知')]")[0]
    assert line.text_content() == (
        f"通知（https://example.com/a）、园区（{ORIGIN}/parks/x/）、400-000-0000"
    )


def test_where_it_is_from_stands_below():
    article, _row = whole_article(
        publisher="某报", writer="陈测试", original_title="《原题》<b>", rights="public"
    )
    below = tree_of(article).xpath("./section[last()]")[0]
    assert html.tostring(below, encoding="unicode").count("<br>") == 3
    assert below.text_content() == (
        f"来源：某报作者：陈测试原标题：《原题》<b>原文：{ORIGIN}/articles/{article.pk}/"
    )


def test_what_nobody_can_read_yet_has_no_address():
    article, _row = whole_article(publish_at=None)
    assert "原文：" not in copied(article).html


def test_title_and_summary_fit_their_fields():
    long = an_article(title="题" * 70, summary_zh="摘" * 130)
    assert copied(long).title == "题" * 64
    assert copied(long).summary == "摘" * 119 + "…"
    assert copied(long).remarks == ("标题超过 64 字，已截到 64 字。",)
    short = an_article(title="题", body="<h2>节</h2><p>甲。</p><p>乙。</p><ul><li>丙</li></ul>")
    assert (copied(short).title, copied(short).summary) == ("题", "甲。 乙。")


def test_a_picture_that_is_gone_or_was_never_there_is_left_out():
    gone = "/media/pictures/ab/" + "0" * 30 + "-wide.jpg"
    flag = '<p><a href="https://img.example.com/a.jpg">【外部图片未收录：img.example.com】</a></p>'
    article = an_article(body=f'<p>甲</p><figure><img src="{gone}"></figure>{flag}<p>乙</p>')
    assert tree_of(article).text_content() == f"甲乙原文：{ORIGIN}/articles/{article.pk}/"
    assert copied(article).remarks == ("1 张图没有收进来（img.example.com），这里也没有。",)


def test_without_https_the_pictures_are_said_to_be_missing(settings):
    article, _row = whole_article()
    assert copied(article).remarks == ()
    settings.PARKCMS_ORIGIN = "http://127.0.0.1:8000"
    assert copied(article).remarks[0].startswith("本站地址不是 https")


def test_the_page_holds_the_text_as_text_and_its_policy_allows_no_style_in_it(editor):
    article, _row = whole_article()
    answer = editor.get(reverse("admin:articles_article_wechat", args=[article.pk]))
    tree = html.fromstring(answer.content.decode())
    assert tree.get_element_by_id("wechat-text").text == copied(article).html
    assert tree.xpath("//*[@style]") == []
    assert "unsafe-inline" not in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]
    assert "还没有核实" not in words(answer)


def test_the_frame_is_the_text_alone_and_only_our_own_page_frames_it(editor):
    article, row = whole_article()
    answer = editor.get(reverse("admin:articles_article_wechat_view", args=[article.pk]))
    policy = dict(
        part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";")
    )
    assert policy["style-src"] == "'unsafe-inline'"
    assert policy["frame-ancestors"] == "'self'"
    assert policy["default-src"] == "'none'"
    assert "script-src" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert f'src="{row.url("wide", "jpg")}"' in answer.content.decode()


def test_what_was_saved_is_copied_and_a_draft_says_so(editor):
    article = an_article(body="<p>旧</p>")
    page = reverse("admin:articles_article_wechat", args=[article.pk])
    assert "保存过的草稿" not in words(editor.get(page))
    said = contents.of(article) | {"body": "<p>新</p>", "title": "新题"}
    drafting.save(article, said, None, version=article.version)
    answer = editor.get(page)
    assert "保存过的草稿" in words(answer)
    assert (answer.context["copied"].title, article.publish_at is None) == ("新题", False)
    assert re.search(r"<p [^>]*>新</p>", answer.context["copied"].html)


@pytest.mark.parametrize("rights", ["", "unverified"])
def test_rights_nobody_verified_are_warned_of(editor, rights):
    article = an_article(rights=rights, publish_at=None)
    answer = editor.get(reverse("admin:articles_article_wechat", args=[article.pk]))
    tree = html.fromstring(answer.content.decode())
    assert "权利还没有核实" in words(answer)
    assert tree.xpath("//button[@data-copies='wechat-text']/@data-warns") == [
        "权利还没有核实，请先核实再发。"
    ]


def test_others_articles_are_not_there_for_an_author(client):
    article = an_article()
    at_the_desk(client, a_person(role="作者"))
    for name in ("wechat", "wechat_view"):
        page = reverse(f"admin:articles_article_{name}", args=[article.pk])
        assert client.get(page).status_code == 404
        assert client.post(page).status_code == 405
    assert Article.objects.count() == 1
