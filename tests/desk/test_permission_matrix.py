"""Who gets what answer at which address of the desk, by GET and by POST: permissions.tsv, whole.

An address that is new, gone, or answers another status than the table says fails. After a change
that is meant, write the table anew with PARKCMS_WRITE_MATRIX=1 and read the difference.
"""

import os
import re
from pathlib import Path

import pytest
from desk_forms import BACKEND
from django.apps import apps
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver
from factories import a_comment, a_person, a_preview_link
from test_every_desk_page import populate

from articles.models import Article
from parkcms.people.models import User
from parkcms.roles import ROLES

pytestmark = pytest.mark.django_db
TABLE = Path(__file__).with_name("permissions.tsv")
PEOPLE = ["陌生人", "没有角色", *(role.name for role in ROLES), "作者（自己的）"]
# Ends the session that the next address is to be asked with.
LAST = ("admin/logout/",)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def patterns(resolver=None, before=""):
    for entry in (resolver or get_resolver()).url_patterns:
        whole = before + str(entry.pattern).removeprefix("^")
        if isinstance(entry, URLPattern):
            yield whole
        else:
            yield from patterns(entry, whole)


DESK = [one for one in dict.fromkeys(patterns()) if one.startswith("admin/")]
ADDRESSES = [one for one in DESK if one not in LAST] + [*LAST]


def the_row(pattern, article):
    """The row whose number stands in the address: the oldest of the address's own model."""
    found = re.match(r"admin/(\w+)/(\w+)/<", pattern)
    if not found:
        return None
    if found.groups() == ("articles", "article"):
        return article
    return apps.get_model(*found.groups())._default_manager.order_by("pk").first()


def address(pattern, article):
    row = the_row(pattern, article)
    named = {
        "pk": article.pk,
        "object_id": row.pk if row else 1,
        "number": 1,
        "thread": article.comments.get().pk,
        "link": article.preview_links.get().pk,
        "id": row.pk if row else 1,
        "content_type_id": 1,
        "app_label": "articles",
        "url": "nowhere/",
    }
    path = re.sub(r"\(\?P<(\w+)>.*?\)", lambda found: str(named[found[1]]), pattern)
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(named[found[1]]), path)
    return "/" + path.rstrip("$")


def answer(client, method, path):
    """The status; where it leads to the log-in, that."""
    response = client.generic(method, path, HTTP_ACCEPT="text/html")
    location = response.get("Location", "")
    if "/login/" in location:
        return "登录"
    return str(response.status_code)


def column(person, is_own):
    """``{(pattern, method): answer}`` of one person, each asked as if it were the first."""
    populate(1)
    article = Article.objects.get()
    if is_own:
        Article.objects.update(author=person)
    writer = person or a_person()
    a_comment(article, writer)
    a_preview_link(article, made_by=writer)
    client = Client(raise_request_exception=False)
    found = {}
    for pattern in ADDRESSES:
        path = address(pattern, article)
        for method in ("GET", "POST"):
            with transaction.atomic():
                if person:
                    client.force_login(person, backend=BACKEND)
                found[pattern, method] = answer(client, method, path)
                transaction.set_rollback(True)
    return found


def who(name):
    role = name.partition("（")[0]
    if name == "陌生人":
        return None
    return a_person("someone", "" if name == "没有角色" else role)


def written():
    lines = TABLE.read_text("utf-8").splitlines()
    head = lines[0].split("\t")[2:]
    table = {}
    for line in lines[1:]:
        pattern, method, *cells = line.split("\t")
        table |= {(name, pattern, method): cell for name, cell in zip(head, cells, strict=True)}
    return table


@pytest.mark.parametrize("name", PEOPLE)
def test_everybody_gets_the_answers_of_the_table(name):
    found = column(who(name), "自己" in name)
    told = {key[1:]: cell for key, cell in written().items() if key[0] == name}
    assert {
        key: (told.get(key), cell) for key, cell in found.items() if told.get(key) != cell
    } == {}
    assert set(told) == set(found)


def test_the_table_itself_says_nothing_absurd():
    table = written()
    assert {cell for cell in table.values() if cell.startswith("5")} == set()
    strangers = {key[1] for key, cell in table.items() if key[0] == "陌生人" and cell == "200"}
    assert strangers == {"admin/login/"}
    # Somebody without a role reads and does nothing but what concerns themselves.
    reads = {key[1] for key, cell in table.items() if key[0] == "没有角色" and cell == "200"}
    own = ("password_change", "second-factor", "login", "logout", "jsi18n", "token", "find")
    assert [one for one in reads - {"admin/"} if not any(word in one for word in own)] == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"])
def test_no_address_of_the_desk_takes_another_method(method):
    populate(1)
    article = Article.objects.get()
    person = User.objects.create(username="boss", is_superuser=True, is_staff=True)
    a_comment(article, person)
    a_preview_link(article, made_by=person)
    client = Client(raise_request_exception=False)
    client.force_login(person, backend=BACKEND)
    taken = {
        pattern: status
        for pattern in ADDRESSES
        if (status := answer(client, method, address(pattern, article))) not in {"405", "登录"}
    }
    assert taken == {}


if os.environ.get("PARKCMS_WRITE_MATRIX"):

    def test_write_the_table():
        columns = {}
        for name in PEOPLE:
            with transaction.atomic():
                columns[name] = column(who(name), "自己" in name)
                transaction.set_rollback(True)
        keys = list(columns[PEOPLE[0]])
        lines = ["\t".join(["address", "method", *PEOPLE])]
        lines += ["\t".join([*key, *(columns[name][key] for name in PEOPLE)]) for key in keys]
        TABLE.write_text("\n".join(lines) + "\n", "utf-8")
