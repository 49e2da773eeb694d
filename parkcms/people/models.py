from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person with an account at the desk. Deactivated when they leave, never deleted."""

    display_name = models.CharField(
        "显示名", max_length=60, blank=True, help_text="读者与同事看到的名字，如“园区编辑部”。"
    )
    is_demo = models.BooleanField(
        "演示人员", default=False, editable=False, help_text="演示账号在生产环境不能登录。"
    )

    class Meta(AbstractUser.Meta):
        verbose_name = "人员"
        verbose_name_plural = "人员"
        permissions = [("reset_second_factor", "可以重置别人的两步验证")]

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        return self.display_name or super().get_full_name() or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()

    def has_role(self, name: str) -> bool:
        """Whether the person is in the role ``name``; the first question reads their groups."""
        if not hasattr(self, "_role_names"):
            self._role_names = set(self.groups.values_list("name", flat=True))
        return name in self._role_names
