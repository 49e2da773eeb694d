"""A source is one document, however its address or title is written; figures outlive it."""

from itertools import product

import pytest
from desk_forms import at_the_desk, errors, page_of, send, words
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from factories import a_figure, a_milestone, a_park, a_person, a_source, a_space, an_industry
from hypothesis import given
from hypothesis import strategies as st

from parks.importing import land_sources
from parks.models import Amenity, Figure, Milestone, Source, TransportLink

SAME_ADDRESS = [
    f"{scheme}{www}report.example{path}"
    for scheme, www, path in product(("http://", "https://"), ("", "www."), ("", "/"))
]
SAME_TITLE = ["园区（二期）今开工：29家", "园区(二期)今开工:29家", " 园区（二期） 今开工：２９家 "]
key = Source.make_key


def test_scheme_www_and_a_last_slash_make_no_other_document():
    assert len({key(url, "题", "2024") for url in SAME_ADDRESS}) == 1


def test_the_width_of_signs_and_spaces_makes_no_other_document():
    assert len({key("", title, "2024") for title in SAME_TITLE}) == 1


def test_the_case_of_a_host_makes_no_other_document_but_that_of_a_path_does():
    assert key("HTTP://Www.Report.Example/a", "", "") == key("http://report.example/a", "", "")
    assert key("http://report.example/A", "", "") != key("http://report.example/a", "", "")


def test_every_part_counts():
    told = [
        ("http://a.example/1", "题", "2024"), ("http://a.example/2", "题", "2024"),
        ("http://a.example/1", "题二", "2024"), ("http://a.example/1", "题", "2024-06"),
        ("http://a.example/1", "题", ""), ("", "题", "2024"), ("http://a.example/1", "", "2024"),
        ("http://b.example/1", "题", "2024"), ("http://a.example/1?id=2", "题", "2024"),
    ]  # fmt: skip
    assert len({key(*one) for one in told}) == len(told)


@given(*[st.text("abc\n/. ", max_size=6)] * 4)
def test_parts_do_not_run_into_each_other(url, title, url2, title2):
    """A title can't be read as the end of an address."""
    same = key(url, title, "2024") == key(url2, title2, "2024")
    if title.split() != title2.split() and "".join(title.split()) != "".join(title2.split()):
        assert not same


@pytest.mark.django_db
@pytest.mark.parametrize("url", SAME_ADDRESS[1:])
def test_the_same_document_is_refused_a_second_time_in_words_and_by_the_database(url):
    a_source(title="题", url=SAME_ADDRESS[0], published="2024")
    again = Source(publisher="另一名", title="题", url=url, published="2024年")
    with pytest.raises(ValidationError) as caught:
        again.full_clean()
    assert [error.code for error in caught.value.error_dict["__all__"]] == ["known_source"]
    with pytest.raises(IntegrityError, match="parks_source_key"), transaction.atomic():
        again.save()


@pytest.mark.django_db
def test_a_source_is_not_taken_for_its_own_double():
    source = a_source()
    source.note = "补记"
    source.full_clean()


@pytest.mark.django_db
def test_the_key_follows_a_correction():
    source = a_source(title="旧题")
    source.title = "新题"
    source.save()
    assert Source.objects.get().key == key("", "新题", "2024-06-13")
    a_source(title="旧题")


@pytest.mark.django_db
def test_a_source_can_be_found_by_title_or_address():
    nowhere = Source(publisher="某报", published="2024")
    with pytest.raises(ValidationError, match="标题与网址至少写一个"):
        nowhere.full_clean()
    with pytest.raises(IntegrityError, match="parks_source_can_be_found"), transaction.atomic():
        nowhere.save()
    Source(publisher="某报", url="http://a.example/").save()
    Source(publisher="某报", title="题").save()


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//a.example", "a b"])
def test_an_address_is_one_a_browser_may_open(url):
    with pytest.raises(ValidationError) as caught:
        Source(publisher="某报", url=url).full_clean()
    assert list(caught.value.error_dict) == ["url"]


@pytest.mark.django_db
def test_landing_the_same_document_written_otherwise_finds_it():
    told = {"publisher": "某报", "title": "园区（二期）", "url": "http://www.report.example/1/"}
    first = land_sources({"a": {**told, "published": "2024-06"}})
    other = {"title": "园区(二期)", "url": "https://report.example/1"}
    for date in ("2024-06", "2024年6月", " 2024-06 "):
        again = land_sources({"b": {**told, **other, "published": date}})
        assert again["b"].pk == first["a"].pk
    assert Source.objects.count() == 1


@pytest.mark.django_db
def test_the_desk_says_that_a_source_is_known(client):
    a_source(title="题", url="http://www.report.example/", published="2024")
    desk = at_the_desk(client, a_person(role="编辑"))
    answers = {"publisher": "某报", "title": "题", "url": "https://report.example"}
    response = send(desk, page_of(Source, "add"), **answers, published="2024")
    assert errors(response) == {"__all__": ["known_source"]}
    assert Source.objects.count() == 1


def with_everything_on(source):
    park = a_park()
    an_industry(park)
    figure = a_figure(park, source=source, sentence="目前入驻企业29家")
    milestone = a_milestone(park, source=source)
    amenity = Amenity.objects.create(park=park, name_zh="食堂", state="existing", source=source)
    link = TransportLink.objects.create(park=park, name_zh="某站", kind="metro", source=source)
    space = a_space(park, source=source)
    return park, [figure, milestone, amenity, link, space]


@pytest.mark.django_db
def test_what_a_deleted_source_said_stands_and_is_marked(client):
    source = a_source(publisher="某报", title="报道")
    park, rows = with_everything_on(source)
    page = words(client.get(park.get_absolute_url()))
    assert ("来源缺失" in page, "某报《报道》" in page) == (False, True)
    desk = at_the_desk(Client(), a_person(role="站长"))
    assert desk.post(page_of(source, "delete"), {"post": "yes"}).status_code == 302
    assert not Source.objects.exists()
    for row in rows:
        row.refresh_from_db()
        assert row.source is None
    response = client.get(park.get_absolute_url())
    page = words(response)
    assert ("来源缺失" in page, "某报" in page) == (True, False)
    assert "目前入驻企业29家" in page
    assert client.get("/en" + park.get_absolute_url()).status_code == 200
    assert client.get(rows[-1].get_absolute_url()).status_code == 200


@pytest.mark.django_db
def test_two_sources_that_said_the_same_leave_two_figures():
    park = a_park()
    figures = [a_figure(park, value=29) for _ in range(2)]
    milestones = [a_milestone(park) for _ in range(2)]
    Source.objects.all().delete()
    assert set(Figure.objects.all()) == set(figures)
    assert set(Milestone.objects.all()) == set(milestones)


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["作者", "编辑", "园区经理", "招商专员"])
def test_only_the_owner_deletes_a_source(client, role):
    source = a_source()
    desk = at_the_desk(client, a_person(role=role))
    assert desk.post(page_of(source, "delete"), {"post": "yes"}).status_code == 403
    assert Source.objects.count() == 1


@pytest.mark.django_db
def test_a_source_is_named_with_its_date_or_the_lack_of_one():
    assert (
        str(a_source(publisher="某报", title="题", published="2024-06")) == "某报《题》（2024-06）"
    )
    assert str(a_source(publisher="某报", title="题", published="")) == "某报《题》（日期未载）"
    nameless = a_source(publisher="某网", title="", url="http://a.example/1", published="")
    assert str(nameless) == "某网 http://a.example/1（日期未载）"
