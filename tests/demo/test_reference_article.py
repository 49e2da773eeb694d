"""The page this site replaces: everything it showed is there under its old id, and better."""

import re

import pytest
from demo_content import LOADED_AT
from django.urls import reverse
from lxml import html
from reading import every, one, parse, words

from articles import markup
from articles.models import Article

pytestmark = pytest.mark.django_db


@pytest.fixture
def article(demo, db):
    return Article.objects.get(pk=3661)


@pytest.fixture
def page(demo, client):
    return parse(client.get("/articles/3661/"))


def test_it_stands_under_its_old_id_and_is_known_by_its_old_site(article):
    assert (article.legacy_site, article.legacy_id, article.legacy_views) == (
        "280380.com",
        "3661",
        65,
    )
    assert article.get_absolute_url() == "/articles/3661/"


def test_its_dates_are_told_apart(article):
    assert article.event_date == "2021-H1"
    assert article.source_date == "2021-H1"
    assert article.posted_stamp == "09-21"
    assert article.publish_at == LOADED_AT
    assert article.expire_at is None
    assert article.pinned_until is None


def test_its_credits_are_fields_and_no_words_of_the_body(article):
    assert article.credits == [("撰稿", "涂军"), ("摄影", "张洋"), ("编辑", "杨玉洁")]
    assert article.byline == ""
    for name in ("涂军", "张洋", "杨玉洁", "撰稿", "摄影"):
        assert name not in article.body


def test_its_source_and_rights_are_named(article):
    assert article.title == "温州（嘉定）科创园二期今在嘉定新城开工"
    assert article.publisher == "上海市嘉定区融媒体中心"
    assert article.source_url == "http://www.280380.com/index.php/post/3661.html"
    assert article.rights == Article.Rights.UNVERIFIED
    assert article.kind == Article.Kind.NEWS
    assert article.is_excerpt is False
    assert not article.is_indexable
    assert article.category.name_zh == "上海厂房招商"
    assert "嘉定产业园" in article.tags.names()


def test_its_text_is_whole_in_seven_paragraphs_without_indents(article):
    paragraphs = html.fragments_fromstring(article.body)
    assert [p.tag for p in paragraphs] == ["p"] * 7
    texts = [p.text_content() for p in paragraphs]
    assert texts == [text.strip() for text in texts]
    assert texts[0].startswith("今天下午，温州与嘉定合作的第五个“科创飞地”——")
    assert texts[-1].endswith("考察嘉定汽车“新四化”产业有关情况。")
    assert markup.clean(article.body) == article.body


def test_five_superlatives_in_the_quoted_speech_are_themselves_again(article):
    assert "蕞" not in article.body
    assert article.body.count("最") == 5
    for restored in ("最鲜明标识", "最坚实基础", "最强劲动力", "最根本目标", "最内核支撑"):
        assert article.body.count(restored) == 1
    assert "“最”" in article.correction


def test_no_half_width_mark_stands_between_han_characters(article):
    texts = (article.title, article.summary_zh, article.correction, markup.plain(article.body))
    for text in texts:
        assert not re.search(r"[\u4e00-\u9fff“”][,;:?!()]|[,;:?!()][\u4e00-\u9fff]", text)
    assert "温州（嘉定）科技创新园" in article.body
    assert "温州-嘉定" in article.body  # not a mark between clauses: kept as it was


@pytest.mark.parametrize(
    "furniture",
    ["版权所有", "网站地图", "主管主办", "联系方式", "长按", "扫一扫", "请说明您的需求", "微信",
     "如需转载", "分享给朋友", "相关文章", "当前位置"],
)  # fmt: skip
def test_no_furniture_of_other_sites_is_left_in_the_text(article, furniture):
    assert furniture not in article.body


def test_it_mentions_both_parks_and_cites_five_figures(article):
    assert [m.park.slug for m in article.mentions.all()] == [
        "wenzhou-science-park",
        "hydrogen-port",
    ]
    cited = {
        c.quote: (c.figure.metric, c.figure.phase and c.figure.phase.ordinal, str(c.figure.shown))
        for c in article.citations.all()
    }
    assert cited == {
        "入驻企业29家": ("tenants", None, "29 家"),
        "入驻率达到79.5%": ("occupancy", None, "79.5%"),
        "建立企业研发中心23个": ("rd_centres", None, "23 个"),
        "预计总投资9.5亿元": ("investment", 2, "9.5亿元"),
        "总建筑面积9.2万平方米": ("gfa", 2, "92,000 ㎡"),
    }
    assert not article.citations.filter(is_lost=True).exists()


# --- the page, element by element (what the old page had, and the title says where it is now) ---


def test_the_trail_leads_home_through_category_and_park_to_the_title(page):
    steps = [(words(step), step.get("href")) for step in every(page, ".trail li > *")]
    assert steps == [
        ("首页", "/"),
        ("上海厂房招商", "/articles/category/shanghai-factories/"),
        ("温州（嘉定）科技创新园", "/parks/wenzhou-science-park/"),
        ("温州（嘉定）科创园二期今在嘉定新城开工", None),
    ]


def test_the_heading_is_the_title_and_the_only_one(page):
    assert words(one(page, "h1")) == "温州（嘉定）科创园二期今在嘉定新城开工"


def test_the_facts_line_tells_dates_source_credits_category_and_old_reads(page):
    facts = [words(item) for item in every(page, ".facts-line li")]
    assert facts == [
        "事件 2021年上半年",
        "本站收录 2026-11-20 09:30",
        "分类 上海厂房招商",
        "来源 上海市嘉定区融媒体中心",
        "原文日期 2021年上半年",
        "撰稿 涂军",
        "摄影 张洋",
        "编辑 杨玉洁",
        "原站阅读 65",
    ]


def test_the_time_is_machine_readable_with_its_zone(page):
    assert [t.get("datetime") for t in every(page, ".facts-line time")] == [
        "2026-11-20T09:30:00+08:00"
    ]


def test_no_login_name_and_no_relative_date_is_shown(page):
    head = words(one(page, ".article-head"))
    assert "admin" not in head
    assert "前" not in head
    assert "editor" not in head


def test_the_stamp_without_a_year_is_told_as_what_it_is(page):
    note = words(one(page, ".editorial"))
    assert "“09-21”，没有年份，不作日期用" in note


def test_rights_are_stated_with_a_way_to_object(page):
    assert words(one(page, ".labels")) == "新闻 转载，权利待核实"
    rights = one(page, ".rights")
    assert "权利归原作者和来源媒体" in words(rights)
    assert [a.get("href") for a in every(rights, "a")] == [
        f"{reverse('report')}?about=/articles/3661/",
        reverse("reprint"),
        "/articles/3661/",
    ]


def test_it_asks_not_to_be_indexed_and_has_no_english_side(page):
    assert one(page, "meta[name=robots]").get("content") == "noindex"
    assert every(page, "link[hreflang]") == []
    assert one(page, "link[rel=canonical]").get("href").endswith("/articles/3661/")


def test_the_permanent_address_is_shown_whole_and_as_a_code(page, settings):
    address = settings.PARKCMS_ORIGIN + "/articles/3661/"
    assert words(one(page, ".rights a.address")) == address
    code = one(page, "#page-code svg")
    assert code.get("role") == "img"
    assert words(one(page, "#page-code")) != ""


def test_it_can_be_shared_without_a_script(page):
    links = {words(a): a.get("href") for a in every(page, ".share-links a")}
    assert list(links) == ["微信", "微博", "QQ", "QQ 空间"]
    assert links["微信"] == "#page-code"
    for name in ("微博", "QQ", "QQ 空间"):
        assert links[name].startswith("https://")
        assert "articles%2F3661%2F" in links[name]
    # Buttons that need a script are hidden until it shows them.
    assert [b.getparent().get("hidden") for b in every(page, ".share-links button")] == ["", ""]


def test_tags_lead_to_their_lists(page):
    tags = {words(a): a.get("href") for a in every(page, ".tags a")}
    assert tags == {
        "嘉定产业园": "/articles/tag/jia-ding-chan-ye-yuan/",
        "科创飞地": "/articles/tag/ke-chuang-fei-di/",
    }


def test_eight_related_articles_stand_below_the_nearest_first(page, article):
    ours = Article.objects.get(rights=Article.Rights.ORIGINAL)
    related = every(page, ".related-list li")
    # The hydrogen port's listing shares park and tag, ours shares a park, the others a tag.
    ids = [8, ours.pk, 7, 6, 5, 4, 3, 2]
    assert [every(item, "h3 a")[0].get("href") for item in related] == [
        f"/articles/{n}/" for n in ids
    ]
    for item in related:
        assert one(item, "img").get("src")
        assert "..." not in words(item)  # no opening is cut within a sentence by three dots


def test_supporting_sentences_lead_to_the_parks_figures(page, client):
    marks = every(page, ".prose.body a.cite")
    assert [words(a) for a in marks] == [
        "入驻企业29家",
        "入驻率达到79.5%",
        "建立企业研发中心23个",
        "预计总投资9.5亿元",
        "总建筑面积9.2万平方米",
    ]
    park = parse(client.get("/parks/wenzhou-science-park/"))
    for mark in marks:
        path, _, anchor = mark.get("href").partition("#")
        assert path == "/parks/wenzhou-science-park/"
        assert len(park.xpath("//*[@id=$anchor]", anchor=anchor)) == 1


def test_figures_beside_the_text_lead_back_to_their_sentences(page):
    ids = {a.get("id") for a in every(page, ".prose.body a.cite")}
    back = [a.get("href")[1:] for a in every(page, ".mentioned .source-mark[href^=#]")]
    assert len(back) == 5
    assert set(back) == ids


def test_a_newer_statement_stands_beside_the_articles_own(page):
    park = every(page, ".mentioned-park")[0]
    rows = {words(every(row, "dt")[0]): words(row) for row in every(park, "dl > div")}
    assert "29 家" in rows["入驻企业"]
    assert "2024年6月：30 家" in rows["入驻企业"]


def test_whom_to_ask_stands_beside_the_text_and_says_it_is_a_sample(page):
    panel = one(page, "aside .service")
    assert "招商服务" in words(panel)
    assert "示例联系人" in words(panel)
    assert one(panel, ".badge.sample").text == "示例"
    assert panel.xpath("ancestor::article") == []


def test_it_has_the_neighbours_of_its_category(page):
    beside = {words(every(a, "span")[0]): a.get("href") for a in every(page, ".beside a")}
    assert beside == {"下一篇": "/articles/8/"}
