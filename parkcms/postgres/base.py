"""Django's own Postgres backend; the server is found, or started, at the first connection.

Commands that need no database never come to `get_connection_params` and start nothing.
"""

from pathlib import Path

from django.conf import settings
from django.db.backends.postgresql import base, client
from django.db.utils import OperationalError

from parkcms import database
from parkcms.postgres import binaries


class DatabaseClient(client.DatabaseClient):
    """psql for `manage.py dbshell`, the one beside the server's programs where there is one."""

    def runshell(self, parameters: list[str]) -> None:
        self.connection.find_server()
        psql = Path(binaries.find().program("psql"))
        if psql.is_file():
            DatabaseClient.executable_name = str(psql)
        super().runshell(parameters)


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def find_server(self) -> None:
        """Puts the server's address into the settings of this connection.

        With ``WAITS_FOR_START`` False in them, a server that does not run is started for those
        who come later, and this connection fails at once.
        """
        waits = self.settings_dict.get("WAITS_FOR_START", True)
        if not waits and not database.is_ready(settings.VAR_DIR):
            database.start_soon(settings.VAR_DIR)
            raise OperationalError("the private Postgres does not run yet")
        try:
            server = database.ensure(settings.VAR_DIR)
        except database.DatabaseUnavailable as error:
            raise OperationalError(str(error)) from error
        self.settings_dict |= {
            "HOST": server["host"],
            "PORT": str(server["port"]),
            "USER": server["user"],
        }

    def get_connection_params(self) -> dict:
        self.find_server()
        return super().get_connection_params()
