from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from parkcms.ledger.models import Act
from parkcms.people.models import User

LONGEST = 1_000  # characters of an address; no reader types a longer one
# A host that is down for an evening is no broken link: two checks, a night apart.
APART = timedelta(hours=20)

REASONS = {
    "moved": "已搬家",
    "no_file": "文件不在了",
    "unknown_host": "域名不存在",
    "unreachable": "连不上",
    "timeout": "没有应答",
    "tls": "证书有问题",
    "private": "指向内网地址",
    "too_many": "跳转太多次",
}


@dataclass(frozen=True)
class Owner:
    """The row whose text holds a link: its kind (``articles.article``), key, and desk page."""

    kind: str
    pk: int
    label: str
    desk_path: str


@dataclass(frozen=True)
class Finding:
    """One link that does not lead where it should; ``why`` is of REASONS or ``http_<status>``."""

    url: str
    text: str
    why: str
    is_foreign: bool = False
    moved_to: str = ""


class BrokenLinkQuerySet(models.QuerySet):
    def settle(
        self,
        owner: Owner,
        found: Iterable[Finding],
        now: datetime | None = None,
        *,
        keep: Iterable[str] = (),
    ) -> None:
        """What a check of one text has found; its other rows go, but for ``keep``, the addresses
        that were not asked this time."""
        now = now or timezone.now()
        found = {one.url: one for one in found if len(one.url) <= LONGEST}
        of_owner = Q(owner_kind=owner.kind, owner_id=owner.pk)
        with transaction.atomic(using=self.db):
            self.filter(of_owner).exclude(url__in=[*found, *keep]).delete()
            self.filter(of_owner, url__in=list(keep)).update(last_looked_at=now)
            for one in found.values():
                said = {
                    "owner_label": owner.label[:200],
                    "desk_path": owner.desk_path,
                    "text": one.text[:200],
                    "why": one.why,
                    "is_foreign": one.is_foreign,
                    "moved_to": one.moved_to[:LONGEST],
                    "last_at": now,
                    "last_looked_at": now,
                }
                self.update_or_create(
                    owner_kind=owner.kind,
                    owner_id=owner.pk,
                    url=one.url,
                    defaults=said,
                    create_defaults={**said, "first_at": now},
                )

    def left_over(self, began: datetime) -> Self:
        """Rows of texts that no round since ``began`` has seen: unpublished, or gone."""
        return self.filter(last_looked_at__lt=began)

    def listed(self) -> Self:
        """What an editor should mend, the newest first: own links at once, those to other sites
        after a second check."""
        sure = Q(is_foreign=False) | Q(last_at__gte=F("first_at") + APART)
        return self.filter(sure, ignored_at=None).order_by("-first_at", "-id")


class BrokenLink(models.Model):
    """A link in a published text that leads nowhere, or to where a page no longer is."""

    owner_kind = models.CharField("类别", max_length=80, editable=False)
    owner_id = models.BigIntegerField("编号", editable=False)
    owner_label = models.CharField("在哪篇里", max_length=200, editable=False)
    desk_path = models.CharField("编辑页", max_length=200, editable=False)
    url = models.CharField("链接", max_length=LONGEST, editable=False)
    text = models.CharField("链接文字", max_length=200, blank=True, editable=False)
    why = models.CharField("原因代码", max_length=20, editable=False)
    moved_to = models.CharField("新地址", max_length=LONGEST, blank=True, editable=False)
    is_foreign = models.BooleanField("别的网站", default=False, editable=False)
    first_at = models.DateTimeField("第一次发现", default=timezone.now, editable=False)
    last_at = models.DateTimeField("最近一次不通", default=timezone.now, editable=False)
    last_looked_at = models.DateTimeField("最近一次看过", default=timezone.now, editable=False)
    ignored_at = models.DateTimeField("忽略于", null=True, blank=True, editable=False)

    objects = BrokenLinkQuerySet.as_manager()

    class Meta:
        verbose_name = "失效链接"
        verbose_name_plural = "失效链接"
        ordering = ["-first_at", "-id"]
        default_permissions = ("view", "change")
        constraints = [
            models.UniqueConstraint(
                fields=["owner_kind", "owner_id", "url"], name="addresses_link_once_a_text"
            )
        ]
        indexes = [
            models.Index(fields=["-first_at", "-id"], name="addresses_link_newest"),
            models.Index(fields=["last_looked_at"], name="addresses_link_looked_at"),
        ]

    def __str__(self) -> str:
        return f"{self.text or self.url}（{self.owner_label}）"[:200]

    @property
    def reason(self) -> str:
        """Why it is listed, in the words of the desk."""
        if self.why.startswith("http_"):
            return {"http_404": "没有这个页面", "http_410": "页面已下线"}.get(
                self.why, f"出错（{self.why[5:]}）"
            )
        return REASONS.get(self.why, self.why)

    @transaction.atomic
    def ignore(self, by: User) -> bool:
        """Keeps it out of the list while it stays broken. False if it was already."""
        now = timezone.now()
        done = BrokenLink.objects.filter(pk=self.pk, ignored_at=None).update(ignored_at=now)
        if done:
            self.ignored_at = now
            Act.record(by, "ignore", self, after={"链接": self.url, "原因": self.reason})
        return bool(done)
