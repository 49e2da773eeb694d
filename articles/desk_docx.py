"""打开 Word 文件: a .docx becomes a new draft, with its pictures in the library."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from parkcms.ledger.guarded import is_key
from parkcms.library.refusals import Refused

from . import content as contents
from . import drafting, markup, opening_docx, picturing
from .desk_picturing import to_describe
from .models import Article, Category

LIMITS = f".docx，{opening_docx.MAX_BYTES // 2**20} MB 以内；旧的 .doc 请先另存为 .docx。"


class WordFileForm(forms.Form):
    """The file, and the shelf the article will stand on."""

    category = forms.ModelChoiceField(
        Category.objects.order_by("position", "pk"), label="分类", empty_label="请选择"
    )
    file = forms.FileField(
        label="Word 文件",
        allow_empty_file=True,
        help_text=LIMITS,
        widget=forms.FileInput(attrs={"accept": ".docx"}),
    )

    def clean_file(self) -> opening_docx.Opened:
        file = self.cleaned_data["file"]
        try:
            opened = opening_docx.opened(file, file.name or "")
        except Refused as error:
            raise forms.ValidationError(str(error), code=error.code) from error
        if len(markup.clean(opened.text)) > markup.MAX_CHARACTERS:
            raise forms.ValidationError(
                f"正文超过 {markup.MAX_CHARACTERS:,} 字符，请拆成几篇。", code="too_long"
            )
        return opened


def routes(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    def from_docx(request: HttpRequest) -> HttpResponse:
        return _from_docx(model_admin, request)

    view = model_admin.admin_site.admin_view(
        require_http_methods(["GET", "HEAD", "POST"])(from_docx)
    )
    return [path("from-docx/", view, name="articles_article_from_docx")]


def _from_docx(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    if not model_admin.has_add_permission(request):
        raise PermissionDenied
    given = request.GET.get("category", "")
    form = WordFileForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        initial={"category": given} if is_key(given) else {},
    )
    if form.is_valid():
        article = _begin(request, form.cleaned_data)
        return HttpResponseRedirect(reverse("admin:articles_article_change", args=[article.pk]))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "打开 Word 文件",
        "opts": model_admin.opts,
        "form": form,
    }
    status = 422 if form.is_bound else 200
    template = "admin/articles/article/from_docx.html"
    return TemplateResponse(request, template, context, status=status)


def _begin(request: HttpRequest, chosen: dict[str, Any]) -> Article:
    """The draft, its pictures and all Acts, or none of them."""
    opened: opening_docx.Opened = chosen["file"]
    with transaction.atomic():
        taken = picturing.take_in(
            opened.text,
            request.user,
            most=opening_docx.MOST_PICTURES,
            read=opened.read,
            name=f"{opened.title} 的图",
        )
        article = Article(title=opened.title, category=chosen["category"], author=request.user)
        said = contents.own(article) | {"body": taken.body}
        drafting.begin(article, said, request.user)
    _tell(request, opened, taken)
    return article


def _tell(request: HttpRequest, opened: opening_docx.Opened, taken: picturing.Taken) -> None:
    messages.success(request, f"“{opened.title}”已成为一份草稿：看过、补好出处和权利，再发布。")
    if waiting := [row for row in taken.pictures if row.is_pending]:
        messages.warning(request, to_describe(waiting))
    said = list(opened.left_out)
    if taken.refused:
        said.append(f"{len(taken.refused)} 张图没有收进来（{taken.refused[0].rstrip('。')}）")
    if said:
        messages.warning(request, "；".join(said) + "。")
