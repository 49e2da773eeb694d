"""The point that stays in a picture wherever a page crops it."""

import re
from pathlib import Path

import pytest
from desk_forms import at_the_desk, errors, page_of, send
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from factories import a_person, a_picture
from lxml import html

from parkcms.library.models import Picture

pytestmark = pytest.mark.django_db
BASE_CSS = Path(__file__).resolve().parents[2] / "static/css/base.css"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def desk(client):
    return at_the_desk(client, a_person("xiaozuo", "作者"))


@pytest.mark.parametrize(
    ("x", "y", "classes"),
    [
        (50, 50, ""),
        (46, 54, ""),
        (0, 100, "fx-0 fy-100"),
        (30, 70, "fx-30 fy-70"),
        (34, 35, "fx-30 fy-40"),
        (44, 50, "fx-40 fy-50"),
        (4, 96, "fx-0 fy-100"),
    ],
)
def test_a_focus_is_told_in_steps_of_ten(x, y, classes):
    assert Picture(focal_x=x, focal_y=y).focus_class == classes


def test_the_style_sheet_knows_every_step():
    rules = BASE_CSS.read_text("utf-8")
    known = set(re.findall(r"\.(f[xy]-\d+) \{ --f[xy]: (\d+)%; \}", rules))
    steps = {f"{axis}-{step}" for axis in ("fx", "fy") for step in range(0, 101, 10)}
    assert known == {(name, name[3:]) for name in steps}
    assert 'img[class*="fx-"] { object-position: var(--fx) var(--fy); }' in rules


def test_a_page_draws_it_beside_its_own_class():
    def drawn(picture, **context):
        text = render_to_string("library/picture.html", {"picture": picture, **context})
        return html.fromstring(text).xpath("//img")[0].get("class")

    middle, right = a_picture(), a_picture(focal_x=90, focal_y=20)
    assert drawn(middle) is None
    assert drawn(middle, css="wide") == "wide"
    assert drawn(right) == "fx-90 fy-20"
    assert drawn(right, css="wide") == "wide fx-90 fy-20"


def test_the_form_keeps_the_numbers(desk):
    picture = a_picture()
    assert send(desk, page_of(picture), focal_x="90", focal_y="0").status_code == 302
    picture.refresh_from_db()
    assert (picture.focal_x, picture.focal_y) == (90, 0)


@pytest.mark.parametrize("junk", ["101", "-1", "x", "", "1e3", "50.5", "9" * 30])
def test_a_number_outside_the_picture_is_refused(desk, junk):
    picture = a_picture()
    assert list(errors(send(desk, page_of(picture), focal_x=junk))) == ["focal_x"]
    picture.refresh_from_db()
    assert picture.focal_x == 50


def test_the_database_refuses_it_too():
    picture = a_picture()
    with pytest.raises(IntegrityError, match="focus_within_it"), transaction.atomic():
        Picture.objects.filter(pk=picture.pk).update(focal_y=101)
