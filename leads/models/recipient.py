import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models

ROBOT_KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Recipient(models.Model):
    """Whom a park's enquiries are announced to; without a park: every enquiry."""

    class Channel(models.TextChoices):
        MAIL = "mail", "邮件"
        WECOM = "wecom", "企业微信群机器人"

    park = models.ForeignKey(
        "parks.Park",
        verbose_name="园区",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="留空表示所有需求都通知。",
    )
    channel = models.CharField("渠道", max_length=8, choices=Channel.choices)
    address = models.CharField(
        "地址",
        max_length=254,
        help_text="邮箱；或群机器人地址里 key= 后面的一串，如 "
        "693a91f6-0000-0000-0000-000000000000。",
    )
    label = models.CharField("是谁", max_length=60, blank=True, help_text="如“招商一组群”。")
    is_active = models.BooleanField("启用", default=True)

    class Meta:
        verbose_name = "通知对象"
        verbose_name_plural = "通知对象"
        ordering = ["park", "channel", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["park", "channel", "address"],
                nulls_distinct=False,
                name="leads_recipient_once",
                violation_error_message="这个对象已经在通知名单里。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.label or self.get_channel_display()}（{self.shown_address}）"

    def clean(self) -> None:
        if self.channel == self.Channel.MAIL:
            try:
                validate_email(self.address)
            except ValidationError:
                raise ValidationError(
                    {"address": ValidationError("这不是邮箱地址。", code="email")}
                ) from None
        elif self.channel == self.Channel.WECOM and not ROBOT_KEY.fullmatch(self.address):
            raise ValidationError(
                {"address": ValidationError("只填 key= 后面的 36 个字符。", code="robot_key")}
            )

    @property
    def shown_address(self) -> str:
        """The address without what would let somebody use it: a robot's key is a password."""
        if self.channel == self.Channel.WECOM:
            return f"…{self.address[-4:]}"
        return self.address
