import asyncio
from typing import Any

from django.core.management.base import BaseCommand

from parkcms import background, lifeline


class Command(BaseCommand):
    help = "做后台的事（发通知等），直到 SIGTERM；数据库不在时等它回来。"
    # Looking would ask the database, and end the command where there is none yet.
    requires_migrations_checks = False
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        lifeline.end_with_parent()
        asyncio.run(background.work())
