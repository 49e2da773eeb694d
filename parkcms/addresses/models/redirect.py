from typing import Self

from django.core.exceptions import ValidationError
from django.db import connections, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Length
from django.utils import timezone

from parkcms.people.models import User

from .. import paths

# One at a time, or two renames that cross could make a chain neither of them sees.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('addresses.redirect'))"


class RedirectQuerySet(models.QuerySet):
    """What must hold of all rows together: no row leads to an address another row leads away from.

    So there are no chains and no loops: an exact row leads to its end at once. Behind a prefix a
    second row may lie deeper, and each further step has less of the visitor's path left to move.
    """

    def covering(self, path: str) -> Self:
        """The rows that lead away from ``path``."""
        inner = Q(is_prefix=True, old_path__in=paths.ancestors(path))
        return self.filter(Q(old_path=path) | inner)

    def target_of(self, path: str) -> str | None:
        """Where an old path leads today; None for one nobody moved. One indexed query."""
        if not paths.is_path(path):
            return None
        nearest = self.covering(path).order_by(Length("old_path").desc()).first()
        return nearest.target_of(path) if nearest else None

    def moved(
        self,
        old: str,
        new: str,
        by: User | None = None,
        *,
        is_prefix: bool = False,
        why: str = "",
    ) -> "Redirect | None":
        """From now on ``old`` leads to ``new``; with ``is_prefix`` all that lies below it too.

        What led to ``old`` leads straight to ``new``, and what led away from ``new`` is dropped,
        for it lives again. None where both are the same. Raises ValidationError for paths that
        are none, and for a prefix that would move into itself.
        """
        check_pair(old, new, is_prefix)
        with transaction.atomic(using=self.db):
            self._one_at_a_time()
            self.covering(new).delete()
            if old == new:
                return None
            self._lead_on(old, new, is_prefix)
            made = {
                "made_by_id": by.pk if by else None,
                "made_by_name": str(by)[:150] if by else "系统",
                "made_at": timezone.now(),
                "why": why[:200],
                "is_prefix": is_prefix,
                "new_path": new,
            }
            row, _is_new = self.update_or_create(old_path=old, defaults=made)
            self._lead_there_too(row, made)
        return row

    def lives(self, path: str) -> int:
        """Drops the row of a path that has a page again; it leads there no more. How many rows."""
        return self.filter(old_path=path).delete()[0]

    def _one_at_a_time(self) -> None:
        with connections[self.db].cursor() as cursor:
            cursor.execute(_LOCK)

    def _lead_on(self, old: str, new: str, is_prefix: bool) -> None:
        """Turns what led to ``old`` towards ``new``."""
        led = Q(new_path__startswith=old) if is_prefix else Q(new_path=old)
        for row in self.filter(led).order_by("pk"):
            row.new_path = new + row.new_path[len(old) :]
            # A folder that leads to a page can take along nothing that lies below it.
            row.is_prefix = row.is_prefix and row.new_path.endswith("/")
            comes_back = row.covers(row.new_path)
            self.covering(row.new_path).exclude(pk=row.pk).delete()
            if comes_back or len(row.new_path) > paths.LONGEST:
                self.filter(pk=row.pk).delete()
            else:
                self.filter(pk=row.pk).update(new_path=row.new_path, is_prefix=row.is_prefix)

    def _lead_there_too(self, moved: "Redirect", made: dict) -> None:
        """Under the former names of the folders it lies in, the moved address moves as well: one
        step instead of two. What left such an address before keeps its own row."""
        above = [one for one in paths.ancestors(moved.old_path) if one != moved.old_path]
        for row in self.filter(is_prefix=True, new_path__in=above):
            old = row.old_path + moved.old_path[len(row.new_path) :]
            is_itself = Redirect(old_path=old, is_prefix=moved.is_prefix).covers(moved.new_path)
            if len(old) <= paths.LONGEST and not is_itself:
                self.get_or_create(old_path=old, defaults=made)


class Redirect(models.Model):
    """An address that was given up, and where its page is today."""

    old_path = models.CharField(
        "旧地址",
        max_length=500,
        unique=True,
        help_text="以 / 开头，不带域名和 /en，如 /news/12.html。",
    )
    new_path = models.CharField("新地址", max_length=500, help_text="本站现有的页面，如 /parks/。")
    is_prefix = models.BooleanField(
        "连同下级", default=False, help_text="旧地址下面的所有地址一起改；两个地址都要以 / 结尾。"
    )
    made_by_id = models.BigIntegerField("人员编号", null=True, editable=False)
    made_by_name = models.CharField("谁改的", max_length=150, editable=False)
    made_at = models.DateTimeField("时间", default=timezone.now, editable=False)
    why = models.CharField("原因", max_length=200, blank=True)

    objects = RedirectQuerySet.as_manager()

    class Meta:
        verbose_name = "地址跳转"
        verbose_name_plural = "地址跳转"
        default_permissions = ("view", "add", "delete")
        ordering = ["-made_at", "-id"]
        indexes = [models.Index(fields=["new_path"], name="addresses_redirect_target")]
        constraints = [
            models.CheckConstraint(
                name="addresses_redirect_old_is_a_path",
                condition=Q(old_path__regex=paths.SHAPE_SQL),
                violation_error_code="no_path",
                violation_error_message="旧地址以 / 开头，不带域名、? 和 #。",
            ),
            models.CheckConstraint(
                name="addresses_redirect_new_is_a_path",
                condition=Q(new_path__regex=paths.SHAPE_SQL),
                violation_error_code="no_path",
                violation_error_message="新地址以 / 开头，不带域名、? 和 #。",
            ),
            models.CheckConstraint(
                name="addresses_redirect_leads_away",
                condition=~Q(old_path=F("new_path")),
                violation_error_code="same",
                violation_error_message="新旧地址是一样的。",
            ),
            models.CheckConstraint(
                name="addresses_redirect_prefix_is_a_folder",
                condition=Q(is_prefix=False)
                | (
                    Q(old_path__endswith="/", new_path__endswith="/")
                    & ~Q(old_path="/")
                    & ~Q(new_path__startswith=F("old_path"))
                ),
                violation_error_code="no_folder",
                violation_error_message="连同下级时两个地址都以 / 结尾，新地址也不能在旧地址下面。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old_path} → {self.new_path}"[:200]

    def covers(self, path: str) -> bool:
        """Whether it leads away from ``path``."""
        return path == self.old_path or (self.is_prefix and path.startswith(self.old_path))

    def target_of(self, path: str) -> str:
        """Where a path it covers leads."""
        return self.new_path + path[len(self.old_path) :]


def check_pair(old: str, new: str, is_prefix: bool) -> None:
    """Raises ValidationError (no_path, no_folder, into_itself) for what can be no redirect."""
    if not (paths.is_path(old) and paths.is_path(new)):
        raise ValidationError("地址以 / 开头，不带域名、? 和 #，最长 500 个字。", code="no_path")
    if not is_prefix or old == new:
        return
    if old == "/" or not (old.endswith("/") and new.endswith("/")):
        raise ValidationError("连同下级时，两个地址都要以 / 结尾。", code="no_folder")
    if new.startswith(old):
        raise ValidationError("新地址不能在旧地址下面。", code="into_itself")
