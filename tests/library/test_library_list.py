"""The library's list: a wall of pictures, found by what is known of them, and what they want."""

import pytest
from desk_forms import at_the_desk, errors, page_of, send, words
from factories import a_park, a_person, a_picture, a_space
from lxml import html

from parkcms.ledger.models import Act
from parkcms.library.models import Picture
from parks.models import Alias, SpacePicture

pytestmark = pytest.mark.django_db
LIST = "/admin/library/picture/"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def desk(client):
    return at_the_desk(client, a_person("xiaozuo", "作者"))


def found(desk, query):
    return set(desk.get(f"{LIST}{query}").context["cl"].queryset)


def pending(**fields):
    return a_picture(**{"alt_zh": "", "is_pending": True} | fields)


def test_each_card_has_its_picture_words_size_and_marks(desk):
    a_picture(alt_zh="厂房外景", credit="摄影：某某", rights="own", is_rendering=True)
    plain = pending(name="IMG_1.jpg")
    page = html.fromstring(desk.get(LIST).content.decode())
    cards = [
        (
            row.xpath(".//*[contains(@class, 'field-shown')]//a/text()"),
            row.xpath(".//*[contains(@class, 'field-facts')]/text()"),
            row.xpath(".//span[@class='state']/text()"),
        )
        for row in page.xpath("//table[@id='result_list']/tbody/tr")
    ]
    assert cards == [
        (["IMG_1.jpg"], ["640×400"], ["待补说明", "权利待核实"]),
        (["厂房外景"], ["640×400 · 摄影：某某"], ["效果图"]),
    ]
    assert plain.url("thumb") in page.xpath("//td[contains(@class,'field-preview')]/img/@src")


def test_a_picture_is_found_by_everything_that_is_known_of_it(desk):
    one = a_picture(
        name="DJI_0042.jpg",
        alt_zh="厂房外景",
        caption_zh="二期",
        credit="小王",
        keywords="航拍，夜景",
    )
    a_picture(alt_zh="大门")
    for query in ("dji_0042", "厂房外", "二期", "小王", "夜景"):
        assert found(desk, f"?q={query}") == {one}, query
    assert found(desk, "?q=没有这种") == set()


def test_pictures_are_found_by_park_and_by_its_aliases(desk):
    park, other = a_park(name_zh="东港园"), a_park(name_zh="西港园", cover=a_picture())
    Alias.objects.create(park=park, name="东港科技城")
    tagged, cover, plan, photo = (a_picture() for _ in range(4))
    park.pictures.add(tagged)
    park.cover = cover
    park.save()
    space = a_space(park, floor_plan=plan)
    SpacePicture.objects.create(space=space, picture=photo)
    mine = {tagged, cover, plan, photo}
    for query in ("?q=东港园", "?q=东港科技", f"?park={park.pk}"):
        assert found(desk, query) == mine, query
    assert found(desk, f"?park={other.pk}") == {other.cover}


@pytest.mark.parametrize("junk", ["x", "-1", "0", "9" * 30, "", "1%2C2"])
def test_a_park_that_is_none_filters_nothing_or_everything(desk, junk):
    a_picture()
    assert desk.get(f"{LIST}?park={junk}").status_code in {200, 302}


def test_filters_find_what_wants_doing(desk):
    plain = a_picture(rights="own")
    waits = pending(rights="own")
    unverified = a_picture()
    drawn = a_picture(rights="own", is_rendering=True)
    assert found(desk, "?is_pending__exact=1") == {waits}
    assert found(desk, "?rights__exact=unverified") == {unverified}
    assert found(desk, "?is_rendering__exact=1") == {drawn}
    assert found(desk, "?is_pending__exact=0&is_rendering__exact=0") == {plain, unverified}
    assert list(Picture.objects.pending()) == [waits]


def test_a_pop_up_shows_the_same_wall_and_hands_the_key_over(desk):
    picture = a_picture()
    page = html.fromstring(desk.get(f"{LIST}?_popup=1").content.decode())
    assert page.xpath("//table[@id='result_list']//a/@data-popup-opener") == [str(picture.pk)]


def test_a_form_looks_pictures_up_by_name_and_park(client):
    desk = at_the_desk(client, a_person("jingli", "站长"))
    park = a_park(name_zh="东港园")
    one = a_picture(alt_zh="厂房")
    park.pictures.add(one)
    a_picture(alt_zh="大门")
    query = {"app_label": "parks", "model_name": "park", "field_name": "pictures"}
    for term in ("厂房", "东港"):
        results = desk.get("/admin/autocomplete/", {**query, "term": term}).json()["results"]
        assert results == [{"id": str(one.pk), "text": "厂房"}], term


def test_a_pending_picture_says_so_and_saving_its_words_ends_that(desk):
    picture = pending()
    assert "待补说明" in words(desk.get(page_of(picture)))
    assert errors(send(desk, page_of(picture), caption_zh="二期")) == {"alt_zh": ["alt_missing"]}
    picture.refresh_from_db()
    assert picture.is_pending
    assert send(desk, page_of(picture), alt_zh="厂房外景").status_code == 302
    picture.refresh_from_db()
    assert (picture.is_pending, picture.alt_zh) == (False, "厂房外景")
    act = Act.objects.about(picture).get()
    assert act.after == {"alt_zh": "厂房外景", "is_pending": False}


def test_a_decoration_is_no_longer_pending_either(desk):
    picture = pending()
    assert send(desk, page_of(picture), is_decorative="on").status_code == 302
    picture.refresh_from_db()
    assert (picture.is_pending, picture.is_decorative) == (False, True)


def test_a_pending_picture_that_has_words_already_is_ended_by_saving_and_told(desk):
    picture = pending(alt_zh="从文档带来的说明")
    assert send(desk, page_of(picture)).status_code == 302
    assert Act.objects.about(picture).get().after == {"is_pending": False}


def test_pending_can_not_be_posted(desk):
    picture = a_picture()
    send(desk, page_of(picture), is_pending="on")
    picture.refresh_from_db()
    assert picture.is_pending is False


def test_a_park_keeps_its_pictures_and_takes_junk_for_none(client):
    desk = at_the_desk(client, a_person("zhanzhang", "站长"))
    park, picture = a_park(), a_picture()
    assert send(desk, page_of(park), pictures=[str(picture.pk)]).status_code == 302
    assert list(park.pictures.all()) == [picture]
    for junk in ("x", "-1", "9" * 30, "99999999"):
        assert list(errors(send(desk, page_of(park), pictures=[junk]))) == ["pictures"]
    assert list(park.pictures.all()) == [picture]
