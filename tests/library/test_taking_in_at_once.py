"""The same file from several people at once, and while another takes its last row away."""

import threading
from io import BytesIO

import pytest
from django.db import connections
from factories import image_bytes

from parkcms.library.models import Picture

pytestmark = pytest.mark.django_db(transaction=True)
DATA = image_bytes(300, 200)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def at_once(*jobs):
    """Run the jobs in threads that start together; their results, errors as they are."""
    barrier, results = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(number, job):
        try:
            barrier.wait(timeout=10)
            results[number] = job()
        except Exception as error:  # noqa: BLE001, RUF100
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=row) for row in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def take():
    return Picture.objects.take(BytesIO(DATA), None, is_pending=True)


def test_the_same_file_four_times_at_once_is_one_row(media):
    results = at_once(take, take, take, take)
    assert sorted(is_new for _, is_new in results) == [False, False, False, True]
    assert {row for row, _ in results} == {Picture.objects.get()}
    assert len(files(media)) == len(Picture.objects.get().forms)


def test_whatever_comes_first_a_row_has_its_files_and_no_row_has_none(media):
    for _ in range(6):
        row, _ = take()
        at_once(row.delete, take)
        left = Picture.objects.first()
        assert len(files(media)) == (len(left.forms) if left else 0)
        Picture.objects.all().delete()
        assert files(media) == []
