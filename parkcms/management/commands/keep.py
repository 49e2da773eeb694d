import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from leads import keeper
from parkcms import lifeline, pulse


class Command(BaseCommand):
    help = "值守需求日志：数据库恢复后补存，清掉已入库的；每台主机一个，不靠数据库活着。"
    # It must start while the database is away.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        lifeline.end_with_parent()
        stop = threading.Event()

        def end(_number: int, _frame: FrameType | None) -> None:
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        keeper.keep(stop, pulse.beat)
