"""Whether a policy holds is computed from its dates, and the three ways of asking agree."""

from datetime import date, timedelta
from itertools import product

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from factories import a_policy

from parks.models import Policy
from parks.policy_pages import window, with_status

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 15)
FROM = ("", "2024", "2026-06", "2026-06-15", "2026-06-16", "2027-H1")
TO = ("", "2025", "2026-06-14", "2026-06-15", "2026-H1", "2030")
REPEALED = (None, date(2026, 6, 15), date(2026, 6, 16))


def by_hand(row, on):
    if row.repealed_on is not None and row.repealed_on <= on:
        return "repealed"
    if row.valid_to and row.valid_to.end < on:
        return "expired"
    if row.valid_from and row.valid_from.start > on:
        return "coming"
    known = row.valid_from and (row.valid_to or row.open_ended)
    return "in_force" if known else "unknown"


def test_row_queryset_and_list_say_the_same_on_every_day():
    for start, end, repealed, open_ended in product(FROM, TO, REPEALED, (False, True)):
        if open_ended and end:
            continue
        try:
            with transaction.atomic():
                a_policy(
                    valid_from=start, valid_to=end, repealed_on=repealed, open_ended=open_ended
                )
        except IntegrityError:
            continue  # ends before it begins
    for days in (-400, -1, 0, 1, 30, 400):
        on = DAY + timedelta(days=days)
        rows = list(Policy.objects.all())
        expected = {row.pk: by_hand(row, on) for row in rows}
        assert {row.pk: row.status_on(on) for row in rows} == expected
        listed = dict(with_status(Policy.objects.all(), on).values_list("pk", "state"))
        assert listed == expected
        holding = set(Policy.objects.in_force(on).values_list("pk", flat=True))
        assert holding == {pk for pk, state in expected.items() if state == "in_force"}
    assert len(rows) > 80


def test_a_policy_does_not_end_before_it_begins():
    with pytest.raises(IntegrityError, match="ends_after_it_begins"):
        a_policy(valid_from="2026", valid_to="2025-12-31")


@pytest.mark.parametrize("number", ["沪府规1号", "2023-1", "沪府规〔23〕1号", "x" * 40])
def test_what_is_no_document_number_is_refused(number):
    row = a_policy()
    row.document_number = number
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert refused.value.error_dict["document_number"][0].code == "document_number"


@pytest.mark.parametrize(
    "number", ["沪府规〔2023〕1号", "嘉府发[2024]12号", "沪规划资源产（2025）28号"]
)
def test_document_numbers_are_taken_with_any_brackets(number):
    a_policy(document_number=number).full_clean()


def test_one_number_is_one_policy():
    a_policy(document_number="沪府规〔2023〕1号")
    with pytest.raises(IntegrityError, match="number_once"):
        a_policy(document_number="沪府规〔2023〕1号")


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (None, None, ""), (None, -1, "closed"), (None, 0, "open"), (1, None, "coming"),
        (0, 10, "open"), (-10, -1, "closed"), (5, 10, "coming"), (-5, None, "open"),
    ],
)  # fmt: skip
def test_the_time_to_apply_is_told_by_the_day(start, end, said):
    ends = [None if days is None else DAY + timedelta(days=days) for days in (start, end)]
    assert window(Policy(apply_from=ends[0], apply_to=ends[1]), DAY) == said
