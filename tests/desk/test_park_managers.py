"""A park manager at the desk: keeps figures and spaces of their own parks, whatever is posted."""

from datetime import date
from itertools import product

import pytest
from desk_forms import act_on, at_the_desk, errors, filled, messages_of, page_of, send, words
from django.test import Client
from factories import (
    a_contact,
    a_figure,
    a_milestone,
    a_park,
    a_person,
    a_phase,
    a_source,
    a_space,
    an_industry,
)

from parks.models import Alias, Figure, Industry, Milestone, Park, ParkIndustry, Phase, Space

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, manager):
    return at_the_desk(client, manager)


@pytest.fixture
def theirs():
    park = a_park(name_zh="别人的园区")
    park.managers.add(a_person("bieren", "园区经理"))
    return park


def rows_of(park):
    """One row of each kind that hangs on a park."""
    return [a_figure(park), a_milestone(park), a_space(park)]


def test_a_manager_adds_a_figure_with_its_source_and_sentence(desk, mine, manager):
    phase, source = a_phase(mine), a_source()
    answers = {
        "park": mine.pk, "phase": phase.pk, "metric": "gfa", "value": "90544.22", "unit": "m2",
        "as_of": "2024年6月", "source": source.pk, "sentence": "总建筑面积90544.22平方米",
    }  # fmt: skip
    assert send(desk, page_of(Figure, "add"), **answers).status_code == 302
    figure = Figure.objects.get()
    assert (figure.park, figure.phase, figure.as_of) == (mine, phase, "2024-06")
    assert figure.recorded_by == manager
    page = words(Client().get(mine.get_absolute_url()))
    assert "90,544.22" in page
    assert "总建筑面积90544.22平方米" in page


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("metric", "", "required"),
        ("value", "", "required"),
        ("value", "-1", "invalid"),
        ("value", "1e400", "invalid"),
        ("value", "NaN", "invalid"),
        ("unit", "m2", "unit_of_metric"),
        ("as_of", "2023-02-30", "partial_date"),
        ("as_of", "06-13", "partial_date"),
        ("source", "", "required"),
        ("source", "999999", "invalid_choice"),
        ("sentence", "字" * 501, "max_length"),
        ("value_max", "20", None),
    ],
)
def test_what_is_wrong_with_a_figure_is_said_in_the_form(desk, mine, field, value, code):
    figure = a_figure(mine)
    told = errors(send(desk, page_of(figure), **{field: value}))
    assert told == ({field: [code]} if code else {"__all__": [None]})
    figure.refresh_from_db()
    assert figure.value == 30


def test_an_occupancy_over_a_hundred_is_said_at_its_field(desk, mine):
    figure = a_figure(mine, metric="occupancy", unit="percent", value=79)
    assert errors(send(desk, page_of(figure), value="795")) == {"value": ["over_hundred"]}


def test_the_same_statement_twice_is_said_in_the_form(desk, mine):
    figure = a_figure(mine, sentence="一句")
    answers = {"park": mine.pk, "metric": "tenants", "value": "31", "unit": "家"}
    same = {"as_of": "2024-06", "source": figure.source.pk, "sentence": "一句"}
    response = send(desk, page_of(Figure, "add"), **answers, **same)
    assert "同一来源的这条数字已经记过。" in words(response)
    assert Figure.objects.count() == 1


def test_a_manager_keeps_a_space_in_all_its_facts(desk, mine):
    answers = {
        "park": mine.pk, "code": "3号楼-201", "building": "3号楼", "floor": "2", "form": "floor",
        "uses": ["production", "rnd"], "area_gross_m2": "1850.5", "storey_height_m": "7.2",
        "lifts": "3t×2", "cranes": "5t×1@7.5m", "gas": "false", "sewage": "true",
        "rent_cny_m2_day": "0.95", "valid_until": "2027-12-31",
    }  # fmt: skip
    assert send(desk, page_of(Space, "add"), **answers).status_code == 302
    space = Space.objects.get()
    assert (space.slug, space.uses, space.gas, space.sewage, space.steam) == (
        "3-hao-lou-201", ["production", "rnd"], False, True, None,
    )  # fmt: skip
    assert space.lifts == [{"t": 3, "count": 2}]
    assert space.cranes == [{"t": 5, "count": 1, "hook_m": 7.5}]
    assert (space.publish_at, space.valid_until) == (None, date(2027, 12, 31))


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("area_gross_m2", "19.99", "min_value"),
        ("storey_height_m", "26", "max_value"),
        ("floor", "61", "max_value"),
        ("lifts", "两台", "machines"),
        ("cranes", "900t×1", "machines"),
        ("valid_until", "2027-02-30", "invalid"),
        ("available_from", "tomorrow", "invalid"),
        ("uses", ["casino"], "invalid_choice"),
        ("code", "长" * 41, "max_length"),
        ("power_kva", "1e3", "invalid"),
    ],
)
def test_what_is_wrong_with_a_space_is_said_at_its_field(desk, mine, field, value, code):
    space = a_space(mine)
    assert errors(send(desk, page_of(space), **{field: value})) == {field: [code]}


def test_a_price_without_a_last_day_is_refused_with_its_rule(desk, mine):
    space = a_space(mine)
    response = send(desk, page_of(space), rent_cny_m2_day="1.2")
    assert "写了价格就要写“报价有效至”（《房地产广告发布规定》）。" in words(response)


def test_a_manager_publishes_and_takes_down_their_own_spaces(desk, mine):
    space = a_space(mine, publish_at=None)
    assert send(desk, page_of(space), _publish="1").status_code == 302
    space.refresh_from_db()
    assert Client().get(space.get_absolute_url()).status_code == 200
    send(desk, page_of(space), _take_down="1", take_down_reason="已租出")
    assert Client().get(space.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("number", range(3), ids=["figure", "milestone", "space"])
def test_rows_of_anothers_park_are_seen_and_not_changed(desk, theirs, number):
    row = rows_of(theirs)[number]
    before = type(row).objects.values().get(pk=row.pk)
    page = desk.get(page_of(row)).content.decode()
    assert 'name="_save"' not in page
    for data in ({}, {"park": str(theirs.pk)}, {"_publish": "1"}, {"_take_down": "1"}):
        assert desk.post(page_of(row), data).status_code == 403
    assert desk.post(page_of(row, "delete"), {"post": "yes"}).status_code == 403
    assert type(row).objects.values().get(pk=row.pk) == before


@pytest.mark.parametrize("number", range(3), ids=["figure", "milestone", "space"])
def test_a_row_is_neither_moved_to_nor_added_to_anothers_park(desk, mine, theirs, number):
    row = rows_of(mine)[number]
    assert errors(send(desk, page_of(row), park=theirs.pk)) == {"park": ["invalid_choice"]}
    data = filled(desk, page_of(row), park=str(theirs.pk), code="另一间")
    response = desk.post(page_of(row, "add"), data)
    assert "park" in errors(response)
    assert not type(row).objects.filter(park=theirs).exists()


@pytest.mark.parametrize("number", range(3), ids=["figure", "milestone", "space"])
def test_a_phase_of_anothers_park_is_no_choice(desk, mine, theirs, number):
    row = rows_of(mine)[number]
    foreign = a_phase(theirs)
    assert errors(send(desk, page_of(row), phase=foreign.pk)) == {"phase": ["invalid_choice"]}


def test_a_phase_of_the_other_of_my_parks_is_refused(desk, mine, manager):
    second = a_park()
    second.managers.add(manager)
    row, phase = a_figure(mine), a_phase(second)
    assert errors(send(desk, page_of(row), phase=phase.pk)) == {"phase": ["foreign_phase"]}


def test_a_row_moves_between_my_parks(desk, mine, manager):
    second = a_park()
    second.managers.add(manager)
    space = a_space(mine)
    assert send(desk, page_of(space), park=second.pk).status_code == 302
    space.refresh_from_db()
    assert space.park == second


def test_a_space_that_collides_in_its_new_park_is_told_there(desk, mine, manager):
    second = a_park()
    second.managers.add(manager)
    a_space(second, code="3号楼-201", slug="")
    space = a_space(mine, code="3号楼 201", slug="")
    assert errors(send(desk, page_of(space), park=second.pk)) == {"park": ["slug_taken"]}


def test_the_choices_of_parks_are_mine(desk, mine, theirs):
    page = desk.get(page_of(Space, "add")).content.decode()
    assert f'<option value="{mine.pk}">' in page
    assert f'<option value="{theirs.pk}">' not in page


@pytest.mark.parametrize("action", ["publish_selected", "take_down_selected", "confirm_selected"])
def test_ticked_rows_of_anothers_park_stay_as_they_are(desk, mine, theirs, action):
    draft = {"publish_at": None} if action == "publish_selected" else {}
    own, foreign = a_space(mine, **draft), a_space(theirs, **draft)
    before = Space.objects.values().get(pk=foreign.pk)
    response = act_on(desk, Space, action, [own, foreign])
    assert response.status_code == 200
    assert Space.objects.values().get(pk=foreign.pk) == before
    own.refresh_from_db()
    done = {
        "publish_selected": own.publish_at,
        "take_down_selected": own.taken_down_at,
        "confirm_selected": own.checked_at,
    }[action]
    assert done is not None
    told = messages_of(response)
    assert told[-1] in {"已发布 1 条。", "已下线 1 条。", "已确认 1 处空间。"}
    if action != "confirm_selected":
        assert told[:-1] == [f"“{foreign}”不归您发布和下线。"]


def test_ticked_figures_of_anothers_park_are_not_deleted(desk, mine, theirs):
    own, foreign = a_figure(mine), a_figure(theirs)
    data = {"action": "delete_selected", "_selected_action": [own.pk, foreign.pk], "post": "yes"}
    assert desk.post(page_of(Figure, "changelist"), data).status_code == 403
    assert Figure.objects.count() == 2
    data["_selected_action"] = [own.pk]
    assert desk.post(page_of(Figure, "changelist"), data).status_code == 302
    assert list(Figure.objects.all()) == [foreign]


def test_a_manager_keeps_their_parks_words_and_parts(desk, mine):
    industry = Industry.objects.create(name_zh="氢能")
    data = filled(desk, page_of(mine), intro_zh="一段话。", latitude="31.3", longitude="121.25")
    for prefix, fields in {
        "aliases": {"name": "老名字", "kind": "former"},
        "industries": {"industry": industry.pk, "stance": "leading"},
        "phases": {"ordinal": 1, "name_zh": "一期"},
        "transport": {"kind": "metro", "name_zh": "安亭站", "distance_km": "2.4"},
        "amenities": {"name_zh": "食堂", "state": "existing"},
    }.items():
        data |= {f"{prefix}-0-{name}": [str(value)] for name, value in fields.items()}
        data[f"{prefix}-TOTAL_FORMS"] = ["1"]
    assert desk.post(page_of(mine), data).status_code == 302
    mine.refresh_from_db()
    assert (mine.intro_zh, mine.latitude) == ("一段话。", mine.latitude)
    counts = [
        part.count()
        for part in (mine.aliases, mine.industries, mine.phases, mine.transport, mine.amenities)
    ]
    assert counts == [1] * 5


def test_what_the_owner_reserved_is_not_changed_by_a_crafted_form(desk, mine, manager):
    card, friend = a_contact(), a_person("friend", "园区经理")
    crafted = {
        "slug": ["taken-over"], "managers": [str(friend.pk), str(manager.pk)],
        "contact": [str(card.pk)], "publish_at_0": ["2030-01-01"], "publish_at_1": ["00:00"],
        "expire_at_0": ["2020-01-01"], "expire_at_1": ["00:00"], "_publish": ["1"],
        "_take_down": ["1"], "take_down_reason": ["x"], "sort_key": ["zzz"],
    }  # fmt: skip
    before = Park.objects.values().get(pk=mine.pk)
    data = filled(desk, page_of(mine), level="town") | crafted
    assert desk.post(page_of(mine), data).status_code == 302
    after = Park.objects.values().get(pk=mine.pk)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"level", "updated_at"}
    assert list(mine.managers.all()) == [manager]


def test_anothers_park_is_seen_and_not_changed(desk, theirs):
    before = Park.objects.values().get(pk=theirs.pk)
    assert 'name="_save"' not in desk.get(page_of(theirs)).content.decode()
    assert desk.post(page_of(theirs), {"name_zh": "抢来的"}).status_code == 403
    assert desk.post(page_of(theirs, "delete"), {"post": "yes"}).status_code == 403
    assert Park.objects.values().get(pk=theirs.pk) == before


def test_parks_are_neither_added_nor_deleted_nor_published_by_a_manager(desk, mine):
    assert desk.get(page_of(Park, "add")).status_code == 403
    assert desk.post(page_of(Park, "add"), {"name_zh": "新园区"}).status_code == 403
    assert desk.post(page_of(mine, "delete"), {"post": "yes"}).status_code == 403
    act_on(desk, Park, "take_down_selected", [mine])
    mine.refresh_from_db()
    assert mine.taken_down_at is None


def inline_row(data, prefix, **fields):
    """The form's data with the first row of an inline replaced by a crafted one."""
    data |= {f"{prefix}-0-{name}": [str(value)] for name, value in fields.items()}
    return data | {f"{prefix}-TOTAL_FORMS": ["1"], f"{prefix}-INITIAL_FORMS": ["1"]}


def test_an_inline_row_of_anothers_park_is_not_changed_through_mine(desk, mine, theirs):
    alias = Alias.objects.create(park=theirs, name="别人的别名", kind="short")
    phase = a_phase(theirs, name_zh="别人的一期")
    stance = an_industry(theirs)
    crafted = {
        "aliases": {"id": alias.pk, "name": "偷来的", "kind": "short"},
        "phases": {"id": phase.pk, "ordinal": 9, "name_zh": "偷来的"},
        "industries": {"id": stance.pk, "industry": stance.industry.pk, "stance": "excluded"},
    }
    rows = (Alias, Phase, ParkIndustry)
    before = [list(model.objects.values()) for model in rows]
    for (prefix, fields), park in product(crafted.items(), (mine, theirs)):
        for more in ({}, {"DELETE": "on"}):
            data = filled(desk, page_of(mine))
            data = inline_row(data, prefix, park=park.pk, **fields, **more)
            assert desk.post(page_of(mine), data).status_code in {200, 302}
            assert [list(model.objects.values()) for model in rows] == before


def test_an_inline_row_is_not_given_to_anothers_park(desk, mine, theirs):
    data = filled(desk, page_of(mine))
    data |= {
        "aliases-TOTAL_FORMS": ["1"],
        "aliases-0-park": [str(theirs.pk)],
        "aliases-0-name": ["塞过去的"],
        "aliases-0-kind": ["short"],
    }
    response = desk.post(page_of(mine), data)
    assert response.status_code == 200
    assert not Alias.objects.exists()


@pytest.mark.parametrize(
    "rows", [{"aliases": ("name", "kind")}, {"phases": ("ordinal", "name_zh")}]
)
def test_the_same_part_twice_in_one_form_is_said_there(desk, mine, rows):
    ((prefix, names),) = rows.items()
    values = {"name": "同名", "kind": "short", "ordinal": "1", "name_zh": "一期"}
    data = filled(desk, page_of(mine)) | {f"{prefix}-TOTAL_FORMS": ["2"]}
    for number in range(2):
        data |= {f"{prefix}-{number}-{name}": [values[name]] for name in names}
    response = desk.post(page_of(mine), data)
    assert prefix in " ".join(errors(response))


def test_a_phase_with_spaces_is_not_deleted_with_its_park_form(desk, mine):
    phase = a_phase(mine)
    a_space(mine, phase=phase)
    data = filled(desk, page_of(mine)) | {"phases-0-DELETE": ["on"]}
    response = desk.post(page_of(mine), data)
    assert response.status_code == 200
    assert Phase.objects.filter(pk=phase.pk).exists()


def autocomplete(desk, model, field, term=""):
    app, name = model._meta.app_label, model._meta.model_name
    query = {"app_label": app, "model_name": name, "field_name": field, "term": term}
    response = desk.get("/admin/autocomplete/", query)
    found = response.json()["results"] if response.status_code == 200 else []
    return response.status_code, [row["text"] for row in found]


def test_sources_are_looked_up_and_people_are_not(desk, mine):
    a_source(title="走访记")
    assert autocomplete(desk, Figure, "source", "走访") == (200, ["某报《走访记》（2024-06-13）"])
    assert autocomplete(desk, Figure, "recorded_by")[0] == 403
    assert autocomplete(desk, Space, "checked_by")[0] == 403
    assert autocomplete(desk, Park, "managers")[0] == 403
    assert autocomplete(desk, Figure, "nothing")[0] == 403


def test_whoever_stops_keeping_a_park_stops_at_once(desk, mine, manager):
    space = a_space(mine)
    data = filled(desk, page_of(space))
    mine.managers.remove(manager)
    assert desk.post(page_of(space), data).status_code == 403


def test_being_named_a_keeper_gives_nobody_more_rights_than_their_role(client, mine):
    agent = a_person("zhuanyuan", "招商专员")
    mine.managers.add(agent)
    desk = at_the_desk(Client(), agent)
    space = a_space(mine)
    assert desk.post(page_of(space), {}).status_code == 403
    assert desk.post(page_of(mine), {}).status_code == 403
    act_on(desk, Space, "confirm_selected", [space])
    space.refresh_from_db()
    assert space.checked_at is None
    assert Milestone.objects.count() == 0
