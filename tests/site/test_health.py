"""What a supervisor asks: does the process live, and may readers come."""

import pytest
from django.db import connection
from django.utils import timezone

from parkcms import health
from parkcms.models import SiteProfile

pytestmark = pytest.mark.django_db


def ready(client):
    answer = client.get("/health/ready")
    return answer.status_code, answer.json()


@pytest.fixture(autouse=True)
def unasked(monkeypatch):
    """As in a process that has not asked yet whether all is migrated."""
    monkeypatch.setattr(health, "_migrated", False)


def test_live_says_ok_without_a_question_to_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/health/live")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert "no-store" in answer["Cache-Control"]


def test_ready_when_all_is_there(client):
    assert ready(client) == (200, {"ready": True, "why": ""})


def test_not_ready_while_a_migration_waits(client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'articles'")
    assert ready(client) == (503, {"ready": False, "why": "not migrated"})


def test_not_ready_before_the_sites_row_is_there(client):
    SiteProfile.objects.all().delete()
    assert ready(client) == (503, {"ready": False, "why": "not migrated"})


def test_not_ready_before_a_table_is_there(client):
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE parkcms_siteprofile CASCADE")
    assert ready(client) == (503, {"ready": False, "why": "database away"})


def test_a_local_site_is_ready_when_the_demo_is_loaded(client, settings):
    settings.PROFILE = "local"
    assert ready(client) == (503, {"ready": False, "why": "demo not loaded"})
    SiteProfile.objects.update(demo_loaded_at=timezone.now())
    assert ready(client) == (200, {"ready": True, "why": ""})


def test_another_site_needs_no_demo(client, settings):
    settings.PROFILE = "production"
    assert ready(client)[0] == 200


def test_asking_again_costs_one_query(client, django_assert_num_queries):
    ready(client)
    with django_assert_num_queries(1):
        assert ready(client)[0] == 200


@pytest.mark.parametrize("address", ["/health/live", "/health/ready"])
def test_no_answer_is_kept(client, address):
    assert "no-store" in client.get(address)["Cache-Control"]


@pytest.mark.parametrize("address", ["/health/live", "/health/ready"])
def test_only_reading_is_answered(client, address):
    for method in ("post", "put", "delete"):
        assert getattr(client, method)(address).status_code == 405


def test_the_addresses_stand_without_a_slash_and_a_language(client):
    for address in ("/health/live/", "/en/health/live", "/health/", "/health/ready/"):
        assert client.get(address).status_code == 404
