"""Enquiries as a spreadsheet: who gets one, what is in it, and that no cell of it is a formula."""

import io
import re
import zipfile
from datetime import date, datetime
from urllib.parse import unquote

import pytest
from desk_forms import at_the_desk
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from factories import a_park, a_person, a_space, an_enquiry
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from leads import export
from leads.models import Enquiry
from parkcms.ledger.models import Act

pytestmark = pytest.mark.django_db
LIST = "/admin/leads/enquiry/"
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'", '"')
HOSTILE = [f"{start}1+1" for start in STARTS] + [
    "=HYPERLINK(\"http://x\",\"y\")", "=cmd|' /C calc'!A0", "@SUM(1)", "{=1+1}", "1900-01-01",
    "1e5", "TRUE", "#REF!", "_x003D_1+1", "<f>1</f>", "]]>", "&amp;",
    "\x00\x01\x1f", "\ud800", "\ufffe",
]  # fmt: skip


def exported(person, rows, query="?status=all"):
    data = {"action": "export_selected", "_selected_action": [r.pk for r in rows], "index": 0}
    return at_the_desk(Client(), person).post(LIST + query, data)


def cells_of(data):
    """Rows of cells as openpyxl reads them back."""
    return list(load_workbook(io.BytesIO(data)).active.iter_rows())


def written(enquiries, *, contacts=True):
    file = io.BytesIO()
    references = export.write(file, enquiries, contacts=contacts)
    return references, file.getvalue()


def as_dict(data, row=1):
    head, *rows = [[cell.value for cell in cells] for cells in cells_of(data)]
    return dict(zip(head, rows[row - 1], strict=True))


def unsaved(**texts):
    return Enquiry(reference="Q7K2M-9M4DX", submitted_at=timezone.now(), **texts)


def test_a_lead_gets_a_file_by_its_day_that_nobody_keeps(time_machine):
    time_machine.move_to("2026-11-25 12:00:00+08:00", tick=False)
    answer = exported(a_person(role="招商主管"), [an_enquiry()])
    assert answer["Content-Type"] == export.MEDIA_TYPE
    assert "no-store" in answer["Cache-Control"]
    assert unquote(answer["Content-Disposition"]) == (
        "attachment; filename*=utf-8''需求-2026-11-25.xlsx"
    )
    assert len(cells_of(answer.getvalue())) == 2


@pytest.mark.parametrize("role", ["招商专员", "站长", "编辑"])
def test_nobody_else_gets_one(role):
    enquiry = an_enquiry()
    answer = exported(a_person(role=role), [enquiry])
    assert answer.get("Content-Type", "").startswith("text/html")
    assert Act.objects.count() == 0


def test_a_row_says_what_the_enquiry_says(time_machine):
    time_machine.move_to("2026-11-25 12:00:00+08:00", tick=False)
    space = a_space(a_park(name_zh="某园"), code="3号楼")
    enquiry = an_enquiry(
        park=space.park, space=space, status="visited", next_step="带看", wechat="abc_123",
        next_step_on=date(2026, 12, 1), email="w@example.cn", phone_e164="+8613900000042",
        message="一楼", budget_text="1.2", budget_cny_m2_day="1.2", move_in="3m",
        company="示例公司", owner=a_person(display_name="专员"), first_contact_at=timezone.now(),
    )  # fmt: skip
    _, data = written(Enquiry.objects.all())
    row = {name: value for name, value in as_dict(data).items() if value is not None}
    noon = datetime(2026, 11, 25, 12)  # noqa: DTZ001 - a cell has no time zone
    assert row == {
        "编号": enquiry.reference, "提交时间": noon, "状态": "考察", "负责人": "专员",
        "下一步": "带看", "下一步日期": datetime(2026, 12, 1), "需求": "租赁",  # noqa: DTZ001
        "用途": "生产", "面积下限（㎡）": 1500, "面积上限（㎡）": 2000,
        "面积（原文）": "1500-2000平", "预算上限（元/㎡/天）": 1.2, "预算（原文）": "1.2",
        "区域": "嘉定区", "入驻时间": "三个月内",
        "补充说明": "一楼", "园区": "某园", "空间": "3号楼", "公司": "示例公司", "联系人": "王小明",
        "电话": "139 0000 0042", "微信": "abc_123", "邮箱": "w@example.cn",
        "同意转给园区运营方": "是", "首次联系": noon,
    }  # fmt: skip


def test_without_the_right_and_for_who_withdrew_the_contact_is_masked():
    an_enquiry(email="w@example.cn", message="打 13900000042", phone_e164="+8613900000042")
    _, data = written(Enquiry.objects.all(), contacts=False)
    row = as_dict(data)
    assert (row["联系人"], row["电话"], row["邮箱"]) == ("王**", "139****0042", None)
    assert row["补充说明"] == "打 （已遮住）"
    Enquiry.objects.update(withdrawn_at=timezone.now())
    _, data = written(Enquiry.objects.all(), contacts=True)
    assert as_dict(data) == row | {"标记": "已撤回"}


def test_the_act_names_the_enquiries_and_the_filter_and_not_what_was_searched():
    lead = a_person(role="招商主管", display_name="主管")
    rows = [an_enquiry(phone_e164="+8613900000042") for _ in range(2)]
    exported(lead, rows, "?status=new&q=13900000042")
    act = Act.objects.get()
    assert (act.verb, act.actor_name, act.object_kind, act.object_label) == (
        "export", "主管", "leads.enquiry", "2 份需求",
    )  # fmt: skip
    assert act.after == {
        "count": 2, "contacts": True, "filter": {"status": "new"},
        "references": [row.reference for row in reversed(rows)],
    }  # fmt: skip


TEXTS = ("company", "contact_name", "message", "area_text", "budget_text", "wechat", "next_step",
         "tax_text", "origin_title", "phone_raw", "email", "credit_code")  # fmt: skip


def formulas(data):
    """Whatever in the sheet's own XML is a formula."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    return re.findall(r"<f[ >]", sheet)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(STARTS) | st.just(""), st.text(max_size=40))
@example("=", "1+1")
def test_no_text_becomes_anything_but_text(start, text):
    typed = f"{start}{text}"
    _, data = written([unsaved(**dict.fromkeys(TEXTS, typed))])
    assert formulas(data) == []
    (row,) = cells_of(data)[1:]
    shown = [cell for cell in row if cell.value is not None]
    kinds = {cell.data_type for cell in shown if not isinstance(cell.value, datetime)}
    assert kinds == {"s"}
    assert {cell.quotePrefix for cell in shown if cell.data_type == "s"} == {1}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_written_as_text(text):
    _, data = written([unsaved(company=text)])
    assert formulas(data) == []
    cell = cells_of(data)[1][20]
    if export.text_of(text):
        assert (cell.data_type, cell.quotePrefix) == ("s", 1)
    else:
        assert cell.value is None


@given(st.text(st.characters(exclude_characters="\r")))
def test_a_text_keeps_all_that_xml_has_room_for(text):
    kept = export.text_of(text)
    again = kept.replace("_x005F_", "_")
    assert set(again) <= set(text) | {"_"}
    assert [one for one in kept if ord(one) < 32 and one not in "\t\n\r"] == []


def test_five_thousand_rows_are_taken_one_by_one_and_all_written():
    row, taken = an_enquiry(message="=1+1" * 50, park=a_park()), []

    def rows():
        for number in range(5_000):
            taken.append(number)
            yield row

    references, data = written(rows())
    assert (len(references), len(taken)) == (5_000, 5_000)
    assert formulas(data) == []


def test_a_long_list_is_exported_at_the_cost_of_a_short_one():
    lead = a_person(role="招商主管")
    costs = []
    for more in (2, 20):
        for _ in range(more):
            space = a_space(a_park())
            an_enquiry(park=space.park, space=space, owner=a_person())
        with CaptureQueriesContext(connection) as captured:
            answer = exported(lead, Enquiry.objects.all())
        assert len(cells_of(answer.getvalue())) == Enquiry.objects.count() + 1
        costs.append(len(captured))
    assert costs[0] == costs[1]
