from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "parkcms.outbox"
    label = "outbox"
    verbose_name = "通知"
