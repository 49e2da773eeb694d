"""What every test stands on: the test profile, and one private Postgres for the whole run.

The server starts before pytest-xdist starts its workers and stays until the last of them is
done; each worker makes a database of its own in it. Two runs at once take two data folders.
"""

import gc
import os
from pathlib import Path

import chromium
import django
import pytest
from hypothesis import settings as properties
from xdist.scheduler import LoadScopeScheduling

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

# How long an example takes says more about who else is at work on the machine.
properties.register_profile("patient", deadline=None)
properties.load_profile("patient")


def pytest_collection_finish(session):
    """What stands now stays to the end: looking through it for garbage again and again cost a
    fifteenth of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


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
    """Browser tests are left out where there is no browser."""
    found = chromium.find()
    for item in items:
        if item.get_closest_marker("browser") and not found:
            item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


ALONE = ("tests/browser/", "tests/long/")
# Few tests, each of them long: they come last, and share out what time is left.
SPREAD = ("tests/desk/test_permission_matrix.py", "tests/desk/test_enquiry_contacts.py")


class ByFile(LoadScopeScheduling):
    """The tests of a file on one worker, so that what a file loads is loaded once; those with a
    browser one after another on one worker, and those that take long.

    xdist_group says the same only where pytest reads what pytest-xdist writes into a node's id,
    and pytest 9.2 with pytest-xdist 3.8 does not.
    """

    def _split_scope(self, nodeid):
        file = nodeid.partition("::")[0]
        if file in SPREAD:
            return nodeid
        return next((folder for folder in ALONE if file.startswith(folder)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return ByFile(config, log)
