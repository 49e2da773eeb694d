"""Many articles at once: published, tagged, moved, taken down, given to somebody else.

Everything ticked is done in one transaction with an Act for each article; what can't be done is
named with the reason, and the rest is done. What wants an answer asks for it on a page between,
which lists what was ticked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from parkcms.people.models import User
from parkcms.publication.admin import why

from . import drafting
from . import tags as tag_lines
from .desk_acts import MOST_REASON
from .models import Article, Category, Tag

MOST = 500
MOST_NAMED = 10
MOST_TAGS = 20
OF_EDITORS = "已发布过，标签和分类读者看得到：由编辑来改。"


# --- what is asked ----------------------------------------------------------------------------


class Asking(forms.Form):
    """What an action needs to know. ``articles`` are those it is about."""

    use_required_attribute = False

    def __init__(self, data: Any, articles: list[Article]) -> None:
        super().__init__(data)
        self.articles = articles


class TagsForm(Asking):
    names = forms.CharField(
        label="标签",
        max_length=1_000,
        help_text="用逗号分开；没有的会新建。",
        error_messages={"required": "请写至少一个标签。"},
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

    def clean_names(self) -> list[str]:
        names = tag_lines.split(self.cleaned_data["names"])
        longest = Tag._meta.get_field("name").max_length
        if not names:
            raise ValidationError("请写至少一个标签。", code="required")
        if len(names) > MOST_TAGS:
            raise ValidationError(f"一次最多 {MOST_TAGS} 个标签。", code="too_many")
        for name in names:
            if len(name) > longest:
                raise ValidationError(f"标签“{name[:10]}…”超过 {longest} 字。", code="max_length")
        return tag_lines.as_known(names)


class UntagForm(Asking):
    names = forms.MultipleChoiceField(
        label="去掉哪些标签",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "请勾选要去掉的标签。",
            "invalid_choice": "所选文章没有这个标签。",
        },
    )

    def __init__(self, data: Any, articles: list[Article]) -> None:
        super().__init__(data, articles)
        tagged = Tag.objects.filter(taggings__content_object__in=articles)
        counts: dict[str, int] = {}
        for name in tagged.values_list("name", flat=True):
            counts[name] = counts.get(name, 0) + 1
        for article in articles:
            for name in article.draft.content.get("tags", ()) if article.draft else ():
                counts.setdefault(name, 1)
        self.fields["names"].choices = [
            (name, f"{name}（{number} 篇）") for name, number in sorted(counts.items())
        ]


class MoveForm(Asking):
    category = forms.ModelChoiceField(
        Category.objects.all(),
        label="移到分类",
        empty_label="请选择",
        error_messages={"required": "请选分类。", "invalid_choice": "没有这个分类。"},
    )


class ReasonForm(Asking):
    reason = forms.CharField(
        label="下线原因",
        max_length=MOST_REASON,
        help_text="写进每篇的经过，如“来源要求删除”。",
        error_messages={"required": "请写明原因。"},
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


class GiveForm(Asking):
    person = forms.ModelChoiceField(
        User.objects.none(),
        label="新的责任人",
        empty_label="请选择",
        error_messages={"required": "请选一个人。", "invalid_choice": "这个人不能写文章。"},
    )

    def __init__(self, data: Any, articles: list[Article]) -> None:
        super().__init__(data, articles)
        able = User.objects.with_perm(
            "articles.change_article", backend="django.contrib.auth.backends.ModelBackend"
        )
        self.fields["person"].queryset = able.filter(is_staff=True).order_by("pk")


# --- what is done to each ---------------------------------------------------------------------


def _publish(article: Article, by: User, answers: dict) -> str:
    """Each of these answers why it was not done, or ''."""
    if article.taken_down_at:
        return "已下线：用“恢复上线”。"
    if article.is_published() and not article.has_draft:
        return "已在线上，没有未发布的改动。"
    drafting.publish(article, by)
    return ""


def _take_down(article: Article, by: User, answers: dict) -> str:
    if article.publish_at is None or article.taken_down_at:
        return "不在线上。"
    article.take_down(by, answers["reason"])
    return ""


def _put_back(article: Article, by: User, answers: dict) -> str:
    if not article.taken_down_at:
        return "没有下线。"
    article.put_back(by)
    return ""


def _tag(article: Article, by: User, answers: dict) -> str:
    return "" if drafting.retag(article, by, add=answers["names"]) else "已有这些标签。"


def _untag(article: Article, by: User, answers: dict) -> str:
    return "" if drafting.retag(article, by, drop=answers["names"]) else "没有这些标签。"


def _move(article: Article, by: User, answers: dict) -> str:
    return "" if drafting.move(article, by, answers["category"]) else "已在这个分类。"


def _give(article: Article, by: User, answers: dict) -> str:
    return "" if drafting.assign(article, by, answers["person"]) else "已由这个人负责。"


@dataclass(frozen=True)
class Verb:
    """One thing done to many: its word, what is done to each, what it asks, and of what page says
    about published ones."""

    word: str
    act: Callable[[Article, User, dict], str]
    form: type[Asking] | None = None
    note: str = ""
    is_of_publishers: bool = False
    is_seen_by_readers: bool = False  # of a published article: then a publisher's act


ON_BOTH = "已发布的文章马上改在网站上，写在上面还没发布的改动里也一并改；没发布过的只改草稿。"
PUBLISH = Verb("发布", _publish, is_of_publishers=True)
TAKE_DOWN = Verb(
    "下线",
    _take_down,
    ReasonForm,
    "马上从网站、列表、搜索和站点地图里消失，原地址答“已下线”；内容都还在，可以恢复。",
    is_of_publishers=True,
)
PUT_BACK = Verb("恢复上线", _put_back, is_of_publishers=True)
TAG = Verb("打标签", _tag, TagsForm, ON_BOTH, is_seen_by_readers=True)
UNTAG = Verb("去标签", _untag, UntagForm, ON_BOTH, is_seen_by_readers=True)
MOVE = Verb("移动", _move, MoveForm, ON_BOTH, is_seen_by_readers=True)
GIVE = Verb("换责任人", _give, GiveForm, "新的责任人可以编辑，也会在首屏看到；读者看不到。")


# --- the actions ------------------------------------------------------------------------------


@admin.action(description="发布", permissions=["publish"])
def publish_selected(
    model_admin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet
) -> HttpResponse | None:
    return _run(model_admin, request, queryset, PUBLISH)


@admin.action(description="打标签…", permissions=["change"])
def tag_selected(
    model_admin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet
) -> HttpResponse | None:
    return _run(model_admin, request, queryset, TAG)


@admin.action(description="去标签…", permissions=["change"])
def untag_selected(
    model_admin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet
) -> HttpResponse | None:
    return _run(model_admin, request, queryset, UNTAG)


@admin.action(description="移到分类…", permissions=["change"])
def move_selected(
    model_admin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet
) -> HttpResponse | None:
    return _run(model_admin, request, queryset, MOVE)


@admin.action(description="下线…", permissions=["publish"])
def take_down_selected(
    model_admin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet
) -> HttpResponse | None:
    return _run(model_admin, request, queryset, TAKE_DOWN)


@admin.action(description="恢复上线", permissions=["publish"])
def put_back_selected(
    model_admin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet
) -> HttpResponse | None:
    return _run(model_admin, request, queryset, PUT_BACK)


@admin.action(description="换责任人…", permissions=["assign"])
def give_selected(
    model_admin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet
) -> HttpResponse | None:
    return _run(model_admin, request, queryset, GIVE)


ACTIONS = (
    publish_selected,
    tag_selected,
    untag_selected,
    move_selected,
    take_down_selected,
    put_back_selected,
    give_selected,
)


def _run(
    model_admin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet, verb: Verb
) -> HttpResponse | None:
    """The page that asks, or the deed; the list's view holds the transaction around it."""
    # In the order of their keys, so that two people never wait for each other crosswise.
    rows = queryset.select_related("draft", "category", "author")
    articles = sorted(rows[: MOST + 1], key=lambda row: row.pk)
    if len(articles) > MOST:
        text = f"一次最多 {MOST} 篇，一篇也没有动：先筛选得窄一些，分几次做。"
        model_admin.message_user(request, text, messages.ERROR)
        return None
    _tell_of_the_lost(model_admin, request, articles)
    answers = {}
    if verb.form:
        form = verb.form(request.POST if "apply" in request.POST else None, articles)
        if not form.is_valid():
            return _page(model_admin, request, verb, form)
        answers = form.cleaned_data
    done, refused = 0, []
    for article in articles:
        reason = _refusal(model_admin, request, article, verb) or _done(
            article, request.user, verb, answers
        )
        if reason:
            refused.append((article, reason))
        else:
            done += 1
    tell(model_admin, request, verb.word, done, refused)
    return None


def _refusal(
    model_admin: admin.ModelAdmin, request: HttpRequest, article: Article, verb: Verb
) -> str:
    may_publish = model_admin.may_publish(request, article)
    if verb.is_of_publishers:
        return "" if may_publish else "不归您发布和下线。"
    if not model_admin.has_change_permission(request, article):
        return "不归您编辑。"
    is_out = verb.is_seen_by_readers and article.publish_at is not None
    return OF_EDITORS if is_out and not may_publish else ""


def _done(article: Article, by: User, verb: Verb, answers: dict) -> str:
    try:
        with transaction.atomic():
            return verb.act(article, by, answers)
    except (IntegrityError, ValidationError) as error:
        return why(article, error)


def _tell_of_the_lost(
    model_admin: admin.ModelAdmin, request: HttpRequest, articles: list[Article]
) -> None:
    """What was ticked and isn't in the list any more, as somebody changed it meanwhile."""
    ticked = set(request.POST.getlist(ACTION_CHECKBOX_NAME))
    is_across = request.POST.get("select_across") == "1"
    lost = 0 if is_across else len(ticked - {str(article.pk) for article in articles})
    if lost:
        text = f"有 {lost} 篇已不在这个列表里，没有动。"
        model_admin.message_user(request, text, messages.WARNING)


def tell(
    model_admin: admin.ModelAdmin,
    request: HttpRequest,
    word: str,
    done: int,
    refused: list[tuple[Article, str]],
) -> None:
    """What was done, and each that was not, by name; of very many the first."""
    for article, reason in refused[:MOST_NAMED]:
        model_admin.message_user(request, f"“{article}”没有{word}：{reason}", messages.ERROR)
    if len(refused) > MOST_NAMED:
        rest = len(refused) - MOST_NAMED
        model_admin.message_user(request, f"还有 {rest} 篇也没有{word}。", messages.ERROR)
    if done:
        model_admin.message_user(request, f"已{word} {done} 条。", messages.SUCCESS)


def _page(
    model_admin: admin.ModelAdmin, request: HttpRequest, verb: Verb, form: Asking
) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"{verb.word}：{len(form.articles)} 篇",
        "opts": model_admin.opts,
        "verb": verb,
        "form": form,
        "articles": form.articles,
        "has_public": any(article.publish_at for article in form.articles),
        "action": request.POST.get("action", ""),
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/articles/article/bulk_page.html", context)
