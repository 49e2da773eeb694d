"""The first screen says what wants doing today: the right rows for each role, few queries."""

import pytest
from desk_forms import at_the_desk, words
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from factories import a_citation, a_figure, a_notice, a_park, a_person, a_space, an_article
from lxml import html

from parkcms.adminsite import SHOWN
from parkcms.people.models import User

pytestmark = pytest.mark.django_db
DRAFTS, LOST = "我的草稿", "引文找不到了"
UNDATED, UNCONFIRMED = "没有日期的数字", "没有确认过的空间"
UNDELIVERED = "通知没有送达"
MOST_QUERIES = 15


def tasks_of(person):
    """``{title: [names of its rows]}`` as the person sees them."""
    page = html.fromstring(at_the_desk(Client(), person).get("/admin/").content.decode())
    return {
        section.xpath("normalize-space(h2/text())"): [
            link.text_content().strip() for link in section.xpath(".//li/a")
        ]
        for section in page.xpath("//section[@class='task']")
    }


@pytest.mark.parametrize(
    ("role", "titles"),
    [
        ("作者", [DRAFTS]),
        ("编辑", [DRAFTS, LOST]),
        ("园区经理", [UNDATED, UNCONFIRMED]),
        ("招商专员", []),
        ("招商主管", [UNDELIVERED]),
        ("站长", [DRAFTS, LOST, UNDATED, UNCONFIRMED, UNDELIVERED]),
    ],
)
def test_each_role_is_asked_for_its_own_work(role, titles):
    assert list(tasks_of(a_person(role=role))) == titles


def test_who_has_nothing_to_do_is_told_so():
    page = at_the_desk(Client(), a_person(role="招商专员")).get("/admin/")
    assert "今天没有要您办的事。" in words(page)
    page = at_the_desk(Client(), a_person(role="作者")).get("/admin/")
    assert "没有了。" in words(page)


def test_my_drafts_are_mine_and_the_last_touched_stands_first(time_machine):
    author = a_person(role="作者")
    for hour, title in ((8, "早上的"), (10, "十点的"), (9, "九点的")):
        time_machine.move_to(f"2026-03-02 {hour:02}:00:00+08:00", tick=False)
        an_article(title=title, author=author, publish_at=None)
    an_article(title="已发布", author=author)
    an_article(title="别人的", author=a_person(role="作者"), publish_at=None)
    assert tasks_of(author) == {DRAFTS: ["十点的", "九点的", "早上的"]}
    assert tasks_of(a_person(role="编辑"))[DRAFTS] == []


def test_each_article_with_a_lost_quote_is_listed_once():
    article, other = an_article(title="改过的"), an_article()
    for value in range(2):
        a_citation(article, a_figure(a_park(), value=value), "x", is_lost=True)
    a_citation(other, a_figure(a_park()), "x")
    assert tasks_of(a_person(role="编辑"))[LOST] == ["改过的"]


def test_a_manager_is_asked_about_their_own_parks():
    manager, mine, theirs = a_person(role="园区经理"), a_park(name_zh="我的园"), a_park()
    mine.managers.add(manager)
    for park in (mine, theirs):
        a_figure(park, value=7, as_of="")
        a_figure(park, value=8, as_of="2024")
        a_space(park, code="待确认的")
        a_space(park, code="已租的", state="let")
        a_space(park, code="核对过的").confirm(manager)
    assert tasks_of(manager) == {
        UNDATED: ["我的园 入驻企业 7 家（日期未载）"],
        UNCONFIRMED: ["我的园 待确认的"],
    }
    owner = tasks_of(a_person(role="站长"))
    assert (len(owner[UNDATED]), len(owner[UNCONFIRMED])) == (2, 2)


def a_lot(person, rows):
    for n in range(rows):
        park = a_park()
        park.managers.add(person)
        figure = a_figure(park, value=n, as_of="")
        a_space(park)
        article = an_article(author=person, publish_at=None)
        a_citation(article, figure, "x", is_lost=True)
        a_notice(state="dead")


@pytest.mark.parametrize("role", ["作者", "编辑", "园区经理", "招商专员", "招商主管", "站长"])
def test_it_costs_the_same_however_much_there_is_to_do(role):
    person = a_person(role=role)
    desk = at_the_desk(Client(), person)
    counts = []
    for rows in (1, 4, 30):
        a_lot(person, rows)
        desk.get("/admin/")
        with CaptureQueriesContext(connection) as captured:
            assert desk.get("/admin/").status_code == 200
        counts.append(len(captured))
    assert len(set(counts)) == 1, counts
    assert counts[0] <= MOST_QUERIES


@pytest.mark.parametrize(
    ("role", "title"),
    [("编辑", DRAFTS), ("编辑", LOST), ("园区经理", UNDATED), ("园区经理", UNCONFIRMED),
     ("站长", DRAFTS), ("站长", LOST), ("站长", UNDATED), ("站长", UNCONFIRMED),
     ("站长", UNDELIVERED), ("招商主管", UNDELIVERED)],
)  # fmt: skip
def test_a_long_list_is_cut_and_leads_to_exactly_the_rest(role, title):
    person = a_person(role=role)
    a_lot(person, SHOWN + 3)
    # what must not be in the list behind
    park = a_park()
    park.managers.add(person)
    a_figure(park, as_of="2024")
    a_space(park).confirm(person)
    an_article(author=person)
    a_notice(state="given_up")
    if role == "园区经理":
        a_figure(a_park(), as_of="")
        a_space()
    desk = at_the_desk(Client(), person)
    page = html.fromstring(desk.get("/admin/").content.decode())
    (section,) = page.xpath(f"//section[normalize-space(h2/text())='{title}']")
    assert len(section.xpath(".//li")) == SHOWN
    assert f"{SHOWN}+" in section.xpath("string(h2)")
    (more,) = section.xpath(".//p/a/@href")
    behind = desk.get(more)
    assert behind.status_code == 200
    assert behind.context["cl"].result_count == SHOWN + 3


def test_every_row_leads_to_a_page_that_opens():
    owner = a_person(role="站长")
    a_lot(owner, 2)
    desk = at_the_desk(Client(), owner)
    page = html.fromstring(desk.get("/admin/").content.decode())
    links = page.xpath("//section[@class='task']//li/a/@href")
    assert len(links) == 10
    assert {desk.get(link).status_code for link in links} == {200}


def test_names_on_the_first_screen_are_words_and_no_markup():
    author = a_person(role="作者")
    an_article(title="<script>alert(1)</script>", author=author, publish_at=None)
    assert tasks_of(author)[DRAFTS] == ["<script>alert(1)</script>"]


def test_a_superuser_sees_everything_and_a_stranger_the_door():
    root = User.objects.create(username="root", is_superuser=True, is_staff=True)
    assert list(tasks_of(root)) == [DRAFTS, LOST, UNDATED, UNCONFIRMED, UNDELIVERED]
    assert Client().get("/admin/")["Location"] == "/admin/login/?next=/admin/"


def test_the_desk_says_that_a_local_copy_is_one(settings):
    author = a_person(role="作者")
    settings.PROFILE = "local"
    assert "本机演示" in words(at_the_desk(Client(), author).get("/admin/"))
    settings.PROFILE = "production"
    assert "本机演示" not in words(at_the_desk(Client(), author).get("/admin/"))


def test_what_is_confirmed_leaves_the_list(time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    manager = a_person(role="园区经理")
    space = a_space()
    space.park.managers.add(manager)
    assert len(tasks_of(manager)[UNCONFIRMED]) == 1
    space.confirm(manager)
    assert tasks_of(manager)[UNCONFIRMED] == []
