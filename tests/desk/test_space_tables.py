"""Bulk entry of spaces: a table is handed in, looked through, taken over whole or not at all."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from desk_forms import at_the_desk, messages_of, words
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from factories import a_park, a_person, a_space
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from parkcms.ledger.models import Act
from parkcms.library.refusals import Refused
from parks import table_applying, table_cells, table_checking, table_reading, table_writing
from parks.models import Space, Upload
from parks.table_columns import BY_NAME, COLUMNS, columns

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 25)
DATED = "被表格软件当成了日期（2026-03-01），请把这一列设成“文本”再写一次"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(client, manager):
    return at_the_desk(client, manager)


def a_csv(*lines):
    return "\r\n".join(lines).encode()


def an_xlsx(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def hand_in(desk, content, park=None, name="空间.csv"):
    file = SimpleUploadedFile(name, content)
    data = {"file": file, "park": park.pk if park else ""}
    return desk.post(reverse("admin:parks_space_upload"), data, follow=True)


def take_over(desk, response, **answers):
    answers = {"digest": response.context["digest"], "confirm": "on"} | answers
    pk = response.context["upload"].pk
    return desk.post(reverse("admin:parks_space_take_over", args=[pk]), answers, follow=True)


def checked(content, park, by, name="空间.csv"):
    return table_checking.check(table_reading.read(name, content), park, by, TODAY)


def told(content, park, by):
    return [str(problem) for problem in checked(content, park, by).problems]


def test_a_file_changes_nothing_before_it_is_applied(desk, mine):
    space = a_space(mine, code="1-101", area_gross_m2=1200)
    content = a_csv("编号,建筑面积（㎡）,层高（m）", "1-101,1300,", "1-102,900,7.2")
    page = hand_in(desk, content, mine)
    assert page.context["counts"] == [
        ("new", "新空间", 1), ("changed", "有改动", 1),
        ("unchanged", "没有改动", 0), ("wrong", "有问题", 0),
    ]  # fmt: skip
    assert "建筑面积（㎡）：1200 → 1300" in words(page)
    space.refresh_from_db()
    assert (space.area_gross_m2, Space.objects.count()) == (1200, 1)
    assert Act.objects.filter(verb="import").count() == 0


def test_applying_saves_all_rows_with_an_act_each_and_confirms_them(desk, mine, manager):
    old = a_space(mine, code="1-101", area_gross_m2=1200)
    content = a_csv("编号,建筑面积（㎡）,货梯", "1-101,1300,", "1-102,900,3t×2")
    page = take_over(desk, hand_in(desk, content, mine))
    assert messages_of(page) == ["已导入：新建 1 处，改了 1 处。"]
    new = Space.objects.get(code="1-102")
    old.refresh_from_db()
    assert (old.area_gross_m2, old.checked_at, old.checked_by) == (1300, NOW, manager)
    assert (new.lifts, new.has_lift, new.publish_at) == ([{"t": 3, "count": 2}], True, None)
    assert (new.slug, new.checked_at) == ("1-102", NOW)
    acts = Act.objects.filter(verb="import").order_by("id")
    assert [(act.object_kind, act.object_id) for act in acts] == [
        ("parks.space", str(new.pk)), ("parks.space", str(old.pk)),
        ("parks.upload", str(page.context["upload"].pk)),
    ]  # fmt: skip
    assert (acts[1].before, acts[1].after) == (
        {"area_gross_m2": "1200.00"},
        {"area_gross_m2": "1300"},
    )


def test_one_problem_stops_every_row(desk, mine):
    content = a_csv("编号,建筑面积（㎡）,荷载", "1-101,1300,1.5", "1-102,900,15 kN")
    page = hand_in(desk, content, mine)
    assert [str(one) for one in page.context["problems"]] == [
        "第 3 行 · 荷载：“15 kN”写的是 kN/㎡，合 1.53 t/㎡，请改"
    ]
    answer = take_over(desk, page)
    assert messages_of(answer) == ["现在有问题要先改，一行都没有导入。"]
    assert Space.objects.count() == 0


def test_a_second_apply_is_told_and_does_nothing(desk, mine):
    page = hand_in(desk, a_csv("编号,建筑面积", "1-101,1300"), mine)
    take_over(desk, page)
    acts = Act.objects.count()
    answer = take_over(desk, page)
    assert messages_of(answer) == ["这张表 2026-11-25 12:00 已经导入过，这次什么都没有改。"]
    assert (Space.objects.count(), Act.objects.count()) == (1, acts)


def test_what_moved_since_it_was_shown_is_shown_again(desk, mine):
    space = a_space(mine, code="1-101", area_gross_m2=1200)
    page = hand_in(desk, a_csv("编号,建筑面积", "1-101,1300"), mine)
    Space.objects.filter(pk=space.pk).update(area_gross_m2=1250)
    answer = take_over(desk, page)
    assert messages_of(answer) == ["这期间有人改过这些空间，一行都没有导入。请再看一遍会改什么。"]
    space.refresh_from_db()
    assert space.area_gross_m2 == 1250
    assert "1250 → 1300" in words(answer)


def test_a_manager_changes_only_parks_they_keep(desk, mine, manager):
    a_park(name_zh="别人的园区")
    content = a_csv("园区,编号,建筑面积", "我的园区,1,900", "别人的园区,1,900", "哪里,2,900")
    assert told(content, None, manager) == [
        "第 3 行 · 园区：“别人的园区”不归你管，不能改它的空间",
        "第 4 行 · 园区：“哪里”：没有这个园区",
    ]


def test_an_upload_is_seen_by_who_handed_it_in_alone(desk, mine):
    page = hand_in(desk, a_csv("编号,建筑面积", "1,900"), mine)
    other = at_the_desk(type(desk)(), a_person("lingyi", "园区经理"))
    pk = page.context["upload"].pk
    assert other.get(reverse("admin:parks_space_dry_run", args=[pk])).status_code == 404
    address = reverse("admin:parks_space_take_over", args=[pk])
    assert other.post(address, {"digest": page.context["digest"]}).status_code == 404
    assert Space.objects.count() == 0


def test_new_spaces_are_published_where_that_is_chosen(desk, mine):
    page = hand_in(desk, a_csv("编号,建筑面积", "1,900"), mine)
    take_over(desk, page, publish="now")
    assert Space.objects.get().publish_at == NOW


def test_files_of_more_than_thirty_days_go_with_the_next(desk, mine):
    old = Upload.objects.create(
        name="旧", content=b"x", created_at=datetime(2026, 10, 1, tzinfo=UTC)
    )
    hand_in(desk, a_csv("编号,建筑面积", "1,900"), mine)
    assert not Upload.objects.filter(pk=old.pk).exists()


def test_every_space_comes_back_from_an_export_unchanged(mine, manager):
    a_space(
        mine, code="=1+1", building="3号楼", floor=2, form="floor", uses=["production", "rnd"],
        area_gross_m2="1850.50", storey_height_m="7.2", floor_load_t_m2="1.5",
        lifts=[{"t": 3, "count": 2}], cranes=[{"t": 5, "count": 1, "hook_m": 7.5}],
        power_kva=630, gas=True, steam=False, fire_class="C", eia="light",
        rent_cny_m2_day="0.95", valid_until=date(2026, 1, 1), state="let", note_zh="-说明",
    )  # fmt: skip
    a_space(mine, code="B", has_lift=False, has_crane=True)
    spaces = Space.objects.order_by("id")
    for kind, write in (("xlsx", table_writing.as_xlsx), ("csv", table_writing.as_csv)):
        for with_park in (False, True):
            content = write(table_writing.rows_of(spaces, with_park), with_park)
            found = checked(content, None if with_park else mine, manager, f"x.{kind}")
            assert [str(one) for one in found.problems] == []
            assert [(row.kind, row.changes) for row in found.rows] == [("unchanged", {})] * 2


def test_the_template_has_a_column_for_everything_and_opens_as_a_table(desk, mine):
    answer = desk.get(reverse("admin:parks_space_table"))
    book = load_workbook(io.BytesIO(answer.content))
    headings = [cell.value for cell in book["空间"][1]]
    assert headings == [column.heading for column in columns(with_park=True)]
    assert len(book["空间"].data_validations.dataValidation) == 23


def test_the_example_of_the_template_has_no_problem(mine, manager):
    row = ",".join(f'"{column.example}"' for column in COLUMNS)
    content = a_csv(",".join(column.heading for column in COLUMNS), row)
    assert told(content, mine, manager) == []


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("area_gross_m2", "１，８５０㎡", 1850),
        ("area_gross_m2", "1,850.5 平方米", Decimal("1850.5")),
        ("storey_height_m", "8m", 8),
        ("storey_height_m", 7.199999999999999, Decimal("7.2")),
        ("floor_load_t_m2", "2吨", 2),
        ("floor_load_t_m2", "2t/㎡", 2),
        ("gas", "√", True),
        ("gas", "×", False),
        ("fire_class", "丙", "C"),
        ("fire_class", "丙类", "C"),
        ("fire_class", "c", "C"),
        ("valid_until", "2027年1月31日", date(2027, 1, 31)),
        ("valid_until", "2027/1/31", date(2027, 1, 31)),
        ("valid_until", datetime.fromisoformat("2027-01-31"), date(2027, 1, 31)),
        ("code", 101.0, "101"),
        ("gas", "", table_cells.BLANK),
        ("gas", "清空", table_cells.CLEAR),
    ],
)
def test_cells_are_read_kindly(name, raw, value):
    assert table_cells.read(BY_NAME[name], raw) == value


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("area_gross_m2", "1.8万", "“1.8万”请写成 18000"),
        ("area_gross_m2", "NaN", "“NaN”不是数字"),
        ("area_gross_m2", float("inf"), "不是数字"),
        ("area_gross_m2", "1e400", "“1e400”的单位看不懂，这一列是 ㎡"),
        ("area_gross_m2", "-5", "-5 不在 20 到 500,000 之间"),
        ("area_gross_m2", "800-1200", "“800-1200”是一个范围，请只写一个数"),
        ("floor_load_t_m2", "10kN/㎡", "“10kN/m2”写的是 kN/㎡，合 1.02 t/㎡，请改"),
        ("floor_load_t_m2", 25, "25 不在 0.1 到 20 之间，像是 kN/㎡：合 2.55 t/㎡"),
        ("rent_cny_m2_day", "面议", "“面议”不是数字；租金留空，“租金可议”写“是”"),
        ("valid_until", "2027-02-30", "“2027-02-30”：没有这一天"),
        ("valid_until", 46387, "是数字不是日期，请写成 2027-01-31"),
        ("power_kva", "630.5", "630.5 要是整数"),
        ("gas", "可能", "“可能”看不懂，请写“是”或“否”，不知道就留空"),
        ("code", date(2026, 3, 1), DATED),
        ("note_zh", "a\x00b", "里面有看不见的控制字符，请重新输入"),
    ],
)  # fmt: skip
def test_cells_nobody_can_be_sure_of_are_named(name, raw, words):
    with pytest.raises(table_cells.Wrong) as found:
        table_cells.read(BY_NAME[name], raw)
    assert str(found.value) == words


def test_values_that_contradict_each_other_are_named(mine, manager):
    content = a_csv(
        "编号,建筑面积,套内,起租,层高,净高,租金,有效至,整栋,楼层",
        "1,900,950,,6,7,,,,",
        "2,900,,1000,,,25,2027-01-31,是,2",
        "3,900,,,,,0.95,,,",
        "4,900,,,,,0.95,2026-01-01,,",
        "4,900,,,,,,,,",
        ",900,,,,,,,,",
    )
    assert told(content, mine, manager) == [
        "第 2 行 · 套内面积：950 ㎡ 比建筑面积 900 ㎡ 还大",
        "第 2 行 · 净高：净高 7 m 要小于层高 6 m",
        "第 3 行 · 起租面积：1000 ㎡ 比建筑面积 900 ㎡ 还大",
        "第 3 行 · 楼层：整栋出租就不填楼层（已有的楼层写“清空”）",
        "第 3 行 · 租金：25 像是每月的价：合 0.82 元/㎡/天，请改成每天的价",
        "第 4 行 · 报价有效至：写了价格就要写到哪天有效（《房地产广告发布规定》）",
        "第 5 行 · 报价有效至：2026-01-01 已经过去了",
        "第 6 行 · 编号：“4”和第 5 行的编号一样",
        "第 7 行 · 编号：没有写编号",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("mark", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_csv_is_read_in_any_usual_encoding(encoding, mark):
    text = f"某某园区{mark}\r\n编号{mark}建筑面积\r\n甲楼{mark}900\r\n"
    table = table_reading.read("x.csv", text.encode(encoding))
    assert table.rows == [(3, {"code": "甲楼", "area_gross_m2": "900"})]


def test_a_merged_cell_is_named():
    book = Workbook()
    book.active.append(["编号", "建筑面积"])
    book.active.append(["1", 900])
    book.active.merge_cells("A2:A3")
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(Refused) as found:
        table_reading.read("x.xlsx", out.getvalue())
    assert str(found.value) == "有合并的单元格：A2:A3。请取消合并，把每一格都填上再传。"


def test_a_formula_without_a_result_is_a_problem(mine, manager):
    content = an_xlsx(["编号", "建筑面积"], ["1", "=400+500"])
    assert told(content, mine, manager) == [
        "第 2 行 · 建筑面积：这一格是公式，没有存下结果；请复制后“只粘贴数值”",
    ]


def test_fifty_thousand_rows_are_refused():
    lines = [f"{number},900" for number in range(50_000)]
    with pytest.raises(Refused) as found:
        table_reading.read("x.csv", a_csv("编号,建筑面积", *lines))
    assert found.value.code == "rows"


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        ("编号", "missing"), ("编号,建筑面积,建筑面积", "twice"), ("a,b", "heading"),
        ("编号,建筑面积,荷载（kN/㎡）", "unit"), ("编号,建筑面积,租金（元/㎡/月）", "unit"),
    ],
)  # fmt: skip
def test_headings_that_cannot_be_taken_are_refused(heading, code):
    with pytest.raises(Refused) as found:
        table_reading.read("x.csv", a_csv(heading, "1,2,3"))
    assert found.value.code == code


def test_blank_leaves_and_the_word_clears(desk, mine):
    space = a_space(mine, code="1", gas=True, steam=True, lifts=[{"t": 3, "count": 1}])
    page = hand_in(desk, a_csv("编号,建筑面积,天然气,蒸汽,货梯", "１,,,清空,清空"), mine)
    take_over(desk, page)
    space.refresh_from_db()
    assert (space.gas, space.steam, space.lifts, space.has_lift) == (True, None, [], None)


def test_checking_and_applying_ask_no_more_for_more_rows(
    mine, manager, django_assert_max_num_queries
):
    lines = [f"{number},{900 + number},7.2" for number in range(1200)]
    content = a_csv("编号,建筑面积,层高", *lines)
    with django_assert_max_num_queries(7):
        found = checked(content, mine, manager)
    assert len(found.of("new")) == 1200
    upload = Upload.objects.create(park=mine, by=manager, name="x.csv", content=content)
    with django_assert_max_num_queries(30):
        table_applying.take_over(upload, manager, found.digest())
    assert Space.objects.count() == 1200
    assert checked(content, mine, manager).of("unchanged") != []


typed = st.sampled_from(["是", "1,850㎡", "3t×2", "丙类", "2027-01-31", "=1"])
moments = st.datetimes() | st.dates() | st.times()
numbers = st.booleans() | st.integers() | st.floats()
junk = st.none() | numbers | st.text(max_size=30) | moments | typed
rows = st.fixed_dictionaries({}, optional={column.name: junk for column in COLUMNS})


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows)
def test_what_is_accepted_the_database_takes_and_nothing_is_an_error(mine, manager, cells):
    """Junk gives problems, never an exception; a row without problems is saved as it says."""
    table = table_reading.Table(list(COLUMNS), [(2, {"code": "x", "area_gross_m2": 900} | cells)])
    found = table_checking.check(table, mine, manager, TODAY)
    (row,) = found.rows
    if row.problems:
        return
    table_applying.save(found, manager, NOW, publish=False, confirm=True)
    space = Space.objects.get(code=row.code)
    space.full_clean()
    assert {name: getattr(space, name) for name in row.changes} == {
        name: pair[1] for name, pair in row.changes.items()
    }
    space.delete()
