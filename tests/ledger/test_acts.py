"""The ledger itself: an Act stands or falls with its change, and stays as it was written."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from factories import a_category, a_park, a_person, a_space, an_article

from articles.models import Article
from parkcms.ledger.models import Act
from parks.models import Park

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)


def an_act(at=T0):
    return Act.objects.create(
        at=at, actor_name="系统", verb="change", object_kind="parks.park", object_id="1"
    )


def run(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def test_an_act_is_undone_with_the_change_it_tells_of():
    article = an_article(publish_at=None)
    with transaction.atomic():
        article.publish(a_person())
        assert Act.objects.about(article).count() == 1
        transaction.set_rollback(True)
    assert Act.objects.count() == 0
    assert Article.objects.get().publish_at is None


def test_a_change_the_database_refuses_leaves_no_act():
    soon = timezone.now() + timedelta(days=1)
    shelf = a_category(expire_at=soon)
    with pytest.raises(IntegrityError), transaction.atomic():
        shelf.publish(a_person(), at=soon + timedelta(days=1))
    assert Act.objects.count() == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda act: Act.objects.filter(pk=act.pk).update(reason="另有原因"),
        lambda act: act.save(),
        lambda act: act.delete(),
        lambda act: Act.objects.all().delete(),
        lambda act: run("UPDATE ledger_act SET actor_name = 'x'"),
        lambda act: run("DELETE FROM ledger_act WHERE id = %s", act.pk),
        lambda act: run("UPDATE ledger_act SET id = id + 1000"),
    ],
)
def test_no_way_changes_or_removes_an_act(change):
    act = an_act()
    before = Act.objects.values().get(pk=act.pk)
    with pytest.raises(IntegrityError, match="an act is never changed"), transaction.atomic():
        change(act)
    assert Act.objects.values().get(pk=act.pk) == before


def test_retention_forgets_what_is_older_and_nothing_else():
    edge = T0 + timedelta(hours=1)
    for at in (T0, T0 - timedelta(days=900)):
        an_act(at)
    kept = [an_act(at) for at in (edge, T0 + timedelta(days=1))]
    assert run("SELECT ledger_forget(%s)", edge) == [(2,)]
    assert list(Act.objects.order_by("at")) == kept


def test_the_door_is_shut_again_behind_retention():
    an_act()
    run("SELECT ledger_forget(%s)", T0 - timedelta(days=1))
    with pytest.raises(IntegrityError, match="DELETE"), transaction.atomic():
        run("DELETE FROM ledger_act")
    with pytest.raises(IntegrityError, match="UPDATE"), transaction.atomic():
        run("UPDATE ledger_act SET reason = 'x'")


def test_even_behind_the_door_an_act_is_not_rewritten():
    an_act()
    run("SELECT set_config('parkcms.retention', 'on', true)")
    with pytest.raises(IntegrityError, match="UPDATE"), transaction.atomic():
        run("UPDATE ledger_act SET reason = 'x'")


def test_the_story_of_a_row_is_newest_first_and_only_its_own():
    park, other = a_park(), a_park()
    space = a_space(park, pk=park.pk + 10_000)
    acts = [Act.record(None, verb, park) for verb in ("add", "change", "publish")]
    Act.record(None, "change", other)
    Act.record(None, "change", space)
    assert list(Act.objects.about(park)) == acts[::-1]


def test_the_story_outlives_the_row_and_the_person():
    person, park = a_person(display_name="园区编辑部"), a_park(name_zh="将被删除的园区")
    Act.record(person, "delete", park, reason="重复")
    Park.objects.all().delete()
    type(person).objects.all().delete()
    act = Act.objects.get()
    assert (act.actor_name, act.object_label) == ("园区编辑部", "将被删除的园区")
    assert str(act) == "园区编辑部 删除 将被删除的园区"


def test_what_the_site_does_itself_has_no_person():
    act = Act.record(None, "import", an_article())
    assert (act.actor_id, act.actor_name) == (None, "系统")


def test_long_names_are_cut_to_what_a_column_holds():
    person = a_person(display_name="长" * 60)
    article = an_article(title="题" * 120)
    act = Act.record(person, "change", article)
    act.refresh_from_db()
    assert (act.actor_name, act.object_label) == ("长" * 60, "题" * 120)
    article.title = "题" * 300
    assert Act.record(person, "change", article).object_label == "题" * 200


def test_numbers_times_and_lists_stand_in_an_act_as_they_were():
    space = a_space()
    Act.record(None, "confirm", space, before={"at": T0}, after={"area": space.area_gross_m2})
    act = Act.objects.get()
    assert act.changes == [("at", "2026-03-01T08:00:00Z", None), ("area", None, 1200)]


def test_publishing_and_taking_down_are_one_act_each_with_their_times(time_machine):
    time_machine.move_to(T0, tick=False)
    person, article = a_person(), an_article(publish_at=None)
    article.publish(person)
    article.take_down(person, "来源要求删除")
    down, up = Act.objects.about(article)
    assert (up.verb, up.before, up.after) == (
        "publish",
        {"publish_at": None, "taken_down_at": None},
        {"publish_at": "2026-03-01T08:00:00Z"},
    )
    assert (down.verb, down.reason) == ("take_down", "来源要求删除")
    assert down.after == {"taken_down_at": "2026-03-01T08:00:00Z"}


def test_a_confirmation_is_an_act(time_machine):
    time_machine.move_to(T0, tick=False)
    person, space = a_person(), a_space()
    space.confirm(person)
    space.refresh_from_db()
    assert (space.checked_at, space.checked_by) == (T0, person)
    act = Act.objects.about(space).get()
    assert (act.verb, act.actor_id) == ("confirm", person.pk)
    assert act.after == {"checked_at": "2026-03-01T08:00:00Z"}
