from datetime import date
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parkcms.language import phones
from parkcms.ledger.models import Act
from parkcms.people.models import User
from parks.models import Space


class EnquiryQuerySet(models.QuerySet):
    def seen_by(self, user: User) -> Self:
        """What this person may see: all with ``leads.see_every_enquiry``, else own and unowned."""
        if user.has_perm("leads.see_every_enquiry"):
            return self
        return self.filter(Q(owner=user) | Q(owner=None))

    def open(self) -> Self:
        """Those somebody still has to do something about."""
        return self.filter(status__in=Enquiry.OPEN, withdrawn_at=None, erased_at=None)

    def waiting(self) -> Self:
        """New ones nobody has answered; those held as spam are asked about apart."""
        return self.open().filter(status=Enquiry.Status.NEW, held=False)


class Enquiry(models.Model):
    """One submission of the form: what somebody looks for, and how to reach them.

    It is kept whatever it says: a park, space or privacy text that is not known is stored as it
    came and marked. Its origin is text, so an article may go and the enquiry stays.
    """

    class Intent(models.TextChoices):
        RENT = "rent", _("租赁")
        BUY = "buy", _("购买")
        LAND = "land", _("用地")
        PARTNER = "partner", _("合作")
        REGISTER = "register", _("注册")

    class MoveIn(models.TextChoices):
        NOW = "now", _("尽快")
        MONTHS_3 = "3m", _("三个月内")
        MONTHS_6 = "6m", _("半年内")
        MONTHS_12 = "12m", _("一年内")
        LATER = "later", _("还没有定")

    class Status(models.TextChoices):
        NEW = "new", "新"
        CONTACTED = "contacted", "已联系"
        VISITED = "visited", "考察"
        NEGOTIATING = "negotiating", "洽谈"
        WON = "won", "成交"
        PAUSED = "paused", "暂缓"
        LOST = "lost", "流失"
        INVALID = "invalid", "无效"

    OPEN = (Status.NEW, Status.CONTACTED, Status.VISITED, Status.NEGOTIATING)

    # --- how it came ---
    reference = models.CharField("编号", max_length=11, unique=True, editable=False)
    token = models.CharField(max_length=32, unique=True, editable=False)
    submitted_at = models.DateTimeField("提交时间", editable=False)
    filed_at = models.DateTimeField("入库时间", default=timezone.now, editable=False)
    language = models.CharField("语言", max_length=7, default="zh-hans", editable=False)
    content_hash = models.CharField(max_length=64, blank=True, editable=False)
    duplicate_of = models.CharField(
        "与此相同", max_length=11, blank=True, editable=False, help_text="另一份内容相同的编号。"
    )
    network = models.CharField("来访网络", max_length=45, blank=True, editable=False)

    # --- what is looked for ---
    intent = models.CharField("需求", max_length=10, choices=Intent.choices, blank=True)
    uses = ArrayField(
        models.CharField(max_length=14, choices=Space.Use.choices),
        verbose_name="用途",
        default=list,
        blank=True,
    )
    area_text = models.CharField("面积（原文）", max_length=60, blank=True)
    area_min_m2 = models.DecimalField(
        "面积下限（㎡）", max_digits=12, decimal_places=2, null=True, blank=True
    )
    area_max_m2 = models.DecimalField(
        "面积上限（㎡）", max_digits=12, decimal_places=2, null=True, blank=True
    )
    budget_text = models.CharField("预算（原文）", max_length=60, blank=True)
    budget_cny_m2_day = models.DecimalField(
        "预算上限（元/㎡/天）", max_digits=9, decimal_places=3, null=True, blank=True
    )
    districts = ArrayField(
        models.CharField(max_length=6), verbose_name="区域", default=list, blank=True
    )
    move_in = models.CharField("入驻时间", max_length=5, choices=MoveIn.choices, blank=True)
    tax_text = models.CharField("预计年税收", max_length=60, blank=True)
    message = models.TextField("补充说明", max_length=2000, blank=True)

    # --- who asks ---
    company = models.CharField("公司", max_length=80, blank=True)
    credit_code = models.CharField("统一社会信用代码", max_length=18, blank=True)
    contact_name = models.CharField("联系人", max_length=40, blank=True)
    phone_raw = models.CharField("电话（原文）", max_length=60, blank=True)
    phone_e164 = models.CharField("电话", max_length=20, blank=True, db_index=True)
    phone_extension = models.CharField("分机", max_length=6, blank=True)
    email = models.EmailField("邮箱", blank=True)
    wechat = models.CharField("微信", max_length=40, blank=True)

    # --- what it is about, and the page it was sent from: kind and id as they came, the rest as
    # it was found. An unknown one is stored and marked. ---
    about_kind = models.CharField("关于", max_length=10, blank=True)
    about_id = models.CharField("关于的编号", max_length=130, blank=True)
    about_known = models.BooleanField("关于的园区或空间已核对", default=True)
    origin_kind = models.CharField("来自", max_length=10, blank=True)
    origin_id = models.CharField("来源编号", max_length=130, blank=True)
    origin_title = models.CharField("来源标题", max_length=200, blank=True)
    origin_path = models.CharField("来源地址", max_length=300, blank=True)
    origin_known = models.BooleanField("来源已核对", default=True)
    park = models.ForeignKey(
        "parks.Park",
        verbose_name="园区",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    space = models.ForeignKey(
        "parks.Space",
        verbose_name="空间",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    # --- consent (Personal Information Protection Law, art. 14 and 23) ---
    consent_version = models.CharField("同意的隐私文本", max_length=40, blank=True)
    consent_known = models.BooleanField("隐私文本已核对", default=True)
    consent_operator = models.BooleanField("同意转给园区运营方", default=False)

    # --- what becomes of it ---
    status = models.CharField("状态", max_length=12, choices=Status.choices, default=Status.NEW)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="负责人",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="enquiries",
    )
    next_step = models.CharField(
        "下一步", max_length=200, blank=True, help_text="如“带看 3 号楼”。"
    )
    next_step_on = models.DateField("下一步日期", null=True, blank=True)
    first_contact_at = models.DateTimeField("首次联系", null=True, blank=True, editable=False)
    last_contact_at = models.DateTimeField("最近联系", null=True, blank=True, editable=False)
    signals = ArrayField(
        models.CharField(max_length=20), verbose_name="可疑之处", default=list, blank=True
    )
    held = models.BooleanField("疑似垃圾", default=False)
    corrected_at = models.DateTimeField("访客更正", null=True, editable=False)
    withdrawn_at = models.DateTimeField("访客撤回", null=True, editable=False)
    erased_at = models.DateTimeField("个人信息已删", null=True, editable=False)
    is_sample = models.BooleanField("示例", default=False, editable=False)

    objects = EnquiryQuerySet.as_manager()

    class Meta:
        verbose_name = "需求"
        verbose_name_plural = "需求"
        ordering = ["-submitted_at", "-id"]
        permissions = [
            ("see_every_enquiry", "查看所有人的需求"),
            ("reveal_enquiry", "查看完整联系方式"),
            ("export_enquiry", "导出需求"),
            ("erase_enquiry", "删除个人信息"),
        ]
        default_permissions = ("view", "change")
        indexes = [
            models.Index(fields=["-submitted_at", "-id"], name="leads_enquiry_newest"),
            models.Index(fields=["content_hash", "submitted_at"], name="leads_enquiry_same"),
            models.Index(fields=["owner", "status", "-submitted_at"], name="leads_enquiry_owner"),
            models.Index(
                fields=["next_step_on"],
                name="leads_enquiry_due",
                condition=Q(next_step_on__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="leads_enquiry_area_in_order",
                condition=Q(area_min_m2=None)
                | Q(area_max_m2=None)
                | Q(area_min_m2__lte=models.F("area_max_m2")),
            ),
            # What was erased stays erased: no way back in for a name or a number.
            models.CheckConstraint(
                name="leads_enquiry_erased_is_empty",
                condition=Q(erased_at=None)
                | Q(
                    contact_name="",
                    company="",
                    credit_code="",
                    phone_raw="",
                    phone_e164="",
                    phone_extension="",
                    email="",
                    wechat="",
                    message="",
                    network="",
                    content_hash="",
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"需求 {self.reference}"

    def get_absolute_url(self) -> str:
        return reverse("leads:receipt", args=[self.token])

    # --- verbs ---

    @transaction.atomic
    def claim(self, by: User) -> bool:
        """Becomes ``by``'s where it was nobody's; False when a colleague was faster."""
        won = Enquiry.objects.filter(pk=self.pk, owner=None).update(owner=by)
        if won:
            self.owner = by
            Act.record(by, "claim", self, after={"owner": str(by)})
        return bool(won)

    @transaction.atomic
    def release(self, by: User) -> bool:
        """Is no spam after all; announced by whoever calls this (leads/announcing.py)."""
        row = Enquiry.objects.filter(pk=self.pk, held=True, erased_at=None)
        done = row.update(held=False)
        if done:
            self.held = False
            Act.record(by, "release", self, after={"held": False})
        return bool(done)

    @transaction.atomic
    def withdraw(self) -> bool:
        """The investor wants no more contact. The row stays until its data are due to go."""
        now = timezone.now()
        # Without its hash, the same content sent again is a new enquiry.
        fields = {"withdrawn_at": now, "content_hash": ""}
        done = Enquiry.objects.filter(pk=self.pk, withdrawn_at=None).update(**fields)
        if done:
            self.withdrawn_at, self.content_hash = now, ""
            Act.record(None, "withdraw", self, reason="访客在回执页撤回")
        return bool(done)

    # --- questions ---

    @property
    def phone(self) -> phones.Phone | None:
        """The number as it can be dialled and shown; None where there is none."""
        if not self.phone_e164:
            return None
        text = self.phone_e164 + (f" 转 {self.phone_extension}" if self.phone_extension else "")
        try:
            return phones.parse(text)
        except phones.PhoneError:
            return None

    @property
    def masked_contact(self) -> str:
        """How the person is reached, for lists and notices: 138****8000, w***@example.cn."""
        if self.phone_e164:
            phone = self.phone
            return phone.masked if phone else "电话"
        if self.email:
            name, _at, host = self.email.partition("@")
            return f"{name[:1]}***@{host}"
        return f"微信 {self.wechat[:1]}***" if self.wechat else ""

    @property
    def who(self) -> str:
        """Company or person, for people who may see it."""
        return self.company or self.contact_name or "（已删除）"

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN and self.withdrawn_at is None and self.erased_at is None

    @property
    def use_labels(self) -> list[str]:
        labels = dict(Space.Use.choices)
        return [labels[use] for use in self.uses if use in labels]

    def is_overdue(self, today: date | None = None) -> bool:
        """Whether the next step was due before today (Asia/Shanghai)."""
        today = today or timezone.localdate()
        return self.is_open and self.next_step_on is not None and self.next_step_on < today
