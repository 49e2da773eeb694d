from django.conf import settings
from django.db import models
from django.utils import timezone

from .enquiry import Enquiry


class Activity(models.Model):
    """One thing an agent did about an enquiry: a call, a visit, a note."""

    class Kind(models.TextChoices):
        NOTE = "note", "备注"
        CALL = "call", "电话"
        WECHAT = "wechat", "微信"
        MAIL = "mail", "邮件"
        VISIT = "visit", "带看"

    CONTACT = (Kind.CALL, Kind.WECHAT, Kind.MAIL, Kind.VISIT)

    enquiry = models.ForeignKey(
        Enquiry, verbose_name="需求", on_delete=models.CASCADE, related_name="activities"
    )
    kind = models.CharField("方式", max_length=8, choices=Kind.choices, default=Kind.NOTE)
    text = models.TextField("内容", max_length=2000, blank=True)
    at = models.DateTimeField("时间", default=timezone.now, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="人员",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )

    class Meta:
        verbose_name = "跟进记录"
        verbose_name_plural = "跟进记录"
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        # Never the text: this label goes into Acts, which are kept longer than it.
        return f"{self.get_kind_display()} {timezone.localtime(self.at):%Y-%m-%d %H:%M}"
