"""What stands behind an article while it is worked on. Readers see none of it."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone

GONE_AFTER = timedelta(minutes=1)


class Revision(models.Model):
    """Everything an article said after one act on its text, as plain JSON (articles/content.py).

    One for each act; what one person saves within ten minutes is one. Who did it stands here as
    plain values, so that the story outlives the account.
    """

    class Kind(models.TextChoices):
        BASE = "base", "最初"
        DRAFT = "draft", "草稿"
        PUBLISHED = "published", "发布"
        RESTORED = "restored", "恢复成草稿"

    article = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, related_name="revisions"
    )
    number = models.PositiveIntegerField("第几版")
    kind = models.CharField("怎样来的", max_length=9, choices=Kind.choices)
    content = models.JSONField("内容", encoder=DjangoJSONEncoder)
    by_id = models.BigIntegerField("人员编号", null=True)
    by_name = models.CharField("谁", max_length=150, blank=True)
    started_at = models.DateTimeField("开始", default=timezone.now)
    saved_at = models.DateTimeField("保存", default=timezone.now)
    restored_from = models.PositiveIntegerField("恢复自第几版", null=True)

    class Meta:
        verbose_name = "版本"
        verbose_name_plural = "版本"
        ordering = ["-number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["article", "number"], name="articles_revision_numbered_once"
            )
        ]

    def __str__(self) -> str:
        return f"第 {self.number} 版"


class Autosave(models.Model):
    """What a person typed into an article's form and has not saved: in a place of its own, so that
    it is never a revision. One for each person and article; for an article that does not exist
    yet, one for each form (``key``, drawn when the empty form is opened)."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    article = models.ForeignKey(
        "articles.Article", null=True, on_delete=models.CASCADE, related_name="autosaves"
    )
    key = models.CharField(max_length=32, blank=True)
    form = models.JSONField(default=dict)  # {name: [values]}, as a browser would post it
    version = models.PositiveIntegerField(default=0)  # of the article, when typing began
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "未保存的内容"
        verbose_name_plural = "未保存的内容"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person", "article"],
                condition=Q(article__isnull=False),
                name="articles_autosaved_once",
            ),
            models.UniqueConstraint(
                fields=["person", "key"],
                condition=Q(article__isnull=True),
                name="articles_autosaved_once_for_each_new_form",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {timezone.localtime(self.at):%m-%d %H:%M}"


class PresenceQuerySet(models.QuerySet):
    def here(self, now: datetime | None = None) -> Self:
        """Those whose page gave a sign within the last minute."""
        return self.filter(seen_at__gt=(now or timezone.now()) - GONE_AFTER)


class Presence(models.Model):
    """A person has an article's form open; their page says so every few seconds."""

    article = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, related_name="presences"
    )
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    objects = PresenceQuerySet.as_manager()

    class Meta:
        verbose_name = "正在编辑"
        verbose_name_plural = "正在编辑"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["article", "person"], name="articles_present_once")
        ]

    def __str__(self) -> str:
        return str(self.person)


class Comment(models.Model):
    """A remark of a colleague, at a passage of the text or on the whole of it.

    ``quote`` and ``occurrence`` find the passage as a Citation's do; a passage that is gone leaves
    the remark standing without a place.
    """

    article = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, related_name="comments"
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answers_to = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="answers"
    )
    quote = models.CharField("原话", max_length=300, blank=True)
    occurrence = models.PositiveSmallIntegerField("第几处", default=1)
    text = models.TextField("意见", max_length=2000)
    at = models.DateTimeField("时间", default=timezone.now)
    settled_at = models.DateTimeField("解决", null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = "批注"
        verbose_name_plural = "批注"
        ordering = ["at", "id"]
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["article"],
                condition=Q(settled_at__isnull=True),
                name="articles_open_comments",
            )
        ]
        constraints = [
            models.CheckConstraint(name="articles_comment_says_something", condition=~Q(text=""))
        ]

    def __str__(self) -> str:
        return self.text[:40]


class PreviewLink(models.Model):
    """An address under which a person without an account may read what is not published yet, until
    a day. The address is the row's number, signed; revoking the row closes it."""

    article = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, related_name="preview_links"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField("建立", default=timezone.now)
    expires_at = models.DateTimeField("有效至")
    revoked_at = models.DateTimeField("收回", null=True, blank=True)
    given_to = models.CharField("给谁看", max_length=100, blank=True)

    class Meta:
        verbose_name = "预览链接"
        verbose_name_plural = "预览链接"
        ordering = ["-made_at", "-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.given_to or f"预览 {self.pk}"

    def is_open(self, now: datetime | None = None) -> bool:
        return self.revoked_at is None and (now or timezone.now()) < self.expires_at


class Illustration(models.Model):
    """A picture stands in an article: in its live text or in its draft. PROTECT keeps the picture
    from being deleted under the text."""

    article = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, related_name="illustrations"
    )
    picture = models.ForeignKey(
        "library.Picture", on_delete=models.PROTECT, related_name="illustrations"
    )

    class Meta:
        verbose_name = "文中图片"
        verbose_name_plural = "文中图片"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["article", "picture"], name="articles_illustrated_once")
        ]

    def __str__(self) -> str:
        return str(self.article)


class Attachment(models.Model):
    """A document is linked to in an article, as an Illustration stands in it."""

    article = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, related_name="attachments"
    )
    document = models.ForeignKey(
        "library.Document", on_delete=models.PROTECT, related_name="attachments"
    )

    class Meta:
        verbose_name = "文中文件"
        verbose_name_plural = "文中文件"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["article", "document"], name="articles_attached_once")
        ]

    def __str__(self) -> str:
        return str(self.article)
