from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from django.core.exceptions import ValidationError
from django.db import connections, models, transaction
from django.utils import timezone

from parkcms.language.address import CHINESE, ENGLISH, in_language
from parkcms.ledger.models import Act
from parkcms.people.models import User

from .redirect import Redirect

# Half of them for what was set aside, so that neither kind can push out the other.
MOST_ROWS = 5_000
KEPT_DAYS = 90
WORTH = 3  # meetings; fewer are somebody's typing error

_TALLY = """
INSERT INTO addresses_missing AS stood
    (path, count, first_at, last_at, from_path, from_host)
SELECT * FROM unnest(%s::text[], %s::int[], %s::timestamptz[], %s::timestamptz[], %s::text[],
    %s::text[])
ON CONFLICT (path) DO UPDATE SET
    count = LEAST(stood.count::bigint + excluded.count, 2000000000),
    last_at = GREATEST(stood.last_at, excluded.last_at),
    from_path = CASE WHEN excluded.from_path || excluded.from_host = ''
        THEN stood.from_path ELSE excluded.from_path END,
    from_host = CASE WHEN excluded.from_path || excluded.from_host = ''
        THEN stood.from_host ELSE excluded.from_host END
"""
_DROP_EXCESS = """
DELETE FROM addresses_missing WHERE id IN (
    SELECT id FROM addresses_missing WHERE (ignored_at IS NULL) = %s
    ORDER BY count DESC, last_at DESC, id DESC OFFSET %s)
"""


@dataclass
class Met:
    """How often visitors met nothing under one path, and where they came from last."""

    path: str
    count: int
    first_at: datetime
    last_at: datetime
    from_path: str = ""
    from_host: str = ""


class MissingQuerySet(models.QuerySet):
    def tally(self, met: Iterable[Met]) -> None:
        """Adds what a process has counted: one short statement, and one that keeps the table small.

        In the order of paths, so that two processes never wait for each other.
        """
        rows = sorted(met, key=lambda one: one.path)
        if not rows:
            return
        names = ("path", "count", "first_at", "last_at", "from_path", "from_host")
        columns = [[getattr(row, name) for row in rows] for name in names]
        with transaction.atomic(using=self.db), connections[self.db].cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '1s'; SET LOCAL statement_timeout = '2s'")
            cursor.execute(_TALLY, columns)
            self._drop_excess(cursor)

    def forget(self, now: datetime | None = None) -> int:
        """Drops what nobody met for KEPT_DAYS, set aside or not, and what is too much."""
        edge = (now or timezone.now()) - timedelta(days=KEPT_DAYS)
        with transaction.atomic(using=self.db), connections[self.db].cursor() as cursor:
            return self.filter(last_at__lt=edge).delete()[0] + self._drop_excess(cursor)

    def listed(self) -> Self:
        """What nobody has dealt with, most met first."""
        return self.filter(ignored_at=None).order_by("-count", "-last_at", "-id")

    def worth_a_look(self) -> Self:
        """What was met often enough to be more than a slip; for the first screen."""
        return self.listed().filter(count__gte=WORTH)

    def _drop_excess(self, cursor: object) -> int:
        gone = 0
        for is_open in (True, False):
            cursor.execute(_DROP_EXCESS, [is_open, MOST_ROWS // 2])
            gone += cursor.rowcount
        return gone


class Missing(models.Model):
    """A path under which visitors found nothing. Of them nothing is kept but where they came
    from: a page of ours, or the host of another site."""

    path = models.CharField("地址", max_length=200, unique=True, editable=False)
    count = models.PositiveIntegerField("次数", default=1, editable=False)
    first_at = models.DateTimeField("第一次", default=timezone.now, editable=False)
    last_at = models.DateTimeField("最近一次", default=timezone.now, editable=False)
    from_path = models.CharField("来自本站", max_length=200, blank=True, editable=False)
    from_host = models.CharField("来自网站", max_length=100, blank=True, editable=False)
    ignored_at = models.DateTimeField("忽略于", null=True, blank=True, editable=False)

    objects = MissingQuerySet.as_manager()

    class Meta:
        verbose_name = "访客没找到的地址"
        verbose_name_plural = "访客没找到的地址"
        ordering = ["-count", "-last_at", "-id"]
        default_permissions = ("view", "change")
        indexes = [
            models.Index(
                fields=["-count", "-last_at", "-id"],
                name="addresses_missing_most_met",
                condition=models.Q(ignored_at=None),
            ),
            models.Index(fields=["last_at"], name="addresses_missing_oldest"),
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def came_from(self) -> str:
        """Where the last visitor came from, for the desk."""
        return self.from_path or self.from_host

    @transaction.atomic
    def lead_to(self, new_path: str, by: User) -> Redirect:
        """From now on the path leads there; the row is done with. Raises ValidationError."""
        old = in_language(self.path, CHINESE)
        row = Redirect.objects.moved(old, new_path, by, why=f"访客 {self.count} 次没找到")
        if row is None:
            raise ValidationError("新旧地址是一样的。", code="same")
        Missing.objects.filter(path__in=(old, in_language(old, ENGLISH))).delete()
        Act.record(by, "redirect", row, reason=row.why, after={"old": old, "new": new_path})
        return row

    @transaction.atomic
    def ignore(self, by: User) -> bool:
        """Keeps it out of the list from now on, however often it is met. False if it was."""
        now = timezone.now()
        done = Missing.objects.filter(pk=self.pk, ignored_at=None).update(ignored_at=now)
        if done:
            self.ignored_at = now
            Act.record(by, "ignore", self, after={"次数": self.count})
        return bool(done)
