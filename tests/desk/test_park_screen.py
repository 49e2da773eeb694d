"""A park on one screen: statements entered in a row, places pasted, nobody's work undone."""

from decimal import Decimal

import pytest
import time_machine
from desk_forms import at_the_desk, desk_of, errors, filled, page_of, send, words
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import (
    a_figure,
    a_milestone,
    a_park,
    a_person,
    a_phase,
    a_policy,
    a_source,
    a_space,
    an_industry,
)
from lxml import html

from parkcms.ledger.models import Act
from parks.models import AdmissionTerm, Figure, Milestone, Park, Space

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, manager):
    return at_the_desk(client, manager)


@pytest.fixture
def park(manager):
    park = a_park(name_zh="示例产业园")
    park.managers.add(manager)
    return park


def a_row(**fields):
    """What is typed into the one open row of figures."""
    row = {"metric": "gfa", "state": "actual", "value": "9.2万平方米", "as_of": "2024-06"} | fields
    return {f"figures-0-{name}": value for name, value in row.items()}


def test_a_figure_is_entered_in_one_row_as_people_write_it(desk, park):
    source = a_source()
    sentence = "总建筑面积9.2万平方米"
    answer = send(desk, page_of(park), **a_row(source=source.pk, sentence=sentence))
    assert answer.status_code == 302
    row = Figure.objects.get()
    assert (row.value, row.unit, row.as_of, row.source, row.sentence) == (
        Decimal(92000), "m2", "2024-06", source, sentence,
    )  # fmt: skip
    assert row.park == park


@pytest.mark.parametrize(
    ("typed", "field", "code"),
    [
        ({"value": "很多"}, "value", "invalid"),
        ({"value": ""}, "value", "required"),
        ({"value": "351亩", "unit": "m2"}, "unit", "two_units"),
        ({"value": "351"}, "unit", "required"),
        ({"value": "9" * 30}, "value", "too_large"),
        ({"value": "1.23456亩"}, "value", "max_decimal_places"),
        ({"value": "29家"}, "unit", "unit_of_metric"),
        ({"as_of": "2024-13"}, "as_of", "invalid"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_can_not_be_read_is_said_at_its_row(desk, park, typed, field, code):
    answer = send(desk, page_of(park), **a_row(**typed, source=a_source().pk))
    assert code in errors(answer)[f"figures-0-{field}"] or field == "as_of"
    assert Figure.objects.count() == 0


def test_the_only_unit_of_a_metric_goes_without_saying(desk, park):
    send(desk, page_of(park), **a_row(metric="tenants", value="29", source=a_source().pk))
    assert Figure.objects.get().unit == "家"


def test_coordinates_pasted_from_a_chinese_map_become_wgs_84(desk, park):
    send(desk, page_of(park), coordinates="121.1688, 31.2954", datum="gcj02")
    park.refresh_from_db()
    assert Decimal("121.16") < park.longitude < Decimal("121.1688")
    assert Decimal("31.29") < park.latitude < Decimal("31.2975")


@pytest.mark.parametrize("text", ["这里", "31.29", "91, 181", "1e5, 2", "31.2,121.1,5"])
def test_what_is_no_place_is_said_at_its_field(desk, park, text):
    answer = send(desk, page_of(park), coordinates=text)
    assert errors(answer) == {"coordinates": ["no_place"]}


def test_a_policy_in_force_is_attached_and_an_expired_one_is_not(desk, park):
    current, expired = a_policy(), a_policy(title_zh="旧办法", valid_to="2024-12-31")
    with time_machine.travel("2026-05-01 02:00Z", tick=False):
        assert send(desk, page_of(park), policies=[current.pk]).status_code == 302
        answer = send(desk, page_of(park), policies=[current.pk, expired.pk])
    assert errors(answer) == {"policies": ["policy_not_in_force"]}
    assert list(park.policies.all()) == [current]


def test_attaching_a_policy_stands_in_the_story(desk, park):
    send(desk, page_of(park), policies=[a_policy(title_zh="挂上的办法").pk])
    act = Act.objects.about(park).get(verb="change")
    assert act.after["policies"] == ["挂上的办法"]


def test_somebody_elses_change_is_not_undone_unseen(desk, park):
    other = a_person("zhanzhang", "站长")
    page = page_of(park)
    mine = filled(desk, page, intro_zh="我写的简介")
    with time_machine.travel("2099-01-01 02:00Z", tick=False):
        send(desk_of(other), page, intro_zh="站长写的简介")
    answer = desk.post(page, mine)
    assert errors(answer) == {"__all__": ["changed_since"]}
    assert Park.objects.get(pk=park.pk).intro_zh == "站长写的简介"

    form = html.fromstring(answer.content.decode()).xpath("//form[@id='park_form']")[0]
    again = dict(form.form_values())
    assert again["intro_zh"].strip() == "我写的简介"
    again["intro_zh"] = again["intro_zh"].strip()
    assert desk.post(page, again).status_code == 302
    assert Park.objects.get(pk=park.pk).intro_zh == "我写的简介"


def test_a_manager_of_another_park_only_looks(desk):
    other = a_park(name_zh="别人的园区")
    a_figure(other)
    answer = desk.get(page_of(other))
    assert answer.status_code == 200
    assert "查看" in words(answer)
    assert desk.post(page_of(other), {"name_zh": "改"}).status_code == 403


def test_admission_terms_and_milestones_have_their_source_in_the_row(desk, park):
    source = a_source()
    answer = send(
        desk,
        page_of(park),
        **{
            "admission-TOTAL_FORMS": "1", "admission-0-kind": "tax_per_mu",
            "admission-0-required": "true", "admission-0-value": "100",
            "admission-0-source": source.pk, "admission-0-as_of": "2025",
            "milestones-TOTAL_FORMS": "1", "milestones-0-kind": "opened",
            "milestones-0-title_zh": "开园", "milestones-0-happened": "2019年12月16日",
            "milestones-0-state": "actual", "milestones-0-source": source.pk,
        },
    )  # fmt: skip
    assert answer.status_code == 302
    term = AdmissionTerm.objects.get()
    assert (term.value, term.unit, term.required, term.source) == (100, "万元/亩/年", True, source)
    assert Milestone.objects.get().happened == "2019-12-16"


def a_full_park(park, figures, spaces):
    phase, source = a_phase(park), a_source()
    for n in range(figures):
        a_figure(park, phase=phase if n % 3 else None, source=source, sentence=f"第{n}句",
                 as_of=f"{2000 + n % 26}")  # fmt: skip
    for n in range(spaces):
        a_space(park, code=f"{n // 10}号楼-{n}", building=f"{n // 10}号楼", floor=n % 10 or None)
    a_milestone(park, source=source)
    an_industry(park)


def test_the_form_costs_the_same_at_any_size(desk, park):
    a_full_park(park, 5, 5)
    desk.get(page_of(park))
    with CaptureQueriesContext(connection) as few:
        assert desk.get(page_of(park)).status_code == 200
    a_full_park_more(park)
    with CaptureQueriesContext(connection) as many:
        assert desk.get(page_of(park)).status_code == 200
    assert len(many) == len(few)
    assert len(many) <= 25


def a_full_park_more(park):
    source = a_source(title="另一份")
    for n in range(300):
        a_figure(park, source=source, sentence=f"另{n}句", as_of=f"{1950 + n % 70}")
    for n in range(120):
        a_space(park, code=f"新{n}", building=f"新{n // 12}号楼", floor=n % 12 + 1)


def test_of_many_figures_the_newest_are_in_the_form_and_all_in_the_list(desk, park):
    a_full_park_more(park)
    form = html.fromstring(desk.get(page_of(park)).content.decode())
    assert len(form.xpath("//textarea[starts-with(@name, 'figures-')]")) < 62
    assert form.xpath(f"//a[contains(@href, 'figure/?park__id__exact={park.pk}')]")


def test_a_save_leaves_the_figures_that_were_not_in_the_form(desk, park):
    a_full_park_more(park)
    before = Figure.objects.count()
    assert send(desk, page_of(park), intro_zh="新简介").status_code == 302
    assert Figure.objects.count() == before


def test_the_board_shows_each_space_with_its_state_and_what_it_wants(desk, park, manager):
    with time_machine.travel("2026-01-05 02:00Z", tick=False):
        fresh = a_space(park, code="1号楼-101", building="1号楼", floor=1)
        fresh.confirm(manager)
        a_space(park, code="1号楼-201", building="1号楼", floor=2, state=Space.State.LET)
        a_space(park, code="9号楼", building="9号楼", is_whole_building=True, publish_at=None)
    with time_machine.travel("2026-02-20 02:00Z", tick=False):
        page = html.fromstring(desk.get(page_of(park)).content.decode())
    cells = [" ".join(cell.text_content().split()) for cell in page.find_class("cell")]
    assert cells == [
        "1号楼-201 1,200 ㎡ 已租",
        "1号楼-101 1,200 ㎡ 可租 46 天没确认",
        "9号楼 1,200 ㎡ 可租 从未确认 草稿",
    ]


def test_what_the_page_still_wants_is_said_first(desk, park):
    told = words(desk.get(page_of(park)))
    assert "没有坐标" in told
    assert "还没有任何有来源的数字" in told
    Park.objects.filter(pk=park.pk).update(latitude="31.2", longitude="121.2")
    a_figure(park, as_of="2019", metric="tenants", unit="家", value=20)
    told = words(desk.get(page_of(park)))
    assert "没有坐标" not in told
    assert "1 个指标过了保鲜期" in told


def test_an_empty_form_of_a_figure_is_sent_back_with_words(desk, park):
    figure = a_figure(park)
    answer = desk.post(page_of(figure), {})
    assert errors(answer)["value"] == ["required"]
    assert str(figure) in words(answer)
