from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from leads import replay


class Command(BaseCommand):
    help = "把需求日志里还没有入库的需求存进数据库；可以反复运行。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than",
            type=float,
            default=0.0,
            help="只处理早于这么多秒的；默认全部，网站停着时用。",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        connection.ensure_connection()  # starts a private Postgres that does not run
        outcome = replay.run(older_than=options["older_than"])
        if outcome.left:
            raise CommandError(
                f"入库 {outcome.filed} 份，还有 {outcome.left} 份没有："
                "数据库用不了，或见上面的原因。"
            )
        self.stdout.write(f"入库 {outcome.filed} 份，需求日志里没有剩下的。")
