from django.core.management.base import BaseCommand
from django.db import transaction

from parkcms.ledger.models import Act
from parkcms.people.models import User


class Command(BaseCommand):
    help = "停用演示人员；他们留下的记录不动。"

    @transaction.atomic
    def handle(self, *args: object, **options: object) -> None:
        for user in User.objects.filter(is_demo=True, is_active=True):
            user.is_active = False
            user.set_unusable_password()
            user.save(update_fields=["is_active", "password"])
            Act.record(None, "change", user, reason="停用演示人员", after={"is_active": False})
            self.stdout.write(f"已停用 {user.username}")
