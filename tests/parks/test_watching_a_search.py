"""Somebody asks for mails of a search, confirms from a mail, and ends it; nobody else learns."""

from datetime import timedelta
from threading import Barrier, Thread
from urllib.parse import urlencode

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone
from factories import a_watch
from procrastinate.contrib.django import app

from parkcms.outbox import channels
from parkcms.outbox.models import Notice
from parks import watching
from parks.models import Watch

pytestmark = pytest.mark.django_db
EMAIL = "visitor@example.cn"
QUERY = "use=storage&area_min=500"
ASKED = "/spaces/watch/"


@pytest.fixture(autouse=True)
def mail_on(settings):
    settings.OUTBOX_CHANNELS = {"mail"}
    settings.PARKCMS_ORIGIN = "https://www.example.cn"
    app.connector.reset()
    yield
    app.connector.reset()


def ask(client, email=EMAIL, query=QUERY, address=ASKED, **more):
    return client.post(address, {"email": email, "query": query, **more})


def page_of(watch):
    return f"/spaces/watch/{watch.token}/"


def state():
    return list(Watch.objects.order_by("pk").values()), list(Notice.objects.values())


def test_asking_sends_one_mail_and_watches_nothing_yet(client):
    answer = ask(client)
    assert (answer.status_code, answer["Location"]) == (303, "/spaces/watch/sent/")
    watch = Watch.objects.get()
    assert (watch.email, watch.query, watch.confirmed_at) == (EMAIL, QUERY, None)
    notice = Notice.objects.get()
    assert (notice.address, notice.link, notice.unsubscribe) == (EMAIL, *[page_of(watch)] * 2)
    assert "仓储" in notice.body
    assert list(watching.to_tell(timezone.now())) == []


def test_the_whole_way_from_asking_to_the_end(client):
    ask(client)
    watch = Watch.objects.get()
    assert "确认订阅" in client.get(page_of(watch)).content.decode()
    answer = client.post(page_of(watch), {"action": "confirm"})
    assert (answer.status_code, answer["Location"]) == (303, page_of(watch))
    watch.refresh_from_db()
    assert watch.is_confirmed()
    shown = client.get(page_of(watch)).content.decode()
    assert ("确认订阅" in shown, "已订阅" in shown) == (False, True)
    ended = client.post(page_of(watch), {"action": "end"})
    assert (ended.status_code, "已退订" in ended.content.decode()) == (200, True)
    assert state() == ([], [])
    assert client.get(page_of(watch)).status_code == 404


def test_mail_programs_that_open_every_link_change_nothing(client):
    ask(client)
    before = state()
    for method in (client.get, client.head):
        for query in ("", "?action=confirm", "?action=end", "?List-Unsubscribe=One-Click"):
            assert method(page_of(Watch.objects.get()) + query).status_code == 200
    assert state() == before


def test_the_page_is_kept_nowhere_and_sets_no_cookie(client):
    answer = client.get(page_of(a_watch()))
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer.cookies == {}
    assert b"example.cn<" not in answer.content


def test_the_button_of_a_mail_program_ends_it_without_a_page_before(client):
    watch = a_watch()
    answer = client.post(page_of(watch), {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert Watch.objects.count() == 0


def test_another_site_ends_nothing(client):
    watch = a_watch()
    answer = client.post(
        page_of(watch), {"action": "end"}, headers={"Origin": "https://other.example"}
    )
    assert answer.status_code == 403
    assert Watch.objects.count() == 1


@pytest.mark.parametrize("token", ["A" * 32, "A" * 31, "x", "A" * 33])
def test_a_guessed_token_is_nothing(client, token):
    a_watch()
    for answer in (
        client.get(f"/spaces/watch/{token}/"),
        client.post(f"/spaces/watch/{token}/", {"action": "end"}),
    ):
        assert answer.status_code == 404
    assert Watch.objects.count() == 1


def test_the_answer_is_the_same_for_an_address_that_watches_already(client):
    answers = [ask(client) for _ in range(2)]
    Watch.objects.update(confirmed_at=timezone.now())
    Notice.objects.all().delete()
    answers.append(ask(client))
    assert {(a.status_code, a["Location"], a.content) for a in answers} == {
        (303, "/spaces/watch/sent/", b"")
    }
    assert Watch.objects.count() == 1
    assert Notice.objects.get().subject == "您已经订阅了这个条件"


def test_one_search_sends_one_mail_a_day(client):
    for _ in range(4):
        ask(client)
    assert Notice.objects.count() == 1


def test_a_stranger_cannot_fill_a_mailbox(client):
    for n in range(8):
        client.post(
            ASKED, {"email": EMAIL, "query": f"area_min={n + 1}"}, REMOTE_ADDR=f"203.0.113.{n}"
        )
    assert Notice.objects.count() == watching.MOST_NEW_A_DAY


def test_one_network_asks_six_times_a_minute(client):
    codes = [ask(client, email=f"v{n}@example.cn").status_code for n in range(7)]
    assert codes == [303] * 6 + [429]


def test_what_fills_in_every_field_is_thanked_and_forgotten(client):
    answer = ask(client, website="https://spam.example")
    assert (answer.status_code, answer["Location"]) == (303, "/spaces/watch/sent/")
    assert state() == ([], [])


@pytest.mark.parametrize(
    "email",
    [
        "", "visitor", "a@b", "a@example.cn\r\nBcc: spy@example.com", "a\x00@example.cn",
        "a@example.cn,b@example.cn", "<a@example.cn>", "a" * 10_000 + "@example.cn",
        "用户@例子.中国", "a@example.cn\n", "\ud800@example.cn", "a@exa\u202emple.cn",
    ],
    ids=["empty", "word", "no_dot", "header", "nul", "two", "brackets", "long", "chinese",
         "line_end", "surrogate", "bidi"],
)  # fmt: skip
def test_a_bad_address_is_said_at_its_field(client, email):
    body = urlencode({"email": email}, errors="surrogatepass")
    answer = client.post(ASKED, body, content_type="application/x-www-form-urlencoded")
    rows = list(Watch.objects.values_list("email", flat=True))
    if answer.status_code == 303:  # blanks around an address are no part of it
        assert (email.strip(), rows) == ("a@example.cn", ["a@example.cn"])
    else:
        assert (answer.status_code, rows) == (422, [])


def test_one_mailbox_is_one_address_however_it_is_typed(client):
    for typed in (
        "Visitor@Example.CN",
        "ｖｉｓｉｔｏｒ＠ｅｘａｍｐｌｅ．ｃｎ",
        " visitor@example.cn ",
    ):
        assert ask(client, email=typed).status_code == 303
    assert Watch.objects.get().email == EMAIL


@pytest.mark.parametrize(
    "query",
    ["use=nothing&x=1", "area_min=-5", "area_min=NaN", "a" * 4000, "%00", "use=%FF&page=9"],
    ids=["unknown", "negative", "nan", "long", "nul", "bytes"],
)
def test_junk_in_the_search_asks_for_everything(client, query):
    assert ask(client, query=query).status_code == 303
    assert Watch.objects.get().query == ""


@pytest.mark.parametrize(
    "body", [b"\xff" * 40_000, b"email=" + b"a" * 20_000], ids=["bytes", "letters"]
)
def test_what_is_too_large_is_refused(client, body):
    answer = client.post(ASKED, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413


def test_english_readers_get_an_english_address(client):
    answer = ask(client, address="/en/spaces/watch/")
    assert answer["Location"] == "/en/spaces/watch/sent/"
    watch = Watch.objects.get()
    assert watch.language == "en"
    assert Notice.objects.get().link == f"/en{page_of(watch)}"


@pytest.mark.django_db(transaction=True)
def test_confirming_twice_at_once_confirms_once():
    watch = a_watch(confirmed_at=None)
    start, done = Barrier(2), []

    def confirm():
        start.wait()
        try:
            done.append(watching.confirm(watch))
        finally:
            connection.close()

    threads = [Thread(target=confirm) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, True]


def test_after_a_year_the_page_asks_again(client):
    watch = a_watch(confirmed_at=timezone.now() - timedelta(days=366))
    assert "继续订阅" in client.get(page_of(watch)).content.decode()
    client.post(page_of(watch), {"action": "confirm"})
    watch.refresh_from_db()
    assert watch.is_confirmed()


def test_a_mail_to_a_visitor_has_the_button_that_ends_it(client):
    ask(client)
    notice = Notice.objects.get()
    channels.deliver(
        channel="mail",
        address=notice.address,
        subject=notice.subject,
        body=notice.body,
        link=notice.link,
        unsubscribe=notice.unsubscribe,
    )
    (sent,) = mail.outbox
    address = f"https://www.example.cn{page_of(Watch.objects.get())}"
    assert sent.extra_headers == {
        "List-Unsubscribe": f"<{address}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert sent.body.endswith(f"{address}\n\n")
    assert "要登录" not in sent.body


def test_the_form_stands_for_the_search_of_its_address():
    page = Client().get(f"{ASKED}?{QUERY}&nothing=1").content.decode()
    assert 'name="query" value="use=storage&amp;area_min=500"' in page
