"""The roles stand in every database after a migrate, exactly as the table says."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management.sql import emit_post_migrate_signal
from factories import a_person

from parkcms.people.roles import Role, upsert
from parkcms.roles import AGENT, AUTHOR, EDITOR, LEAD_AGENT, OWNER, PARK_MANAGER, ROLES

pytestmark = pytest.mark.django_db


def migrated():
    """What ``migrate`` does at its end."""
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")


def rights(name):
    found = Group.objects.get(name=name).permissions.values_list(
        "content_type__app_label", "codename"
    )
    return {f"{label}.{codename}" for label, codename in found}


def everything():
    return {group.name: (group.pk, rights(group.name)) for group in Group.objects.all()}


def test_the_six_roles_are_there_after_a_migrate():
    assert {group.name for group in Group.objects.all()} == {
        "作者", "编辑", "园区经理", "招商专员", "招商主管", "站长",
    }  # fmt: skip


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_role_has_the_rights_of_the_table_and_no_others(role):
    assert rights(role.name) == set(role.permissions)


def test_migrating_again_changes_nothing():
    before = everything()
    migrated()
    assert everything() == before


def test_a_right_removed_by_hand_comes_back_and_one_added_by_hand_goes():
    before = everything()
    author, editor = (Group.objects.get(name=role.name) for role in (AUTHOR, EDITOR))
    editor.permissions.remove(Permission.objects.get(codename="publish_article"))
    author.permissions.add(Permission.objects.get(codename="publish_article"))
    assert everything() != before
    migrated()
    assert everything() == before


def test_a_role_deleted_by_hand_comes_back_and_those_in_others_stay():
    person = a_person(role="编辑")
    Group.objects.get(name="招商专员").delete()
    migrated()
    assert rights("招商专员") == set(AGENT.permissions)
    assert [group.name for group in person.groups.all()] == ["编辑"]


def test_a_group_made_by_hand_is_left_alone():
    mine = Group.objects.create(name="临时")
    mine.permissions.add(Permission.objects.first())
    migrated()
    assert Group.objects.get(name="临时").permissions.count() == 1


def test_an_unknown_right_is_named_and_refused():
    with pytest.raises(LookupError, match=r"新角色: .*parks\.fly_park"):
        upsert([Role("新角色", ("parks.view_park", "parks.fly_park"))])


def test_a_right_of_another_app_by_the_same_name_is_not_taken():
    with pytest.raises(LookupError, match=r"articles\.view_park"):
        upsert([Role("新角色", ("articles.view_park",))])


def test_a_role_without_rights_has_none():
    upsert([Role("空角色")])
    assert rights("空角色") == set()


def test_every_right_of_the_table_exists_for_a_model_of_ours():
    labels = {config.label for config in apps.get_app_configs()}
    for role in ROLES:
        assert {name.split(".")[0] for name in role.permissions} <= labels


def test_only_editors_publish_articles_and_only_the_owner_publishes_parks():
    def who(right):
        return {role.name for role in ROLES if right in role.permissions}

    assert who("articles.publish_article") == {"编辑", "站长"}
    assert who("articles.edit_every_article") == {"编辑", "站长"}
    assert who("parks.publish_space") == {"园区经理", "站长"}
    assert who("parks.publish_park") == who("parks.keep_every_park") == {"站长"}
    assert who("parks.add_park") == who("parks.delete_park") == {"站长"}
    assert who("people.add_user") == who("people.change_user") == {"站长"}
    assert who("parkcms.publish_ownerstext") == who("parkcms.change_siteprofile") == {"站长"}
    assert who("ledger.view_act") == {"招商主管", "站长"}


def test_no_role_deletes_people_or_changes_roles_or_acts():
    forbidden = {"people.delete_user", "auth.change_group", "auth.add_group", "auth.delete_group",
                 "auth.change_permission", "ledger.change_act", "ledger.delete_act",
                 "ledger.add_act"}  # fmt: skip
    assert [role.name for role in ROLES if forbidden & set(role.permissions)] == []


def test_those_who_sell_change_enquiries_and_nothing_else():
    def changed_by(role):
        return {name for name in role.permissions if not name.split(".")[1].startswith("view_")}

    agents = {"leads.change_enquiry", "leads.add_activity", "leads.reveal_enquiry"}
    assert changed_by(AGENT) == agents
    assert changed_by(LEAD_AGENT) == agents | {
        "leads.see_every_enquiry", "leads.export_enquiry", "leads.erase_enquiry",
        "leads.change_alarm",
        "leads.add_recipient", "leads.change_recipient", "leads.delete_recipient",
        "outbox.requeue_notice", "parks.delete_watch",
    }  # fmt: skip


def test_who_runs_the_site_sees_enquiries_and_handles_none():
    def who(right):
        return {role.name for role in ROLES if right in role.permissions}

    assert who("leads.view_enquiry") == {"招商专员", "招商主管", "站长"}
    assert who("leads.change_enquiry") == who("leads.reveal_enquiry") == {"招商专员", "招商主管"}
    assert who("leads.see_every_enquiry") == {"招商主管", "站长"}
    assert who("leads.export_enquiry") == who("leads.erase_enquiry") == {"招商主管"}
    assert who("leads.change_recipient") == who("leads.change_alarm") == {"招商主管", "站长"}


def test_each_step_up_keeps_what_the_step_below_may():
    assert set(AUTHOR.permissions) < set(EDITOR.permissions) < set(OWNER.permissions)
    assert set(PARK_MANAGER.permissions) < set(OWNER.permissions)
    assert set(AGENT.permissions) < set(LEAD_AGENT.permissions)


def test_a_person_may_what_their_role_may():
    person = a_person(role="园区经理")
    assert person.get_all_permissions() == set(PARK_MANAGER.permissions)
    assert (person.has_role("园区经理"), person.has_role("编辑")) == (True, False)
