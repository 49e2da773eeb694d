"""The desk's lists: what visitors missed is led to a page or set aside, in one Act each."""

import pytest
from desk_forms import act_on, desk_of, errors, messages_of, page_of, send, words
from django.test import Client
from factories import (
    LONG_AGO,
    a_broken_link,
    a_category,
    a_missing,
    a_park,
    a_person,
    a_redirect,
    a_space,
    a_tag,
    an_article,
)
from lxml import html

from parkcms import links
from parkcms.addresses.models import BrokenLink, Missing, Redirect
from parkcms.ledger.models import Act

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return a_person("editor", "编辑")


@pytest.fixture
def desk(editor):
    return desk_of(editor)


def acts():
    return list(Act.objects.order_by("id").values_list("verb", "object_label"))


def listed(desk, model=Missing, query=""):
    page = html.fromstring(desk.get(page_of(model, "changelist") + query).content.decode())
    return [row.get("value") for row in page.xpath("//input[@name='_selected_action']")]


def told(response):
    """The form's codes after it was sent back."""
    assert response.status_code == 200
    form = response.context["form"]
    return {name: [one.code for one in found.as_data()] for name, found in form.errors.items()}


# --- the list ---


def test_what_was_met_most_stands_first_and_what_was_set_aside_not_at_all(desk):
    rarely, often = a_missing(count=2), a_missing(count=9)
    aside = a_missing(count=50, ignored_at=LONG_AGO)
    assert listed(desk) == [str(often.pk), str(rarely.pk)]
    assert listed(desk, query="?state=ignored") == [str(aside.pk)]
    assert listed(desk, query="?state=all") == [str(row.pk) for row in (aside, often, rarely)]
    assert listed(desk, query="?state=junk") == [str(often.pk), str(rarely.pk)]


def test_for_the_first_screen_a_slip_is_not_worth_a_look():
    a_missing(count=2)
    a_missing(count=50, ignored_at=LONG_AGO)
    often, most = a_missing(count=3), a_missing(count=30)
    assert list(Missing.objects.worth_a_look()) == [most, often]


def test_the_list_says_where_visitors_came_from(desk):
    a_missing("/news/1.html", from_host="www.example.com")
    page = html.fromstring(desk.get(page_of(Missing, "changelist")).content.decode())
    (row,) = page.xpath("//table[@id='result_list']/tbody/tr")
    cells = [cell.text_content() for cell in row.xpath("td|th")]
    assert [*cells[1:4], cells[5]] == [
        "/news/1.html", "5", "改到…忽略", "www.example.com",
    ]  # fmt: skip


# --- to another page ---


def test_one_field_leads_it_to_a_page_from_then_on(desk, editor):
    row, park = a_missing("/news/about.html"), a_park(slug="harbour")
    answer = desk.post(page_of(row), {"new_path": f" http://testserver/en/parks/{park.slug}/ "})
    assert answer.status_code == 302
    assert not Missing.objects.exists()
    assert acts() == [("redirect", "/news/about.html → /parks/harbour/")]
    made = Redirect.objects.get()
    assert (made.made_by_id, made.why) == (editor.pk, "访客 5 次没找到")
    for language in ("", "/en"):
        answer = Client().get(f"{language}/news/about.html")
        assert (answer.status_code, answer["Location"]) == (301, f"{language}/parks/harbour/")


def test_the_english_address_goes_with_the_chinese_one(desk):
    row, other = a_missing("/en/news/1.html"), a_missing("/news/1.html")
    desk.post(page_of(row), {"new_path": "/parks/"})
    assert not Missing.objects.exists()
    assert Redirect.objects.get().old_path == other.path


def test_a_page_that_has_moved_itself_is_followed_to_its_end(desk):
    a_redirect("/old-list/", "/parks/")
    desk.post(page_of(a_missing("/x.html")), {"new_path": "/old-list/"})
    assert Redirect.objects.get(old_path="/x.html").new_path == "/parks/"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "required"),
        ("parks", "no_path"),
        ("//evil.example/", "foreign"),
        ("https://evil.example/parks/", "foreign"),
        ("javascript:alert(1)", "no_path"),
        ("http://[::1", "no_path"),
        ("/parks/?q=1", "query"),
        ("/parks/#x", "query"),
        ("/" + "x" * 600, "too_long"),
        ("/parks/\x00", "null_characters_not_allowed"),
        ("/a\\b", "no_path"),
        ("/nowhere/", "no_page"),
        ("/parks/none/", "no_page"),
        ("/admin/", "no_page"),
        ("/search.php", None),
        ("/x.html", "no_page"),
    ],
)
def test_what_is_no_page_of_ours_is_said_so_and_nothing_is_saved(desk, typed, code):
    row = a_missing("/x.html")
    answer = desk.post(page_of(row), {"new_path": typed})
    if code is None:
        assert answer.status_code == 302
        return
    assert told(answer) == {"new_path": [code]}
    assert Missing.objects.get() == row
    assert not Redirect.objects.exists()
    assert acts() == []


def test_an_address_that_has_a_page_by_now_is_not_led_away(desk):
    article = an_article()
    row = a_missing(f"/en/articles/{article.pk}/")  # there is no English summary
    assert told(desk.post(page_of(row), {"new_path": "/parks/"})) == {"new_path": ["lives"]}


def test_the_form_is_filled_in_with_the_nearest_page(desk):
    a_park(slug="hydrogen-port")
    page = desk.get(page_of(a_missing("/parks/hydrogn-port/")))
    assert page.context["form"]["new_path"].value() == "/parks/hydrogen-port/"
    assert "最接近的页面是 /parks/hydrogen-port/" in words(page)


def test_where_nothing_comes_near_nothing_is_filled_in(desk):
    page = desk.get(page_of(a_missing("/qqqq/zzzz.html")))
    assert page.context["form"]["new_path"].value() == ""


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/parks/hydrogen/", "/parks/hydrogen-port/"),
        ("/en/parks/hydrogen_port/", "/parks/hydrogen-port/"),
        ("/parks/hydrogen-port/spaces/b1f2/", "/parks/hydrogen-port/spaces/b1-f2/"),
        ("/articles/category/polices/", "/articles/category/policies/"),
        ("/articles/tag/qingnen/", "/articles/tag/qingneng/"),
        ("/hydrogen-port.html", "/parks/hydrogen-port/"),
        ("/news/3661.html", "/articles/{pk}/"),
        ("/articles/{pk}.html", "/articles/{pk}/"),
        ("/news/999999999999999999.html", ""),
        ("/parks/secret-park/", ""),
        ("/", ""),
        ("/zzzz/", ""),
    ],
)
def test_the_nearest_page_is_found_by_number_or_name(path, found):
    park = a_park(slug="hydrogen-port")
    a_space(park, slug="b1-f2")
    a_park(slug="secret-park-x", publish_at=None)
    a_category(slug="policies")
    a_tag("氢能", slug="qingneng")
    article = an_article(
        legacy_site="old.example", legacy_id="3661", rights="public", publisher="报"
    )
    assert links.nearest(path.format(pk=article.pk)) == found.format(pk=article.pk)


# --- set aside ---


def test_the_button_in_a_row_sets_it_aside_for_good(desk):
    row = a_missing("/a.html")
    answer = desk.post(page_of(Missing, "changelist"), {"_ignore": str(row.pk)}, follow=True)
    assert messages_of(answer) == ["已忽略 1 条，以后不再列出。"]
    assert listed(desk) == []
    assert acts() == [("ignore", "/a.html")]
    row.refresh_from_db()
    assert row.ignored_at is not None


def test_many_are_set_aside_with_an_act_each(desk):
    rows = [a_missing(f"/{n}.html") for n in range(3)]
    act_on(desk, Missing, "ignore_selected", rows)
    assert [verb for verb, _ in acts()] == ["ignore"] * 3
    act_on(desk, Missing, "ignore_selected", rows)
    assert len(acts()) == 3


def test_the_button_on_its_page_does_too(desk):
    for row in (a_missing(), a_broken_link()):
        assert desk.post(page_of(row), {"_ignore": "1"}).status_code == 302
        row.refresh_from_db()
        assert row.ignored_at is not None


@pytest.mark.parametrize("key", ["", "x", "1 OR 1", "９", "9" * 30])
def test_a_key_nobody_was_handed_is_refused(desk, key):
    assert desk.post(page_of(Missing, "changelist"), {"_ignore": key}).status_code == 400


def test_a_row_that_is_gone_meanwhile_is_said_so(desk):
    answer = desk.post(page_of(Missing, "changelist"), {"_ignore": "7"}, follow=True)
    assert messages_of(answer) == ["没有可忽略的：可能同事刚处理过。"]


# --- broken links ---


def test_the_list_leads_to_the_text_and_says_what_is_wrong(desk):
    article = an_article(title="开园")
    row = a_broken_link(article, why="moved", moved_to="/parks/new/")
    page = words(desk.get(page_of(BrokenLink, "changelist")))
    assert "已搬家 → /parks/new/" in page
    assert desk.get(row.desk_path).status_code == 200
    assert "没有这个页面" in words(desk.get(page_of(a_broken_link(article))))


# --- redirects by hand ---


def test_a_redirect_is_added_by_hand(desk):
    a_missing("/news/1.html")
    page = page_of(Redirect, "add")
    answer = send(desk, page, old_path="/en/news/1.html", new_path="/parks", why="旧站")
    assert answer.status_code == 302
    row = Redirect.objects.get()
    assert (row.old_path, row.new_path, row.made_by_name) == ("/news/1.html", "/parks/", "editor")
    assert acts() == [("redirect", "/news/1.html → /parks/")]
    assert not Missing.objects.exists()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"old_path": "/parks/"}, {"old_path": ["lives"]}),
        ({"old_path": "https://evil.example/"}, {"old_path": ["foreign"]}),
        ({"new_path": "/nowhere/"}, {"new_path": ["no_page"]}),
        ({"old_path": "/x", "is_prefix": "on"}, {"__all__": ["no_folder"]}),
        ({"old_path": "/known/"}, {"old_path": ["unique"]}),
    ],
)
def test_a_redirect_that_can_be_none_is_refused(desk, fields, code):
    a_redirect("/known/", "/articles/")
    page = page_of(Redirect, "add")
    fields = {"old_path": "/x/", "new_path": "/parks/"} | fields
    assert errors(send(desk, page, **fields)) == code
    assert Redirect.objects.count() == 1


def test_a_redirect_is_deleted_and_never_changed(desk):
    row = a_redirect("/x/", "/parks/")
    assert desk.post(page_of(row), {"new_path": "/articles/"}).status_code == 403
    assert desk.post(page_of(row, "delete"), {"post": "yes"}).status_code == 302
    assert acts() == [("delete", "/x/ → /parks/")]
    assert Client().get("/x/").status_code == 404


# --- who may ---


@pytest.mark.parametrize("role", ["作者", "园区经理", "招商专员", "招商主管"])
def test_others_see_and_press_nothing(role):
    desk = desk_of(a_person(role=role))
    rows = [a_missing("/a.html"), a_broken_link(), a_redirect("/x/")]
    for row in rows:
        assert desk.get(page_of(row, "changelist")).status_code == 403
        assert desk.get(page_of(row)).status_code == 403
        assert desk.post(page_of(row, "changelist"), {"_ignore": str(row.pk)}).status_code == 403
        assert desk.post(page_of(row), {"_ignore": "1"}).status_code == 403
        assert desk.post(page_of(row), {"new_path": "/parks/"}).status_code == 403
    assert desk.get(page_of(Redirect, "add")).status_code == 403
    assert acts() == []
    assert Missing.objects.get().ignored_at is None


def test_who_may_only_look_finds_no_button(editor):
    from django.contrib.auth.models import Permission

    looker = a_person()
    looker.user_permissions.add(Permission.objects.get(codename="view_missing"))
    desk, row = desk_of(looker), a_missing("/a.html")
    for page in ("changelist", "change"):
        assert "_ignore" not in desk.get(page_of(row, page)).content.decode()
    assert desk.post(page_of(row), {"new_path": "/parks/"}).status_code == 403
    assert desk.post(page_of(row, "changelist"), {"_ignore": str(row.pk)}).status_code == 403


def test_looking_changes_nothing(desk):
    row, link = a_missing(), a_broken_link()
    for page in (page_of(row), page_of(row, "changelist"), page_of(link)):
        desk.get(page, {"_ignore": str(row.pk), "new_path": "/parks/"})
    assert acts() == []
    assert Missing.objects.get().ignored_at is None
