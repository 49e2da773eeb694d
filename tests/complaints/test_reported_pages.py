"""Which page is meant: paths and addresses of ours, and nothing that is somebody's secret."""

import pytest
from factories import a_park, a_person, a_space, an_article
from hypothesis import given
from hypothesis import strategies as st

from parkcms import reported


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("/articles/3661/", "/articles/3661/"),
        (" /articles/3661 ", "/articles/3661/"),
        ("/en/articles/3661/#s1", "/en/articles/3661/"),
        ("http://127.0.0.1:8000/parks/some-park/?from=wx", "/parks/some-park/"),
        ("127.0.0.1:8000/parks/some-park/spaces/b3", "/parks/some-park/spaces/b3/"),
        ("/search/?q=x", "/search/"),
        ("/", "/"),
        ("http://127.0.0.1:8000", "/"),
        ("/media/pictures/00/no.jpg", "/media/pictures/00/no.jpg"),
        ("/about/versions/2/", "/about/versions/2/"),
        ("/articles/99999999999999999999999999/", "/articles/99999999999999999999999999/"),
    ],
)
def test_a_page_of_ours_is_understood(typed, path):
    assert reported.own_path(typed) == path


@pytest.mark.parametrize(
    "typed",
    ["", " ", "articles", "第三篇", "https://www.example.com/articles/3661/", "//evil.example/",
     "/\\evil.example/", "javascript:alert(1)", "http://[::1", "https://", "/nowhere/",
     "/admin/", "/admin/articles/article/", "/health/ready", "/robots.txt",
     f"/enquiries/{'a' * 32}/", f"/enquiries/{'a' * 32}/correct/", "/report/Q7K2-M9MD-X4TR/",
     "/media/../admin/", "/media/%2e%2e/admin/", "/media/a%00b", "/media/a%0ab",
     "/media/" + "a" * 400],
)  # fmt: skip
def test_anything_else_is_no_page_to_complain_about(typed):
    assert reported.own_path(typed) == ""


@given(st.text() | st.from_regex(r"(https?:)?[/\\]{0,3}[\w.@:%\[\]-]{0,20}/[\w/%.]{0,30}"))
def test_whatever_is_typed_is_a_path_of_ours_or_nothing(typed):
    path = reported.own_path(typed)
    assert path == "" or (path.startswith("/") and not path.startswith("//"))
    assert reported.own_path(path) == path


@pytest.mark.django_db
def test_titles_are_those_of_published_rows():
    article, park = an_article(title="题"), a_park(name_zh="甲园")
    space = a_space(park, code="3号楼")
    draft = an_article(publish_at=None)
    told = {
        path: reported.title(path)
        for path in (article.get_absolute_url(), f"/en{park.get_absolute_url()}",
                     space.get_absolute_url(), "/", "/about/versions/1/", "/articles/year/2024/",
                     draft.get_absolute_url(), "/articles/" + "9" * 30 + "/", "/nowhere/", "")
    }  # fmt: skip
    assert list(told.values()) == [
        "题", "甲园", "甲园 3号楼", "首页", "站务页面旧版", "按年份的文章", "", "", "", "",
    ]  # fmt: skip


@pytest.mark.django_db
def test_the_desk_is_named_to_those_who_see_the_row_there(django_assert_num_queries):
    article, park = an_article(publish_at=None), a_park(publish_at=None)
    space = a_space(park, publish_at=None)
    editor, boss = a_person(role="编辑"), a_person(role="站长")
    for person in (editor, boss):
        person.has_perm("parks.view_park")  # Django reads all of them once
    told = [
        [reported.desk_address(row.get_absolute_url(), person) for row in (article, park, space)]
        for person in (editor, boss, a_person())
    ]
    there = [
        f"/admin/articles/article/{article.pk}/change/",
        f"/admin/parks/park/{park.pk}/change/",
        f"/admin/parks/space/{space.pk}/change/",
    ]
    assert told == [there, there, ["", "", ""]]
    with django_assert_num_queries(1):
        reported.desk_address(space.get_absolute_url(), boss)
    for path in ("/", "", "/articles/999999/", "/articles/" + "9" * 30 + "/", "/nowhere/"):
        assert reported.desk_address(path, boss) == ""
