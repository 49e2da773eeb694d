"""Error pages. They ask no database, for it may be what is missing."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from parkcms.language.address import in_language, language_of
from parkcms.people import session_ends
from parkcms.publication.models import Gone


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form of the desk that a page of ours sent comes back with what was typed."""
    kept = session_ends.kept(request) if session_ends.is_of_this_site(request) else None
    return kept or _page(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 410 if isinstance(exception, Gone) else 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Called while the exception is being handled, so a lost database is told apart here too."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return database_away(request)
    return _page(request, 500)


def database_away(request: HttpRequest) -> HttpResponse:
    response = _page(request, 503)
    response["Retry-After"] = "30"
    return response


def _words(status: int) -> tuple[str, str]:
    """(heading, what to do) in the active language."""
    return {
        400: (_("这个请求看不懂"), _("网址里有不该有的内容。请检查网址，或从首页开始。")),
        403: (_("不能这样打开"), _("页面可能过期了：请返回上一页刷新后再试。")),
        410: (_("这个页面已经下线"), _("它原来在这里，已经由编辑撤下。")),
        404: (_("没有这个页面"), _("它可能改了地址、已经下线，或者从来没有过。")),
        503: (_("资料库暂时连不上"), _("我们没有丢失任何内容，请过半分钟再打开。")),
    }.get(status, (_("页面出错了"), _("问题在我们这边，已经记录下来。请稍后再试。")))


def _page(request: HttpRequest, status: int) -> HttpResponse:
    path = request.path_info
    language = language_of(path)
    with override(language):
        heading, advice = _words(status)
        context = {
            "status": status,
            "heading": heading,
            "advice": advice,
            "language": "en" if language == "en" else "zh-Hans",
            "home": in_language("/", language),
            "is_desk": path.startswith("/admin/"),
        }
        page = render_to_string("error.html", context)
    return HttpResponse(page, status=status, headers={"Cache-Control": "no-store"})
