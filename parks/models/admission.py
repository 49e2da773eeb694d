from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from parkcms.language import quantities
from parkcms.language.dates import PartialDateField
from parkcms.language.names import marked

from .figure import Source
from .park import Park


class AdmissionTerm(models.Model):
    """What a park asks of a company before it lets it in, by which document, as of when.

    One row for one term. ``required`` is three-valued: asked, expressly not asked, unknown.
    """

    class Kind(models.TextChoices):
        TAX_PER_MU = "tax_per_mu", _("亩均税收不低于")
        OUTPUT_PER_MU = "output_per_mu", _("亩均产值不低于")
        INVESTMENT_PER_MU = "investment_per_mu", _("投资强度不低于")
        MIN_AREA = "min_area", _("起租面积")
        FIRE_CLASS = "fire_class", _("火灾危险性最高到")
        EIA = "eia", _("环评")
        REGISTRATION = "registration", _("须在本地注册纳税")
        QUALIFICATION = "qualification", _("企业资质")
        OTHER = "other", _("其他")

    class Unit(models.TextChoices):
        WAN_CNY_MU_YEAR = "wan_cny_mu_year", _("万元/亩/年")
        WAN_CNY_MU = "wan_cny_mu", _("万元/亩")
        M2 = "m2", _("㎡")

    # The units a term is told in; the others are words or yes and no.
    UNITS = {
        Kind.TAX_PER_MU: Unit.WAN_CNY_MU_YEAR,
        Kind.OUTPUT_PER_MU: Unit.WAN_CNY_MU_YEAR,
        Kind.INVESTMENT_PER_MU: Unit.WAN_CNY_MU,
        Kind.MIN_AREA: Unit.M2,
    }

    park = models.ForeignKey(
        Park, verbose_name="园区", on_delete=models.CASCADE, related_name="admission"
    )
    kind = models.CharField("条件", max_length=20, choices=Kind.choices)
    required = models.BooleanField("是否要求", null=True, blank=True)
    value = models.DecimalField(
        "数值", max_digits=12, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0)], help_text="单位随条件：亩均写万元，面积写 ㎡。",
    )  # fmt: skip
    text_zh = models.CharField("说明", max_length=200, blank=True)
    text_en = models.CharField("说明（英文）", max_length=300, blank=True)
    source = models.ForeignKey(
        Source, verbose_name="来源", null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip
    as_of = PartialDateField("截至")
    sentence = models.TextField("原句", blank=True, max_length=500)

    class Meta:
        verbose_name = "准入条件"
        verbose_name_plural = "准入条件"
        ordering = ["kind", "id"]
        constraints = [
            models.CheckConstraint(
                name="parks_admission_not_negative",
                condition=models.Q(value=None) | models.Q(value__gte=0),
                violation_error_message="数值不能是负数。",
            ),
            models.CheckConstraint(
                name="parks_admission_says_something",
                condition=~models.Q(value=None, required=None, text_zh=""),
                violation_error_message="至少写数值、是否要求或说明中的一项。",
            ),
            models.UniqueConstraint(
                fields=["park", "kind"],
                name="parks_one_admission_term_a_kind",
                condition=~models.Q(kind__in=["other", "qualification"]),
                violation_error_message="这个园区已有这一条件。",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def unit(self) -> str:
        """The label of the unit of ``value``, '' for terms without one."""
        unit = self.UNITS.get(self.kind)
        return self.Unit(unit).label if unit else ""

    @property
    def value_text(self) -> str:
        """The value in digits by threes, without zeros at the end; '' for none."""
        return "" if self.value is None else quantities.written(self.value)

    @property
    def text(self) -> str:
        return marked(self, "text")
