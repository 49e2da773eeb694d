from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from parkcms.people import second_factor
from parkcms.people.models import User


class Command(BaseCommand):
    help = "去掉一个人的两步验证：手机和恢复码都没有了，也没有别的站长可以帮忙时用。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="登录用的用户名")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"没有叫 {username} 的人员。")
        if second_factor.reset(user, by=None, reason="在服务器上重置"):
            self.stdout.write(f"已去掉 {username} 的两步验证。")
        else:
            self.stdout.write(f"{username} 没有打开两步验证，没有改动。")
