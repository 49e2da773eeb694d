from django.conf import settings
from django.db import models
from django.utils import timezone

from .park import Park


class Upload(models.Model):
    """A table of spaces somebody has handed in: looked through first, then taken over whole.

    ``report`` is what the look found (see parks/tables.py); nothing of the file stands in the
    table of spaces before it is applied, and then all of it does, in one transaction.
    """

    park = models.ForeignKey(
        Park, verbose_name="园区", null=True, blank=True, on_delete=models.CASCADE,
        related_name="uploads", help_text="留空：表里有“园区”一列。",
    )  # fmt: skip
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="谁", null=True, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip
    name = models.CharField("文件名", max_length=200)
    content = models.BinaryField()
    report = models.JSONField(default=dict)
    created_at = models.DateTimeField("上传时间", default=timezone.now)
    applied_at = models.DateTimeField("导入时间", null=True, blank=True)

    class Meta:
        verbose_name = "空间表"
        verbose_name_plural = "空间表"
        ordering = ["-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
