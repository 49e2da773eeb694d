"""Many files at once: each POST answered by itself, or a form without scripts that sends a few."""

from io import BytesIO

import pytest
from desk_forms import at_the_desk, messages_of
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from factories import a_person, a_picture, image_bytes, pdf_bytes

from parkcms.ledger.models import Act
from parkcms.library.models import Document, Picture

pytestmark = pytest.mark.django_db
PICTURES = "/admin/library/picture/upload/"
DOCUMENTS = "/admin/library/document/upload/"
PAGE = {"HTTP_ACCEPT": "text/html,application/xhtml+xml"}
SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def author():
    return a_person("xiaozuo", "作者")


@pytest.fixture
def desk(client, author):
    return at_the_desk(client, author)


def a_file(data=None, name="厂房.jpg"):
    return SimpleUploadedFile(name, image_bytes() if data is None else data)


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def refusal(response):
    """The code of a refused file; its sentence must be in Chinese."""
    assert response.status_code == 422
    answer = response.json()
    assert set(answer) == {"error", "code"}
    assert any("\u4e00" <= char <= "\u9fff" for char in answer["error"])
    return answer["code"]


def test_a_picture_is_taken_pending_and_the_script_is_told_all_of_it(desk, author):
    response = desk.post(PICTURES, {"file": a_file()})
    picture = Picture.objects.get()
    assert response.status_code == 200
    assert response.json() == {
        "id": picture.pk,
        "name": "厂房.jpg",
        "url": picture.url("wide"),
        "thumb": picture.url("thumb"),
        "width": 640,
        "height": 400,
        "alt": "",
        "is_new": True,
        "is_pending": True,
        "change_url": f"/admin/library/picture/{picture.pk}/change/",
    }
    assert (picture.is_pending, picture.name, picture.uploaded_by) == (True, "厂房.jpg", author)
    act = Act.objects.about(picture).get()
    assert (act.verb, act.actor_id, act.after) == ("add", author.pk, {"name": "厂房.jpg"})


def test_a_known_picture_is_answered_and_no_act(desk, media):
    known = a_picture(alt_zh="厂房外景")
    data = BytesIO(image_bytes(colour=(1, 2, 3)))
    same = Picture.objects.add(data, alt_zh="大门")
    before = files(media)
    answer = desk.post(PICTURES, {"file": a_file(data.getvalue(), "again.jpg")}).json()
    assert (answer["id"], answer["is_new"], answer["alt"]) == (same.pk, False, "大门")
    assert answer["is_pending"] is False
    assert f"编号 {same.pk}" in answer["note"]
    assert list(Picture.objects.order_by("pk")) == [known, same]
    assert (files(media), Act.objects.count()) == (before, 0)


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "空.jpg", "empty"),
        (b"just words", "a.jpg", "not_a_picture"),
        (SCRIPT, "a.svg", "not_a_picture"),
        (SCRIPT, "a.png", "not_a_picture"),
        (b"<html><script>1</script></html>", "a.gif", "not_a_picture"),
        (pdf_bytes(), "a.jpg", "not_a_picture"),
        (b"MZ\x90\x00", "a.webp", "not_a_picture"),
        (image_bytes()[:-300], "cut.jpg", "broken"),
        (image_bytes(8, 8), "speck.jpg", "too_small"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence_and_nothing_is_kept(
    desk, media, data, name, code
):
    assert refusal(desk.post(PICTURES, {"file": a_file(data, name)})) == code
    assert (Picture.objects.count(), files(media), Act.objects.count()) == (0, [], 0)


def test_a_huge_file_is_refused(desk, monkeypatch):
    monkeypatch.setattr("parkcms.library.pictures.MAX_BYTES", 1000)
    assert refusal(desk.post(PICTURES, {"file": a_file()})) == "too_large"


@pytest.mark.parametrize(
    "body", [{}, {"file": "a.jpg"}, {"other": "x"}, {"file": [a_file(), a_file(b"x")]}]
)
def test_a_script_sends_one_file_a_time(desk, body):
    assert refusal(desk.post(PICTURES, body)) == "one_file"
    assert Picture.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../../etc/passwd.jpg", "passwd.jpg"),
        ("C:\\Users\\我\\照片.jpg", "照片.jpg"),
        ("a\u202egpj.exe.jpg", "agpj.exe.jpg"),
        ("长" * 300 + ".jpg", "长" * 116 + ".jpg"),
        ("<img src=x onerror=alert(1)>.jpg", "<img src=x onerror=alert(1)>.jpg"),
    ],
)
def test_a_name_is_kept_without_what_is_no_name(desk, media, given, kept):
    desk.post(PICTURES, {"file": a_file(name=given)})
    picture = Picture.objects.get()
    assert picture.name == kept
    stem = f"pictures/{picture.sha256[:2]}/{picture.sha256[2:32]}-"
    assert all(str(path.relative_to(media)).startswith(stem) for path in files(media))


def test_a_name_stands_escaped_on_the_list_and_in_messages(desk):
    file = a_file(name="<b>x.jpg")
    page = desk.post(PICTURES, {"file": file}, follow=True, **PAGE).content.decode()
    assert "&lt;b&gt;x.jpg" in page
    assert "<b>x.jpg" not in page


def test_a_form_without_scripts_sends_several_and_gets_back_to_the_list(desk):
    sent = [a_file(name="一.jpg"), a_file(b"words", "二.jpg"), a_file(name="三.jpg")]
    response = desk.post(PICTURES, {"file": sent}, follow=True, **PAGE)
    assert response.redirect_chain == [("/admin/library/picture/", 302)]
    one = Picture.objects.get()
    assert messages_of(response) == [
        "一.jpg：已上传。",
        "二.jpg：这不是可用的图片：请上传 JPEG、PNG、WebP、AVIF 或 GIF。",
        f"三.jpg：早已上传过，就是“一.jpg”（编号 {one.pk}），没有重复保存。",
    ]
    assert Act.objects.count() == 1


def test_a_form_with_nothing_or_too_much_is_told_so(desk):
    assert messages_of(desk.post(PICTURES, {}, follow=True, **PAGE)) == ["请先选择文件。"]
    many = [a_file(image_bytes(40, 40 + n), f"{n}.jpg") for n in range(11)]
    response = desk.post(PICTURES, {"file": many}, follow=True, **PAGE)
    assert messages_of(response) == ["一次最多 10 个文件，这次有 11 个，一个也没有收。"]
    assert Picture.objects.count() == 0


def test_the_form_stands_on_the_list_and_posts_to_the_same_address(desk):
    page = desk.get("/admin/library/picture/").content.decode()
    assert f'action="{PICTURES}" method="post" enctype="multipart/form-data"' in page
    assert 'name="file" multiple' in page


def test_in_a_pop_up_there_is_no_second_way_in(desk):
    assert "data-upload" not in desk.get("/admin/library/picture/?_popup=1").content.decode()


def test_a_document_is_taken_by_the_same_way(desk, author):
    sent = SimpleUploadedFile("园区手册 2026.pdf", pdf_bytes())
    response = desk.post(DOCUMENTS, {"file": sent})
    document = Document.objects.get()
    assert response.json() == {
        "id": document.pk,
        "name": "园区手册 2026.pdf",
        "title": "园区手册 2026",
        "url": document.url,
        "kind": "pdf",
        "size_bytes": len(pdf_bytes()),
        "is_new": True,
        "change_url": f"/admin/library/document/{document.pk}/change/",
    }
    assert Act.objects.about(document).get().verb == "add"
    again = desk.post(DOCUMENTS, {"file": SimpleUploadedFile("b.pdf", pdf_bytes())}).json()
    assert (again["id"], again["is_new"]) == (document.pk, False)


def test_a_refused_document_keeps_nothing(desk, media):
    sent = SimpleUploadedFile("手册.pdf", SCRIPT)
    assert refusal(desk.post(DOCUMENTS, {"file": sent})) == "svg"
    assert (Document.objects.count(), files(media), Act.objects.count()) == (0, [], 0)


@pytest.mark.parametrize("address", [PICTURES, DOCUMENTS])
def test_only_a_post_with_a_token_takes_a_file(author, address):
    strict = at_the_desk(Client(enforce_csrf_checks=True), author)
    assert strict.post(address, {"file": a_file()}).status_code == 403
    for method in ("get", "head", "put", "patch", "delete"):
        assert getattr(at_the_desk(Client(), author), method)(address).status_code == 405
    assert Picture.objects.count() == 0
