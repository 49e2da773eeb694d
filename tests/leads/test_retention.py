"""Each rule clears what is due and nothing before; a run does so in batches, alone, and says so."""

import os
import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from factories import a_notice, a_person, a_watch, an_enquiry
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from submissions import a_record

from leads import filing, jobs, journal, retention
from leads.models import Activity, Alarm, Enquiry, LookUpTry, Recipient, RetentionRun
from leads.record import Record
from parkcms import complaint_retention
from parkcms.ledger.models import Act
from parkcms.outbox.models import Notice
from parks.models import Watch

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
JUST_BEFORE = -timedelta(microseconds=1)
TYPED = {
    "contact_name": "测试甲",
    "company": "测试制造有限公司",
    "phone_raw": "139 0000 0017",
    "phone_e164": "+8613900000017",
    "message": "要行车",
}


def rule(name):
    return next(one for one in retention.RULES if one.name == name)


def cleared(at):
    with time_machine.travel(at, tick=False):
        report = retention.run()
    assert (report["failed"], report["skipped"]) == ([], False)
    return {name: count for name, count in report["cleared"].items() if count}


def is_erased(row):
    row.refresh_from_db()
    return row.erased_at is not None


# --- the edge of each rule ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("withdrawn", {"withdrawn_at": T0}),
        ("withdrawn", {"withdrawn_at": T0, "last_contact_at": T0, "first_contact_at": T0}),
        ("unreached", {"submitted_at": T0}),
        ("reached", {"last_contact_at": T0, "first_contact_at": T0 - timedelta(days=9)}),
        ("reached", {"first_contact_at": T0}),
    ],
)
def test_a_submission_is_emptied_on_its_day_and_not_before(name, fields):
    row = an_enquiry(**{"submitted_at": T0 - timedelta(days=10), "network": ""} | TYPED | fields)
    Enquiry.objects.update(content_hash="")
    day = T0 + timedelta(days=rule(name).keep)
    assert cleared(day + JUST_BEFORE) == {}
    assert not is_erased(row)
    assert cleared(day) == {name: 1}
    assert is_erased(row)
    assert row.erased_at == day
    assert {name: getattr(row, name) for name in retention.EMPTIED} == retention.EMPTIED


@pytest.mark.parametrize(("name", "column"), [("network", "network"),
                                              ("fingerprint", "content_hash")])  # fmt: skip
def test_a_column_is_emptied_on_its_day_and_the_rest_stays(name, column):
    row = an_enquiry(**TYPED | {"submitted_at": T0, "network": "", "content_hash": ""})
    Enquiry.objects.filter(pk=row.pk).update(**{column: "203.0.113.0/24"})
    before = Enquiry.objects.values().get()
    day = T0 + timedelta(days=rule(name).keep)
    assert cleared(day + JUST_BEFORE) == {}
    assert cleared(day) == {name: 1}
    assert Enquiry.objects.values().get() == before | {column: ""}


def a_log_in(model, at):
    with time_machine.travel(at, tick=False):
        values = {"username": "13900000017", "ip_address": "203.0.113.7", "user_agent": "agent"}
        if model is AccessAttempt:
            values |= {"failures_since_start": 1, "get_data": "", "post_data": ""}
        return model.objects.create(**values)


def an_alarm(at):
    return Alarm.objects.create(kind="journal", detail="错误 28", first_at=at, last_at=at)


def a_desk_entry(at):
    return LogEntry.objects.create(
        user=a_person(),
        content_type=ContentType.objects.get_for_model(Enquiry),
        object_id="1",
        object_repr="测试甲",
        action_flag=CHANGE,
        action_time=at,
    )


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("notices", lambda at: a_notice(created_at=at)),
        ("watch_unconfirmed", lambda at: a_watch(confirmed_at=None, created_at=at)),
        ("watch", lambda at: a_watch(confirmed_at=at, created_at=at)),
        ("look_ups", lambda at: LookUpTry.objects.create(key="k", at=at)),
        ("log_ins", lambda at: a_log_in(AccessAttempt, at)),
        ("log_ins", lambda at: a_log_in(AccessFailureLog, at)),
        ("log_ins", lambda at: a_log_in(AccessLog, at)),
        ("sessions", lambda at: Session.objects.create(session_key="k", expire_date=at)),
        ("desk_log", a_desk_entry),
        ("runs", lambda at: RetentionRun.objects.create(at=at, report={"cleared": {}})),
    ],
)
def test_a_row_is_deleted_on_its_day_and_not_before(name, make):
    row = make(T0)
    here = type(row).objects.filter(pk=row.pk)
    day = T0 + timedelta(days=rule(name).keep)
    assert cleared(day + JUST_BEFORE) == {}
    assert here.exists()
    assert cleared(day) == {name: 1}
    assert not here.exists()


def test_a_watch_stays_without_its_network():
    watch = a_watch(created_at=T0, confirmed_at=T0, network="203.0.113.0/24")
    before = Watch.objects.values().get()
    day = T0 + timedelta(days=rule("watch_network").keep)
    assert cleared(day + JUST_BEFORE) == {}
    assert cleared(day) == {"watch_network": 1}
    assert Watch.objects.values().get(pk=watch.pk) == before | {"network": ""}


def test_an_alarm_stays_without_its_words():
    row = an_alarm(T0)
    day = T0 + timedelta(days=rule("alarms").keep)
    assert cleared(day + JUST_BEFORE) == {}
    assert cleared(day) == {"alarms": 1}
    row.refresh_from_db()
    assert (row.kind, row.detail, row.cleared_at) == ("journal", "", None)


def test_lines_nobody_can_read_go_on_their_day(journal_folder):
    journal_folder.mkdir()
    path = journal_folder / "unreadable"
    path.write_text("A broken 139 0000 0017\n")
    os.utime(path, (T0.timestamp(), T0.timestamp()))
    day = T0 + timedelta(days=rule("unreadable").keep)
    assert cleared(day + JUST_BEFORE) == {}
    assert path.exists()
    assert cleared(day) == {"unreadable": 1}
    assert not path.exists()


def test_what_is_filed_leaves_the_journal_and_what_is_not_stays(journal_folder):
    filed, waiting = (Record.make({"message": word}, same=word, network="", language="zh-hans")
                      for word in ("已经入库", "还没入库"))  # fmt: skip
    journal.append(filed)
    journal.settle(filed.reference)
    assert cleared(T0) == {"journal": 1}
    assert list(journal_folder.glob("*.log")) == []
    journal.append(waiting)
    assert cleared(T0) == {}
    assert [record.reference for record in journal.unsettled()] == [waiting.reference]


def test_every_rule_with_a_time_has_its_edge_tested_here():
    tested = {"withdrawn", "unreached", "reached", "network", "fingerprint", "notices", "look_ups",
              "log_ins", "sessions", "desk_log", "runs", "alarms", "unreadable", "journal",
              "asked", "watch_unconfirmed", "watch", "watch_network"}  # fmt: skip
    assert {one.name for one in retention.RULES if one.keep is not None} == tested


def test_samples_stay_as_they_are():
    an_enquiry(is_sample=True, **TYPED | {"submitted_at": T0, "network": "203.0.113.7"})
    before = Enquiry.objects.values().get()
    assert cleared(T0 + timedelta(days=4000)) == {}
    assert Enquiry.objects.values().get() == before


def test_a_contact_a_day_ago_keeps_an_old_submission():
    at = T0 + timedelta(days=800)
    row = an_enquiry(**TYPED | {"submitted_at": T0, "first_contact_at": T0,
                                "last_contact_at": at - timedelta(days=1)})  # fmt: skip
    cleared(at)
    assert not is_erased(row)
    assert row.phone_e164 == TYPED["phone_e164"]


# --- all at once --------------------------------------------------------------------------------


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6)
# Days before T0 on which things happened.
MOMENTS = st.integers(0, 800).map(lambda days: T0 - timedelta(days=days))


class AfterEveryLimit(TestCase):
    @given(st.dictionaries(st.sampled_from([n for n in retention.EMPTIED if n != "next_step_on"]),
                           WORDS, min_size=1), MOMENTS, st.none() | MOMENTS, st.none() | MOMENTS,
           st.booleans())  # fmt: skip
    def test_no_personal_field_says_anything(self, typed, sent, reached, withdrawn, noted):
        row = an_enquiry(submitted_at=sent, first_contact_at=reached, last_contact_at=reached,
                         withdrawn_at=withdrawn, **typed)  # fmt: skip
        if noted:
            Activity.objects.create(enquiry=row, text="回电", at=sent)
            a_notice(about_kind="leads.enquiry", about_id=str(row.pk), created_at=sent)
        longest = max(rule.keep or 0 for rule in retention.RULES)
        cleared(T0 + timedelta(days=longest))
        row.refresh_from_db()
        assert {name: getattr(row, name) for name in retention.EMPTIED} == retention.EMPTIED
        assert (Activity.objects.count(), Notice.objects.count()) == (0, 0)


def test_a_second_run_finds_nothing_to_do():
    for _n in range(3):
        an_enquiry(**TYPED | {"submitted_at": T0, "network": "203.0.113.7"})
    at = T0 + timedelta(days=400)
    assert cleared(at)["unreached"] == 3
    stood = list(Enquiry.objects.order_by("pk").values())
    assert cleared(at) == {}
    assert list(Enquiry.objects.order_by("pk").values()) == stood
    assert Act.objects.filter(verb="erase").count() == 3


@pytest.mark.parametrize("rows", [0, 1, 4, 5, 6, 11])
def test_any_number_of_rows_is_cleared_in_batches(rows, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(retention, "BATCH", 5)
    for _n in range(rows):
        LookUpTry.objects.create(key="k", at=T0)
    work = rule("look_ups")
    batches = rows // 5 + 1
    with django_assert_max_num_queries(4 * batches):  # savepoint, keys, rows, release
        assert work.clear(T0 + timedelta(days=1)) == rows
    assert LookUpTry.objects.count() == 0


def test_one_transaction_takes_no_more_than_a_batch(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    sizes = []

    def act(rows):
        sizes.append(rows.count())
        return rows.delete()[0]

    for _n in range(5):
        LookUpTry.objects.create(key="k", at=T0)
    assert retention._in_batches(LookUpTry.objects.all(), act) == 5
    assert sizes == [2, 2, 1]


def test_rows_that_cannot_be_cleared_do_not_keep_it_running():
    LookUpTry.objects.bulk_create(LookUpTry(key="k", at=T0) for _n in range(retention.BATCH))
    assert retention._in_batches(LookUpTry.objects.all(), lambda rows: 0) == 0


def test_the_report_counts_by_rule_and_holds_no_data():
    an_enquiry(**TYPED | {"submitted_at": T0})
    LookUpTry.objects.create(key="k", at=T0)
    at = T0 + timedelta(days=180)
    with time_machine.travel(at, tick=False):
        report = retention.run()
    run = RetentionRun.objects.get()
    assert (run.at, run.report) == (at, report)
    assert list(report["cleared"]) == [one.name for one in retention.RULES]
    assert (report["cleared"]["unreached"], report["cleared"]["look_ups"]) == (1, 1)
    assert "139" not in str(report).replace(" ", "")


def test_a_rule_that_fails_is_named_and_the_others_go_on(monkeypatch, caplog):
    def fails(rows):
        raise DatabaseError("detail: phone 13900000017")

    monkeypatch.setattr(retention, "_erased", lambda why: fails)
    row = an_enquiry(**TYPED | {"submitted_at": T0, "network": "203.0.113.7"})
    at = T0 + timedelta(days=180)
    with time_machine.travel(at, tick=False):
        report = retention.run()
    assert report["failed"] == ["unreached"]
    assert "13900000017" not in caplog.text
    assert "DatabaseError" in caplog.text
    row.refresh_from_db()
    assert (row.network, row.phone_e164, row.erased_at) == ("", TYPED["phone_e164"], None)
    assert RetentionRun.objects.get().report["failed"] == ["unreached"]


def test_the_job_fails_where_a_rule_did_so_that_it_is_tried_again(monkeypatch):
    monkeypatch.setattr(retention, "run", lambda: {"cleared": {}, "failed": ["unreached"]})
    with pytest.raises(jobs.NotAllCleared, match="unreached"):
        jobs.retain(0)


def test_the_job_runs_every_day_at_twenty_past_three_in_shanghai():
    (task,) = [one for one in jobs.app.periodic_registry.periodic_tasks.values()
               if one.task.name == "leads.retain"]  # fmt: skip
    noon = datetime(2026, 3, 1, 4, tzinfo=UTC).timestamp()
    following = task.croniter.get_next(ret_type=float, start_time=noon)
    assert datetime.fromtimestamp(following, UTC) == datetime(2026, 3, 1, 19, 20, tzinfo=UTC)


def test_the_job_clears_what_is_due():
    row = an_enquiry(**TYPED | {"submitted_at": T0})
    with time_machine.travel(T0 + timedelta(days=180), tick=False):
        jobs.retain(timestamp=0)
    assert is_erased(row)


def test_the_command_prints_the_report(capsys):
    an_enquiry(**TYPED | {"submitted_at": T0})
    with time_machine.travel(T0 + timedelta(days=180), tick=False):
        call_command("retain")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(retention.RULES) + len(complaint_retention.RULES)
    assert "       1  unreached" in lines


def test_the_command_fails_where_a_rule_did(monkeypatch):
    monkeypatch.setattr(retention, "run", lambda: {"cleared": {"network": 2},
                                                   "failed": ["unreached"],
                                                   "skipped": False})  # fmt: skip
    with pytest.raises(CommandError, match="unreached"):
        call_command("retain")


# --- two at once --------------------------------------------------------------------------------


def beside(act):
    """What `act` returns on a connection of its own."""
    found = []

    def work():
        try:
            found.append(act())
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)
    return found[0]


@pytest.mark.django_db(transaction=True)
def test_a_second_run_at_the_same_time_does_nothing(capsys):
    row = an_enquiry(**TYPED | {"submitted_at": T0})
    with time_machine.travel(T0 + timedelta(days=180), tick=False):
        with retention._alone() as is_alone:
            assert is_alone
            report = beside(retention.run)
            beside(lambda: call_command("retain"))
        assert report["skipped"]
        assert report["cleared"] == {}
        assert "另一次清理" in capsys.readouterr().out
        assert not is_erased(row)
        assert RetentionRun.objects.count() == 0
        assert beside(retention.run)["cleared"]["unreached"] == 1
    assert RetentionRun.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_runs_that_start_together_erase_once():
    rows = [an_enquiry(**TYPED | {"submitted_at": T0}) for _n in range(6)]
    start, reports = threading.Barrier(2), []

    def work():
        start.wait(30)
        try:
            reports.append(retention.run(T0 + timedelta(days=180)))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(report["cleared"].get("unreached", 0) for report in reports) == len(rows)
    assert Act.objects.filter(verb="erase").count() == len(rows)
    assert all(is_erased(row) for row in rows)


@pytest.mark.django_db(transaction=True)
def test_a_row_somebody_works_on_waits_for_the_next_run():
    busy, free = (an_enquiry(**TYPED | {"submitted_at": T0}) for _n in range(2))
    with time_machine.travel(T0 + timedelta(days=180), tick=False):
        with transaction.atomic():
            Enquiry.objects.filter(pk=busy.pk).update(last_contact_at=T0 + timedelta(days=179))
            assert beside(retention.run)["cleared"]["unreached"] == 1
        assert (is_erased(busy), is_erased(free)) == (False, True)
        assert cleared(T0 + timedelta(days=180)) == {}
    assert not is_erased(busy)


def test_recipients_are_kept_as_long_as_they_are_on_the_list():
    row = Recipient.objects.create(channel="mail", address="desk@example.cn", label="招商一组")
    assert cleared(T0 + timedelta(days=4000)) == {}
    row.refresh_from_db()
    assert (row.address, row.label) == ("desk@example.cn", "招商一组")


def test_the_planners_statistics_hold_no_personal_value():
    """They are samples of the rows, and nothing would take them out with the rows."""
    for n in range(40):
        filing.file(a_record(phone=f"139 0000 00{n:02d}", message=f"留言 {n}"), was_told=True)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE leads_enquiry")
        cursor.execute("SELECT attname FROM pg_stats WHERE tablename = 'leads_enquiry'")
        sampled = {name for (name,) in cursor.fetchall()}
    assert {"reference", "status", "submitted_at"} <= sampled
    personal = {"phone_raw", "phone_e164", "email", "wechat", "contact_name", "company", "message",
                "credit_code", "network"}  # fmt: skip
    assert not personal & sampled
