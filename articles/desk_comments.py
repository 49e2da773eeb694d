"""Comments beside the form: one POST for each thing done. A script may ask for the panel alone and
put it in the place of the old one, so that what is typed in the form stays."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_POST

from parkcms.ledger.guarded import is_key

from . import commenting
from .desk_acts import article_for
from .models import Article, Comment
from .reviewing import Refused

# The header by which the script asks for the panel in the place of a whole page.
PANEL = "X-Panel"


def routes(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    def guarded(view: Callable, methods: Callable) -> Callable:
        def opened(request: HttpRequest, pk: int, **more: int) -> HttpResponse:
            return view(model_admin, request, pk, **more)

        return model_admin.admin_site.admin_view(methods(opened))

    def on_thread(act: Callable, name: str) -> URLPattern:
        def view(
            model_admin: admin.ModelAdmin, request: HttpRequest, pk: int, thread: int
        ) -> HttpResponse:
            return _on_thread(model_admin, request, pk, thread, act)

        return path(
            f"<int:pk>/comments/<int:thread>/{name}/",
            guarded(view, require_POST),
            name=f"articles_article_comment_{name}",
        )

    reading = require_http_methods(["GET", "HEAD", "POST"])
    return [
        path("<int:pk>/comments/", guarded(_comments, reading), name="articles_article_comments"),
        on_thread(_answer, "answer"),
        on_thread(_settle, "settle"),
        on_thread(_reopen, "reopen"),
    ]


def panel(article: Article) -> dict[str, Any]:
    """What the panel beside the form shows."""
    unsettled, settled = commenting.threads(article)
    return {"original": article, "threads": unsettled, "settled": settled}


def _comments(model_admin: admin.ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    article = article_for(model_admin, request, pk)
    if request.method != "POST":
        return _panel(request, article)
    occurrence = request.POST.get("occurrence", "1")
    return _done(
        request,
        article,
        lambda: commenting.comment(
            article,
            request.user,
            _words(request, "text"),
            _words(request, "quote"),
            int(occurrence) if is_key(occurrence) else 0,
        ),
        "批注已写下。",
    )


def _on_thread(
    model_admin: admin.ModelAdmin, request: HttpRequest, pk: int, thread: int, act: Callable
) -> HttpResponse:
    article = article_for(model_admin, request, pk)
    row = article.comments.filter(pk=thread, answers_to=None).first()
    if row is None:
        raise Http404("no such comment")
    return act(request, article, row)


def _answer(request: HttpRequest, article: Article, row: Comment) -> HttpResponse:
    text = _words(request, "text")
    return _done(
        request, article, lambda: commenting.answer(row, request.user, text), "回复已写下。"
    )


def _settle(request: HttpRequest, article: Article, row: Comment) -> HttpResponse:
    return _done(request, article, lambda: commenting.settle(row, request.user), "批注已解决。")


def _reopen(request: HttpRequest, article: Article, row: Comment) -> HttpResponse:
    return _done(request, article, lambda: commenting.reopen(row, request.user), "批注已重开。")


def _done(request: HttpRequest, article: Article, act: Callable, said: str) -> HttpResponse:
    refused = ""
    try:
        act()
    except Refused as why:
        refused = str(why)
    if request.headers.get(PANEL):
        return _panel(request, article, refused=refused, said="" if refused else said)
    messages.add_message(request, messages.ERROR if refused else messages.SUCCESS, refused or said)
    form = reverse("admin:articles_article_change", args=[article.pk])
    return HttpResponseRedirect(f"{form}#comments")


def _panel(request: HttpRequest, article: Article, **more: str) -> HttpResponse:
    """The panel alone, with a sentence where what was sent can't be done."""
    response = render(request, "admin/articles/article/_comments.html", panel(article) | more)
    response["Cache-Control"] = "no-store, private"
    return response


def _words(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\x00", "").replace("\r\n", "\n").strip()
