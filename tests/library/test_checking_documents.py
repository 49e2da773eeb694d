"""What is taken as a document, told from its content, and what each other file is told."""

import hashlib
import zipfile
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from factories import image_bytes, pdf_bytes
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from parkcms.library import documents, ooxml, pdf
from parkcms.library.refusals import Refused

TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
OFFICE = "application/vnd.openxmlformats-officedocument."
WORD = ("/word/document.xml", f"{OFFICE}wordprocessingml.document.main+xml")
EXCEL = ("/xl/workbook.xml", f"{OFFICE}spreadsheetml.sheet.main+xml")
SLIDES = ("/ppt/presentation.xml", f"{OFFICE}presentationml.presentation.main+xml")


def types(*parts):
    overrides = "".join(f'<Override PartName="{p}" ContentType="{t}"/>' for p, t in parts)
    return f'<?xml version="1.0"?><Types xmlns="{TYPES}">{overrides}</Types>'.encode()


def package(*parts, entries=(), table=None):
    """A zip with a table of content types, the parts it names, and other entries."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(ooxml.TYPES, types(*parts) if table is None else table)
        for name, _ in parts:
            file.writestr(name.removeprefix("/"), "<x/>")
        for name, data in entries:
            file.writestr(name, data)
    return out.getvalue()


def workbook():
    out = BytesIO()
    book = Workbook()
    book.active["A1"] = "租金"
    book.save(out)
    return out.getvalue()


def check(data, name=""):
    return documents.check(BytesIO(data), name)


def refusal(data, name=""):
    """The code a file is refused with; its message must be in Chinese."""
    with pytest.raises(Refused) as caught:
        check(data, name)
    assert any("\u4e00" <= char <= "\u9fff" for char in str(caught.value))
    return caught.value.code


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (pdf_bytes(), "pdf"),
        (pdf_bytes() + b"\r\n\0\0", "pdf"),
        (pdf_bytes(streams=[(b"/Filter /FlateDecode", zlib.compress(b"BT (x) Tj ET"))]), "pdf"),
        (package(WORD), "docx"),
        (package(WORD, entries=[("word/media/image1.png", image_bytes(kind="PNG"))]), "docx"),
        (package(EXCEL), "xlsx"),
        (workbook(), "xlsx"),
    ],
    ids=["pdf", "pdf-padded", "pdf-stream", "docx", "docx-picture", "xlsx", "openpyxl"],
)
def test_a_document_is_known_by_its_content(data, kind):
    taken = check(data)
    assert (taken.kind, taken.data) == (kind, data)
    assert taken.sha256 == hashlib.sha256(data).hexdigest()
    assert check(data, f"手册.{kind.upper()}").kind == kind


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"just words", "not_a_document"),
        ("纯文字".encode() * 99, "not_a_document"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "svg"),
        (b"<svg onload='alert(1)'>", "svg"),
        (b"<!DOCTYPE html><html><script>1</script>", "html"),
        (b"  <script>alert(1)</script>", "html"),
        (b"MZ\x90\x00\x03", "program"),
        (b"\x7fELF\x02", "program"),
        (b"#!/bin/sh\nrm -rf /", "program"),
        (image_bytes(), "picture"),
        (image_bytes(kind="PNG"), "picture"),
        (b"Rar!\x1a\x07\x00", "archive"),
        (b"7z\xbc\xaf\x27\x1c", "archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "old_office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
         "encrypted"),
        (b" " + pdf_bytes(), "not_a_document"),
    ],
)  # fmt: skip
def test_what_is_no_document_is_told_what_it_is(data, code):
    assert refusal(data) == code
    assert refusal(data, "手册.pdf") == code


@pytest.mark.parametrize(
    ("data", "name"),
    [(pdf_bytes(), "a.docx"), (package(WORD), "a.pdf"), (package(EXCEL), "价格.docx"),
     (pdf_bytes(), "手册.pdf.exe"), (pdf_bytes(), "a.html")],
)  # fmt: skip
def test_a_name_that_says_another_kind_is_refused(data, name):
    assert refusal(data, name) == "lying"


def test_a_file_over_the_limit_is_refused_unread(monkeypatch):
    data = pdf_bytes()
    monkeypatch.setattr(documents, "MAX_BYTES", len(data))
    assert check(data).kind == "pdf"
    assert refusal(data + b"\n") == "too_large"


# --- PDF ----------------------------------------------------------------------------------------

FLATE = b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode"
ACTION = b"<< /S /JavaScript /JS (app.alert(1)) >>"


def with_object(words):
    return pdf_bytes(objects=b"7 0 obj\n" + words + b"\nendobj\n")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (with_object(ACTION), "active"),
        (with_object(b"<</S/JavaScript/JS 8 0 R>>"), "active"),
        (with_object(b"<< /S /J#61vaScript /J#53 (x) >>"), "active"),
        (with_object(b"<< /S /Launch /F (cmd.exe) >>"), "active"),
        (with_object(b"<< /Names << /EmbeddedFiles 9 0 R >> >>"), "attached"),
        (with_object(b"<< /Type /EmbeddedFile >>"), "attached"),
        (with_object(b"<< /Encrypt 9 0 R >>"), "encrypted"),
        (pdf_bytes(streams=[(FLATE, zlib.compress(b"7 0 " + ACTION))]), "active"),
        (pdf_bytes(streams=[(FLATE.replace(b"Obj", b"#4fbj"), zlib.compress(ACTION))]), "active"),
        (pdf_bytes(streams=[(b"/Type /ObjStm", b"7 0 " + ACTION)]), "active"),
        (pdf_bytes(streams=[(b"/Filter /FlateDecode", zlib.compress(ACTION))]), "active"),
        (pdf_bytes(streams=[(b"/Length 9", b"% stream " + ACTION)]), "active"),
        (pdf_bytes(streams=[(FLATE, b"no zlib at all")]), "unreadable"),
        (pdf_bytes(streams=[(FLATE + b" /Predictor 12", zlib.compress(ACTION))]), "unreadable"),
        (pdf_bytes(streams=[(b"/Type /ObjStm /Filter /LZWDecode", b"\x80")]), "unreadable"),
        (pdf_bytes()[:-20], "broken"),
        (b"%PDF-1.7 ...", "broken"),
        (b"%PDF-" + pdf_bytes()[8:], "broken"),
        (pdf_bytes() + b"PK\x03\x04 and more", "polyglot"),
        (pdf_bytes() + b"<script>alert(1)</script>", "polyglot"),
        (pdf_bytes() + package(WORD), "polyglot"),
    ],
)
def test_a_pdf_that_acts_hides_or_is_cut_is_refused(data, code):
    assert refusal(data) == code


def test_a_pdf_that_swells_is_refused(monkeypatch):
    monkeypatch.setattr(pdf, "MAX_UNPACKED", 10_000)
    swelling = [(b"/Filter /FlateDecode", zlib.compress(bytes(6_000)))] * 2
    assert check(pdf_bytes(streams=swelling[:1])).kind == "pdf"
    assert refusal(pdf_bytes(streams=swelling)) == "bomb"


def test_pixels_are_not_unpacked(monkeypatch):
    monkeypatch.setattr(pdf, "MAX_UNPACKED", 10_000)
    pixels = (b"/Subtype /Image /Filter /FlateDecode", zlib.compress(bytes(50_000)))
    assert check(pdf_bytes(streams=[pixels])).kind == "pdf"


def test_three_letters_that_meet_by_chance_in_packed_bytes_are_no_script():
    assert check(pdf_bytes(streams=[(b"/Subtype /Image", b"\x01/JS\x02 /JS (x)")])).kind == "pdf"
    assert check(with_object(b"<< /Title (JavaScript) /JSX 1 /Launcher 2 >>")).kind == "pdf"


# --- DOCX and XLSX ------------------------------------------------------------------------------


def bomb(**fields):
    """A small zip whose table of contents claims other sizes."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(ooxml.TYPES, types(WORD))
        file.writestr("word/document.xml", "<x/>")
        file.writestr("big.bin", "x" * 100)
        for name, value in fields.items():
            setattr(file.filelist[-1], name, value)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (package(SLIDES), "not_a_document"),
        (package(), "not_a_document"),
        (package(table=types(WORD)), "not_a_document"),  # names a part that is not there
        (package(WORD, EXCEL), "not_a_document"),
        (package(WORD, table=b"<Types"), "broken"),
        (package(WORD, table=b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + types(WORD)), "broken"),
        (package(WORD, entries=[("word/vbaProject.bin", b"x")]), "macros"),
        (package(WORD, entries=[("word/VBAPROJECT.BIN", b"x")]), "macros"),
        (package(("/word/document.xml", "application/vnd.ms-word.document.macroEnabled.main+xml")),
         "macros"),
        (package(WORD, entries=[("../../etc/cron.d/x", b"x")]), "path_parts"),
        (package(WORD, entries=[("/etc/passwd", b"x")]), "path_parts"),
        (package(WORD, entries=[("word/..\\..\\x", b"x")]), "path_parts"),
        (package(WORD, entries=[("C:x", b"x")]), "path_parts"),
        (package(WORD, entries=[("Word/Document.xml", b"x")]), "broken"),  # twice the same part
        (bomb(file_size=300 * 1024 * 1024), "bomb"),
        (bomb(file_size=20 * 1024 * 1024), "bomb"),  # its ratio
        (bomb(compress_size=10**6), "bomb"),  # entries over each other
        (bomb(flag_bits=1), "encrypted"),
        (package(WORD)[:-30], "broken"),
        (package(WORD)[: len(package(WORD)) // 2], "broken"),
        (package(WORD) + b"<script>alert(1)</script>", "polyglot"),
        (package(WORD) + pdf_bytes(), "polyglot"),
        (b"PK\x03\x04", "broken"),
    ],
)  # fmt: skip
def test_a_package_that_lies_swells_acts_or_is_cut_is_refused(data, code):
    assert refusal(data) == code


def test_a_plain_zip_and_a_bomb_of_zeros_are_refused():
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.txt", "x")
    assert refusal(out.getvalue()) == "not_a_document"
    zeros = package(WORD, entries=[("word/media/zeros.bin", bytes(30 * 1024 * 1024))])
    assert len(zeros) < 100_000
    assert refusal(zeros) == "bomb"


def test_a_package_of_too_many_entries_is_refused(monkeypatch):
    monkeypatch.setattr(ooxml, "MAX_ENTRIES", 5)
    assert check(package(WORD)).kind == "docx"
    assert refusal(package(WORD, entries=[(f"{n}.xml", b"x") for n in range(9)])) == "bomb"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([pdf_bytes(), package(WORD), workbook()]))
def test_a_damaged_document_is_refused_or_taken_but_never_an_error_of_ours(junk, good):
    half = len(good) // 2
    for data in (junk, good[:half] + junk, good[:half] + junk + good[half + len(junk) :],
                 good[:5] + junk, good[:-20] + junk):  # fmt: skip
        with suppress(Refused):
            assert check(data).kind in {"pdf", "docx", "xlsx"}
