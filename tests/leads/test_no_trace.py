"""Nothing is left of a person: one is planted by every way there is, and looked for everywhere.

The search must find the person before, place by place, or it would prove nothing.
"""

import json
import logging
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
import time_machine
from desk_forms import at_the_desk, filled, page_of
from django.conf import settings as site
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from factories import PASSWORD, a_notice, a_person
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from leads import journal, retention
from leads.models import Activity, Alarm, Enquiry, LookUpTry, Recipient, RetentionRun
from leads.record import Record
from parkcms.ledger.models import Act

committed = pytest.mark.django_db(transaction=True)

T0 = datetime(2026, 3, 2, 3, tzinfo=UTC)
PHONE, NAME, MAIL, WECHAT, WORD = (
    "139 0000 0017", "陶测试", "tao17@example.cn", "tao-wx-17", "蓝鲸压铸"
)  # fmt: skip
DIGITS = "13900000017"
NEEDLES = {"phone": DIGITS, "name": NAME, "mail": MAIL, "wechat": WECHAT, "word": WORD}


# --- the search ---------------------------------------------------------------------------------


def found_in(text):
    """Which of NEEDLES a text holds, in whatever spelling: spaced, full width, escaped, quoted."""
    plain = unicodedata.normalize("NFKC", text)
    joined = "".join(char for char in plain if char not in " \t\n-–.()（）_")
    hits = set()
    for kind, needle in NEEDLES.items():
        escaped = json.dumps(needle)[1:-1]
        spellings = {needle, escaped, escaped.replace("\\", "\\\\"), quote(needle),
                     needle.encode().hex()}  # fmt: skip
        if any(one.lower() in plain.lower() for one in spellings) or (
            kind == "phone" and needle in joined
        ):
            hits.add(kind)
    return hits


@pytest.mark.parametrize(
    "text",
    ["13900000017", "139 0000 0017", "+86 139-0000-0017", "１３９００００００１７", "139\n00000017",
     "q=139%200000%200017".replace("%20", ""), "tel:+8613900000017", "3133393030303030303137",
     "(139) 0000.0017"],
)  # fmt: skip
def test_the_search_knows_a_number_however_it_is_spelled(text):
    assert found_in(f"see {text} there") == {"phone"}


@pytest.mark.parametrize(
    ("kind", "text"),
    [("name", NAME), ("name", json.dumps(NAME)), ("name", quote(NAME)), ("word", WORD),
     ("mail", MAIL.upper()), ("wechat", WECHAT), ("name", json.dumps(json.dumps(NAME)))],
)  # fmt: skip
def test_the_search_knows_words_however_they_are_written(kind, text):
    assert found_in(f"see {text} there") == {kind}


@pytest.mark.parametrize("text", ["139****0017", "13900000018", "陶", "T", ""])
def test_what_is_masked_is_not_found(text):
    assert found_in(text) == set()


def tables():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1"
        )
        return [name for (name,) in cursor.fetchall()]


def in_tables():
    """{table: what it holds}: each whole row as text, so every column whatever its type."""
    hits = {}
    with connection.cursor() as cursor:
        for name in tables():
            cursor.execute(f'SELECT t::text FROM "{name}" t')  # noqa: S608
            if held := set().union(*(found_in(row) for (row,) in cursor.fetchall())):
                hits[name] = held
    # A session is packed and signed: what it says is not what its column says.
    for session in Session.objects.all():
        if held := found_in(json.dumps(session.get_decoded(), ensure_ascii=False)):
            hits["django_session"] = hits.get("django_session", set()) | held
    return hits


def in_files():
    """{file: what it holds} below the data folder, the database's own files left out."""
    folders = {Path(site.VAR_DIR), Path(site.JOURNAL_DIR), Path(site.MEDIA_ROOT)}
    hits = {}
    for folder in folders:
        for path in folder.rglob("*") if folder.exists() else ():
            if path.is_file() and "postgres" not in path.relative_to(folder).parts:
                text = path.read_bytes().decode("utf-8", "replace")
                if held := found_in(f"{path.name} {text}"):
                    hits[path.name] = held
    return hits


# --- the planting -------------------------------------------------------------------------------


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    Path(settings.MEDIA_ROOT).mkdir()


@pytest.fixture
def jobs_in_the_database(settings, monkeypatch):
    """Notices are on, and their jobs real rows."""
    settings.OUTBOX_CHANNELS = frozenset({"mail"})
    monkeypatch.setattr(app.job_manager, "connector", DjangoConnector())
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


FORM = {
    "intent": "rent", "uses": "production", "area_text": f"1500 平，{PHONE}",
    "budget_text": f"问 {NAME}", "tax_text": WORD, "contact_name": NAME,
    "company": f"{WORD}有限公司", "phone": PHONE, "email": MAIL, "wechat": WECHAT,
    "message": f"{WORD}，打 {PHONE} 找{NAME}", "consent": "on", "consent_operator": "on",
    "about_kind": "park", "about_id": DIGITS, "origin_kind": "page", "origin_id": DIGITS,
    "consent_version": DIGITS, "elapsed_ms": "60000",
}  # fmt: skip


def submit(**fields):
    response = Client().post("/enquiries/new/", FORM | fields)
    assert response.status_code == 303, response.content.decode()
    return Enquiry.objects.get(token=response["Location"].rstrip("/").rpartition("/")[2])


def find_it_again(row):
    for contact, status in ((PHONE, 303), ("139 0000 0018", 404), (MAIL, 303)):
        data = {"reference": row.reference, "contact": contact}
        assert Client().post("/enquiries/find/", data).status_code == status


def work_on_it(desk, agent, row):
    """What an agent does with it: search, take, look, note, put off, export."""
    at_the_desk(desk, agent)
    listed = desk.get(page_of(Enquiry, "changelist"), {"q": PHONE})
    assert row.reference in listed.content.decode()
    page = page_of(row)
    for button, data in (("claim", {}), ("reveal", {"why": "contact"})):
        answer = desk.post(page.replace("change", button), data, follow=True)
        assert answer.status_code == 200
    assert DIGITS in "".join(answer.content.decode().split())
    note = {"note_kind": "call", "note": f"{NAME} 说打 {PHONE}，{WORD}"}
    assert desk.post(page, filled(desk, page, **note)).status_code == 302
    put_off = desk.post(page, filled(desk, page, next_step=f"给{NAME}送{WORD}资料"))
    assert put_off.status_code == 302
    refused = desk.post(page, filled(desk, page, next_step=f"打 {PHONE}"))
    assert refused.status_code == 200
    chosen = {"action": "export_selected", "_selected_action": [row.pk], "index": 0}
    sheet = desk.post(f"{page_of(Enquiry, 'changelist')}?q={DIGITS}", chosen)
    assert sheet["Content-Type"].endswith("sheet")
    b"".join(sheet.streaming_content)


def log_in_wrongly():
    """As somebody would who types the number where the name goes; and with it as a password."""
    for data in ({"username": PHONE, "password": "x"}, {"username": NAME, "password": PHONE},
                 {"username": MAIL, "password": PASSWORD}):  # fmt: skip
        response = Client().post("/admin/login/?next=/admin/", data)
        assert response.status_code == 200


def leave_in_a_session(desk):
    session = desk.session
    session["_messages"] = json.dumps([["__json_message", 0, 25, f"{NAME} {PHONE} 已保存"]])
    session["last_search"] = MAIL
    session.save()


def leave_elsewhere(row, agent):
    """Where no way of today's leads, and one of tomorrow's might."""
    Enquiry.objects.filter(pk=row.pk).update(
        content_hash="f" * 64, phone_extension="8012", network="203.0.113.7"
    )
    a_notice(body=f"{NAME} {PHONE}", subject=WORD, about_kind="leads.enquiry",
             about_id=str(row.pk), key=f"enquiry:{DIGITS}")  # fmt: skip
    Alarm.objects.sound(Alarm.Kind.JOURNAL, f"写不进去：{PHONE}")
    LogEntry.objects.create(
        user=agent, content_type=ContentType.objects.get_for_model(Enquiry), object_id=row.pk,
        object_repr=NAME, action_flag=CHANGE, change_message=f"{PHONE} {MAIL}",
    )  # fmt: skip


def leave_in_the_journal(row):
    """A line of it that was written and settled, and one that never came to be settled."""
    for is_settled in (True, False):
        record = Record.make(
            {"message": WORD, "phone_raw": PHONE, "contact_name": NAME, "email": MAIL,
             "wechat": WECHAT},
            same=str(is_settled), network="203.0.113.7", language="zh-hans",
        )  # fmt: skip
        values = {name: getattr(record, name) for name in Record.__slots__}
        journal.append(Record(**values | {"reference": row.reference, "token": row.token}))
        if is_settled:
            journal.settle(row.reference)


def plant(desk):
    """One person, by every way; the row that stands for them."""
    agent = a_person("agent", "招商主管")
    Recipient.objects.create(channel="mail", address="desk@example.cn")
    with time_machine.travel(T0, tick=False):
        row = submit()
        find_it_again(row)
        corrected = Client().post(f"/enquiries/{row.token}/correct/",
                                  FORM | {"message": f"{WORD}，改打 {PHONE}"})  # fmt: skip
        assert corrected.status_code == 303
        work_on_it(desk, agent, row)
        log_in_wrongly()
        leave_in_a_session(desk)
        leave_elsewhere(row, agent)
        leave_in_the_journal(row)
        second = submit(message=f"{WORD}，第二份，{PHONE}")
        retention.erase(second, by=agent, why=f"{NAME} 用 {PHONE}（{MAIL}）要求")
    return row


# --- the proof ----------------------------------------------------------------------------------


EVERYTHING = set(NEEDLES)
PLANTED = {
    "leads_enquiry": EVERYTHING,
    "leads_activity": {"phone", "name", "word"},
    "outbox_notice": {"phone", "name", "word"},
    "leads_alarm": {"phone"},
    "django_admin_log": {"phone", "name", "mail"},
    "django_session": {"phone", "name", "mail"},
    "axes_accessattempt": {"phone", "name", "mail"},
}


@committed
def test_nothing_is_left_when_the_time_is_over(
    client, journal_folder, media, jobs_in_the_database, caplog
):
    caplog.set_level(logging.DEBUG)
    row = plant(client)
    planted = in_tables()
    assert planted == PLANTED
    assert set().union(*in_files().values()) == EVERYTHING
    assert LookUpTry.objects.count() > 0
    assert Act.objects.count() > 6
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        assert cursor.fetchone()[0] > 0
    longest = max(rule.keep or 0 for rule in retention.RULES if rule.name != "runs")
    with time_machine.travel(T0 + timedelta(days=longest), tick=False):
        report = retention.run()
    assert (report["failed"], report["skipped"]) == ([], False)
    assert in_tables() == {}
    assert in_files() == {}
    assert found_in(caplog.text) == set()
    assert found_in(str(report)) == set()
    row.refresh_from_db()
    assert (row.status, row.erased_at) == ("contacted", T0 + timedelta(days=longest))
    assert LookUpTry.objects.count() == 0
    assert RetentionRun.objects.count() == 1


@committed
def test_the_sender_who_erases_is_gone_at_once_but_for_what_others_typed(
    client, journal_folder, media, jobs_in_the_database
):
    row = plant(client)
    with time_machine.travel(T0 + timedelta(hours=1), tick=False):
        response = Client().post(f"/enquiries/{row.token}/erase/")
        assert response.status_code == 303
        page = Client().get(f"/enquiries/{row.token}/")
    left = in_tables()
    assert left == {name: held for name, held in PLANTED.items()
                    if not name.startswith(("leads_en", "leads_act", "outbox"))}  # fmt: skip
    assert in_files() == {}
    assert (page.status_code, found_in(page.content.decode())) == (200, set())
    assert Activity.objects.count() == 0


@committed
def test_the_day_before_everything_is_still_there(client, journal_folder, media):
    row = plant(client)
    with time_machine.travel(T0 + timedelta(days=364), tick=False):
        retention.run()
    assert in_tables() == {name: held for name, held in PLANTED.items()
                           if name in ("leads_enquiry", "leads_activity")}  # fmt: skip
    row.refresh_from_db()
    assert row.phone_e164 == f"+86{DIGITS}"


def test_the_search_finds_a_file_and_a_log_line(journal_folder, media, caplog):
    Path(site.MEDIA_ROOT, "note.txt").write_text(f"打 {PHONE}")
    logging.getLogger("leads").error("could not reach %s", PHONE)
    assert in_files() == {"note.txt": {"phone"}}
    assert found_in(caplog.text) == {"phone"}
