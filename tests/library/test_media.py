"""Stored pictures over HTTP: only names the library makes, kept by browsers for ever."""

from io import BytesIO

import pytest
from django.test import Client
from factories import a_picture
from PIL import Image

from parkcms.library.models import Picture

pytestmark = pytest.mark.django_db
TYPES = {"jpg": "image/jpeg", "webp": "image/webp", "png": "image/png"}


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "secret-key").write_text("secret")
    return settings.MEDIA_ROOT


@pytest.fixture
def stored(media):
    picture = a_picture()
    return picture, picture.url("card")


def test_every_stored_form_is_answered_with_its_own_type(media, stored):
    paths = [path for path in media.rglob("*") if path.is_file()]
    assert len(paths) == 5
    for path in paths:
        response = Client().get(f"/media/{path.relative_to(media)}")
        assert response.status_code == 200
        assert response.getvalue() == path.read_bytes()
        assert response["Content-Type"] == TYPES[path.suffix[1:]]
        assert response["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Disposition"].startswith("inline;")
        assert not response.cookies


def test_a_transparent_original_is_answered(media):
    out = BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG")
    out.seek(0)
    picture = Picture.objects.add(out, alt_zh="透明")
    url = picture.url("thumb").replace("thumb.jpg", "original.png")
    assert Client().get(url)["Content-Type"] == "image/png"


def test_only_reading_is_answered(stored):
    _, url = stored
    assert Client().head(url).status_code == 200
    for method in ("post", "put", "patch", "delete", "options"):
        assert getattr(Client(), method)(url).status_code == 405


def test_other_names_are_not_found(media, stored):
    picture, url = stored
    folder = f"/media/pictures/{picture.sha256[:2]}"
    (media / "notes.txt").write_text("secret")
    (media / "pictures/evil.html").write_text("<script>")
    (media / f"pictures/{picture.sha256[:2]}/{'0' * 30}-card.svg").write_text("<svg/>")
    (media / f"pictures/{picture.sha256[:2]}/{'1' * 30}-card.jpg").mkdir()
    unknown = f"{folder}/{'e' * 30}-card.jpg"
    names = [
        "/media/", "/media", "/media/pictures/", f"{folder}/", folder, unknown,
        f"{folder}/{'0' * 30}-card.svg", f"{folder}/{'1' * 30}-card.jpg",
        "/media/notes.txt", "/media/pictures/evil.html",
        "/media/../secret-key", "/media/pictures/../../secret-key", "/media/%2e%2e/secret-key",
        "/media/..%2fsecret-key", "/media//etc/passwd", "/media/%2Fetc%2Fpasswd",
        url + "/", url + "/..", url.upper(), url.replace("card", "CARD"), url + "%0a",
        url.replace(".jpg", ".jpeg"), url.replace("/media/", "/media/./"),
        url.replace("card", "card9"), "/media/pictures/%ff", f"{url}%20",
    ]  # fmt: skip
    answers = {name: Client().get(name).status_code for name in names}
    assert set(answers.values()) <= {404, 301}, answers
    assert all(Client().get(name, follow=True).status_code == 404 for name in names)


def test_a_nul_byte_in_a_name_is_a_bad_request(stored):
    _, url = stored
    assert Client().get(url + "%00.png").status_code == 400


def test_an_encoded_slash_leads_to_the_same_picture_or_nowhere(stored):
    """%2F is / once decoded, so this is the same name and no other file."""
    _, url = stored
    response = Client().get(url.replace("/media/pictures/", "/media/pictures%2F"))
    assert response.status_code == 200
    assert response.getvalue() == Client().get(url).getvalue()


def test_a_query_string_changes_nothing(stored):
    _, url = stored
    assert Client().get(url + "?w=99999").getvalue() == Client().get(url).getvalue()
