"""Rows the running of the room leaves: alarms, tries at the look-up, reports of retention."""

from typing import Self

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from parkcms.ledger.models import Act
from parkcms.people.models import User


class AlarmQuerySet(models.QuerySet):
    def raised(self) -> Self:
        return self.filter(cleared_at=None)

    def sound(self, kind: str, detail: str) -> None:
        """Raise the alarm, or count it once more; one row a kind. One statement's work each."""
        now = timezone.now()
        _row, made = self.get_or_create(
            kind=kind, defaults={"detail": detail[:300], "last_at": now, "first_at": now}
        )
        if not made:
            self.filter(kind=kind).update(
                detail=detail[:300], last_at=now, count=F("count") + 1, cleared_at=None
            )


class Alarm(models.Model):
    """Something in the keeping of enquiries that a person must look at; on the first screen."""

    class Kind(models.TextChoices):
        JOURNAL = "journal", "需求日志写不进去"
        UNREADABLE = "unreadable", "需求日志里有读不出的行"
        UNFILED = "unfiled", "有需求迟迟没有入库"

    kind = models.CharField("种类", max_length=12, choices=Kind.choices, unique=True)
    detail = models.CharField("说明", max_length=300, blank=True)
    first_at = models.DateTimeField("首次", default=timezone.now)
    last_at = models.DateTimeField("最近", default=timezone.now)
    count = models.PositiveIntegerField("次数", default=1)
    cleared_at = models.DateTimeField("处理时间", null=True, editable=False)

    objects = AlarmQuerySet.as_manager()

    class Meta:
        verbose_name = "警报"
        verbose_name_plural = "警报"
        ordering = ["-last_at"]
        default_permissions = ("view", "change")

    def __str__(self) -> str:
        return self.get_kind_display()

    @transaction.atomic
    def clear(self, by: User) -> None:
        """Somebody has looked after it."""
        self.cleared_at = timezone.now()
        self.save(update_fields=["cleared_at"])
        Act.record(by, "clear", self, after={"count": self.count})


class LookUpTry(models.Model):
    """One try at ``/enquiries/find/``. The key is a keyed hash of a network or a reference."""

    key = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "查询次数"
        verbose_name_plural = "查询次数"
        default_permissions = ()
        indexes = [models.Index(fields=["key", "at"], name="leads_lookuptry_key")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class RetentionRun(models.Model):
    """What one run of retention removed: counts by rule, never the data."""

    at = models.DateTimeField("时间", default=timezone.now)
    report = models.JSONField("结果", default=dict)

    class Meta:
        verbose_name = "到期清理"
        verbose_name_plural = "到期清理"
        ordering = ["-at"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M}"
