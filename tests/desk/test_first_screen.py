"""The first screen says what wants doing today: the right rows for each role, few queries."""

import shutil
from datetime import timedelta

import pytest
from desk_forms import at_the_desk, words
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from factories import (
    LONG_AGO,
    a_broken_link,
    a_citation,
    a_comment,
    a_complaint,
    a_figure,
    a_missing,
    a_notice,
    a_park,
    a_person,
    a_picture,
    a_space,
    an_alarm,
    an_article,
    an_enquiry,
)
from lxml import html

from articles import content as contents
from articles import drafting
from articles.models import Article
from leads.models import Alarm
from parkcms.ledger.models import Act
from parkcms.library.models import Picture
from parkcms.people.models import User
from parkcms.tasks import SHOWN

pytestmark = pytest.mark.django_db
DRAFTS, LOST = "我的草稿", "引文找不到了"
REVIEW, RETURNED, REMARKS = "待我审", "退回给我的", "对我文章的批注"
COMING, ENDING, REFRESH = "今天和明天要上线的", "七天内到期的", "该更新的页面"
RIGHTS, PICTURES = "转载权利待核实", "图片待补说明"
COMPLAINTS, BROKEN, MISSED = "投诉与更正", "断链", "访客没找到的地址"
WAITING, DUE, HELD, ALARMS = "新需求", "下一步到期", "疑似垃圾", "警报"
UNDATED, UNCONFIRMED = "没有日期的数字", "要重新确认的空间"
PRICES = "报价已过期或将过期的空间"
POLICIES, CONFLICTS, UNSOURCED = "30 天内到期的政策", "互相矛盾的数字", "来源缺失的数字"
OLD = "过了保鲜期的数字"
UNDELIVERED = "通知没有送达"
MOST_QUERIES = 25


@pytest.fixture(autouse=True)
def journal(settings, tmp_path):
    settings.JOURNAL_DIR = tmp_path / "journal"
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.JOURNAL_DIR


def tasks_of(person):
    """``{title: [names of its rows]}`` as the person sees them; what is done with has none."""
    page = html.fromstring(at_the_desk(Client(), person).get("/admin/").content.decode())
    found = {
        section.xpath("normalize-space(h2/text())"): [
            link.text_content().strip() for link in section.xpath(".//li/a")
        ]
        for section in page.xpath("//section[@class='task']")
    }
    done = page.xpath("//p[@class='task-done']/a/text()")
    return found | {title: [] for title in done}


FIGURES = [CONFLICTS, UNSOURCED, UNDATED, OLD]
WRITING = [RETURNED, REMARKS, COMING, ENDING, DRAFTS]


@pytest.mark.parametrize(
    ("role", "titles"),
    [
        ("作者", [*WRITING, PICTURES]),
        (
            "编辑",
            [COMPLAINTS, REVIEW, *WRITING, LOST, BROKEN, MISSED, PICTURES, RIGHTS, POLICIES,
             REFRESH],
        ),
        ("园区经理", [PICTURES, *FIGURES, UNCONFIRMED, PRICES]),
        ("招商专员", [WAITING, DUE]),
        ("招商主管", [WAITING, DUE, HELD, UNDELIVERED]),
        (
            "站长",
            [COMPLAINTS, REVIEW, *WRITING, UNDELIVERED, LOST, BROKEN, MISSED, PICTURES, RIGHTS,
             POLICIES, *FIGURES, UNCONFIRMED, PRICES, REFRESH],
        ),
    ],
)  # fmt: skip
def test_each_role_is_asked_for_its_own_work(role, titles):
    assert list(tasks_of(a_person(role=role))) == titles


def test_who_has_nothing_to_do_is_told_so():
    page = at_the_desk(Client(), a_person()).get("/admin/")
    assert "今天没有要您办的事。" in words(page)
    page = at_the_desk(Client(), a_person(role="作者")).get("/admin/")
    assert "没有要办的：退回给我的、对我文章的批注、" in words(page)


def test_my_drafts_are_mine_and_the_last_touched_stands_first(time_machine):
    author = a_person(role="作者")
    for hour, title in ((8, "早上的"), (10, "十点的"), (9, "九点的")):
        time_machine.move_to(f"2026-03-02 {hour:02}:00:00+08:00", tick=False)
        an_article(title=title, author=author, publish_at=None)
    an_article(title="已发布", author=author)
    an_article(title="别人的", author=a_person(role="作者"), publish_at=None)
    assert tasks_of(author)[DRAFTS] == ["十点的", "九点的", "早上的"]
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
        late = {"rent_cny_m2_day": "1", "valid_until": "2026-01-31"}
        a_space(park, code="过期的", **late).confirm(manager)
    assert tasks_of(manager) == {
        UNDATED: ["我的园 入驻企业 7 家（日期未载）"],
        OLD: ["我的园 入驻企业 8 家（2024）"],
        CONFLICTS: [],
        UNSOURCED: [],
        UNCONFIRMED: ["我的园 待确认的"],
        PRICES: ["我的园 过期的"],
        PICTURES: [],
    }
    owner = tasks_of(a_person(role="站长"))
    assert [len(owner[title]) for title in (UNDATED, UNCONFIRMED, PRICES)] == [2, 2, 2]


def a_lot(person, rows):
    for n in range(rows):
        park = a_park()
        park.managers.add(person)
        figure = a_figure(park, value=n, as_of="")
        a_space(park, rent_cny_m2_day="1", valid_until="2026-01-31")
        article = an_article(author=person, publish_at=None)
        a_citation(article, figure, "x", is_lost=True)
        a_notice(state="dead")
        owner = person if person.has_role("招商专员") else None
        an_enquiry(park=park, owner=owner)
        an_enquiry(park=park, held=True)
        an_enquiry(park=park, owner=owner, status="visited", next_step_on=timezone.localdate())
        an_alarm()


def much_to_edit(person, rows):
    """In each list of the editors' one row more for each round."""
    now, other = timezone.now(), a_person(role="作者")
    for n in range(rows):
        an_article(author=other, publish_at=None, stage="submitted", stage_at=now)
        an_article(author=person, stage="returned", stage_at=now)
        a_comment(an_article(author=person), other)
        an_article(author=person, publish_at=now + timedelta(minutes=5))
        an_article(author=person, expire_at=now + timedelta(days=2))
        over_live(an_article(author=person))
        a_complaint()
        a_missing()
        a_broken_link()
        an_article(rights="unverified", publisher=f"媒体{n}-{rows}")
        read = an_article(legacy_views=n, author=other)
        Article.objects.filter(pk=read.pk).update(updated_at=LONG_AGO)
        picture = a_picture(size=(64, 40))
        Picture.objects.filter(pk=picture.pk).update(is_pending=True)


def over_live(article):
    said = contents.of(article) | {"title": "草稿题"}
    drafting.save(article, said, article.author, version=article.version)
    return article


@pytest.mark.parametrize("role", ["作者", "编辑", "园区经理", "招商专员", "招商主管", "站长"])
def test_it_costs_the_same_however_much_there_is_to_do(role):
    person = a_person(role=role)
    desk = at_the_desk(Client(), person)
    counts = []
    for rows in (1, 4, 10):
        a_lot(person, rows)
        much_to_edit(person, rows)
        desk.get("/admin/")
        with CaptureQueriesContext(connection) as captured:
            assert desk.get("/admin/").status_code == 200
        counts.append(len(captured))
    assert len(set(counts)) == 1, counts
    assert counts[0] <= MOST_QUERIES


@pytest.mark.parametrize(
    ("role", "title"),
    [("编辑", DRAFTS), ("编辑", LOST), ("园区经理", UNDATED), ("园区经理", UNCONFIRMED),
     ("园区经理", PRICES), ("站长", PRICES), ("站长", DRAFTS), ("站长", LOST),
     ("站长", UNDATED), ("站长", UNCONFIRMED),
     ("站长", UNDELIVERED), ("招商主管", UNDELIVERED),
     ("招商专员", WAITING), ("招商专员", DUE), ("招商主管", WAITING), ("招商主管", DUE),
     ("招商主管", HELD)],
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
    an_enquiry(status="won", next_step_on=timezone.localdate())
    an_enquiry(held=True, status="invalid")
    if role == "招商专员":
        colleague = a_person(role=role)
        an_enquiry(owner=colleague)
        an_enquiry(owner=colleague, status="visited", next_step_on=timezone.localdate())
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
    assert len(links) == 13
    assert {desk.get(link).status_code for link in links} == {200}


def test_names_on_the_first_screen_are_words_and_no_markup():
    author = a_person(role="作者")
    an_article(title="<script>alert(1)</script>", author=author, publish_at=None)
    assert tasks_of(author)[DRAFTS] == ["<script>alert(1)</script>"]


def test_a_superuser_sees_everything_and_a_stranger_the_door():
    root = User.objects.create(username="root", is_superuser=True, is_staff=True)
    assert list(tasks_of(root)) == [
        COMPLAINTS, WAITING, DUE, HELD, REVIEW, *WRITING, UNDELIVERED, LOST, BROKEN, MISSED,
        PICTURES, RIGHTS, POLICIES, *FIGURES, UNCONFIRMED, PRICES, REFRESH,
    ]  # fmt: skip
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


# --- articles ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "title"),
    [("编辑", REVIEW), ("编辑", RETURNED), ("作者", RETURNED), ("编辑", REMARKS),
     ("作者", REMARKS), ("编辑", COMING), ("作者", COMING), ("编辑", ENDING),
     ("作者", ENDING), ("作者", DRAFTS), ("编辑", PICTURES), ("编辑", BROKEN),
     ("编辑", MISSED), ("编辑", COMPLAINTS)],
)  # fmt: skip
def test_a_long_list_of_the_editors_is_cut_and_leads_to_exactly_the_rest(role, title):
    person, other = a_person(role=role), a_person(role="作者")
    much_to_edit(person, SHOWN + 3)
    # what must not be in the list behind
    now = timezone.now()
    an_article(author=other, stage="returned", stage_at=now)
    a_comment(an_article(author=person), person)
    a_comment(an_article(author=person), other, settled_at=now)
    a_comment(an_article(author=other), person)
    an_article(author=person, publish_at=now + timedelta(days=3))
    an_article(author=person, expire_at=now + timedelta(days=8))
    an_article(author=person, expire_at=now + timedelta(days=2), taken_down_at=now)
    over_live(an_article(author=other))
    a_missing(count=1)
    a_missing(count=9, ignored_at=now)
    a_broken_link(ignored_at=now)
    a_picture()
    a_complaint(closed_at=now, outcome="unfounded", state="closed")
    if role == "作者":
        an_article(author=other, publish_at=now + timedelta(minutes=5))
        an_article(author=other, expire_at=now + timedelta(days=2))
    desk = at_the_desk(Client(), person)
    page = html.fromstring(desk.get("/admin/").content.decode())
    (section,) = page.xpath(f"//section[normalize-space(h2/text())='{title}']")
    assert len(section.xpath(".//li")) == SHOWN
    (link,) = section.xpath(".//p/a/@href")
    behind = desk.get(link).context["cl"].result_count
    # Its list shows what was met once, too: only the first screen asks for more.
    assert behind == SHOWN + 3 + (title == MISSED)


def test_what_has_a_clock_stands_before_what_has_none():
    editor = a_person(role="编辑")
    much_to_edit(editor, 1)
    assert list(tasks_of(editor)) == [
        COMPLAINTS, REVIEW, RETURNED, REMARKS, COMING, ENDING, DRAFTS, BROKEN, MISSED, PICTURES,
        RIGHTS, REFRESH, LOST, POLICIES,
    ]  # fmt: skip


def test_the_longest_waiting_are_reviewed_first(time_machine):
    time_machine.move_to("2026-11-25 12:00:00+08:00", tick=False)
    now = timezone.now()
    for title, hours in (("新送的", 1), ("早送的", 30)):
        an_article(title=title, stage="submitted", stage_at=now - timedelta(hours=hours))
    an_article(title="在写的")
    assert tasks_of(a_person(role="编辑"))[REVIEW] == ["早送的", "新送的"]


def test_media_with_most_unclear_articles_stand_first():
    for publisher, number in (("晨报", 1), ("某报", 3)):
        for _ in range(number):
            an_article(rights="unverified", publisher=publisher)
    editor = a_person(role="编辑")
    assert tasks_of(editor)[RIGHTS] == ["某报", "晨报"]
    page = at_the_desk(Client(), editor).get("/admin/")
    assert "某报 3 篇" in words(page)


def test_pages_to_refresh_are_the_most_read_and_longest_untouched(monkeypatch):
    monkeypatch.setattr("parkcms.tasks.MOST_READ", 3)
    now = timezone.now()
    for title, views, days, fields in (
        ("久的", 90, 900, {}), ("更久的", 80, 990, {}), ("刚改的", 70, 10, {}),
        ("少人读的", 1, 999, {}), ("没数的", None, 999, {}),
        ("下线的", 99, 999, {"taken_down_at": now}),
    ):  # fmt: skip
        article = an_article(title=title, legacy_views=views, **fields)
        Article.objects.filter(pk=article.pk).update(updated_at=now - timedelta(days=days))
    assert tasks_of(a_person(role="编辑"))[REFRESH] == ["更久的", "久的"]
    screen = words(at_the_desk(Client(), a_person(role="编辑")).get("/admin/"))
    assert "本站自己还不计阅读数" in screen
    assert "原站阅读 90" in screen


def test_an_authors_draft_over_a_live_text_is_theirs_to_finish():
    author = a_person(role="作者")
    over_live(an_article(title="上线的", author=author))
    assert tasks_of(author)[DRAFTS] == ["上线的"]


# --- enquiries --------------------------------------------------------------------------------


def test_new_enquiries_wait_oldest_first_and_an_agent_sees_no_one_elses(time_machine):
    time_machine.move_to("2026-11-25 12:00:00+08:00", tick=False)
    agent, now = a_person(role="招商专员"), timezone.now()
    late = an_enquiry(company="晚来", submitted_at=now - timedelta(minutes=5), owner=agent)
    an_enquiry(company="早来", submitted_at=now - timedelta(hours=30))
    an_enquiry(company="别人的", owner=a_person(role="招商专员"))
    an_enquiry(company="答过的", status="contacted")
    an_enquiry(company="疑似", held=True)
    an_enquiry(company="撤回", withdrawn_at=now)
    wish = "租赁 · 生产 · 1,500–2,000 ㎡ · 嘉定区"
    assert tasks_of(agent)[WAITING] == [f"早来 · {wish}", f"晚来 · {wish}"]
    screen = words(at_the_desk(Client(), agent).get("/admin/"))
    assert "30 小时前" in screen
    assert "5 分钟前" in screen
    assert late.phone.display not in screen
    assert len(tasks_of(a_person(role="招商主管"))[WAITING]) == 3


def test_steps_are_due_on_their_day_to_who_has_the_enquiry(time_machine):
    time_machine.move_to("2026-11-25 00:30:00+08:00", tick=False)
    agent, lead = a_person(role="招商专员"), a_person(role="招商主管")
    for company, day, owner in (
        ("今天", "2026-11-25", agent), ("昨天", "2026-11-24", agent), ("明天", "2026-11-26", agent),
        ("主管的", "2026-11-20", lead), ("无主的", "2026-11-21", None),
    ):  # fmt: skip
        an_enquiry(company=company, next_step_on=day, owner=owner, status="visited")
    an_enquiry(company="成交的", next_step_on="2026-11-20", owner=agent, status="won")

    def due(person):
        return [name.partition(" · ")[0] for name in tasks_of(person)[DUE]]

    assert due(agent) == ["昨天", "今天"]
    assert due(lead) == ["主管的", "无主的", "昨天", "今天"]


def test_who_left_only_an_address_is_shown_by_it_masked():
    an_enquiry(held=True, company="", contact_name="", phone_e164="", email="spam@example.cn",
               intent="", uses=[], area_min_m2=None, area_max_m2=None, area_text="",
               districts=[])  # fmt: skip
    assert tasks_of(a_person(role="招商主管"))[HELD] == ["（未留名） · s***@example.cn"]


def test_an_alarm_stands_first_until_somebody_has_looked_after_it():
    alarm = an_alarm(detail="磁盘满了")
    lead = a_person(role="招商主管")
    assert next(iter(tasks_of(lead).items())) == (ALARMS, ["磁盘满了"])
    assert tasks_of(a_person(role="站长"))[ALARMS] == ["磁盘满了"]
    assert ALARMS not in tasks_of(a_person(role="招商专员"))
    alarm.clear(lead)
    assert ALARMS not in tasks_of(lead)


def test_a_journal_that_cannot_be_written_is_told_of_without_any_row(journal):
    lead = a_person(role="招商主管")
    assert ALARMS not in tasks_of(lead)
    shutil.rmtree(journal)
    journal.write_text("a file stands where the folder should be")
    (told,) = tasks_of(lead)[ALARMS]
    assert "需求日志现在写不进去" in told


def test_an_alarm_is_put_away_from_its_page_and_from_the_list():
    alarm, desk = an_alarm(), at_the_desk(Client(), a_person(role="招商主管"))
    assert "已处理" in words(desk.get(f"/admin/leads/alarm/{alarm.pk}/change/"))
    assert desk.get(f"/admin/leads/alarm/{alarm.pk}/clear/").status_code == 302
    alarm.refresh_from_db()
    assert alarm.cleared_at is None
    desk.post(f"/admin/leads/alarm/{alarm.pk}/clear/")
    alarm.refresh_from_db()
    assert alarm.cleared_at is not None
    Alarm.objects.sound("journal", "又满了")
    data = {"action": "clear_selected", "_selected_action": [alarm.pk], "index": 0}
    desk.post("/admin/leads/alarm/", data)
    assert Alarm.objects.raised().count() == 0
    assert [act.verb for act in Act.objects.about(alarm)] == ["clear", "clear"]


def test_only_who_runs_enquiries_puts_an_alarm_away():
    alarm = an_alarm()
    for role in ("招商专员", "编辑", "园区经理"):
        desk = at_the_desk(Client(), a_person(role=role))
        desk.post(f"/admin/leads/alarm/{alarm.pk}/clear/")
    alarm.refresh_from_db()
    assert alarm.cleared_at is None
