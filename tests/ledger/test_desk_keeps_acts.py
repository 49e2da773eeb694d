"""Every change made at the desk is an Act: who, what, before and after."""

import json
import re

import pytest
from desk_forms import act_on, at_the_desk, errors, filled, page_of, send, words
from django.test import Client
from django.urls import reverse
from factories import (
    LONG_AGO,
    a_category,
    a_figure,
    a_park,
    a_person,
    a_phase,
    a_source,
    a_space,
    a_tag,
    an_article,
)

from articles import drafting
from articles.admin import ArticleAdmin
from articles.models import Article, Tag
from parkcms.ledger.models import Act
from parkcms.people.models import User
from parks.models import Figure, Park

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return a_person("zhanzhang", "站长", display_name="示例站长")


@pytest.fixture
def desk(client, owner):
    return at_the_desk(client, owner)


def the_act(row, verb="change"):
    """The one act about ``row`` of that verb; there must be no other act of that verb."""
    act = Act.objects.about(row).get(verb=verb)
    assert act.actor_name == "示例站长"
    return act


def test_adding_a_row_tells_what_was_written(desk):
    park, source = a_park(name_zh="某园"), a_source()
    url = page_of(Figure, "add")
    answers = {"park": park.pk, "metric": "tenants", "value": "29", "unit": "家"}
    response = send(desk, url, **answers, as_of="2021年上半年", source=source.pk)
    assert response.status_code == 302
    act = the_act(Figure.objects.get(), "add")
    assert act.before == {}
    assert act.after == {
        "park": park.pk, "metric": "tenants", "value": "29", "unit": "家", "as_of": "2021-H1",
        "source": source.pk,
    }  # fmt: skip
    assert act.object_label == "某园 入驻企业 29 家（2021-H1）"


def test_a_change_tells_the_fields_that_changed_before_and_after(desk):
    figure = a_figure(a_park(), value=29)
    response = send(desk, page_of(figure), value="30", qualifier="about")
    assert response.status_code == 302
    act = the_act(figure)
    assert act.before == {"qualifier": "", "value": "29.0000"}
    assert act.after == {"qualifier": "about", "value": "30"}


def test_saving_without_a_change_is_no_act(desk):
    figure = a_figure(a_park())
    article = an_article(tags=[a_tag()], parks=[a_park()])
    for row in (figure, article, a_space(), a_park(), a_source(), a_category()):
        assert send(desk, page_of(row)).status_code == 302
    assert Act.objects.count() == 0


def test_looking_is_no_act(desk):
    row = a_figure(a_park())
    for page in ("changelist", "change", "delete", "history"):
        assert desk.get(page_of(row, page)).status_code == 200
    assert Act.objects.count() == 0


def test_a_refused_form_is_no_act(desk):
    figure = a_figure(a_park())
    assert errors(send(desk, page_of(figure), value="many")) == {"value": ["invalid"]}
    assert Act.objects.count() == 0


def test_deleting_a_row_tells_what_it_said(desk):
    park = a_park(name_zh="某园")
    figure = a_figure(park, value=29, as_of="2021-H1", sentence="目前入驻企业29家")
    response = desk.post(page_of(figure, "delete"), {"post": "yes"})
    assert response.status_code == 302
    assert not Figure.objects.exists()
    act = Act.objects.get(verb="delete")
    assert (act.object_id, act.object_label) == (str(figure.pk), "某园 入驻企业 29 家（2021-H1）")
    assert act.before["value"] == "29.0000"
    assert act.before["as_of"] == "2021-H1"
    assert act.before["sentence"] == "目前入驻企业29家"
    assert act.after == {}


def test_deleting_several_rows_is_one_act_each(desk):
    park = a_park()
    figures = [a_figure(park, value=value) for value in (1, 2, 3)]
    answers = {"action": "delete_selected", "_selected_action": [f.pk for f in figures[:2]]}
    response = desk.post(page_of(Figure, "changelist"), {**answers, "post": "yes"})
    assert response.status_code == 302
    assert list(Figure.objects.all()) == figures[2:]
    told = Act.objects.filter(verb="delete").values_list("object_id", flat=True)
    assert sorted(told) == sorted(str(figure.pk) for figure in figures[:2])


@pytest.mark.parametrize(
    ("old", "new"), [("<p>旧的话。</p>", "<p>新的话。</p>"), ("<p>a</p>",) * 2]
)
def test_a_long_text_is_told_by_its_length_and_a_change_of_the_same_length_too(desk, old, new):
    article = an_article(body=old)
    assert send(desk, page_of(article), body=new).status_code == 302
    told = list(Act.objects.about(article).values_list("before", "after"))
    size = f"{len(old)} 字"
    assert told == ([] if old == new else [({"body": size}, {"body": size})])


def test_no_long_text_is_copied_into_the_ledger(desk):
    article, park = an_article(), a_park()
    secret = "长文里的一句话"
    send(desk, page_of(article), body=f"<p>{secret}</p>")
    send(desk, page_of(park), intro_zh=secret, intro_en=secret)
    desk.post(page_of(article, "delete"), {"post": "yes"})
    assert Act.objects.count() == 3
    everything = json.dumps(list(Act.objects.values("before", "after")), ensure_ascii=False)
    assert secret not in everything
    assert f"{len(secret)} 字" in everything


def test_publishing_in_the_form_tells_the_draft_before(desk, time_machine):
    time_machine.move_to(LONG_AGO, tick=False)
    article = an_article(publish_at=None)
    response = send(desk, page_of(article), title="新的标题", _publish="保存并发布")
    assert response.status_code == 302
    act = the_act(article, "publish")
    assert act.before == {"publish_at": None, "taken_down_at": None}
    assert act.after == {"publish_at": "2024-03-01T04:30:00Z", "title": "新的标题"}


def test_publishing_a_new_row_at_once_tells_both(desk, time_machine):
    time_machine.move_to(LONG_AGO, tick=False)
    answers = {"title": "一步发布", "category": a_category().pk, "body": "<p>正文。</p>"}
    response = send(desk, page_of(Article, "add"), **answers, rights="original", _publish="1")
    assert response.status_code == 302
    article = Article.objects.get()
    assert the_act(article, "add").after["title"] == "一步发布"
    assert the_act(article, "publish").before == {"publish_at": None, "taken_down_at": None}


def test_taking_down_in_the_form_tells_the_reason(desk):
    article = an_article()
    desk.post(
        f"/admin/articles/article/{article.pk}/take-down/", {"take_down_reason": "来源要求删除"}
    )
    act = the_act(article, "take_down")
    assert act.reason == "来源要求删除"
    assert list(act.after) == ["taken_down_at"]


def test_bulk_publishing_and_taking_down_is_one_act_a_row(desk):
    drafts = [an_article(publish_at=None) for _ in range(3)]
    act_on(desk, Article, "publish_selected", drafts)
    ticked = {"action": "take_down_selected", "_selected_action": [row.pk for row in drafts[:2]]}
    desk.post(page_of(Article, "changelist"), ticked | {"index": 0, "apply": 1, "reason": "侵权"})
    for verb, rows in (("publish", drafts), ("take_down", drafts[:2])):
        told = Act.objects.filter(verb=verb).values_list("object_id", flat=True)
        assert sorted(told) == sorted(str(row.pk) for row in rows)


def test_bulk_confirming_is_one_act_a_row(desk, owner):
    spaces = [a_space() for _ in range(2)]
    act_on(desk, spaces[0], "confirm_selected", spaces)
    assert [the_act(space, "confirm").actor_id for space in spaces] == [owner.pk] * 2


def test_who_got_which_role_is_told(desk):
    person = a_person("new", "作者")
    roles = {group.name: group.pk for group in person.groups.model.objects.all()}
    response = send(desk, page_of(person), groups=[roles["作者"], roles["编辑"]])
    assert response.status_code == 302
    act = the_act(person)
    assert act.before == {"groups": ["作者"]}
    assert act.after == {"groups": ["作者", "编辑"]}


def test_who_keeps_a_park_is_told(desk):
    park, manager = a_park(), a_person("keeper", "园区经理", display_name="示例经理")
    assert send(desk, page_of(park), managers=[manager.pk]).status_code == 302
    act = the_act(park)
    assert (act.before, act.after) == ({"managers": []}, {"managers": ["示例经理"]})


def test_tags_of_an_article_are_told(desk):
    article = an_article(tags=[a_tag("氢能")])
    assert send(desk, page_of(article), tags="氢能, 嘉定").status_code == 302
    act = the_act(article)
    assert (act.before, act.after) == ({"tags": "氢能"}, {"tags": "嘉定、氢能"})


def test_adding_a_person_tells_their_role_and_no_password(desk):
    role = a_person("other", "编辑").groups.get()
    word = "quite-a-long-secret-9"
    url = page_of(User, "add")
    response = send(
        desk, url, username="xin", password1=word, password2=word, groups=[role.pk], is_staff="on"
    )
    assert response.status_code == 302, errors(response)
    person = User.objects.get(username="xin")
    act = the_act(person, "add")
    assert act.after == {"username": "xin", "is_staff": True, "groups": ["编辑"]}
    assert not [one for one in Act.objects.all() if word in str(one.after) + str(one.before)]
    assert person.password not in str(act.after)


def test_a_new_password_for_a_colleague_is_told_but_not_which(desk):
    person = a_person("forgetful", "作者")
    word = "quite-a-long-secret-9"
    url = reverse("admin:auth_user_password_change", args=[person.pk])
    response = desk.post(url, {"password1": word, "password2": word, "usable_password": "true"})
    assert response.status_code == 302
    person.refresh_from_db()
    assert person.check_password(word)
    act = the_act(person)
    assert act.after == {"password": "（不记录）"}
    assert act.before == {"password": "（不记录）"}


def test_changed_parts_of_a_row_are_told_by_name(desk):
    park = a_park()
    phase = a_phase(park, name_zh="一期")
    total = park.phases.count()
    data = filled(desk, page_of(park))
    data |= {
        "phases-0-name_zh": ["首期"],
        "aliases-TOTAL_FORMS": ["1"],
        "aliases-0-id": [""],
        "aliases-0-park": [park.pk],
        "aliases-0-name": ["老名字"],
        "aliases-0-kind": ["former"],
    }
    response = desk.post(page_of(park), data)
    assert response.status_code == 302
    phase.refresh_from_db()
    assert (total, phase.name_zh) == (1, "首期")
    assert the_act(park).after == {"其他": ["新增别名 老名字", "修改期次 首期"]}


def test_a_save_that_fails_half_way_leaves_neither_change_nor_act(desk, monkeypatch):
    article = an_article(title="原来的标题")

    def fail(*args):
        raise RuntimeError("half way")

    monkeypatch.setattr(ArticleAdmin, "save_related", fail)
    careless = Client(raise_request_exception=False)
    careless.cookies = desk.cookies
    assert send(careless, page_of(article), title="改了一半").status_code == 500
    article.refresh_from_db()
    assert (article.title, Act.objects.count()) == ("原来的标题", 0)


def test_a_bulk_action_that_fails_half_way_leaves_neither_changes_nor_acts(desk, monkeypatch):
    drafts = [an_article(publish_at=None) for _ in range(3)]
    publish = drafting.publish
    done = []

    def fail_at_the_third(row, by, **kwargs):
        done.append(row)
        if len(done) == 3:
            raise RuntimeError("half way")
        publish(row, by)

    monkeypatch.setattr(drafting, "publish", fail_at_the_third)
    careless = Client(raise_request_exception=False)
    careless.cookies = desk.cookies
    assert act_on(careless, Article, "publish_selected", drafts).status_code == 500
    assert len(done) == 3
    assert Article.objects.drafts().count() == 3
    assert Act.objects.count() == 0


def test_an_act_that_can_not_be_written_stops_the_change(desk, monkeypatch):
    tag = a_tag("氢能")

    def fail(*args, **kwargs):
        raise RuntimeError("no ledger")

    monkeypatch.setattr(Act, "record", fail)
    careless = Client(raise_request_exception=False)
    careless.cookies = desk.cookies
    assert send(careless, page_of(tag), name="氢气").status_code == 500
    assert Tag.objects.get().name == "氢能"


def test_the_story_of_a_row_can_be_read_at_the_desk(desk, owner):
    article = an_article(publish_at=None, title="旧标题")
    send(desk, page_of(article), title="新标题")
    article.refresh_from_db()
    article.publish(owner)
    article.take_down(owner, "来源要求删除")
    text = words(desk.get(page_of(article, "history")))
    told = text[text.index("做了什么") :]
    parts = (
        "示例站长",
        "下线",
        "来源要求删除",
        "示例站长",
        "发布",
        "修改",
        "旧标题",
        "→",
        "新标题",
    )
    assert re.search(".*".join(parts), told), told


def test_a_row_without_acts_has_an_empty_story(desk):
    assert "还没有记录。" in words(desk.get(page_of(a_tag(), "history")))


def test_a_story_is_for_those_who_may_see_the_row(client):
    park = a_park()
    assert (
        at_the_desk(client, a_person("a", "招商专员")).get(page_of(park, "history")).status_code
        == 200
    )
    bare = Client()
    at_the_desk(bare, a_person("nobody"))
    assert bare.get(page_of(park, "history")).status_code == 403
    article = an_article(publish_at=None, author=a_person("b", "作者"))
    other = at_the_desk(Client(), a_person("c", "作者"))
    assert other.get(page_of(article, "history")).status_code == 302


@pytest.mark.parametrize(("role", "status"), [("站长", 200), ("招商主管", 200), ("编辑", 403)])
def test_the_whole_ledger_is_read_only_and_for_few(client, role, status):
    Act.record(None, "add", a_park())
    act = Act.objects.get()
    desk = at_the_desk(client, a_person("reader", role))
    assert desk.get(page_of(Act, "changelist")).status_code == status
    assert desk.get(page_of(act)).status_code == status
    assert desk.get(page_of(Act, "add")).status_code == 403
    assert desk.post(page_of(act), {}).status_code == 403
    assert desk.post(page_of(act, "delete"), {"post": "yes"}).status_code == 403
    assert Act.objects.count() == 1


def test_not_even_a_superuser_changes_the_ledger_at_the_desk(client):
    Act.record(None, "add", a_park())
    act = Act.objects.get()
    root = User.objects.create_superuser("root", password="x")
    desk = at_the_desk(client, root)
    assert desk.get(page_of(act)).status_code == 200
    assert desk.post(page_of(act), {"reason": "x"}).status_code == 403
    assert desk.post(page_of(act, "delete"), {"post": "yes"}).status_code == 403
    act_on(desk, Act, "delete_selected", [act])
    assert Act.objects.count() == 1


def test_the_label_is_the_one_after_the_change(desk):
    park = a_park(name_zh="旧园区")
    send(desk, page_of(park), name_zh="新园区")
    assert the_act(park).object_label == "新园区"
    assert Park.objects.get().name_zh == "新园区"
