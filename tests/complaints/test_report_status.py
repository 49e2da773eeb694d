"""The page behind the reference: how it stands, the answer, and nothing of who complained."""

from datetime import timedelta

import pytest
from django.utils import timezone
from factories import a_complaint
from reading import every, one, parse, unmarked, words

from leads import bounded

pytestmark = pytest.mark.django_db
ANSWER = "已核对，面积改为 351 亩。\n谢谢您。"


def stand(**fields):
    """A complaint full of what must not be told."""
    return a_complaint(
        name="陈测试", contact="139 0000 0017", text="蓝鲸压铸的面积错了", basis="我是承租人",
        network="203.0.113.7", **fields,
    )  # fmt: skip


def closed(**fields):
    now = timezone.now()
    return stand(
        state="closed", outcome="corrected", closed_at=now, answered_at=now, answer=ANSWER,
        note="同事看的话", **fields,
    )  # fmt: skip


def reached(page):
    return [words(step) for step in every(page, "li.reached")]


def test_a_new_one_says_by_when(client, clock):
    page = parse(client.get(stand().get_absolute_url()))
    assert words(one(page, ".receipt-head p")) == (
        "最迟 2026-11-30 18:00 答复，写在本页上（按工作日算，法定节假日顺延）。"
    )
    assert reached(page) == ["已收到 2026-11-25 10:00"]
    link = one(page, "dl.facts a")
    assert (link.get("href"), words(link)) == ("/articles/3661/", "某园区开园")


def test_hours_know_no_holidays(client, clock):
    page = parse(client.get(stand(kind="unlawful").get_absolute_url()))
    assert words(one(page, ".receipt-head p")) == "最迟 2026-11-26 10:00 答复，写在本页上。"


def test_the_answer_stands_there_and_what_became_of_it(client, clock):
    row = stand(state="answered", answer=ANSWER, answered_at=timezone.now())
    page = parse(client.get(row.get_absolute_url()))
    assert words(one(page, "section.answer .prose")) == "已核对，面积改为 351 亩。谢谢您。"
    assert len(reached(page)) == 3
    page = parse(client.get(closed().get_absolute_url()))
    assert words(one(page, ".receipt-head p")) == "已办结：已更正"
    assert len(reached(page)) == 4


@pytest.mark.parametrize("language", ["", "/en"])
def test_nothing_of_a_person_stands_there(client, language):
    for row in (stand(), closed(), closed(kind="infringement")):
        answer = client.get(language + row.get_absolute_url())
        text = answer.content.decode()
        for secret in ("陈测试", "0000 0017", "蓝鲸压铸", "承租人", "203.0.113", "同事看的话"):
            assert secret not in text
        assert row.reference in text


def test_it_is_kept_and_indexed_nowhere(client):
    row = closed()
    for address in (row.get_absolute_url(), row.get_absolute_url().rstrip("/")):
        answer = client.get(address)
        told = [answer[name] for name in ("Cache-Control", "X-Robots-Tag", "Referrer-Policy")]
        assert told == ["no-store", "noindex, nofollow, noarchive", "no-referrer"]
        assert answer.cookies == {}
    page = parse(client.get(row.get_absolute_url()))
    assert one(page, "meta[name=robots]").get("content") == "noindex, nofollow, noarchive"
    assert every(page, "link[rel=canonical]") == every(page, "link[rel=alternate][hreflang]") == []


def test_it_opens_as_somebody_typed_it(client):
    row = stand()
    assert client.get(f"/report/{row.reference.lower()}/").status_code == 200
    answer = client.get(f"/report/{row.reference}")
    assert (answer.status_code, answer["Location"]) == (302, row.get_absolute_url())


@pytest.mark.parametrize(
    "reference", ["2222-2222-2222", "x", "0000-0000-0000", "Q7K2-M9MD-X4TR-2222", "%00", "Q7K2"]
)
def test_an_unknown_reference_is_no_page(client, reference):
    stand()
    assert client.get(f"/report/{reference}/").status_code in {400, 404}


def test_without_the_database_nobody_is_told_that_there_is_none(client, monkeypatch):
    row = stand()

    def refuse(work, seconds=None):
        raise bounded.DatabaseAway("away")

    monkeypatch.setattr(bounded, "call", refuse)
    answer = client.get(row.get_absolute_url())
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert answer["Cache-Control"] == "no-store"
    assert words(one(parse(answer), "h1")) == "现在看不到进展"


def test_it_takes_three_queries(client, django_assert_num_queries):
    row = closed()
    client.get(row.get_absolute_url())
    with django_assert_num_queries(3):
        client.get(row.get_absolute_url())


def test_chinese_content_on_the_english_page_is_marked(client):
    row = closed(received_at=timezone.now() - timedelta(days=3))
    found = unmarked(parse(client.get(f"/en{row.get_absolute_url()}")))
    assert [one for one in found if "某园区" in one or "已核对" in one] == []
