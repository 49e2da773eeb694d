from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class RoofConfig(AppConfig):
    default = True
    name = "parkcms"
    label = "parkcms"
    verbose_name = "站点"

    def ready(self) -> None:
        from . import checks, standing  # noqa: F401  (checks register themselves)

        post_migrate.connect(standing.put_up, sender=self, dispatch_uid="parkcms.standing")


class DeskConfig(AdminConfig):
    """django.contrib.admin with our own first screen and rules."""

    default_site = "parkcms.adminsite.Desk"
