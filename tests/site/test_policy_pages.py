"""Policies as readers find them: what holds, what has ended, from which document."""

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import a_park, a_policy, a_source, an_industry
from lxml import html

from parks import policy_pages
from parks.models import Benefit

pytestmark = pytest.mark.django_db


def page(client, path):
    response = client.get(path)
    assert response.status_code == 200, path
    return html.fromstring(response.content.decode())


def text(tree, name):
    return [" ".join(one.text_content().split()) for one in tree.find_class(name)]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-06-15 02:00Z", tick=False):
        yield


def test_the_list_tells_what_holds_today(client):
    a_policy(title_zh="现行的")
    a_policy(title_zh="过期的", valid_to="2025-12-31")
    a_policy(title_zh="没写的", valid_to="")
    told = [line.split()[:2] for line in text(page(client, "/policies/"), "policy-line")]
    assert told == [["现行的", "有效"], ["没写的", "有效期未载"], ["过期的", "已过期"]]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("status=in_force", ["甲"]), ("status=expired", ["乙"]), ("level=municipal", ["乙"]),
        ("subject=talent", ["甲"]), ("status=in_force&level=municipal", []),
        ("status=nonsense", ["甲", "乙"]),
    ],
)  # fmt: skip
def test_a_filter_gives_what_it_promised(client, query, names):
    a_policy(title_zh="甲", subjects=["talent"])
    a_policy(title_zh="乙", level="municipal", valid_to="2025")
    tree = page(client, f"/policies/?{query}")
    assert [a.text_content() for a in tree.xpath("//li[@class='policy-line']//h3/a")] == names
    for link in tree.xpath("//aside//li/a[not(@aria-current)]"):
        count = int(link.getnext().text_content())
        assert len(page(client, link.get("href")).find_class("policy-line")) == count


def test_an_expired_policy_says_so_before_anything_else(client):
    after = a_policy(title_zh="新办法")
    old = a_policy(title_zh="旧办法", valid_to="2025-12-31", replaced_by=after)
    tree = page(client, f"/policies/{old.pk}/")
    (banner,) = text(tree, "policy-banner")
    assert banner.startswith("已过期")
    assert "不能作为现行依据" in banner
    assert f"/policies/{after.pk}/" in tree.find_class("policy-banner")[0].xpath(".//a/@href")
    assert page(client, f"/policies/{after.pk}/").find_class("policy-banner") == []


def test_what_it_grants_stands_with_its_sentence(client):
    row = a_policy(source=a_source(publisher="示例机关", title="示例办法"))
    Benefit.objects.create(policy=row, kind="rent", amount_zh="实际租金的 50%", cap_cny=500000,
                           sentence="按实际租金的50%给予补贴，最高50万元。")  # fmt: skip
    tree = page(client, f"/policies/{row.pk}/")
    told = tree.xpath("//tbody/tr")[0].text_content()
    assert "实际租金的 50%" in told
    assert "50万元" in told
    assert "按实际租金的50%给予补贴，最高50万元。" in text(tree, "notes")[0]


def test_only_public_ones_can_be_read(client):
    draft = a_policy(publish_at=None)
    assert client.get(f"/policies/{draft.pk}/").status_code == 404
    assert client.get("/policies/99999999/").status_code == 404
    assert page(client, "/policies/").find_class("policy-line") == []


@pytest.mark.parametrize("key", ["x", "-1", "９", "9" * 30])
def test_a_key_nobody_was_handed_is_not_found(client, key):
    assert client.get(f"/policies/?after={key}").status_code == 404


def test_pages_cost_the_same_at_any_number(client):
    row = a_policy()
    paths = ("/policies/", f"/policies/{row.pk}/", "/en/policies/")
    for path in paths:
        client.get(path)
    before = [queries(client, path) for path in paths]
    for n in range(50):
        park = a_park()
        an_industry(park, f"产业{n}")
        a_policy([park], replaced_by=row)
        row.parks.add(park)
    assert [queries(client, path) for path in paths] == before
    assert max(before) <= 12


def queries(client, path):
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def test_pages_go_on_behind_a_policy_and_miss_none(client, monkeypatch):
    monkeypatch.setattr(policy_pages, "PAGE", 3)
    for n in range(10):
        a_policy(title_zh=f"第{n}份", valid_to="2025" if n % 2 else "2099", level="park")
    seen, path = [], "/policies/?level=park"
    while path:
        tree = page(client, path)
        seen += [a.text_content() for a in tree.xpath("//li[@class='policy-line']//h3/a")]
        path = next(iter(tree.xpath("//a[@rel='next']/@href")), None)
    assert seen == [f"第{n}份" for n in (8, 6, 4, 2, 0, 9, 7, 5, 3, 1)]
