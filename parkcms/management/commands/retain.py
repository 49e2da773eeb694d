from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads import kept, retention
from parkcms import complaint_retention


class Command(BaseCommand):
    help = "清理到期的个人信息并报告数目；--table 只写出期限表（docs/retention.md）。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--table", action="store_true", help="写出期限表，不清理")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["table"]:
            self.stdout.write(kept.document(), ending="")
            return
        report = retention.run()
        retention.vacuum()
        if report["skipped"]:
            self.stdout.write("另一次清理正在进行，这次没有做什么。")
            return
        complaints = complaint_retention.run()
        for name, count in (report["cleared"] | complaints["cleared"]).items():
            self.stdout.write(f"{count:>8}  {name}")
        if failed := report["failed"] + complaints["failed"]:
            raise CommandError(f"没有做完的规则：{'、'.join(failed)}。")
