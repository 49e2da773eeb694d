"""A Word file becomes a draft: what comes along, what is said to be missing, what is refused."""

import struct
from io import BytesIO

import pytest
from desk_forms import at_the_desk, messages_of, words
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from factories import a_category, a_person, image_bytes
from word_files import WORD, docx_bytes, paragraph, picture, run, table

from articles import opening_docx
from articles.models import Article
from parkcms.ledger.models import Act
from parkcms.library.models import Picture
from parkcms.library.refusals import Refused

pytestmark = pytest.mark.django_db
BOLD = "<w:b/>"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def author(client):
    return at_the_desk(client, a_person("author", "作者"))


def opened(data, name="稿子.docx"):
    return opening_docx.opened(BytesIO(data), name)


def send(client, data, name="稿子.docx", **fields):
    fields = {"category": a_category().pk, "file": SimpleUploadedFile(name, data)} | fields
    return client.post(reverse("admin:articles_article_from_docx"), fields, follow=True)


def whole_file():
    return docx_bytes(
        paragraph("园区二期开工", style="a3"),
        paragraph("一、项目概况", style="1"),
        paragraph("　　二期占地", run("351亩", BOLD), "。"),
        paragraph("智能网联", number="1"),
        paragraph("氢能装备", number="1"),
        paragraph("小字标题", style="5"),
        table(["楼栋", "面积"], ["1号楼", "1200"]),
        paragraph(picture(0)),
        pictures=[image_bytes()],
    )


def test_headings_lists_tables_and_marks_come_along():
    found = opened(whole_file())
    assert found.title == "园区二期开工"
    assert found.text == (
        "<h2>一、项目概况</h2><p>二期占地<strong>351亩</strong>。</p>"
        "<ul><li><p>智能网联</p></li><li><p>氢能装备</p></li></ul><h4>小字标题</h4>"
        "<table><tbody><tr><td><p>楼栋</p></td><td><p>面积</p></td></tr>"
        "<tr><td><p>1号楼</p></td><td><p>1200</p></td></tr></tbody></table>"
        '<figure><img src="data:docx,0" alt=""><figcaption></figcaption></figure>'
    )
    assert found.pictures == (image_bytes(),)
    assert found.left_out == ()


@pytest.mark.parametrize(
    ("paragraphs", "title"),
    [
        ([paragraph("开头的话"), paragraph("真标题", style="a3")], "真标题"),
        ([paragraph("第一个标题", style="1"), paragraph("正文")], "第一个标题"),
        ([paragraph("没有标题，只有正文"), paragraph("一节", style="1")], "稿子"),
        ([paragraph("长" * 121, style="a3"), paragraph("正文")], "长" * 120),
    ],
)
def test_the_title_is_what_is_styled_so_or_begins_the_text_or_names_the_file(paragraphs, title):
    assert opened(docx_bytes(*paragraphs)).title == title


def test_a_title_that_was_cut_stays_whole_in_the_text():
    found = opened(docx_bytes(paragraph("长" * 121, style="a3"), paragraph("正文")))
    assert found.text == f"<h2>{'长' * 121}</h2><p>正文</p>"


def test_what_could_not_come_along_is_counted():
    box = f"<w:r><w:txbxContent>{paragraph('框里的字')}</w:txbxContent></w:r>"
    found = opened(
        docx_bytes(
            paragraph("甲", '<w:r><w:commentReference w:id="1"/></w:r>'),
            paragraph("乙", "<w:del><w:r><w:delText>删</w:delText></w:r></w:del>"),
            paragraph("丙", '<w:r><w:footnoteReference w:id="2"/></w:r>'),
            paragraph("丁", box),
        )
    )
    assert found.left_out == (
        "1 条批注没有带过来",
        "1 处修订里删掉的字没有带过来",
        "1 个文本框的字排进了正文，请看看位置",
        "1 条脚注移到了文末",
    )
    assert found.text == (
        "<p>甲</p><p>乙</p><p>丙<sup>[1]</sup></p><p>丁</p><p>框里的字</p>"
        "<ol><li><p>注里的话</p></li></ol>"
    )


def test_a_draft_with_its_pictures_stands_after_one_press(author):
    answer = send(author, whole_file())

    article = Article.objects.get()
    shown = Picture.objects.get()
    assert answer.redirect_chain[-1][0] == reverse(
        "admin:articles_article_change", args=[article.pk]
    )
    assert (article.title, article.publish_at, article.author.username) == (
        "园区二期开工", None, "author",
    )  # fmt: skip
    assert (shown.is_pending, shown.name) == (True, "园区二期开工 的图")
    assert article.body.endswith(f'<figure><img src="{shown.url("wide")}" alt=""></figure>')
    assert [row.picture for row in article.illustrations.all()] == [shown]
    assert sorted(Act.objects.values_list("verb", "object_kind")) == [
        ("add", "articles.article"),
        ("add", "library.picture"),
    ]
    said = messages_of(answer)
    assert said[0] == "“园区二期开工”已成为一份草稿：看过、补好出处和权利，再发布。"
    assert f"图 {shown.pk}" in said[1]


def test_a_picture_the_library_knows_is_taken_from_there(author):
    data = image_bytes(colour=(1, 2, 3))
    known = Picture.objects.add(BytesIO(data), alt_zh="厂房南立面")
    answer = send(author, docx_bytes(paragraph("图文"), paragraph(picture(0)), pictures=[data]))
    assert Picture.objects.get() == known
    assert Article.objects.get().body == (
        f'<p>图文</p><figure><img src="{known.url("wide")}" alt="厂房南立面"></figure>'
    )
    assert len(messages_of(answer)) == 1


def test_a_picture_that_is_none_leaves_a_flag_and_a_sentence(author):
    bad = b"\x01\x00\x00\x00EMF"
    answer = send(author, docx_bytes(paragraph("图文"), paragraph(picture(0)), pictures=[bad]))
    assert Article.objects.get().body == "<p>图文</p><p>【图片没有带过来：请另存后拖进来】</p>"
    assert Picture.objects.count() == 0
    assert messages_of(answer)[1].startswith("1 张图没有收进来（这不是可用的图片")


def old_word():
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def locked():
    return old_word() + "EncryptedPackage".encode("utf-16-le")


def bomb():
    return docx_bytes(paragraph("甲"), parts={"word/media/a.bin": b"\0" * (30 * 1024 * 1024)})


def endless():
    text = (
        '<!DOCTYPE w [<!ENTITY a "哈">]><w:document xmlns:w="' + WORD + '"><w:body/></w:document>'
    )
    return docx_bytes(parts={"word/document.xml": text})


def cut():
    data = bytearray(docx_bytes(paragraph("甲" * 400)))
    place = data.find(b"word/document.xml") + 40
    data[place : place + 8] = struct.pack("<Q", 0x55AA55AA55AA55AA)
    return bytes(data)


MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "空.docx", "empty"),
        (b"hello", "假.docx", "not_a_document"),
        (old_word(), "旧.doc", "old_office"),
        (locked(), "锁.docx", "encrypted"),
        (docx_bytes(paragraph("甲")), "改名.doc", "lying"),
        (docx_bytes(paragraph("甲"), kind=MACROS), "宏.docx", "macros"),
        (docx_bytes(paragraph("甲"), parts={"word/vbaProject.bin": b"x"}), "宏.docx", "macros"),
        (docx_bytes(kind=XLSX), "表.docx", "lying"),
        (docx_bytes(kind=XLSX), "表.xlsx", "not_docx"),
        (docx_bytes(paragraph("甲"), parts={"../../etc/x": b"x"}), "路.docx", "path_parts"),
        (bomb(), "弹.docx", "bomb"),
        (endless(), "体.docx", "broken"),
        (cut(), "断.docx", "broken"),
        (docx_bytes(parts={"word/document.xml": "<w:document"}), "坏.docx", "broken"),
        (docx_bytes(paragraph("  ")), "白.docx", "no_text"),
        (b"%PDF-1.4", "纸.docx", "broken"),
    ],
)  # fmt: skip
def test_what_is_no_sound_word_file_is_refused_with_a_sentence(author, data, name, code):
    answer = send(author, data, name)
    assert answer.status_code == 422
    assert [one.code for one in answer.context["form"].errors["file"].as_data()] == [code]
    assert (Article.objects.count(), Picture.objects.count(), Act.objects.count()) == (0, 0, 0)


def test_a_file_of_too_many_bytes_is_refused(monkeypatch):
    monkeypatch.setattr(opening_docx, "MAX_BYTES", 1000)
    with pytest.raises(Refused) as refused:
        opened(docx_bytes(paragraph("甲")) + b" " * 1000)
    assert refused.value.code == "too_large"


def test_a_text_of_too_many_bytes_is_refused_unread(monkeypatch):
    monkeypatch.setattr(opening_docx, "MAX_TEXT", 5000)
    with pytest.raises(Refused) as refused:
        opened(docx_bytes(paragraph("甲" * 5000)))
    assert refused.value.code == "too_long"


def test_a_picture_that_lies_elsewhere_is_not_asked_for():
    """A file may name a picture of the machine that opens it."""
    link = (
        '<Relationship Id="rIdPicture0" Target="file:///etc/passwd" TargetMode="External" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"/>'
    )
    linked = picture(0, how="link")
    found = opened(docx_bytes(paragraph("甲"), paragraph(linked), relations=link))
    assert (found.text, found.pictures) == ("<p>甲</p>", ())


def test_without_a_category_nothing_is_kept(author):
    answer = send(author, whole_file(), category="")
    assert [one.code for one in answer.context["form"].errors["category"].as_data()] == ["required"]
    assert (Article.objects.count(), Picture.objects.count()) == (0, 0)


@pytest.mark.parametrize("category", ["0", "x", "9" * 40, "\x00"])
def test_junk_for_a_category_is_refused(author, category):
    answer = send(author, whole_file(), category=category)
    assert answer.status_code == 422
    assert Article.objects.count() == 0


def test_nothing_is_kept_where_the_draft_fails(author, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("articles.drafting.begin", broken)
    with pytest.raises(RuntimeError):
        send(author, whole_file())
    assert (Article.objects.count(), Picture.objects.count(), Act.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize("role", ["", "招商专员", "园区经理"])
def test_only_who_may_add_articles_opens_files(client, role):
    at_the_desk(client, a_person(role=role))
    assert send(client, whole_file()).status_code == 403
    assert client.get(reverse("admin:articles_article_from_docx")).status_code == 403


def test_list_and_empty_form_lead_to_the_page(author):
    for page in ("changelist", "add"):
        answer = author.get(reverse(f"admin:articles_article_{page}"))
        assert "打开 Word 文件" in words(answer)
