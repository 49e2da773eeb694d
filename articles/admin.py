from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.safestring import SafeString
from js_asset import Media
from taggit.models import Tag as TaggitTag

from parkcms.ledger.admin import RecordingAdmin
from parkcms.ledger.models import Act

from . import (
    desk_acts,
    desk_autosave,
    desk_bulk,
    desk_comments,
    desk_docx,
    desk_list,
    desk_picturing,
    desk_preview,
    desk_review,
    desk_revisions,
    desk_rights,
    desk_story,
    desk_tags,
    desk_wechat,
    reviewing,
)
from .desk_form import ArticleForm, CitationInline, MentionInline
from .desk_writing import WritingAdmin
from .models import Article, Category, Tag

# What the desk does with an article beside its form; each brings its addresses.
DESK = (
    desk_acts,
    desk_autosave,
    desk_revisions,
    desk_review,
    desk_comments,
    desk_preview,
    desk_rights,
    desk_picturing,
    desk_docx,
    desk_wechat,
)

# taggit brings a tag of its own; ours has an English name.
admin.site.unregister(TaggitTag)
admin.site.register(Tag, desk_tags.TagAdmin)


@admin.register(Article)
class ArticleAdmin(desk_picturing.PicturingAdmin, WritingAdmin):
    form = ArticleForm
    change_form_template = "admin/articles/article/change_form.html"
    change_list_template = "admin/articles/article/bulk_list.html"
    list_display = ("title", "state", "category", "author", "published", "edited", "comments")
    list_filter = (
        desk_list.StateFilter,
        "stage",
        "category",
        "kind",
        "rights",
        desk_list.ParkFilter,
        desk_list.TagFilter,
        desk_list.OwnerFilter,
        desk_list.CoverFilter,
        desk_list.RemarkFilter,
        ("citations__is_lost", desk_list.LostFilter),
        ("publish_at", desk_list.PublishedBetween),
    )
    search_fields = ("title",)  # Django shows the line for them; see get_search_results
    search_help_text = "按标题（也认拼音和首字母）、原标题、来源媒体或编号查找"
    actions = desk_bulk.ACTIONS
    show_facets = admin.ShowFacets.NEVER
    date_hierarchy = None
    list_select_related = ("category", "author")
    autocomplete_fields = ("category", "cover")
    ordering = ("-edited_at", "-id")
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
        return desk_list.moment(article.publish_at)

    @admin.display(description="最近编辑", ordering="edited_at")
    def edited(self, article: Article) -> str:
        return desk_list.moment(article.edited_at)

    @admin.display(description="状态", ordering="publish_at")
    def state(self, article: Article) -> SafeString:
        return desk_list.state_of(article)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        may = self.has_change_permission(request) and self.may_publish(request)
        context = {"may_clear_rights": may, **(extra_context or {})}
        return super().changelist_view(request, context)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:
        return desk_list.ArticleList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Article], search_term: str
    ) -> tuple[QuerySet[Article], bool]:
        return desk_list.searched(queryset, search_term), False

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return self.may_publish(request)

    def has_assign_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.edit_every_article")

    @admin.display(description="批注", ordering="open_comments")
    def comments(self, article: Article) -> str:
        return f"{article.open_comments} 条" if article.open_comments else "—"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        articles = super().get_queryset(request).annotate(open_comments=reviewing.open_comments())
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

    def after_saving(self, request: HttpRequest, article: Article) -> None:
        super().after_saving(request, article)
        is_publishing = "_publish" in request.POST and self.may_publish(request, article)
        desk_review.after_saving(request, article, is_publishing=is_publishing)

    def story_label(self, name: str) -> str:
        return desk_story.label(name) or super().story_label(name)

    def story_links(
        self, request: HttpRequest, obj: Article, acts: Sequence[Act]
    ) -> dict[int, tuple[str, str]]:
        may_open = self.has_change_permission(request, obj)
        return desk_story.links(obj, acts, may_open=may_open)

    def render_change_form(
        self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The editor's import map is an inline script; it gets this answer's nonce."""
        context["media"] = Media.from_media(context["media"]).with_nonce(str(request.csp_nonce))
        original = context.get("original")
        if original is not None and self.has_change_permission(request, original):
            context |= desk_review.beside(original)
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
