"""The database knows the same partial dates as Python, refuses others, and computes the days."""

import datetime as dt

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.state import ModelState
from django.db.migrations.writer import MigrationWriter
from django.test.utils import isolate_apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parkcms.language.dates import PartialDate, PartialDateError, PartialDateField

STORABLE = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
NEAR_DATES = st.from_regex(
    r"(18|19|20|21|22)[0-9]{2}(-H[0-3]|-[0-3][0-9](-[0-3][0-9])?)?\n?", fullmatch=True
)


def oracle(text):
    """(valid, start, end) by Python."""
    try:
        date = PartialDate(text)
    except PartialDateError:
        return False, None, None
    return True, date.start, date.end


def ask_database(texts):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT partial_date_valid(t), partial_date_start(t), partial_date_end(t)"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS given(t, n) ORDER BY n",
            [texts],
        )
        return cursor.fetchall()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(STORABLE | NEAR_DATES, max_size=20))
def test_sql_and_python_agree_about_any_text(db, texts):
    assert ask_database(texts) == [oracle(text) for text in texts]


def test_sql_and_python_agree_about_every_end_of_february_and_every_day_of_some_years(db):
    texts = [f"{year}-02-{day}" for year in range(1898, 2202) for day in (28, 29, 30)]
    texts += [
        f"{year}-{month:02}-{day:02}"
        for year in (1900, 2000, 2024, 2100, 2199)
        for month in range(14)
        for day in range(33)
    ]
    assert ask_database(texts) == [oracle(text) for text in texts]


def test_the_sql_functions_need_no_search_path(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        (schema,) = cursor.fetchone()
        name = connection.ops.quote_name(schema)
        cursor.execute("SET LOCAL search_path = ''")
        cursor.execute(
            f"SELECT {name}.partial_date_valid(t), {name}.partial_date_start(t),"  # noqa: S608
            f" {name}.partial_date_end(t) FROM (VALUES ('2021-H1'), ('2024-02')) AS given(t)"
        )
        assert cursor.fetchall() == [
            (True, dt.date(2021, 1, 1), dt.date(2021, 6, 30)),
            (True, dt.date(2024, 2, 1), dt.date(2024, 2, 29)),
        ]


@pytest.fixture
def event(db):
    """A model with a partial date taken from an abstract base, with a table in the database."""
    with isolate_apps("parkcms.language"):

        class Dated(models.Model):
            as_of = PartialDateField()

            class Meta:
                abstract = True
                app_label = "language"

        class Event(Dated):
            class Meta:
                app_label = "language"

            def __str__(self):
                return self.as_of

        with connection.schema_editor() as editor:
            editor.create_model(Event)
        yield Event


def test_a_row_carries_its_days_and_a_partial_date(event):
    row = event.objects.create(as_of="2021年上半年")
    assert (type(row.as_of), row.as_of, row.as_of_start, row.as_of_end) == (
        PartialDate,
        "2021-H1",
        dt.date(2021, 1, 1),
        dt.date(2021, 6, 30),
    )
    row = event.objects.get()
    assert (row.as_of.display("zh"), row.as_of_end) == ("2021年上半年", dt.date(2021, 6, 30))


def test_an_update_past_the_model_keeps_the_days_right(event):
    event.objects.create(as_of="2021")
    event.objects.update(as_of="2024-02")
    assert list(event.objects.values_list("as_of", "as_of_start", "as_of_end")) == [
        ("2024-02", dt.date(2024, 2, 1), dt.date(2024, 2, 29))
    ]
    event.objects.update(as_of="")
    assert event.objects.filter(as_of_start=None, as_of_end=None).count() == 1


@pytest.mark.parametrize("stamp", ["2021-02-30", "09-21", "2021-13", "x", "2021 "])
def test_the_database_refuses_what_is_no_date(event, stamp):
    event.objects.create(as_of="2021")
    with pytest.raises(IntegrityError), transaction.atomic():
        event.objects.update(as_of=stamp)


def test_rows_are_found_by_the_beginning_of_a_date(event):
    for stamp in ("2021-06", "2021-H1", "2022"):
        event.objects.create(as_of=stamp)
    assert event.objects.filter(as_of__startswith="2021-0").count() == 1
    assert event.objects.filter(as_of_end__year=2021).count() == 2


def test_cleaning_a_row_stores_the_one_form_and_names_what_cannot_be_read(event):
    row = event(as_of="2024年6月")
    row.full_clean()
    assert row.as_of == "2024-06"
    row.as_of = "09-21"
    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    (error,) = caught.value.error_dict["as_of"]
    assert (error.code, "没有年份" in error.message) == ("partial_date", True)


def test_a_form_takes_what_people_type_and_shows_what_was_wrong(event):
    form_class = forms.modelform_factory(event, fields=["as_of"])
    form = form_class({"as_of": "２０１９年12月16日"})
    assert (form.is_valid(), form.cleaned_data) == (True, {"as_of": "2019-12-16"})
    form = form_class({"as_of": "2021-02-30"})
    assert form.errors.as_data()["as_of"][0].code == "partial_date"
    assert form["as_of"].value() == "2021-02-30"
    assert form_class({}).is_valid()
    assert "maxlength" not in str(form["as_of"])


def test_a_migration_lists_the_two_columns_once(event):
    state = ModelState.from_model(event)
    assert list(state.fields) == ["id", "as_of", "as_of_start", "as_of_end"]
    with isolate_apps("parkcms.language") as apps:
        historical = state.render(apps)
    assert [field.name for field in historical._meta.get_fields()] == list(state.fields)
    written, _ = MigrationWriter.serialize(state.fields["as_of"])
    assert written == "parkcms.language.dates.PartialDateField(blank=True, default='')"


@pytest.mark.parametrize("options", [{}, {"blank": False}, {"default": "2021"}, {"null": True}])
def test_a_field_and_its_clone_are_written_alike(options):
    field = PartialDateField(**options)
    assert field.clone().deconstruct() == field.deconstruct()
