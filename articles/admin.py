from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from js_asset import Media
from taggit.models import Tag as TaggitTag

from parkcms.ledger.admin import RecordingAdmin
from parkcms.publication.admin import StateFilter

from . import desk_acts
from .desk_drafting import DraftingAdmin
from .desk_form import ArticleForm, CitationInline, MentionInline
from .models import Article, Category, Tag

# What the desk does with an article beside its form; each brings its addresses.
DESK = (desk_acts,)

# taggit brings a tag of its own; ours has an English name.
admin.site.unregister(TaggitTag)


@admin.register(Article)
class ArticleAdmin(DraftingAdmin):
    form = ArticleForm
    change_form_template = "admin/articles/article/change_form.html"
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
                    "rights_basis",
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

    def get_urls(self) -> list[URLPattern]:
        own = [route for module in DESK for route in module.routes(self)]
        return [*own, *super().get_urls()]

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
