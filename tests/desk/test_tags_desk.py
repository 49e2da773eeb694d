"""Tags are renamed and made one without losing an article: live, drafted, or both."""

import pytest
from desk_forms import act_on, desk_of, errors, messages_of, page_of, send, words
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import a_person, a_tag, an_article
from lxml import html

from articles import content as contents
from articles import drafting, renaming
from articles.models import Article, Tag, Tagging
from parkcms.addresses.models import Redirect
from parkcms.ledger.models import Act

pytestmark = pytest.mark.django_db
LIST, MERGE = "/admin/articles/tag/", "/admin/articles/tag/merge/"


@pytest.fixture
def editor():
    return a_person("bianji", "编辑")


@pytest.fixture
def desk(editor):
    return desk_of(editor)


def over_live(editor, tags, drafted):
    """A published article under ``tags`` whose draft says ``drafted``."""
    article = an_article(tags=tags)
    said = contents.of(article) | {"tags": drafted, "summary_zh": "改"}
    drafting.save(article, said, editor, version=article.version)
    article.refresh_from_db()
    return article


def merge(desk, keep, *others):
    keys = [keep.pk, *(tag.pk for tag in others)]
    return desk.post(MERGE, {"tag": keys, "keep": keep.pk}, follow=True)


def test_merged_tags_keep_every_article_once(desk):
    keep, one, two = a_tag("飞地经济"), a_tag("飞地"), a_tag("反向飞地")
    only_keep, only_one = an_article(tags=["飞地经济"]), an_article(tags=["飞地"])
    both, all_three = an_article(tags=["飞地经济", "飞地"]), an_article(tags=[keep, one, two])
    draft = an_article(tags=["反向飞地"], publish_at=None)
    told = messages_of(merge(desk, keep, one, two))
    assert told == ["“飞地”“反向飞地”已并入“飞地经济”，移过来 2 篇；旧地址转到新的。"]
    for article in (only_keep, only_one, both, all_three, draft):
        assert list(article.tags.names()) == ["飞地经济"]
    assert list(Tag.objects.all()) == [keep]
    assert Tagging.objects.count() == 5
    published = {row.content_object_id: row.publish_at for row in Tagging.objects.all()}
    assert published == {row.pk: row.publish_at for row in Article.objects.all()}


def test_each_tag_that_vanished_leaves_an_act_and_its_address_leads_on(desk, client):
    keep, gone = a_tag("飞地经济", slug="fei-di-jing-ji"), a_tag("飞地", slug="fei-di")
    an_article(tags=["飞地"])
    an_article(tags=["飞地", "飞地经济"])
    merge(desk, keep, gone)
    act = Act.objects.get(verb="merge")
    assert (act.object_id, act.object_label, act.actor_name) == (str(gone.pk), "飞地", "bianji")
    assert act.before == {"标签": "飞地", "地址名": "fei-di", "篇数": 2}
    assert act.after == {"并入": "飞地经济", "移过来": 1, "本来就有": 1}
    assert Redirect.objects.target_of("/articles/tag/fei-di/") == "/articles/tag/fei-di-jing-ji/"
    assert client.get("/articles/tag/fei-di/")["Location"].endswith("/articles/tag/fei-di-jing-ji/")
    assert client.get("/articles/tag/fei-di-jing-ji/").status_code == 200


def test_drafts_are_renamed_so_that_publishing_brings_nothing_back(desk, editor):
    keep, gone = a_tag("飞地经济"), a_tag("飞地")
    over = over_live(editor, ["别的"], ["飞地", "飞地经济", "甲"])
    merge(desk, keep, gone)
    over.refresh_from_db()
    assert over.draft.content["tags"] == ["甲", "飞地经济"]
    drafting.publish(over, editor)
    assert sorted(over.tags.names()) == ["甲", "飞地经济"]
    assert not Tag.objects.filter(name="飞地").exists()


def test_a_form_that_was_open_with_the_old_name_is_out_of_date(desk, editor):
    keep, gone = a_tag("飞地经济"), a_tag("飞地")
    live, other = an_article(tags=["飞地"]), an_article(tags=["甲"])
    versions = live.version, other.version
    merge(desk, keep, gone)
    live.refresh_from_db()
    other.refresh_from_db()
    assert (live.version, other.version) == (versions[0] + 1, versions[1])


def test_merging_stands_or_falls_together(editor, monkeypatch):
    keep, gone, last = a_tag("甲"), a_tag("乙"), a_tag("丙")
    article = an_article(tags=["乙", "丙"])

    def breaks(*args, **kwargs):
        raise RuntimeError("power cut")

    monkeypatch.setattr(renaming.Redirect.objects, "moved", breaks)
    with pytest.raises(RuntimeError):
        renaming.merge(keep, [gone, last], editor)
    assert sorted(article.tags.names()) == ["丙", "乙"]
    assert Act.objects.count() == 0


def test_a_tag_that_somebody_merged_a_moment_ago_is_not_merged_again(editor):
    keep, gone = a_tag("甲"), a_tag("乙")
    Tag.objects.filter(pk=gone.pk).delete()
    for others in ([gone], [keep], []):
        with pytest.raises(ValidationError):
            renaming.merge(keep, others, editor)


def test_the_page_says_what_will_happen_and_changes_nothing(desk):
    keep, gone = a_tag("飞地经济"), a_tag("飞地")
    an_article(tags=["飞地经济"])
    page = act_on(desk, Tag, "merge_selected", [keep, gone])
    assert "飞地经济 1 篇" in words(page)
    form = html.fromstring(page.content.decode()).get_element_by_id("merge_form")
    assert form.fields["keep"] == str(keep.pk)  # the one with more articles
    assert Tag.objects.count() == 2
    page = desk.post(MERGE, {"tag": [keep.pk, gone.pk]})
    assert "请选留下哪一个。" in words(page)
    assert Tag.objects.count() == 2


@pytest.mark.parametrize("tags", [[], ["x"], ["1"], ["9" * 18, "8" * 18], ["-1", "\x00"[:0]]])
def test_tags_that_are_not_there_are_not_merged(desk, tags):
    a_tag("甲")
    for ask in (desk.get, desk.post):
        answer = ask(MERGE, {"tag": tags}, follow=True)
        assert messages_of(answer) == ["要合并的标签不在了，请再选。"]
    assert Act.objects.count() == 0


def test_one_tag_alone_is_not_merged(desk):
    told = messages_of(act_on(desk, Tag, "merge_selected", [a_tag("甲")]))
    assert told == ["请勾选两个以上、50 个以内的标签。"]


@pytest.mark.parametrize("role", ["作者", "园区经理", "招商专员"])
def test_who_does_not_keep_tags_can_not_merge(role):
    keep, gone = a_tag("甲"), a_tag("乙")
    desk = desk_of(a_person(role=role))
    assert desk.get(MERGE, {"tag": [keep.pk, gone.pk]}).status_code == 403
    assert merge(desk, keep, gone).status_code == 403
    assert Tag.objects.count() == 2


# --- renaming ---------------------------------------------------------------------------------


def test_a_renamed_tag_keeps_its_address_and_its_drafts(desk, editor):
    tag = a_tag("飞地", slug="fei-di")
    over = over_live(editor, ["飞地"], ["飞地", "甲"])
    version = over.version
    assert send(desk, page_of(tag), name="飞地经济").status_code == 302
    tag.refresh_from_db()
    assert (tag.name, tag.slug) == ("飞地经济", "fei-di")
    over.refresh_from_db()
    assert (over.draft.content["tags"], over.version) == (["甲", "飞地经济"], version + 1)
    act = Act.objects.about(tag).get()
    assert (act.before["name"], act.after["name"]) == ("飞地", "飞地经济")


def test_an_address_name_changes_only_when_asked_and_leads_on(desk, client):
    tag = a_tag("飞地", slug="fei-di")
    send(desk, page_of(tag), slug="enclave")
    assert Redirect.objects.target_of("/articles/tag/fei-di/") == "/articles/tag/enclave/"
    send(desk, page_of(tag), slug="")
    tag.refresh_from_db()
    assert tag.slug == "enclave"


def test_a_name_that_is_taken_offers_to_merge(desk):
    tag, same = a_tag("feidi"), a_tag("FEIDI 2")
    response = send(desk, page_of(tag), name="feidi 2")
    assert errors(response) == {"name": ["known"]}
    (url,) = html.fromstring(response.content.decode()).xpath("//*[@class='errorlist']//a/@href")
    page = desk.get(url)
    form = html.fromstring(page.content.decode()).get_element_by_id("merge_form")
    assert form.fields["keep"] == str(same.pk)
    assert errors(send(desk, page_of(Tag, "add"), name="FEIDI 2")) == {"name": ["known"]}


@pytest.mark.parametrize("name", ["甲，乙", "甲、乙", "甲;乙", "甲  乙"])
def test_a_name_that_a_form_would_part_is_refused(desk, name):
    assert errors(send(desk, page_of(a_tag("甲")), name=name)) == {"name": ["parted"]}


def test_a_name_is_no_markup(desk):
    tag = a_tag("<b>粗</b>")
    other = a_tag("乙")
    response = send(desk, page_of(other), name="<b>粗</b>")
    assert "已有标签“<b>粗</b>”" in words(response)
    assert tag.name in words(desk.get(LIST))


# --- the list ---------------------------------------------------------------------------------


def test_the_list_counts_articles_in_one_query(desk):
    a_tag("没人用")
    counts = []
    for rows in (2, 9):
        for n in range(rows):
            an_article(tags=["氢能", f"签{rows}-{n}"])
        desk.get(LIST)
        with CaptureQueriesContext(connection) as sent:
            page = desk.get(LIST)
        counts.append(len(sent))
    assert counts[0] == counts[1]
    numbers = {tag.name: tag.number for tag in page.context["cl"].result_list}
    assert (numbers["氢能"], numbers["没人用"]) == (11, 0)
    unused = desk.get(f"{LIST}?used=no").context["cl"].result_list
    assert [tag.name for tag in unused] == ["没人用"]
    used = desk.get(f"{LIST}?used=yes").context["cl"].result_list
    assert "没人用" not in [tag.name for tag in used]


def test_a_tags_number_leads_to_exactly_its_articles(desk):
    article = an_article(tags=["氢能"])
    an_article(tags=["别的"])
    page = html.fromstring(desk.get(LIST).content.decode())
    (url,) = page.xpath("//tr[contains(., '氢能')]//td[contains(@class,'articles_shown')]/a/@href")
    assert list(desk.get(url).context["cl"].result_list) == [article]


def test_tags_that_may_be_one_are_shown_together():
    tags = [a_tag(name) for name in ("氢能", "轻能", "G60", "Ｇ６０", "飞地", "清能源")]
    groups = [[tag.name for tag in group] for group in renaming.alike(tags)]
    assert groups == [["氢能", "轻能"], ["G60", "Ｇ６０"]]
    page = words(desk_of(a_person(role="编辑")).get(LIST))
    assert "可能是同一个" in page
    assert "可能是同一个" not in words(desk_of(a_person(role="作者")).get(LIST))
