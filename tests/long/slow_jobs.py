"""Jobs for tests: they note that they began, and go on when they are let."""

import os
import time
from pathlib import Path

from django.db import transaction
from procrastinate.contrib.django import app

FOLDER = Path(os.environ.get("PARKCMS_VAR", "."))


@app.task(name="test.slow")
def slow(name: str) -> None:
    """Adds a letter to the file ``name``.began, and ends when there is a file ``name``.go."""
    with (FOLDER / f"{name}.began").open("a") as file:
        file.write("x")
    while not (FOLDER / f"{name}.go").exists():
        time.sleep(0.05)


@app.task(name="test.defers")
def defers(name: str) -> None:
    """Puts one job into the queue in a transaction that comes to nothing, and one that stays."""
    with transaction.atomic():
        slow.defer(name=f"{name}-never")
        transaction.set_rollback(True)
    slow.defer(name=f"{name}-stays")
