from datetime import UTC, datetime

import pytest
import time_machine

from leads import journal


@pytest.fixture(autouse=True)
def journal_folder(settings, tmp_path):
    """Each test has a journal of its own."""
    settings.JOURNAL_DIR = tmp_path / "journal"
    return settings.JOURNAL_DIR


@pytest.fixture
def time_machine_now():
    """A clock that stands at one moment; ``shift(seconds)`` moves it."""
    with time_machine.travel(datetime(2026, 11, 25, 2, 0, tzinfo=UTC), tick=False) as clock:
        yield clock


@pytest.fixture
def kept(journal_folder):
    return journal.Journal(journal_folder)
