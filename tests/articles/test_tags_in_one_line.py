"""Tags as an editor types them."""

import pytest
from factories import a_tag
from hypothesis import given
from hypothesis import strategies as st

from articles.models import Tag
from articles.tags import joined, split

names = st.text(st.characters(exclude_characters=",，、;；\r\n", exclude_categories=["Z", "C"]),
                min_size=1, max_size=8)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("", []),
        ("氢能", ["氢能"]),
        ("氢能,嘉定", ["嘉定", "氢能"]),
        ("氢能，嘉定、安亭；上海;苏州", ["上海", "嘉定", "安亭", "氢能", "苏州"]),
        (" 氢能 ，， 氢能 ,", ["氢能"]),
        ("Liando U-Valley，氢能", ["Liando U-Valley", "氢能"]),
        ("新能源　 汽车", ["新能源 汽车"]),
        ("“智能”装备", ["“智能”装备"]),
    ],
)
def test_commas_of_either_width_part_tags_and_spaces_do_not(text, tags):
    assert split(text) == tags


@given(st.lists(names, unique=True, max_size=6))
def test_what_is_shown_is_read_back_as_it_was(names):
    assert split(joined([Tag(name=name) for name in names])) == sorted(names)


@pytest.mark.django_db
def test_a_name_of_two_words_stays_one_tag_when_an_article_is_saved():
    assert split(joined([a_tag("Liando U-Valley"), a_tag("氢能")])) == ["Liando U-Valley", "氢能"]
