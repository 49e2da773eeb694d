"""How a person uses the desk in a test: log in, open a form, fill it in, press a button."""

import re

from django.test import Client
from django.urls import reverse
from lxml import html

BACKEND = "parkcms.people.backends.PeopleBackend"


def at_the_desk(client, person):
    """The client with ``person`` logged in."""
    client.force_login(person, backend=BACKEND)
    return client


def desk_of(person):
    """A browser of their own in which this person is logged in."""
    return at_the_desk(Client(), person)


def page_of(row, page="change"):
    """Address of a page of the desk about ``row`` (or about a model: changelist, add)."""
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}"
    is_about_one = page in {"change", "delete", "history"}
    return reverse(name, args=[row.pk] if is_about_one else [])


def filled(client, url, /, **answers):
    """What a browser would send from the form at ``url`` after typing ``answers``."""
    response = client.get(url)
    assert response.status_code == 200, response.status_code
    form = html.fromstring(response.content.decode()).xpath("//form[contains(@id, '_form')]")[0]
    data = {}
    for name, value in form.form_values():
        data.setdefault(name, []).append(value)
    for name, value in answers.items():
        data[name] = value if isinstance(value, list) else [value]
    return data


def send(client, url, /, **answers):
    """Fill the form at ``url`` and send it."""
    return client.post(url, filled(client, url, **answers))


def errors(response):
    """``{field: [codes]}`` of a form that was sent back; its inlines by prefix and number."""
    assert response.status_code == 200, response.status_code
    form = response.context["adminform"].form
    told = {name: [one.code for one in form.errors[name].as_data()] for name in form.errors}
    for inline in response.context["inline_admin_formsets"]:
        told |= _inline_errors(inline.formset)
    return told


def _inline_errors(formset):
    told = {}
    if whole := [one.code for one in formset.non_form_errors().as_data()]:
        told[formset.prefix] = whole
    for number, fields in enumerate(formset.errors):
        for name, found in fields.items():
            told[f"{formset.prefix}-{number}-{name}"] = [one.code for one in found.as_data()]
    return told


def messages_of(response):
    """The words a person reads at the top of the page a response leads to."""
    return [str(message) for message in response.context["messages"]]


def act_on(client, model, action, rows):
    """Tick ``rows`` in the list and run ``action``."""
    return client.post(
        page_of(model, "changelist"),
        {"action": action, "_selected_action": [row.pk for row in rows], "index": 0},
        follow=True,
    )


def words(response):
    """The visible words of a page, spaces folded."""
    tree = html.fromstring(response.content.decode())
    for hidden in tree.xpath("//script|//style|//template"):
        hidden.drop_tree()
    return re.sub(r"\s+", " ", tree.text_content())
