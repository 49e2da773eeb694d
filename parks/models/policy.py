import re
from datetime import date, timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from parkcms.language import quantities
from parkcms.language.dates import PartialDateField
from parkcms.language.names import localized, marked
from parkcms.publication.models import Publishable, PublishableQuerySet

from .. import regions
from .figure import Source
from .park import Industry, Park

# 沪府规〔2023〕1号: an issuer's mark, the year in brackets of any kind, a number.
DOCUMENT_NUMBER = re.compile(r"[\u4e00-\u9fff]{2,12}[〔\[(（]\d{4}[〕\])）]\d{1,5}号")


def validate_document_number(text: str) -> None:
    if not DOCUMENT_NUMBER.fullmatch(text):
        raise ValidationError("文号写成“沪府规〔2023〕1号”这样。", code="document_number")


class PolicyQuerySet(PublishableQuerySet):
    def in_force(self, on: date | None = None) -> Self:
        """Policies that hold on a day (default: today); one of unknown validity is not among
        them, because nobody can say that it holds."""
        on = on or timezone.localdate()
        ends = Q(valid_to_end__gte=on) | Q(open_ended=True, valid_to="")
        alive = Q(repealed_on=None) | Q(repealed_on__gt=on)
        return self.filter(ends, alive, valid_from_start__lte=on)

    def ending(self, on: date, days: int = 30) -> Self:
        """Policies in force whose last day is within ``days``."""
        return self.in_force(on).filter(valid_to_end__lte=on + timedelta(days=days))


class Policy(Publishable):
    """A policy with its document: who issued it, under which number, how long it holds.

    Whether it is in force is computed from dates, never ticked. One that has expired, or was
    repealed, cannot be cited as current (Advertising Law art. 11, truth of what is quoted).
    """

    class Level(models.TextChoices):
        NATIONAL = "national", _("国家")
        MUNICIPAL = "municipal", _("市（省）级")
        DISTRICT = "district", _("区级")
        TOWN = "town", _("街镇")
        PARK = "park", _("园区")

    class Subject(models.TextChoices):
        REGISTRATION = "registration", _("注册")
        LEASE = "lease", _("租赁")
        EQUIPMENT = "equipment", _("设备投资")
        RND = "rnd", _("研发")
        TALENT = "talent", _("人才")
        FINANCE = "finance", _("融资")

    class Status(models.TextChoices):
        COMING = "coming", _("尚未施行")
        IN_FORCE = "in_force", _("有效")
        EXPIRED = "expired", _("已过期")
        REPEALED = "repealed", _("已废止")
        UNKNOWN = "unknown", _("有效期未载")

    title_zh = models.CharField("名称", max_length=200)
    title_en = models.CharField("名称（英文）", max_length=300, blank=True)
    issuer_zh = models.CharField("发文机关", max_length=100)
    issuer_en = models.CharField("发文机关（英文）", max_length=160, blank=True)
    document_number = models.CharField(
        "文号", max_length=40, blank=True, validators=[validate_document_number]
    )
    level = models.CharField("级别", max_length=10, choices=Level.choices)
    region_code = models.CharField(
        "适用地区", max_length=6, blank=True, validators=[regions.validate_region]
    )
    subjects = ArrayField(
        models.CharField(max_length=14, choices=Subject.choices),
        verbose_name="适用于",
        default=list,
        blank=True,
    )
    industries = models.ManyToManyField(
        Industry, verbose_name="产业", blank=True, related_name="policies"
    )
    summary_zh = models.TextField("要点", blank=True, max_length=1000)
    summary_en = models.TextField("要点（英文）", blank=True, max_length=1500)
    valid_from = PartialDateField("施行日期")
    valid_to = PartialDateField("有效期至")
    open_ended = models.BooleanField(
        "文件未设期限", default=False, help_text="只有文件写明长期有效、或通篇没有期限时才勾。"
    )
    apply_from = models.DateField("申报开始", null=True, blank=True)
    apply_to = models.DateField("申报截止", null=True, blank=True)
    repealed_on = models.DateField("废止日期", null=True, blank=True)
    replaced_by = models.ForeignKey(
        "self", verbose_name="被哪份文件代替", null=True, blank=True, on_delete=models.SET_NULL,
        related_name="replaces",
    )  # fmt: skip
    source = models.ForeignKey(
        Source, verbose_name="来源", on_delete=models.PROTECT, related_name="policies",
        help_text="公布文件的网页；存档放在来源里。",
    )  # fmt: skip
    parks = models.ManyToManyField(Park, verbose_name="园区", blank=True, related_name="policies")
    checked_at = models.DateTimeField("核对时间", null=True, blank=True, editable=False)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="核对人", null=True, blank=True, editable=False,
        on_delete=models.SET_NULL, related_name="+",
    )  # fmt: skip
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name = "政策"
        verbose_name_plural = "政策"
        ordering = ["-valid_from_start", "-id"]
        permissions = [("publish_policy", "发布和下线政策")]
        constraints = [
            *Publishable.Meta.constraints,
            models.CheckConstraint(
                name="parks_policy_ends_after_it_begins",
                condition=Q(valid_from="")
                | Q(valid_to="")
                | Q(valid_to_end__gte=models.F("valid_from_start")),
                violation_error_message="有效期至不会早于施行日期。",
            ),
            models.CheckConstraint(
                name="parks_policy_window_goes_on",
                condition=Q(apply_from=None)
                | Q(apply_to=None)
                | Q(apply_to__gte=models.F("apply_from")),
                violation_error_message="申报截止不会早于申报开始。",
            ),
            models.CheckConstraint(
                name="parks_policy_open_ended_has_no_end",
                condition=Q(open_ended=False) | Q(valid_to=""),
                violation_error_message="写了有效期，就不是“文件未设期限”。",
            ),
            models.UniqueConstraint(
                fields=["document_number"],
                name="parks_policy_number_once",
                condition=~Q(document_number=""),
                violation_error_message="这个文号的政策已经在库里。",
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.title_zh}（{self.document_number}）" if self.document_number else self.title_zh
        )

    def get_absolute_url(self) -> str:
        return reverse("parks:policy", args=[self.pk])

    def status_on(self, on: date | None = None) -> "Policy.Status":
        """The mirror of ``in_force`` for one row, with the reason where it is not."""
        on = on or timezone.localdate()
        if self.repealed_on and self.repealed_on <= on:
            return self.Status.REPEALED
        starts, ends = self.valid_from.start, self.valid_to.end
        if ends and ends < on:
            return self.Status.EXPIRED
        if starts and starts > on:
            return self.Status.COMING
        if starts is None or (ends is None and not self.open_ended):
            return self.Status.UNKNOWN
        return self.Status.IN_FORCE

    @property
    def status(self) -> "Policy.Status":
        return self.status_on()

    @property
    def is_current(self) -> bool:
        return self.status == self.Status.IN_FORCE

    @property
    def title(self) -> str:
        return marked(self, "title")

    @property
    def plain_title(self) -> str:
        return localized(self, "title")

    @property
    def issuer(self) -> str:
        return marked(self, "issuer")

    @property
    def summary(self) -> str:
        return marked(self, "summary")

    @property
    def region_name(self) -> str:
        return regions.full_name(self.region_code)

    @property
    def subject_labels(self) -> list[str]:
        labels = dict(self.Subject.choices)
        return [labels[one] for one in self.subjects if one in labels]


class Benefit(models.Model):
    """One thing a policy grants, in the words of its document."""

    class Kind(models.TextChoices):
        RENT = "rent", _("租金补贴")
        FIT_OUT = "fit_out", _("装修补贴")
        TALENT = "talent", _("人才")
        RND = "rnd", _("研发")
        EQUIPMENT = "equipment", _("设备投资")
        INTEREST = "interest", _("贷款贴息")
        OTHER = "other", _("其他")

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="benefits")
    kind = models.CharField("种类", max_length=10, choices=Kind.choices)
    amount_zh = models.CharField("标准", max_length=120, help_text="照文件写，如“实际租金的 50%”。")
    amount_en = models.CharField("标准（英文）", max_length=160, blank=True)
    cap_cny = models.DecimalField(
        "最高（元）", max_digits=14, decimal_places=2, null=True, blank=True
    )
    condition_zh = models.CharField("条件", max_length=300, blank=True)
    condition_en = models.CharField("条件（英文）", max_length=400, blank=True)
    sentence = models.TextField("原句", blank=True, max_length=500)

    class Meta:
        verbose_name = "扶持"
        verbose_name_plural = "扶持"
        ordering = ["kind", "id"]
        constraints = [
            models.CheckConstraint(
                name="parks_benefit_cap_not_negative",
                condition=Q(cap_cny=None) | Q(cap_cny__gte=0),
                violation_error_message="最高额不能是负数。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}：{self.amount_zh}"

    @property
    def most(self) -> str:
        """The most it pays, in words of the active language (50万元); '' where none is set."""
        if self.cap_cny is None:
            return ""
        return str(quantities.display(self.cap_cny, "CNY", get_language() or "zh-hans"))

    @property
    def amount(self) -> str:
        return marked(self, "amount")

    @property
    def condition(self) -> str:
        return marked(self, "condition")
