"""A picture of the library: stored once, found by its bytes, told about or not stored at all."""

from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils.translation import override
from factories import a_picture, image_bytes
from lxml import html

from parkcms.library.models import Picture
from parkcms.library.pictures import SIZES, PictureError

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def add(data, **fields):
    return Picture.objects.add(BytesIO(data), **{"alt_zh": "厂房外景"} | fields)


def test_the_row_lists_exactly_the_files_that_lie_there(media):
    picture = add(image_bytes(1000, 600))
    assert picture.forms == [
        ["original", "jpg", 1000, 600],
        ["thumb", "webp", 240, 144],
        ["thumb", "jpg", 240, 144],
        ["card", "webp", 480, 288],
        ["card", "jpg", 480, 288],
        ["body", "webp", 960, 576],
        ["body", "jpg", 960, 576],
    ]
    stem = picture.sha256[2:32]
    assert [str(path.relative_to(media)) for path in files(media)] == sorted(
        f"pictures/{picture.sha256[:2]}/{stem}-{name}.{suffix}"
        for name, suffix, *_ in picture.forms
    )


def test_every_address_a_page_can_ask_for_has_a_file():
    for width in (100, 300, 700, 1500, 2000):
        picture = add(image_bytes(width, 90))
        asked = [picture.url(name) for name in SIZES]
        asked += [
            part.split()[0] for s in ("jpg", "webp") for part in picture.srcset(s).split(", ")
        ]
        for url in asked:
            assert default_storage.exists(url.removeprefix("/media/")), url


def test_an_address_is_of_the_largest_form_within_the_named_size():
    picture = add(image_bytes(1000, 600))
    names = {name: picture.url(name).rsplit("-", 1)[1] for name in SIZES}
    assert names == {
        "thumb": "thumb.jpg", "card": "card.jpg", "body": "body.jpg", "wide": "body.jpg",
        "full": "body.jpg",
    }  # fmt: skip


def test_the_same_bytes_give_the_same_row(media):
    first = add(image_bytes())
    before = files(media)
    again = add(image_bytes(), alt_zh="另一种说法")
    assert (again.pk, again.alt_zh) == (first.pk, "厂房外景")
    assert Picture.objects.count() == 1
    assert files(media) == before


def test_other_bytes_of_the_same_picture_are_another_row():
    assert add(image_bytes(quality=70)).pk != add(image_bytes(quality=71)).pk


def test_the_database_keeps_one_row_for_the_same_bytes():
    picture = add(image_bytes())
    picture.pk = None
    with pytest.raises(IntegrityError, match="sha256"), transaction.atomic():
        picture.save(force_insert=True)


@pytest.mark.parametrize("data", [b"words", image_bytes()[:-500], image_bytes(8, 8)])
def test_of_a_refused_file_nothing_is_stored(media, data):
    with pytest.raises(PictureError):
        add(data)
    assert (Picture.objects.count(), files(media)) == (0, [])


def test_of_a_picture_without_words_nothing_is_stored(media):
    with pytest.raises(ValidationError, match="替代文字"):
        add(image_bytes(), alt_zh="")
    assert (Picture.objects.count(), files(media)) == (0, [])


def test_the_database_wants_words_too():
    picture = add(image_bytes())
    with pytest.raises(IntegrityError, match="says_what_it_shows"), transaction.atomic():
        Picture.objects.filter(pk=picture.pk).update(alt_zh="")
    Picture.objects.filter(pk=picture.pk).update(alt_zh="", is_decorative=True)


def test_a_decorative_picture_needs_no_words_and_is_silent():
    assert add(image_bytes(), alt_zh="", is_decorative=True).alt == ""
    assert add(image_bytes(100, 100), is_decorative=True).alt == ""


def test_words_follow_the_language_of_the_page_and_fall_back_to_chinese():
    both = add(image_bytes(), alt_en="A works hall", caption_zh="图注", caption_en="Caption")
    chinese = add(image_bytes(100, 100), caption_zh="图注")
    with override("en"):
        assert (both.alt, both.caption) == ("A works hall", "Caption")
        assert (chinese.alt, chinese.caption) == ("厂房外景", "图注")
    assert (both.alt, both.caption) == ("厂房外景", "图注")


def test_a_picture_on_a_page_offers_webp_first_and_states_its_size():
    picture = add(image_bytes(1000, 600), alt_zh="“引号”与<角>")
    page = html.fromstring(render_to_string("library/picture.html", {"picture": picture}))
    (source,), (img,) = page.xpath("//source"), page.xpath("//img")
    assert source.get("type") == "image/webp"
    assert [part.split()[1] for part in source.get("srcset").split(", ")] == [
        "240w",
        "480w",
        "960w",
    ]
    assert (img.get("width"), img.get("height")) == ("1000", "600")
    assert img.get("alt") == "“引号”与<角>"
    assert all(part.split()[0].endswith(".jpg") for part in img.get("srcset").split(", "))


def test_pictures_are_found_by_their_words():
    hall, gate = a_picture(alt_zh="厂房外景"), a_picture(alt_zh="大门", caption_zh="园区北门")
    assert list(Picture.objects.named("厂房")) == [hall]
    assert list(Picture.objects.named("北门")) == [gate]
    assert list(Picture.objects.named("码头")) == []
