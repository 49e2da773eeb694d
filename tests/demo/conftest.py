from types import SimpleNamespace

import demo_content
import pytest


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """The demo content as it stands after one loading; tests of the module see it and each other's
    changes not. ``passwords`` is the file with the demo people's passwords."""
    folder = tmp_path_factory.mktemp("demo")
    with django_db_blocker.unblock(), demo_content.loaded(folder) as told:
        yield SimpleNamespace(told=told, passwords=folder / "demo-passwords.txt")
