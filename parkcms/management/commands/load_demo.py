from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from parkcms.demo.load import load


class Command(BaseCommand):
    help = "载入演示内容与演示人员；已有的不动，可以重复运行。"

    def handle(self, *args: object, **options: object) -> None:
        if settings.PRODUCTION:
            raise CommandError("生产环境不载入演示内容。")
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        for line in load(settings.VAR_DIR / "demo-passwords.txt"):
            self.stdout.write(f"新增 {line}")
