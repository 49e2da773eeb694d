"""A name in two languages: which column to show, and the fallback to Chinese."""

from django.db import models
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language


def localized(row: models.Model, field: str) -> str:
    """The text of ``<field>_zh`` or ``<field>_en`` by the active language, else the Chinese."""
    if get_language() == "en":
        return getattr(row, f"{field}_en") or getattr(row, f"{field}_zh")
    return getattr(row, f"{field}_zh")


def marked(row: models.Model, field: str) -> str | SafeString:
    """Like ``localized``, with ``lang="zh-Hans"`` around a Chinese fallback on an English page."""
    text = localized(row, field)
    if get_language() == "en" and text and not getattr(row, f"{field}_en"):
        return format_html('<span lang="zh-Hans">{}</span>', text)
    return text


class Named(models.Model):
    """A row with a Chinese name and, where there is one, an English name."""

    name_zh = models.CharField("名称", max_length=60)
    name_en = models.CharField("英文名", max_length=100, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name_zh

    @property
    def name(self) -> str:
        return localized(self, "name")

    @property
    def marked_name(self) -> str | SafeString:
        return marked(self, "name")
