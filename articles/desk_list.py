"""The list of articles: what it is narrowed by, how it is searched, and what its columns say."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from parkcms.language.widths import fold
from parkcms.ledger.guarded import YEARS, is_key
from parkcms.people.models import User
from parkcms.publication.models import live_at
from parks.models import Park

from .models import Article, Comment, Mention, Tag, Tagging

MOST_TERMS = 5
SHOWN_TAGS = 30
LATELY = 2_000  # taggings among which the tags in use are looked for
# What no list shows, and would be read from another file of the table for each row.
LONG = ("body", "summary_zh", "summary_en", "title_keys", "rights_basis", "correction")


# --- conditions the first screen asks by, too -------------------------------------------------


def unpublished() -> Q:
    """Never published, or with changes over the published text."""
    return Q(publish_at=None) | Q(draft__isnull=False)


def changed_over_live() -> Q:
    return Q(publish_at__isnull=False, draft__isnull=False)


def coming() -> Q:
    """On the site at some time until the end of tomorrow, and not yet."""
    now = timezone.now()
    return Q(publish_at__gt=now, publish_at__lt=_midnight(2), taken_down_at=None)


def ending() -> Q:
    """On the site now, and not in seven days."""
    now = timezone.now()
    return live_at(now) & Q(expire_at__gt=now, expire_at__lte=now + timedelta(days=7))


def _midnight(days: int) -> datetime:
    """The beginning of the day in so many days, in the site's own zone."""
    day = timezone.localdate() + timedelta(days=days)
    return _starts(day)


def _starts(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


# --- filters ----------------------------------------------------------------------------------


class StateFilter(admin.SimpleListFilter):
    title = "状态"
    parameter_name = "live"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("live", "在线"),
            ("draft", "草稿"),
            ("changed", "有未发布的改动"),
            ("open", "草稿和改动"),
            ("due", "定时"),
            ("coming", "今明上线"),
            ("ending", "七天内到期"),
            ("off", "已下线或到期"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        now = timezone.now()
        chosen = {
            "live": live_at(now),
            "draft": Q(publish_at=None),
            "changed": changed_over_live(),
            "open": unpublished(),
            "due": Q(publish_at__gt=now, taken_down_at=None),
            "coming": coming(),
            "ending": ending(),
            "off": Q(taken_down_at__isnull=False) | Q(expire_at__lte=now),
        }
        return queryset.filter(chosen[self.value()]) if self.value() in chosen else queryset


class CoverFilter(admin.SimpleListFilter):
    title = "题图"
    parameter_name = "cover"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("with", "有"), ("without", "没有")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        if self.value() in {"with", "without"}:
            return queryset.filter(cover__isnull=self.value() == "without")
        return queryset


class ParkFilter(admin.SimpleListFilter):
    """Articles that speak of a park."""

    title = "园区"
    parameter_name = "park"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        parks = Park.objects.order_by("sort_key").values_list("pk", "name_zh")
        return [(str(pk), name) for pk, name in parks]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        if not is_key(self.value()):
            return queryset
        mention = Mention.objects.filter(article=OuterRef("pk"), park=int(self.value()))
        return queryset.filter(Exists(mention))


class TagFilter(admin.SimpleListFilter):
    """The tags used lately; any other by its own page, which leads here."""

    title = "标签"
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        lately = Tagging.objects.order_by("-pk").values("tag")[:LATELY]
        wanted = Q(pk__in=lately)
        chosen = request.GET.get(self.parameter_name, "")
        if is_key(chosen):
            wanted |= Q(pk=int(chosen))
        tags = Tag.objects.filter(wanted).order_by("name").values_list("pk", "name")
        rows = [(str(pk), name) for pk, name in tags]
        return rows[:SHOWN_TAGS] + [row for row in rows[SHOWN_TAGS:] if row[0] == chosen]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        if not is_key(self.value()):
            return queryset
        tagging = Tagging.objects.filter(content_object=OuterRef("pk"), tag=int(self.value()))
        return queryset.filter(Exists(tagging))


class OwnerFilter(admin.SimpleListFilter):
    """Mine, nobody's; a colleague's for those who see them."""

    title = "责任人"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        choices = [("me", "我的"), ("none", "没有人")]
        if request.user.has_perm("articles.edit_every_article"):
            people = User.objects.filter(Exists(Article.objects.filter(author=OuterRef("pk"))))
            choices += [(str(one.pk), str(one)) for one in people.order_by("pk")]
        return choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        chosen = self.value()
        if chosen == "me":
            return queryset.filter(author=request.user)
        if chosen == "none":
            return queryset.filter(author=None)
        return queryset.filter(author=int(chosen)) if is_key(chosen) else queryset


class RemarkFilter(admin.SimpleListFilter):
    title = "批注"
    parameter_name = "remarks"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "有未解决的"), ("others", "有同事未解决的")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        remarks = Comment.objects.filter(article=OuterRef("pk"), settled_at=None)
        if self.value() == "others":
            remarks = remarks.exclude(author=request.user)
        return queryset.filter(Exists(remarks)) if self.value() else queryset


class PublishedBetween(admin.FieldListFilter):
    """Two days typed in; either may be left out. Days are those of Asia/Shanghai."""

    template = "admin/articles/article/bulk_between.html"

    def __init__(self, field: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(field, request, *args, **kwargs)
        given = [self.used_parameters.get(name, [""]) for name in self.expected_parameters()]
        self.typed = dict(zip(("from", "to"), (values[-1] for values in given), strict=True))
        self.others = [
            (name, value)
            for name, values in request.GET.lists()
            for value in values
            if name not in {*self.expected_parameters(), "p"}
        ]

    def expected_parameters(self) -> list[str]:
        return [f"{self.field_path}_from", f"{self.field_path}_to"]

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        return iter(())

    @property
    def days(self) -> tuple[date | None, date | None]:
        return _day(self.typed["from"]), _day(self.typed["to"])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        first, last = self.days
        if first:
            queryset = queryset.filter(publish_at__gte=_starts(first))
        if last:
            queryset = queryset.filter(publish_at__lt=_starts(last + timedelta(days=1)))
        return queryset


def _day(text: str) -> date | None:
    """The day somebody typed, within the years the desk knows; None for anything else."""
    try:
        day = parse_date(text.strip())
    except ValueError:
        return None
    return day if day and day.year in YEARS else None


# --- the list itself --------------------------------------------------------------------------


class LostFilter(admin.BooleanFieldListFilter):
    """Whether a quote is no longer found in the text."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "引文丢失"


class ArticleList(ChangeList):
    def get_filters(self, request: HttpRequest) -> tuple:
        """There are many: each is a word in a line above the list, which opens."""
        found = super().get_filters(request)
        for spec in found[0]:
            if spec.template == "admin/filter.html":
                spec.template = "admin/articles/article/bulk_filter.html"
        return found

    def get_queryset(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Article]:
        return super().get_queryset(request, **kwargs).defer(*LONG)


def searched(articles: QuerySet[Article], text: str) -> QuerySet[Article]:
    """Those whose title (by pinyin, too), original title or medium holds every word; and the one
    with that number."""
    terms = fold(text.replace("\x00", "")).lower().split()[:MOST_TERMS]
    for term in terms:
        held = Q(title_keys__contains=term)
        if len(terms) == 1 and is_key(term):
            held |= Q(pk=int(term))
        articles = articles.filter(held)
    return articles


def state_of(article: Article) -> SafeString:
    """The state readers know of, and what goes on behind it."""
    told = [article.publication_state]
    if article.has_draft:
        told.append("有未发布的改动")
    if article.stage:
        told.append(article.get_stage_display())
    return format_html_join(
        " ", '<span class="state" data-state="{0}">{0}</span>', ([one] for one in told)
    )


def moment(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else "—"


def tag_link(tag: Tag, number: int) -> SafeString:
    """To the list of a tag's articles."""
    url = f"{reverse('admin:articles_article_changelist')}?tag={tag.pk}"
    return format_html('<a href="{}">{}</a>', url, f"{number:,}")
