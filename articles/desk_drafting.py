"""The admin of a text that is drafted over the one readers see: Django's form, our verbs."""

from typing import Any

from django.contrib import messages
from django.forms import BaseFormSet, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from parkcms.publication.admin import PublishingAdmin

from . import content as contents
from . import drafting
from .models import Article


class DraftingAdmin(PublishingAdmin):
    """Shows what was saved last, and saves drafts; publishing is a button of its own."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict | None = None,
    ) -> HttpResponse:
        request.is_drafting = True
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Article | None:
        """In the form: the article as it was saved last; while it is saved, under a lock."""
        row = super().get_object(request, object_id, from_field)
        if row is None or not getattr(request, "is_drafting", False):
            return row
        if not self.has_change_permission(request, row):
            return row
        if request.method == "POST":
            Article.objects.select_for_update().only("pk").get(pk=row.pk)
            row.refresh_from_db()
        row.public_times = {"publish_at": row.publish_at, "expire_at": row.expire_at}
        row.working_content = drafting.working(row)
        contents.put_on(row, row.working_content)
        return row

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Article, inline: Any, prefix: str
    ) -> dict[str, Any]:
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        kwargs["queryset"] = kwargs["queryset"].none()
        said = getattr(obj, "working_content", None)
        if request.method != "POST" and said is not None:
            kwargs["initial"] = inline.formset.rows(said)
        return kwargs

    def save_model(self, request: HttpRequest, obj: Article, form: ModelForm, change: bool) -> None:
        """Nothing yet: what hangs on the article belongs to the same content."""
        if not change and obj.author_id is None:
            obj.author = request.user

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: list[BaseFormSet], change: bool
    ) -> None:
        article, said = form.instance, self._content(form, formsets)
        if not change:
            drafting.begin(article, said, request.user)
        version = form.cleaned_data.get("version") if change else article.version
        if form.is_publishing:
            drafting.publish(article, request.user, content=said, version=version)
        elif change:
            drafting.save(article, said, request.user, version=version)
        if change and "author" in form.fields:
            drafting.assign(article, request.user, form.cleaned_data["author"])
        self.after_saving(request, article)

    def after_saving(self, request: HttpRequest, article: Article) -> None:
        """For what a button does beside saving."""

    def _content(self, form: ModelForm, formsets: list[BaseFormSet]) -> contents.Content:
        said = contents.own(form.instance)
        said["tags"] = sorted(form.cleaned_data.get("tags", []))
        for formset in formsets:
            name = "parks" if formset.prefix == "mentions" else formset.prefix
            said[name] = formset.content()
        return said

    def construct_change_message(self, *args: Any, **kwargs: Any) -> list:
        return []

    def log_addition(self, request: HttpRequest, obj: Article, message: Any) -> None:
        """The verbs write their own Acts."""

    log_change = log_addition

    def response_add(
        self, request: HttpRequest, obj: Article, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._answer(request, obj)

    def response_change(self, request: HttpRequest, obj: Article) -> HttpResponse:
        return self._answer(request, obj)

    def _answer(self, request: HttpRequest, obj: Article) -> HttpResponse:
        """Back to the form: the next thing an editor does is nearly always in it."""
        if answer := self._after_publish(request, obj):
            return answer
        text = "“{}”的草稿已保存。"
        if obj.publish_at is not None:
            text = "“{}”的草稿已保存，读者看到的还是原来的：要换上去，点“发布改动”。"
        self.message_user(request, format_html(text, obj), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:articles_article_change", args=[obj.pk]))
