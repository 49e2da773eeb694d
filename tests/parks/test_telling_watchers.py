"""Once a day each watcher is told what is new for their search, once, or nothing."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import a_park, a_space, a_watch
from procrastinate.contrib.django import app

from parkcms.outbox.models import Notice
from parks import jobs, watching
from parks.models import Space, Watch

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)


@pytest.fixture(autouse=True)
def clock(settings):
    settings.OUTBOX_CHANNELS = {"mail"}
    settings.PARKCMS_ORIGIN = "https://www.example.cn"
    app.connector.reset()
    with time_machine.travel(YESTERDAY - timedelta(days=1), tick=False) as clock:
        yield clock
    app.connector.reset()


def at(clock, moment):
    clock.move_to(moment)


def a_watcher(**fields):
    return a_watch(**{"confirmed_at": YESTERDAY} | fields)


def bodies():
    return list(Notice.objects.order_by("pk").values_list("body", flat=True))


def test_a_space_that_came_since_is_told_with_price_and_validity(clock):
    watch = a_watcher(query="use=storage")
    park = a_park(name_zh="甲园")
    at(clock, NOW)
    a_space(park, code="1-1", publish_at=NOW - timedelta(hours=1), uses=["storage"],
            rent_cny_m2_day="0.95", valid_until="2026-12-31")  # fmt: skip
    a_space(park, code="2-1", publish_at=NOW - timedelta(hours=1), uses=["rnd"])
    assert watching.tell(watch.pk, NOW) is True
    (body,) = bodies()
    assert "甲园 1-1 · 1,200 ㎡ · 0.95 元/㎡/天（报价有效至 2026-12-31）" in body
    assert "2-1" not in body
    watch.refresh_from_db()
    assert watch.told_at == NOW


def test_nothing_new_sends_nothing(clock):
    a_space()
    watch = a_watcher()
    assert watching.tell(watch.pk, NOW) is False
    assert bodies() == []
    watch.refresh_from_db()
    assert watch.told_at is None


@pytest.mark.parametrize(
    ("before", "after", "is_news"),
    [
        ({"state": "reserved"}, {"state": "lettable"}, True),
        ({"rent_cny_m2_day": "1.2"}, {"rent_cny_m2_day": "1.1"}, True),
        ({"rent_cny_m2_day": "1.2"}, {"rent_cny_m2_day": "1.3"}, False),
        ({}, {"rent_cny_m2_day": "1.2"}, False),
        ({"state": "lettable"}, {"state": "reserved"}, False),
        ({"code": "1-1"}, {"code": "1-2"}, False),
    ],
    ids=["freed", "cheaper", "dearer", "priced", "taken", "renamed"],
)
def test_what_changed_in_a_space_is_news_where_it_helps(clock, before, after, is_news):
    space = a_space(valid_until="2026-12-31", **before)
    watch = a_watcher()
    at(clock, NOW - timedelta(hours=2))
    space = Space.objects.get(pk=space.pk)
    for name, value in after.items():
        setattr(space, name, value)
    space.save()
    assert watching.tell(watch.pk, NOW) is is_news


def test_taken_and_free_again_between_two_mails_is_no_news(clock):
    space = a_space()
    watch = a_watcher()
    for hours, state in ((5, "reserved"), (2, "lettable")):
        at(clock, NOW - timedelta(hours=hours))
        space.state = state
        space.save()
    assert watching.tell(watch.pk, NOW) is False


def test_ten_are_named_and_the_rest_is_a_link_at_a_steady_cost(clock):
    watch = a_watcher(query="area_min=500")
    park = a_park()
    at(clock, NOW)
    costs = []
    for _ in range(2):
        for _ in range(13):
            a_space(park, publish_at=NOW - timedelta(hours=1))
        Watch.objects.update(told_at=None)
        Notice.objects.all().delete()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            watching.tell(watch.pk, NOW)
        costs.append(len(queries))
    assert costs[0] == costs[1]
    notice = Notice.objects.get()
    assert notice.subject == "26 处新空间"
    assert notice.body.count("/spaces/b") == 10
    assert "还有 16 处：\nhttps://www.example.cn/spaces/?area_min=500" in notice.body


def test_telling_twice_a_day_tells_once(clock):
    watch = a_watcher()
    at(clock, NOW)
    a_space(publish_at=NOW - timedelta(hours=1))
    assert [watching.tell(watch.pk, NOW) for _ in range(2)] == [True, False]
    assert Notice.objects.count() == 1


def test_a_job_that_was_cut_short_and_begins_again_tells_each_once(clock, monkeypatch):
    for _ in range(3):
        a_watcher()
    at(clock, NOW)
    a_space(publish_at=NOW - timedelta(hours=1))
    whole, told = watching.tell, []

    def dies(key, now):
        if len(told) == 2:
            raise RuntimeError("killed")
        told.append(key)
        return whole(key, now)

    monkeypatch.setattr(watching, "tell", dies)
    with pytest.raises(RuntimeError):
        jobs.tell_some_watchers(after=0, began=int(NOW.timestamp()))
    assert Notice.objects.count() == 2
    monkeypatch.setattr(watching, "tell", whole)
    jobs.tell_some_watchers(after=0, began=int(NOW.timestamp()))
    assert Notice.objects.count() == 3


def test_a_mail_and_its_moment_stand_or_fall_together(clock, monkeypatch):
    watch = a_watcher()
    at(clock, NOW)
    a_space(publish_at=NOW - timedelta(hours=1))

    class Broken:
        def update(self, **values):
            raise RuntimeError("killed")

    real = Watch.objects.filter
    monkeypatch.setattr(
        Watch.objects,
        "filter",
        lambda *a, **k: Broken() if k == {"pk": watch.pk} else real(*a, **k),
    )
    with pytest.raises(RuntimeError):
        watching.tell(watch.pk, NOW)
    monkeypatch.undo()
    assert Notice.objects.count() == 0
    assert watching.tell(watch.pk, NOW) is True


def test_many_watches_go_in_jobs_of_a_batch(clock, monkeypatch):
    monkeypatch.setattr(jobs, "BATCH", 2)
    keys = [a_watcher().pk for _ in range(3)]
    jobs.tell_some_watchers(after=0, began=int(NOW.timestamp()))
    (job,) = app.connector.jobs.values()
    assert (job["task_name"], job["args"]["after"]) == ("parks.tell_some_watchers", keys[1])


def test_the_unconfirmed_and_those_whose_year_is_over_are_told_nothing(clock):
    old = a_watcher(confirmed_at=NOW - timedelta(days=365))
    new = a_watcher(confirmed_at=None)
    at(clock, NOW)
    a_space(publish_at=NOW - timedelta(hours=1))
    assert [watching.tell(row.pk, NOW) for row in (old, new)] == [False, False]


def test_when_the_year_is_over_one_mail_asks(clock):
    watch = a_watcher(confirmed_at=NOW - timedelta(days=365))
    at(clock, NOW)
    for _ in range(2):
        jobs.ask_some_again(after=0, began=int(NOW.timestamp()))
    notice = Notice.objects.get()
    assert (notice.address, notice.subject) == (watch.email, "要继续收到新空间吗")


def test_english_watchers_are_led_to_english_pages(clock):
    watch = a_watcher(language="en")
    at(clock, NOW)
    space = a_space(publish_at=NOW - timedelta(hours=1))
    watching.tell(watch.pk, NOW)
    assert f"https://www.example.cn/en{space.get_absolute_url()}" in Notice.objects.get().body
