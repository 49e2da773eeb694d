"""What nobody would send by hand: answered with a clear error, never with one of ours."""

from itertools import product

import pytest
from desk_forms import at_the_desk, errors, filled, page_of, send
from django import forms
from django.contrib import admin
from django.test import Client
from factories import (
    a_broken_link,
    a_citation,
    a_complaint,
    a_contact,
    a_document,
    a_figure,
    a_milestone,
    a_missing,
    a_note,
    a_notice,
    a_park,
    a_person,
    a_phase,
    a_picture,
    a_policy,
    a_recipient,
    a_redirect,
    a_space,
    a_tag,
    a_watch,
    an_alarm,
    an_article,
    an_enquiry,
    an_industry,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles.models import Article
from leads.models import Enquiry, Recipient, RetentionRun
from parkcms.ledger.models import Act
from parkcms.models import OwnersText, SiteProfile
from parkcms.people.models import User
from parks.models import Figure, Park, Space

pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
BY_LABEL = {"ids": lambda model: model._meta.label}
MOST_USED = {Article, Figure}
JUNK = [
    "", "x", "-1", "0", "99999999999999999999999", "1e999999", "NaN", "%ff", "1,x", "(", "[", "{",
    "0001-01-01", "99999-01-01", "True", "%5C", "%25", "'%22", "%F0%9F%98%80", "../../etc/passwd",
]  # fmt: skip
LOOKUPS = [
    "", "exact", "in", "isnull", "isempty", "gte", "lt", "regex", "iregex", "year", "date", "range",
    "contains", "search", "unaccent", "trigram_similar", "contained_by", "has_key", "overlap",
    "len", "0", "id__exact", "month", "week_day", "startswith", "id", "pk",
]  # fmt: skip


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def owner():
    return a_person("zhanzhang", "站长")


@pytest.fixture
def desk(owner):
    """A client that shows an error of ours as a 500 instead of raising it."""
    return at_the_desk(Client(raise_request_exception=False), owner)


@pytest.fixture
def root():
    user = User.objects.create(username="root", is_superuser=True, is_staff=True)
    return at_the_desk(Client(raise_request_exception=False), user)


def populate():
    park = a_park()
    figure = a_figure(park, phase=a_phase(park))
    a_milestone(park)
    a_space(park)
    an_industry(park)
    a_contact()
    a_picture(size=(64, 40))
    a_document()
    a_citation(an_article(tags=[a_tag()], parks=[park]), figure, "x")
    a_notice()
    a_note(an_enquiry(park=park, held=True))
    a_recipient(park=park)
    an_alarm()
    RetentionRun.objects.create(report={})
    a_complaint()
    a_redirect()
    a_policy([park])
    a_watch()
    a_missing()
    a_broken_link()
    Act.record(None, "add", park)


def some_of(names, start, each=3):
    """(name, junk): a few values for each name, others for the next, all of them in the end."""
    for number, name in enumerate(names, start):
        for step in range(each):
            yield name, JUNK[(number * each + step) % len(JUNK)]


def row_of(model):
    populate()
    return model._default_manager.order_by("pk").first()


@pytest.mark.parametrize("model", MODELS, **BY_LABEL)
def test_a_list_survives_any_value_of_its_own_parameters(root, model):
    populate()
    url = page_of(model, "changelist")
    names = ["q", "p", "o", "e", "all", "live", "kept", "status", "whose", "due", "_popup",
             "_to_field", "_facets", "t", "x", "_changelist_filters", "_popup=1&x"]  # fmt: skip
    for name, junk in some_of(names, MODELS.index(model)):
        status = root.get(f"{url}?{name}={junk}").status_code
        assert status in {200, 302, 400}, (name, junk, status)


def filters_of(model):
    """Parameters the list's own filters read, with the comparisons they write."""
    for chosen in admin.site._registry[model].list_filter:
        name = chosen[0] if isinstance(chosen, tuple) else chosen
        if isinstance(name, str):
            yield from (f"{name}__{end}" for end in ("exact", "id__exact", "isnull", "isempty"))
            yield name


@pytest.mark.parametrize("model", MODELS, **BY_LABEL)
def test_a_list_survives_any_value_of_its_filters(root, model):
    populate()
    url = page_of(model, "changelist")
    for name, junk in some_of(filters_of(model), MODELS.index(model)):
        status = root.get(f"{url}?{name}={junk}").status_code
        assert status in {200, 302, 400}, (name, junk, status)


@pytest.mark.parametrize("model", [Figure, Space, Article, Act, User, Enquiry], **BY_LABEL)
def test_a_list_survives_any_comparison_in_its_address(root, model):
    """Django takes every lookup there is and leaves some to fail in the database."""
    populate()
    url = page_of(model, "changelist")
    fields = [field.name for field in model._meta.get_fields()]
    kinds = {type(model._meta.get_field(name)): name for name in fields}
    for number, (name, lookup) in enumerate(product(kinds.values(), LOOKUPS)):
        junk = JUNK[number * 7 % len(JUNK)]
        address = f"{url}?{name}{'__' if lookup else ''}{lookup}={junk}"
        status = root.get(address).status_code
        assert status in {200, 302, 400}, (address, status)


@pytest.mark.parametrize(
    "query",
    ["title__regex=(", "title__unaccent=x", "publish_at__year=99999999",
     "body__search=x", "author__password__startswith=p", "author__email__regex=x"],
)  # fmt: skip
def test_a_comparison_nobody_was_handed_is_a_bad_request(desk, query):
    assert desk.get(f"{page_of(Article, 'changelist')}?{query}").status_code == 400


def test_a_number_no_column_holds_is_a_bad_request(desk):
    a_figure(a_park())
    url = page_of(Figure, "changelist")
    assert desk.get(f"{url}?value__gte=1e200000").status_code == 400
    assert desk.get(f"{url}?value__gte=1").status_code == 200


@pytest.mark.parametrize("model", MODELS, **BY_LABEL)
def test_a_row_nobody_has_leads_back_to_the_desk(root, model):
    row = row_of(model)
    for page in ("change", "delete", "history"):
        _leads_back(root, row, page_of(row, page))


def _leads_back(root, row, url):
    for junk in ("x", "0", "-1", "99999999999999999999999", "%ff", "1.5", "_5F", "%F0%9F%98%80",
                 "1%0A", "' OR 1=1", "__"):  # fmt: skip
        address = url.replace(f"/{row.pk}/", f"/{junk}/")
        for method in (root.get, root.post):
            status = method(address).status_code
            assert status in {302, 403, 404}, (address, status)


@pytest.mark.parametrize(
    "model", [m if m in MOST_USED else pytest.param(m, marks=pytest.mark.long) for m in MODELS]
)
def test_a_form_survives_anything_its_address_fills_in(root, model):
    populate()
    url = page_of(model, "add")
    if root.get(url).status_code == 403:
        return
    names = [field.name for field in model._meta.get_fields()]
    for junk in JUNK:
        query = "&".join(f"{name}={junk}" for name in names)
        assert root.get(f"{url}?{query}").status_code == 200, junk


def test_what_an_address_fills_in_is_in_the_form_where_it_can_be_read(desk):
    park = a_park()
    query = f"park={park.pk}&metric=gfa&value=12.5&as_of=2021年上半年&source=x&phase=99999999999"
    data = filled(desk, f"{page_of(Figure, 'add')}?{query}")
    shown = {name: data[name] for name in ("park", "metric", "value", "as_of")}
    wanted = {"park": str(park.pk), "metric": "gfa", "value": "12.5", "as_of": "2021-H1"}
    assert shown == {name: [value] for name, value in wanted.items()}
    assert not data.get("source")
    assert not data.get("phase", [""])[0]


def test_looking_up_names_survives_junk(desk):
    populate()
    good = {"app_label": "parks", "model_name": "figure", "field_name": "source", "term": "报"}
    assert desk.get("/admin/autocomplete/", good).status_code == 200
    junk = [
        "",
        "x",
        "y" * 900,
        "😀",
        "../",
        "0",
        "-1",
        "9" * 30,
        "%",
        "\\",
        "'",
        "source__publisher",
    ]
    for name, value in product([*good, "page"], junk):
        status = desk.get("/admin/autocomplete/", good | {name: value}).status_code
        assert status in {200, 403, 404}, (name, value, status)
    for missing in good:
        query = {name: value for name, value in good.items() if name != missing}
        assert desk.get("/admin/autocomplete/", query).status_code in {200, 403}
    assert desk.post("/admin/autocomplete/", good).status_code == 405


@pytest.mark.parametrize("action", ["publish_selected", "delete_selected", "nothing", "", "\x00"])
@pytest.mark.parametrize(
    "ticked", [["x"], [""], ["1", "x"], ["9" * 30], ["-1"], ["\x00"], ["１"], ["1"] * 300, []]
)
def test_ticked_rows_nobody_has_do_nothing(desk, action, ticked):
    article = an_article(publish_at=None)
    data = {"action": action, "_selected_action": ticked, "index": "0"}
    for more in ({}, {"index": "x"}):
        status = desk.post(page_of(Article, "changelist"), data | more).status_code
        assert status in {200, 302, 400}, (more, status)
    article.refresh_from_db()
    assert article.publish_at is None


@pytest.mark.parametrize("model", [Article, Park, Space, Figure, Enquiry, Recipient], **BY_LABEL)
def test_a_form_of_nothing_or_of_junk_is_sent_back_or_refused(root, model):
    desk, row = root, row_of(model)
    before = model.objects.values().get(pk=row.pk)
    junk = [
        {},
        {"_save": "1"},
        {name: ["x"] for name in filled(desk, page_of(row))},
        {name: ["9" * 40] for name in filled(desk, page_of(row))},
        {name: [""] for name in filled(desk, page_of(row))},
        {name: ["a\x00b"] for name in filled(desk, page_of(row))},
        {name: ["1", "2", "3"] for name in filled(desk, page_of(row))},
        {"_to_field": "password"},
        {"_popup": "1", "_to_field": "x"},
        {"_saveasnew": "1"},
    ]
    for data in junk:
        response = desk.post(page_of(row), data)
        refused = {403} if model is Enquiry and "_saveasnew" in data else set()  # is never added
        assert response.status_code in {200, 400} | refused, data
    assert model.objects.values().get(pk=row.pk) == before


def test_a_form_that_claims_thousands_of_rows_is_drawn_with_no_more_than_two_hundred(desk):
    park = a_park()
    data = filled(desk, page_of(park)) | {"aliases-TOTAL_FORMS": ["99999"]}
    response = desk.post(page_of(park), data)
    assert response.status_code == 200
    drawn = response.content.decode().count('name="aliases-')
    assert drawn <= 5 * 201 + 4


def inputs_of(form):
    """(field, name of an input) for each input of the form's fields that takes words."""
    for name, field in form.fields.items():
        is_ticked = isinstance(field.widget, forms.CheckboxInput | forms.NullBooleanSelect)
        if not is_ticked and not field.disabled:
            for end in getattr(field.widget, "widgets_names", [""]):
                yield name, f"{name}{end}"


@pytest.mark.parametrize(
    "model",
    [Article, Park, Space, Figure, SiteProfile, OwnersText, User, Enquiry, Recipient],
    **BY_LABEL,
)
def test_a_nul_byte_in_any_field_is_an_error_at_that_field(root, model):
    populate()
    row = OwnersText(
        key="about", title_zh="题", title_en="T", body_zh="<p>文</p>", body_en="<p>x</p>"
    )
    if model is OwnersText:
        row.save()
    else:
        row = model._default_manager.order_by("pk").first()
    page = root.get(page_of(row))
    data = filled(root, page_of(row))
    inputs = list(inputs_of(page.context["adminform"].form))
    assert len(inputs) >= 3
    response = root.post(page_of(row), data | {one: ["1\x002"] for _, one in inputs})
    told = errors(response)
    assert {name for name, _ in inputs} <= set(told)


DATES = ["2023-02-29", "2024-13-01", "2024-00-10", "9999-99-99", "0000-01-01", "today", "09-21",
         "2024-1-1-1", "-2024-01-01", "99999-01-01", "１２", "2024-02-30T00:00"]  # fmt: skip


@pytest.mark.parametrize("date", DATES)
def test_an_impossible_date_is_an_error_at_its_field(desk, date):
    moments, days = ("publish_at", "expire_at", "pinned_until"), ("event_date", "source_date")
    typed = {f"{name}_0": date for name in moments} | dict.fromkeys(days, date)
    typed |= {f"{name}_1": "08:00" for name in moments}
    told = errors(send(desk, page_of(an_article()), **typed))
    assert told == {key: ["invalid"] for key in moments} | {key: ["partial_date"] for key in days}
    typed = dict.fromkeys(("land_term_end", "valid_until", "available_from"), date)
    assert errors(send(desk, page_of(a_space()), **typed)) == {key: ["invalid"] for key in typed}


@pytest.mark.parametrize("time", ["25:00", "8 o'clock", "24:00:00", "-1:00", "08:60"])
def test_an_impossible_time_is_an_error_at_its_field(desk, time):
    answers = {"publish_at_0": "2026-01-01", "publish_at_1": time}
    assert errors(send(desk, page_of(an_article()), **answers)) == {"publish_at": ["invalid"]}


@pytest.mark.parametrize("year", ["0001", "0100", "1850", "9999"])
def test_a_year_no_site_had_is_an_error_at_its_field_and_no_trap_for_the_lists(desk, year):
    article, moments = an_article(), ("publish_at", "expire_at", "pinned_until")
    typed = {f"{name}_0": f"{year}-01-01" for name in moments}
    typed |= {f"{name}_1": "00:00" for name in moments}
    assert errors(send(desk, page_of(article), **typed)) == {key: ["year"] for key in moments}
    assert desk.get(page_of(Article, "changelist")).status_code == 200
    assert desk.get(page_of(article)).status_code == 200


def test_far_days_of_a_space_are_shown_again(desk):
    space = a_space()
    for day in ("0001-01-01", "9999-12-31"):
        answers = {"land_term_end": day, "valid_until": day, "available_from": day}
        assert send(desk, page_of(space), **answers).status_code == 302
        for url in (page_of(space), page_of(Space, "changelist"), space.get_absolute_url(),
                    f"/en{space.get_absolute_url()}", space.park.get_absolute_url()):  # fmt: skip
            assert desk.get(url).status_code == 200, url


@pytest.mark.parametrize("url", ["/admin/articles/article/add/", "/admin/login/"])
@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_form_of_five_megabytes_is_a_bad_request(desk, url, kind):
    big = "x" * 5_000_000
    head = '--x\r\nContent-Disposition: form-data; name="title"\r\n\r\n'
    body = f"title={big}" if "urlencoded" in kind else f"{head}{big}\r\n--x--\r\n"
    assert desk.generic("POST", url, body.encode(), content_type=kind).status_code == 400
    assert Article.objects.count() == 0


def test_a_form_of_too_many_fields_is_a_bad_request(desk):
    data = {f"f{n}": "x" for n in range(2_500)}
    assert desk.post(page_of(Article, "add"), data).status_code == 400


def test_bytes_that_are_no_text_are_kept_out_or_read_as_best_can_be(desk):
    article = an_article()
    data = filled(desk, page_of(article))
    pairs = [f"{name}={value}" for name, values in data.items() for value in values
             if name not in {"title", "body"}]  # fmt: skip
    body = "&".join(pairs).encode() + b"&title=a%ff%feb&body=<p>\xff</p>%ed%a0%80"
    response = desk.generic(
        "POST", page_of(article), body, content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code in {200, 302, 400}
    article.refresh_from_db()
    article.title.encode()
    article.body.encode()
    for charset in ("utf-7", "no-such-charset", "utf-16"):
        kind = f"application/x-www-form-urlencoded; charset={charset}"
        status = desk.generic("POST", page_of(article), body, content_type=kind).status_code
        assert status in {200, 302, 400}, charset


@pytest.mark.parametrize(
    "path",
    ["/admin/%00/", "/admin/%ff/", "/admin/articles/", "/admin/nothing/", "/admin/r/x/1/",
     "/admin/r/1/x/", "/admin/r/999999/1/", "/admin/r/99999999999999999999/1/",
     "/admin/r/1/999999999999999999999999999999/",
     "/admin/jsi18n/?x=1", "/admin/logout/", "/admin/password_change/?x=%ff", "/admin//", "/admin",
     "/admin/articles/article/add/x/", "/admin/articles/article/1/2/3/", "/admin/login/?next=%00",
     "/admin/doc/", "/admin/autocomplete", "/admin/articles/article?live=x",
     "/admin/parks/space/grid/?park=x", "/admin/parks/space/grid/?park=9999999999999999999",
     "/admin/parks/space/grid/?after=%ff&cols=x", "/admin/parks/space/spaces.xlsx?park=x",
     "/admin/parks/space/table.csv?park=-1", "/admin/parks/space/upload/?park=%ff",
     "/admin/parks/space/upload/999999999999999999999/", "/admin/parks/space/upload/0/apply/",
     "/admin/parks/space/upload/x/", "/admin/parks/space/upload/1/problems.csv",
     "/admin/?" + "x=1&" * 2000],
)  # fmt: skip
def test_an_odd_address_of_the_desk_has_a_clean_answer(desk, path):
    for method in (desk.get, desk.post, desk.put, desk.delete, desk.options, desk.head, desk.patch):
        status = method(path).status_code
        assert status < 500, (method, status)


def test_a_nul_byte_in_an_address_of_the_desk_is_a_bad_request(desk):
    for path in ("/admin/articles/article/?q=%00", "/admin/articles/article/%00/change/",
                 "/admin/autocomplete/?term=%00", "/admin/login/?next=/%00"):  # fmt: skip
        assert desk.get(path).status_code == 400


def test_a_form_from_elsewhere_is_refused(owner):
    article = an_article()
    client = at_the_desk(Client(enforce_csrf_checks=True), owner)
    response = client.post(page_of(article), {"title": "偷改"})
    assert response.status_code == 403
    assert "回到工作台" in response.content.decode()
    article.refresh_from_db()
    assert article.title != "偷改"


@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.sampled_from(["title", "body", "tags", "category", "publish_at_0", "publish_at_1",
                         "event_date", "source_url", "rights", "cover", "author",
                         "mentions-TOTAL_FORMS",
                         "mentions-0-park", "mentions-0-position", "citations-INITIAL_FORMS",
                         "_publish", "_take_down", "take_down_reason", "_popup"]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
        | st.sampled_from(["0", "1", "-1", "9" * 20, "1e9", "NaN", "2024-01-01"]),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_any_words_in_any_fields_of_an_article_have_a_clean_answer(desk, answers):
    article = Article.objects.first() or an_article()
    data = filled(desk, page_of(article)) | {name: [text] for name, text in answers.items()}
    assert desk.post(page_of(article), data).status_code in {200, 302, 400}
    assert desk.get(page_of(Article, "changelist")).status_code == 200
    assert Client(raise_request_exception=False).get("/articles/").status_code == 200


@pytest.mark.parametrize("button", ["claim", "reveal", "release", "invalid"])
def test_a_button_of_an_enquiry_survives_anything_that_is_sent_with_it(root, button):
    populate()
    enquiry = Enquiry.objects.get()
    url = f"/admin/leads/enquiry/{enquiry.pk}/{button}/"
    names = ["why", "why_invalid", "note", "note_kind", "status", "owner", "next_step",
             "next_step_on", "as_shown"]  # fmt: skip
    for junk in [*JUNK, "a\x00b", "9" * 3_000]:
        status = root.post(url, dict.fromkeys(names, junk)).status_code
        assert status in {200, 302, 400}, junk
    for key in ("x", "0", "-1", "9" * 30, "%ff", "1%0A"):
        address = f"/admin/leads/enquiry/{key}/{button}/"
        assert root.post(address, {"why": "contact"}).status_code in {302, 400, 404}, key
        assert root.get(address).status_code in {302, 400, 404}, key
    assert [act.verb for act in Act.objects.about(enquiry)] in ([], ["release"], ["claim"])
