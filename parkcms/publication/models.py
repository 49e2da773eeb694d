"""The abstract row that can be published, and its queryset.

Live is ``publish_at <= now AND (expire_at IS NULL OR now < expire_at) AND taken_down_at IS NULL``.
A draft has no ``publish_at``. Publishing is a fact of time, so nothing has to run for a page to
appear or to go.
"""

from datetime import datetime
from typing import Self

from django.db import models, transaction
from django.http import Http404
from django.utils import timezone

from parkcms.ledger.models import Act
from parkcms.people.models import User


class Gone(Http404):
    """There was a page under this address, and it was taken down: 410 rather than 404."""


class PublishableQuerySet(models.QuerySet):
    """Rows by whether readers may see them."""

    def published(self, now: datetime | None = None) -> Self:
        """Rows that are live at ``now`` (default: this moment)."""
        return self.filter(live_at(now))

    def taken_down(self) -> Self:
        """Rows that were public and were taken off the site."""
        return self.filter(publish_at__lte=timezone.now(), taken_down_at__isnull=False)

    def drafts(self) -> Self:
        return self.filter(publish_at=None)


def live_at(now: datetime | None = None, prefix: str = "") -> models.Q:
    """The condition of ``published()``, with ``prefix`` for a related row (``"park__"``)."""
    now = now or timezone.now()
    return (
        models.Q(**{f"{prefix}publish_at__lte": now})
        & models.Q(**{f"{prefix}taken_down_at": None})
        & (models.Q(**{f"{prefix}expire_at": None}) | models.Q(**{f"{prefix}expire_at__gt": now}))
    )


class Publishable(models.Model):
    """A row with a public life: drafted, published from a time on, expired, taken down."""

    publish_at = models.DateTimeField(
        "发布时间", null=True, blank=True, help_text="留空是草稿；填将来的时间，到点自动上线。"
    )
    expire_at = models.DateTimeField(
        "到期时间", null=True, blank=True, help_text="到点自动下线；留空表示一直在线。"
    )
    taken_down_at = models.DateTimeField("下线时间", null=True, blank=True, editable=False)

    objects = PublishableQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_expires_after_publish",
                condition=models.Q(expire_at=None)
                | models.Q(publish_at=None)
                | models.Q(expire_at__gt=models.F("publish_at")),
                violation_error_message="到期时间要晚于发布时间。",
            )
        ]

    def is_published(self, now: datetime | None = None) -> bool:
        """The mirror of ``published()`` for one row at hand."""
        now = now or timezone.now()
        return (
            self.publish_at is not None
            and self.publish_at <= now
            and self.taken_down_at is None
            and (self.expire_at is None or now < self.expire_at)
        )

    @property
    def publication_state(self) -> str:
        """草稿, 定时, 在线, 已到期 or 已下线, in the words of the desk."""
        now = timezone.now()
        if self.publish_at is None:
            return "草稿"
        if self.taken_down_at:
            return "已下线"
        if self.publish_at > now:
            return "定时"
        return "已到期" if self.expire_at and self.expire_at <= now else "在线"

    @transaction.atomic
    def publish(
        self, by: User | None, at: datetime | None = None, *, before: dict | None = None
    ) -> None:
        """Put the row on the site from ``at`` (default: now, or the time already set).

        Publishing what was taken down puts it back under its first time. The Act stands in the
        same transaction; ``before`` is what it tells of the row where a form has saved it already.
        """
        row = type(self)._default_manager.select_for_update().get(pk=self.pk)
        before = before or {"publish_at": row.publish_at, "taken_down_at": row.taken_down_at}
        now = timezone.now()
        self.publish_at = at or row.publish_at or now
        self.taken_down_at = None
        if row.expire_at and row.expire_at <= now:
            self.expire_at = None
        self.save(update_fields=["publish_at", "taken_down_at", "expire_at"])
        Act.record(by, "publish", self, before=before, after={"publish_at": self.publish_at})

    @transaction.atomic
    def take_down(self, by: User | None, reason: str = "") -> None:
        """Take the row off the site at once; its text and address stay."""
        self.taken_down_at = timezone.now()
        self.save(update_fields=["taken_down_at"])
        Act.record(
            by, "take_down", self, reason=reason, after={"taken_down_at": self.taken_down_at}
        )

    @transaction.atomic
    def put_back(self, by: User | None, reason: str = "") -> None:
        """Undo ``take_down``: what stood there before stands there again, under its first time."""
        self.taken_down_at = None
        self.save(update_fields=["taken_down_at"])
        Act.record(by, "put_back", self, reason=reason)
