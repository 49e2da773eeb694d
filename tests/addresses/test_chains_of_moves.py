"""However often addresses move, an old one leads straight to where its page is today."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from factories import a_person
from hypothesis import given
from hypothesis import settings as properties
from hypothesis import strategies as st

from parkcms.addresses.models import Redirect

pytestmark = pytest.mark.django_db
moved, target = Redirect.objects.moved, Redirect.objects.target_of


def rows():
    return dict(Redirect.objects.values_list("old_path", "new_path"))


def test_a_chain_leads_to_its_end_at_once():
    moved("/a/", "/b/")
    moved("/b/", "/c/")
    moved("/c/", "/d/")
    assert rows() == {"/a/": "/d/", "/b/": "/d/", "/c/": "/d/"}


def test_who_comes_back_leaves_no_loop():
    moved("/a/", "/b/")
    moved("/b/", "/a/")
    assert rows() == {"/b/": "/a/"}
    moved("/a/", "/b/")
    assert rows() == {"/a/": "/b/"}


def test_what_leads_away_from_a_path_that_lives_again_is_dropped():
    moved("/a/", "/b/")
    moved("/x/", "/a/")
    assert rows() == {"/x/": "/a/"}


def test_a_folder_takes_all_below_it_along():
    moved("/parks/a/", "/parks/b/", is_prefix=True)
    assert target("/parks/a/") == "/parks/b/"
    assert target("/parks/a/spaces/x/") == "/parks/b/spaces/x/"
    assert target("/parks/a") is None
    assert target("/parks/ab/") is None
    assert target("/parks/") is None


def test_a_page_takes_nothing_along():
    moved("/a/", "/b/")
    assert target("/a/x/") is None


def test_the_nearest_row_wins():
    moved("/a/", "/b/", is_prefix=True)
    moved("/a/x/", "/c/")
    assert target("/a/x/") == "/c/"
    assert target("/a/y/") == "/b/y/"


def test_a_page_below_a_moved_folder_moves_under_all_its_names():
    moved("/parks/a/", "/parks/b/", is_prefix=True)
    moved("/parks/b/spaces/x/", "/parks/b/spaces/y/", is_prefix=True)
    assert target("/parks/a/spaces/x/") == "/parks/b/spaces/y/"
    moved("/parks/b/", "/parks/c/", is_prefix=True)
    assert target("/parks/a/spaces/x/") == "/parks/c/spaces/y/"
    assert target("/parks/b/spaces/x/") == "/parks/c/spaces/y/"


def test_moving_a_page_that_folders_lead_to_makes_pages_of_them():
    moved("/a/", "/b/", is_prefix=True)
    moved("/b/", "/c.html")
    assert rows() == {"/a/": "/c.html", "/b/": "/c.html"}
    assert target("/a/x/") is None


def test_staying_where_one_is_leaves_nothing():
    assert moved("/a/", "/a/") is None
    assert rows() == {}


def test_it_is_known_who_moved_it_and_why():
    person = a_person(display_name="小李")
    row = moved("/a/", "/b/", person, why="改名")
    assert (row.made_by_id, row.made_by_name, row.why) == (person.pk, "小李", "改名")
    assert moved("/c/", "/d/").made_by_name == "系统"


WRONG = {
    "": "/b/",
    "a/": "/b/",
    "//evil.example/": "/b/",
    "https://evil.example/": "/b/",
    "/a?x=1": "/b/",
    "/a#x": "/b/",
    "/a\\b": "/b/",
    "/a\nb": "/b/",
    "/a/../b": "/b/",
    "/a/": "//evil.example/",
    "/b/": "https://evil.example/",
    "/c/": "/\\evil.example",
    "/d/": "",
    "/e/": "/" + "x" * 500,
}


@pytest.mark.parametrize("old", WRONG)
def test_what_is_no_path_of_ours_is_refused(old):
    with pytest.raises(ValidationError) as told:
        moved(old, WRONG[old])
    assert told.value.code == "no_path"
    assert rows() == {}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("/", "/a/", "no_folder"),
        ("/a", "/b/", "no_folder"),
        ("/a/", "/b", "no_folder"),
        ("/a/", "/a/b/", "into_itself"),
    ],
)
def test_a_folder_that_cannot_move_there_is_refused(old, new, code):
    with pytest.raises(ValidationError) as told:
        moved(old, new, is_prefix=True)
    assert told.value.code == code


@pytest.mark.parametrize(
    "fields",
    [
        {"old_path": "a"},
        {"old_path": "//a.example/"},
        {"old_path": "/a?b"},
        {"new_path": "https://a.example/"},
        {"new_path": "//a.example/"},
        {"new_path": "/a\\b"},
        {"new_path": "/old/"},
        {"old_path": "/", "is_prefix": True},
        {"old_path": "/a", "is_prefix": True},
        {"new_path": "/a", "is_prefix": True},
        {"new_path": "/old/a/", "is_prefix": True},
    ],
)
def test_the_database_refuses_it_too(fields):
    Redirect(old_path="/old/", new_path="/new/").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        Redirect.objects.create(**{"old_path": "/old/", "new_path": "/new/"} | fields)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("/a/", "/b/", False), ("/b/", "/c/", False)),
        (("/b/", "/c/", False), ("/a/", "/b/", False)),
        (("/a/", "/b/", False), ("/b/", "/a/", False)),
        (("/a/", "/b/x/", False), ("/b/", "/c/", True)),
    ],
)
def test_the_database_takes_no_chain_and_no_loop(first, second):
    for old, new, is_prefix in (first, second):
        Redirect.objects.create(old_path=old, new_path=new, is_prefix=is_prefix)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    Redirect.objects.all().delete()


# --- followed by hand -----------------------------------------------------------------------------

NAMES = "abcd"
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("park"), st.integers(0, 2), st.sampled_from(NAMES)),
        st.tuples(st.just("space"), st.integers(0, 3), st.sampled_from(NAMES)),
        st.tuples(st.just("into"), st.integers(0, 3), st.integers(0, 2)),
    ),
    max_size=12,
)


class Town:
    """Three parks and four spaces that are renamed and moved, and who was last at each address."""

    def __init__(self):
        self.parks = ["a", "b", "c"]
        self.spaces = [[0, "a"], [0, "b"], [1, "a"], [2, "c"]]
        self.was_last = {address: who for who, address in self.homes().items()}
        self.taken_over = set()

    def homes(self):
        homes = {("park", n): f"/parks/{name}/" for n, name in enumerate(self.parks)}
        for n, (park, name) in enumerate(self.spaces):
            homes["space", n] = f"/parks/{self.parks[park]}/spaces/{name}/"
        return homes

    def take(self, step):
        """Does it as the site would, where no two would have one address."""
        kind, n, what = step
        before, parks, spaces = self.homes(), list(self.parks), [list(one) for one in self.spaces]
        if kind == "park":
            self.parks[n] = what
        else:
            self.spaces[n][1 if kind == "space" else 0] = what
        after = self.homes()
        if len(set(after.values())) < len(after):
            self.parks, self.spaces = parks, spaces
            return
        who = ("park" if kind == "park" else "space", n)
        moved(before[who], after[who], is_prefix=True)
        for who, address in after.items():
            if self.was_last.setdefault(address, who) != who:
                self.taken_over.add(address)
            self.was_last[address] = who


@properties(max_examples=150)
@given(STEPS)
def test_an_old_address_leads_to_whoever_was_last_there(steps):
    with transaction.atomic():
        town = Town()
        for step in steps:
            town.take(step)
        homes = town.homes()
        for address, who in town.was_last.items():
            if address in homes.values():
                continue
            if not any(address.startswith(taken) for taken in town.taken_over):
                assert target(address) == homes[who], (address, rows())
            # And whatever was taken over in between: walking on comes to an end.
            place, walked = address, 0
            while place not in homes.values() and (place := target(place)):
                walked += 1
                assert walked < 10, rows()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        transaction.set_rollback(True)


def followed_by_hand(steps, name):
    """Where the page that stood under the name last is now; None where one stands there."""
    touched = [n for n, (old, new) in enumerate(steps) if name in (old, new)]
    if not touched or steps[touched[-1]][1] == name:
        return None
    place = name
    for old, new in steps[touched[-1] :]:
        place = new if place == old else place
    return place


@properties(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=15))
def test_pages_alone_are_found_where_following_them_by_hand_ends(steps):
    with transaction.atomic():
        for old, new in steps:
            moved(f"/{old}/", f"/{new}/")
        for name in "abcdef":
            end = followed_by_hand(steps, name)
            assert target(f"/{name}/") == (end and f"/{end}/"), rows()
        transaction.set_rollback(True)
