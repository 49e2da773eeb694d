"""What a figure can measure: the choice list, each with its units and its place on the page."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Metric:
    """One measurable thing; ``units`` are codes of language.quantities, the first is usual.

    ``rank`` orders the key figures of a park; None keeps a metric out of them. ``shelf_months``
    says how long after its as-of date an actual value can be taken for the present one; None for
    what does not change by itself (an area, a plan).
    """

    code: str
    label: Promise
    units: tuple[str, ...]
    rank: int | None = None
    shelf_months: int | None = None


_AREA = ("m2", "mu", "ha", "km2")

METRICS = {
    metric.code: metric
    for metric in (
        Metric("tenants", _("入驻企业"), ("家",), 1, 18),
        Metric("occupancy", _("入驻率"), ("percent",), 2, 18),
        Metric("rd_centres", _("企业研发中心"), ("个",), 3, 24),
        Metric("planned_area", _("规划面积"), ("km2", *_AREA[:3]), 4),
        Metric("land_area", _("土地面积"), _AREA, 5),
        Metric("gfa", _("建筑面积"), _AREA, 6),
        Metric("land_term", _("土地使用年限"), ("年",), 7),
        Metric("investment", _("总投资"), ("CNY",), 8),
        Metric("revenue", _("营业收入"), ("CNY",), 9, 24),
        Metric("output", _("工业产值"), ("CNY",), 10, 24),
        Metric("tax_per_mu", _("亩均税收"), ("CNY",), None, 24),
        Metric("buildings", _("楼栋"), ("栋",)),
        Metric("far", _("容积率"), ("ratio",)),
        Metric("green_share", _("绿地率"), ("percent",)),
        Metric("employees", _("从业人员"), ("人",), None, 24),
    )
}

METRIC_CHOICES = [(code, metric.label) for code, metric in METRICS.items()]
UNIT_CHOICES = [
    ("m2", "㎡"),
    ("mu", "亩"),
    ("ha", "公顷"),
    ("km2", "平方公里"),
    ("CNY", "元"),
    ("percent", "%"),
    ("ratio", "（无单位）"),
    ("家", "家"),
    ("个", "个"),
    ("栋", "栋"),
    ("人", "人"),
    ("年", "年"),
]
