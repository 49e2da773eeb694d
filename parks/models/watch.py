import secrets
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from parkcms.outbox.channels import masked

LASTS = timedelta(days=365)  # a confirmation


def _token() -> str:
    return secrets.token_urlsafe(24)


class Watch(models.Model):
    """Somebody who wants a mail when spaces fit a search.

    Nothing is sent before the address was confirmed from a mail; ending it deletes the row.
    ``query`` is the search's canonical query string, without language.
    """

    email = models.EmailField("邮箱", max_length=254)
    query = models.CharField("条件", max_length=1000, blank=True)
    language = models.CharField("语言", max_length=10, default="zh-hans")
    token = models.CharField(max_length=40, unique=True, default=_token, editable=False)
    created_at = models.DateTimeField("订阅时间", default=timezone.now)
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    told_at = models.DateTimeField("上次发信", null=True, blank=True)
    network = models.CharField("来访网络", max_length=50, blank=True)

    class Meta:
        verbose_name = "空间订阅"
        verbose_name_plural = "空间订阅"
        ordering = ["-id"]
        default_permissions = ("view", "delete")
        constraints = [
            models.UniqueConstraint(fields=["email", "query"], name="parks_watch_once"),
        ]
        indexes = [
            models.Index(
                fields=["told_at", "id"],
                name="parks_watch_to_tell",
                condition=models.Q(confirmed_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"订阅 {self.pk}"

    @property
    def masked_email(self) -> str:
        """Who it goes to, for the desk: l***@example.cn."""
        return masked("mail", self.email)

    def is_confirmed(self, now: datetime | None = None) -> bool:
        """Whether the address was confirmed within the last year."""
        now = now or timezone.now()
        return self.confirmed_at is not None and self.confirmed_at > now - LASTS
