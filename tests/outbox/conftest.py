import pytest
from procrastinate.contrib.django import app
from tls_server import Server

from parkcms.outbox import door


@pytest.fixture(autouse=True)
def jobs():
    """The jobs that were put into the queue: ``[(task, arguments)]``, read by calling it."""
    app.connector.reset()
    yield lambda: [(job["task_name"], job["args"]) for job in app.connector.jobs.values()]
    app.connector.reset()


@pytest.fixture
def open_door(settings, monkeypatch, tmp_path):
    """Lets the outbox reach a server of ours as if it were a listed host of the internet."""
    servers = []

    def serve(host, answer, **options):
        server = Server(host, tmp_path, answer, **options)
        servers.append(server)
        settings.OUTGOING_HOSTS = {f"{host}:{server.port}"}
        monkeypatch.setattr(door, "addresses_of", lambda *_: ["127.0.0.1"])
        monkeypatch.setattr(door, "is_public", lambda address: address == "127.0.0.1")
        monkeypatch.setattr(door, "tls_context", server.trusting)
        return server

    yield serve
    for server in servers:
        server.close()
