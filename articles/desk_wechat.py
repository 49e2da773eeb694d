"""公众号: an article's text, title and summary, ready to be pasted into a WeChat public account."""

from collections.abc import Callable

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import escape
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from . import drafting, wechat
from .desk_acts import article_for
from .models import Article

# The preview is nothing but styled text; no script, no form, nothing from another host.
_PREVIEW = {"style-src": [UNSAFE_INLINE], "frame-ancestors": [SELF], "script-src": None}
_PAGE = (
    '<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>{title}</title></head>'
    '<body style="margin:16px;background-color:#ffffff;font-family:sans-serif">{text}</body></html>'
)


def routes(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    def opened(view: Callable) -> Callable:
        def bound(request: HttpRequest, pk: int) -> HttpResponse:
            return view(model_admin, request, pk)

        return require_safe(bound)

    guard = model_admin.admin_site.admin_view
    # Outside the desk's own wrapper: the outermost policy is the one that is sent.
    shown = csp_replace(_PREVIEW)(guard(xframe_options_sameorigin(opened(_view))))
    return [
        path("<int:pk>/wechat/", guard(opened(_page)), name="articles_article_wechat"),
        path("<int:pk>/wechat/view/", shown, name="articles_article_wechat_view"),
    ]


def _page(model_admin: admin.ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    article = article_for(model_admin, request, pk)
    content = drafting.working(article)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"公众号：{article}",
        "opts": model_admin.opts,
        "original": article,
        "copied": wechat.copied(article, content),
        "is_draft": article.has_draft or not article.is_published(),
        "is_unverified": content["rights"] in ("", Article.Rights.UNVERIFIED),
    }
    return TemplateResponse(request, "admin/articles/article/wechat.html", context)


def _view(model_admin: admin.ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """The text alone, as it will look; its pictures come from the host the desk is open at."""
    article = article_for(model_admin, request, pk)
    copied = wechat.copied(article, drafting.working(article), origin="")
    return HttpResponse(_PAGE.format(title=escape(copied.title), text=copied.html))
