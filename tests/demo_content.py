"""The demo content for tests: loaded by the site's own code, once for all tests of a module."""

from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import time_machine
from django.db import transaction
from django.test import override_settings

from parkcms.demo.load import load
from parkcms.models import OwnersText

# A working day on which the demo quotations are valid, so that no test grows old.
LOADED_AT = datetime(2026, 11, 20, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
# Six people are made at each loading; the real hasher takes half a second for each.
QUICK = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@contextmanager
def loaded(folder: Path):
    """The demo content in the open database, gone again at the end; time stands at LOADED_AT."""
    with (
        time_machine.travel(LOADED_AT, tick=False),
        override_settings(PASSWORD_HASHERS=QUICK),
        transaction.atomic(),
    ):
        # The owner's pages came with the database, at whatever time this machine has.
        OwnersText.objects.update(publish_at=LOADED_AT)
        yield load(folder / "demo-passwords.txt")
        transaction.set_rollback(True)
