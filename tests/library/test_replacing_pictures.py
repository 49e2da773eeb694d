"""Another file for the same picture: everything that shows it shows the new one."""

from io import BytesIO

import pytest
from desk_forms import at_the_desk, errors, messages_of, page_of, send
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from factories import a_person, a_picture, image_bytes

from parkcms.ledger.models import Act
from parkcms.library import stored
from parkcms.library.models import FormerFile, Known, Picture

pytestmark = pytest.mark.django_db
OLD, NEW = image_bytes(640, 400, colour=(1, 1, 1)), image_bytes(500, 900, colour=(9, 9, 9))


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def editor():
    return a_person("bianji", "编辑")


@pytest.fixture
def desk(client, editor):
    return at_the_desk(client, editor)


@pytest.fixture
def picture():
    return Picture.objects.add(BytesIO(OLD), name="旧.jpg", alt_zh="大门", focal_x=20)


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def listed(*pictures):
    return sorted(
        f"pictures/{row.sha256[:2]}/{row.sha256[2:32]}-{name}.{suffix}"
        for row in pictures
        for name, suffix, *_ in row.forms
    )


def replace(desk, picture, data=NEW, reason="换成清楚的", name="新.jpg"):
    return desk.post(
        f"/admin/library/picture/{picture.pk}/replace/",
        {"file": SimpleUploadedFile(name, data), "reason": reason},
    )


def code_of(response, field="file"):
    assert response.status_code == 200
    return [error.code for error in response.context["form"].errors[field].as_data()]


def test_the_row_stays_and_its_files_are_the_new_ones(
    desk, picture, media, editor, django_capture_on_commit_callbacks
):
    before = picture.sha256
    with django_capture_on_commit_callbacks(execute=True):
        response = replace(desk, picture)
    assert response["Location"] == page_of(picture)
    again = Picture.objects.get()
    assert (again.pk, again.width, again.height, again.name) == (picture.pk, 500, 900, "新.jpg")
    assert (again.alt_zh, again.focal_x) == ("大门", 20)
    assert again.sha256 != before
    assert files(media) == listed(again)
    assert FormerFile.objects.get().sha256 == before
    act = Act.objects.about(again).get()
    assert (act.verb, act.reason, act.actor_id) == ("replace", "换成清楚的", editor.pk)
    assert act.before == {"name": "旧.jpg", "file": "640×400"}
    assert act.after == {"name": "新.jpg", "file": "500×900"}


def test_a_text_with_the_old_address_finds_the_picture_and_the_address_itself_is_gone(
    desk, picture, django_capture_on_commit_callbacks
):
    old = picture.url("card")
    body = f'<p><img src="{old}" alt="x"></p>'
    assert Picture.objects.shown_in(body) == {old: picture}
    with django_capture_on_commit_callbacks(execute=True):
        replace(desk, picture)
    again = Picture.objects.get()
    assert Picture.objects.shown_in(body) == {old: again}
    assert again.url("card") != old
    assert Client().get(old).status_code == 404
    assert Client().get(again.url("card")).status_code == 200


def test_all_pictures_of_a_text_are_found_with_one_query(desk, picture, django_assert_num_queries):
    old = picture.url()
    replace(desk, picture)
    others = [a_picture() for _ in range(5)]
    urls = [old, *(row.url("thumb", "webp") for row in others)]
    unknown = f"/media/pictures/00/{'0' * 30}-body.jpg"
    html = "".join(f'<img src="{url}">' for url in [*urls, unknown, "/media/pictures/x.jpg"])
    with django_assert_num_queries(1):
        found = Picture.objects.shown_in(html)
    assert found == dict(zip(urls, [picture, *others], strict=True))
    with django_assert_num_queries(0):
        assert Picture.objects.shown_in("<p>没有图</p>") == {}


def test_a_picture_found_in_a_text_can_be_changed_like_any_other(picture):
    (found,) = Picture.objects.shown_in(picture.url()).values()
    found.caption_zh = "新图注"
    found.save()
    assert Picture.objects.get().caption_zh == "新图注"


def test_a_file_of_another_picture_is_refused_with_a_way_to_it(desk, picture, media):
    other = Picture.objects.add(BytesIO(NEW), alt_zh="另一张")
    before = files(media)
    response = replace(desk, picture)
    assert code_of(response) == ["known_picture"]
    assert f'<a href="{page_of(other)}">' in response.content.decode()
    picture.refresh_from_db()
    assert (picture.width, files(media), Act.objects.count()) == (640, before, 0)


def test_a_former_file_of_another_picture_is_refused_too(desk, picture):
    other = a_picture()
    replace(desk, other, NEW)
    replace(desk, other, image_bytes(77, 77))
    assert code_of(replace(desk, picture, NEW)) == ["known_picture"]


def test_the_very_same_file_is_nothing_to_replace(desk, picture):
    assert code_of(replace(desk, picture, OLD)) == ["known_picture"]
    assert FormerFile.objects.count() == 0


def test_going_back_to_the_former_file_works(
    desk, picture, media, django_capture_on_commit_callbacks
):
    first = picture.sha256
    for data in (NEW, OLD, NEW, OLD):
        with django_capture_on_commit_callbacks(execute=True):
            assert replace(desk, picture, data).status_code == 302
    again = Picture.objects.get()
    assert again.sha256 == first
    assert FormerFile.objects.count() == 1
    assert files(media) == listed(again)


def test_a_former_file_uploaded_again_gives_the_picture_that_replaced_it(desk, picture):
    replace(desk, picture)
    known, is_new = Picture.objects.take(BytesIO(OLD), None, is_pending=True)
    assert (known, is_new) == (picture, False)
    response = send(desk, "/admin/library/picture/add/",
                    file=SimpleUploadedFile("a.jpg", OLD), alt_zh="x")  # fmt: skip
    assert errors(response) == {"file": ["known_picture"]}


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "empty"), (b"words", "not_a_picture"), (NEW[:-200], "broken")],
)
def test_a_bad_file_changes_nothing(desk, picture, media, data, code):
    before = files(media)
    assert code_of(replace(desk, picture, data)) == [code]
    assert (files(media), Act.objects.count()) == (before, 0)
    assert Picture.objects.get().sha256 == picture.sha256


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201, "a\x00b"])
def test_a_reason_is_wanted(desk, picture, reason):
    assert len(code_of(replace(desk, picture, reason=reason), "reason")) == 1
    assert FormerFile.objects.count() == 0


def test_a_get_shows_the_page_and_replaces_nothing(desk, picture):
    address = f"/admin/library/picture/{picture.pk}/replace/"
    assert desk.get(address, {"reason": "x"}).status_code == 200
    assert FormerFile.objects.count() == 0


def test_old_files_stay_where_the_change_did_not_stand(picture, editor, media, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("the disk is full")

    before = picture.sha256
    monkeypatch.setattr(Act, "record", fail)
    with pytest.raises(RuntimeError):
        picture.replace(BytesIO(NEW), editor, "x")
    again = Picture.objects.get()
    assert (again.sha256, FormerFile.objects.count()) == (before, 0)
    assert set(listed(again)) <= set(files(media))


def test_files_of_two_rows_that_begin_alike_are_shared_and_stay(picture, media):
    twin = a_picture()
    Picture.objects.filter(pk=twin.pk).update(sha256=picture.sha256[:32] + "f" * 32)
    before = files(media)
    Picture.objects.filter(pk=picture.pk).delete()
    assert stored.forget(Picture, picture.sha256) is True
    assert files(media) == before
    Picture.objects.all().delete()
    stored.forget(Picture, picture.sha256)
    assert len(files(media)) == len(before) - len(picture.forms)


def test_while_a_backup_collects_files_none_is_taken_away(picture, media):
    """The backup's own connection holds the lock; a job takes the files away later."""
    from procrastinate.contrib.django import app

    Picture.objects.all().delete()
    before = files(media)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [stored._ALL_FILES])
        app.connector.reset()
        assert stored.forget(Picture, picture.sha256) is False
        (job,) = app.connector.jobs.values()
    finally:
        other.close()
    assert (job["task_name"], job["args"]) == (
        "library.forget",
        {"kind": "picture", "sha256": picture.sha256},
    )
    assert files(media) == before
    assert stored.forget(Picture, picture.sha256) is True
    assert files(media) == []


def test_a_known_error_names_its_row(picture, editor):
    with pytest.raises(Known) as caught:
        picture.replace(BytesIO(OLD), editor, "x")
    assert caught.value.row == picture


def test_the_person_is_told_to_look_again(desk, picture):
    response = desk.post(
        f"/admin/library/picture/{picture.pk}/replace/",
        {"file": SimpleUploadedFile("新.jpg", NEW), "reason": "x"},
        follow=True,
    )
    (said,) = messages_of(response)
    assert "文件已替换" in said
