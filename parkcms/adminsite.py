"""The desk: the stock admin with our rules, and a first screen that says what wants doing today."""

from collections.abc import Callable
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.contrib.contenttypes.views import shortcut
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods
from django.views.i18n import JavaScriptCatalog

from parkcms.people import desk_second_factor

METHODS = ["GET", "HEAD", "POST"]


class Desk(admin.AdminSite):
    site_header = "园区招商工作台"
    site_title = "工作台"
    index_title = "今天要办"
    index_template = "admin/today.html"
    enable_nav_sidebar = True

    def admin_view(self, view: Callable, cacheable: bool = False) -> Callable:
        """Behind the log-in and the second factor; only what a page or a form asks for.

        Django's own views take a PUT or a DELETE for a GET.
        """
        wrapped = super().admin_view(view, cacheable)
        wrapped = desk_second_factor.guarded(wrapped, self.has_permission)
        return require_http_methods(METHODS)(csp_replace(settings.ADMIN_CSP)(wrapped))

    def get_urls(self) -> list[URLPattern]:
        on_site = self.admin_view(self.on_site)
        own = path("r/<int:content_type_id>/<int:object_id>/", on_site, name="view_on_site")
        find = path("find/", self.admin_view(self.find), name="find")
        return [own, find, *desk_second_factor.urls(self.admin_view), *super().get_urls()]

    @method_decorator(require_http_methods(METHODS))
    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return super().login(request, extra_context)

    def on_site(self, request: HttpRequest, content_type_id: int, object_id: int) -> HttpResponse:
        """A row's page on the site; not of a model whose admin says there is none for the desk.

        Django's own answers with the address of any row to anybody who may log in.
        """
        kind = ContentType.objects.filter(pk=content_type_id).first()
        known = self._registry.get(kind.model_class()) if kind else None
        if known is None or known.view_on_site is False:
            raise Http404("no page of it on the site")
        return shortcut(request, content_type_id, object_id)

    def find(self, request: HttpRequest) -> HttpResponse:
        from . import finding  # see index

        return finding.find(request)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **super().each_context(request),
            "profile_is_local": settings.PROFILE == "local",
            "site_url": "/",
        }

    def i18n_javascript(
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        """All scripts' words, the editor's too (locale/zh_Hans/LC_MESSAGES/djangojs.po)."""
        return JavaScriptCatalog.as_view()(request)

    def index(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """What wants doing; what is done with is named in one line, so that the screen is short."""
        from . import tasks  # knows every room, none of which is loaded with this module

        found = tasks.tasks_for(request)
        context = {
            "tasks": [task for task in found if task.rows],
            "done": [task for task in found if not task.rows],
        }
        return super().index(request, context | (extra_context or {}))
