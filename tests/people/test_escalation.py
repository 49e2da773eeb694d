"""The owner of the site keeps people, and can't make themselves or others more than that."""

import pytest
from desk_forms import act_on, at_the_desk, errors, filled, page_of, send, words
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from factories import PASSWORD, QUICK_HASH, a_person

from parkcms.ledger.models import Act
from parkcms.people.models import User
from parkcms.roles import OWNER, ROLES

pytestmark = pytest.mark.django_db
WORD = "quite-a-long-secret-9"


@pytest.fixture
def owner():
    return a_person("zhanzhang", "站长")


@pytest.fixture
def root():
    return User.objects.create(
        username="root", password=QUICK_HASH, is_superuser=True, is_staff=True
    )


@pytest.fixture
def desk(client, owner):
    return at_the_desk(client, owner)


def password_page(person):
    return reverse("admin:auth_user_password_change", args=[person.pk])


MORE = {
    "is_superuser": "on",
    "user_permissions": [str(n) for n in range(1, 200)],
    "is_demo": "on",
    "password": "md5$$x",
    "last_login_0": "2030-01-01",
    "date_joined_0": "1999-01-01",
    "date_joined_1": "00:00:00",
    "id": "1",
}


def test_the_owner_does_not_make_themselves_a_superuser(desk, owner):
    before = User.objects.values().get(pk=owner.pk)
    response = desk.post(page_of(owner), filled(desk, page_of(owner)) | MORE)
    assert response.status_code == 302
    after = User.objects.values().get(pk=owner.pk)
    assert after == before
    assert owner.user_permissions.count() == 0


def test_the_owner_does_not_make_a_new_superuser(desk):
    data = filled(desk, page_of(User, "add")) | MORE
    data |= {"username": "helper", "password1": WORD, "password2": WORD}
    assert desk.post(page_of(User, "add"), data).status_code == 302
    helper = User.objects.get(username="helper")
    assert (helper.is_superuser, helper.is_staff, helper.is_demo) == (False, False, False)
    assert helper.user_permissions.count() == 0
    assert helper.check_password(WORD)


def test_the_owner_adds_a_person_in_a_role_who_then_gets_in(desk):
    role = Group.objects.get(name="作者")
    answers = {"username": "xiaowang", "display_name": "小王", "is_staff": "on"}
    words_ = {"password1": WORD, "password2": WORD}
    response = send(desk, page_of(User, "add"), **answers, **words_, groups=[role.pk])
    assert response.status_code == 302
    person = User.objects.get(username="xiaowang")
    assert person.has_role("作者")
    newcomer = Client()
    newcomer.post("/admin/login/", {"username": "xiaowang", "password": WORD})
    assert newcomer.get("/admin/articles/article/add/").status_code == 200


@pytest.mark.parametrize("word", ["12345678901", "short", "password", "xiaowang1"])
def test_a_weak_password_is_refused_at_its_field(desk, word):
    answers = {"username": "xiaowang", "password1": word, "password2": word}
    assert "password2" in errors(send(desk, page_of(User, "add"), **answers))
    assert not User.objects.filter(username="xiaowang").exists()


def test_the_owner_sees_a_superuser_and_changes_nothing_of_them(desk, root):
    page = desk.get(page_of(root))
    assert page.status_code == 200
    assert root.password not in page.content.decode()
    assert 'name="is_active"' not in page.content.decode()
    before = User.objects.values().get(pk=root.pk)
    for data in ({}, {"username": "root"}, {"username": "root", **MORE}, {"_save": "1"}):
        assert desk.post(page_of(root), data).status_code == 403
    assert User.objects.values().get(pk=root.pk) == before


def test_the_owner_does_not_set_a_superusers_password(desk, root):
    data = {"password1": WORD, "password2": WORD, "usable_password": "true"}
    assert desk.get(password_page(root)).status_code == 403
    assert desk.post(password_page(root), data).status_code == 403
    off = {"usable_password": "false", "unset-password": "1"}
    assert desk.post(password_page(root), off).status_code == 403
    root.refresh_from_db()
    assert root.password == QUICK_HASH


def test_a_superuser_changes_a_superuser(client, root):
    other = User.objects.create(username="root2", is_superuser=True, is_staff=True)
    desk = at_the_desk(client, root)
    assert send(desk, page_of(other), display_name="二号").status_code == 302
    other.refresh_from_db()
    assert (other.display_name, other.is_superuser) == ("二号", True)


def test_nobody_deletes_a_person(client, desk, owner, root):
    leaver = a_person("leaver", "作者")
    for who in (desk, at_the_desk(Client(), root)):
        assert who.get(page_of(leaver, "delete")).status_code == 403
        assert who.post(page_of(leaver, "delete"), {"post": "yes"}).status_code == 403
        data = {"action": "delete_selected", "_selected_action": [leaver.pk], "post": "yes"}
        who.post(page_of(User, "changelist"), data)
        assert User.objects.filter(pk=leaver.pk).exists()


def test_a_person_is_deactivated_instead(desk):
    leaver = a_person("leaver", "作者")
    data = filled(desk, page_of(leaver))
    del data["is_active"]
    assert desk.post(page_of(leaver), data).status_code == 302
    leaver.refresh_from_db()
    assert not leaver.is_active
    assert not User.objects.get(pk=leaver.pk).has_perm("articles.add_article")


def test_roles_are_looked_at_and_not_changed_at_the_desk(desk, root):
    role = Group.objects.get(name="作者")
    before = set(role.permissions.values_list("pk", flat=True))
    everyone = [str(pk) for pk in Permission.objects.values_list("pk", flat=True)]
    for who in (desk, at_the_desk(Client(), root)):
        assert who.get(page_of(role)).status_code == 200
        assert who.post(page_of(role), {"name": "作者", "permissions": everyone}).status_code == 403
        assert who.get(page_of(Group, "add")).status_code == 403
        assert who.post(page_of(role, "delete"), {"post": "yes"}).status_code == 403
        act_on(who, Group, "delete_selected", [role])
    assert set(role.permissions.values_list("pk", flat=True)) == before


def test_the_owner_gives_no_right_that_is_not_in_the_table(desk, owner):
    """Groups are all a person can be given, and no group holds more than the owner's, but for the
    numbers of who asks: an owner who handles enquiries takes that role, and an Act says so."""
    handling = {"change_enquiry", "add_activity", "reveal_enquiry", "export_enquiry",
                "erase_enquiry"}  # fmt: skip
    everything = {*OWNER.permissions, *(f"leads.{right}" for right in handling)}
    for group in Group.objects.all():
        held = {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.all()}
        assert held <= everything
    send(desk, page_of(owner), groups=[group.pk for group in Group.objects.all()])
    owner = User.objects.get(pk=owner.pk)
    assert owner.groups.count() == len(ROLES)
    assert owner.get_all_permissions() == everything
    assert Act.objects.about(owner).get(verb="change").after["groups"] == sorted(
        role.name for role in ROLES
    )


@pytest.mark.parametrize("role", [role.name for role in ROLES if role is not OWNER])
def test_others_do_not_even_see_people(client, role, owner):
    desk = at_the_desk(client, a_person("other", role))
    for url in (
        page_of(User, "changelist"), page_of(User, "add"), page_of(owner), password_page(owner),
        page_of(owner, "history"), page_of(Group, "changelist"),
    ):  # fmt: skip
        assert desk.get(url).status_code == 403, url
        assert desk.post(url, MORE).status_code == 403, url
    assert "人员" not in words(desk.get("/admin/"))


@pytest.mark.parametrize("role", [role.name for role in ROLES])
def test_everyone_changes_their_own_password(client, role):
    person = a_person("self", role)
    desk = at_the_desk(client, person)
    answers = {"old_password": PASSWORD, "new_password1": WORD, "new_password2": WORD}
    wrong = desk.post("/admin/password_change/", answers | {"old_password": "wrong"})
    assert wrong.status_code == 200
    assert desk.post("/admin/password_change/", answers).status_code == 302
    person.refresh_from_db()
    assert person.check_password(WORD)


@pytest.mark.parametrize(
    "query",
    [
        "password__startswith=pbkdf2",
        "password=x",
        "groups__permissions__id__exact=1",
        "is_superuser__exact=1&password__regex=^p",
        "email__regex=^a",
    ],
)
def test_passwords_can_not_be_guessed_by_filtering(desk, query):
    response = desk.get(f"{page_of(User, 'changelist')}?{query}")
    assert response.status_code == 400
