import hashlib
import re
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from parkcms.language import quantities
from parkcms.language.dates import PartialDateField
from parkcms.language.names import localized, marked
from parkcms.language.widths import fold

from .. import metrics
from .park import Park, Phase


class State(models.TextChoices):
    ACTUAL = "actual", _("实际")
    PLANNED = "planned", _("计划")


class Source(models.Model):
    """One document that says something: who published it, its title, its address, its date."""

    publisher = models.CharField("发布者", max_length=100, help_text="如“嘉定区融媒体中心”。")
    title = models.CharField("标题", max_length=200, blank=True)
    url = models.URLField("网址", max_length=500, blank=True)
    published = PartialDateField("发布日期", help_text="文件自己的日期，不是我们看到它的日期。")
    key = models.CharField(max_length=64, unique=True, editable=False)
    archive = models.ForeignKey(
        "library.Document",
        verbose_name="存档",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="网页会改、会没：把当时的文件存一份。",
    )
    note = models.CharField("备注", max_length=200, blank=True)

    class Meta:
        verbose_name = "来源"
        verbose_name_plural = "来源"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="parks_source_can_be_found",
                condition=~models.Q(title="") | ~models.Q(url=""),
                violation_error_message="标题与网址至少写一个，读者才找得到这份来源。",
            )
        ]

    def __str__(self) -> str:
        title = f"《{self.title}》" if self.title else f" {self.url}"
        return f"{self.publisher}{title}（{self.published or '日期未载'}）"[:200]

    def save(self, *args: object, **kwargs: object) -> None:
        self.key = self.make_key(self.url, self.title, self.published)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        key = self.make_key(self.url, self.title, self.published)
        if Source.objects.filter(key=key).exclude(pk=self.pk).exists():
            raise ValidationError("这份来源已经在库里，请直接选用。", code="known_source")

    @staticmethod
    def make_key(url: str, title: str, published: str) -> str:
        """sha256 of the normalised address, title and date; the same document, the same key."""
        address = re.sub(r"^(https?://)?(www\.)?", "", url.strip(), flags=re.I).rstrip("/")
        host, slash, path = address.partition("/")
        parts = (host.lower() + slash + path, "".join(fold(title).split()), str(published or ""))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class Figure(models.Model):
    """One statement of a number: of what, how much, as of when, according to which document.

    Figures are never overwritten by newer ones: they are statements, and conflicts are kept and
    shown. ``sentence`` holds only words that stand in the source. Rows hang on no order of
    loading: see parks/figures.py for what "newest" means.
    """

    class Qualifier(models.TextChoices):
        ABOUT = "about", _("约")
        NEARLY = "nearly", _("近")
        OVER = "over", _("超")
        AT_LEAST = "at_least", _("不低于")

    park = models.ForeignKey(
        Park, verbose_name="园区", on_delete=models.CASCADE, related_name="figures"
    )
    phase = models.ForeignKey(
        Phase,
        verbose_name="期次",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="figures",
        help_text="留空表示整个园区。",
    )
    metric = models.CharField("指标", max_length=20, choices=metrics.METRIC_CHOICES)
    state = models.CharField(
        "实际或计划", max_length=8, choices=State.choices, default=State.ACTUAL
    )
    qualifier = models.CharField("限定", max_length=10, choices=Qualifier.choices, blank=True)
    value = models.DecimalField(
        "数值",
        max_digits=20,
        decimal_places=4,
        help_text="照来源写，单位另选：9.5亿元写 950000000。",
    )
    value_max = models.DecimalField(
        "至（区间上限）", max_digits=20, decimal_places=4, null=True, blank=True
    )
    unit = models.CharField("单位", max_length=10, choices=metrics.UNIT_CHOICES)
    as_of = PartialDateField(
        "截至", help_text="数字说的是什么时候，如 2021-H1、2024-06；来源没写就留空。"
    )
    source = models.ForeignKey(
        Source,
        verbose_name="来源",
        null=True,
        on_delete=models.SET_NULL,
        related_name="figures",
    )
    sentence = models.TextField(
        "原句",
        blank=True,
        max_length=500,
        help_text="照抄来源里的那一句；手头没有原文就留空，会显示“原句未收录”。",
    )
    recorded_at = models.DateTimeField("记录时间", auto_now_add=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="记录人",
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        verbose_name = "指标数字"
        verbose_name_plural = "指标数字"
        ordering = ["park", "metric", "-as_of_end", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["park", "phase", "metric", "state", "as_of", "source", "sentence"],
                name="parks_figure_is_stated_once",
                nulls_distinct=False,
                condition=models.Q(source__isnull=False),
                violation_error_message="同一来源的这条数字已经记过。",
            ),
            models.CheckConstraint(
                name="parks_figure_range_goes_up",
                condition=models.Q(value_max=None) | models.Q(value_max__gt=models.F("value")),
                violation_error_message="区间上限要大于下限。",
            ),
            models.CheckConstraint(
                name="parks_figure_not_negative",
                condition=models.Q(value__gte=0),
                violation_error_message="数值不能是负数。",
            ),
            models.CheckConstraint(
                name="parks_figure_percent_of_hundred",
                condition=~models.Q(metric="occupancy") | models.Q(value__lte=100),
                violation_error_message="入驻率不会超过 100%。",
            ),
        ]

    def __str__(self) -> str:
        """Told apart from the same metric of another park or year (reads park and phase)."""
        park = self.park.name_zh if self.park_id else "园区"
        subject = f"{park} {self.phase.name_zh}" if self.phase_id else park
        value = self.shown_in("zh-hans")
        return f"{subject} {self.get_metric_display()} {value}（{self.as_of or '日期未载'}）"

    def clean(self) -> None:
        if self.phase_id and self.park_id and self.phase.park_id != self.park_id:
            foreign = ValidationError("这一期不属于所选园区。", code="foreign_phase")
            raise ValidationError({"phase": foreign})
        known = metrics.METRICS.get(self.metric)
        if known and self.unit and self.unit not in known.units:
            message = f"“{known.label}”的单位是 {'、'.join(self._unit_labels(known))}。"
            raise ValidationError({"unit": ValidationError(message, code="unit_of_metric")})
        for name in ("value", "value_max") if self.metric == "occupancy" else ():
            value = getattr(self, name)
            if isinstance(value, Decimal) and value > 100:
                over = ValidationError("入驻率不会超过 100%。", code="over_hundred")
                raise ValidationError({name: over})

    @property
    def subject(self) -> Park | Phase:
        """What the number is about (reads self.phase or self.park: one query unless joined)."""
        return self.phase if self.phase_id else self.park

    @property
    def anchor(self) -> str:
        """Its place on its park's page, made of what it states: no id, so that loading the same
        statements in another order gives the same page (reads phase and source)."""
        phase = f"-{self.phase.ordinal}" if self.phase_id else ""
        source = self.source.key if self.source_id else ""
        told = hashlib.sha256(f"{self.value}|{source}|{self.sentence}".encode()).hexdigest()[:6]
        metric = self.metric.replace("_", "-")
        return f"figure{phase}-{metric}-{self.state}-{self.as_of or 'undated'}-{told}".lower()

    @property
    def base_value(self) -> Fraction:
        """The value in the base unit of its dimension, for comparing."""
        return quantities.to_base(self.value, self.unit)

    @property
    def shown(self) -> quantities.Shown:
        return self.shown_in(get_language() or "zh-hans")

    def shown_in(self, language: str) -> quantities.Shown:
        """The value as a reader sees it: ``.number`` and ``.unit``."""
        return quantities.display(self.value, self.unit, language, self.qualifier, self.value_max)

    @property
    def also(self) -> quantities.Shown | None:
        """The value in a second unit that helps, or None; land is also told in 亩."""
        land = self.metric in {"land_area", "planned_area"}
        return quantities.also(self.value, self.unit, get_language() or "zh-hans", land=land)

    @staticmethod
    def _unit_labels(metric: metrics.Metric) -> list[str]:
        labels = dict(metrics.UNIT_CHOICES)
        return [labels[unit] for unit in metric.units]


class Milestone(models.Model):
    """Something that happened or is to happen to a park or a phase, on a date, by a source."""

    class Kind(models.TextChoices):
        SIGNED = "signed", _("签约")
        FOUNDED = "founded", _("揭牌")
        OPENED = "opened", _("开园")
        STARTED = "started", _("开工")
        TOPPED_OUT = "topped_out", _("封顶")
        COMPLETED = "completed", _("竣工")
        DELIVERED = "delivered", _("交付")
        OTHER = "other", _("其他")

    # What follows what within one phase (domain: a phase is started, topped out, completed,
    # delivered, in this order).
    BUILDING_ORDER = (Kind.STARTED, Kind.TOPPED_OUT, Kind.COMPLETED, Kind.DELIVERED)

    park = models.ForeignKey(
        Park, verbose_name="园区", on_delete=models.CASCADE, related_name="milestones"
    )
    phase = models.ForeignKey(
        Phase,
        verbose_name="期次",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="milestones",
    )
    kind = models.CharField("种类", max_length=12, choices=Kind.choices)
    title_zh = models.CharField("事件", max_length=100)
    title_en = models.CharField("事件（英文）", max_length=160, blank=True)
    happened = PartialDateField("日期")
    state = models.CharField(
        "实际或计划", max_length=8, choices=State.choices, default=State.ACTUAL
    )
    source = models.ForeignKey(
        Source,
        verbose_name="来源",
        null=True,
        on_delete=models.SET_NULL,
        related_name="milestones",
    )
    sentence = models.TextField("原句", blank=True, max_length=500)

    class Meta:
        verbose_name = "大事"
        verbose_name_plural = "大事"
        ordering = ["-happened_end", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["park", "phase", "kind", "happened", "state", "source"],
                name="parks_milestone_is_told_once",
                nulls_distinct=False,
                condition=models.Q(source__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.happened or '日期未载'} {self.title_zh}"

    @property
    def title(self) -> str:
        return marked(self, "title")

    @property
    def plain_title(self) -> str:
        return localized(self, "title")

    def clean(self) -> None:
        if self.phase_id and self.park_id and self.phase.park_id != self.park_id:
            foreign = ValidationError("这一期不属于所选园区。", code="foreign_phase")
            raise ValidationError({"phase": foreign})
        if self.phase_id and self.happened and self.kind in self.BUILDING_ORDER:
            self._refuse_wrong_order()

    def _refuse_wrong_order(self) -> None:
        start, end = self.happened.start, self.happened.end
        place = self.BUILDING_ORDER.index(self.kind)
        others = Milestone.objects.filter(phase_id=self.phase_id, state=self.state)
        for other in others.exclude(pk=self.pk).exclude(happened=""):
            if other.kind not in self.BUILDING_ORDER:
                continue
            their = self.BUILDING_ORDER.index(other.kind)
            if (their < place and end < _first(other)) or (their > place and start > _last(other)):
                message = f"次序不对：{other}，而{self.get_kind_display()}应在其后或之前。"
                wrong = ValidationError(message, code="order_of_building")
                raise ValidationError({"happened": wrong})


def _first(milestone: Milestone) -> date:
    return milestone.happened_start


def _last(milestone: Milestone) -> date:
    return milestone.happened_end
