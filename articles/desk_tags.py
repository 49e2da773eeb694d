"""Tags at the desk: what each holds, which may be one, and making them one."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from parkcms.ledger.admin import RecordingAdmin
from parkcms.ledger.guarded import is_key

from . import desk_list, renaming
from . import tags as tag_lines
from .models import Tag, Tagging

MOST_MERGED = 50
MOST_HINTS = 12


def counted(tags: QuerySet[Tag]) -> QuerySet[Tag]:
    """Adds ``number``: articles under the tag, drafts among them."""
    of_tag = Tagging.objects.filter(tag=OuterRef("pk")).order_by().values("tag")
    number = Subquery(of_tag.annotate(n=Count("pk")).values("n"))
    return tags.annotate(number=Coalesce(number, 0, output_field=models.IntegerField()))


class UnusedFilter(admin.SimpleListFilter):
    title = "使用"
    parameter_name = "used"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "没有文章的"), ("yes", "有文章的")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Tag]) -> QuerySet[Tag]:
        is_used = Exists(Tagging.objects.filter(tag=OuterRef("pk")))
        chosen = {"no": ~is_used, "yes": is_used}
        return queryset.filter(chosen[self.value()]) if self.value() in chosen else queryset


class TagForm(forms.ModelForm):
    class Meta:
        model = Tag
        fields = ("name", "name_en", "slug")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if slug := self.fields.get("slug"):  # not there for those who only look
            slug.required = False
            slug.help_text = (
                "改名不改地址名；改了地址名，旧地址会转到新的。"
                if self.instance.pk
                else "留空按拼音生成。"
            )

    def clean_slug(self) -> str:
        """Emptied, it stays what it was: an address has to have a name."""
        return self.cleaned_data["slug"] or self.instance.slug

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if tag_lines.split(name) != [name]:
            text = "标签名里不能有逗号、顿号、分号和多余的空格：文章表单里用它们分开标签。"
            raise ValidationError(text, code="parted")
        same = Tag.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).first()
        if same and not self.instance.pk:
            raise ValidationError(f"已有标签“{same}”。", code="known")
        if same:
            url = merge_url([self.instance.pk, same.pk], keep=same.pk)
            text = format_html('已有标签“{}”。<a href="{}">把两个并成一个…</a>', same, url)
            raise ValidationError(text, code="known")
        return name


def merge_url(keys: list[int], keep: int | None = None) -> str:
    """The page on which tags become one."""
    asked = [("tag", key) for key in keys] + ([("keep", keep)] if keep else [])
    return f"{reverse('admin:articles_tag_merge')}?{urlencode(asked)}"


class TagAdmin(RecordingAdmin):
    form = TagForm
    change_list_template = "admin/articles/tag/list.html"
    list_display = ("name", "name_en", "articles_shown", "slug")
    list_filter = (UnusedFilter,)
    list_per_page = 100
    search_fields = ("name", "name_en", "slug")
    search_help_text = "按名称、英文名或地址名查找"
    show_full_result_count = False
    actions = ("merge_selected",)
    fields = ("name", "name_en", "slug")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tag]:
        return counted(super().get_queryset(request))

    @admin.display(description="文章", ordering="number")
    def articles_shown(self, tag: Tag) -> SafeString:
        return desk_list.tag_link(tag, tag.number)

    def get_urls(self) -> list[URLPattern]:
        merging = self.admin_site.admin_view(self.merge_view)
        return [path("merge/", merging, name="articles_tag_merge"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        context = dict(extra_context or {})
        if self.has_merge_permission(request) and request.method == "GET":
            context["alike"] = self._hints()
        return super().changelist_view(request, context)

    def _hints(self) -> list[tuple[list[Tag], str]]:
        """Tags that may be one, with the page that merges them. One query."""
        tags = Tag.objects.order_by("name").only("name")[: renaming.MOST_COMPARED]
        groups = renaming.alike(tags)[:MOST_HINTS]
        return [(group, merge_url([tag.pk for tag in group])) for group in groups]

    def save_model(self, request: HttpRequest, obj: Tag, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "name" in form.changed_data:
            renaming.follow(form.initial["name"], obj.name, obj)

    # --- making several one ---

    def has_merge_permission(self, request: HttpRequest) -> bool:
        """Merging renames one and deletes the others."""
        return self.has_change_permission(request) and self.has_delete_permission(request)

    @admin.action(description="并成一个…", permissions=["merge"])
    def merge_selected(self, request: HttpRequest, queryset: QuerySet[Tag]) -> HttpResponse | None:
        keys = list(queryset.values_list("pk", flat=True)[: MOST_MERGED + 1])
        if not 2 <= len(keys) <= MOST_MERGED:
            text = f"请勾选两个以上、{MOST_MERGED} 个以内的标签。"
            self.message_user(request, text, messages.ERROR)
            return None
        return HttpResponseRedirect(merge_url(sorted(keys)))

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        """Which of them stays is chosen here; what will happen is said before it does."""
        if not self.has_merge_permission(request):
            raise PermissionDenied
        given = request.POST if request.method == "POST" else request.GET
        keys = {int(key) for key in given.getlist("tag")[:MOST_MERGED] if is_key(key)}
        tags = list(self.get_queryset(request).filter(pk__in=keys).order_by("-number", "pk"))
        if len(tags) < 2:
            self.message_user(request, "要合并的标签不在了，请再选。", messages.ERROR)
            return HttpResponseRedirect(reverse("admin:articles_tag_changelist"))
        kept = next((tag for tag in tags if str(tag.pk) == given.get("keep")), None)
        error = ""
        if request.method == "POST":
            if answer := self._merged(request, kept, tags):
                return answer
            error = "请选留下哪一个。"
        context = {
            **self.admin_site.each_context(request),
            "title": "把标签并成一个",
            "opts": self.opts,
            "tags": tags,
            "kept": kept or tags[0],
            "error": error,
        }
        return TemplateResponse(request, "admin/articles/tag/merge.html", context)

    def _merged(
        self, request: HttpRequest, kept: Tag | None, tags: list[Tag]
    ) -> HttpResponse | None:
        if kept is None:
            return None
        others = [tag for tag in tags if tag != kept]
        try:
            moved = renaming.merge(kept, others, request.user)
        except ValidationError as error:
            self.message_user(request, "".join(error.messages), messages.ERROR)
        else:
            names = "”“".join(str(tag) for tag in others)
            text = f"“{names}”已并入“{kept}”，移过来 {moved} 篇；旧地址转到新的。"
            self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:articles_tag_changelist"))
