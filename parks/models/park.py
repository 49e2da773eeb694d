from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from parkcms.addresses import moving
from parkcms.language import pinyin
from parkcms.language.dates import PartialDateField
from parkcms.language.names import Named, localized, marked
from parkcms.language.widths import fold
from parkcms.people.models import User
from parkcms.publication.models import Publishable, PublishableQuerySet

from .. import regions


class ParkQuerySet(PublishableQuerySet):
    def kept_by(self, user: User) -> Self:
        """The parks this person may keep: all with ``parks.keep_every_park``, else their own."""
        if user.has_perm("parks.keep_every_park"):
            return self
        return self.filter(managers=user)


class Park(Named, Publishable):
    """An industrial park: its names, place, what it is for, and who answers for it.

    Numbers about it are not columns here but Figures, each with its source and date.
    """

    class Level(models.TextChoices):
        NATIONAL = "national", _("国家级")
        MUNICIPAL = "municipal", _("市级")
        DISTRICT = "district", _("区级")
        TOWN = "town", _("镇级")
        PRIVATE = "private", _("民营")

    class Title(models.TextChoices):
        GREEN = "green", _("绿证（国有出让，可转让）")
        OTHER = "other", _("其他权证")

    name_zh = models.CharField("名称", max_length=60, unique=True)
    slug = models.SlugField("地址名", max_length=60, unique=True, blank=True)
    sort_key = models.CharField(max_length=200, editable=False, db_index=True)
    level = models.CharField("级别", max_length=10, choices=Level.choices, blank=True)
    level_source = models.ForeignKey(
        "parks.Source",
        verbose_name="级别的文件",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="“国家级”“市级”是官方称号，要有认定它的文件。",
    )
    operator = models.CharField("运营单位", max_length=80, blank=True, help_text="公司全称。")
    developer = models.CharField("开发单位", max_length=80, blank=True, help_text="公司全称。")
    title_type = models.CharField("产权", max_length=10, choices=Title.choices, blank=True)
    tenure_zh = models.CharField(
        "产权说明", max_length=120, blank=True, help_text="如“50年产权绿证”，数字另记为指标。"
    )
    tenure_en = models.CharField("产权说明（英文）", max_length=200, blank=True)
    region_code = models.CharField(
        "行政区划",
        max_length=6,
        validators=[regions.validate_region],
        help_text="GB/T 2260 六位代码，嘉定区是 310114。",
    )
    town_zh = models.CharField("街道、镇或片区", max_length=40, blank=True)
    town_en = models.CharField("片区（英文）", max_length=80, blank=True)
    address_zh = models.CharField("地址", max_length=200, blank=True)
    address_en = models.CharField("地址（英文）", max_length=300, blank=True)
    boundary_zh = models.CharField(
        "四至", max_length=200, blank=True, help_text="如“东至墨玉南路，西至于田路”。"
    )
    boundary_en = models.CharField("四至（英文）", max_length=300, blank=True)
    latitude = models.DecimalField(
        "纬度（WGS-84）",
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
        help_text="GPS 坐标，如 31.297500；高德、百度的坐标要先换算。",
    )
    longitude = models.DecimalField(
        "经度（WGS-84）",
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    intro_zh = models.TextField("简介", blank=True, help_text="一段话说清这个园区；空行分段。")
    intro_en = models.TextField("简介（英文）", blank=True)
    origin_region = models.CharField(
        "飞出地", max_length=6, blank=True, validators=[regions.validate_region]
    )
    host_region = models.CharField(
        "飞入地", max_length=6, blank=True, validators=[regions.validate_region]
    )
    cover = models.ForeignKey(
        "library.Picture",
        verbose_name="封面",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="没有照片时显示按园区绘制的示意图。",
    )
    pictures = models.ManyToManyField(
        "library.Picture",
        verbose_name="照片",
        blank=True,
        related_name="parks",
        help_text="图库里按园区找图时找到它们。",
    )
    site_plan = models.ForeignKey(
        "library.Picture",
        verbose_name="总平面图",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    contact = models.ForeignKey(
        "parks.ContactCard",
        verbose_name="联系名片",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="parks",
    )
    managers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name="园区经理", blank=True, related_name="kept_parks"
    )
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    objects = ParkQuerySet.as_manager()

    class Meta:
        verbose_name = "园区"
        verbose_name_plural = "园区"
        ordering = ["sort_key", "id"]
        permissions = [
            ("publish_park", "发布和下线园区"),
            ("keep_every_park", "维护所有园区"),
        ]
        constraints = [
            *Publishable.Meta.constraints,
            models.CheckConstraint(
                name="parks_park_coordinates_in_pairs",
                condition=models.Q(latitude=None, longitude=None)
                | models.Q(
                    # Without these a missing half would make the rule neither true nor false,
                    # and a CHECK refuses only what is false.
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__gte=-90,
                    latitude__lte=90,
                    longitude__gte=-180,
                    longitude__lte=180,
                ),
                violation_error_message="经纬度要一起填，纬度在 ±90、经度在 ±180 之内。",
            ),
            models.CheckConstraint(
                name="parks_park_enclave_in_pairs",
                condition=models.Q(origin_region="", host_region="")
                | (~models.Q(origin_region="") & ~models.Q(host_region="")),
                violation_error_message="飞出地与飞入地要一起填。",
            ),
        ]

    def save(self, *args: object, **kwargs: object) -> None:
        if not self.slug:
            self.slug = pinyin.unique_slug(
                self.name_en or self.name_zh,
                lambda slug: Park.objects.filter(slug=slug).exclude(pk=self.pk).exists(),
            )
        self.sort_key = pinyin.sort_key(self.name_zh)[:200]
        with moving.followed(self, "slug", saved=kwargs.get("update_fields")):
            super().save(*args, **kwargs)

    def clean(self) -> None:
        if (self.latitude is None) != (self.longitude is None):
            half = ValidationError("经纬度要一起填。", code="half_a_place")
            raise ValidationError({"latitude" if self.latitude is None else "longitude": half})

    def get_absolute_url(self) -> str:
        return reverse("parks:park", args=[self.slug])

    def can_be_kept_by(self, user: User) -> bool:
        """Whether this person may change the park and its rows (one query unless they keep all)."""
        if user.has_perm("parks.keep_every_park"):
            return True
        return self.managers.filter(pk=user.pk).exists()

    @property
    def intro(self) -> str:
        return marked(self, "intro")

    @property
    def address(self) -> str:
        return marked(self, "address")

    @property
    def boundary(self) -> str:
        return marked(self, "boundary")

    @property
    def tenure(self) -> str:
        return marked(self, "tenure")

    @property
    def town(self) -> str:
        return localized(self, "town")

    @property
    def region_name(self) -> str:
        return regions.full_name(self.region_code)

    @property
    def origin_name(self) -> str:
        return regions.full_name(self.origin_region)

    @property
    def host_name(self) -> str:
        return regions.full_name(self.host_region)


class Alias(models.Model):
    """Another name of a park, by which texts and searches find it."""

    class Kind(models.TextChoices):
        OFFICIAL = "official", "官方全称"
        SHORT = "short", "简称"
        FOREIGN = "foreign", "外文名"
        FORMER = "former", "旧称"
        MISSPELT = "misspelt", "常见误写"

    park = models.ForeignKey(
        Park, verbose_name="园区", on_delete=models.CASCADE, related_name="aliases"
    )
    name = models.CharField("别名", max_length=100)
    kind = models.CharField("种类", max_length=10, choices=Kind.choices)
    folded = models.CharField(max_length=120, editable=False, db_index=True)

    class Meta:
        verbose_name = "别名"
        verbose_name_plural = "别名"
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="parks_alias_names_one_park",
                violation_error_message="这个别名已经属于一个园区。",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        self.folded = fold(self.name).lower()[:120]
        super().save(*args, **kwargs)


class Industry(Named):
    """An industry parks name: 智能装备 / Intelligent equipment."""

    class Meta:
        verbose_name = "产业"
        verbose_name_plural = "产业"
        ordering = ["name_zh"]
        constraints = [models.UniqueConstraint(fields=["name_zh"], name="parks_industry_name")]


class ParkIndustry(models.Model):
    """What an industry is to a park: leading, encouraged or excluded."""

    class Stance(models.TextChoices):
        LEADING = "leading", _("主导")
        ENCOURAGED = "encouraged", _("鼓励")
        EXCLUDED = "excluded", _("不接受")

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="industries")
    industry = models.ForeignKey(
        Industry, verbose_name="产业", on_delete=models.PROTECT, related_name="+"
    )
    stance = models.CharField("态度", max_length=10, choices=Stance.choices)

    class Meta:
        verbose_name = "园区产业"
        verbose_name_plural = "园区产业"
        ordering = ["stance", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["park", "industry"], name="parks_one_stance_an_industry"
            )
        ]

    def __str__(self) -> str:
        return f"{self.industry} {self.get_stance_display()}"


class TransportLink(Named):
    """How far a motorway exit, station, port or airport is, in km along existing roads.

    Never in minutes: the rules on real-estate advertising (SAIC order 80, 2015) forbid stating a
    place by travel time.
    """

    class Kind(models.TextChoices):
        MOTORWAY = "motorway", _("高速出入口")
        METRO = "metro", _("轨道交通站")
        RAIL = "rail", _("火车站")
        AIRPORT = "airport", _("机场")
        PORT = "port", _("港口")

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="transport")
    kind = models.CharField("种类", max_length=10, choices=Kind.choices)
    distance_km = models.DecimalField(
        "距离（km）",
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="沿现有道路的公里数，如 2.4；不知道就留空，不要写分钟。",
    )
    source = models.ForeignKey(
        "parks.Source",
        verbose_name="来源",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    as_of = PartialDateField("截至")
    latitude = models.DecimalField(
        "纬度（WGS-84）", max_digits=9, decimal_places=6, null=True, blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
        help_text="有坐标的才画在示意图上。",
    )  # fmt: skip
    longitude = models.DecimalField(
        "经度（WGS-84）", max_digits=9, decimal_places=6, null=True, blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )  # fmt: skip

    class Meta:
        verbose_name = "交通"
        verbose_name_plural = "交通"
        ordering = ["kind", "distance_km", "id"]
        constraints = [
            models.CheckConstraint(
                name="parks_transport_coordinates_in_pairs",
                condition=models.Q(latitude=None, longitude=None)
                | models.Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__gte=-90,
                    latitude__lte=90,
                    longitude__gte=-180,
                    longitude__lte=180,
                ),
                violation_error_message="经纬度要一起填，纬度在 ±90、经度在 ±180 之内。",
            ),
            models.CheckConstraint(
                name="parks_transport_distance_not_negative",
                condition=models.Q(distance_km=None) | models.Q(distance_km__gte=0),
            ),
        ]


class Amenity(Named):
    """Something on site, with the honest state: there, being built, or only planned."""

    class State(models.TextChoices):
        EXISTING = "existing", _("已有")
        BUILDING = "building", _("在建")
        PLANNED = "planned", _("规划")

    park = models.ForeignKey(Park, on_delete=models.CASCADE, related_name="amenities")
    state = models.CharField("状态", max_length=10, choices=State.choices)
    source = models.ForeignKey(
        "parks.Source",
        verbose_name="来源",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    as_of = PartialDateField("截至")

    class Meta:
        verbose_name = "配套"
        verbose_name_plural = "配套"
        ordering = ["state", "id"]


class Phase(Named):
    """One phase of a park. Its areas are Figures and its dates Milestones, each with its source."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("规划")
        PROPOSED = "proposed", _("拟建")
        BUILDING = "building", _("在建")
        TOPPED_OUT = "topped_out", _("封顶")
        COMPLETED = "completed", _("竣工")
        DELIVERED = "delivered", _("交付")
        OPERATING = "operating", _("运营")

    park = models.ForeignKey(
        Park, verbose_name="园区", on_delete=models.CASCADE, related_name="phases"
    )
    ordinal = models.PositiveSmallIntegerField("第几期")
    status = models.CharField("状态", max_length=10, choices=Status.choices, blank=True)
    developer = models.CharField("开发单位", max_length=80, blank=True)

    class Meta:
        verbose_name = "期次"
        verbose_name_plural = "期次"
        ordering = ["park", "ordinal"]
        constraints = [
            models.UniqueConstraint(
                fields=["park", "ordinal"],
                name="parks_phase_ordinal_in_park",
                violation_error_message="这个园区已有这一期。",
            )
        ]

    def __str__(self) -> str:
        return self.name_zh
