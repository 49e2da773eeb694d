from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from js_asset import Media
from taggit.models import Tag as TaggitTag

from parkcms.ledger.admin import RecordingAdmin
from parkcms.ledger.guarded import GuardedInline
from parkcms.publication.admin import PublishingAdmin, PublishingForm, StateFilter

from . import markup
from .models import Article, Category, Citation, Mention, Tag

# taggit brings a tag of its own; ours has an English name.
admin.site.unregister(TaggitTag)


class ArticleForm(PublishingForm):
    """An article at the desk: what is wrong is said at its field."""

    class Meta:
        model = Article
        exclude = ()
        widgets = {
            "title": forms.TextInput(attrs={"class": "vTextField wide-title"}),
            "summary_zh": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
            "summary_en": forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        }

    def clean_body(self) -> str:
        body = self.cleaned_data["body"]
        if len(body) > markup.MAX_CHARACTERS:
            raise forms.ValidationError(
                f"正文超过 {markup.MAX_CHARACTERS:,} 字符，请拆成几篇。", code="too_long"
            )
        return body

    def clean_tags(self) -> list[str]:
        longest = Tag._meta.get_field("name").max_length
        for name in self.cleaned_data["tags"]:
            if len(name) > longest:
                raise forms.ValidationError(
                    f"标签“{name[:10]}…”超过 {longest} 字。", code="max_length"
                )
        return self.cleaned_data["tags"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.will_be_published() or "rights" not in self.fields:
            return cleaned
        rights = cleaned.get("rights")
        if not rights:
            self._refuse(
                "rights", "发布前要写明权利：原创、授权、公开信息还是待核实。", "rights_missing"
            )
        elif rights != Article.Rights.ORIGINAL and not cleaned.get("publisher"):
            self._refuse(
                "publisher", "转载要写明来源媒体，如“嘉定区融媒体中心”。", "source_missing"
            )
        return cleaned

    def _refuse(self, field: str, message: str, code: str) -> None:
        self.add_error(field, forms.ValidationError(message, code=code))


class MentionInline(GuardedInline):
    model = Mention
    extra = 0
    fields = ("park", "position")
    autocomplete_fields = ("park",)
    verbose_name_plural = "提到的园区（资料显示在文章旁）"


class CitationForm(forms.ModelForm):
    class Meta:
        model = Citation
        fields = ("figure", "quote", "occurrence")
        widgets = {"quote": forms.TextInput(attrs={"class": "vTextField"})}


class CitationInline(GuardedInline):
    model = Citation
    form = CitationForm
    extra = 0
    fields = ("figure", "quote", "occurrence", "found")
    readonly_fields = ("found",)
    autocomplete_fields = ("figure",)
    verbose_name_plural = "引用（这句话支持哪条园区数字）"

    @admin.display(description="在正文里", boolean=True)
    def found(self, citation: Citation) -> bool | None:
        return not citation.is_lost if citation.pk else None


@admin.register(Article)
class ArticleAdmin(PublishingAdmin):
    form = ArticleForm
    list_display = ("title", "state", "category", "kind", "author", "published")
    list_filter = (StateFilter, "category", "kind", "rights", "citations__is_lost")
    search_fields = ("title", "original_title", "publisher")
    search_help_text = "按标题、原标题或来源媒体查找"
    date_hierarchy = None
    list_select_related = ("category", "author")
    autocomplete_fields = ("category", "cover")
    ordering = ("-updated_at",)
    list_per_page = 50
    inlines = (MentionInline, CitationInline)
    readonly_fields = ("legacy_site", "legacy_id", "legacy_views", "created_at", "updated_at")
    fieldsets = (
        ("写什么", {"fields": ("title", ("kind", "category"), "summary_zh", "body", "cover")}),
        (
            "出处与权利",
            {
                "fields": (
                    "rights",
                    "publisher",
                    "source_url",
                    "original_title",
                    ("event_date", "source_date"),
                    ("writer", "photographer", "editor"),
                    "byline",
                    ("is_excerpt", "correction"),
                )
            },
        ),
        ("归到哪里", {"fields": ("tags",)}),
        ("英文", {"classes": ("collapse",), "fields": ("title_en", "summary_en")}),
        ("发布", {"fields": (("publish_at", "expire_at"), "pinned_until", "author")}),
        (
            "旧站与时间",
            {
                "classes": ("collapse",),
                "fields": (
                    "posted_stamp",
                    ("legacy_site", "legacy_id", "legacy_views"),
                    ("created_at", "updated_at"),
                ),
            },
        ),
    )

    @admin.display(description="发布时间", ordering="publish_at")
    def published(self, article: Article) -> str:
        return (
            f"{timezone.localtime(article.publish_at):%Y-%m-%d %H:%M}"
            if article.publish_at
            else "—"
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        articles = super().get_queryset(request)
        user = request.user
        if user.has_perm("articles.edit_every_article") or not user.has_perm(
            "articles.add_article"
        ):
            return articles
        return articles.owned_by(user)

    def get_readonly_fields(self, request: HttpRequest, obj: Article | None = None) -> tuple:
        readonly = super().get_readonly_fields(request, obj)
        if request.user.has_perm("articles.edit_every_article"):
            return readonly
        return (*readonly, "author", "pinned_until")

    def has_change_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or obj.can_be_edited_by(request.user))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"author": request.user.pk, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        if not change and obj.author_id is None:
            obj.author = request.user
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.instance.settle_citations()

    def render_change_form(
        self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The editor's import map is an inline script; it gets this answer's nonce."""
        context["media"] = Media.from_media(context["media"]).with_nonce(str(request.csp_nonce))
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Category)
class CategoryAdmin(RecordingAdmin):
    list_display = ("name_zh", "name_en", "slug", "position", "publish_at")
    search_fields = ("name_zh", "name_en")
    fields = (
        ("name_zh", "name_en"),
        "slug",
        ("description_zh", "description_en"),
        "position",
        ("publish_at", "expire_at"),
    )


@admin.register(Tag)
class TagAdmin(RecordingAdmin):
    list_display = ("name", "name_en", "slug")
    search_fields = ("name", "name_en")
    fields = ("name", "name_en", "slug")

    def get_form(self, request: HttpRequest, obj: Tag | None = None, **kwargs: Any) -> type:
        form = super().get_form(request, obj, **kwargs)
        slug = form.base_fields.get("slug")
        if slug:  # not there for those who only look
            slug.required = False
            slug.help_text = "留空按拼音生成。"
        return form
