"""A manager is asked by mail, looks at a page, presses one button: who may, when, and how often."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from factories import a_park, a_person, a_space
from lxml import html

from parkcms.ledger.models import Act
from parkcms.outbox.models import Notice
from parks import jobs, reconfirming
from parks.models import Space

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday, 9 o'clock in Shanghai


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def manager():
    return a_person("jingli", "园区经理", email="jingli@example.cn", display_name="示例经理")


@pytest.fixture
def park(manager):
    park = a_park(name_zh="我的园区")
    park.managers.add(manager)
    return park


def confirmed(days, **fields):
    """A space confirmed so many days ago, made long before that."""
    space = a_space(**fields)
    at = NOW - timedelta(days=days)
    Space.objects.filter(pk=space.pk).update(checked_at=at, created_at=NOW - timedelta(days=400))
    space.refresh_from_db()
    return space


def address(park, manager):
    return reverse("parks:confirm", args=[reconfirming.token_for(park, manager)])


def ticked(answer):
    page = html.fromstring(answer.content.decode())
    return [int(value) for value in page.xpath("//input[@name='space'][@checked]/@value")]


def test_a_mail_lists_what_is_past_thirty_days_or_will_be_within_the_week(park):
    confirmed(22, park=park, code="新")
    confirmed(23, park=park, code="将到")
    confirmed(200, park=park, code="久")
    a_space(park, code="未")
    a_space(park, code="租出", state="let")
    assert reconfirming.ask_all() == 1
    notice = Notice.objects.get()
    assert (notice.channel, notice.address) == ("mail", "jingli@example.cn")
    assert notice.subject == "请确认：我的园区的 3 处空间"
    lines = [line for line in notice.body.splitlines() if line.startswith("·")]
    assert lines == [
        "· 未，1,200 ㎡，从未确认",
        "· 久，1,200 ㎡，上次确认 2026-05-07",
        "· 将到，1,200 ㎡，上次确认 2026-10-31",
    ]


def test_a_mail_shows_ten_lines_of_eleven(park):
    for _ in range(11):
        a_space(park)
    reconfirming.ask_all()
    body = Notice.objects.get().body
    assert (body.count("·"), "共 11 处" in body) == (10, True)


def test_running_twice_in_a_week_asks_once_and_the_next_week_again(park, clock):
    a_space(park)
    assert (reconfirming.ask_all(), reconfirming.ask_all()) == (1, 0)
    clock.move_to(NOW + timedelta(days=7), tick=False)
    assert reconfirming.ask_all() == 1


def test_nobody_is_asked_who_has_left_has_no_mail_or_no_right(park):
    for fields in ({"is_active": False, "email": "a@example.cn"}, {"email": ""}):
        park.managers.add(a_person(role="园区经理", **fields))
    park.managers.add(a_person(role="作者", email="b@example.cn"))
    a_space(park)
    reconfirming.ask_all()
    assert [notice.address for notice in Notice.objects.all()] == ["jingli@example.cn"]


def test_nobody_is_asked_about_what_is_sure_or_not_public(park):
    confirmed(3, park=park)
    a_space(park, publish_at=None)
    assert (reconfirming.ask_all(), Notice.objects.count()) == (0, 0)


def test_looking_changes_nothing_and_ticks_everything(park, manager, client):
    space = confirmed(40, park=park)
    answer = client.get(address(park, manager))
    assert (answer.status_code, ticked(answer)) == (200, [space.pk])
    assert (answer["Cache-Control"], answer["X-Robots-Tag"]) == ("no-store", "noindex")
    assert (len(answer.cookies), Act.objects.count()) == (0, 0)
    space.refresh_from_db()
    assert space.checked_at == NOW - timedelta(days=40)


def test_the_button_confirms_what_is_ticked_in_the_managers_name(park, manager, client):
    one, other = confirmed(40, park=park), confirmed(41, park=park)
    answer = client.post(address(park, manager), {"space": [one.pk]}, follow=True)
    assert "1 处空间已确认，日期是今天。" in answer.content.decode()
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.checked_at, one.checked_by) == (NOW, manager)
    assert other.checked_at == NOW - timedelta(days=41)
    assert [(act.verb, act.actor_id, act.object_id) for act in Act.objects.all()] == [
        ("confirm", manager.pk, str(one.pk))
    ]


def test_pressing_twice_in_a_day_leaves_one_act(park, manager, client):
    space = confirmed(40, park=park)
    for _ in range(2):
        client.post(address(park, manager), {"space": [space.pk]})
    assert Act.objects.count() == 1


def test_a_space_that_moved_or_was_let_meanwhile_is_left_as_it_is(park, manager, client):
    moved, let = confirmed(40, park=a_park()), confirmed(40, park=park, state="let")
    client.post(address(park, manager), {"space": [moved.pk, let.pk]})
    assert Act.objects.count() == 0


@pytest.mark.parametrize("junk", ["", "x", "-1", "9" * 40, "１"], ids=repr)
def test_junk_for_a_space_is_passed_over(park, manager, client, junk):
    assert client.post(address(park, manager), {"space": [junk]}).status_code == 303
    assert client.get(address(park, manager), {"done": junk}).status_code == 200
    assert Act.objects.count() == 0


def test_the_address_holds_for_fourteen_days(park, manager, client, clock):
    path = address(park, manager)
    clock.move_to(NOW + timedelta(days=14), tick=False)
    assert client.get(path).status_code == 200
    clock.move_to(NOW + timedelta(days=14, seconds=2), tick=False)
    assert client.get(path).status_code == 410
    assert client.post(path, {"space": ["1"]}).status_code == 410


def test_a_forged_address_leads_nowhere(park, manager, client):
    token = reconfirming.token_for(park, manager)
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert client.get(reverse("parks:confirm", args=[forged])).status_code == 404
    other = signing.dumps([park.pk, manager.pk, "2026-11-23"], salt="parks.other")
    assert client.get(reverse("parks:confirm", args=[other])).status_code == 404


def leaves(manager, park):
    manager.is_active = False
    manager.save()


def no_longer_keeps(manager, park):
    park.managers.remove(manager)


def loses_the_role(manager, park):
    manager.groups.clear()


@pytest.mark.parametrize("change", [leaves, no_longer_keeps, loses_the_role])
def test_who_keeps_the_park_no_longer_confirms_nothing(park, manager, client, change):
    space, path = confirmed(40, park=park), address(park, manager)
    change(manager, park)
    assert client.get(path).status_code == 403
    assert client.post(path, {"space": [space.pk]}).status_code == 403
    assert Act.objects.count() == 0


def test_another_sites_page_presses_no_button(park, manager):
    space = confirmed(40, park=park)
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
    answer = Client(headers=headers).post(address(park, manager), {"space": [space.pk]})
    assert (answer.status_code, Act.objects.count()) == (403, 0)


def test_the_page_costs_the_same_however_many_spaces(park, manager, client):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    path, counts = address(park, manager), []
    for _ in range(2):
        for _ in range(8):
            confirmed(40, park=park)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(path)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_the_weekly_job_asks_once_however_often_it_runs(park):
    confirmed(200, park=park)
    for _ in range(2):
        jobs.ask_managers(timestamp=int(NOW.timestamp()))
    assert Notice.objects.get().address == "jingli@example.cn"


def test_managers_are_asked_on_monday_at_nine_in_shanghai():
    found = {one.periodic_id: one.cron for one in
             jobs.app.periodic_registry.periodic_tasks.values()}  # fmt: skip
    assert (found["reconfirming"], found["watches"]) == ("0 1 * * 1", "0 1 * * *")
