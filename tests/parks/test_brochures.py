"""A park's brochure: what is in it, for whom it is there, and that an edition is made once."""

import json
import struct
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pylopdf_fonts_zh_cn as fonts
import pytest
import time_machine
from django.utils import translation
from factories import a_contact, a_figure, a_park, a_space
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parks import brochure, brochure_pdf, brochure_shelf, profile

pytestmark = pytest.mark.django_db
HOSTILE = '#panic("x") $a$ *b* _c_ @ref <lab> \\ "q" `r` ]] }} // /* '


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path


def made(park, chosen=()):
    return brochure.of_park(profile.parks_with_names().get(pk=park.pk), list(chosen), "某站")


def editions(folder):
    return sorted((folder / "brochures").glob("*.pdf"))


def test_brochure_is_a_pdf_with_a_name_of_its_own(client):
    a_park(slug="wide", name_zh="宽阔园")
    answer = client.get("/parks/wide/brochure.pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content[:5] == b"%PDF-"
    assert answer["Content-Disposition"].startswith("inline; filename*=utf-8''%E5%AE%BD")
    assert answer["Cache-Control"] == "public, max-age=300"


def test_english_address_gives_another_edition(client):
    a_park(slug="wide")
    assert (
        client.get("/parks/wide/brochure.pdf")["ETag"]
        != (client.get("/en/parks/wide/brochure.pdf")["ETag"])
    )


def test_who_has_the_edition_gets_no_bytes_and_none_is_made(client, own_folder):
    a_park(slug="wide")
    etag = client.get("/parks/wide/brochure.pdf")["ETag"]
    editions(own_folder)[0].unlink()
    answer = client.get("/parks/wide/brochure.pdf", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content, editions(own_folder)) == (304, b"", [])


def test_draft_park_has_no_brochure(client):
    a_park(slug="draft", publish_at=None)
    assert client.get("/parks/draft/brochure.pdf").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["space=other", "space=", "space=a/b", "&".join(f"space=s{n}" for n in range(13))],
    ids=["of another park", "empty", "a path", "thirteen"],
)  # fmt: skip
def test_spaces_that_are_not_of_the_park_are_not_found(client, query):
    a_park(slug="wide")
    a_space(slug="other")
    assert client.get(f"/parks/wide/brochure.pdf?{query}").status_code == 404


def test_order_and_doubles_of_chosen_spaces_make_no_new_edition(client, own_folder):
    park = a_park(slug="wide")
    a_space(park, slug="one")
    a_space(park, slug="two")
    first = client.get("/parks/wide/brochure.pdf?space=one&space=two")
    again = client.get("/parks/wide/brochure.pdf?space=two&space=one&space=two&utm=1")
    assert (again.content == first.content, len(editions(own_folder))) == (True, 1)


def test_spaces_of_two_parks_share_a_brochure(client):
    a_space(a_park(slug="one"), slug="x")
    a_space(a_park(slug="two"), slug="y")
    assert client.get("/spaces/brochure.pdf?space=one/x&space=two/y").content[:5] == b"%PDF-"
    assert client.get("/spaces/brochure.pdf?space=one/y").status_code == 404
    assert client.get("/spaces/brochure.pdf").status_code == 404


def test_change_makes_a_new_edition_and_takes_the_former_away(client, own_folder):
    park = a_park(slug="wide")
    client.get("/parks/wide/brochure.pdf")
    before = editions(own_folder)
    a_figure(park)
    client.get("/parks/wide/brochure.pdf")
    assert (len(editions(own_folder)), editions(own_folder) == before) == (1, False)


@time_machine.travel("2026-05-01T04:00:00Z", tick=False)
def test_only_offered_spaces_are_listed_with_terms_and_the_earliest_validity():
    park = a_park()
    terms = {"rent_cny_m2_day": "1.2", "rent_incl_tax": True, "rent_incl_service": False}
    now = "2026-04-30T00:00:00Z"
    a_space(park, code="A", checked_at=now, valid_until=date(2026, 9, 1), **terms)
    a_space(park, code="B", checked_at=now, valid_until=date(2026, 7, 1), **terms)
    a_space(park, code="C", checked_at="2026-01-01T00:00:00Z")
    a_space(park, code="D", checked_at=now, state="let")
    data = made(park).data
    assert [row["code"] for row in data["spaces"]["rows"]] == ["A", "B"]
    assert data["spaces"]["rows"][0]["terms"] == "含税 · 不含物业费 · 有效至 2026-09-01"
    assert data["edition"] == "本手册 2026-05-01 生成"
    assert data["validity"] == "价格有效至 2026-07-01（最早的一个）"


def test_figures_carry_their_note_and_unknown_is_no_no():
    park = a_park()
    figure = a_figure(park, sentence="入驻企业 30 家。")
    space = a_space(park, gas=None, steam=False)
    data = made(park, [space]).data
    assert data["figures"][0]["note"] == data["notes"][0]["n"] == 1
    assert data["notes"][0]["sentence"] == figure.sentence
    told = {row["label"]: row["text"] for row in data["details"][0]["groups"][1]["rows"]}
    assert (told["天然气"], told["蒸汽"]) == ("待确认", "否")


def test_same_input_gives_the_same_bytes():
    park = a_park(contact=a_contact())
    a_figure(park)
    one, other = made(park), made(park)
    assert brochure_pdf.key(one) == brochure_pdf.key(other)
    assert brochure_pdf.compile_pdf(one) == brochure_pdf.compile_pdf(other)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_markup_and_endless_words_in_names_are_printed_and_not_run(language):
    park = a_park(name_zh=HOSTILE[:60], name_en=HOSTILE, intro_zh="长" * 300 + "x" * 1700)
    a_figure(park, sentence=HOSTILE)
    space = a_space(park, code=HOSTILE[:40], escalation=HOSTILE, note_zh=HOSTILE)
    with translation.override(language):
        data = made(park, [space])
        assert brochure_pdf.compile_pdf(data)[:5] == b"%PDF-"
    assert data.data["notes"][0]["sentence"] == HOSTILE
    assert data.data["details"][0]["remark"] == HOSTILE


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200))
def test_any_text_can_be_set_and_reaches_the_page_as_it_is(text):
    row = a_park()
    try:
        told = made(row)
    finally:
        row.delete()
    told.data |= {"title": text, "place": text, "intro": [text], "site": text}
    told.data["notes"] = [{"n": 1, "head": text, "url": text, "sentence": text}]
    assert brochure_pdf.compile_pdf(told)[:5] == b"%PDF-"
    seen = "".join(c for c in text if c in "\n\r\t\b\f" or (c >= " " and c != "\x7f"))
    assert json.loads(brochure_pdf._as_json(told))["intro"] == [seen]


def test_two_at_once_make_an_edition_once():
    calls = []

    def make():
        calls.append(1)
        return b"%PDF-"

    with ThreadPoolExecutor(4) as pool:
        paths = set(pool.map(lambda _n: brochure_shelf.edition("a", "k" * 32, make), range(4)))
    assert (len(paths), len(calls)) == (1, 1)


def test_too_many_at_once_are_told_to_come_back(client, monkeypatch):
    def busy(*_args):
        raise brochure_shelf.Busy

    a_park(slug="wide")
    monkeypatch.setattr(brochure_shelf, "edition", busy)
    answer = client.get("/parks/wide/brochure.pdf")
    assert (answer.status_code, answer["Retry-After"]) == (503, "15")


def test_every_character_of_the_demo_content_has_a_glyph():
    demo = Path(brochure.__file__).resolve().parent.parent / "parkcms" / "demo"
    used = {c for path in demo.rglob("*.toml") for c in path.read_text(encoding="utf-8")}
    used = {c for c in used if c.isprintable() and c != "\ufeff"}
    assert used - characters_of(fonts.sans_path()) == set()


def characters_of(path):
    """The characters of a font: its cmap, format 12."""
    data = path.read_bytes()
    tables = {
        data[at : at + 4]: struct.unpack(">I", data[at + 8 : at + 12])[0]
        for at in range(12, 12 + 16 * struct.unpack(">H", data[4:6])[0], 16)
    }
    cmap = tables[b"cmap"]
    count = struct.unpack(">H", data[cmap + 2 : cmap + 4])[0]
    found = set()
    for n in range(count):
        at = cmap + struct.unpack(">I", data[cmap + 8 + 8 * n : cmap + 12 + 8 * n])[0]
        if struct.unpack(">H", data[at : at + 2])[0] == 12:
            groups = struct.unpack(">I", data[at + 12 : at + 16])[0]
            for place in range(at + 16, at + 16 + 12 * groups, 12):
                first, last, _glyph = struct.unpack(">III", data[place : place + 12])
                found |= set(map(chr, range(first, last + 1)))
    return found
