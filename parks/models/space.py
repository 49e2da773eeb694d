from datetime import datetime
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parkcms.addresses import moving
from parkcms.language import pinyin
from parkcms.language.names import marked
from parkcms.ledger.models import Act
from parkcms.people.models import User
from parkcms.publication.models import Publishable, PublishableQuerySet, live_at

from .. import availability
from .measures import between, decimal, fact, validate_cranes, validate_lifts, whole
from .park import Park, Phase

DAYS_A_MONTH = Decimal(365) / 12  # the trade's conversion of daily into monthly rent


class SpaceQuerySet(PublishableQuerySet):
    def published(self, now: object = None) -> Self:
        """Live spaces of live parks: a space is public only in a public park."""
        return super().published(now).filter(live_at(now, "park__"))

    def lettable(self) -> Self:
        return self.filter(state=Space.State.LETTABLE)

    def offered(self, now: datetime | None = None) -> Self:
        """Public spaces to let, confirmed recently enough to be shown as an offer."""
        return self.published(now).lettable().filter(availability.offered_at(now))


class Space(Publishable):
    """One space to let: a floor, part of one, or a whole building, with what an engineer asks.

    Facts are three-valued: an empty one is unknown and never counts as no. Units stand in the
    names: metres, square metres, tonnes, kVA, CNY.
    """

    class Form(models.TextChoices):
        STANDALONE = "standalone", _("独栋厂房")
        SEMI = "semi", _("双拼厂房")
        FLOOR = "floor", _("分层厂房")
        SINGLE_STOREY = "single_storey", _("单层厂房")
        MULTI_STOREY = "multi_storey", _("多层厂房")
        HIGH_RISE = "high_rise", _("高层厂房")
        BUILT_TO_SUIT = "built_to_suit", _("定制厂房")
        OFFICE = "office", _("办公楼")

    class Use(models.TextChoices):
        PRODUCTION = "production", _("生产")
        RND = "rnd", _("研发办公")
        PILOT = "pilot", _("中试")
        STORAGE = "storage", _("仓储")
        HEADQUARTERS = "headquarters", _("总部")
        OFFICE = "office", _("办公")

    class FireClass(models.TextChoices):
        """Fire-hazard class of production, GB 50016, most dangerous first."""

        A = "A", _("甲类")
        B = "B", _("乙类")
        C = "C", _("丙类")
        D = "D", _("丁类")
        E = "E", _("戊类")

    class Eia(models.TextChoices):
        YES = "yes", _("可办环评")
        LIGHT = "light", _("仅登记表")
        NO = "no", _("不可办环评")

    class AirConditioning(models.TextChoices):
        NONE = "none", _("无")
        SPLIT = "split", _("分体")
        CENTRAL = "central", _("中央空调")

    class FitOut(models.TextChoices):
        SHELL = "shell", _("毛坯")
        BASIC = "basic", _("简装")
        FITTED = "fitted", _("精装")
        MOVE_IN = "move_in", _("拎包入住")

    class LandZone(models.TextChoices):
        Z104 = "104", _("104 区块")
        Z195 = "195", _("195 区域")
        Z198 = "198", _("198 区域")

    class State(models.TextChoices):
        LETTABLE = "lettable", _("可租")
        RESERVED = "reserved", _("预订")
        LET = "let", _("已租")
        OWN_USE = "own_use", _("自用")
        WITHDRAWN = "withdrawn", _("下架")

    park = models.ForeignKey(
        Park, verbose_name="园区", on_delete=models.PROTECT, related_name="spaces"
    )
    phase = models.ForeignKey(
        Phase,
        verbose_name="期次",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="spaces",
    )
    code = models.CharField("编号", max_length=40, help_text="园区里的叫法，如“3号楼-201”。")
    slug = models.SlugField("地址名", max_length=60, blank=True)
    building = models.CharField("楼栋", max_length=40, blank=True, help_text="如“3号楼”。")
    floor = whole("楼层", 60, -3, help_text="1 是首层，-1 是地下一层；整栋请勾选下一项。")
    is_whole_building = models.BooleanField("整栋", default=False)
    form = models.CharField("形态", max_length=14, choices=Form.choices, blank=True)
    uses = ArrayField(
        models.CharField(max_length=14, choices=Use.choices),
        verbose_name="可作用途",
        default=list,
        blank=True,
    )

    area_gross_m2 = models.DecimalField(
        "建筑面积（㎡）",
        max_digits=9,
        decimal_places=2,
        validators=[MinValueValidator(20), MaxValueValidator(500_000)],
    )
    area_net_m2 = decimal("套内面积（㎡）", "1", "500000", 9, 2)
    min_divisible_m2 = decimal(
        "起租面积（㎡）", "1", "500000", 9, 2, help_text="可分割时最小租多少。"
    )
    storey_height_m = decimal("层高（m）", "2.5", "25", 5, 2, help_text="楼板面到楼板面，如 7.2。")
    clear_height_m = decimal("净高（m）", "2", "25", 5, 2, help_text="梁下净空，小于层高。")
    eaves_height_m = decimal("檐口高（m）", "2", "40", 5, 2)
    floor_load_t_m2 = decimal(
        "楼面荷载（t/㎡）", "0.1", "20", 5, 2, help_text="10 kN/㎡ 约合 1.02 t/㎡。"
    )
    column_grid = models.CharField(
        "柱网（m）", max_length=20, blank=True, help_text="如“8.4×8.4”。"
    )
    span_m = decimal("跨度（m）", "3", "60", 5, 2)
    # [{"t": tonnes, "count": n}] and [{"t": tonnes, "count": n, "hook_m": metres or null}]
    lifts = models.JSONField("货梯", default=list, blank=True, validators=[validate_lifts])
    cranes = models.JSONField("行车", default=list, blank=True, validators=[validate_cranes])
    # No rows above may mean that nobody asked; these two say no as well.
    has_lift = fact("有货梯")
    has_crane = fact("有行车")
    docks = whole("卸货平台（个）", 200)

    power_kva = whole("配电（kVA）", 50_000)
    power_expandable = fact("可增容")
    dual_feed = fact("双回路")
    gas = fact("天然气")
    steam = fact("蒸汽")
    process_water = fact("生产用水")
    sewage = fact("可排生产废水")
    exhaust = fact("可设废气排放")
    hazardous_goods = fact("可存危化品")
    fire_class = models.CharField("火灾危险性", max_length=1, choices=FireClass.choices, blank=True)
    sprinkler = fact("自动喷淋")
    eia = models.CharField("环评", max_length=5, choices=Eia.choices, blank=True)
    cleanroom = fact("洁净车间")
    air_conditioning = models.CharField(
        "空调", max_length=8, choices=AirConditioning.choices, blank=True
    )
    fit_out = models.CharField("装修", max_length=8, choices=FitOut.choices, blank=True)

    title_type = models.CharField("产权", max_length=10, choices=Park.Title.choices, blank=True)
    land_zone = models.CharField("用地区块", max_length=3, choices=LandZone.choices, blank=True)
    land_term_end = models.DateField("土地到期", null=True, blank=True)
    can_register = fact("可注册公司")

    rent_cny_m2_day = decimal(
        "租金（元/㎡/天）", "0.1", "20", 6, 3, help_text="如 0.95；超过 8 多半是按月的价。"
    )
    rent_negotiable = fact("租金可议")
    rent_incl_tax = fact("租金含税")
    rent_incl_service = fact("租金含物业费")
    service_fee_cny_m2_month = decimal("物业费（元/㎡/月）", "0", "60", 6, 2)
    rent_free_days = whole("免租期（天）", 720)
    deposit_months = whole("押金（月）", 12)
    prepay_months = whole("预付（月）", 12, 1)
    escalation = models.CharField(
        "递增", max_length=60, blank=True, help_text="如“第三年起每年 5%”。"
    )
    min_term_months = whole("最短租期（月）", 240, 1)
    billing_days = decimal(
        "每月按几天收", "28", "31", 4, 2, help_text="留空按 365/12 天算；出租方按 30 天收就写 30。"
    )
    sale_price_cny_m2 = decimal("售价（元/㎡）", "100", "1000000", 10, 2)
    valid_until = models.DateField(
        "报价有效至", null=True, blank=True, help_text="写了价格就要写到哪天有效。"
    )

    available_from = models.DateField("可入驻日", null=True, blank=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.LETTABLE)
    floor_plan = models.ForeignKey(
        "library.Picture",
        verbose_name="平面图",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    source = models.ForeignKey(
        "parks.Source",
        verbose_name="来源",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    checked_at = models.DateTimeField("确认时间", null=True, blank=True, editable=False)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="确认人",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    is_sample = models.BooleanField(
        "示例", default=False, help_text="演示用的虚构空间：处处标明，不让搜索引擎收录。"
    )
    note_zh = models.CharField("补充说明", max_length=300, blank=True)
    note_en = models.CharField("补充说明（英文）", max_length=400, blank=True)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)
    crane_max_t = models.GeneratedField(
        expression=models.Func("cranes", function="parks_strongest"),
        output_field=models.DecimalField(max_digits=6, decimal_places=2, null=True),
        db_persist=True,
    )
    facets = models.GeneratedField(
        expression=models.Func(
            "form", "uses", "area_gross_m2", "min_divisible_m2", "rent_cny_m2_day",
            "storey_height_m", "floor_load_t_m2", "power_kva", "cranes", "has_crane",
            "floor", "is_whole_building", "fire_class", "eia",
            function="parks_space_facets",
        ),
        output_field=models.TextField(),
        db_persist=True,
    )  # fmt: skip

    objects = SpaceQuerySet.as_manager()

    class Meta:
        verbose_name = "空间"
        verbose_name_plural = "空间"
        ordering = ["park", "code", "id"]
        permissions = [("publish_space", "发布和下线空间")]
        indexes = [models.Index(fields=["-publish_at", "-id"], name="parks_space_newest")]
        constraints = [
            *Publishable.Meta.constraints,
            models.UniqueConstraint(
                fields=["park", "code"],
                name="parks_space_code_in_park",
                violation_error_message="这个园区已有同一编号的空间。",
            ),
            models.UniqueConstraint(
                fields=["park", "slug"],
                name="parks_space_slug_in_park",
                violation_error_message="这个园区已有同一地址名的空间。",
            ),
            models.CheckConstraint(
                name="parks_space_area_bounds",
                condition=Q(area_gross_m2__gte=20, area_gross_m2__lte=500_000),
                violation_error_message="建筑面积应在 20 到 500,000 ㎡ 之间。",
            ),
            models.CheckConstraint(
                name="parks_space_net_within_gross",
                condition=Q(area_net_m2=None) | Q(area_net_m2__lte=F("area_gross_m2")),
                violation_error_message="套内面积不会大于建筑面积。",
            ),
            models.CheckConstraint(
                name="parks_space_divisible_within_gross",
                condition=Q(min_divisible_m2=None) | Q(min_divisible_m2__lte=F("area_gross_m2")),
                violation_error_message="起租面积不会大于建筑面积。",
            ),
            models.CheckConstraint(
                name="parks_space_clear_below_storey",
                condition=Q(clear_height_m=None)
                | Q(storey_height_m=None)
                | Q(clear_height_m__lt=F("storey_height_m")),
                violation_error_message="净高要小于层高。",
            ),
            models.CheckConstraint(
                name="parks_space_price_has_validity",
                condition=Q(rent_cny_m2_day=None, sale_price_cny_m2=None) | ~Q(valid_until=None),
                violation_error_message="写了价格就要写“报价有效至”（《房地产广告发布规定》）。",
            ),
            models.CheckConstraint(
                name="parks_space_whole_has_no_floor",
                condition=Q(is_whole_building=False) | Q(floor=None),
                violation_error_message="整栋出租就不填楼层。",
            ),
            models.CheckConstraint(
                name="parks_space_no_lift_no_lifts",
                condition=Q(has_lift=None) | Q(has_lift=True) | Q(lifts=[]),
                violation_error_message="写了货梯，就不是“没有货梯”。",
            ),
            models.CheckConstraint(
                name="parks_space_no_crane_no_cranes",
                condition=Q(has_crane=None) | Q(has_crane=True) | Q(cranes=[]),
                violation_error_message="写了行车，就不是“没有行车”。",
            ),
            between("billing_days", "28", "31", "每月天数"),
            between("floor", "-3", "60", "楼层"),
            between("storey_height_m", "2.5", "25", "层高"),
            between("clear_height_m", "2", "25", "净高"),
            between("eaves_height_m", "2", "40", "檐口高"),
            between("floor_load_t_m2", "0.1", "20", "荷载"),
            between("span_m", "3", "60", "跨度"),
            between("docks", "0", "200", "卸货平台"),
            between("power_kva", "0", "50000", "配电"),
            between("rent_cny_m2_day", "0.1", "20", "租金"),
            between("service_fee_cny_m2_month", "0", "60", "物业费"),
            between("rent_free_days", "0", "720", "免租期"),
            between("deposit_months", "0", "12", "押金"),
            between("prepay_months", "1", "12", "预付"),
            between("min_term_months", "1", "240", "最短租期"),
            between("sale_price_cny_m2", "100", "1000000", "售价"),
        ]

    def __str__(self) -> str:
        return f"{self.park.name_zh} {self.code}" if self.park_id else self.code

    def save(self, *args: object, **kwargs: object) -> None:
        self.has_lift = bool(self.lifts) or self.has_lift
        self.has_crane = bool(self.cranes) or self.has_crane
        if not self.slug:
            taken = Space.objects.filter(park_id=self.park_id).exclude(pk=self.pk)
            self.slug = pinyin.unique_slug(
                self.code, lambda slug: taken.filter(slug=slug).exists(), fallback="space"
            )
        with moving.followed(self, "park", "slug", saved=kwargs.get("update_fields")):
            super().save(*args, **kwargs)

    def clean(self) -> None:
        if self.phase_id and self.park_id and self.phase.park_id != self.park_id:
            foreign = ValidationError("这一期不属于所选园区。", code="foreign_phase")
            raise ValidationError({"phase": foreign})
        # A form never shows the address name, so what it collides with is said at the park.
        taken = Space.objects.filter(park_id=self.park_id, slug=self.slug).exclude(pk=self.pk)
        if self.slug and taken.exists():
            clash = f"这个园区已有地址名为“{self.slug}”的空间。"
            raise ValidationError({"park": ValidationError(clash, code="slug_taken")})

    def get_absolute_url(self) -> str:
        return reverse("parks:space", args=[self.park.slug, self.slug])

    def is_published(self, now: datetime | None = None) -> bool:
        """The mirror of ``published()``: the park must be live too (reads self.park)."""
        now = now or timezone.now()
        return super().is_published(now) and self.park.is_published(now)

    @transaction.atomic
    def confirm(self, by: User) -> None:
        """Record that ``by`` has checked today that what stands here is so."""
        self.checked_at, self.checked_by = timezone.now(), by
        self.save(update_fields=["checked_at", "checked_by", "updated_at"])
        Act.record(by, "confirm", self, after={"checked_at": self.checked_at})

    def let_to(self, by: User, reason: str = "") -> bool:
        """Marks it as let; False where it was not to let or reserved any more."""
        return self._turn(by, "let", reason)

    def reserve(self, by: User, reason: str = "") -> bool:
        """Marks it as reserved; False where it was not to let any more."""
        return self._turn(by, "reserve", reason)

    def release(self, by: User, reason: str = "") -> bool:
        """Puts it to let again; False where it is to let already."""
        return self._turn(by, "let_again", reason)

    def withdraw(self, by: User, reason: str = "") -> bool:
        """Takes it off the market, its address stays; False where it is off already."""
        return self._turn(by, "off_market", reason)

    @transaction.atomic
    def _turn(self, by: User, verb: str, reason: str) -> bool:
        """One conditional UPDATE from the state this person saw: of two at once the second is told.

        Who says what state it is in has just looked: that confirms it.
        """
        target, sources = TURNS[verb]
        before, now = self.state, timezone.now()
        done = before in sources and Space.objects.filter(pk=self.pk, state=before).update(
            state=target, checked_at=now, checked_by=by, updated_at=now
        )
        self.refresh_from_db(fields=["state", "checked_at", "checked_by", "updated_at"])
        if not done:
            return False
        after = {"state": target, "checked_at": now}
        Act.record(by, verb, self, reason=reason, before={"state": before}, after=after)
        return True

    @property
    def turns(self) -> list[str]:
        """The verbs that lead on from the state it is in."""
        return [verb for verb, (_target, sources) in TURNS.items() if self.state in sources]

    @property
    def shown_rent(self) -> Decimal | None:
        """The rent in CNY/㎡/day while its quotation is valid; an expired price is not shown."""
        if self.rent_cny_m2_day is None or self.quotation_expired:
            return None
        return self.rent_cny_m2_day

    @property
    def quotation_expired(self) -> bool:
        return self.valid_until is not None and self.valid_until < timezone.localdate()

    @property
    def monthly_total_cny(self) -> Decimal | None:
        """CNY a month for the gross area, while the quotation is valid: the daily rate times the
        days the landlord bills, or 365/12 where that is not known."""
        if self.shown_rent is None:
            return None
        days = self.billing_days or DAYS_A_MONTH
        return (self.shown_rent * days * self.area_gross_m2).quantize(Decimal(1))

    @property
    def standing(self) -> str:
        """How sure the availability is: ``confirmed``, ``to_confirm`` or ``gone``."""
        return availability.standing(self.checked_at, self.created_at)

    @property
    def available_now(self) -> bool:
        return self.state == self.State.LETTABLE and (
            self.available_from is None or self.available_from <= timezone.localdate()
        )

    @property
    def use_labels(self) -> list[str]:
        labels = dict(self.Use.choices)
        return [labels[use] for use in self.uses if use in labels]

    @property
    def note(self) -> str:
        return marked(self, "note")


_S = Space.State
# What each verb leads to, and from which states it may.
TURNS = {
    "reserve": (_S.RESERVED, (_S.LETTABLE,)),
    "let": (_S.LET, (_S.LETTABLE, _S.RESERVED)),
    "let_again": (_S.LETTABLE, (_S.RESERVED, _S.LET, _S.OWN_USE, _S.WITHDRAWN)),
    "off_market": (_S.WITHDRAWN, (_S.LETTABLE, _S.RESERVED, _S.LET, _S.OWN_USE)),
}


class SpacePicture(models.Model):
    """A photo of a space, in the order it is shown."""

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="pictures")
    picture = models.ForeignKey(
        "library.Picture", verbose_name="照片", on_delete=models.PROTECT, related_name="+"
    )
    position = models.PositiveSmallIntegerField("次序", default=0)

    class Meta:
        verbose_name = "空间照片"
        verbose_name_plural = "空间照片"
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return str(self.picture)
