"""What is done to an article beside writing it: one POST each, with its reason, one Act."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from parkcms.ledger.guarded import is_key

from . import drafting
from .models import Article

MOST_REASON = 500
OUTDATED = "别人刚保存过这篇，请看过新的内容再来。"


def article_for(
    model_admin: admin.ModelAdmin, request: HttpRequest, pk: int, *, publish: bool = False
) -> Article:
    """The article if this person may change it (with ``publish``: publish it).

    Raises Http404 for what they can't see, PermissionDenied for what they may not do.
    """
    article = model_admin.get_queryset(request).select_related("draft").filter(pk=pk).first()
    if article is None:
        raise Http404("no such article")
    may = model_admin.has_change_permission(request, article)
    if not may or (publish and not model_admin.may_publish(request, article)):
        raise PermissionDenied
    return article


def reason_of(request: HttpRequest, name: str = "reason") -> str:
    """The reason as typed, without what no column takes."""
    return request.POST.get(name, "").replace("\x00", "").strip()[:MOST_REASON]


def version_of(request: HttpRequest) -> int | None:
    given = request.POST.get("version", "")
    return int(given) if is_key(given) else -1


def back(
    request: HttpRequest, article: Article, said: str, level: int = messages.SUCCESS
) -> HttpResponse:
    """To the article's form, with a sentence."""
    messages.add_message(request, level, said)
    return HttpResponseRedirect(reverse("admin:articles_article_change", args=[article.pk]))


def routes(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    def act(name: str, view: Callable) -> URLPattern:
        def opened(request: HttpRequest, pk: int) -> HttpResponse:
            return view(model_admin, request, pk)

        guarded = model_admin.admin_site.admin_view(require_POST(opened))
        return path(f"<int:pk>/{name}/", guarded, name=f"articles_article_{name.replace('-', '_')}")

    return [
        act("take-down", _take_down),
        act("put-back", _put_back),
        act("discard", _discard),
    ]


def _take_down(model_admin: admin.ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    article = article_for(model_admin, request, pk, publish=True)
    reason = reason_of(request, "take_down_reason")
    if not reason:
        return back(request, article, "没有下线：请写明原因，如“来源要求删除”。", messages.ERROR)
    if article.publish_at is None or article.taken_down_at:
        return back(request, article, "这篇不在线上。", messages.WARNING)
    article.take_down(request.user, reason)
    said = f"“{article}”已下线，内容都还在：这个地址现在答“已下线”，随时可以恢复。"
    return back(request, article, said)


def _put_back(model_admin: admin.ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    article = article_for(model_admin, request, pk, publish=True)
    if not article.taken_down_at:
        return back(request, article, "这篇没有下线。", messages.WARNING)
    article.put_back(request.user, reason_of(request, "take_down_reason"))
    return back(request, article, f"“{article}”已恢复上线，内容和下线前一样。")


def _discard(model_admin: admin.ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    article = article_for(model_admin, request, pk)
    if not article.has_draft:
        return back(request, article, "没有未发布的改动。", messages.WARNING)
    try:
        drafting.discard(article, request.user, version=version_of(request))
    except drafting.Outdated:
        return back(request, article, OUTDATED, messages.ERROR)
    return back(request, article, "草稿已丢弃，表单里是读者看到的内容；丢掉的还在“版本”里。")
