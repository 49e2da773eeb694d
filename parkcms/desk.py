from django.contrib.admin.apps import AdminConfig


class DeskConfig(AdminConfig):
    """django.contrib.admin with our own first screen and rules."""

    default_site = "parkcms.adminsite.Desk"
