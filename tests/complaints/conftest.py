from datetime import UTC, datetime

import pytest
import time_machine
from factories import a_person


@pytest.fixture
def clock():
    """A clock that stands at Wednesday, 25 November 2026, 10:00 in Shanghai."""
    with time_machine.travel(datetime(2026, 11, 25, 2, 0, tzinfo=UTC), tick=False) as clock:
        yield clock


@pytest.fixture
def editor():
    return a_person("bianji", "编辑", display_name="编辑甲")


@pytest.fixture
def colleague():
    return a_person("tongshi", "编辑", display_name="编辑乙")
