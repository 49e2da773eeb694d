"""What an investor sends, and how its answer is read."""

from leads.forms import EnquiryForm
from leads.record import Record

NEW = "/enquiries/new/"
WANG = {
    "intent": "rent",
    "contact_name": "王女士",
    "phone": "139 0000 0011",
    "area_text": "1500 平",
    "consent": "on",
    "consent_version": "privacy-1",
}


def post(client, language="", **fields):
    """Sends WANG with ``fields`` changed; None leaves one out."""
    data = {name: value for name, value in (WANG | fields).items() if value is not None}
    return client.post(f"{language}{NEW}", data)


def token_of(answer):
    assert answer.status_code == 303, answer.content.decode()
    return answer["Location"].rstrip("/").rpartition("/")[2]


def a_form(**fields):
    """The valid form of WANG with ``fields`` changed."""
    form = EnquiryForm({k: v for k, v in (WANG | fields).items() if v is not None})
    assert form.is_valid(), form.errors
    return form


def a_record(network="203.0.113.7", **fields):
    form = a_form(**fields)
    return Record.make(form.content(), same=form.same(), network=network, language="zh-hans")
