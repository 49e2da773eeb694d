"""Where a picture is used: found over whatever points at it, shown, and a reason not to delete."""

import pytest
from desk_forms import act_on, at_the_desk, messages_of, page_of, words
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import a_contact, a_park, a_person, a_picture, a_space, an_article

from articles.models import Illustration
from parkcms.ledger.models import Act
from parkcms.library import desk_uses
from parkcms.library.models import Document, Picture
from parkcms.library.uses import used_in, uses_of
from parks.models import SpacePicture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def desk(client):
    return at_the_desk(client, a_person("bianji", "编辑"))


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def places(picture):
    return {(use.label, use.url) for use in used_in(picture)}


def everywhere(picture):
    """A row of every kind that may show it, and how each is told."""
    park = a_park(name_zh="东港园", cover=picture)
    park.pictures.add(picture)
    space = a_space(park, floor_plan=picture)
    SpacePicture.objects.create(space=space, picture=picture)
    article = an_article(title="开园", cover=picture)
    Illustration.objects.create(article=article, picture=picture)
    card = a_contact(name="王测试", wechat_qr=picture)
    return {
        ("园区“东港园”的封面", page_of(park)),
        ("园区“东港园”的照片", page_of(park)),
        (f"空间“{space}”的平面图", page_of(space)),
        (f"空间“{space}”的空间照片", page_of(space)),
        ("文章“开园”的题图", page_of(article)),
        ("文章“开园”的文中图片", page_of(article)),
        (f"联系名片“{card}”的微信二维码", page_of(card)),
    }


def test_every_kind_of_use_is_found_and_none_of_another_picture():
    picture, other = a_picture(), a_picture()
    told = everywhere(picture)
    assert places(picture) == told
    assert places(other) == set()


def test_what_is_used_twice_in_one_place_is_told_once():
    picture = a_picture()
    space = a_space()
    for position in (1, 2):
        SpacePicture.objects.create(space=space, picture=picture, position=position)
    assert [use.url for use in used_in(picture)] == [page_of(space)]


def test_an_unused_picture_costs_one_query_and_many_cost_what_one_does():
    pictures = [a_picture() for _ in range(6)]
    used_in(pictures[0])
    with CaptureQueriesContext(connection) as none:
        assert used_in(pictures[0]) == []
    assert len(none) == 1
    for picture in pictures:
        everywhere_of = an_article(cover=picture)
        assert everywhere_of.cover_id == picture.pk
    with CaptureQueriesContext(connection) as one:
        uses_of(pictures[:1])
    with CaptureQueriesContext(connection) as many:
        found = uses_of(pictures)
    assert len(many) == len(one) == 2
    assert [len(found[picture.pk]) for picture in pictures] == [1] * 6
    assert uses_of([]) == {}


def test_the_form_shows_where_with_ways_there(desk):
    picture = a_picture()
    article = an_article(title="开园", cover=picture)
    page = desk.get(page_of(picture)).content.decode()
    assert f'<a href="{page_of(article)}">文章“开园”的' in page
    assert "还没有用到它的地方" in desk.get(page_of(a_picture())).content.decode()


def test_what_a_person_may_not_see_is_counted_and_not_named(client):
    """An author sees no draft of another author."""
    picture = a_picture()
    an_article(title="别人的草稿", publish_at=None, author=a_person(), cover=picture)
    a_park(name_zh="东港园", cover=picture)
    desk = at_the_desk(client, a_person("xiaozuo", "作者"))
    page = words(desk.get(page_of(picture)))
    assert "别人的草稿" not in page
    assert "您看不到的 1 处" in page
    assert "园区“东港园”的封面" in page


def test_the_list_of_unused_leaves_out_every_kind_of_use(desk):
    unused = a_picture()
    for make in (
        lambda picture: an_article(cover=picture),
        lambda picture: a_park().pictures.add(picture),
        lambda picture: SpacePicture.objects.create(space=a_space(), picture=picture),
        lambda picture: a_contact(wechat_qr=picture),
    ):
        make(a_picture())
    assert list(Picture.objects.unused()) == [unused]
    page = desk.get("/admin/library/picture/?unused=1")
    assert list(page.context["cl"].queryset) == [unused]
    assert Document.objects.unused().count() == 0


@pytest.mark.parametrize(
    "use",
    [
        lambda picture: an_article(title="开园", cover=picture),
        lambda picture: a_park(name_zh="开园").pictures.add(picture),
        lambda picture: a_park(name_zh="开园", cover=picture),  # an editor deletes no park
    ],
    ids=["by-key", "many-to-many", "of-what-one-may-not-delete"],
)
def test_what_is_used_is_not_deleted_and_the_page_says_where(desk, media, use):
    picture = a_picture()
    use(picture)
    before = len(files(media))
    for method in (desk.get, desk.post):
        page = words(method(page_of(picture, "delete"), {"post": "yes"}))
        assert "还用着，不能删除" in page
        assert "“开园”的" in page
    assert (Picture.objects.count(), len(files(media)), Act.objects.count()) == (1, before, 0)


def test_of_many_ticked_none_goes_where_one_is_used(desk):
    used, unused = a_picture(alt_zh="大门"), a_picture()
    an_article(title="开园", cover=used)
    response = act_on(desk, Picture, "delete_selected", [used, unused])
    assert "一个也没有删除" in words(response)
    assert "大门：用在文章“开园”的" in words(response)
    data = {"action": "delete_selected", "_selected_action": [used.pk, unused.pk], "post": "yes"}
    desk.post("/admin/library/picture/", data)
    assert Picture.objects.count() == 2


def test_unused_pictures_go_with_their_files_and_an_act_each(
    desk, media, django_capture_on_commit_callbacks
):
    gone, stays = [a_picture(), a_picture()], a_picture()
    data = {
        "action": "delete_selected",
        "_selected_action": [row.pk for row in gone],
        "post": "yes",
    }
    with django_capture_on_commit_callbacks(execute=True):
        assert desk.post("/admin/library/picture/", data).status_code == 302
    assert list(Picture.objects.all()) == [stays]
    assert len(files(media)) == len(stays.forms)
    assert [act.verb for act in Act.objects.all()] == ["delete", "delete"]


def test_files_stay_until_the_deletion_stands(media):
    picture = a_picture()
    before = len(files(media))
    picture.delete()
    assert len(files(media)) == before  # this test's transaction never commits


@pytest.mark.parametrize("way", ["one", "many"])
def test_what_comes_into_use_at_the_last_moment_is_not_deleted(desk, monkeypatch, way):
    """Between the page's look and the deletion somebody puts the picture into an article."""
    picture = a_picture()
    hold = desk_uses.UsesAdmin._hold_unused

    def late(self, keys):
        an_article(cover=picture)
        hold(self, keys)

    monkeypatch.setattr(desk_uses.UsesAdmin, "_hold_unused", late)
    if way == "one":
        response = desk.post(page_of(picture, "delete"), {"post": "yes"}, follow=True)
    else:
        data = {"action": "delete_selected", "_selected_action": [picture.pk], "post": "yes"}
        response = desk.post("/admin/library/picture/", data, follow=True)
    assert messages_of(response) == ["刚刚有人用上了，没有删除。"]
    assert Picture.objects.count() == 1
    assert Act.objects.count() == 0
