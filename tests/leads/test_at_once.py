"""Many at the same moment, on connections of their own: still one row, one receipt."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from submissions import a_form, a_record

from leads import bounded, filing, intake, journal, replay
from leads.models import Enquiry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_connections(settings, monkeypatch):
    settings.ENQUIRY_OWN_CONNECTION = True
    own = bounded.Bounded(seconds=60)
    monkeypatch.setattr(bounded, "_bounded", own)
    yield
    own.close()


def many(work, times, threads=16):
    def one(n):
        try:
            return work(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(times)))


def receive(form):
    return intake.receive(form, network="203.0.113.7", language="zh-hans")


def test_two_hundred_posts_of_one_content_are_one_row_and_one_receipt():
    said = many(lambda n: receive(a_form()), 200)
    assert len({(one.reference, one.token) for one in said}) == 1
    assert Enquiry.objects.get().token == said[0].token
    assert journal.unsettled() == []


def test_two_hundred_posts_without_a_journal_are_one_row_and_one_receipt(monkeypatch):
    def full(record, *, limit=0):
        raise journal.Unwritable(28, "full")

    monkeypatch.setattr(journal, "append", full)
    said = many(lambda n: receive(a_form()), 200)
    assert len({one.token for one in said}) == 1
    assert Enquiry.objects.count() == 1


def test_two_hundred_posts_with_the_database_away_are_one_row_after_replay(monkeypatch):
    def away(work, seconds=None):
        raise bounded.DatabaseAway("away")

    with monkeypatch.context() as patch:
        patch.setattr(bounded, "call", away)
        said = many(lambda n: receive(a_form()), 200)
    assert len({one.token for one in said}) == 1
    replay.run(older_than=0)
    assert Enquiry.objects.get().token == said[0].token


def test_different_contents_are_a_row_each():
    said = many(lambda n: receive(a_form(message=f"第 {n} 份")), 60)
    assert len({one.token for one in said}) == 60
    assert set(Enquiry.objects.values_list("token", flat=True)) == {one.token for one in said}
    assert journal.unsettled() == []


def test_two_replays_at_once_and_traffic_beside_them_file_each_record_once():
    records = [a_record(message=f"第 {n} 份") for n in range(40)]
    for record in records:
        journal.append(record)

    def work(n):
        if n % 4 == 0:
            return replay.run(older_than=0)
        return receive(a_form(message=f"新 {n}"))

    many(work, 24, threads=8)
    replay.run(older_than=0)
    tokens = list(Enquiry.objects.values_list("token", flat=True))
    assert len(tokens) == len(set(tokens)) == 40 + 18
    assert {record.token for record in records} <= set(tokens)
    assert not Enquiry.objects.exclude(duplicate_of="").exists()
    assert journal.unsettled() == []


def test_one_reference_filed_by_many_is_one_row():
    record = a_record()
    filed = many(lambda n: bounded.call(lambda: filing.file(record, was_told=True)), 40)
    assert {one.reference for one in filed} == {record.reference}
    assert Enquiry.objects.count() == 1
