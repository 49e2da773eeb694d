"""Who asked for mails of a search, at the desk: seen masked, deleted on request, never exported."""

import pytest
from desk_forms import at_the_desk, desk_of, page_of
from django.contrib import admin
from django.test import Client
from factories import a_notice, a_person, a_watch

from parkcms.ledger.models import Act
from parkcms.outbox.models import Notice
from parks import watching
from parks.models import Watch

pytestmark = pytest.mark.django_db
EMAIL = "zhangwei@example.cn"
ROLES_WITHOUT = ["作者", "编辑", "园区经理", "招商专员"]


@pytest.fixture
def desk(client):
    return at_the_desk(client, a_person("zhuguan", "招商主管"))


def a_told_watch(**fields):
    """A watch and a mail about it, as the outbox keeps it."""
    watch = a_watch("use=storage", email=EMAIL, **fields)
    path = f"/spaces/watch/{watch.token}/"
    notice = a_notice(about_kind=watching.ABOUT, about_id=str(watch.pk), address=EMAIL,
                      link=path, unsubscribe=path)  # fmt: skip
    return watch, notice


def test_the_list_and_the_form_show_the_search_and_a_masked_address(desk):
    watch, _ = a_told_watch(network="203.0.113.0/24")
    for page in ("changelist", "change"):
        text = desk.get(page_of(watch, page), follow=True).content.decode()
        assert ("z***@example.cn" in text, "仓储" in text) == (True, True), page
        assert [s for s in (EMAIL, watch.token, "203.0.113.0") if s in text] == [], page


def test_deleting_ends_it_with_its_mails_and_the_act_names_nobody(desk):
    watch, _ = a_told_watch()
    a_notice()
    answer = desk.post(page_of(watch, "delete"), {"post": "yes"})
    assert answer.status_code == 302
    assert Watch.objects.count() == 0
    assert Notice.objects.filter(about_kind=watching.ABOUT).count() == 0
    assert Notice.objects.count() == 1
    act = Act.objects.get(object_kind="parks.watch")
    assert (act.verb, act.object_id, act.actor_name) == ("delete", str(watch.pk), "zhuguan")
    told = f"{act.object_label} {act.before} {act.after} {act.reason}"
    assert [secret for secret in (EMAIL, watch.token) if secret in told] == []


def test_deleting_many_ends_each(desk):
    rows = [a_watch() for _ in range(2)]
    data = {"action": "delete_selected", "_selected_action": [w.pk for w in rows], "post": "yes"}
    desk.post(page_of(Watch, "changelist"), data)
    assert Watch.objects.count() == 0
    assert Act.objects.filter(verb="delete", object_kind="parks.watch").count() == 2


def test_there_is_no_export_no_search_and_no_change(desk, rf):
    watch, _ = a_told_watch()
    own = admin.site._registry[Watch]
    request = rf.get("/")
    request.user = a_person(is_superuser=True)
    assert (set(own.get_actions(request)), own.search_fields) == ({"delete_selected"}, ())
    assert desk.post(page_of(watch), {"email": "other@example.cn"}).status_code == 403
    assert Watch.objects.get().email == EMAIL


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        (Watch, "email"),
        (Watch, "email__startswith"),
        (Watch, "token__contains"),
        (Watch, "query"),
        (Notice, "address__startswith"),
        (Notice, "link__contains"),
        (Notice, "unsubscribe__contains"),
        (Notice, "body__contains"),
    ],
)
def test_an_address_of_the_list_is_no_way_to_guess_what_is_masked(desk, model, lookup):
    a_told_watch()
    answers = {desk.get(page_of(model, "changelist"), {lookup: "z"}).status_code for _ in "12"}
    assert answers == {400}


def test_the_filters_of_the_lists_work(desk):
    a_told_watch()
    for model, query in (
        (Watch, {"language__exact": "en"}),
        (Watch, {"confirmed_at__isempty": "1"}),
        (Notice, {"state__exact": "dead"}),
    ):
        answer = desk.get(page_of(model, "changelist"), query)
        assert (answer.status_code, answer.context["cl"].result_count) == (200, 0), query


@pytest.mark.parametrize("role", ROLES_WITHOUT)
def test_those_who_do_not_run_enquiries_see_no_watches(role):
    watch, _ = a_told_watch()
    desk = at_the_desk(Client(), a_person(role=role))
    for page in ("changelist", "change", "delete"):
        assert desk.get(page_of(watch, page)).status_code == 403, page


def test_no_page_of_a_notice_shows_what_acts_for_a_visitor(desk):
    watch, notice = a_told_watch()
    signed = a_notice(link="/spaces/confirm/eyJh:1tXyZ0:abc-DEF_123456/")
    pages = (
        desk.get(page_of(notice)),
        desk.get(page_of(signed)),
        desk.get(page_of(Notice, "changelist")),
    )
    for page in pages:
        text = page.content.decode()
        assert [s for s in (watch.token, "eyJh:1tXyZ0", EMAIL) if s in text] == []
    assert "只有收件人能用" in pages[0].content.decode()


def test_the_way_into_the_desk_is_shown(desk):
    notice = a_notice(link="/admin/leads/enquiry/1/change/")
    assert "/admin/leads/enquiry/1/change/" in desk.get(page_of(notice)).content.decode()


def test_the_owner_of_the_site_may_delete_one(client):
    watch, _ = a_told_watch()
    boss = desk_of(a_person("zhanzhang", "站长"))
    assert boss.post(page_of(watch, "delete"), {"post": "yes"}).status_code == 302
    assert Watch.objects.count() == 0
