"""The desk's previews: the real page beside the form, and the links for people without an account.

The page beside the form is the one page of the site that may stand in a frame, and only in one of
our own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from . import as_typed, drafting, preview_links, previewing
from .content import Content
from .desk_acts import article_for
from .models import Article, Autosave, PreviewLink

MOST_LISTED = 100
_FRAMED = {"frame-ancestors": [SELF]}


def routes(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    guard = model_admin.admin_site.admin_view

    def opened(view: Callable) -> Callable:
        def bound(request: HttpRequest, pk: int, **more: int) -> HttpResponse:
            return view(model_admin, request, pk, **more)

        return bound

    # Outside the desk's own wrapper: the outermost policy is the one that is sent.
    framed = csp_replace(_FRAMED)(guard(xframe_options_sameorigin(require_safe(opened(_preview)))))
    listed = guard(require_http_methods(["GET", "HEAD", "POST"])(opened(_links)))
    revoked = guard(require_POST(opened(_revoke)))
    return [
        path("<int:pk>/preview/", framed, name="articles_article_preview"),
        path("<int:pk>/preview-links/", listed, name="articles_article_preview_links"),
        path(
            "<int:pk>/preview-links/<int:link>/revoke/",
            revoked,
            name="articles_article_preview_revoke",
        ),
    ]


# --- beside the form ----------------------------------------------------------------------------


def _preview(model_admin: admin.ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """What was saved last; with ``?mine=1`` what this person typed since."""
    article = article_for(model_admin, request, pk)
    saved = drafting.working(article)
    mine = typed(model_admin, request, article, saved) if "mine" in request.GET else None
    words = "预览：正在写的内容，还没有保存。"
    if mine is None:
        is_live = article.is_published() and not article.has_draft
        words = "预览：和读者看到的一样。" if is_live else "预览：保存过的草稿，读者还看不到。"
    banner = previewing.Banner(words, is_framed=True)
    return previewing.page(request, article, saved if mine is None else mine, banner)


def typed(
    model_admin: admin.ModelAdmin, request: HttpRequest, article: Article, saved: Content
) -> Content | None:
    """What this person's page kept of their typing, where that is newer than what was saved.

    A field that can't be read says what it said before. None where there is nothing newer.
    """
    kept = Autosave.objects.filter(person=request.user, article=article).first()
    newest = article.revisions.first()
    if kept is None or kept.at <= (newest.saved_at if newest else article.updated_at):
        return None
    form_class = model_admin.get_form(request, article, change=True)
    return as_typed.read(form_class, _as_posted(kept.form), saved).content


def _as_posted(kept: Any) -> as_typed.Posted:
    """``{name: [values]}``, whatever stands in the row."""
    lists = kept.items() if isinstance(kept, dict) else ()
    return {
        name: [str(value) for value in values]
        for name, values in lists
        if isinstance(values, list) and values
    }


# --- for people without an account --------------------------------------------------------------


class LinkForm(forms.Form):
    """To whom a link goes, and to which day it is open."""

    given_to = forms.CharField(
        label="给谁看",
        max_length=100,
        help_text="只有工作台的人看得到，如“某园区陈经理，核对面积”。",
    )
    until = forms.DateField(
        label="有效至",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=f"到这一天结束，最多 {preview_links.MOST_DAYS} 天。",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.last = today + timedelta(days=preview_links.MOST_DAYS)
        self.fields["until"].widget.attrs |= {"min": f"{today}", "max": f"{self.last}"}
        self.initial.setdefault("until", today + timedelta(days=preview_links.USUAL_DAYS))

    def clean_until(self) -> Any:
        until = self.cleaned_data["until"]
        if until < timezone.localdate():
            raise forms.ValidationError("这一天已经过去了。", code="over")
        if until > self.last:
            raise forms.ValidationError(
                f"最多 {preview_links.MOST_DAYS} 天，到 {self.last} 为止。", code="too_far"
            )
        return until


@dataclass(frozen=True)
class Listed:
    """A link as the list shows it: its state in a word, and its address while it is open."""

    link: PreviewLink
    state: str
    address: str = ""

    @property
    def last_day(self) -> date:
        return preview_links.last_day(self.link)


def _links(model_admin: admin.ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    article = article_for(model_admin, request, pk)
    form = LinkForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        said = form.cleaned_data
        preview_links.make(article, request.user, said["until"], said["given_to"])
        messages.success(request, "预览链接做好了：复制下面的地址发出去，谁有地址谁就能看。")
        return _to_links(article)
    rows = article.preview_links.select_related("made_by")[:MOST_LISTED]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"预览链接：{article}",
        "opts": model_admin.opts,
        "original": article,
        "form": form,
        "links": [_listed(row) for row in rows],
        "most_listed": MOST_LISTED,
    }
    response = TemplateResponse(request, "admin/articles/article/preview_links.html", context)
    response["Cache-Control"] = "no-store, private"
    return response


def _listed(link: PreviewLink) -> Listed:
    if link.revoked_at:
        return Listed(link, "已收回")
    if not link.is_open():
        return Listed(link, "已过期")
    return Listed(link, "有效", settings.PARKCMS_ORIGIN + preview_links.path_of(link))


def _revoke(
    model_admin: admin.ModelAdmin, request: HttpRequest, pk: int, link: int
) -> HttpResponse:
    article = article_for(model_admin, request, pk)
    row = article.preview_links.select_related("article").filter(pk=link).first()
    if row is None:
        raise Http404("no such link")
    if preview_links.revoke(row, request.user):
        messages.success(request, "链接已收回：这个地址现在打不开了。")
    else:
        messages.warning(request, "这个链接本来就打不开了。")
    return _to_links(article)


def _to_links(article: Article) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:articles_article_preview_links", args=[article.pk]))
