"""A park's names, place and keepers: how it is found, addressed, ordered and kept."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from factories import a_park, a_person, a_space

from articles.models import Category
from parkcms.language.widths import fold
from parks.models import Alias, Park, Phase, Space

pytestmark = pytest.mark.django_db


def a_draft(**fields):
    return Park(**{"name_zh": "某园区", "region_code": "310114", "slug": "mou"} | fields)


def refused(row):
    try:
        row.full_clean()
    except ValidationError as error:
        return {name: [one.code for one in found] for name, found in error.error_dict.items()}
    return {}


def said(row):
    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    return caught.value.messages


@pytest.mark.parametrize(
    ("names", "slug"),
    [
        ({"name_zh": "联东U谷嘉定产业园"}, "lian-dong-u-gu-jia-ding-chan-ye-yuan"),
        ({"name_zh": "嘉定氢能港", "name_en": "Hydrogen Port"}, "hydrogen-port"),
        ({"name_zh": "温州（嘉定）科技创新园"}, "wen-zhou-jia-ding-ke-ji-chuang-xin-yuan"),
        ({"name_zh": "长三角（长宁）园"}, "chang-san-jiao-chang-ning-yuan"),
        ({"name_zh": "！？"}, "item"),
    ],
)
def test_an_address_is_made_once_from_the_name(names, slug):
    park = a_park(**{"name_en": "", "slug": ""} | names)
    assert park.slug == slug
    park.name_zh = park.name_en = "新名字"
    park.save()
    assert Park.objects.get().slug == slug


def test_the_second_of_the_same_sound_gets_a_two_and_the_third_a_three():
    names = ("嘉定园", "加定园", "家定园")
    slugs = [a_park(name_zh=name, name_en="", slug="").slug for name in names]
    assert slugs == ["jia-ding-yuan", "jia-ding-yuan-2", "jia-ding-yuan-3"]
    codes = [a_space(a_park(), code="3号楼-201", slug="").slug for _ in range(2)]
    assert codes == ["3-hao-lou-201"] * 2  # each in a park of its own
    park = a_park()
    codes = [a_space(park, code=code, slug="").slug for code in ("3号楼-201", "3号楼 201")]
    assert codes == ["3-hao-lou-201", "3-hao-lou-201-2"]
    shelves = [Category.objects.create(name_zh=name).slug for name in ("招商", "招伤")]
    assert shelves == ["zhao-shang", "zhao-shang-2"]


def test_a_long_name_makes_an_address_a_column_holds():
    slugs = {a_park(name_zh=f"{'园' * 59}{n}", name_en="", slug="").slug for n in "甲乙丙"}
    assert len(slugs) == 3
    assert max(map(len, slugs)) <= 60


def test_the_database_keeps_names_and_addresses_apart():
    a_park(name_zh="甲园", slug="jia")
    for fields in ({"name_zh": "甲园", "slug": "other"}, {"name_zh": "乙园", "slug": "jia"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            a_park(**fields)


def test_parks_stand_in_the_order_of_their_sound():
    for name in ("张江园", "安亭园", "10号园", "2号园", "嘉定园", "Alpha Park"):
        a_park(name_zh=name)
    names = [park.name_zh for park in Park.objects.all()]
    assert names == ["2号园", "10号园", "Alpha Park", "安亭园", "嘉定园", "张江园"]
    Park.objects.get(name_zh="安亭园").save()
    park = Park.objects.get(name_zh="安亭园")
    park.name_zh = "最后园"
    park.save()
    assert Park.objects.last() == park


def test_another_name_belongs_to_one_park():
    park, other = a_park(), a_park()
    Alias.objects.create(park=park, name="联东U谷", kind="short")
    again = Alias(park=other, name="联东U谷", kind="short")
    assert said(again) == ["这个别名已经属于一个园区。"]
    with pytest.raises(IntegrityError, match="parks_alias_names_one_park"), transaction.atomic():
        again.save()


def test_half_and_full_width_names_are_two_aliases_found_by_one_form():
    park = a_park()
    for name in ("温州（嘉定）科创园", "温州(嘉定)科创园"):
        Alias.objects.create(park=park, name=name, kind="short")
    folded = fold("温州（嘉定）科创园").lower()
    assert Alias.objects.filter(folded=folded).count() == 2
    alias = Alias.objects.create(park=park, name="Ｌｉａｎｄｏ U-Valley", kind="foreign")
    assert alias.folded == "liando u-valley"
    alias.name = "Ｎew"
    alias.save()
    assert Alias.objects.get(pk=alias.pk).folded == "new"


def test_a_misspelling_finds_the_park_but_is_not_shown(client):
    park = a_park()
    Alias.objects.create(park=park, name="官方全名", kind="official")
    Alias.objects.create(park=park, name="常见错字", kind="misspelt")
    page = client.get(park.get_absolute_url()).content.decode()
    assert "官方全名" in page
    assert "常见错字" not in page


PAIRS = "parks_park_coordinates_in_pairs"


@pytest.mark.parametrize(
    ("latitude", "longitude", "fields"),
    [
        ("90.000001", "121", {"latitude": ["max_value"]}),
        ("-90.000001", "121", {"latitude": ["min_value"]}),
        ("31", "180.000001", {"longitude": ["max_value"]}),
        ("31", "-180.000001", {"longitude": ["min_value"]}),
    ],
)
def test_a_place_off_the_globe_is_refused(latitude, longitude, fields):
    park = a_draft(latitude=Decimal(latitude), longitude=Decimal(longitude))
    assert refused(park) == fields
    with pytest.raises(IntegrityError, match=PAIRS), transaction.atomic():
        park.save()


@pytest.mark.parametrize(
    ("half", "missing"), [("latitude", "longitude"), ("longitude", "latitude")]
)
def test_half_a_place_is_refused_at_the_field_that_is_missing(half, missing):
    assert refused(a_draft(**{half: Decimal(31)})) == {missing: ["half_a_place"]}


@pytest.mark.parametrize("half", ["latitude", "longitude"])
def test_the_database_refuses_half_a_place_too(half):
    with pytest.raises(IntegrityError, match=PAIRS), transaction.atomic():
        a_draft(**{half: Decimal(31)}).save()


@pytest.mark.parametrize(("latitude", "longitude"), [(90, 180), (-90, -180), (0, 0)])
def test_every_place_on_the_globe_is_taken(latitude, longitude):
    park = a_draft(latitude=Decimal(latitude), longitude=Decimal(longitude))
    assert refused(park) == {}
    park.save()


@pytest.mark.parametrize("half", ["origin_region", "host_region"])
def test_half_an_enclave_is_refused(half):
    park = a_draft(**{half: "310114"})
    assert said(park) == ["飞出地与飞入地要一起填。"]
    with pytest.raises(IntegrityError, match="parks_park_enclave_in_pairs"), transaction.atomic():
        park.save()
    a_draft(origin_region="330300", host_region="310114").full_clean()


@pytest.mark.parametrize("code", ["000000", "31011", "嘉定", "310199", ""])
def test_a_place_that_is_not_in_the_table_is_refused(code):
    assert list(refused(a_draft(region_code=code))) == ["region_code"]


def test_an_ordinal_stands_once_in_a_park():
    park = a_park()
    Phase.objects.create(park=park, ordinal=1, name_zh="一期")
    again = Phase(park=park, ordinal=1, name_zh="首期")
    assert said(again) == ["这个园区已有这一期。"]
    with pytest.raises(IntegrityError, match="parks_phase_ordinal_in_park"), transaction.atomic():
        again.save()


def test_a_park_with_spaces_is_not_deleted():
    space = a_space()
    with pytest.raises(IntegrityError):
        space.park.delete()
    assert Space.objects.count() == 1


def test_a_manager_keeps_their_own_parks_and_the_owner_all():
    mine, theirs = a_park(), a_park()
    manager, owner, nobody = (a_person(role=role) for role in ("园区经理", "站长", "园区经理"))
    mine.managers.add(manager)
    assert list(Park.objects.kept_by(manager)) == [mine]
    assert set(Park.objects.kept_by(owner)) == {mine, theirs}
    assert list(Park.objects.kept_by(nobody)) == []
    kept = [park.can_be_kept_by(who) for park in (mine, theirs) for who in (manager, owner, nobody)]
    assert kept == [True, True, False, False, True, False]


def test_two_keepers_of_a_park_do_not_double_it():
    park = a_park()
    people = [a_person(role="园区经理") for _ in range(2)]
    park.managers.add(*people)
    assert list(Park.objects.kept_by(people[0])) == [park]
