"""Documents of the library: stored once, taken home under their title, replaced in place."""

from io import BytesIO
from urllib.parse import quote

import pytest
from desk_forms import at_the_desk, errors, page_of, send, words
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from factories import a_document, a_person, pdf_bytes

from parkcms.ledger.models import Act
from parkcms.library.models import Document

pytestmark = pytest.mark.django_db
ADD = "/admin/library/document/add/"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def desk(client):
    return at_the_desk(client, a_person("bianji", "编辑"))


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def a_pdf(text="", name="手册.pdf"):
    return SimpleUploadedFile(name, pdf_bytes(text=text))


def test_a_document_lies_under_its_fingerprint_and_is_taken_home_under_its_title(media):
    document = a_document(title="园区手册 2026", name="a.pdf")
    sha = document.sha256
    assert document.url == f"/media/documents/{sha[:2]}/{sha[2:32]}.pdf"
    assert files(media) == [f"documents/{sha[:2]}/{sha[2:32]}.pdf"]
    response = Client().get(document.url)
    assert response.status_code == 200
    assert response.getvalue() == (media / document.path).read_bytes()
    assert {name: response[name] for name in ("Content-Type", "Content-Disposition",
            "Content-Security-Policy", "X-Content-Type-Options", "Cache-Control")} == {
        "Content-Type": "application/pdf",
        "Content-Disposition": f"attachment; filename*=utf-8''{quote('园区手册 2026.pdf')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "public, max-age=3600",
    }  # fmt: skip
    assert not response.cookies


def test_a_download_costs_one_query(django_assert_num_queries):
    document = a_document()
    a_document()
    with django_assert_num_queries(1):
        Client().get(document.url)


def test_other_names_are_not_found(media):
    document = a_document()
    (media / "documents/x.html").write_text("<script>")
    names = [
        "/media/documents/", "/media/documents/x.html", document.url + "/", document.url.upper(),
        document.url.replace(".pdf", ".exe"), f"/media/documents/00/{'0' * 30}.pdf",
        document.url + "%0a", "/media/documents/../secret-key", f"{document.url}.html",
    ]  # fmt: skip
    assert {name: Client().get(name).status_code for name in names} == dict.fromkeys(names, 404)


def test_a_document_whose_file_is_away_is_not_found(media):
    document = a_document()
    (media / document.path).unlink()
    assert Client().get(document.url).status_code == 404


def test_the_same_bytes_give_the_same_row(media):
    first = Document.objects.add(BytesIO(pdf_bytes()), title="手册")
    before = files(media)
    assert Document.objects.add(BytesIO(pdf_bytes()), title="另一个") == first
    assert files(media) == before


@pytest.mark.parametrize(
    ("title", "name", "stands"),
    [
        ("", "园区手册 2026.pdf", "园区手册 2026"),
        ("../../手册", "a.pdf", "手册"),
        ("手册\u202e", "a.pdf", "手册"),
        ("手册", "a.pdf", "手册"),
    ],
)
def test_a_title_is_the_files_name_where_none_is_given_and_never_a_path(title, name, stands):
    document = a_document(title=title, name=name)
    assert (document.title, document.download_name) == (stands, f"{stands}.pdf")


def test_an_editor_adds_one_in_the_form(desk):
    file = a_pdf(name="价格表.pdf")
    response = send(desk, ADD, file=file, title="", credit="管委会", keywords="价格，二期")
    assert response.status_code == 302
    document = Document.objects.get()
    assert (document.title, document.name, document.kind) == ("价格表", "价格表.pdf", "pdf")
    act = Act.objects.about(document).get()
    assert (act.verb, act.after) == ("add", {"credit": "管委会", "keywords": "价格，二期"})


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [(b"", "a.pdf", "empty"), (b"<svg/>", "a.pdf", "svg"), (pdf_bytes(), "a.docx", "lying")],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_kept(desk, media, data, name, code):
    response = send(desk, ADD, file=SimpleUploadedFile(name, data))
    assert errors(response) == {"file": [code]}
    assert (Document.objects.count(), files(media), Act.objects.count()) == (0, [], 0)


def test_a_known_file_is_pointed_at(desk):
    document = a_document(title="老手册", name="a.pdf")
    same = SimpleUploadedFile("b.pdf", (b"").join(open_bytes(document)))
    response = send(desk, ADD, file=same)
    assert errors(response) == {"file": ["known_document"]}
    assert f"“老手册”（编号 {document.pk}）" in words(response)


def open_bytes(document):
    return Client().get(document.url).streaming_content


def test_documents_are_found_by_title_name_credit_and_keyword(desk):
    one = a_document(title="价格表", name="jiage.pdf", credit="管委会", keywords="租金，二期")
    a_document(title="手册", name="shouce.pdf")
    for query in ("价格", "jiage", "管委会", "二期"):
        found = desk.get(f"/admin/library/document/?q={query}").context["cl"].queryset
        assert list(found) == [one], query


def test_replacing_keeps_the_row_and_its_old_address_leads_to_the_new_file(
    desk, media, django_capture_on_commit_callbacks
):
    document = a_document(title="手册", name="a.pdf")
    old = document.url
    with django_capture_on_commit_callbacks(execute=True):
        response = desk.post(
            f"/admin/library/document/{document.pk}/replace/",
            {"file": a_pdf("new", "新手册.pdf"), "reason": "二季度更新"},
        )
    assert response.status_code == 302
    document.refresh_from_db()
    assert (document.title, document.name) == ("手册", "新手册.pdf")
    assert files(media) == [document.path]
    moved = Client().get(old)
    assert (moved.status_code, moved["Location"]) == (302, document.url)
    assert Client().get(document.url).status_code == 200
    act = Act.objects.about(document).get()
    assert (act.verb, act.reason) == ("replace", "二季度更新")
    assert Document.objects.linked_in(f'<a href="{old}">手册</a> <a href="{document.url}">') == {
        old: document,
        document.url: document,
    }


def test_an_unused_document_is_deleted_with_its_file(
    desk, media, django_capture_on_commit_callbacks
):
    document, other = a_document(), a_document()
    with django_capture_on_commit_callbacks(execute=True):
        assert desk.post(page_of(document, "delete"), {"post": "yes"}).status_code == 302
    assert list(Document.objects.all()) == [other]
    assert files(media) == [other.path]
