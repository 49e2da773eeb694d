"""AVIF, made by the worker: added to a picture, never to another file than it was made of."""

from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.template.loader import render_to_string
from factories import a_picture, image_bytes
from lxml import html
from PIL import Image
from procrastinate.contrib.django import app

from parkcms.library import jobs, pictures
from parkcms.library.models import Picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture(autouse=True)
def waiting():
    """(name, arguments) of the jobs that wait, once called."""
    app.connector.reset()
    yield lambda: [(job["task_name"], job["args"]) for job in app.connector.jobs.values()]
    app.connector.reset()


def add(width=1000, height=600, **options):
    return Picture.objects.add(BytesIO(image_bytes(width, height, **options)), alt_zh="厂房外景")


def avif_of(picture):
    picture.refresh_from_db()
    return [form for form in picture.forms if form[1] == "avif"]


def test_a_new_picture_has_its_job_and_the_job_adds_every_size_from_the_card_up(waiting):
    picture = add()
    assert waiting() == [("library.encode_avif", {"picture_id": picture.pk})]
    before = list(picture.forms)
    jobs.encode_avif(picture.pk)
    assert avif_of(picture) == [["card", "avif", 480, 288], ["body", "avif", 960, 576]]
    assert picture.forms[: len(before)] == before
    for name, _, width, height in avif_of(picture):
        with default_storage.open(picture.url(name, "avif").removeprefix("/media/")) as file:
            read = Image.open(file)
            assert (read.format, read.size) == ("AVIF", (width, height))


def test_a_small_picture_has_none_and_no_job(waiting):
    picture = add(479, 300)
    assert waiting() == []
    jobs.encode_avif(picture.pk)
    assert avif_of(picture) == []


def test_a_transparent_picture_stays_transparent():
    out = BytesIO()
    Image.new("RGBA", (500, 300), (200, 0, 0, 0)).save(out, "PNG")
    picture = Picture.objects.add(BytesIO(out.getvalue()), alt_zh="透明")
    jobs.encode_avif(picture.pk)
    picture.refresh_from_db()
    with default_storage.open(picture.url("card", "avif").removeprefix("/media/")) as file:
        assert Image.open(file).convert("RGBA").getpixel((250, 150))[3] == 0


def test_running_twice_changes_nothing_more(media):
    picture = add()
    jobs.encode_avif(picture.pk)
    once = list(Picture.objects.values_list("forms", flat=True))
    count = len(list(media.rglob("*.avif")))
    jobs.encode_avif(picture.pk)
    assert list(Picture.objects.values_list("forms", flat=True)) == once
    assert len(list(media.rglob("*.avif"))) == count == 2


def test_a_file_replaced_while_the_job_runs_gets_none_of_the_old(monkeypatch, media):
    picture = add()
    encode = pictures.avif

    def slow(file):
        forms = encode(file)
        Picture.objects.get(pk=picture.pk).replace(
            BytesIO(image_bytes(1600, 500, colour=(7, 7, 7))), None, "换"
        )
        return forms

    monkeypatch.setattr(pictures, "avif", slow)
    jobs.encode_avif(picture.pk)
    assert avif_of(picture) == []
    assert list(media.rglob("*.avif")) == []
    monkeypatch.setattr(pictures, "avif", encode)
    jobs.encode_avif(picture.pk)
    assert [form[0] for form in avif_of(picture)] == ["card", "body", "wide"]


def test_replacing_has_a_job_of_its_own(waiting):
    picture = add()
    app.connector.reset()
    picture.replace(BytesIO(image_bytes(700, 500, colour=(7, 7, 7))), None, "换")
    assert waiting() == [("library.encode_avif", {"picture_id": picture.pk})]


def test_a_picture_that_is_gone_or_has_lost_its_original_is_let_be(media):
    picture = add()
    (media / picture.original()).unlink()
    jobs.encode_avif(picture.pk)
    assert avif_of(picture) == []
    jobs.encode_avif(picture.pk + 1000)


def test_every_hour_those_without_are_taken_up_once(waiting):
    old, done, small = add(), add(1001), add(100, 100)
    jobs.encode_avif(done.pk)
    assert list(Picture.objects.without_avif()) == [old]
    app.connector.reset()
    jobs.encode_due(0)
    jobs.encode_due(0)
    assert waiting() == [("library.encode_avif", {"picture_id": old.pk})]
    assert avif_of(small) == []


def test_a_page_offers_avif_first_where_there_is_any():
    picture = add()

    def sources():
        page = html.fromstring(render_to_string("library/picture.html", {"picture": picture}))
        assert (page.xpath("//img/@width"), page.xpath("//img/@height")) == (["1000"], ["600"])
        return [(one.get("type"), one.get("srcset").count("w")) for one in page.xpath("//source")]

    assert [kind for kind, _ in sources()] == ["image/webp"]
    jobs.encode_avif(picture.pk)
    picture.refresh_from_db()
    assert [kind for kind, _ in sources()] == ["image/avif", "image/webp"]
    assert [part.split()[1] for part in picture.srcset("avif").split(", ")] == ["480w", "960w"]


def test_the_files_of_a_deleted_picture_go_with_those_of_the_worker(
    media, django_capture_on_commit_callbacks
):
    picture, other = add(), a_picture()
    jobs.encode_avif(picture.pk)
    with django_capture_on_commit_callbacks(execute=True):
        Picture.objects.filter(pk=picture.pk).delete()
    assert len([path for path in media.rglob("*") if path.is_file()]) == len(other.forms)


def test_the_job_that_takes_files_away_leaves_those_of_rows(media):
    picture = add()
    before = sorted(media.rglob("*.*"))
    jobs.forget("picture", picture.sha256)
    jobs.forget("nothing", picture.sha256)
    assert sorted(media.rglob("*.*")) == before
