"""makemigrations without a database: what it writes depends on the models alone.

Django first compares the history written in the database with the files, which would start
the private Postgres, and on a fresh machine make it, only for that. migrate compares as well.
"""

from typing import Any

from django.core.management.commands import makemigrations
from django.db import connection


class Command(makemigrations.Command):
    def handle(self, *app_labels: str, **options: Any) -> None:
        engine = connection.settings_dict["ENGINE"]
        # The name by which Django knows that there is nothing to compare with.
        connection.settings_dict["ENGINE"] = "django.db.backends.dummy"
        try:
            super().handle(*app_labels, **options)
        finally:
            connection.settings_dict["ENGINE"] = engine
