"""Reserve, let, let again, take off the market: one Act each; of two at once the second is told."""

import pytest
from desk_forms import desk_of, messages_of, page_of, send
from django.urls import reverse
from factories import a_park, a_person, a_space

from parkcms.ledger.models import Act
from parks.models import Space, SpaceRecord

pytestmark = pytest.mark.django_db
LETTABLE, RESERVED, LET, OWN, OFF = "lettable", "reserved", "let", "own_use", "withdrawn"
# {verb: (method, {state it may start from: state it ends in})}
VERBS = {
    "reserve": (Space.reserve, {LETTABLE: RESERVED}),
    "let": (Space.let_to, {LETTABLE: LET, RESERVED: LET}),
    "let_again": (Space.release, dict.fromkeys([RESERVED, LET, OWN, OFF], LETTABLE)),
    "off_market": (Space.withdraw, dict.fromkeys([LETTABLE, RESERVED, LET, OWN], OFF)),
}


@pytest.mark.parametrize("state", Space.State.values)
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_leads_on_from_its_states_only(verb, state):
    method, leads = VERBS[verb]
    space, person = a_space(state=state), a_person()
    assert method(space, person, "谈好了") is (state in leads)
    space.refresh_from_db()
    assert space.state == leads.get(state, state)
    told = [(act.verb, act.reason, act.before, act.after["state"]) for act in Act.objects.all()]
    expected = [(verb, "谈好了", {"state": state}, space.state)] if state in leads else []
    assert told == expected
    assert space.checked_by == (person if state in leads else None)


def test_of_two_who_saw_it_free_the_second_is_told():
    space = a_space()
    first, second = Space.objects.get(), Space.objects.get()
    assert first.reserve(a_person())
    assert not second.let_to(a_person())
    space.refresh_from_db()
    assert (space.state, second.state, Act.objects.count()) == (RESERVED, RESERVED, 1)


def test_each_turn_leaves_a_record():
    space, person = a_space(), a_person()
    space.reserve(person)
    space.let_to(person)
    states = SpaceRecord.objects.order_by("at", "id").values_list("state", flat=True)
    assert list(states) == [LETTABLE, RESERVED, LET]


def turn(desk, space, **data):
    return desk.post(reverse("admin:parks_space_turn", args=[space.pk]), data, follow=True)


@pytest.fixture
def manager():
    return a_person("jingli", "园区经理")


@pytest.fixture
def mine(manager):
    park = a_park(name_zh="我的园区")
    park.managers.add(manager)
    return a_space(park, code="1号楼")


def test_a_button_of_the_form_lets_with_a_reason(manager, mine):
    answer = turn(desk_of(manager), mine, verb="let", seen="lettable", reason="已签合同")
    assert messages_of(answer) == ["“我的园区 1号楼”现在是“已租”。"]
    mine.refresh_from_db()
    assert (mine.state, Act.objects.get().reason) == (LET, "已签合同")


def test_a_button_pressed_on_what_has_changed_since_says_so(manager, mine):
    mine.reserve(a_person())
    answer = turn(desk_of(manager), mine, verb="let", seen="lettable")
    assert messages_of(answer) == ["没有改：“我的园区 1号楼”刚被改成“预订”，请核对后再操作。"]
    mine.refresh_from_db()
    assert mine.state == RESERVED


def test_junk_for_a_verb_is_refused_in_words(manager, mine):
    answer = turn(desk_of(manager), mine, verb="sell\x00", seen="?", reason="\x00" * 900)
    assert messages_of(answer) == ["没有这个操作。请从按钮里选。"]
    assert Act.objects.count() == 0


def test_looking_at_the_address_of_a_button_changes_nothing(manager, mine):
    desk_of(manager).get(reverse("admin:parks_space_turn", args=[mine.pk]), {"verb": "let"})
    mine.refresh_from_db()
    assert mine.state == LETTABLE


def test_a_manager_turns_no_space_of_another_park(manager):
    theirs = a_space()
    assert turn(desk_of(manager), theirs, verb="let", seen="lettable").status_code == 403
    theirs.refresh_from_db()
    assert theirs.state == LETTABLE


@pytest.mark.parametrize(
    ("typed", "confirms"),
    [
        ({"rent_cny_m2_day": "1.1", "valid_until": "2030-01-01"}, True),
        ({"available_from": "2030-01-01"}, True),
        ({"state": "reserved"}, True),
        ({"note_zh": "靠近门口"}, False),
        ({"floor_load_t_m2": "2"}, False),
    ],
)
def test_typing_a_state_price_or_date_confirms_and_nothing_else_does(
    manager, mine, typed, confirms
):
    answer = send(desk_of(manager), page_of(mine), **typed)
    assert answer.status_code == 302
    mine.refresh_from_db()
    assert mine.checked_by == (manager if confirms else None)
    act = Act.objects.get()
    assert (act.verb, "checked_at" in act.after) == ("change", confirms)
