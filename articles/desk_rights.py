"""Reposts whose rights nobody has cleared, by medium: ask it once, clear all of its articles.

Until then search engines get none of them (Article.is_indexable).
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from parkcms.ledger.guarded import is_key
from parkcms.publication.admin import why

from . import drafting
from .content import Content
from .desk_bulk import MOST, tell
from .models import Article

AT_ONCE = 100  # on a page
MOST_MEDIA = 300
UNSIGNED = "未署名"


class ClearingForm(forms.Form):
    """What a medium has said about its articles."""

    use_required_attribute = False

    rights = forms.ChoiceField(
        label="确认为",
        choices=[
            (value, label)
            for value, label in Article.Rights.choices
            if value in {Article.Rights.AUTHORISED, Article.Rights.PUBLIC}
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "请选是授权转载还是公开信息。"},
    )
    basis = forms.CharField(
        label="依据",
        max_length=Article._meta.get_field("rights_basis").max_length,
        help_text="授权转载会印在页面上，如“2026-03-02 来源媒体邮件同意，存档 A-12”。",
        error_messages={"required": "请写依据。"},
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    said_by = forms.CharField(
        label="谁说的",
        max_length=200,
        help_text="只记在台账里，如“版权部邮件，编辑部经手”。",
        error_messages={"required": "请写是谁说的。"},
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    unsigned = forms.BooleanField(
        label=f"没写原作者的，写“{UNSIGNED}”（原文确实没有署名）", required=False
    )
    same_title = forms.BooleanField(
        label="没写原标题的，照抄本站标题（原文就是这个标题）", required=False
    )

    def missing(self) -> dict[str, Any]:
        """What is to stand where an article says nothing."""
        words = {}
        if self.cleaned_data["unsigned"]:
            words["writer"] = _unsigned
        if self.cleaned_data["same_title"]:
            words["original_title"] = _title
        return words


def _unsigned(said: Content) -> str:
    return UNSIGNED


def _title(said: Content) -> str:
    return said["title"]


def routes(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    def opened(request: HttpRequest) -> HttpResponse:
        if not (model_admin.has_change_permission(request) and model_admin.may_publish(request)):
            raise PermissionDenied
        if request.method == "POST":
            return _clear(model_admin, request)
        publisher = request.GET.get("publisher")
        if publisher is None:
            return _media(model_admin, request)
        return _source(model_admin, request, publisher, ClearingForm())

    guarded = model_admin.admin_site.admin_view(opened)
    return [path("rights/", guarded, name="articles_article_rights")]


def unclear(articles: QuerySet[Article]) -> QuerySet[Article]:
    return articles.filter(rights=Article.Rights.UNVERIFIED)


def _media(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Each medium with its number of articles and the newest; one query."""
    rows = unclear(model_admin.get_queryset(request)).order_by().values("publisher")
    counted = rows.annotate(number=Count("pk"), newest=Max("publish_at"))
    found = list(counted.order_by("-number", "publisher")[: MOST_MEDIA + 1])
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "转载权利核实",
        "opts": model_admin.opts,
        "media_rows": found[:MOST_MEDIA],
        "is_cut": len(found) > MOST_MEDIA,
        "total": sum(row["number"] for row in found[:MOST_MEDIA]),
    }
    return TemplateResponse(request, "admin/articles/article/rights.html", context)


def _of(model_admin: admin.ModelAdmin, request: HttpRequest, publisher: str) -> QuerySet[Article]:
    own = unclear(model_admin.get_queryset(request))
    return own.filter(publisher=publisher.replace("\x00", "")).order_by("-pk")


def _source(
    model_admin: admin.ModelAdmin, request: HttpRequest, publisher: str, form: ClearingForm
) -> HttpResponse:
    rows = _of(model_admin, request, publisher)
    before = request.GET.get("before", "")
    if is_key(before):
        rows = rows.filter(pk__lt=int(before))
    shown = rows.only("title", "publish_at", "taken_down_at", "expire_at", "writer",
                      "original_title", "source_date", "source_url")  # fmt: skip
    found = list(shown[: AT_ONCE + 1])
    ticked = set(request.POST.getlist("article"))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"转载权利核实：{publisher or '没写来源的'}",
        "opts": model_admin.opts,
        "publisher": publisher,
        "rows": [(row, _wants(row), str(row.pk) in ticked) for row in found[:AT_ONCE]],
        "next_key": found[AT_ONCE - 1].pk if len(found) > AT_ONCE else "",
        "is_first": not before,
        "form": form,
        "takes_all": "all" in request.POST,
        "most": MOST,
    }
    return TemplateResponse(request, "admin/articles/article/rights_source.html", context)


def _wants(row: Article) -> list[str]:
    """What an authorised repost has to print and this one does not say yet."""
    wanted = (
        ("原标题", row.original_title),
        ("原作者", row.writer),
        ("原文日期", str(row.source_date)),
    )
    return [word for word, said in wanted if not said]


@transaction.atomic
def _clear(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    publisher = request.POST.get("publisher", "").replace("\x00", "")
    form = ClearingForm(request.POST)
    keys = [int(key) for key in request.POST.getlist("article") if is_key(key)]
    takes_all = "all" in request.POST
    if not (keys or takes_all):
        form.add_error(None, "请勾选文章，或选“这个来源的全部”。")
    if len(keys) > MOST:
        form.add_error(None, f"一次最多 {MOST} 篇。")
    if not form.is_valid():
        return _source(model_admin, request, publisher, form)
    rows = _of(model_admin, request, publisher)
    chosen = rows if takes_all else rows.filter(pk__in=keys)
    articles = list(chosen.order_by("pk")[: MOST + 1])
    done, refused = 0, []
    for article in articles[:MOST]:
        if reason := _cleared(model_admin, request, article, form):
            refused.append((article, reason))
        else:
            done += 1
    if len(articles) > MOST:
        text = f"一次最多 {MOST} 篇，后面的还在列表里：再做一次。"
        model_admin.message_user(request, text, messages.WARNING)
    tell(model_admin, request, "确认权利", done, refused)
    page = reverse("admin:articles_article_rights")
    is_left = _of(model_admin, request, publisher).exists()
    return HttpResponseRedirect(
        f"{page}?{urlencode({'publisher': publisher})}" if is_left else page
    )


def _cleared(
    model_admin: admin.ModelAdmin, request: HttpRequest, article: Article, form: ClearingForm
) -> str:
    """Why it was not cleared, or ''."""
    if not model_admin.has_change_permission(request, article):
        return "不归您编辑。"
    said = form.cleaned_data
    try:
        with transaction.atomic():
            is_done = drafting.clear_rights(
                article,
                request.user,
                rights=said["rights"],
                basis=said["basis"],
                reason=said["said_by"],
                missing=form.missing(),
            )
    except (IntegrityError, ValidationError) as error:
        return why(article, error)
    return "" if is_done else "同事刚确认过。"
