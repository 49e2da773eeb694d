"""Text from Word, WPS, Excel, WeChat and web pages, as the server tidies it, and its pictures."""

import base64
import re
from io import BytesIO
from pathlib import Path

import pytest
from desk_forms import at_the_desk, errors, filled, messages_of, page_of, send
from django.urls import reverse
from factories import a_category, a_person, an_article, image_bytes
from hypothesis import given
from hypothesis import strategies as st
from test_cleaning_markup import TEXTS, check_allowed

from articles import content as contents
from articles import drafting, importing, markup, pasting
from articles.importing import Incoming
from articles.models import Article, Revision
from parkcms.ledger.models import Act
from parkcms.library.models import Picture
from parkcms.outbox import door

PASTED = Path(__file__).with_name("pasted")
SOURCES = sorted(path.stem for path in PASTED.glob("*.html") if ".clean" not in path.name)
FLAG = '<p><a href="https://img.example.com/a.jpg">【外部图片未收录：img.example.com】</a></p>'
DEEP = "style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'"
FLAT = DEEP.replace("level2", "level1")
TABLE = "<table><tbody><tr>"


def tidied(text):
    return markup.clean(pasting.tidy(text))


# --- what stays of a text -----------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES)
def test_each_program_comes_out_clean(source):
    written = (PASTED / f"{source}.html").read_text("utf-8")
    expected = "".join((PASTED / f"{source}.clean.html").read_text("utf-8").split("\n"))
    assert pasting.is_foreign(written)
    assert tidied(written) == expected


@pytest.mark.parametrize("source", SOURCES)
def test_what_came_out_clean_stays_so(source):
    clean = "".join((PASTED / f"{source}.clean.html").read_text("utf-8").split("\n"))
    assert not pasting.is_foreign(clean)
    assert tidied(clean) == clean


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        # bold by style, and no bold by style
        ("<p>甲<span style='font-weight:600'>乙</span>丙</p>", "<p>甲<strong>乙</strong>丙</p>"),
        ("<b style='font-weight:normal'><p>甲</p></b>", "<p>甲</p>"),
        ("<p><b>甲</b><b><span>乙</span></b></p>", "<p><strong>甲乙</strong></p>"),
        ("<p>m<span style='vertical-align:super'>2</span></p>", "<p>m<sup>2</sup></p>"),
        # headings within 2 to 4
        ("<h1><b>甲</b></h1><h6>乙</h6>", "<h2>甲</h2><h4>乙</h4>"),
        ("<p class=MsoHeading7>甲</p>", "<h4>甲</h4>"),
        ("<h2 style='mso-list:l0 level1'><span style='mso-list:Ignore'>一、</span>背景</h2>",
         "<h2>一、背景</h2>"),
        # lists as Word writes them, deeper and back, numbers after bullets
        (f"<p {DEEP}>o</span>深</p><p {FLAT}>1.</span>浅</p>",
         "<ul><li><p>深</p></li></ul><ol><li><p>浅</p></li></ol>"),
        ("<p>•甲</p><p>·&nbsp;乙</p><p>l 丙</p>",
         "<ul><li><p>甲</p></li><li><p>乙</p></li><li><p>丙</p></li></ul>"),
        ("<p>l love parks</p><p>·甲</p>", "<p>l love parks</p><p>·甲</p>"),
        ("<ul><li>甲</li><ul><li>乙</li></ul></ul>",
         "<ul><li><p>甲</p><ul><li><p>乙</p></li></ul></li></ul>"),
        # line breaks of the source, and those that are meant
        ("<p>园区\n位于 <span>Jia\nding</span></p>", "<p>园区位于 Jia ding</p>"),
        ("<div>甲<br><br>乙<br>丙<br></div>", "<p>甲</p><p>乙<br>丙</p>"),
        ("<p>\u3000\u3000&nbsp;甲\u3000乙 </p>", "<p>甲\u3000乙</p>"),
        # frames that are no tables, tables within tables
        ("<table><tr><td><p>甲</p><p>乙</p></td></tr></table>", "<p>甲</p><p>乙</p>"),
        ("<table><tr><td>甲<table><tr><td>乙</td><td>丙</td></tr></table></td><td>丁</td></tr></table>",
         f"{TABLE}<td><p>甲</p><p>乙</p><p>丙</p></td><td><p>丁</p></td></tr></tbody></table>"),
        ("<table><tr><td colspan=9999999>甲</td><td rowspan=-1>乙</td></tr></table>",
         "<table><tbody><tr><td><p>甲</p></td><td><p>乙</p></td></tr></tbody></table>"),
        # pictures
        ("<p>甲<img src=https://img.example.com/a.jpg>乙</p>", f"<p>甲</p>{FLAG}<p>乙</p>"),
        ("<img width=1 height=1 src=https://img.example.com/count.gif>", ""),
        ("<img src=file:///C:/a.png>", "<p>【图片没有带过来：请另存后拖进来】</p>"),
        ("<p><img src=/media/pictures/ab/c-wide.jpg alt=' 厂 房 '></p>",
         '<figure><img src="/media/pictures/ab/c-wide.jpg" alt="厂 房"></figure>'),
        # nothing at all
        ("\x08&#8;甲\x0b", "<p>甲</p>"),
        ("", ""), ("<p>&nbsp;</p><o:p></o:p>", ""), ("<table></table><ul><li></li></ul>", ""),
    ],
)  # fmt: skip
def test_what_is_meant_is_kept(written, kept):
    assert tidied(written) == kept


@given(TEXTS)
def test_only_what_is_allowed_stays_whatever_is_pasted(text):
    check_allowed(tidied(text))


@given(TEXTS)
def test_tidying_twice_changes_nothing_more(text):
    once = tidied(text)
    assert tidied(once) == once


@given(st.lists(st.text("甲乙丙，。a1<>&", min_size=1), min_size=1, max_size=5))
def test_no_word_is_lost(paragraphs):
    def escaped(text):
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    body = "".join(f"<div style='x'><span>{escaped(one)}</span></div>" for one in paragraphs)
    assert markup.plain(tidied(body)).split("\n") == paragraphs


@pytest.mark.parametrize("name", ["div", "div/", "section", "ul><li", "table><tr><td", "b", "x-y"])
def test_no_depth_takes_the_words_or_the_time(name):
    text = f"<{'><'.join([name] * 20_000)}>甲"
    assert "甲" in tidied(text)
    assert "甲" in markup.clean(text)


# --- pictures in a text that is sent ------------------------------------------------------------


def data_address(data):
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"


@pytest.fixture
def editor(client, settings, tmp_path, db):
    settings.MEDIA_ROOT = tmp_path
    return at_the_desk(client, a_person("editor", "编辑"))


def write(client, body, **more):
    """Fills an empty form and saves a draft."""
    add = page_of(Article, "add")
    form = {"title": "带图的一篇", "category": str(a_category().pk), "rights": "original"}
    return client.post(add, filled(client, add, body=body, **form, **more), follow=True)


def test_a_picture_within_the_text_goes_to_the_library(editor):
    answer = write(editor, f"<p>甲</p><p><img src='{data_address(image_bytes())}' alt='开工'></p>")

    row = Picture.objects.get()
    assert (row.is_pending, row.uploaded_by.username) == (True, "editor")
    assert Article.objects.get().body == (
        f'<p>甲</p><figure><img src="{row.url("wide")}" alt="开工"></figure>'
    )
    assert "1 张图已进图库，发布前要写图上有什么：" in messages_of(answer)[0]
    assert Act.objects.filter(verb="add", object_kind="library.picture").count() == 1


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        (data_address(b"MZ no picture"), "这不是可用的图片"),
        (data_address(image_bytes(8, 8)), "至少要 16×16"),
        ("data:image/png;base64,!!!!", "数据不完整"),
        ("data:image/svg+xml,<svg onload=alert(1)>", "这不是可用的图片"),
        ("data:,", "数据不完整"),
    ],
)
def test_a_bad_picture_is_said_at_the_field_and_nothing_is_kept(editor, address, sentence):
    good = data_address(image_bytes())
    answer = write(editor, f'<p><img src="{good}"><img src="{address}"></p>')

    assert errors(answer) == {"body": ["picture_refused"]}
    assert "正文里第 2 张图：" in answer.content.decode()
    assert sentence in answer.content.decode()
    assert (Article.objects.count(), Picture.objects.count(), Act.objects.count()) == (0, 0, 0)


def test_too_many_pictures_at_once_are_refused(editor):
    answer = write(editor, f"<p><img src='{data_address(image_bytes(16, 16))}'></p>" * 21)
    assert errors(answer) == {"body": ["picture_refused"]}
    assert Picture.objects.count() == 0


def test_another_fields_error_keeps_the_pictures_out(editor):
    body = f"<p><img src='{data_address(image_bytes())}'></p>"
    answer = write(editor, body, expire_at_0="2026-02-30", expire_at_1="10:00")
    assert errors(answer) == {"expire_at": ["invalid"]}
    assert Picture.objects.count() == 0
    assert "data:image/jpeg" in answer.content.decode()  # what was typed is still there


def test_nothing_is_published_with_a_picture_nobody_described(editor):
    body = f"<p>甲<img src='{data_address(image_bytes())}'></p>"
    answer = write(editor, body, _publish="1")
    assert errors(answer) == {"body": ["picture_pending"]}
    assert (Article.objects.count(), Picture.objects.count()) == (0, 0)


def test_a_foreign_picture_is_flagged_and_counted(editor):
    answer = write(editor, "<p>甲<img src=https://img.example.com/a.jpg></p>")
    assert Article.objects.get().body == f"<p>甲</p>{FLAG}"
    assert messages_of(answer)[0] == (
        "1 张图没有收进来（img.example.com），正文里标出来了：请换成图库里的图，或把那一行删掉。"
    )


@pytest.mark.parametrize(
    "body",
    [FLAG, FLAG.replace("】", "】写在后面"), "<p>【外部图片未收录：img.example.com】</p>",
     "<ul><li>【图片没有带过来：请另存后拖进来】</li></ul>"],
)  # fmt: skip
def test_no_flag_is_published(editor, body):
    article = an_article(publish_at=None, body=body)
    answer = send(editor, page_of(article), _publish="1")
    assert errors(answer) == {"body": ["picture_left_out"]}
    article.refresh_from_db()
    assert article.publish_at is None


# --- the other ways in --------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_landed_text_is_tidied_its_pictures_taken_and_the_rest_counted(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    shelf = a_category()
    body = (
        f"<h1 style='x'>题</h1><p><img src='{data_address(image_bytes())}'></p>"
        "<img src='https://img.example.com/a.jpg'><img src='//img.example.com/b.jpg'>"
        "<img src='data:image/png;base64,AAAA'>"
    )
    landed = importing.land(Incoming(title="旧文", category=shelf.slug, body=body))
    row = Picture.objects.get()
    assert landed.article.body == (
        f'<h2>题</h2><figure><img src="{row.url("wide")}" alt=""></figure>'
    )
    assert landed.remarks == (
        "一张图没有收进来：这不是可用的图片：请上传 JPEG、PNG、WebP、AVIF 或 GIF。",
        "2 张图没有收进来（img.example.com）。",
    )


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["begin", "save", "publish", "restore"])
def test_no_revision_keeps_what_the_allow_list_does_not_name(verb):
    person = a_person(role="编辑")
    article = an_article(body="<p>甲</p>")
    said = contents.of(article) | {"body": "<p onclick=x class=y>乙</p><script>z</script>"}
    if verb == "begin":
        drafting.begin(Article(title="新", category=article.category), said, person)
    elif verb == "restore":
        old = Revision.objects.create(
            article=article, number=1, kind=Revision.Kind.BASE, content=said,
            started_at=article.updated_at, saved_at=article.updated_at,
        )  # fmt: skip
        drafting.restore(article, old, person, version=article.version)
    else:
        getattr(drafting, verb)(article, person, content=said, version=article.version) if (
            verb == "publish"
        ) else drafting.save(article, said, person, version=article.version)
    newest = Revision.objects.order_by("pk").last()
    assert newest.content["body"] == "<p>乙</p>"


# --- what the editor's scripts ask --------------------------------------------------------------

FETCH = "admin:articles_article_fetch_picture"


def test_a_picture_is_fetched_through_the_door(editor, monkeypatch):
    asked = []

    def given(url, *, purpose, most_bytes):
        asked.append((url, purpose, most_bytes))
        return image_bytes()

    monkeypatch.setattr(door, "get", given)
    answer = editor.post(reverse(FETCH), {"url": "https://img.example.com/x/厂房.jpg"})
    row = Picture.objects.get()
    assert (row.name, row.is_pending) == ("厂房.jpg", True)
    assert answer.json() == {
        "id": row.pk, "url": row.url("wide"), "thumb": row.url("thumb"), "alt": "", "caption": "",
        "credit": "", "name": "厂房.jpg", "is_rendering": False, "is_pending": True,
        "change_url": page_of(row),
    }  # fmt: skip
    assert asked == [("https://img.example.com/x/厂房.jpg", "pictures", 25 * 1024 * 1024)]


@pytest.mark.parametrize("url", ["", "x" * 2001, "\x00"])
def test_no_address_asks_nobody(editor, monkeypatch, url):
    monkeypatch.setattr(door, "get", None)
    answer = editor.post(reverse(FETCH), {"url": url})
    assert (answer.status_code, answer.json()["code"]) == (422, "address")


def test_unless_it_was_opened_the_door_stays_closed(editor):
    answer = editor.post(reverse(FETCH), {"url": "https://img.example.com/a.jpg"})
    assert answer.status_code == 422
    assert answer.json() == {
        "code": "closed",
        "error": "本站没有打开取外部图片（PARKCMS_FETCH_PICTURES），请另存后上传。",
    }


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "http://[::1", "http://127.0.0.1/a.jpg"]
)
def test_an_open_door_lets_no_other_address_through(editor, settings, url):
    settings.OUTGOING_PURPOSES = frozenset({"pictures"})
    answer = editor.post(reverse(FETCH), {"url": url})
    assert answer.status_code == 422
    assert Picture.objects.count() == 0


def test_what_was_fetched_and_is_no_picture_is_refused(editor, monkeypatch):
    monkeypatch.setattr(door, "get", lambda url, **how: b"<html>not found</html>")
    answer = editor.post(reverse(FETCH), {"url": "https://img.example.com/a.jpg"})
    assert (answer.status_code, answer.json()["code"]) == (422, "not_a_picture")


def test_the_list_has_the_newest_first_and_every_word_counts(editor):
    rows = [
        Picture.objects.add(BytesIO(image_bytes(colour=(n, n, n))), alt_zh=alt, credit=credit)
        for n, (alt, credit) in enumerate([("厂房", "甲"), ("厂房 二期", "乙"), ("道路", "甲")])
    ]
    url = reverse("admin:articles_article_pictures")

    def found(query):
        return [row["id"] for row in editor.get(url, {"q": query}).json()["results"]]

    first, second, third = (row.pk for row in rows)
    assert found("") == [third, second, first]
    assert found("厂房") == [second, first]
    assert found("厂房 甲") == [first]
    assert found("%_'") == []


@pytest.mark.parametrize("role", ["", "招商专员", "园区经理"])
def test_only_who_writes_articles_asks_for_pictures(client, db, role):
    at_the_desk(client, a_person(role=role))
    assert client.get(reverse("admin:articles_article_pictures")).status_code == 403
    assert client.post(reverse(FETCH), {"url": "https://example.com/a"}).status_code == 403


def test_getting_fetches_nothing(editor):
    assert editor.get(reverse(FETCH)).status_code == 405


def test_the_editor_is_told_addresses_that_are_there():
    told = [value for options in markup.EXTENSIONS.values() if isinstance(options, dict)
            for key, value in options.items() if key.endswith("Url")]  # fmt: skip
    there = [reverse(f"admin:{name}") for name in (
        "library_picture_upload", "articles_article_fetch_picture", "articles_article_pictures",
        "find",
    )]  # fmt: skip
    assert told == there
    assert not re.search(r"https?:", "".join(told))
