"""From a post to a receipt, with everything at hand and with one thing after another missing."""

import pytest
from django.db import DataError, OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from factories import a_park
from reading import one, parse, words
from submissions import NEW, WANG, post, token_of

from leads import bounded, filing, journal, replay
from leads.models import Alarm, Enquiry
from parkcms.models import SiteProfile

pytestmark = pytest.mark.django_db


@pytest.fixture
def away(monkeypatch):
    """The database is away: every step that would ask it fails, and what asks it all the same."""

    def refuse(work, seconds=None):
        raise bounded.DatabaseAway("away")

    monkeypatch.setattr(bounded, "call", refuse)

    def back():
        monkeypatch.undo()

    return back


@pytest.fixture
def full_disk(monkeypatch):
    def refuse(record, *, limit=0):
        raise journal.Unwritable(28, "journal: No space left on device")

    monkeypatch.setattr(journal, "append", refuse)


def test_a_post_is_answered_with_its_receipt_and_is_in_the_table(client):
    answer = post(client)
    row = Enquiry.objects.get()
    assert token_of(answer) == row.token
    assert answer["Location"] == f"/enquiries/{row.token}/"
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert answer.cookies == {}
    assert journal.unsettled() == []


def test_a_post_in_english_gets_an_english_receipt(client):
    answer = post(client, "/en")
    row = Enquiry.objects.get()
    assert answer["Location"] == f"/en/enquiries/{row.token}/"
    assert row.language == "en"


def test_it_is_journalled_before_the_database_is_asked(client, monkeypatch):
    seen = []
    file = filing.file

    def noted(record, **how):
        seen.append([one.reference for one in journal.unsettled()])
        return file(record, **how)

    monkeypatch.setattr(filing, "file", noted)
    post(client)
    assert seen == [[Enquiry.objects.get().reference]]


def test_nothing_before_the_journal_needs_the_database(client, monkeypatch):
    asked = []

    def full(record, *, limit=0):
        asked.append(len(connection.queries_log))
        raise journal.TooMany

    monkeypatch.setattr(journal, "append", full)
    with CaptureQueriesContext(connection):
        assert post(client).status_code == 429
    assert asked == [0]


def test_filing_takes_a_bounded_number_of_queries(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        post(client)


# --- the form comes back ------------------------------------------------------------------------


def test_an_error_keeps_what_was_typed(client):
    answer = post(client, phone="021-5950123", message="要行车", uses="production", consent=None)
    assert answer.status_code == 422
    page = parse(answer)
    assert one(page, "#id_phone").get("value") == "021-5950123"
    assert words(one(page, "#id_message")).strip() == "要行车"
    assert one(page, "input[name=uses][value=production]").get("checked") is not None
    assert one(page, "#id_consent").get("checked") is None
    assert "8 位" in words(one(page, "#id_phone_error"))
    assert one(page, "#id_phone").get("aria-invalid") == "true"
    assert Enquiry.objects.count() == 0
    assert journal.unsettled() == []


def test_the_consent_is_never_ticked_beforehand_and_names_its_version(client):
    page = parse(client.get(NEW))
    assert one(page, "#id_consent").get("checked") is None
    assert one(page, "#id_consent_operator").get("checked") is None
    assert one(page, "input[name=consent_version]").get("value") == "privacy-1"


def test_a_park_and_a_space_are_filled_in(client):
    park = a_park(name_zh="示例园")
    page = parse(client.get(f"{NEW}?park={park.slug}"))
    assert "示例园" in words(one(page, "h1"))
    assert one(page, "input[name=about_id]").get("value") == park.slug
    token_of(post(client, about_kind="park", about_id=park.slug))
    assert Enquiry.objects.get().park == park


@pytest.mark.parametrize("query", ["park=nowhere", "space=a/b/c", "park=%ff", "article=x", "park="])
def test_an_address_that_names_nothing_is_just_the_form(client, query):
    answer = client.get(f"{NEW}?{query}")
    assert answer.status_code == 200
    assert "说说您要找的空间" in words(one(parse(answer), "h1"))


# --- hostile --------------------------------------------------------------------------------------


def test_what_is_too_large_is_refused_before_it_is_read(client):
    answer = client.post(NEW, WANG | {"message": "啊" * 200_000})
    assert answer.status_code == 413
    assert Enquiry.objects.count() == 0


@pytest.mark.parametrize("length", ["-1", "abc", "", "5"])
def test_a_body_that_lies_about_its_length_is_no_error_of_ours(client, length):
    answer = client.generic(
        "POST", NEW, b"contact_name=x", content_type="application/x-www-form-urlencoded",
        CONTENT_LENGTH=length,
    )  # fmt: skip
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00" * 100, b"phone=%ff%fe&contact_name=%00&consent=on", b"&&&===", b"a" * 9000,
     b"phone=13900000011&phone=x&contact_name=a&contact_name=b&consent=on"],
)  # fmt: skip
def test_junk_is_answered_with_the_form(client, body):
    answer = client.generic("POST", NEW, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize(
    "kind",
    ["multipart/form-data", "multipart/form-data; boundary=" + "x" * 500,
     "multipart/form-data; boundary=\xe9", "application/json", "text/plain; charset=nonsense", ""],
)  # fmt: skip
def test_a_body_of_another_kind_is_answered_with_the_form(client, kind):
    answer = client.generic("POST", NEW, b"contact_name=x&consent=on", content_type=kind)
    assert answer.status_code in {400, 422}
    if answer.status_code == 400:
        assert "没有收下" in answer.content.decode()


def test_thousands_of_fields_and_files_are_refused(client):
    many = {f"f{n}": "1" for n in range(3000)}
    assert client.post(NEW, WANG | many).status_code in {400, 413}


# --- from another site ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://127.0.0.1:8000"},
        {"Origin": "http://testserver"},
    ],
)
def test_our_own_pages_and_programs_may_post(headers):
    token_of(Client(enforce_csrf_checks=True, headers=headers).post(NEW, WANG))


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[::1"},
        {"Origin": ""},
    ],
)
def test_another_site_may_not(headers):
    answer = Client(headers=headers).post(NEW, WANG)
    assert answer.status_code == 403
    assert Enquiry.objects.count() == 0


# --- never doubled --------------------------------------------------------------------------------


def test_a_retry_gets_the_same_receipt(client):
    first = token_of(post(client))
    assert token_of(post(client, phone="+86 139-0000-0011")) == first
    assert Enquiry.objects.count() == 1


def test_a_retry_gets_the_same_receipt_while_the_database_is_away(client, away):
    first = token_of(post(client))
    assert token_of(post(client)) == first
    away()
    replay.run(older_than=0)
    assert Enquiry.objects.get().token == first


def test_a_retry_on_another_host_gets_the_receipt_of_the_first(client, settings, tmp_path):
    first = token_of(post(client))
    settings.JOURNAL_DIR = tmp_path / "another host"
    assert token_of(post(client)) == first
    assert token_of(post(client)) == first
    assert Enquiry.objects.count() == 1
    assert journal.unsettled() == []


def test_after_it_was_erased_the_same_content_is_a_new_enquiry(
    client, django_capture_on_commit_callbacks
):
    first = token_of(post(client))
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/enquiries/{first}/erase/")
    assert token_of(post(client)) != first


# --- the hard limit -------------------------------------------------------------------------------


def test_above_the_limit_new_contents_are_asked_to_call_and_repeats_get_their_receipt(
    client, settings
):
    SiteProfile.objects.update(hot_line="400-000-0000")
    settings.ENQUIRY_HARD_LIMIT = 2
    first = token_of(post(client))
    token_of(post(client, phone="139 0000 0012"))
    refused = post(client, phone="139 0000 0013", message="要行车")
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert "400-000-0000" in refused.content.decode()
    assert words(one(parse(refused), "#id_message")).strip() == "要行车"
    assert token_of(post(client)) == first
    assert Enquiry.objects.count() == 2


def test_another_network_has_a_limit_of_its_own(settings):
    settings.ENQUIRY_HARD_LIMIT = 1
    token_of(post(Client(REMOTE_ADDR="203.0.113.1")))
    assert post(Client(REMOTE_ADDR="203.0.113.1"), phone="139 0000 0012").status_code == 429
    token_of(post(Client(REMOTE_ADDR="203.0.113.2"), phone="139 0000 0013"))


# --- the database away ----------------------------------------------------------------------------


def test_with_the_database_away_it_is_kept_and_the_receipt_says_so(client, away):
    token = token_of(post(client))
    page = client.get(f"/enquiries/{token}/")
    assert page.status_code == 200
    assert "已经收好，正在归档" in page.content.decode()
    assert "139 0000 0011" in page.content.decode()

    away()
    assert Enquiry.objects.count() == 0
    assert replay.run(older_than=0) == replay.Outcome(1, 0)
    page = client.get(f"/enquiries/{token}/").content.decode()
    assert "招商专员联系您" in page
    assert "正在归档" not in page


def test_with_the_database_away_errors_are_still_said_at_their_fields(client, away):
    answer = post(client, phone="021-5950123")
    assert answer.status_code == 422
    assert "8 位" in answer.content.decode()


def test_with_the_database_away_the_form_shows_what_was_last_known(client, monkeypatch, away):
    away()
    SiteProfile.objects.update(hot_line="400-000-0000", name_zh="示例招商网")
    client.get(NEW)
    monkeypatch.setattr(bounded, "call", _refuse)
    page = client.get(NEW)
    assert page.status_code == 200
    assert "示例招商网" in page.content.decode()
    assert "400-000-0000" in page.content.decode()


def _refuse(work, seconds=None):
    raise bounded.DatabaseAway("away")


def test_what_is_known_of_the_site_outlives_the_process(client, monkeypatch):
    SiteProfile.objects.update(hot_line="400-000-0000", name_zh="示例招商网")
    client.get(NEW)
    monkeypatch.setattr("parkcms.lastknown._last", None)
    monkeypatch.setattr(bounded, "call", _refuse)
    page = client.get(NEW).content.decode()
    assert "示例招商网" in page
    assert 'value="privacy-1"' in page


def test_an_error_of_the_database_keeps_the_enquiry(client, monkeypatch):
    def broken(record, **how):
        raise OperationalError("connection lost")

    monkeypatch.setattr(filing, "file", broken)
    token = token_of(post(client))
    assert journal.find(token).token == token


def test_a_record_the_database_refuses_keeps_no_other_from_being_filed(client, monkeypatch, away):
    bad, good = token_of(post(client)), token_of(post(client, phone="139 0000 0012"))
    away()
    file = filing.file

    def picky(record, **how):
        if record.token == bad:
            raise DataError("refused")
        return file(record, **how)

    monkeypatch.setattr(filing, "file", picky)
    assert replay.run(older_than=0) == replay.Outcome(1, 1)
    assert Enquiry.objects.get().token == good
    assert Alarm.objects.get().kind == "unfiled"


# --- the journal away -----------------------------------------------------------------------------


def test_without_the_journal_the_database_keeps_it_and_an_alarm_sounds(client, full_disk):
    token = token_of(post(client))
    assert Enquiry.objects.get().token == token
    assert (Alarm.objects.get().kind, Alarm.objects.get().cleared_at) == ("journal", None)
    assert token_of(post(client)) == token
    assert Enquiry.objects.count() == 1


def test_with_neither_nothing_is_called_received(client, full_disk, monkeypatch):
    SiteProfile.objects.update(hot_line="400-000-0000")
    client.get(NEW)
    monkeypatch.setattr(bounded, "call", _refuse)
    answer = post(client, message="要行车", company="某某有限公司")
    assert answer.status_code == 503
    page = parse(answer)
    assert one(page, "#id_company").get("value") == "某某有限公司"
    assert words(one(page, "#id_message")).strip() == "要行车"
    assert one(page, "#id_consent").get("checked") is not None
    told = answer.content.decode()
    assert "400-000-0000" in told
    assert "没有收下" in told
    assert "已收到" not in told
    monkeypatch.undo()
    assert Enquiry.objects.count() == 0
