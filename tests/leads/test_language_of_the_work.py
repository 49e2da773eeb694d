"""What the database step says to a reader is in the reader's language, on whatever thread."""

import threading

import pytest
from django.utils.translation import gettext, override

from leads import bounded

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def own(settings, monkeypatch):
    settings.ENQUIRY_OWN_CONNECTION = True
    own = bounded.Bounded(seconds=10)
    monkeypatch.setattr(bounded, "_bounded", own)
    yield own
    own.close()


def said():
    return threading.current_thread().name, gettext("现在可租")


def test_a_thread_speaks_the_language_of_whoever_waits_for_it(own):
    with override("en"):
        assert bounded.call(said) == ("bounded", "Available now")
    with override("zh-hans"):
        assert bounded.call(said) == ("bounded", "现在可租")
