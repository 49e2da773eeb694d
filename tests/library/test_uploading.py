"""Uploading at the desk: the real form, as a browser sends it."""

import re

import pytest
from desk_forms import at_the_desk, errors, page_of, send, words
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from factories import a_person, a_picture, an_article, image_bytes

from parkcms.ledger.models import Act
from parkcms.library.models import Picture

pytestmark = pytest.mark.django_db
ADD = "/admin/library/picture/add/"


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


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def an_upload(data=None, name="照片.jpg", kind="image/jpeg"):
    return SimpleUploadedFile(name, image_bytes() if data is None else data, content_type=kind)


def upload(desk, file=None, **answers):
    return send(desk, ADD, file=file or an_upload(), **{"alt_zh": "厂房外景"} | answers)


def test_an_author_uploads_a_picture(desk, author, media):
    response = upload(desk, credit="摄影：某某", rights="own")
    assert response.status_code == 302
    picture = Picture.objects.get()
    assert (picture.alt_zh, picture.credit, picture.rights) == ("厂房外景", "摄影：某某", "own")
    assert (picture.width, picture.height, picture.uploaded_by) == (640, 400, author)
    assert len(files(media)) == len(picture.forms) == 5
    act = Act.objects.about(picture).get()
    assert (act.verb, act.actor_id) == ("add", author.pk)
    assert act.after == {"alt_zh": "厂房外景", "credit": "摄影：某某", "rights": "own"}


def test_the_stored_picture_is_served(desk):
    upload(desk)
    picture = Picture.objects.get()
    for name, suffix, *_ in picture.forms:
        if name != "original":
            assert Client().get(picture.url(name, suffix)).status_code == 200
    page = desk.get(page_of(picture)).content.decode()
    assert picture.url("wide") in page
    assert re.search(r'<img src="/media/pictures/[^"]+-card\.jpg" alt="厂房外景"', page)


@pytest.mark.parametrize(
    ("file", "codes"),
    [
        (an_upload(b"just words"), ["not_a_picture"]),
        (an_upload(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "image/svg+xml"),
         ["not_a_picture"]),
        (an_upload(image_bytes()[:-300]), ["broken"]),
        (an_upload(image_bytes(8, 8)), ["too_small"]),
        (an_upload(b""), ["empty"]),
    ],
    ids=["text", "svg", "cut", "speck", "empty"],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said_at_its_field_and_nothing_is_stored(
    desk, media, file, codes
):
    file.seek(0)
    response = upload(desk, file)
    assert errors(response) == {"file": codes}
    assert (Picture.objects.count(), files(media), Act.objects.count()) == (0, [], 0)


def test_a_file_is_wanted(desk):
    assert errors(send(desk, ADD, alt_zh="没有文件")) == {"file": ["required"]}


def test_a_text_in_place_of_the_file_is_no_file(desk):
    assert errors(send(desk, ADD, alt_zh="没有文件", file="photo.jpg")) == {"file": ["required"]}


def test_words_for_who_can_not_see_are_wanted_and_nothing_is_stored_without(desk, media):
    assert errors(upload(desk, alt_zh="  ")) == {"alt_zh": ["alt_missing"]}
    assert (Picture.objects.count(), files(media)) == (0, [])


def test_a_decoration_needs_no_words(desk):
    assert upload(desk, alt_zh="", is_decorative="on").status_code == 302
    assert Picture.objects.get().is_decorative


def test_a_known_picture_is_pointed_at_instead_of_stored_twice(desk, media):
    upload(desk)
    before = files(media)
    response = upload(desk, an_upload(name="another-name.jpg"))
    assert errors(response) == {"file": ["known_picture"]}
    assert f"编号 {Picture.objects.get().pk}" in words(response)
    assert files(media) == before


def test_a_file_larger_than_memory_goes_over_the_disk(desk, settings):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert upload(desk).status_code == 302
    assert Picture.objects.count() == 1


def test_a_name_with_a_path_in_it_decides_nothing(desk, media):
    upload(desk, an_upload(name="../../../etc/passwd.jpg"))
    stored = [str(path.relative_to(media)) for path in files(media)]
    sha = Picture.objects.get().sha256
    assert all(name.startswith(f"pictures/{sha[:2]}/{sha[2:32]}-") for name in stored)


def test_words_can_be_changed_later_but_not_taken_away(desk):
    upload(desk)
    picture = Picture.objects.get()
    assert errors(send(desk, page_of(picture), alt_zh="")) == {"alt_zh": ["alt_missing"]}
    assert send(desk, page_of(picture), alt_zh="二期厂房", file=an_upload()).status_code == 302
    again = Picture.objects.get()
    assert (again.alt_zh, again.sha256, again.forms) == ("二期厂房", picture.sha256, picture.forms)


def test_the_kept_facts_of_a_file_can_not_be_posted(desk):
    upload(desk, sha256="0" * 64, width="1", forms="[]", uploaded_by="1")
    picture = Picture.objects.get()
    assert (picture.width, len(picture.forms)) == (640, 5)
    assert picture.sha256 != "0" * 64


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=\x7f", 400),
        ("multipart/form-data; boundary=other", 200),
        ("multipart/form-data; boundary=x", 200),
        ("application/json", 200),
    ],
)
def test_a_malformed_upload_stores_nothing(desk, media, kind, status):
    head = 'Content-Disposition: form-data; name="file"; filename="a.jpg"'
    body = f"--x\r\n{head}\r\n\r\nab".encode()
    response = desk.generic("POST", ADD, body, content_type=kind)
    assert response.status_code == status
    assert (Picture.objects.count(), files(media)) == (0, [])


def test_a_picture_in_use_is_not_deleted(client):
    picture, unused = a_picture(), a_picture()
    an_article(cover=picture)
    desk = at_the_desk(client, a_person("bianji", "编辑"))
    response = desk.post(page_of(picture, "delete"), {"post": "yes"})
    assert [str(row) for row in response.context["protected"]]
    assert Picture.objects.count() == 2
    assert desk.post(page_of(unused, "delete"), {"post": "yes"}).status_code == 302
    assert list(Picture.objects.all()) == [picture]
