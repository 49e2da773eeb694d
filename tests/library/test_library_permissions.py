"""Who may do what in the library: each role, each page, each method."""

import pytest
from desk_forms import at_the_desk, page_of
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from factories import a_document, a_person, a_picture, image_bytes, pdf_bytes

from parkcms.roles import ROLES

pytestmark = pytest.mark.django_db
MAKERS = {"picture": a_picture, "document": a_document}
NEW = {
    "picture": lambda: SimpleUploadedFile("新.jpg", image_bytes(90, 90)),
    "document": lambda: SimpleUploadedFile("新.pdf", pdf_bytes(text="new")),
}
SEE_NOTHING = {"招商专员", "招商主管"}
DELETE = {"编辑", "站长"}
NAMES = [role.name for role in ROLES]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def desk_of(role):
    return at_the_desk(Client(), a_person("someone", role))


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("role", NAMES)
def test_a_role_opens_and_posts_to_exactly_its_pages(role, kind):
    row = MAKERS[kind]()
    desk = desk_of(role)
    works = role not in SEE_NOTHING
    deletes = role in DELETE
    base = f"/admin/library/{kind}/"
    replace = f"{base}{row.pk}/replace/"
    wanted = {
        ("get", base): 200 if works else 403,
        ("get", f"{base}add/"): 200 if works else 403,
        ("get", page_of(row)): 200 if works else 403,
        ("get", page_of(row, "history")): 200 if works else 403,
        ("get", replace): 200 if works else 403,
        ("get", page_of(row, "delete")): 200 if deletes else 403,
        ("get", f"{base}upload/"): 405,
        ("post", page_of(row)): 200 if works else 403,  # sent back: nothing was filled in
        ("post", replace): 200 if works else 403,
        ("post", f"{base}upload/"): 422 if works else 403,
        ("post", page_of(row, "delete")): 302 if deletes else 403,
    }
    given = {}
    for method, address in wanted:
        data = {"post": "yes"} if address.endswith("delete/") and method == "post" else {}
        given[method, address] = getattr(desk, method)(address, data).status_code
    assert given == wanted


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("role", sorted(SEE_NOTHING))
def test_who_may_not_add_or_change_leaves_everything_as_it_was(role, kind):
    row = MAKERS[kind]()
    model = type(row)
    before = list(model.objects.values())
    desk = desk_of(role)
    base = f"/admin/library/{kind}/"
    assert desk.post(f"{base}upload/", {"file": NEW[kind]()}).status_code == 403
    sent = {"file": NEW[kind](), "reason": "x"}
    assert desk.post(f"{base}{row.pk}/replace/", sent).status_code == 403
    assert list(model.objects.values()) == before


@pytest.mark.parametrize("kind", MAKERS)
def test_without_an_account_nothing_is_taken_in_or_replaced(kind):
    row = MAKERS[kind]()
    base = f"/admin/library/{kind}/"
    for address in (f"{base}upload/", f"{base}{row.pk}/replace/"):
        response = Client().post(address, {"file": NEW[kind](), "reason": "x"})
        assert response.status_code in {302, 403}  # the door, or a page that says so
    assert list(type(row).objects.values_list("pk", "sha256")) == [(row.pk, row.sha256)]


@pytest.mark.parametrize("key", ["x", "0", "-1", "99999999999999999999", "%ff", "1_2F", "1/2"])
def test_a_row_that_is_not_there_has_no_page_to_replace_it(key):
    desk = desk_of("编辑")
    for method in ("get", "post"):
        response = getattr(desk, method)(f"/admin/library/picture/{key}/replace/")
        assert response.status_code in {302, 404}
