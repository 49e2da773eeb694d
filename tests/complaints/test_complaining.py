"""From the form to a reference: what is needed, what comes back, what is kept once."""

import threading
from datetime import UTC, datetime

import pytest
from complaining import REPORT, STOLEN, WRONG, codes, complain
from django.db import DatabaseError, OperationalError, connection, connections
from django.test import Client
from factories import a_park, a_space, an_article
from reading import every, one, parse, unmarked, words

from leads import bounded
from parkcms import reporting
from parkcms.ledger.models import Act
from parkcms.models import Complaint, SiteProfile

pytestmark = pytest.mark.django_db


def test_a_complaint_is_kept_and_leads_to_its_page(client, clock):
    article = an_article(title="某园区开园")
    answer = complain(client, STOLEN, about=article.get_absolute_url())
    row = Complaint.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/report/{row.reference}/")
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert answer.cookies == {}
    kept = {name: getattr(row, name) for name in
            ("kind", "about_path", "about_title", "text", "basis", "name", "contact", "network",
             "language", "state", "is_suspect", "received_at")}  # fmt: skip
    assert kept == {
        "kind": "infringement",
        "about_path": article.get_absolute_url(),
        "about_title": "某园区开园",
        "text": STOLEN["text"],
        "basis": STOLEN["basis"],
        "name": "陈测试",
        "contact": "138 0013 8000",
        "network": "127.0.0.1",
        "language": "zh-hans",
        "state": "new",
        "is_suspect": False,
        "received_at": datetime(2026, 11, 25, 2, tzinfo=UTC),
    }


def test_its_act_names_no_word_of_it(client):
    complain(client, STOLEN)
    (act,) = Act.objects.filter(object_kind="parkcms.complaint")
    row = Complaint.objects.get()
    said = (act.verb, act.actor_name, act.object_label, act.reason, act.before, act.after)
    assert said == ("receive", "系统", f"投诉 {row.pk}", "", {}, {"kind": "infringement"})


def test_in_english_too(client):
    answer = complain(client, language="/en")
    row = Complaint.objects.get()
    assert answer["Location"] == f"/en/report/{row.reference}/"
    assert row.language == "en"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("１３９００００００１１", "139 0000 0011"), ("021-59501234转8012", "021-5950 1234 转 8012"),
     ("chen@example.cn", "chen@example.cn"), ("", "")],
)  # fmt: skip
def test_a_contact_is_a_number_or_a_mail_address(client, typed, kept):
    complain(client, contact=typed)
    assert Complaint.objects.get().contact == kept


# --- the form comes back ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "changed", "wrong"),
    [
        (WRONG, {"kind": None}, {"kind": ["required"]}),
        (WRONG, {"kind": "murder"}, {"kind": ["invalid_choice"]}),
        (WRONG, {"text": " \n "}, {"text": ["required"]}),
        (WRONG, {"text": "啊" * 4001}, {"text": ["max_length"]}),
        (WRONG, {"about": ""}, {"about": ["needed"]}),
        (WRONG, {"about": "https://www.example.com/"}, {"about": ["not_ours"]}),
        (WRONG, {"contact": "021-5950123"}, {"contact": ["phone_shanghai"]}),
        (WRONG, {"contact": "chen@"}, {"contact": ["mail"]}),
        (STOLEN, {"name": "", "contact": ""}, {"name": ["needed"], "contact": ["needed"]}),
        (STOLEN, {"basis": ""}, {"basis": ["needed"]}),
        (STOLEN, {"basis": "啊" * 1001}, {"basis": ["max_length"]}),
        (STOLEN, {"about": ""}, {"about": ["needed"]}),
        (STOLEN, {"name": "x" * 81}, {"name": ["max_length"]}),
    ],
)
def test_what_is_wrong_is_said_at_its_field(client, said, changed, wrong):
    assert codes(complain(client, said, **changed)) == wrong
    assert Complaint.objects.count() == 0


@pytest.mark.parametrize("kind", ["privacy", "unlawful"])
def test_who_tells_of_something_unlawful_needs_no_name_and_no_page(client, kind):
    assert complain(client, kind=kind, about="").status_code == 303
    row = Complaint.objects.get()
    assert (row.about_path, row.about_title, row.name, row.contact) == ("", "", "", "")


def test_an_error_keeps_what_was_typed(client):
    page = parse(complain(client, STOLEN, contact="021-5950123"))
    assert one(page, "#id_contact").get("value") == "021-5950123"
    assert words(one(page, "#id_text")) == STOLEN["text"]
    assert words(one(page, "#id_basis")) == STOLEN["basis"]
    assert one(page, "input[name=kind][value=infringement]").get("checked") is not None
    assert one(page, "#id_contact").get("aria-invalid") == "true"
    assert "id_contact_error" in one(page, "#id_contact").get("aria-describedby")
    assert [a.get("href") for a in every(page, ".alert a")] == ["#id_contact"]


def test_the_english_form_explains_a_number_in_no_chinese_of_the_parser(client):
    answer = complain(client, language="/en", contact="021-5950123")
    assert codes(answer) == {"contact": ["phone_shanghai"]}
    assert "8 位" not in answer.content.decode()


# --- the page it is about -------------------------------------------------------------------------


def test_a_page_named_in_the_address_is_filled_in_and_named(client):
    article = an_article(title="某园区开园")
    page = parse(client.get(f"{REPORT}?about={article.get_absolute_url()}"))
    assert one(page, "#id_about").get("value") == article.get_absolute_url()
    assert words(one(page, "p.about a")) == "某园区开园"
    assert every(page, "meta[name=robots][content=noindex]")


def test_the_title_of_a_draft_is_told_to_nobody(client):
    draft = an_article(title="还没有公开的题目", publish_at=None)
    answer = client.get(f"{REPORT}?about=/articles/{draft.pk}/")
    assert "还没有公开的题目" not in answer.content.decode()
    complain(client, about=f"/articles/{draft.pk}/")
    assert Complaint.objects.get().about_title == ""


@pytest.mark.parametrize(
    "query",
    ["", "about=", "about=https://www.example.com/", "about=/admin/", "about=%ff", "about=//x",
     "about=/enquiries/" + "a" * 32 + "/", "about=/media/%2500", "other=1"],
)  # fmt: skip
def test_any_other_address_is_the_plain_form(client, query):
    plain = client.get(REPORT).content
    assert b"noindex" not in plain
    assert client.get(f"{REPORT}?{query}").content == plain


def test_an_article_and_a_park_lead_to_the_form_with_themselves(client):
    for row in (an_article(summary_en="It opened."), a_park()):
        path = row.get_absolute_url()
        for language in ("", "/en"):
            page = parse(client.get(f"{language}{path}"))
            (link,) = every(page, "a[rel=nofollow][href^=" + f"{language}/report/?about=]")
            assert link.get("href") == f"{language}/report/?about={language}{path}"
            assert client.get(link.get("href")).context["about"] == f"{language}{path}"
    assert every(parse(client.get("/")), "footer a[href=/report/]")


# --- once, and not too often ----------------------------------------------------------------------


def test_a_double_press_is_one_complaint_for_ten_minutes(client, clock):
    first = complain(client)["Location"]
    clock.shift(599)
    assert complain(client)["Location"] == first
    assert Complaint.objects.count() == 1
    assert complain(client, text="第三段也错了。")["Location"] != first
    clock.shift(2)
    assert complain(client)["Location"] != first
    assert Complaint.objects.count() == 3


def test_one_network_sends_ten_a_minute_and_is_told_what_to_do(client, clock):
    SiteProfile.objects.update(hot_line="400-000-0000")
    for number in range(reporting.MOST_A_MINUTE):
        assert complain(client, text=f"错 {number}").status_code == 303
    answer = complain(client, text="还有一处")
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    page = parse(answer)
    assert "一分钟" in words(one(page, ".alert"))
    assert "400-000-0000" in words(one(page, ".alert"))
    assert words(one(page, "#id_text")) == "还有一处"
    assert complain(client, text="错 3").status_code == 303  # a repeat is no new one
    other = Client(REMOTE_ADDR="203.0.113.8")
    assert complain(other, text="还有一处").status_code == 303
    clock.shift(61)
    assert complain(client, text="又一处").status_code == 303
    assert Complaint.objects.count() == reporting.MOST_A_MINUTE + 2


def test_the_trap_only_marks(client):
    assert complain(client, website="https://spam.example").status_code == 303
    assert Complaint.objects.get().is_suspect is True


@pytest.mark.django_db(transaction=True)
def test_eight_presses_at_once_are_one_complaint():
    """Eight threads, each with a connection of its own."""
    content = {"kind": "unlawful", "about_path": "", "text": "x", "basis": "", "name": "",
               "contact": "", "is_suspect": False}  # fmt: skip
    start, told = threading.Barrier(8), []

    def press():
        start.wait()
        try:
            told.append(reporting.take_in(dict(content), network="203.0.113.9", language="en"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [Complaint.objects.get().reference] * 8


# --- the database is away -------------------------------------------------------------------------


@pytest.fixture(params=["away", "broken"])
def away(request, monkeypatch):
    error = bounded.DatabaseAway("away") if request.param == "away" else DatabaseError("disk full")

    def refuse(work, seconds=None):
        raise error

    monkeypatch.setattr(bounded, "call", refuse)


def test_without_the_database_everything_typed_stays(client, away):
    answer = complain(client, STOLEN)
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert answer["Cache-Control"] == "no-store"
    page = parse(answer)
    assert words(one(page, "#id_text")) == STOLEN["text"]
    assert one(page, "#id_name").get("value") == "陈测试"
    assert "没有收下" in words(one(page, ".alert h1"))


def test_the_hot_line_is_known_without_the_database(client, monkeypatch):
    SiteProfile.objects.update(hot_line="400-000-0000")
    client.get(REPORT)

    def gone(*args, **kwargs):
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", gone)
        empty, answer = client.get(REPORT), complain(client)
    assert empty.status_code == 200
    assert answer.status_code == 503
    assert "400-000-0000" in words(one(parse(answer), ".alert"))
    assert Complaint.objects.count() == 0


# --- hostile --------------------------------------------------------------------------------------


def test_what_is_too_large_is_refused_before_it_is_read(client):
    answer = complain(client, text="啊" * 140_000)
    assert answer.status_code == 413
    assert "只收文字" in words(one(parse(answer), ".alert"))


def test_nul_and_what_nobody_sees_is_left_out(client):
    assert complain(client, text="a\x00b\u202ec\ufeff", name="陈\x00测试").status_code == 303
    row = Complaint.objects.get()
    assert (row.text, row.name) == ("abc", "陈测试")


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00" * 100, b"kind=correction&text=%ED%A0%80&about=/%ff", b"&&&===", b"a" * 9000,
     b"kind=unlawful&kind=x&text=%00", b"kind=privacy&about=http://[::1&text=x"],
)  # fmt: skip
def test_junk_is_answered_with_the_form(client, body):
    answer = client.generic("POST", REPORT, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422


def test_half_a_surrogate_pair_is_kept_as_what_it_is_read_as(client):
    body = b"kind=privacy&text=a%ED%A0%80b"
    answer = client.generic("POST", REPORT, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 303
    assert Complaint.objects.get().text.strip("ab") == "\ufffd" * 3


@pytest.mark.parametrize(
    "kind",
    ["multipart/form-data", "multipart/form-data; boundary=" + "x" * 500,
     "multipart/form-data; boundary=\xe9", "application/json", "text/plain; charset=nonsense", ""],
)  # fmt: skip
def test_a_body_of_another_kind_is_answered_with_the_form(client, kind):
    answer = client.generic("POST", REPORT, b"kind=privacy&text=x", content_type=kind)
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize("length", ["-1", "abc", "", "5"])
def test_a_body_that_lies_about_its_length_is_no_error_of_ours(client, length):
    answer = client.generic(
        "POST", REPORT, b"kind=privacy", content_type="application/x-www-form-urlencoded",
        CONTENT_LENGTH=length,
    )  # fmt: skip
    assert answer.status_code in {400, 422}


def test_a_file_is_not_taken(client, tmp_path):
    path = tmp_path / "proof.pdf"
    path.write_bytes(b"%PDF-1.7" * 100)
    with path.open("rb") as file:
        assert client.post(REPORT, WRONG | {"proof": file, "name": file}).status_code == 303
    assert Complaint.objects.get().name == ""


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Origin": "http://127.0.0.1:8000"}, 303),
        ({}, 303),
    ],
)
def test_only_our_own_pages_may_post(headers, status):
    strict = Client(enforce_csrf_checks=True, headers=headers)
    assert complain(strict).status_code == status
    assert Complaint.objects.count() == (status == 303)


# --- cost and language ----------------------------------------------------------------------------


def test_the_form_takes_few_queries(client, django_assert_num_queries):
    space = a_space()
    client.get(REPORT)
    with django_assert_num_queries(2):  # the site's row and the parks at the foot
        client.get(REPORT)
    with django_assert_num_queries(3):
        client.get(f"{REPORT}?about={space.get_absolute_url()}")


def test_taking_in_costs_the_same_however_many_there_are(client, django_assert_num_queries):
    cost = 8  # savepoint, lock, the same, how many, title, row, Act, savepoint
    with django_assert_num_queries(cost):
        complain(client, text="一")
    for number in range(5):
        complain(Client(REMOTE_ADDR=f"203.0.113.{number}"), text=f"{number}")
    with django_assert_num_queries(cost):
        complain(client, text="二")


def test_chinese_on_the_english_form_is_marked_where_it_is_content(client):
    article = an_article(title="某园区开园")
    page = parse(client.get(f"/en{REPORT}?about={article.get_absolute_url()}"))
    assert "某园区开园" not in unmarked(page)
