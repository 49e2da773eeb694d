"""The owner of the site keeps the profile and the owner's pages: version after version."""

import pytest
from desk_forms import act_on, at_the_desk, errors, filled, messages_of, page_of, send, words
from django.core.management.sql import emit_post_migrate_signal
from django.test import Client
from factories import a_person

from parkcms.ledger.models import Act
from parkcms.models import OwnersText, SiteProfile

pytestmark = pytest.mark.django_db
ADD = "/admin/parkcms/ownerstext/add/?key=privacy"


@pytest.fixture
def desk(client):
    return at_the_desk(client, a_person("zhanzhang", "站长"))


def newest(key="privacy"):
    return OwnersText.objects.filter(key=key).order_by("-number").first()


def migrated():
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")


def test_a_new_version_starts_from_the_one_in_force(desk):
    data = filled(desk, ADD)
    current = newest()
    assert data["title_zh"] == [current.title_zh]
    assert data["body_zh"][0].strip() == current.body_zh


def test_a_new_version_comes_into_force_when_published_and_the_old_one_stays_readable(desk):
    response = send(desk, ADD, body_zh="<p>新的规则。</p>", change_note="改了期限", _publish="1")
    assert response.status_code == 302
    second = newest()
    assert (second.number, second.change_note) == (2, "改了期限")
    assert "新的规则。" in words(Client().get("/privacy/"))
    assert "新的规则。" not in words(Client().get("/privacy/versions/1/"))
    assert Client().get("/privacy/versions/2/").status_code == 200


def test_a_draft_is_not_in_force(desk):
    assert send(desk, ADD, body_zh="<p>还在写。</p>").status_code == 302
    assert "还在写。" not in words(Client().get("/privacy/"))
    assert Client().get("/privacy/versions/2/").status_code == 404
    draft = newest()
    assert send(desk, page_of(draft), body_zh="<p>写好了。</p>", _publish="1").status_code == 302
    assert "写好了。" in words(Client().get("/privacy/"))


def test_what_was_published_is_never_changed(desk):
    first = newest()
    page = desk.get(page_of(first)).content.decode()
    assert 'name="body_zh"' not in page
    for data in ({"body_zh": "<p>改历史</p>"}, {"_publish": "1"}, {"_take_down": "1"}):
        assert desk.post(page_of(first), data).status_code == 403
    assert desk.post(page_of(first, "delete"), {"post": "yes"}).status_code == 403
    again = newest()
    assert (again.body_zh, again.publish_at) == (first.body_zh, first.publish_at)


def test_several_drafts_and_a_published_one_can_be_ticked_together(desk):
    for key in ("privacy", "about"):
        send(desk, f"/admin/parkcms/ownerstext/add/?key={key}", change_note="二")
    rows = [newest("contact"), newest("privacy"), newest("about")]
    assert act_on(desk, OwnersText, "publish_selected", rows).status_code == 200
    assert all(OwnersText.objects.published().filter(pk=row.pk).exists() for row in rows)


def test_a_version_taken_down_gives_way_to_the_one_before(desk):
    send(desk, ADD, body_zh="<p>新的规则。</p>", _publish="1")
    told = messages_of(act_on(desk, OwnersText, "take_down_selected", [newest()]))
    assert told[-1] == "已下线 1 条。"
    assert "新的规则。" not in words(Client().get("/privacy/"))
    assert Client().get("/privacy/").status_code == 200


@pytest.mark.parametrize("field", ["title_zh", "title_en", "body_zh", "body_en"])
def test_both_languages_are_wanted(desk, field):
    assert errors(send(desk, ADD, **{field: ""})) == {field: ["required"]}


def test_an_unknown_page_in_the_address_starts_empty(desk):
    for query in ("key=junk", "key=", "key=privacy&key=about", "title_zh=已填"):
        assert desk.get(f"/admin/parkcms/ownerstext/add/?{query}").status_code == 200


def test_scripts_do_not_get_into_an_owners_page(desk):
    send(desk, ADD, body_zh="<p onclick='x'>字<script>alert(1)</script></p>", _publish="1")
    assert newest().body_zh == "<p>字</p>"


def test_a_migrate_puts_back_what_is_missing_and_overwrites_nothing():
    SiteProfile.objects.filter(pk=1).update(name_zh="改过的站名")
    OwnersText.objects.filter(key="about").delete()
    OwnersText.objects.filter(key="contact").update(title_zh="改过的标题")
    migrated()
    assert SiteProfile.objects.get().name_zh == "改过的站名"
    assert sorted(OwnersText.objects.values_list("key", flat=True)) == [
        "about", "contact", "privacy", "reprint",
    ]  # fmt: skip
    assert newest("contact").title_zh == "改过的标题"
    assert newest("about").is_published()


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("hot_line", "12345", "phone"),
        ("email", "no address", "invalid"),
        ("icp_number", "ICP 1", "invalid"),
        ("police_number", "沪公网安备123号", "invalid"),
        ("name_zh", "", "required"),
        ("name_zh", "站" * 41, "max_length"),
    ],
)
def test_what_is_wrong_with_the_profile_is_said_at_its_field(desk, field, value, code):
    profile = SiteProfile.objects.get()
    assert errors(send(desk, page_of(profile), **{field: value})) == {field: [code]}


def test_the_profile_is_shown_at_the_foot_of_every_page(desk):
    answers = {
        "hot_line": "400-000-0000", "icp_number": "沪ICP备12345678号-1",
        "police_number": "沪公网安备31011402001234号",
    }  # fmt: skip
    assert send(desk, page_of(SiteProfile.objects.get()), **answers).status_code == 302
    foot = words(Client().get("/"))
    assert "沪ICP备12345678号-1" in foot
    assert "沪公网安备31011402001234号" in foot
    assert Act.objects.get().verb == "change"


def test_there_is_one_profile():
    SiteProfile(name_zh="第二个").save()
    assert SiteProfile.objects.get().name_zh == "第二个"
    assert SiteProfile.objects.get().pk == 1
