"""Chinese text and the two languages: dates, quantities, phones, widths, addresses."""

from django.apps import AppConfig


class LanguageConfig(AppConfig):
    name = "parkcms.language"
    label = "language"
    verbose_name = "文字与语言"
    default_auto_field = "django.db.models.BigAutoField"
