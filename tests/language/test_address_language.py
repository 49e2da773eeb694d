"""The address alone decides the language of an answer."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from parkcms.language.address import AddressLanguage, in_language, language_of

PATHS = st.text("/enadmiparks?#=\\ \t", max_size=20) | st.text(max_size=20)


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("/", "zh-hans"),
        ("/en", "en"),
        ("/en/", "en"),
        ("/en/parks/", "en"),
        ("/enquiries/new/", "zh-hans"),
        ("/EN/", "zh-hans"),
        ("/english", "zh-hans"),
        ("/parks/en/", "zh-hans"),
        ("/admin/", "zh-hans"),
    ],
)
def test_only_addresses_below_en_are_english(path, language):
    assert language_of(path) == language


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("/", "/en/"),
        ("/parks/", "/en/parks/"),
        ("/parks/?as_of=2021", "/en/parks/?as_of=2021"),
        ("/enquiries/new/", "/en/enquiries/new/"),
        ("/administration/", "/en/administration/"),
    ],
)
def test_each_address_has_one_in_the_other_language(chinese, english):
    for path in (chinese, english):
        assert in_language(path, "en") == english
        assert in_language(path, "zh-hans") == chinese


def test_the_desk_has_one_language():
    for path in ("/admin/", "/admin", "/admin/parks/park/1/change/"):
        assert in_language(path, "en") == in_language(path, "zh-hans") == path


@pytest.mark.parametrize(
    "path",
    ["//example.com", "/en//example.com", "/\\example.com", "/\t/example.com", "example.com"],
)
def test_no_address_leads_to_another_host(path):
    assert in_language(path, "zh-hans") == "/example.com"
    assert in_language(path, "en") == "/en/example.com"


@given(PATHS, st.sampled_from(["en", "zh-hans"]))
def test_the_answer_is_in_the_language_asked_for_and_stays_there(path, language):
    answer = in_language(path, language)
    assert in_language(answer, language) == answer
    assert not answer.startswith(("//", "/\\"))
    if in_language(path, "zh-hans").partition("?")[0].rstrip("/") != "/admin":
        is_desk = in_language(path, "zh-hans").startswith("/admin/")
        assert language_of(answer.partition("?")[0]) == ("zh-hans" if is_desk else language)


def answer(path, view=None, **headers):
    seen = {}

    def remember(request):
        seen.update(active=translation.get_language(), code=request.LANGUAGE_CODE)
        return HttpResponse()

    response = AddressLanguage(view or remember)(RequestFactory().get(path, headers=headers))
    return seen, response


@pytest.mark.parametrize(("path", "language"), [("/parks/", "zh-hans"), ("/en/parks/", "en")])
def test_a_page_is_made_in_the_language_of_its_address(path, language):
    seen, response = answer(path)
    assert seen == {"active": language, "code": language}
    assert response["Content-Language"] == language


def test_headers_and_cookies_do_not_decide():
    seen, response = answer(
        "/parks/", accept_language="en", cookie="django_language=en; language=en"
    )
    assert (seen["active"], response["Content-Language"]) == ("zh-hans", "zh-hans")
    assert "Vary" not in response


def test_a_language_a_view_names_itself_stays():
    _, response = answer("/en/", lambda request: HttpResponse(headers={"Content-Language": "zh"}))
    assert response["Content-Language"] == "zh"


def test_afterwards_the_thread_has_its_language_back():
    def fail(request):
        raise RuntimeError(translation.get_language())

    with translation.override("zh-hans"):
        answer("/en/")
        assert translation.get_language() == "zh-hans"
        with pytest.raises(RuntimeError, match="en"):
            answer("/en/", fail)
        assert translation.get_language() == "zh-hans"
    translation.deactivate_all()
    try:
        answer("/en/")
        assert translation.get_language() is None
    finally:
        translation.deactivate()
