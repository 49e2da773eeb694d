"""A few sample enquiries for the agents' first look, filed by the code real ones go through."""

import pytest

from leads.models import Activity, Enquiry
from parkcms.outbox.models import Notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def samples(demo):
    return list(Enquiry.objects.order_by("-submitted_at"))


def test_there_is_one_of_each_kind_agents_meet(samples):
    assert len(samples) == 5
    assert all(one.is_sample for one in samples)
    assert {one.intent for one in samples} == {"rent", "land", "partner"}
    assert [one.status for one in samples].count("contacted") == 1
    assert Activity.objects.get().enquiry.owner.username == "agent"
    (held,) = [one for one in samples if one.held]
    assert held.signals == ["honeypot", "links", "advert"]


def test_what_they_name_is_known(samples):
    assert {str(one.park) for one in samples if one.park} == {"联东U谷嘉定产业园", "嘉定氢能港"}
    assert all(one.about_known and one.origin_known and one.consent_known for one in samples)


def test_they_are_announced_to_nobody(samples):
    assert not Notice.objects.exists()
