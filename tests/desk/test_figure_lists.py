"""Figures at the desk: what disagrees, what is old, what lost its source, and who is told so."""

import pytest
import time_machine
from desk_forms import at_the_desk, desk_of, page_of, send, words
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import a_document, a_figure, a_milestone, a_park, a_person, a_policy, a_source

from parkcms.ledger.models import Act
from parks.models import Figure, Source

pytestmark = pytest.mark.django_db
CONFLICTS = "/admin/parks/figure/conflicts/"
OLD = "/admin/parks/figure/old/"


@pytest.fixture
def desk(client):
    return at_the_desk(client, a_person("bianji", "编辑"))


def pairs_at(desk, url):
    return [(a.value, b.value) for a, b in desk.get(url).context["page"].object_list]


def test_both_statements_of_a_conflict_stand_side_by_side_with_their_sources(desk):
    park = a_park(name_zh="示例园")
    one = a_figure(park, value=30, as_of="2024-06", source=a_source(publisher="甲报"))
    other = a_figure(park, value=40, as_of="2024-03", source=a_source(publisher="乙报"))
    a_figure(park, value=90, as_of="2020-03")
    assert pairs_at(desk, CONFLICTS) == [(30, 40)]
    page = desk.get(CONFLICTS).content.decode()
    links = [page_of(one), page_of(other), page_of(one.source), page_of(other.source)]
    assert [link for link in links if link not in page] == []


@time_machine.travel("2026-06-01 12:00+08:00", tick=False)
def test_only_the_newest_actual_value_is_told_as_old(desk):
    park = a_park()
    a_figure(park, value=20, as_of="2019-06")
    newest = a_figure(park, value=30, as_of="2020-06")
    a_figure(park, value=99, as_of="2020-06", state="planned")
    rows = desk.get(OLD).context["page"].object_list
    assert [row.figure for row in rows] == [newest]


def test_mine_narrows_the_list_to_the_parks_one_keeps():
    keeper = a_person(role="园区经理")
    kept, foreign = a_park(), a_park()
    kept.managers.add(keeper)
    for park, other in ((kept, 40), (foreign, 50)):
        a_figure(park, value=30, as_of="2024-06")
        a_figure(park, value=other, as_of="2024-03")
    desk = desk_of(keeper)
    assert pairs_at(desk, f"{CONFLICTS}?kept=mine") == [(30, 40)]
    assert sorted(pairs_at(desk, CONFLICTS)) == [(30, 40), (30, 50)]


@pytest.mark.parametrize("url", [CONFLICTS, OLD])
@pytest.mark.parametrize("junk", ["p=0", "p=-1", "p=99999999999999999999", "kept=yours", "p=x"])
def test_junk_in_the_address_gives_the_list(desk, url, junk):
    assert desk.get(f"{url}?{junk}").status_code == 200


@pytest.mark.parametrize("url", [CONFLICTS, OLD])
def test_ten_thousand_figures_cost_a_bounded_number_of_queries(desk, url):
    source = a_source()
    Figure.objects.bulk_create(
        Figure(park=park, metric="tenants", value=30 + n, unit="家", source=source,
               as_of=f"{1950 + n % 70}", sentence=f"{n}")
        for park in [a_park() for _ in range(20)]
        for n in range(500)
    )  # fmt: skip
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = desk.get(url)
    assert answer.status_code == 200
    assert len(answer.context["page"].object_list) == (50 if url == CONFLICTS else 20)
    assert len(queries) <= 25


def test_the_filter_finds_what_has_no_source(desk):
    lost = a_figure(a_park(), source=None)
    a_figure(a_park())
    answer = desk.get(page_of(Figure, "changelist") + "?sourced=no")
    assert list(answer.context["cl"].queryset) == [lost]


def test_the_list_of_sources_counts_what_each_is_cited_for(desk):
    source, park = a_source(), a_park()
    for value in (1, 2):
        a_figure(park, value=value, sentence=f"{value}", source=source)
    a_milestone(park, source=source)
    a_policy(source=source)
    row = desk.get(page_of(Source, "changelist")).context["cl"].queryset.get()
    assert (row.in_figures, row.in_milestones, row.in_policies) == (2, 1, 1)


def test_a_source_takes_a_document_of_the_library_as_its_archive(desk):
    source, document = a_source(), a_document()
    assert send(desk, page_of(source), archive=str(document.pk)).status_code == 302
    source.refresh_from_db()
    assert source.archive == document
    assert Act.objects.get(object_kind="parks.source").verb == "change"


def test_deleting_a_source_says_what_it_orphans_and_leaves_it_on_the_page(client):
    desk = at_the_desk(client, a_person(is_superuser=True))
    source, park = a_source(), a_park()
    figure = a_figure(park, source=source)
    assert "1 个数字会没有来源" in words(desk.get(page_of(source, "delete")))
    assert desk.post(page_of(source, "delete"), {"post": "yes"}).status_code == 302
    figure.refresh_from_db()
    assert figure.source is None
    assert "来源缺失" in words(client.get(f"/parks/{park.slug}/"))


def test_the_first_screen_tells_a_keeper_only_of_their_parks():
    keeper = a_person(role="园区经理")
    kept, foreign = a_park(), a_park()
    kept.managers.add(keeper)
    for park in (kept, foreign):
        a_figure(park, value=30, as_of="2020-06")
        a_figure(park, value=40, as_of="2020-03", source=None)
    tasks = {task.title: task for task in desk_of(keeper).get("/admin/").context["tasks"]}
    titles = ("互相矛盾的数字", "过了保鲜期的数字", "来源缺失的数字")
    assert [len(tasks[title].rows) for title in titles] == [1, 1, 1]
    assert tasks["互相矛盾的数字"].more_url == f"{CONFLICTS}?kept=mine"
    assert "30 天内到期的政策" not in tasks
