from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q, Subquery
from django.urls import reverse
from django.utils.translation import get_language
from django_prose_editor.fields import ProseEditorField

from articles import markup
from parkcms.language import phones
from parkcms.publication.models import Publishable, PublishableQuerySet

from .complaint import Complaint

__all__ = ["Complaint", "OwnersText", "SiteProfile"]

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"


def validate_hot_line(text: str) -> None:
    try:
        phones.parse(text)
    except phones.PhoneError as error:
        raise ValidationError(str(error), code="phone") from error


class SiteProfile(models.Model):
    """What every page says about the site itself; one row.

    ICP number: shown at the foot and linked to beian.miit.gov.cn (Measures for Internet
    Information Services, art. 12 of the filing measures); police number within 30 days of opening.
    """

    name_zh = models.CharField("站名", max_length=40, default="产业园区招商网")
    name_en = models.CharField("英文站名", max_length=60, default="Industrial Park Desk")
    tagline_zh = models.CharField("一句话介绍", max_length=100, blank=True)
    tagline_en = models.CharField("一句话介绍（英文）", max_length=160, blank=True)
    operator = models.CharField(
        "主办单位", max_length=80, blank=True, help_text="备案主体的全称，写在隐私与联系页。"
    )
    hot_line = models.CharField(
        "招商热线",
        max_length=40,
        blank=True,
        validators=[validate_hot_line],
        help_text="如 400-000-0000。",
    )
    hours_zh = models.CharField("服务时间", max_length=60, blank=True)
    hours_en = models.CharField("服务时间（英文）", max_length=80, blank=True)
    address_zh = models.CharField("办公地址", max_length=120, blank=True)
    address_en = models.CharField("办公地址（英文）", max_length=200, blank=True)
    email = models.EmailField("邮箱", blank=True)
    icp_number = models.CharField(
        "ICP 备案号",
        max_length=40,
        blank=True,
        validators=[
            RegexValidator(
                rf"^[{PROVINCES}]ICP[备证]\d{{5,10}}号(-\d{{1,3}})?$",
                "ICP 备案号写成“沪ICP备12345678号-1”。",
            )
        ],
    )
    police_number = models.CharField(
        "公安备案号",
        max_length=40,
        blank=True,
        validators=[
            RegexValidator(
                rf"^[{PROVINCES}]公网安备 ?\d{{14}}号$",
                "公安备案号写成“沪公网安备31011402001234号”。",
            )
        ],
    )
    official_account_qr = models.ForeignKey(
        "library.Picture",
        verbose_name="公众号二维码",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    service_qr = models.ForeignKey(
        "library.Picture",
        verbose_name="客服二维码",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    contact = models.ForeignKey(
        "parks.ContactCard",
        verbose_name="默认联系名片",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    legacy_site = models.CharField(
        "旧站域名",
        max_length=100,
        blank=True,
        help_text="如 280380.com：/index.php/post/3661.html 这类旧地址按它找文章。",
    )
    demo_loaded_at = models.DateTimeField("演示内容载入时间", null=True, editable=False)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    class Meta:
        verbose_name = "站点资料"
        verbose_name_plural = "站点资料"
        constraints = [
            models.CheckConstraint(name="parkcms_one_site", condition=Q(id=1)),
        ]

    def __str__(self) -> str:
        return self.name_zh

    def save(self, *args: object, **kwargs: object) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> "SiteProfile":
        """The one row with its pictures, its card and the number of the privacy text in force.

        The defaults, unsaved, before there is one.
        """
        privacy = OwnersText.objects.current(OwnersText.Key.PRIVACY)
        joined = cls.objects.select_related(
            "official_account_qr", "service_qr", "contact__wechat_qr"
        ).annotate(privacy_number=Subquery(privacy.values("number")))
        return joined.first() or cls(pk=1)

    privacy_number: int | None = None

    @property
    def privacy_version(self) -> str:
        """How a consent names the privacy text in force: ``privacy-3``; '' where there is none."""
        return f"privacy-{self.privacy_number}" if self.privacy_number else ""

    def _shown(self, field: str) -> str:
        zh, en = getattr(self, f"{field}_zh"), getattr(self, f"{field}_en")
        return (en or zh) if get_language() == "en" else zh

    @property
    def name(self) -> str:
        return self._shown("name")

    @property
    def tagline(self) -> str:
        return self._shown("tagline")

    @property
    def hours(self) -> str:
        return self._shown("hours")

    @property
    def address(self) -> str:
        return self._shown("address")

    @property
    def phone(self) -> phones.Phone | None:
        try:
            return phones.parse(self.hot_line) if self.hot_line else None
        except phones.PhoneError:
            return None

    @property
    def police_code(self) -> str:
        """The 14 digits of the police number, for its link."""
        return "".join(c for c in self.police_number if c.isdigit())


class OwnersTextQuerySet(PublishableQuerySet):
    def current(self, key: str) -> Self:
        """The version in force, as a queryset of at most one row."""
        return self.published().filter(key=key).order_by("-number")[:1]


class OwnersText(Publishable):
    """One version of a page the owner answers for: about, contact, privacy, reprint.

    The newest published number is in force. A version that was published is never changed: a
    consent given under it must stay readable as it was.
    """

    class Key(models.TextChoices):
        ABOUT = "about", "关于我们"
        CONTACT = "contact", "联系我们"
        PRIVACY = "privacy", "个人信息保护"
        REPRINT = "reprint", "版权与转载"

    key = models.CharField("页面", max_length=10, choices=Key.choices)
    number = models.PositiveIntegerField("版本", default=0, editable=False)
    title_zh = models.CharField("标题", max_length=60)
    title_en = models.CharField("英文标题", max_length=100)
    body_zh = ProseEditorField("正文", extensions=markup.EXTENSIONS, sanitize=markup.clean)
    body_en = ProseEditorField("英文正文", extensions=markup.EXTENSIONS, sanitize=markup.clean)
    change_note = models.CharField("改了什么", max_length=200, blank=True)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    objects = OwnersTextQuerySet.as_manager()

    class Meta:
        verbose_name = "站务页面"
        verbose_name_plural = "站务页面"
        ordering = ["key", "-number"]
        permissions = [("publish_ownerstext", "发布站务页面")]
        constraints = [
            *Publishable.Meta.constraints,
            models.UniqueConstraint(fields=["key", "number"], name="parkcms_ownerstext_version"),
        ]

    def __str__(self) -> str:
        return f"{self.get_key_display()} 第 {self.number} 版"

    def save(self, *args: object, **kwargs: object) -> None:
        self.body_zh, self.body_en = markup.clean(self.body_zh), markup.clean(self.body_en)
        if not self.number:
            newest = OwnersText.objects.filter(key=self.key).order_by("-number").first()
            self.number = (newest.number if newest else 0) + 1
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse(self.key)

    @property
    def title(self) -> str:
        return self.title_en if get_language() == "en" else self.title_zh

    @property
    def body(self) -> str:
        return self.body_en if get_language() == "en" else self.body_zh
