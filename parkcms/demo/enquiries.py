"""Sample enquiries, sent through the form and filed by the code real ones go through."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from leads import filing
from leads.forms import EnquiryForm
from leads.models import Activity, Enquiry
from leads.record import Record
from parkcms.people.models import User

FILE = Path(__file__).parent / "enquiries.toml"


def make(now: datetime) -> int:
    """Files the samples where there is none yet; how many were new."""
    if Enquiry.objects.filter(is_sample=True).exists():
        return 0
    samples = tomllib.loads(FILE.read_text("utf-8"))["enquiries"]
    for sample in samples:
        _file(sample, now - timedelta(hours=sample["hours_ago"]))
    return len(samples)


def _file(sample: dict[str, Any], at: datetime) -> None:
    form = EnquiryForm(sample["form"] | {"consent": "on", "consent_version": "privacy-1"})
    if not form.is_valid():
        raise ValueError(f"enquiries.toml: {form.errors.as_json()}")
    record = Record.make(form.content(), same=form.same(), network="", language="zh-hans", at=at)
    filed = filing.file(record, was_told=True, is_sample=True)
    if "status" in sample:
        _work_on(Enquiry.objects.get(reference=filed.reference), sample, at + timedelta(hours=1))


def _work_on(enquiry: Enquiry, sample: dict[str, Any], at: datetime) -> None:
    """What an agent has done about it so far."""
    agent = User.objects.filter(username=sample["owner"], is_demo=True).first()
    enquiry.status, enquiry.owner = sample["status"], agent
    enquiry.next_step = sample["next_step"]
    enquiry.next_step_on = timezone.localdate() + timedelta(days=sample["next_step_in_days"])
    enquiry.first_contact_at = enquiry.last_contact_at = at
    enquiry.save()
    Activity.objects.create(
        enquiry=enquiry, kind=Activity.Kind.CALL, text=sample["activity"], author=agent, at=at
    )
