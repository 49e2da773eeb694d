"""What stays of a text written as HTML, whoever wrote it."""

import re
from html.parser import HTMLParser

import pytest
from factories import a_category, an_article
from hypothesis import given
from hypothesis import strategies as st

from articles import markup
from articles.models import Article
from parkcms.models import OwnersText

# Said here once more, so that a change of the allow-list has to be meant.
ALLOWED = {
    "a": {"href", "rel"},
    "blockquote": set(),
    "br": set(),
    "em": set(),
    "figcaption": set(),
    "figure": set(),
    "h2": set(),
    "h3": set(),
    "h4": set(),
    "hr": set(),
    "img": {"alt", "data-file", "height", "src", "width"},
    "li": set(),
    "ol": {"data-type", "start", "type"},
    "p": set(),
    "strong": set(),
    "sub": set(),
    "sup": set(),
    "table": set(),
    "tbody": set(),
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "thead": set(),
    "tr": set(),
    "ul": set(),
}
EVERYWHERE = {"lang", "title"}
LINK = r"(?i:https?://|mailto:|tel:)|/(en/)?(articles|parks|spaces|media/documents)/|/(en/)?$"


class Elements(HTMLParser):
    """Every start tag with its attributes, and whatever is neither tag nor text."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.odd = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_comment(self, data):
        self.odd.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def check_allowed(text):
    found = Elements(text)
    assert found.odd == []
    for tag, attributes in found.tags:
        assert tag in ALLOWED
        assert set(attributes) <= ALLOWED[tag] | EVERYWHERE, (tag, attributes)
        if tag == "img":
            assert attributes["src"].startswith("/media/")
            assert ".." not in attributes["src"]
        if href := attributes.get("href"):
            assert re.match(LINK, href), href
            assert not re.match(r"https?://[/\\]|/[/\\]", href), href


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        # scripts, styles and everything active go with what is in them
        ("<p>甲</p><script>alert(1)</script>", "<p>甲</p>"),
        ("<style>p{color:red}</style><p>甲</p>", "<p>甲</p>"),
        ("<p onclick=alert(1) style='color:red' class=x id=y>甲</p>", "<p>甲</p>"),
        ("<iframe src='https://evil.example/'></iframe><p>甲</p>", "<p>甲</p>"),
        ("<object data=x><embed src=y></object><p>甲</p>", "<p>甲</p>"),
        ("<form action=/x><input name=a><button>送</button></form>", "送"),
        ("<base href='https://evil.example/'><meta http-equiv=refresh content=0><p>甲</p>",
         "<p>甲</p>"),
        ("<!-- 注 --><p>甲<!--[if IE]>乙<![endif]--></p>", "<p>甲</p>"),
        ("<template><p>藏</p></template><p>甲</p>", "<p>甲</p>"),
        # foreign languages of markup
        ("<svg onload=alert(1)><a href='javascript:alert(1)'>x</a></svg>", ""),
        ("<svg><p><style><!--</style><img src=x onerror=alert(1)>", ""),
        ("<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>", ""),
        ("<math><annotation-xml encoding='text/html'><p>x</p></annotation-xml></math>", ""),
        # addresses
        ("<a href='javascript:alert(1)'>甲</a>", "<a>甲</a>"),
        ("<a href=' java\nscript:alert(1)'>甲</a>", "<a>甲</a>"),
        ("<a href='&#106;avascript:alert(1)'>甲</a>", "<a>甲</a>"),
        ("<a href='data:text/html,<script>x</script>'>甲</a>", "<a>甲</a>"),
        ("<a href='vbscript:x'>甲</a><a href='file:///etc/passwd'>乙</a>", "<a>甲</a><a>乙</a>"),
        ("<a href='https://example.com/?a=1&amp;b=2' target=_blank>甲</a>",
         '<a href="https://example.com/?a=1&amp;b=2">甲</a>'),
        ("<a href='tel:4000000000'>电话</a><a href='mailto:a@example.com'>信</a>",
         '<a href="tel:4000000000">电话</a><a href="mailto:a@example.com">信</a>'),
        ("<a href='/parks/hydrogen-port/#sources'>园区</a>",
         '<a href="/parks/hydrogen-port/#sources">园区</a>'),
        ("<a href=/articles/12/>甲</a><a href=/en/spaces/?area=800>乙</a><a href=/>首页</a>",
         '<a href="/articles/12/">甲</a><a href="/en/spaces/?area=800">乙</a><a href="/">首页</a>'),
        ("<a href=/media/documents/ab/cd.pdf>手册</a><a href=/report/>反馈</a>",
         '<a href="/media/documents/ab/cd.pdf">手册</a><a href="/report/">反馈</a>'),
        ("<a href=//evil.example/>甲</a><a href='/\\evil.example'>乙</a><a href='///evil'>丙</a>",
         "<a>甲</a><a>乙</a><a>丙</a>"),
        ("<a href=https:evil>甲</a><a href='http:/\\evil'>乙</a><a href='https:///evil'>丙</a>",
         "<a>甲</a><a>乙</a><a>丙</a>"),
        ("<a href=/admin/logout/>甲</a><a href=/articles/../admin/>乙</a><a href=#x>丙</a>",
         "<a>甲</a><a>乙</a><a>丙</a>"),
        ("<a href=articles/1/>甲</a><a href=/media/pictures/a.jpg>乙</a><a href=?x>丙</a>",
         "<a>甲</a><a>乙</a><a>丙</a>"),
        # pictures: our own only
        ("<p>甲<img src='https://evil.example/x.png'></p>", "<p>甲</p>"),
        ("<p>甲<img src='//evil.example/x.png'></p>", "<p>甲</p>"),
        ("<p>甲<img src='data:image/png;base64,AAAA'></p>", "<p>甲</p>"),
        ("<p>甲<img src='/media/../admin/'></p>", "<p>甲</p>"),
        ("<p>甲<img src='/static/img/mark.svg'></p>", "<p>甲</p>"),
        ("<p>甲<img alt=' src=/media/a.jpg'></p>", "<p>甲</p>"),
        ("<img src='/media/pictures/ab/c.jpg' alt='厂房' srcset='//evil.example/a 1x' onerror=x>",
         '<img src="/media/pictures/ab/c.jpg" alt="厂房">'),
        ("<p><img src='https://evil.example/x.png'></p>", ""),
        # what other sites and word processors leave behind
        ("<p><b>重</b><i>强</i></p>", "<p><strong>重</strong><em>强</em></p>"),
        ("<p><B class=x>重</B></p>", "<p><strong>重</strong></p>"),
        ("<p><br>甲</p>", "<p><br>甲</p>"),
        ("<p>\u3000\u3000甲</p>", "<p>甲</p>"),
        ("<p>&nbsp;&nbsp;甲&nbsp;乙</p>", "<p>甲&nbsp;乙</p>"),
        ("<p><span>\u3000\u3000甲</span></p>", "<p>甲</p>"),
        ("<h2></h2><figure><figcaption> </figcaption></figure><p>甲</p>", "<p>甲</p>"),
        ("<p>甲&#8;\x1f乙</p>", "<p>甲乙</p>"),
        ("<p>甲</p><p>&nbsp;</p><p><br></p><p>\u3000</p><p></p>", "<p>甲</p>"),
        ("<ul><li><p></p>\u3000甲</li></ul>", "<ul><li>甲</li></ul>"),
        ("<div><font color=red>甲</font></div>", "甲"),
        ("<h1>题</h1><h2>节</h2>", "题<h2>节</h2>"),
        ("<table><tr><td colspan=2>甲</td></tr></table>",
         '<table><tbody><tr><td colspan="2">甲</td></tr></tbody></table>'),
        # text that only looks like markup
        ("<p>3 &lt; 5 &amp; 7 &gt; 6</p>", "<p>3 &lt; 5 &amp; 7 &gt; 6</p>"),
        ("<p>a < b</p>", "<p>a &lt; b</p>"),
        ("<p>甲\x00乙</p>", "<p>甲乙</p>"),
        ("", ""),
        (" \n ", ""),
    ],
)  # fmt: skip
def test_what_stays(written, kept):
    assert markup.clean(written) == kept


ATTRIBUTES = st.sampled_from(
    [
        "", " class=x", " style='position:fixed'", " onclick='alert(1)'", " href='/parks/'",
        " href=//evil.example/", " href='/\\evil.example'", " href=/articles/12/", " href=https:x",
        " href=javascript:alert(1)", " href=' data:text/html,x'", " src=/media/pictures/a.jpg",
        " src=https://evil.example/x", " src=/media/../x", " alt='a > b \" src=x'", " title='<b>'",
        " colspan=2", " start=3 type=a", " xlink:href=javascript:x", " id=main", " rel=opener",
    ]
)  # fmt: skip
NAMES = st.sampled_from(
    [
        *ALLOWED, "script", "style", "svg", "math", "mtext", "mglyph", "foreignObject", "title",
        "textarea", "noscript", "iframe", "div", "span", "b", "i", "B", "I", "h1", "template",
        "select", "option", "form", "input", "frameset", "plaintext", "xmp", "noembed", "base",
    ]
)  # fmt: skip
PIECES = st.one_of(
    st.builds("<{}{}>".format, NAMES, ATTRIBUTES),
    st.builds("</{}>".format, NAMES),
    st.text("甲乙，。 \u3000\u00a0\n<>&\"'=/!-", max_size=8),
    st.sampled_from(
        ["<!--", "-->", "<![CDATA[", "]]>", "<?php", "&nbsp;", "&#12288;", "&lt;script&gt;", "<p"]
    ),
)
TEXTS = st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=60)


@given(TEXTS)
def test_only_what_is_allowed_stays_whatever_comes(text):
    check_allowed(markup.clean(text))


@given(TEXTS)
def test_cleaning_twice_changes_nothing_more(text):
    once = markup.clean(text)
    assert markup.clean(once) == once


@given(TEXTS)
def test_no_paragraph_is_empty_or_begins_with_a_space(text):
    assert not re.search(r"<p>(\s|&nbsp;)", markup.clean(text))
    assert "<p></p>" not in markup.clean(text)


@given(st.lists(st.text("甲乙丙，。a1 <>&", min_size=1).filter(str.strip), min_size=1, max_size=5))
def test_no_word_of_a_plain_text_is_lost(paragraphs):
    def escaped(text):
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    body = markup.clean("".join(f"<p>{escaped(one)}</p>" for one in paragraphs))
    assert markup.plain(body).split("\n") == [one.strip() for one in paragraphs]


def test_plain_text_has_a_line_for_each_block():
    body = "<h2>一</h2><p>二<br>三</p><ul><li>四</li><li><strong>五</strong>六</li></ul>"
    table = "<table><tbody><tr><td>七</td><td>八</td></tr></tbody></table>"
    assert markup.plain(body + table) == "一\n二\n三\n四\n五六\n七八"


def test_no_depth_takes_the_words_or_the_time():
    for name in ("div", "div/", "b", "blockquote", "ul><li", "table><tr><td", 'div a="<"'):
        assert "甲" in markup.clean(f"<{'><'.join([name] * 20_000)}>甲")


def test_a_drawing_of_many_parts_leaves_what_follows_as_it_was():
    drawing = f"<svg>{'<path d=x/>' * 200}</svg>"
    assert markup.clean(f"{drawing}<ul><li><p>甲</p></li></ul>") == "<ul><li><p>甲</p></li></ul>"


@pytest.mark.django_db
def test_an_article_is_cleaned_however_it_is_saved():
    article = an_article(body="<p onclick=x>甲</p><script>y</script>")
    assert Article.objects.get(pk=article.pk).body == "<p>甲</p>"
    article.body = "<p><img src=https://evil.example/x>乙</p>"
    article.save()
    assert Article.objects.get(pk=article.pk).body == "<p>乙</p>"
    made = Article.objects.create(title="丙", body="<b>丙</b>", category=a_category())
    assert Article.objects.get(pk=made.pk).body == "<strong>丙</strong>"


@pytest.mark.django_db
def test_an_owners_page_is_cleaned_too():
    text = OwnersText.objects.create(
        key="about", title_zh="甲", title_en="A", body_zh="<script>x</script>甲", body_en="<i>a</i>"
    )
    text.refresh_from_db()
    assert (text.body_zh, text.body_en) == ("甲", "<em>a</em>")
