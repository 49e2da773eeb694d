"""What every test stands on: the test profile, and one private Postgres for the whole run.

The server starts before pytest-xdist starts its workers and stays until the last of them is
done; each worker makes a database of its own in it. Two runs at once take two data folders.
"""

import os
from pathlib import Path

import chromium
import django
import pytest

ROOT = Path(__file__).resolve().parent.parent
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ

_slot = None  # the descriptor that keeps this run's data folder


def _take_data_folder():
    """The first folder under var/test that no other run uses; kept until this process ends."""
    import sys

    sys.path.insert(0, str(ROOT))
    from parkcms import locks

    global _slot
    number = 0
    while _slot is None:
        number += 1
        folder = ROOT / "var/test" / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        _slot = locks.take(folder / "run.lock")
    return folder


# Not named in pyproject.toml: pytest-django would read the settings before it reads this file.
os.environ["DJANGO_SETTINGS_MODULE"] = "parkcms.settings"
os.environ["PARKCMS_PROFILE"] = "test"
if not IS_WORKER:
    os.environ["PARKCMS_VAR"] = str(_take_data_folder())
django.setup()


def pytest_configure(config):
    if IS_WORKER or os.environ.get("DATABASE_URL") or config.option.collectonly:
        return
    from parkcms import database

    try:
        # What a power cut would do to these rows is no matter.
        database.ensure(Path(os.environ["PARKCMS_VAR"]), durable=False)
    except database.DatabaseUnavailable as error:
        pytest.exit(str(error), returncode=1)


def pytest_collection_modifyitems(items):
    """Browser tests run one after another in one worker, or not at all without a browser."""
    found = chromium.find()
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))
            if not found:
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))
