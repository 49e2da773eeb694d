"""Finding one's own receipt by its reference and the contact: five tries an hour."""

import pytest
from django.test import Client
from reading import parse, words
from submissions import post, token_of

from leads.models import Enquiry, LookUpTry

pytestmark = pytest.mark.django_db
FIND = "/enquiries/find/"


@pytest.fixture
def enquiry(client):
    return Enquiry.objects.get(token=token_of(post(client, wechat="Wang_2026")))


def look(reference, contact, network="203.0.113.1"):
    return Client(REMOTE_ADDR=network).post(FIND, {"reference": reference, "contact": contact})


@pytest.mark.parametrize(
    "contact", ["13900000011", "+86 139 0000 0011", "１３９００００００１１", "wang_2026"]
)
def test_the_reference_and_the_contact_lead_to_the_receipt(enquiry, contact):
    answer = look(enquiry.reference.lower().replace("-", " "), contact)
    assert (answer.status_code, answer["Location"]) == (303, f"/enquiries/{enquiry.token}/")


def test_a_wrong_contact_and_an_unknown_reference_get_the_same_answer(enquiry):
    answers = [
        look(enquiry.reference, "13900000012", "203.0.113.1"),
        look("AAAAA-AAAAA", "13900000011", "203.0.113.2"),
        look("nonsense", "13900000011", "203.0.113.3"),
        look("' OR 1=1 --", "%", "203.0.113.4"),
    ]
    told = {
        (answer.status_code, words(parse(answer)).partition("查需求回执")[0]) for answer in answers
    }
    assert len(told) == 1
    assert {answer.status_code for answer in answers} == {404}
    assert all("没有找到" in answer.content.decode() for answer in answers)


def test_the_sixth_try_of_a_network_is_refused_even_if_it_is_right(enquiry):
    for _ in range(5):
        assert look("AAAAA-AAAA2", "13900000012").status_code == 404
    refused = look(enquiry.reference, "13900000011")
    assert refused.status_code == 429
    assert "一小时后再试" in refused.content.decode()
    assert look(enquiry.reference, "13900000011", "203.0.113.9").status_code == 303


def test_the_sixth_try_at_a_reference_is_refused_from_anywhere(enquiry):
    for n in range(5):
        assert look(enquiry.reference, "13900000012", f"203.0.113.{n}").status_code == 404
    assert look(enquiry.reference, "13900000011", "203.0.113.77").status_code == 429


def test_a_network_of_version_six_is_its_first_half(enquiry):
    for n in range(5):
        look("AAAAA-AAAA2", "x", f"2001:db8:0:1::{n}")
    assert look(enquiry.reference, "13900000011", "2001:db8:0:1:ffff::1").status_code == 429
    assert look(enquiry.reference, "13900000011", "2001:db8:0:2::1").status_code == 303


def test_after_an_hour_it_may_be_tried_again(enquiry, time_machine_now):
    for _ in range(5):
        look("AAAAA-AAAA2", "x")
    assert look(enquiry.reference, "13900000011").status_code == 429
    time_machine_now.shift(3601)
    assert look(enquiry.reference, "13900000011").status_code == 303


def test_no_network_and_no_reference_stand_in_the_count(enquiry):
    look(enquiry.reference, "13900000011")
    keys = LookUpTry.objects.values_list("key", flat=True)
    assert len(keys) == 2
    assert all(len(key) == 64 and int(key, 16) for key in keys)


def test_what_was_erased_is_found_no_more(enquiry, client):
    client.post(f"/enquiries/{enquiry.token}/erase/")
    assert look(enquiry.reference, "13900000011").status_code == 404


def test_empty_fields_are_said_and_not_counted(enquiry):
    assert look("", "").status_code == 422
    assert not LookUpTry.objects.exists()
