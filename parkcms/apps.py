from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RoofConfig(AppConfig):
    name = "parkcms"
    label = "parkcms"
    verbose_name = "站点"

    def ready(self) -> None:
        from . import checks, standing  # noqa: F401  (checks register themselves)

        post_migrate.connect(standing.put_up, sender=self, dispatch_uid="parkcms.standing")
