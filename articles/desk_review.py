"""Review at the desk: 送审 in the form, 退回修改 and 撤回送审 beside it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from . import commenting, desk_comments, drafting, reviewing
from .desk_acts import MOST_REASON, OUTDATED, article_for, back, reason_of
from .models import Article


def routes(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    def act(name: str, view: Callable) -> URLPattern:
        def opened(request: HttpRequest, pk: int) -> HttpResponse:
            return view(model_admin, request, pk)

        guarded = model_admin.admin_site.admin_view(require_POST(opened))
        return path(f"<int:pk>/{name}/", guarded, name=f"articles_article_{name.replace('-', '_')}")

    return [act("send-back", _send_back), act("withdraw-submission", _withdraw)]


def after_saving(request: HttpRequest, article: Article, *, is_publishing: bool) -> None:
    """What the form's buttons do beside saving: 送审 submits what was just saved; 发布 tells of
    comments that are still open, and stops at none."""
    if is_publishing:
        if number := commenting.count_open(article):
            messages.warning(request, f"已经发布，但还有 {number} 条批注没有解决。")
        return
    if "_submit" not in request.POST:
        return
    notes = [text.replace("\x00", "").strip() for text in request.POST.getlist("submit_note")]
    note = next(filter(None, notes), "")[:MOST_REASON]
    try:
        reviewing.submit(article, request.user, note, version=article.version)
    except reviewing.Refused as why:
        messages.warning(request, str(why))
    except drafting.Outdated:
        messages.error(request, OUTDATED)
    else:
        messages.success(request, f"“{article}”已送审：编辑会看到，发布或退回都记在“经过”里。")


def beside(article: Article) -> dict[str, Any]:
    """What the form's page knows of the review and of the comments."""
    return {
        "review": reviewing.latest(article),
        "compare_url": _compare(article),
        **desk_comments.panel(article),
    }


def _compare(article: Article) -> str:
    """Where what was saved last stands against what readers see; '' where they see nothing else."""
    return reverse("admin:articles_article_compare", args=[article.pk]) if article.has_draft else ""


def _send_back(model_admin: admin.ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    article = article_for(model_admin, request, pk, publish=True)
    try:
        reviewing.send_back(article, request.user, reason_of(request, "return_reason"))
    except reviewing.Refused as why:
        return back(request, article, str(why), messages.ERROR)
    return back(request, article, f"“{article}”已退回，作者会看到要改什么。")


def _withdraw(model_admin: admin.ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    article = article_for(model_admin, request, pk)
    try:
        reviewing.withdraw(article, request.user)
    except reviewing.Refused as why:
        return back(request, article, str(why), messages.WARNING)
    return back(request, article, f"“{article}”已撤回送审。")
