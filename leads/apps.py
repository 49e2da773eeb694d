from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"
    verbose_name = "招商线索"

    def ready(self) -> None:
        from . import retention  # noqa: F401  (its check registers itself)
