from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from parkcms.ledger.admin import RecordingAdmin
from parkcms.ledger.guarded import GuardedAdmin
from parkcms.ledger.models import Act

from .models import User

admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(RecordingAdmin, UserAdmin):
    """People are deactivated, never deleted; only a superuser makes another."""

    list_display = ("username", "display_name", "roles", "is_active", "last_login")
    list_filter = ("groups", "is_active")
    search_fields = ("username", "display_name", "email")
    fieldsets = (
        (None, {"fields": ("username", "password", "display_name", "email")}),
        ("能做什么", {"fields": ("is_active", "is_staff", "groups")}),
        ("时间", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "display_name", "usable_password", "password1", "password2"),
            },
        ),
        ("能做什么", {"fields": ("is_staff", "groups")}),
    )
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ("groups",)

    def get_queryset(self, request: HttpRequest) -> "User.objects":
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="角色")
    def roles(self, user: User) -> str:
        return "、".join(group.name for group in user.groups.all()) or "—"

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return allowed

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    @transaction.atomic
    def user_change_password(
        self, request: HttpRequest, *args: object, **kwargs: object
    ) -> HttpResponse:
        """Atomic, so that the new password and its Act stand or fall together."""
        return super().user_change_password(request, *args, **kwargs)

    def log_change(self, request: HttpRequest, obj: User, message: object) -> None:
        if hasattr(request, "_act"):
            super().log_change(request, obj, message)
        else:  # the form of a new password, which saves without save_model
            told = self._told({"password": ""})
            Act.record(request.user, "change", obj, before=told, after=told)


@admin.register(Group)
class RoleAdmin(GuardedAdmin):
    """Roles are looked at here and laid down in parkcms/roles.py."""

    list_display = ("name",)
    fields = ("name", "permissions")

    def get_queryset(self, request: HttpRequest) -> "Group.objects":
        return super().get_queryset(request).prefetch_related("permissions__content_type")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False
