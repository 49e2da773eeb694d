"""Who lost phone and recovery codes is helped by the owner of the site, or from the shell."""

from io import StringIO

import pytest
from desk_forms import desk_of, messages_of, page_of, words
from django.core.management import CommandError, call_command
from django.urls import reverse
from factories import a_person, a_second_factor
from lxml import html

from parkcms.ledger.models import Act
from parkcms.people import second_factor
from parkcms.people.models import User
from parkcms.roles import OWNER, ROLES

pytestmark = pytest.mark.django_db
WHY = "手机丢了，已打电话确认"


@pytest.fixture
def owner():
    return a_person("zhanzhang", "站长")


@pytest.fixture
def editor():
    person = a_person("editor", "编辑", display_name="小编")
    a_second_factor(person)
    return person


def reset_page(person):
    return reverse("admin:people_user_second_factor", args=[person.pk])


def links_of(page):
    tree = html.fromstring(page.content.decode())
    return tree.xpath("//ul[@class='object-tools']//a/@href")


def resets():
    return [(a.actor_name, a.object_label, a.reason) for a in Act.objects.filter(
        verb="second_factor_reset")]  # fmt: skip


def test_the_owner_resets_it_with_a_reason_from_the_persons_page(owner, editor):
    desk = desk_of(owner)
    page = desk.get(page_of(editor))
    assert "恢复码还剩 10 个" in words(page)
    assert reset_page(editor) in links_of(page)
    assert "小编" in words(desk.get(reset_page(editor)))
    answer = desk.post(reset_page(editor), {"reason": WHY}, follow=True)
    assert messages_of(answer) == ["已重置小编的两步验证。"]
    assert not second_factor.has_one(editor)
    assert second_factor.recovery_left(editor) == 0
    assert resets() == [("zhanzhang", "小编", WHY)]
    assert "没有打开" in words(answer)
    assert desk_of(editor).get("/admin/").status_code == 200


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\x00b", None])
def test_without_a_reason_nothing_is_reset(owner, editor, reason):
    data = {} if reason is None else {"reason": reason}
    answer = desk_of(owner).post(reset_page(editor), data)
    assert answer.status_code == 200
    assert "reason" in answer.context["form"].errors
    assert second_factor.has_one(editor)
    assert resets() == []


def test_looking_at_the_page_resets_nothing(owner, editor):
    assert desk_of(owner).get(reset_page(editor)).status_code == 200
    assert second_factor.has_one(editor)


def test_the_list_of_people_says_who_has_one(owner, editor):
    page = html.fromstring(desk_of(owner).get(page_of(User, "changelist")).content.decode())
    column = {
        row.xpath("string(th)").strip(): row.xpath(".//td[contains(@class,'has_second')]/img/@alt")
        for row in page.xpath("//table[@id='result_list']/tbody/tr")
    }
    assert column == {"editor": ["True"], "zhanzhang": ["False"]}


def test_who_has_none_is_not_reset(owner):
    plain = a_person("plain", "编辑")
    desk = desk_of(owner)
    assert reset_page(plain) not in links_of(desk.get(page_of(plain)))
    assert "没有打开" in words(desk.get(reset_page(plain)))
    answer = desk.post(reset_page(plain), {"reason": WHY}, follow=True)
    assert messages_of(answer) == ["plain没有打开两步验证，没有改动。"]
    assert resets() == []


def test_the_owner_resets_nobody_who_may_do_more(owner):
    root = User.objects.create(username="root", is_superuser=True, is_staff=True)
    a_second_factor(root)
    desk = desk_of(owner)
    assert reset_page(root) not in links_of(desk.get(page_of(root)))
    assert desk.get(reset_page(root)).status_code == 403
    assert desk.post(reset_page(root), {"reason": WHY}).status_code == 403
    assert second_factor.has_one(root)


def test_a_superuser_resets_a_superuser():
    roots = [User.objects.create(username=name, is_superuser=True, is_staff=True) for name in "ab"]
    a_second_factor(roots[1])
    assert desk_of(roots[0]).post(reset_page(roots[1]), {"reason": WHY}).status_code == 302
    assert not second_factor.has_one(roots[1])


def test_nobody_resets_their_own_without_a_code(owner, time_machine):
    _, codes = a_second_factor(owner)
    desk = desk_of(owner)
    desk.post("/admin/second-factor/check/", {"code": codes[0]})
    assert desk.get("/admin/").status_code == 200
    assert reset_page(owner) not in links_of(desk.get(page_of(owner)))
    assert desk.post(reset_page(owner), {"reason": WHY}).status_code == 403
    assert second_factor.has_one(owner)


@pytest.mark.parametrize("role", [role.name for role in ROLES if role is not OWNER])
def test_others_reset_nobody(role, editor):
    desk = desk_of(a_person("other", role))
    assert desk.get(reset_page(editor)).status_code == 403
    assert desk.post(reset_page(editor), {"reason": WHY}).status_code == 403
    assert second_factor.has_one(editor)


@pytest.mark.parametrize("key", ["x", "0", "-1", "9" * 30, "%ff", "1%0A", "' OR 1=1"])
def test_a_person_nobody_has_leads_back_to_the_desk(owner, key):
    desk = desk_of(owner)
    for method in (desk.get, desk.post):
        assert method(f"/admin/people/user/{key}/second-factor/").status_code in {302, 404}


def test_what_can_not_be_told_about_is_not_reset(owner, editor, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("no ledger")

    monkeypatch.setattr(Act, "record", fail)
    with pytest.raises(RuntimeError):
        desk_of(owner).post(reset_page(editor), {"reason": WHY})
    assert second_factor.has_one(editor)


def test_a_session_that_gave_the_code_goes_on_without_one(owner, editor, settings):
    person = a_person("zhuguan", "招商主管")
    _, codes = a_second_factor(person)
    desk = desk_of(person)
    desk.post("/admin/second-factor/check/", {"code": codes[0]})
    desk_of(owner).post(reset_page(person), {"reason": WHY})
    assert desk.get("/admin/").status_code == 200
    settings.SECOND_FACTOR_ROLES = {"招商主管"}
    assert desk.get("/admin/")["Location"] == "/admin/second-factor/?next=/admin/"


def test_from_the_shell_it_is_reset_in_the_name_of_the_site(editor):
    out = StringIO()
    call_command("reset_second_factor", "editor", stdout=out)
    assert out.getvalue() == "已去掉 editor 的两步验证。\n"
    assert not second_factor.has_one(editor)
    assert resets() == [("系统", "小编", "在服务器上重置")]
    call_command("reset_second_factor", "editor", stdout=out)
    assert out.getvalue().endswith("editor 没有打开两步验证，没有改动。\n")
    assert len(resets()) == 1


def test_from_the_shell_a_name_nobody_has_is_said_to_be_none():
    with pytest.raises(CommandError, match="没有叫 nobody 的人员"):
        call_command("reset_second_factor", "nobody")
