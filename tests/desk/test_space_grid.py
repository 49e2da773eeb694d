"""The grid of a park's spaces: typed in place, saved whole or not at all."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from desk_forms import at_the_desk, desk_of, filled, messages_of, words
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from factories import a_park, a_person, a_space
from lxml import html

from parkcms.ledger.models import Act
from parks import desk_grid
from parks.models import Space
from parks.table_columns import COLUMNS

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
MOST_QUERIES = 25


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(manager):
    """A client that shows an error of ours as a 500 instead of raising it."""
    return at_the_desk(Client(raise_request_exception=False), manager)


def address(park, more=""):
    return f"{reverse('admin:parks_space_grid')}?park={park.pk}{more}"


def typed(desk, park, /, more="", **answers):
    """The page's own form with ``answers`` (r1_code for r1-code) typed into it."""
    data = filled(desk, address(park, more))
    for name, value in answers.items():
        row, _, field = name.partition("_")
        data[f"{row}-{field}"] = [value]
    return data


def save(desk, park, /, more="", **answers):
    url = address(park, more)
    return desk.post(url, typed(desk, park, more, **answers), follow=True)


def wrong(response):
    """``{input: words}`` of what is said at the cells."""
    tree = html.fromstring(response.content.decode())
    return {
        one.get("name"): tree.get_element_by_id(one.get("aria-describedby")).text_content().strip()
        for one in tree.xpath("//input[@aria-describedby]")
    }


def values(response):
    tree = html.fromstring(response.content.decode())
    inputs = tree.xpath("//table//input[@type='text']")
    return {one.get("name"): one.get("value") for one in inputs if one.get("value")}


def test_the_spaces_stand_in_the_order_of_their_codes_with_ten_empty_rows(desk, mine):
    a_space(mine, code="2-201", area_gross_m2=900, floor=2)
    a_space(mine, code="1-101", area_gross_m2=Decimal("1200.50"), floor=1)
    a_space(code="别人的")
    page = desk.get(address(mine))
    lines = page.context["lines"]
    assert [line.space and line.space.code for line in lines] == ["1-101", "2-201"] + [None] * 10
    assert values(page)["r1-area_gross_m2"] == "1200.5"
    assert values(page)["r1-floor"] == "1"


def test_saving_what_nobody_touched_changes_nothing(desk, mine):
    space = a_space(mine, code="1-101", building="1  号楼", lifts=[{"t": 3, "count": 2}])
    before = Space.objects.values().get(pk=space.pk)
    for more in ("", "&cols=more"):
        page = save(desk, mine, more)
        assert messages_of(page) == ["没有改动，什么都没有保存。"]
    assert Space.objects.values().get(pk=space.pk) == before
    assert Act.objects.filter(object_kind="parks.space").count() == 0


def test_each_changed_space_is_one_act_and_only_a_state_price_or_date_confirms(desk, mine, manager):
    height = a_space(mine, code="1-101", storey_height_m=None)
    price = a_space(mine, code="1-102", rent_cny_m2_day=None, valid_until=None)
    still = a_space(mine, code="1-103")
    page = save(
        desk,
        mine,
        r1_storey_height_m="7.2 m",
        r2_rent_cny_m2_day="0.95",
        r2_valid_until="2027.6.30",
    )
    assert messages_of(page) == ["已保存：改了 2 处，新建 0 处。"]
    for space in (height, price, still):
        space.refresh_from_db()
    assert (height.storey_height_m, height.checked_at) == (Decimal("7.20"), None)
    assert (price.rent_cny_m2_day, price.valid_until) == (Decimal("0.950"), date(2027, 6, 30))
    assert (price.checked_at, price.checked_by) == (NOW, manager)
    assert still.checked_at is None
    acts = Act.objects.filter(object_kind="parks.space").order_by("object_id")
    told = {act.object_id: (act.verb, set(act.after)) for act in acts}
    assert len(acts) == 2
    assert told == {
        str(height.pk): ("change", {"storey_height_m"}),
        str(price.pk): ("change", {"rent_cny_m2_day", "valid_until", "checked_at"}),
    }


def test_a_row_below_makes_a_draft(desk, mine):
    a_space(mine, code="1-101")
    page = save(desk, mine, r2_code="1-102", r2_area_gross_m2="900", r2_state="预订")
    assert messages_of(page) == ["已保存：改了 0 处，新建 1 处（草稿）。"]
    new = Space.objects.get(code="1-102")
    assert (new.park, new.publish_at, new.state, new.checked_at) == (mine, None, "reserved", NOW)
    act = Act.objects.get(verb="add", object_kind="parks.space")
    assert (act.object_id, act.after["code"]) == (str(new.pk), "1-102")


@pytest.mark.parametrize("nothing", ["", "  ", "—", "清空", "待确认"])
def test_a_cell_emptied_is_cleared(desk, mine, nothing):
    space = a_space(mine, code="1-101", power_kva=630)
    save(desk, mine, r1_power_kva=nothing)
    space.refresh_from_db()
    assert space.power_kva is None


def test_one_wrong_cell_saves_nothing_and_all_that_was_typed_stands(desk, mine):
    space = a_space(mine, code="1-101", floor=1, power_kva=630)
    a_space(mine, code="1-102")
    page = save(
        desk, mine,
        r1_floor="二", r1_power_kva="800", r3_code="1-1 01", r4_code="1-1 02", r5_floor="3",
        r6_code="1-104",
    )  # fmt: skip
    assert wrong(page) == {
        "r1-floor": "“二”不是数字",
        "r3-code": "“1-1 01”和第 1 行的编号一样",
        "r4-code": "已有“1-102”，请到它那一行去改",
        "r5-code": "没有写编号",
        "r6-area_gross_m2": "新空间要写建筑面积",
    }
    assert messages_of(page) == ["有几格要先改，什么都没有保存。"]
    shown = values(page)
    assert (shown["r1-floor"], shown["r1-power_kva"], shown["r5-floor"]) == ("二", "800", "3")
    space.refresh_from_db()
    assert (space.floor, space.power_kva) == (1, 630)
    assert Space.objects.count() == 2
    assert Act.objects.filter(object_kind="parks.space").count() == 0


def test_a_monthly_rent_and_a_price_without_a_date_are_told_at_their_cells(desk, mine):
    a_space(mine, code="1-101", rent_cny_m2_day=None, valid_until=None)
    page = save(desk, mine, r1_rent_cny_m2_day="28.9")
    assert wrong(page) == {
        "r1-rent_cny_m2_day": "28.9 像是每月的价：合 0.95 元/㎡/天，请改成每天的价",
        "r1-valid_until": "写了价格就要写到哪天有效（《房地产广告发布规定》）",
    }


def test_what_is_wrong_with_a_column_that_is_not_shown_is_told_about_the_row(desk, mine):
    a_space(mine, code="1-101", storey_height_m=7, clear_height_m=6)
    page = save(desk, mine, r1_storey_height_m="5")
    assert wrong(page) == {}
    assert "1-101：净高：净高 6.00 m 要小于层高 5 m" in words(page)


def test_a_row_somebody_changed_since_is_told_and_saved_only_when_pressed_again(desk, mine):
    space = a_space(mine, code="1-101", power_kva=630, storey_height_m=6, building="甲")
    data = typed(desk, mine, r1_power_kva="800", r1_floor="2", r2_code="1-102",
                 r2_area_gross_m2="900")  # fmt: skip
    Space.objects.filter(pk=space.pk).update(power_kva=700, storey_height_m=7)
    page = desk.post(address(mine), data, follow=True)
    assert wrong(page) == {
        "r1-power_kva": "刚被别人改成：700", "r1-storey_height_m": "别人刚改的",
    }  # fmt: skip
    shown = values(page)
    assert (shown["r1-power_kva"], shown["r1-storey_height_m"]) == ("800", "7")
    assert (shown["r1-floor"], shown["r2-code"]) == ("2", "1-102")
    space.refresh_from_db()
    assert (space.power_kva, Space.objects.count()) == (700, 1)
    form = html.fromstring(page.content.decode()).get_element_by_id("space_grid_form")
    page = desk.post(address(mine), dict(form.form_values()), follow=True)
    assert messages_of(page) == ["已保存：改了 1 处，新建 1 处（草稿）。"]
    space.refresh_from_db()
    assert (space.power_kva, space.storey_height_m, space.floor) == (800, 7, 2)


def test_a_row_only_somebody_else_changed_stands_in_nobodys_way(desk, mine):
    theirs = a_space(mine, code="1-101", power_kva=630)
    a_space(mine, code="1-102", power_kva=630)
    data = typed(desk, mine, r2_power_kva="800")
    Space.objects.filter(pk=theirs.pk).update(power_kva=700)
    page = desk.post(address(mine), data, follow=True)
    assert messages_of(page) == ["已保存：改了 1 处，新建 0 处。"]
    assert list(Space.objects.order_by("code").values_list("power_kva", flat=True)) == [700, 800]


def test_a_deleted_space_is_named_and_the_rest_stands(desk, mine):
    gone = a_space(mine, code="1-101")
    a_space(mine, code="1-102", power_kva=630)
    data = typed(desk, mine, r2_power_kva="800")
    gone.delete()
    page = desk.post(address(mine), data, follow=True)
    assert messages_of(page) == ["“1-101” 已经被别人删除，从表里去掉了。什么都没有保存。"]
    assert values(page)["r2-power_kva"] == "800"
    assert Space.objects.get().power_kva == 630


def test_a_code_typed_anew_renames_the_space_and_its_address_stays(desk, mine):
    space = a_space(mine, code="1-101")
    slug = space.slug
    page = save(desk, mine, r1_code="A-101")
    assert messages_of(page) == ["已保存：改了 1 处，新建 0 处。"]
    space.refresh_from_db()
    assert (space.code, space.slug) == ("A-101", slug)
    act = Act.objects.get(verb="change")
    assert (act.before, act.after) == ({"code": "1-101"}, {"code": "A-101"})


def test_a_code_another_space_has_is_refused(desk, mine):
    for code in ("1-101", "1-102", "1-103", "1-104"):
        a_space(mine, code=code)
    page = save(desk, mine, r1_code="1-102", r2_code="", r3_code="新", r4_code="新 ")
    assert wrong(page) == {
        "r1-code": "这个园区已有“1-102”",
        "r2-code": "编号不能清空",
        "r4-code": "“新”和第 3 行的编号一样",
    }


def test_all_columns_of_the_file_can_be_typed(desk, mine):
    space = a_space(mine, code="1-101")
    page = save(desk, mine, "&cols=more", r1_lifts="3t×2", r1_cranes="无", r1_uses="生产、仓储",
                r1_sprinkler="有", r1_fire_class="丙")  # fmt: skip
    assert page.context["columns"] == COLUMNS
    space.refresh_from_db()
    assert (space.lifts, space.has_lift, space.has_crane) == ([{"t": 3, "count": 2}], True, False)
    assert (space.uses, space.sprinkler, space.fire_class) == (["production", "storage"], True, "C")


def test_more_spaces_than_a_page_holds_go_on_after_the_last(desk, mine):
    size = desk_grid.most_lines([*range(len(desk_grid.BASIC))]) - desk_grid.EMPTY
    for number in range(size + 2):
        a_space(mine, code=f"1-{number:04}")
    page = desk.get(address(mine))
    assert len(page.context["lines"]) == size + desk_grid.EMPTY
    last = page.context["lines"][size - 1].space
    assert page.context["following"] == last.pk
    page = desk.get(address(mine, f"&after={last.pk}"))
    codes = [line.space.code for line in page.context["lines"] if line.space]
    assert (codes, page.context["following"]) == ([f"1-{size:04}", f"1-{size + 1:04}"], None)
    full = typed(desk, mine, r1_power_kva="800")
    assert desk.post(address(mine), full, follow=True).status_code == 200
    assert Space.objects.get(code="1-0000").power_kva == 800


def test_a_manager_types_only_into_their_own_parks(desk, mine):
    theirs = a_park(name_zh="别人的园区")
    space = a_space(theirs, code="1-101")
    assert desk.get(address(theirs)).status_code == 403
    boss = desk_of(a_person("zhanzhang", "站长"))
    data = typed(boss, theirs, r1_floor="2")
    assert desk.post(address(theirs), data).status_code == 403
    # nor through the address of a park of theirs
    assert desk.post(address(mine), data).status_code == 200
    space.refresh_from_db()
    assert space.floor != 2
    page = desk.get(reverse("admin:parks_space_grid"))
    assert [park.name_zh for park in page.context["parks"]] == ["我的园区"]


@pytest.mark.parametrize("role", ["招商专员", "作者"])
def test_who_may_not_change_spaces_gets_no_grid(mine, role):
    other = desk_of(a_person("other", role))
    assert other.get(address(mine)).status_code == 403
    assert other.post(address(mine), {"r1-code": "x"}).status_code == 403


JUNK = ["9" * 400, "-1", "1e999", "NaN", "a\x00b", "\ufffe", "🏭" * 300, "'=1+1", "=1+1", "清空",
        "2026-02-30", "0001-01-01", "<script>", "%", "x" * 3000]  # fmt: skip


def a_full_form(desk, park):
    """The form with all columns, and the names of the cells of its first two rows."""
    a_space(park, code="1-101")
    data = filled(desk, address(park, "&cols=more"))
    return data, [name for name in data if name[:3] in {"r1-", "r2-"} and "seen" not in name]


@pytest.mark.parametrize("at", range(len(JUNK)))
def test_junk_in_all_cells_is_told_and_saves_nothing(desk, mine, at):
    data, fields = a_full_form(desk, mine)
    before = list(Space.objects.values())
    page = desk.post(address(mine, "&cols=more"), data | {name: [JUNK[at]] for name in fields})
    assert page.status_code == 200
    assert messages_of(page) == ["有几格要先改，什么都没有保存。"]
    assert list(Space.objects.values()) == before


def test_junk_in_any_one_cell_is_never_an_error_of_ours(desk, mine):
    data, fields = a_full_form(desk, mine)
    for number, name in enumerate(fields):
        typed = data | {name: [JUNK[number % len(JUNK)]]}
        assert desk.post(address(mine, "&cols=more"), typed).status_code in {200, 302}, name


def test_a_form_nobody_was_handed_saves_nothing(desk, mine):
    a_space(mine, code="1-101", power_kva=630)
    data = typed(desk, mine, r1_power_kva="800")
    seen = data["r1-seen"][0]
    for bad in ("x", "1", ":", f"{seen}0", f"x{seen}", f"{'9' * 30}:" + "0" * 88, "0:" + "0" * 88,
                seen.replace(":", ":\x00")):  # fmt: skip
        assert desk.post(address(mine), data | {"r1-seen": [bad]}).status_code == 200, bad
    assert desk.post(address(mine), data | {"r2-seen": [seen]}).status_code == 200
    assert desk.post(address(mine), {"r0-code": "1", "r1-": "x", "rx-code": "y"}).status_code == 200
    assert desk.post(address(mine), {}).status_code == 200
    assert desk.post(address(mine, "&cols=more"), data).status_code == 200
    assert Space.objects.get().power_kva == 630


def test_cells_that_were_not_sent_are_left_alone(desk, mine):
    space = a_space(mine, code="1-101", power_kva=630, floor=1)
    data = typed(desk, mine)
    sent = {"r1-seen": data["r1-seen"], "r1-floor": "2"}
    desk.post(address(mine), sent)
    space.refresh_from_db()
    assert (space.code, space.power_kva, space.floor) == ("1-101", 630, 2)


def test_more_rows_than_a_form_holds_are_refused_with_words(desk, mine):
    many = {f"r{number}-code": f"x{number}" for number in range(1, 400)}
    page = desk.post(address(mine), many)
    assert messages_of(page) == ["一次最多 158 行。更多的请从 Excel 导入。"]
    assert Space.objects.count() == 0
    many = {f"r{number}-code": f"x{number}" for number in range(1, 10_001)}
    assert desk.post(address(mine), many).status_code == 400


@pytest.mark.parametrize("key", ["x", "0", "-1", "9" * 30, "1e3", "%00", ""])
def test_an_odd_park_has_a_clean_answer(desk, mine, key):
    url = f"{reverse('admin:parks_space_grid')}?park={key}"
    assert desk.get(url).status_code in ({200} if not key else {400, 404})
    assert desk.post(url, {"r1-code": "x"}).status_code in {400, 404}
    assert desk.get(address(mine, f"&after={key}&cols={key}")).status_code in {200, 400}


def test_every_input_has_a_name_of_its_own(desk, mine):
    a_space(mine, code="1-101")
    tree = html.fromstring(desk.get(address(mine)).content.decode())
    labels = tree.xpath("//table//input[@type='text']/@aria-label")
    assert (len(labels), len(set(labels))) == (11 * 11, 11 * 11)
    assert labels[3] == "1-101 建筑面积（㎡）"
    assert tree.xpath("//table//*[@style or @onclick]") == []


def cost(desk, ask):
    with CaptureQueriesContext(connection) as captured:
        assert ask().status_code in {200, 302}
    return len(captured)


def test_the_grid_costs_the_same_for_two_spaces_and_for_fifty(desk, mine):
    def open_and_save(value):
        data = typed(desk, mine)
        data |= {name: [value] for name in data if name.endswith("-power_kva")
                 and data[name.replace("power_kva", "seen")] != [""]}  # fmt: skip
        opened = cost(desk, lambda: desk.get(address(mine)))
        return opened, cost(desk, lambda: desk.post(address(mine), data))

    for number in range(2):
        a_space(mine, code=f"1-{number}")
    desk.get(address(mine))
    few = open_and_save("800")
    for number in range(2, 50):
        a_space(mine, code=f"1-{number}")
    many = open_and_save("900")
    assert Space.objects.filter(power_kva=900).count() == 50
    assert many == few
    assert max(many) <= MOST_QUERIES
