"""Where nobody has written the English yet, Chinese stands in its place and says that it is."""

import pytest
from factories import a_category, a_figure, a_milestone, a_park, a_phase, a_space, a_tag, an_article
from reading import one, parse, unmarked, words

from parkcms.models import SiteProfile

pytestmark = pytest.mark.django_db


@pytest.fixture
def untranslated(db):
    """A site on which nobody has written a word of English."""
    SiteProfile.objects.update(
        tagline_zh="口号", address_zh="地址", hours_zh="周一", hot_line="400-000-0000"
    )
    tag = a_tag("氢能", slug="topic")
    shelf = a_category(name_zh="选址", name_en="", slug="shelf", description_zh="怎样选址。")
    park = a_park(
        slug="park", name_zh="园区", name_en="", town_zh="安亭", intro_zh="简介。",
        address_zh="地址", tenure_zh="绿证", title_type="green", level="national",
        origin_region="330300", host_region="310114",
    )  # fmt: skip
    park.aliases.create(name="别名", kind="short")
    phase = a_phase(park, name_zh="一期", name_en="", status="operating")
    a_figure(park, sentence="入驻30家。")
    a_figure(park, metric="gfa", unit="m2", phase=phase, as_of="", source=None)
    a_milestone(park, title_zh="开园", title_en="")
    park.transport.create(kind="metro", name_zh="13号线")
    park.amenities.create(name_zh="超市", state="planned")
    a_space(
        park, phase=phase, code="一号楼", slug="space", building="一号楼", note_zh="补充。",
        escalation="每年递增", column_grid="八米", is_sample=True,
    )  # fmt: skip
    article = an_article(
        title="题目", summary_en="Words.", category=shelf, tags=[tag], parks=[park],
        publisher="某报", rights="public", original_title="原题", correction="更正。",
        byline="编辑部", writer="某人", posted_stamp="九月",
    )  # fmt: skip
    an_article(title="另一篇", summary_en="More.", category=shelf, tags=[tag])
    return article


def test_where_english_is_missing_chinese_stands_marked_as_chinese(untranslated, client):
    addresses = (
        "/en/", "/en/parks/", "/en/parks/park/", "/en/parks/park/spaces/space/", "/en/spaces/",
        "/en/articles/", f"/en/articles/{untranslated.pk}/", "/en/articles/category/shelf/",
        "/en/articles/tag/topic/", "/en/articles/year/2024/", "/en/search/?q=园区",
        "/en/contact/", "/en/about/",
    )  # fmt: skip
    found = {}
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        page = parse(answer)
        for image in page.iter("img"):  # "园区 (drawing)": an attribute can't be marked in part
            del image.attrib["alt"]
        if left := unmarked(page):
            found[address] = left
    assert found == {}


def test_an_unfinished_translation_falls_back_and_never_fails(untranslated, client):
    assert words(one(parse(client.get("/en/parks/park/")), "h1")) == "园区"
    assert one(parse(client.get("/en/parks/park/")), "h1 span").get("lang") == "zh-Hans"
