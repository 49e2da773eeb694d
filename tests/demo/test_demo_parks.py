"""The three demo parks: their names, the exact set of their figures, and what may be quoted."""

from decimal import Decimal

import pytest
from reading import every, one, parse, words

from articles import markup
from articles.models import Article
from parkcms.language.widths import fold
from parks.models import Alias, Figure, Milestone, Park, Source

pytestmark = pytest.mark.django_db

NAMES = {
    "lingang-u-valley": ("联东U谷嘉定产业园", "Lingang U-Valley"),
    "hydrogen-port": ("嘉定氢能港", "Hydrogen Port"),
    "wenzhou-science-park": ("温州（嘉定）科技创新园", "Wenzhou Science Park"),
}
OTHER_NAMES = {
    "lingang-u-valley": {"联东U谷", "Liando U-Valley", "Liando U-Valley Jiading"},
    "hydrogen-port": {
        "氢能港",
        "上海嘉定氢能港产业园",
        "Jiading Hydrogen Port",
        "Jiading Hydrogen Park",
        "hydrogen energy harbor",
    },
    "wenzhou-science-park": {
        "温州(嘉定)科技创新园",
        "温州（嘉定）科创园",
        "温州(嘉定)科创园",
        "Jiading-Wenzhou joint innovation park",
        "Wenzhou (Jiading) Science and Technology Innovation Park",
    },
}
# park, phase, metric, state, value, unit, as of: all there are, and no more.
FIGURES = {
    ("wenzhou-science-park", None, "tenants", "actual", "21", "家", "2019-12"),
    ("wenzhou-science-park", None, "tenants", "actual", "29", "家", "2021-H1"),
    ("wenzhou-science-park", None, "tenants", "actual", "30", "家", "2024-06"),
    ("wenzhou-science-park", None, "occupancy", "actual", "79.5", "percent", "2021-H1"),
    ("wenzhou-science-park", None, "rd_centres", "actual", "23", "个", "2021-H1"),
    ("wenzhou-science-park", 1, "gfa", "actual", "9610", "m2", "2019-12"),
    ("wenzhou-science-park", 2, "gfa", "planned", "92000", "m2", "2021-H1"),
    ("wenzhou-science-park", 2, "gfa", "actual", "90544.22", "m2", "2024-06"),
    ("wenzhou-science-park", 2, "land_area", "actual", "20070.7", "m2", "2024-06"),
    ("wenzhou-science-park", 2, "investment", "planned", "950000000", "CNY", "2021-H1"),
    ("hydrogen-port", None, "planned_area", "planned", "2.15", "km2", "2019"),
    ("hydrogen-port", None, "planned_area", "planned", "2.16", "km2", "2020-11"),
    ("hydrogen-port", None, "revenue", "actual", "9200000000", "CNY", "2022"),
    ("hydrogen-port", None, "output", "actual", "8900000000", "CNY", "2022"),
    ("lingang-u-valley", None, "land_area", "actual", "351", "mu", ""),
    ("lingang-u-valley", None, "land_term", "actual", "50", "年", ""),
}  # fmt: skip


def test_there_are_three_parks_under_the_names_decided(demo):
    found = {p.slug: (p.name_zh, p.name_en) for p in Park.objects.published()}
    assert found == NAMES


@pytest.mark.parametrize("slug", NAMES)
def test_the_other_names_of_a_park_are_aliases(demo, slug):
    assert (
        set(Alias.objects.filter(park__slug=slug).values_list("name", flat=True))
        == (OTHER_NAMES[slug])
    )


@pytest.mark.parametrize("slug", NAMES)
def test_every_name_finds_the_park(demo, client, slug):
    for name in (*NAMES[slug], *OTHER_NAMES[slug]):
        page = parse(client.get("/search/", {"q": name}))
        found = [a.get("href") for a in every(page, ".found-parks a")]
        assert found == [f"/parks/{slug}/"], name


def test_the_other_park_of_the_same_developer_is_not_mixed_in(demo):
    assert not Alias.objects.filter(folded__contains="国际企业港").exists()
    assert not Figure.objects.filter(value__in=["87", "117000", "11.7"]).exists()


def test_the_figures_are_exactly_those_of_the_sources(demo):
    found = {
        (
            f.park.slug,
            f.phase and f.phase.ordinal,
            f.metric,
            f.state,
            f"{f.value.normalize():f}",
            f.unit,
            str(f.as_of),
        )
        for f in Figure.objects.select_related("park", "phase")
    }
    assert found == FIGURES
    assert Figure.objects.count() == len(FIGURES)


def test_the_area_of_the_zone_around_is_nobodys_figure(demo):
    base = {figure.base_value for figure in Figure.objects.all()}
    assert Decimal("9200000") not in base


def test_every_figure_and_event_has_a_source_that_can_be_found(demo):
    assert not Figure.objects.filter(source=None).exists()
    assert not Milestone.objects.filter(source=None).exists()
    for source in Source.objects.all():
        assert source.publisher
        assert source.url.startswith("http")


def test_only_sentences_we_hold_are_quoted_and_from_their_own_document(demo):
    bodies = {fold(a.title): fold(markup.plain(a.body)) for a in Article.objects.all()}
    statements = [*Figure.objects.select_related("source")]
    statements += Milestone.objects.select_related("source")
    quoted = [s for s in statements if s.sentence]
    assert len(quoted) == 8 + 4
    for statement in quoted:
        body = bodies[fold(statement.source.title)]
        assert fold(statement.sentence) in body, statement


def test_a_quoted_sentence_holds_the_number_it_supports(demo):
    told = {
        "tenants": "29家",
        "occupancy": "79.5%",
        "rd_centres": "23个",
        "gfa": "9.2万平方米",
        "investment": "9.5亿元",
        "planned_area": "2.15平方公里",
        "land_area": "351亩",
        "land_term": "50年",
    }
    for figure in Figure.objects.exclude(sentence=""):
        assert told[figure.metric] in figure.sentence


def test_the_enclave_knows_where_it_is_from_and_where_it_stands(demo):
    park = Park.objects.get(slug="wenzhou-science-park")
    assert (park.origin_region, park.host_region) == ("330300", "310114")
    assert [p.ordinal for p in park.phases.all()] == [1, 2]


def test_amenities_to_come_are_not_told_as_there(demo):
    park = Park.objects.get(slug="lingang-u-valley")
    assert {(a.name_zh, a.state) for a in park.amenities.all()} == {
        ("超市", "planned"),
        ("银行", "planned"),
        ("餐饮", "planned"),
        ("百货", "planned"),
    }


# --- what readers see -----------------------------------------------------------------------------


@pytest.mark.parametrize("slug", NAMES)
def test_each_figure_on_the_page_has_a_date_and_a_mark_that_opens_its_source(demo, client, slug):
    page = parse(client.get(f"/parks/{slug}/"))
    shown = [statement for block in every(page, ".figure") for statement in statements(block)]
    assert len(shown) == sum(1 for figure in FIGURES if figure[0] == slug)
    notes = {note.get("id"): note for note in every(page, ".notes > li")}
    for statement in shown:
        mark = every(statement, "a.source-mark")[0]
        note = notes[mark.get("href")[1:]]
        assert every(note, "blockquote") or words(one(note, ".note-missing")) == "原句未收录"
        assert words(one(note, ".note-source"))
        told = words(statement)
        assert "截至" in told or "日期未载" in told


def statements(block):
    """What one block of a page states: its table of history, or what it leads with and a plan."""
    rows = every(block, ".figure-history tbody tr")
    return rows or [block, *every(block, ".figure-plan")]


def test_an_undated_figure_says_so(demo, client):
    page = parse(client.get("/parks/lingang-u-valley/"))
    assert [words(e) for e in every(page, ".figure-when")] == ["日期未载", "日期未载"]


def test_the_history_of_tenants_stands_below_the_newest(demo, client):
    page = parse(client.get("/parks/wenzhou-science-park/"))
    tenants = every(page, ".figure")[0]
    assert words(one(tenants, ".figure-value")).startswith("30 家")
    history = [words(row) for row in every(tenants, ".figure-history tbody tr")]
    starts = ["截至2024年6月30 家", "截至2021年上半年29 家", "截至2019年12月21 家"]
    assert [text[: len(start)] for text, start in zip(history, starts, strict=True)] == starts


def test_planned_and_actual_areas_stand_apart(demo, client):
    page = parse(client.get("/parks/wenzhou-science-park/"))
    areas = [
        block
        for block in every(page, "section.phase .figure")
        if words(every(block, "dt")[0]).startswith("建筑面积")
    ]
    assert len(areas) == 2  # one of each phase
    plans = [words(one(block, ".figure-plan")) for block in areas if every(block, ".figure-plan")]
    assert len(plans) == 1
    assert plans[0].startswith("计划 92,000 ㎡")


def test_the_shape_of_a_page_says_which_sentences_we_do_not_have(demo, client):
    page = parse(client.get("/parks/hydrogen-port/"))
    notes = every(page, ".notes > li")
    missing = [words(one(n, ".note-source")) for n in notes if every(n, ".note-missing")]
    assert [text.split("，")[0] for text in missing] == ["rent.sh.cn", "SHINE"]
