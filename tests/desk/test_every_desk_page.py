"""Every page of the desk opens for those who may see it, at a cost that does not grow with rows."""

import re

import pytest
from desk_forms import at_the_desk, page_of
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from factories import (
    LONG_AGO,
    a_benefit,
    a_broken_link,
    a_category,
    a_citation,
    a_complaint,
    a_contact,
    a_document,
    a_figure,
    a_milestone,
    a_missing,
    a_note,
    a_notice,
    a_park,
    a_person,
    a_phase,
    a_picture,
    a_policy,
    a_recipient,
    a_redirect,
    a_source,
    a_space,
    a_tag,
    a_watch,
    an_admission_term,
    an_alarm,
    an_article,
    an_enquiry,
    an_industry,
)

from articles.models import Article
from leads.models import Enquiry, RetentionRun
from parkcms.ledger.models import Act
from parkcms.models import OwnersText, SiteProfile
from parkcms.people.models import User
from parkcms.roles import ROLES
from parks.models import Space

pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
NEVER_ADDED = {
    "parkcms.SiteProfile", "ledger.Act", "auth.Group", "leads.Enquiry", "leads.Alarm",
    "leads.RetentionRun", "outbox.Notice", "parkcms.Complaint", "addresses.Missing",
    "addresses.BrokenLink", "parks.Watch",
}  # fmt: skip
MOST_QUERIES = 25


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def populate(rounds):
    """Each round adds one row of every kind, each with a park, a source and a person of its own."""
    for _ in range(rounds):
        person = a_person(role="编辑")
        card, picture = a_contact(), a_picture(size=(64, 40))
        park = a_park(contact=card, cover=picture)
        park.managers.add(person)
        phase, source = a_phase(park), a_source()
        an_industry(park, name=f"产业{park.pk}")
        figure = a_figure(park, phase=phase, source=source, as_of="", recorded_by=person)
        a_milestone(park, phase=phase)
        an_admission_term(park, source=source)
        a_benefit(a_policy([park], source=source, checked_at=LONG_AGO, checked_by=person))
        space = a_space(park, phase=phase, source=source)
        a_space(park).confirm(person)
        for owner in (None, a_person(role="招商专员")):
            enquiry = an_enquiry(park=park, space=space, owner=owner, signals=["advert"])
            a_note(enquiry, author=owner)
        a_recipient(park=park)
        a_document()
        a_notice()
        an_alarm()
        RetentionRun.objects.create(report={"cleared": {"x": 1}, "failed": [], "seconds": 0.1})
        article = an_article(
            author=person, category=a_category(), cover=picture, tags=[a_tag()], parks=[park]
        )
        a_citation(article, figure, "不在正文里", is_lost=True)
        texts = {"title_zh": "题", "title_en": "T", "body_zh": "<p>文</p>", "body_en": "<p>x</p>"}
        OwnersText.objects.create(key="about", **texts)
        a_notice(state="dead")
        a_watch()
        a_redirect()
        a_missing()
        a_broken_link(article)
        a_complaint(about_path=article.get_absolute_url(), taken_by=person, state="taken")
        Act.record(person, "add", park)


def a_row(model):
    return model._default_manager.order_by("pk").first()


def boss(kind):
    if kind == "站长":
        return a_person("boss", "站长")
    return User.objects.create(username="root", is_superuser=True, is_staff=True)


def query_count(client, url):
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url, follow=True)
    assert response.status_code == 200, url
    return len(captured)


def opened(client, url):
    """The status of a page; the list of what there is one of leads straight to the one."""
    response = client.get(url)
    leads_on = response.status_code == 302 and response["Location"].endswith("/change/")
    return client.get(response["Location"]).status_code if leads_on else response.status_code


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_list_form_and_story_open_for_who_runs_the_site(model):
    populate(1)
    row = a_row(model)
    for kind in ("站长", "superuser"):
        desk = at_the_desk(Client(), boss(kind))
        for page in ("changelist", "change", "history", "add"):
            wanted = 403 if page == "add" and model._meta.label in NEVER_ADDED else 200
            assert opened(desk, page_of(row, page)) == wanted, (kind, page)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_page_opens_for_a_role_exactly_where_the_table_says_so(model):
    populate(1)
    row = a_row(model)
    for number, role in enumerate(role.name for role in ROLES):
        _opens_where_it_should(model, row, a_person(f"someone{number}", role), role)


def _opens_where_it_should(model, row, person, role):
    desk = at_the_desk(Client(), person)
    label, name = model._meta.app_label, model._meta.model_name
    may = {verb: person.has_perm(f"{label}.{verb}_{name}") for verb in ("view", "add", "change")}
    sees = may["view"] or may["change"]
    assert opened(desk, page_of(row, "changelist")) == (200 if sees else 403), role
    is_hidden = model is Article and role == "作者"  # another's article is not there at all
    assert opened(desk, page_of(row)) == (302 if is_hidden else 200 if sees else 403), role
    adds = may["add"] and model._meta.label not in NEVER_ADDED
    assert desk.get(page_of(row, "add")).status_code == (200 if adds else 403), role


AGENT_SEES = {
    "parks.Park", "parks.Space", "parks.Figure", "parks.Source", "parks.Milestone",
    "parks.Industry", "parks.Policy", "articles.Article", "articles.Category", "articles.Tag",
    "leads.Enquiry",
}  # fmt: skip
LEAD_SEES = {
    "ledger.Act", "leads.Recipient", "leads.Alarm", "leads.RetentionRun", "outbox.Notice",
    "parks.Watch",
}  # fmt: skip


def test_those_who_sell_see_parks_and_articles_and_change_nothing_but_enquiries():
    populate(1)
    before = {model: list(model._default_manager.order_by("pk").values()) for model in MODELS}
    desk = at_the_desk(Client(), a_person("zhuanyuan", "招商专员"))
    after_login = list(User.objects.order_by("pk").values())
    seen = set()
    for model in MODELS:
        row = a_row(model)
        if opened(desk, page_of(row, "changelist")) == 200:
            seen.add(model._meta.label)
            if model is Enquiry:
                continue
            page = desk.get(page_of(row)).content.decode()
            assert not re.search(r'name="_(save|addanother|continue|publish|take_down)"', page)
        for page in ("change", "add", "delete"):
            data = {"post": "yes", "_save": "1", "_publish": "1", "_take_down": "1"}
            assert desk.post(page_of(row, page), data).status_code == 403, (model, page)
        for action in ("delete_selected", "publish_selected", "take_down_selected",
                       "confirm_selected"):  # fmt: skip
            data = {"action": action, "_selected_action": [row.pk], "post": "yes", "index": "0"}
            desk.post(page_of(row, "changelist"), data)
    assert seen == AGENT_SEES
    for model in MODELS:
        now = list(model._default_manager.order_by("pk").values())
        assert now == (after_login if model is User else before[model]), model


def test_the_lead_of_those_who_sell_sees_how_enquiries_fare_beside():
    populate(1)
    desk = at_the_desk(Client(), a_person("zhuguan", "招商主管"))
    seen = {m._meta.label for m in MODELS
            if opened(desk, page_of(a_row(m), "changelist")) == 200}  # fmt: skip
    assert seen == AGENT_SEES | LEAD_SEES


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_page_costs_more_queries_when_there_are_more_rows(model):
    populate(2)
    desk = at_the_desk(Client(), boss("站长"))
    row = a_row(model)
    pages = ["changelist", "change", "history"]
    pages += [] if model._meta.label in NEVER_ADDED else ["add"]
    for page in pages:
        desk.get(page_of(row, page))  # the first request of a kind fills Django's own caches
    few = {page: query_count(desk, page_of(row, page)) for page in pages}
    populate(8)
    many = {page: query_count(desk, page_of(row, page)) for page in pages}
    assert many == few
    assert max(few.values()) <= MOST_QUERIES, few


@pytest.mark.parametrize("role", ["作者", "园区经理", "招商专员"])
def test_the_lists_cost_the_same_for_those_who_keep_less(role):
    populate(2)
    person = a_person("someone", role)
    desk = at_the_desk(Client(), person)
    urls = [page_of(model, "changelist") for model in MODELS]
    urls = [url for url in urls if desk.get(url).status_code == 200]
    few = [query_count(desk, url) for url in urls]
    populate(8)
    assert [query_count(desk, url) for url in urls] == few
    assert max(few) <= MOST_QUERIES


def test_a_search_in_a_list_finds_what_it_should_at_the_same_cost():
    populate(2)
    desk = at_the_desk(Client(), boss("站长"))
    url = f"{page_of(Article, 'changelist')}?q=文章"
    few = query_count(desk, url)
    populate(8)
    assert query_count(desk, url) == few
    assert desk.get(url).context["cl"].result_count == 10


@pytest.mark.parametrize("size", [3, 15])
def test_looking_up_a_figure_costs_the_same_for_one_and_for_a_page_of_them(size):
    populate(size)
    desk = at_the_desk(Client(), boss("站长"))
    query = {"app_label": "articles", "model_name": "citation", "field_name": "figure"}
    desk.get("/admin/autocomplete/", query)
    with CaptureQueriesContext(connection) as captured:
        response = desk.get("/admin/autocomplete/", query)
    assert len(response.json()["results"]) == size
    assert len(captured) <= 8


def test_the_site_has_one_profile_and_it_opens():
    desk = at_the_desk(Client(), boss("站长"))
    assert SiteProfile.objects.count() == 1
    assert desk.get("/admin/parkcms/siteprofile/1/change/").status_code == 200


BULK = ("grid/", "upload/", "table.csv", "table.xlsx", "spaces.csv", "spaces.xlsx")


def test_the_pages_of_many_spaces_open_for_who_may_add_and_change_them():
    populate(1)
    for role in ROLES:
        person = a_person(f"bulk-{role.name}", role.name)
        desk = at_the_desk(Client(), person)
        may = person.has_perms(["parks.add_space", "parks.change_space"])
        for end in BULK:
            url = f"{page_of(a_row(Space), 'changelist')}{end}"
            assert desk.get(url).status_code == (200 if may else 403), (role.name, end)


@pytest.mark.parametrize("end", BULK)
def test_a_page_of_many_spaces_costs_the_same_for_more_of_them(end):
    populate(2)
    desk = at_the_desk(Client(), boss("站长"))
    park = a_row(Space).park
    url = f"{page_of(a_row(Space), 'changelist')}{end}?park={park.pk}"
    desk.get(url)
    few = query_count(desk, url)
    for _ in range(8):
        a_space(park)
    assert query_count(desk, url) == few
    assert few <= MOST_QUERIES


def test_without_an_account_every_page_leads_to_the_door():
    populate(1)
    for model in MODELS:
        for page in ("changelist", "change", "add", "delete", "history"):
            response = Client().get(page_of(a_row(model), page))
            assert response.status_code == 302, (model, page)
            assert response["Location"].startswith("/admin/login/?next=/admin/")
    assert Client().get("/admin/autocomplete/").status_code == 302
