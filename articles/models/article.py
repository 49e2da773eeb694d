from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorField
from taggit.managers import TaggableManager

from parkcms.language.dates import PartialDateField
from parkcms.people.models import User
from parkcms.publication.models import Publishable, PublishableQuerySet

from .. import citations, markup, title_keys
from .topics import Tagging

# What a list shows; the body and what only the article page needs stay in the table.
LIST_FIELDS = (
    "id",
    "title",
    "title_en",
    "summary_zh",
    "summary_en",
    "kind",
    "publisher",
    "is_excerpt",
    "event_date",
    "publish_at",
    "expire_at",
    "taken_down_at",
    "pinned_until",
    "rights",
    "category",
    "cover",
)


# How many drawings a category has for articles without a picture, so that a list is no wallpaper.
COVER_VARIANTS = 6


class ArticleQuerySet(PublishableQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-publish_at", "-id")

    def before(self, key: "tuple[datetime, int] | None") -> Self:
        """Rows that stand after ``(publish_at, id)`` in a list from the newest; all for None."""
        if key is None:
            return self
        at, pk = key
        # The first condition alone lets the index start at the right place.
        return self.filter(publish_at__lte=at).filter(Q(publish_at__lt=at) | Q(id__lt=pk))

    def in_lists(self) -> Self:
        """With what a list shows, joined; without the bodies."""
        return self.select_related("category", "cover").only(
            *LIST_FIELDS,
            *(f"category__{name}" for name in ("name_zh", "name_en", "slug")),
            *(
                f"cover__{name}"
                for name in (
                    "sha256",
                    "forms",
                    "alt_zh",
                    "alt_en",
                    "width",
                    "height",
                    "is_decorative",
                )
            ),
        )

    def readable_in(self, language: str) -> Self:
        """In English only what has an English summary; everything in Chinese."""
        return self.exclude(summary_en="") if language == "en" else self

    def pinned(self, now: datetime | None = None) -> Self:
        return self.filter(pinned_until__gt=now or timezone.now())

    def owned_by(self, user: User) -> Self:
        return self.filter(author=user)


class Article(Publishable):
    """A text readers come for, and where it is from: its medium, credits, dates and rights."""

    class Kind(models.TextChoices):
        NEWS = "news", _("新闻")
        GUIDE = "guide", _("指南")
        POLICY = "policy", _("政策解读")
        LISTING = "listing", _("招商信息")
        NOTICE = "notice", _("公告")

    class Rights(models.TextChoices):
        ORIGINAL = "original", _("原创")
        AUTHORISED = "authorised", _("授权转载")
        PUBLIC = "public", _("公开信息")
        UNVERIFIED = "unverified", _("转载，权利待核实")

    class Stage(models.TextChoices):
        WRITING = "", "写作中"
        SUBMITTED = "submitted", "待审"
        RETURNED = "returned", "已退回"

    title = models.CharField("标题", max_length=120)
    title_en = models.CharField("英文标题", max_length=200, blank=True)
    original_title = models.CharField(
        "原标题", max_length=200, blank=True, help_text="转载时照抄原文的标题。"
    )
    correction = models.CharField(
        "更正说明", max_length=300, blank=True, help_text="改了什么、为什么，读者看得到。"
    )
    kind = models.CharField("文体", max_length=8, choices=Kind.choices, default=Kind.NEWS)
    category = models.ForeignKey(
        "articles.Category", verbose_name="分类", on_delete=models.PROTECT, related_name="articles"
    )
    summary_zh = models.TextField(
        "摘要", max_length=300, blank=True, help_text="一两句话，60–120 字，写完整句子。"
    )
    summary_en = models.TextField(
        "英文摘要", max_length=800, blank=True, help_text="填了才有英文页；正文仍是中文。"
    )
    body = ProseEditorField("正文", extensions=markup.EXTENSIONS, sanitize=markup.clean)
    cover = models.ForeignKey(
        "library.Picture",
        verbose_name="题图",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="没有题图时用所涉园区的封面。",
    )
    tags = TaggableManager("标签", through=Tagging, blank=True, help_text="用逗号分开。")
    parks = models.ManyToManyField(
        "parks.Park", verbose_name="提到的园区", through="articles.Mention", related_name="articles"
    )

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="责任人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="articles",
    )
    byline = models.CharField(
        "署名", max_length=60, blank=True, help_text="读者看到的作者，如“园区编辑部”。"
    )
    writer = models.CharField(
        "撰稿", max_length=60, blank=True, help_text="转载时是原作者；原文没有署名写“未署名”。"
    )
    photographer = models.CharField("摄影", max_length=60, blank=True)
    editor = models.CharField("编辑", max_length=60, blank=True)
    publisher = models.CharField("来源媒体", max_length=100, blank=True)
    source_url = models.URLField("来源网址", max_length=500, blank=True)
    rights = models.CharField("权利", max_length=10, choices=Rights.choices, blank=True)
    rights_basis = models.CharField(
        "授权依据",
        max_length=300,
        blank=True,
        help_text="凭什么可以转载，读者看得到，如“2026-03-02 来源媒体邮件同意，存档 A-12”。",
    )
    is_excerpt = models.BooleanField("节选", default=False, help_text="只收了原文的一部分。")

    event_date = PartialDateField("事件日期", help_text="文中的事发生在什么时候，如 2021-H1。")
    source_date = PartialDateField("原文日期", help_text="来源媒体发表的日期。")
    posted_stamp = models.CharField(
        "旧站戳记", max_length=40, blank=True, help_text="旧站上没有年份的日期，照录，不当日期用。"
    )
    legacy_site = models.CharField("旧站", max_length=100, blank=True, editable=False)
    legacy_id = models.CharField("旧站编号", max_length=40, blank=True, editable=False)
    legacy_views = models.PositiveIntegerField("原站阅读", null=True, blank=True, editable=False)

    pinned_until = models.DateTimeField("置顶至", null=True, blank=True)

    # The row says what readers see (or, before the first publication, what was saved last). What is
    # written over a published text waits in its newest revision until it is published.
    draft = models.ForeignKey(
        "articles.Revision",
        verbose_name="未发布的改动",
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    version = models.PositiveIntegerField("版次", default=1, editable=False)
    stage = models.CharField(
        "审稿", max_length=9, choices=Stage.choices, default="", blank=True, editable=False
    )
    stage_at = models.DateTimeField("审稿时间", null=True, editable=False)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", default=timezone.now, editable=False)
    # Of the desk alone: when anybody last saved it, drafts over the live text included.
    edited_at = models.DateTimeField("最近编辑", default=timezone.now, editable=False)
    title_keys = models.TextField(default="", editable=False)  # articles/title_keys.py

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = "文章"
        verbose_name_plural = "文章"
        permissions = [
            ("publish_article", "发布和下线文章"),
            ("edit_every_article", "编辑所有人的文章"),
        ]
        indexes = [
            models.Index(fields=["-publish_at", "-id"], name="articles_newest"),
            models.Index(fields=["category", "-publish_at", "-id"], name="articles_in_category"),
            models.Index(
                fields=["pinned_until"],
                condition=Q(pinned_until__isnull=False),
                name="articles_pinned",
            ),
            models.Index(fields=["author", "-updated_at"], name="articles_of_author"),
            models.Index(
                fields=["stage_at"], condition=Q(stage="submitted"), name="articles_to_review"
            ),
            models.Index(
                fields=["-updated_at"], condition=Q(draft__isnull=False), name="articles_with_draft"
            ),
            models.Index(fields=["-edited_at", "-id"], name="articles_last_edited"),
            models.Index(fields=["-id"], include=["title_keys"], name="articles_by_title"),
            models.Index(
                fields=["id"], condition=Q(title_keys=""), name="articles_without_title_keys"
            ),
            models.Index(
                fields=["expire_at"],
                condition=Q(expire_at__isnull=False),
                name="articles_expiring",
            ),
            models.Index(
                fields=["publisher", "-id"],
                include=["publish_at"],
                condition=Q(rights="unverified"),
                name="articles_rights_unclear",
            ),
            models.Index(
                fields=["-legacy_views"],
                condition=Q(legacy_views__isnull=False),
                name="articles_most_read",
            ),
        ]
        constraints = [
            *Publishable.Meta.constraints,
            models.UniqueConstraint(
                fields=["legacy_site", "legacy_id"],
                name="articles_one_for_each_legacy_id",
                condition=~Q(legacy_id=""),
            ),
            models.CheckConstraint(
                name="articles_published_with_rights",
                condition=Q(publish_at=None) | ~Q(rights=""),
                violation_error_message="发布前要写明权利：原创、授权、公开信息还是待核实。",
            ),
            models.CheckConstraint(
                name="articles_repost_names_its_source",
                condition=Q(publish_at=None) | Q(rights__in=["", "original"]) | ~Q(publisher=""),
                violation_error_message="转载要写明来源媒体（《互联网新闻信息服务管理规定》第十五条）。",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: object, **kwargs: object) -> None:
        self.body = markup.clean(self.body)
        saved = kwargs.get("update_fields")
        if not saved:
            self.updated_at = self.edited_at = timezone.now()
        if not saved or set(title_keys.FROM) & set(saved):
            said = (getattr(self, name) for name in title_keys.FROM)
            self.title_keys = title_keys.of(*said)
            kwargs["update_fields"] = saved and [*saved, "title_keys"]
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("articles:article", args=[self.pk])

    @property
    def shown_title(self) -> str:
        return self.title_en if get_language() == "en" and self.title_en else self.title

    @property
    def shown_title_language(self) -> str:
        """``lang`` of the shown title where it is not the page's own."""
        return "zh-Hans" if get_language() == "en" and not self.title_en else ""

    @property
    def summary(self) -> str:
        return self.summary_en if get_language() == "en" else self.summary_zh

    @property
    def has_english(self) -> bool:
        return bool(self.summary_en)

    @property
    def is_indexable(self) -> bool:
        """Search engines get only texts whose rights are clear."""
        return self.rights not in {"", self.Rights.UNVERIFIED}

    @property
    def credits(self) -> list[tuple[str, str]]:
        """(role, name) in the order of print: writer, photographer, editor."""
        rows = ((_("撰稿"), self.writer), (_("摄影"), self.photographer), (_("编辑"), self.editor))
        return [(str(role), name) for role, name in rows if name]

    @property
    def cover_variant(self) -> int:
        """Which of its category's drawings stands for this article, always the same one."""
        return (self.pk or 0) % COVER_VARIANTS

    @property
    def was_updated(self) -> bool:
        """Changed noticeably after it went live."""
        if not self.publish_at:
            return False
        return (self.updated_at - self.publish_at).total_seconds() > 3600

    def settle_citations(self) -> None:
        """Note which quotes are no longer found, and mention the park of every cited figure."""
        rows = list(self.citations.select_related("figure"))
        text = citations.text_of(self.body)
        for row in rows:
            is_lost = citations.find(text, row.quote, row.occurrence) is None
            if is_lost != row.is_lost:
                row.is_lost = is_lost
                row.save(update_fields=["is_lost"])
        known = set(self.mentions.values_list("park_id", flat=True))
        for park_id in dict.fromkeys(row.figure.park_id for row in rows):
            if park_id not in known:
                Mention.objects.get_or_create(
                    article=self, park_id=park_id, defaults={"position": 100}
                )

    def publish(
        self, by: User | None, at: datetime | None = None, *, before: dict | None = None
    ) -> None:
        """Publish what was saved last (articles/drafting.py). Raises drafting.Unready."""
        from .. import drafting

        drafting.publish(self, by, at=at)
        self.refresh_from_db()

    @property
    def has_draft(self) -> bool:
        """Whether something is written over the published text and waits."""
        return self.draft_id is not None and self.publish_at is not None

    def can_be_edited_by(self, user: User) -> bool:
        """Editors edit everything; an author what is their own. Neither changes what readers see:
        only publishing does."""
        return user.has_perm("articles.edit_every_article") or self.author_id == user.pk


class Mention(models.Model):
    """An article speaks of a park. ``publish_at`` is the article's, kept by a trigger: a park's
    page walks the index of its mentions from the newest."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="mentions")
    park = models.ForeignKey(
        "parks.Park", verbose_name="园区", on_delete=models.CASCADE, related_name="mentions"
    )
    position = models.PositiveSmallIntegerField("次序", default=0)
    publish_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "提到的园区"
        verbose_name_plural = "提到的园区"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["article", "park"], name="articles_mentioned_once")
        ]
        indexes = [
            models.Index(fields=["park", "-publish_at", "-article"], name="articles_mention_newest")
        ]

    def __str__(self) -> str:
        return str(self.park)


class Citation(models.Model):
    """A passage of an article that supports a park's figure.

    ``quote`` is taken from the cleaned text and found there width-folded; ``occurrence`` says
    which one where it stands several times. A quote that is no longer found shows no mark and is
    listed for editors (``is_lost``).
    """

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="citations")
    figure = models.ForeignKey(
        "parks.Figure", verbose_name="指标数字", on_delete=models.CASCADE, related_name="citations"
    )
    quote = models.CharField("引文", max_length=300, help_text="正文里的原话，如“入驻企业29家”。")
    occurrence = models.PositiveSmallIntegerField("第几处", default=1)
    is_lost = models.BooleanField("正文里找不到", default=False, editable=False)

    class Meta:
        verbose_name = "引用"
        verbose_name_plural = "引用"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["article", "figure"],
                name="articles_figure_cited_once",
                violation_error_message="这篇文章已经引用了这条数字。",
            ),
            models.CheckConstraint(
                name="articles_citation_occurrence_counts_from_one",
                condition=Q(occurrence__gte=1),
            ),
            models.CheckConstraint(name="articles_citation_has_a_quote", condition=~Q(quote="")),
        ]

    def __str__(self) -> str:
        return f"“{self.quote}”"

    @property
    def anchor(self) -> str:
        return f"cite-{self.pk}"
