from django.core.exceptions import ValidationError
from django.db import models

from parkcms.language import phones


def validate_phone(text: str) -> None:
    try:
        phones.parse(text)
    except phones.PhoneError as error:
        raise ValidationError(str(error), code="phone") from error


class ContactCard(models.Model):
    """Whom to ask about a park: shown beside a text under 招商服务, never inside it.

    A sales contact inside a news text may make the text an advertisement (Advertising Law
    art. 14; Measures for Internet Advertising 2023 art. 9), so the two are kept apart.
    """

    name = models.CharField("称呼", max_length=40, help_text="公开显示的联系人，如“示例联系人”。")
    name_en = models.CharField("英文称呼", max_length=80, blank=True)
    organisation = models.CharField("单位", max_length=80, blank=True)
    organisation_en = models.CharField("单位（英文）", max_length=120, blank=True)
    phone = models.CharField(
        "电话",
        max_length=40,
        validators=[validate_phone],
        help_text="办公电话或热线，如 400-000-0000 或 021-5950 1234 转 8012。不要填私人手机。",
    )
    wechat = models.CharField("微信号", max_length=40, blank=True)
    wechat_qr = models.ForeignKey(
        "library.Picture",
        verbose_name="微信二维码",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    hours_zh = models.CharField("服务时间", max_length=80, blank=True)
    hours_en = models.CharField("服务时间（英文）", max_length=120, blank=True)
    is_sample = models.BooleanField("示例", default=False)

    class Meta:
        verbose_name = "联系名片"
        verbose_name_plural = "联系名片"
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name}（{self.organisation}）" if self.organisation else self.name

    @property
    def parsed_phone(self) -> phones.Phone | None:
        try:
            return phones.parse(self.phone)
        except phones.PhoneError:
            return None
